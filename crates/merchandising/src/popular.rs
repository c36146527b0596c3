//! The best-selling products: those with the most units in paid orders of the last days.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::ops::ItemRef;
use events::{PaymentCompleted, PaymentRefunded, ProductChanged};
use kernel::{Money, ProductId, Result, Timestamp, Together, Zone, text};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, time::Duration};
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::{
    App, CacheKey, Checked, Failure, Invalidation, Query, Routes, response::Success, route::PUBLIC, tag::Tagged,
};

/// Days to look back, unless the caller says.
const DAYS_DEFAULT: i64 = 3;
/// Most days to look back, because every day costs reading.
const DAYS_MAX: i64 = 30;
/// Products to show, unless the caller says.
const LIMIT_DEFAULT: i64 = 5;
/// Most products shown.
const LIMIT_MAX: i64 = 50;
/// How many times more products are read than shown, because some of them are no longer on sale.
const SPARE: i64 = 2;

/// How long a list is shown while nothing is sold, refunded or changed.
const KEPT_FOR: Duration = Duration::from_secs(3_600);
/// How long it is shown while something is: a busy shop sells all the time, and the order changes slowly.
const KEPT_WHILE_SELLING: Duration = Duration::from_secs(60);
/// After so long the read models have followed a sale, so that a list that is made then has it.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(120);
/// Its generation grows with everything that changes a list.
const SALES: CacheKey = CacheKey::new("sales", 0);

/// The lists as they were made last.
#[derive(Default)]
struct Kept(Mutex<Lists>);

#[derive(Default)]
struct Lists {
    /// The generation of [`SALES`] that was seen last, and since when.
    changed: Option<(u64, Timestamp)>,
    /// By days and limit: when it was made, on which day, and what it is.
    made: HashMap<(i64, i64), (Timestamp, i64, Tagged)>,
}

impl Lists {
    /// A list that is as good as a new one.
    fn find(&mut self, asked: (i64, i64), generation: u64, now: Timestamp, today: i64) -> Option<Tagged> {
        if self.changed.is_none_or(|(known, _)| known != generation) {
            self.changed = Some((generation, now));
        }
        let (_, changed_at) = self.changed?;
        let (made_at, day, list) = self.made.get(&asked)?;
        let age = now.since(*made_at);
        let has_all = *made_at >= changed_at.after(FOLLOWED_WITHIN);
        let kept_for = if has_all { KEPT_FOR } else { KEPT_WHILE_SELLING };
        (age < kept_for && *day == today).then(|| list.clone())
    }
}

/// What is remembered of it: every sale, refund and change of a product.
pub fn invalidates() -> Vec<Invalidation> {
    vec![
        Invalidation::always::<PaymentCompleted>(SALES),
        Invalidation::always::<PaymentRefunded>(SALES),
        Invalidation::always::<ProductChanged>(SALES),
    ]
}

/// The handler.
pub fn routes() -> Routes {
    Routes::new().add(PUBLIC, routes!(popular_products))
}

/// How far back, and how many.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Days looked back at, 1 to 30; 3 when absent.
    days: Option<i64>,
    /// Products shown, 1 to 50; 5 when absent.
    limit: Option<i64>,
}

impl Asked {
    fn checked(&self) -> Result<(i64, i64)> {
        let (days, limit) = (self.days.unwrap_or(DAYS_DEFAULT), self.limit.unwrap_or(LIMIT_DEFAULT));
        let within = |field: &str, number: i64, most: i64| match (1..=most).contains(&number) {
            true => Ok(number),
            false => Err(text::wrong(field, format!("must be between 1 and {most}"))),
        };
        (within("days", days, DAYS_MAX), within("limit", limit, LIMIT_MAX)).together()
    }
}

impl Checked for Asked {
    fn check(&self) -> Result<()> {
        self.checked().map(drop)
    }
}

/// A product that sells well.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PopularProduct {
    /// 1 is the most popular.
    pub rank: usize,
    /// Which.
    pub product_id: ProductId,
    /// Its name.
    pub product_name: String,
    /// What one unit costs now.
    pub price: Money,
    /// The same as `price`, as products have it.
    pub effective_price: Money,
    /// Units in paid orders of those days that were not refunded.
    pub sold_quantity: i64,
    /// What was paid for them.
    pub sold_amount: Money,
}

/// What sells best on sale now, by units, then by amount, then the older product: today and on the days before it in the shop's zone.
/// At most an hour old, and some minutes after something was sold, refunded or changed.
#[utoipa::path(get, path = "/products/popular", tag = "product", params(Asked),
    responses((status = 200, body = Success<Vec<PopularProduct>>)))]
async fn popular_products(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let (days, limit) = asked.checked()?;
    let (kept, now, zone) = (app.memory::<Kept>(), app.now(), app.shop.zone.clone());
    let today = day(&zone, now);
    let found = kept.0.lock().find((days, limit), app.cache.generation(&SALES), now, today);
    if let Some(list) = found {
        return Ok(list.into_response());
    }
    // those who ask meanwhile wait for the same list
    let key = CacheKey { kind: "popular", id: days, variant: limit.unsigned_abs() };
    let made = || async {
        let list = app.db.read("merchandising.popular", move |tx| popular(tx, &zone, days, limit)).await?;
        Ok((list, Some(now.after(KEPT_WHILE_SELLING / 2))))
    };
    let list = app.cache.get_until(key, now, made).await?;
    kept.0.lock().made.insert((days, limit), (now, today, list.clone()));
    Ok(list.into_response())
}

/// The `limit` best of the last `days` days, today included.
pub fn popular(tx: &mut Tx<'_>, zone: &Zone, days: i64, limit: i64) -> Result<Vec<PopularProduct>> {
    let today = tx.now();
    let first = today.before(Duration::from_secs((days.unsigned_abs() - 1) * 86_400));
    let sold = report::goods::best_sellers(tx, (day(zone, first), day(zone, today)), limit * SPARE)?;
    let wanted: Vec<ItemRef> = sold.iter().map(|one| ItemRef { product: Some(one.product), variant: None }).collect();
    let found = catalog::ops::find(tx, &wanted)?;
    let on_sale =
        sold.into_iter().zip(found).filter_map(|(sold, found)| found.filter(|it| it.on_sale).map(|it| (sold, it)));
    let ranked = on_sale.take(usize::try_from(limit).unwrap_or(0)).enumerate();
    Ok(ranked
        .map(|(n, (sold, product))| PopularProduct {
            rank: n + 1,
            product_id: sold.product,
            product_name: product.product_name,
            price: product.price,
            effective_price: product.price,
            sold_quantity: sold.quantity,
            sold_amount: sold.amount,
        })
        .collect())
}

/// The zone's day at `at` as read models number it, such as 20260206.
fn day(zone: &Zone, at: Timestamp) -> i64 {
    zone.compact_day(at).parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_list_is_kept_for_an_hour_unless_something_was_sold() {
        let cache = web::ResponseCache::of(&[]);
        let list = cache.get(SALES, || async { Ok(1) }).await.unwrap();
        let (mut lists, at) = (Lists::default(), |minutes: i64| Timestamp::from_millis(minutes * 60_000));
        assert!(lists.find((3, 5), 0, at(0), 1).is_none());
        let made = |lists: &mut Lists, minutes| lists.made.insert((3, 5), (at(minutes), 1, list.clone()));
        made(&mut lists, 3);
        assert!(lists.find((3, 5), 0, at(62), 1).is_some() && lists.find((3, 6), 0, at(4), 1).is_none());
        assert!(lists.find((3, 5), 0, at(63), 1).is_none(), "it is an hour old");
        assert!(lists.find((3, 5), 0, at(4), 2).is_none(), "it is of another day");
        made(&mut lists, 10);
        assert!(lists.find((3, 5), 1, at(10), 1).is_some(), "no older than a minute");
        assert!(lists.find((3, 5), 1, at(11), 1).is_none(), "something was sold");
        made(&mut lists, 11);
        assert!(lists.find((3, 5), 1, at(12), 1).is_none(), "the read models may not have followed yet");
        made(&mut lists, 12);
        assert!(lists.find((3, 5), 1, at(71), 1).is_some());
    }

    #[test]
    fn wild_questions_are_refused() {
        let asked = |days, limit| Asked { days, limit }.checked();
        assert_eq!(asked(None, None).unwrap(), (3, 5));
        for (days, limit) in
            [(Some(0), None), (Some(31), None), (None, Some(0)), (None, Some(51)), (Some(-1), Some(-1))]
        {
            assert!(asked(days, limit).is_err(), "{days:?} {limit:?}");
        }
    }
}
