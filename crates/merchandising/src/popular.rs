//! The best-selling products: those with the most units in paid orders of the last days.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::ops::ItemRef;
use kernel::{Money, ProductId, Result, Timestamp, Together, Zone, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::{App, CacheKey, Checked, Failure, Query, Routes, response::Success, route::PUBLIC};

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
/// At most a minute old.
#[utoipa::path(get, path = "/products/popular", tag = "product", params(Asked),
    responses((status = 200, body = Success<Vec<PopularProduct>>)))]
async fn popular_products(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let (days, limit) = asked.checked()?;
    let key = CacheKey { kind: "popular", id: days, variant: limit.unsigned_abs() };
    let zone = app.shop.zone.clone();
    let made = || app.db.read("merchandising.popular", move |tx| popular(tx, &zone, days, limit));
    Ok(app.cache.get(key, made).await?.into_response())
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
