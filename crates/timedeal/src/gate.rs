//! Products of time deals at the gate ([`web::gate`]): what it has to know of one, and what its refusals are for a buyer.

use crate::ops::{self, Offered};
use crate::store;
use ::store::Tx;
use events::{TimeDealChanged, TimeDealEnded, TimeDealReturned};
use kernel::{Error, Result, TimeDealProductId};
use ports::gate::{Look, Refusal, Snapshot, Subject, USERS_READ_MAX};
use web::{CacheKey, Invalidation};

/// The subject that a product of a deal is.
pub fn subject(id: TimeDealProductId) -> Subject {
    Subject { kind: "TIME_DEAL_PRODUCT", id: id.raw() }
}

/// What the database has of the product. `None` when its deal was ended or cancelled, which the database says better.
pub fn snapshot(tx: &mut Tx<'_>, offered: &Offered, look: &Look) -> Result<Option<Snapshot>> {
    let Offered { deal, product } = offered;
    if deal.closed.is_some() {
        return Ok(None);
    }
    let (opens_at, closes_at, returned) = (deal.starts_at, deal.ends_at, Some(product.returned));
    let (total, taken, per_user) = (product.offer.units, product.sold, product.offer.per_user);
    let snapshot = Snapshot { opens_at, closes_at, total, taken, per_user, limit_last: false, returned, users: None };
    if !look.wants_users(&snapshot) || taken > USERS_READ_MAX {
        return Ok(Some(snapshot));
    }
    Ok(Some(Snapshot { users: Some(store::allowances(tx, product.id, USERS_READ_MAX)?), ..snapshot }))
}

/// The gate's refusal as the database would give it: S705, S704.
pub fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::OverLimit { per_user } => ops::over_the_limit(per_user),
        Refusal::SoldOut { left } => ops::sold_out(left),
    }
}

/// A product is opened when its deal was changed or closed, and when units came back.
pub fn invalidates() -> Vec<Invalidation> {
    let keys =
        |ids: &[TimeDealProductId]| ids.iter().map(|id| web::gate::key(&subject(*id))).collect::<Vec<CacheKey>>();
    vec![
        Invalidation::on(move |event: &TimeDealChanged| keys(&event.time_deal_product_ids)),
        Invalidation::on(move |event: &TimeDealEnded| keys(&event.time_deal_product_ids)),
        Invalidation::on(move |event: &TimeDealReturned| keys(&[event.time_deal_product_id])),
    ]
}
