//! Coupons at the gate ([`web::gate`]): what it has to know of one, and what its refusals are for a user.

use crate::coupon::Coupon;
use crate::ops::CouponName;
use crate::store;
use ::store::Tx;
use events::CouponChanged;
use kernel::{Code, CouponId, Error, Result, text};
use parking_lot::RwLock;
use ports::gate::{Look, Refusal, Snapshot, Subject, USERS_READ_MAX};
use std::collections::HashMap;
use web::{App, Invalidation};

/// Most codes remembered; with more, all are forgotten, which costs each one read.
const CODES_MAX: usize = 1_024;

/// A listed coupon, which is asked for by its id or by its code.
const LISTED: &str = "COUPON";
/// One that only its code gives: who asks by its id is answered that there is none.
const UNLISTED: &str = "COUPON_BY_CODE";

/// Which subject of the gate a code means, as this instance has read it.
#[derive(Default)]
struct Codes(RwLock<HashMap<String, Subject>>);

/// The subject that a coupon is.
pub fn subject(coupon: &Coupon) -> Subject {
    Subject { kind: if coupon.content.listed { LISTED } else { UNLISTED }, id: coupon.id.raw() }
}

/// The subject that somebody wants, as far as this instance knows.
pub fn wanted(app: &App, wanted: &CouponName) -> Option<Subject> {
    match wanted {
        CouponName::Id(id) => Some(Subject { kind: LISTED, id: id.raw() }),
        CouponName::Code(code) => app.memory::<Codes>().0.read().get(&text::folded(code)).copied(),
    }
}

/// Remembers which subject the code means.
pub fn learn(app: &App, wanted: &CouponName, subject: Subject) {
    let CouponName::Code(code) = wanted else { return };
    let (codes, code) = (app.memory::<Codes>(), text::folded(code));
    if codes.0.read().get(&code) == Some(&subject) {
        return;
    }
    let mut codes = codes.0.write();
    if codes.len() >= CODES_MAX {
        codes.clear();
    }
    codes.insert(code, subject);
}

/// What the database has of the coupon. `None` when it is deactivated: the database gives the exact reason.
pub fn snapshot(tx: &mut Tx<'_>, coupon: &Coupon, look: &Look) -> Result<Option<Snapshot>> {
    if coupon.deactivated_at.is_some() {
        return Ok(None);
    }
    let (content, taken) = (&coupon.content, coupon.issued);
    let (opens_at, closes_at, total) = (content.starts_at, content.expires_at, content.total);
    // while coupons are left, a waiting queue answers first, also to users who have one already
    let (limit_last, returned) = (true, None);
    let snapshot = Snapshot { opens_at, closes_at, total, taken, per_user: 1, limit_last, returned, users: None };
    if !look.wants_users(&snapshot) || taken > USERS_READ_MAX {
        return Ok(Some(snapshot));
    }
    let holders = store::holders(tx, coupon.id, USERS_READ_MAX)?;
    Ok(Some(Snapshot { users: Some(holders.into_iter().map(|user| (user, 1)).collect()), ..snapshot }))
}

/// The gate's refusal as the database would give it: S604, S602.
pub fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::OverLimit { .. } => Code::CouponAlreadyIssued.error(),
        Refusal::SoldOut { .. } => Code::CouponExhausted.error(),
    }
}

/// A coupon that was changed is opened.
pub fn invalidates() -> Vec<Invalidation> {
    let both = |id: CouponId| [LISTED, UNLISTED].map(|kind| web::gate::key(&Subject { kind, id: id.raw() }));
    vec![Invalidation::on(move |event: &CouponChanged| both(event.coupon_id).to_vec())]
}
