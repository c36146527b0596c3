//! The routes of figures. Each answers JSON, or a table with `Accept: text/csv`.

use crate::buyers::{CohortRow, CustomerRow, FunnelRow};
use crate::days::{DaysQuery, Unit};
use crate::goods::{CategoryRow, ProductRow, StockFilter, StockRow};
use crate::sales::{HourRow, SalesRow};
use crate::sheet::{Line, Sheet, respond};
use crate::ways::{CouponRow, DealRow, PaymentRow};
use crate::{buyers, goods, ops, sales, ways};
use axum::{extract::State, http::HeaderMap, response::Response};
use kernel::{Result, text};
use serde::Deserialize;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    Admin, All, App, Checked, Failure, Query, Routes, Seller,
    response::Success,
    route::{ADMIN, SELLER},
};

/// Rows of a list when the caller does not say.
const ROWS_DEFAULT: i64 = 100;
/// Most rows of a list.
const ROWS_MAX: i64 = 1_000;
/// How far a list can be read with an offset.
const OFFSET_MAX: i64 = 100_000;

/// The handlers.
pub fn routes() -> Routes {
    Routes::new()
        .add(ADMIN.long(), routes!(daily_sales))
        .add(ADMIN.long(), routes!(hours))
        .add(SELLER.long(), routes!(top_products))
        .add(SELLER.long(), routes!(categories))
        .add(SELLER.long(), routes!(stock))
        .add(ADMIN.long(), routes!(payments))
        .add(ADMIN.long(), routes!(coupons))
        .add(ADMIN.long(), routes!(time_deals))
        .add(ADMIN.long(), routes!(orders))
        .add(ADMIN.long(), routes!(cohorts))
        .add(ADMIN.long(), routes!(customers))
}

/// What sales are summed up by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct By {
    /// DAY when absent.
    #[serde(default)]
    #[param(inline)]
    by: Unit,
}

impl Checked for By {}

/// How many rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Limit {
    /// Rows, 1 to 1,000; 100 when absent.
    limit: Option<i64>,
}

impl Limit {
    fn checked(&self) -> Result<i64> {
        let limit = self.limit.unwrap_or(ROWS_DEFAULT);
        match (1..=ROWS_MAX).contains(&limit) {
            true => Ok(limit),
            false => Err(text::wrong("limit", format!("must be between 1 and {ROWS_MAX}"))),
        }
    }
}

impl Checked for Limit {
    fn check(&self) -> Result<()> {
        self.checked().map(drop)
    }
}

/// Which products of the stock.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only products at or below their low-stock threshold.
    #[serde(default)]
    low_only: bool,
    /// Only products with larger ids: the last one of the rows before.
    #[serde(default)]
    after: i64,
}

impl Checked for Which {}

/// From which row on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// Rows to leave out, at most 100,000.
    #[serde(default)]
    offset: i64,
}

impl From {
    fn checked(&self) -> Result<i64> {
        match (0..=OFFSET_MAX).contains(&self.offset) {
            true => Ok(self.offset),
            false => Err(text::wrong("offset", format!("must be between 0 and {OFFSET_MAX}"))),
        }
    }
}

impl Checked for From {
    fn check(&self) -> Result<()> {
        self.checked().map(drop)
    }
}

/// Reads a report together with the position that it shows, in one view of the database.
async fn read<T: Line + Send + 'static>(
    app: &App,
    headers: &HeaderMap,
    (name, days): (&str, &DaysQuery),
    report: impl Fn(&mut Tx<'_>, crate::days::Days) -> Result<Vec<T>> + Send + 'static,
) -> Result<Response, Failure> {
    let days = days.days(&app.shop.zone, app.now())?;
    let rows = move |tx: &mut Tx<'_>| Ok((ops::as_of(tx)?, report(tx, days)?));
    let found = app.db.read("report.figures", rows).await?;
    respond(app, headers, (name, days), found)
}

/// Sales by day, by week (from Monday on) or by month. Orders count for the day on which they were placed in the shop's zone, with
/// all that was paid and refunded of them until now.
#[utoipa::path(get, path = "/admin/reports/daily-sales", tag = "report", params(DaysQuery, By),
    responses((status = 200, content((Success<Sheet<SalesRow>> = "application/json"), (String = "text/csv")))))]
async fn daily_sales(
    State(app): State<App>,
    _admin: Admin,
    All((Query(days), Query(By { by }))): All<(Query<DaysQuery>, Query<By>)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    read(&app, &headers, ("sales", &days), move |tx, days| sales::by_unit(tx, days, by)).await
}

/// Sales by the hour of the day in which orders were placed.
#[utoipa::path(get, path = "/admin/reports/hours", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<HourRow>> = "application/json"), (String = "text/csv")))))]
async fn hours(
    State(app): State<App>,
    _admin: Admin,
    Query(days): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let zone = app.shop.zone.clone();
    read(&app, &headers, ("hours", &days), move |tx, days| sales::by_hour(tx, days, &zone)).await
}

/// The products of which most was sold. A seller sees their own.
#[utoipa::path(get, path = "/admin/reports/top-products", tag = "report", params(DaysQuery, Limit),
    responses((status = 200, content((Success<Sheet<ProductRow>> = "application/json"), (String = "text/csv")))))]
async fn top_products(
    State(app): State<App>,
    seller: Seller,
    All((Query(days), Query(limit))): All<(Query<DaysQuery>, Query<Limit>)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (only, limit) = (seller.limited_to(), limit.checked()?);
    read(&app, &headers, ("products", &days), move |tx, days| goods::products(tx, days, only, limit)).await
}

/// What was sold by category. A seller sees what was sold of their own products.
#[utoipa::path(get, path = "/admin/reports/categories", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<CategoryRow>> = "application/json"), (String = "text/csv")))))]
async fn categories(
    State(app): State<App>,
    seller: Seller,
    Query(days): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let only = seller.limited_to();
    read(&app, &headers, ("categories", &days), move |tx, days| goods::categories(tx, days, only)).await
}

/// The stock beside what was sold: how long it lasts, how often it was turned over, what is low. A seller sees their own products.
#[utoipa::path(get, path = "/admin/reports/stock", tag = "report", params(DaysQuery, Which, Limit),
    responses((status = 200, content((Success<Sheet<StockRow>> = "application/json"), (String = "text/csv")))))]
async fn stock(
    State(app): State<App>,
    seller: Seller,
    All((Query(days), Query(which), Query(limit))): All<(Query<DaysQuery>, Query<Which>, Query<Limit>)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Which { low_only, after } = which;
    let filter = StockFilter { seller: seller.limited_to(), low_only, after, limit: limit.checked()? };
    read(&app, &headers, ("stock", &days), move |tx, days| goods::stock(tx, days, filter)).await
}

/// Payments of the orders of these days, by method.
#[utoipa::path(get, path = "/admin/reports/payments", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<PaymentRow>> = "application/json"), (String = "text/csv")))))]
async fn payments(
    State(app): State<App>,
    _admin: Admin,
    Query(days): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    read(&app, &headers, ("payments", &days), ways::payments).await
}

/// Orders with a coupon, by coupon.
#[utoipa::path(get, path = "/admin/reports/coupons", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<CouponRow>> = "application/json"), (String = "text/csv")))))]
async fn coupons(
    State(app): State<App>,
    _admin: Admin,
    Query(days): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    read(&app, &headers, ("coupons", &days), ways::coupons).await
}

/// Orders in time deals, by deal.
#[utoipa::path(get, path = "/admin/reports/time-deals", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<DealRow>> = "application/json"), (String = "text/csv")))))]
async fn time_deals(
    State(app): State<App>,
    _admin: Admin,
    Query(days): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    read(&app, &headers, ("time-deals", &days), ways::deals).await
}

/// How far orders came, from the cart to the payment, and how many were cancelled or refunded.
#[utoipa::path(get, path = "/admin/reports/orders", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<FunnelRow>> = "application/json"), (String = "text/csv")))))]
async fn orders(
    State(app): State<App>,
    _admin: Admin,
    Query(days): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let zone = app.shop.zone.clone();
    let funnel =
        move |tx: &mut Tx<'_>, days: crate::days::Days| Ok(vec![buyers::funnel(tx, days, days.moments(&zone)?)?]);
    read(&app, &headers, ("orders", &days), funnel).await
}

/// Users by the month of their first paid order, and in which months they came back.
#[utoipa::path(get, path = "/admin/reports/cohorts", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<CohortRow>> = "application/json"), (String = "text/csv")))))]
async fn cohorts(
    State(app): State<App>,
    _admin: Admin,
    Query(days): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    read(&app, &headers, ("cohorts", &days), buyers::cohorts).await
}

/// Buyers by what they have spent since the shop opened. The days of the answer are today.
#[utoipa::path(get, path = "/admin/reports/customers", tag = "report", params(Limit, From),
    responses((status = 200, content((Success<Sheet<CustomerRow>> = "application/json"), (String = "text/csv")))))]
async fn customers(
    State(app): State<App>,
    _admin: Admin,
    All((Query(limit), Query(from))): All<(Query<Limit>, Query<From>)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (limit, offset) = (limit.checked()?, from.checked()?);
    let today = DaysQuery::of_today(&app.shop.zone, app.now());
    read(&app, &headers, ("customers", &today), move |tx, _| buyers::customers(tx, limit, offset)).await
}
