//! Lists of orders: a buyer's own, and all of them for administrators.

use axum::extract::State;
use kernel::{Page, ProductId, Result, Timestamp, Together, Zone, text};
use order::ops::{self, Filter, Search};
use order::{Kind, OrderResponse};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::{
    Admin, All, ApiResult, App, Checked, CursorQuery, PageQuery, Paging, Query, Routes, Several, User, ok,
    response::Success,
    route::{ADMIN, USER},
};

/// The handlers for lists of orders.
pub fn routes() -> Routes {
    Routes::new()
        .add(USER, routes!(list_orders))
        .add(ADMIN, routes!(list_all_orders))
        .add(ADMIN, routes!(orders_by_minute))
}

/// Which orders a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only these statuses: one, several with commas between them, or the parameter several times.
    #[param(value_type = Option<Vec<Kind>>, style = Form, explode = false)]
    #[serde(default)]
    status: Several<Kind>,
    /// Placed at or after this time, or on or after this day.
    from: Option<String>,
    /// Placed before this time, or on or before this day.
    to: Option<String>,
    /// Part of the name or sku of something in the order.
    product: Option<String>,
    /// A product in the order.
    product_id: Option<ProductId>,
}

/// What the list of all orders can be searched by. Everything that is given must match.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Part of the order number, the user's id, the receiver's name or phone, or the name or sku of something in the order.
    keyword: Option<String>,
    /// Part of the receiver's name.
    name: Option<String>,
    /// Part of the receiver's phone, at least three digits; the signs between them do not count.
    phone: Option<String>,
}

impl Checked for ListQuery {
    fn check(&self) -> Result<()> {
        self.filter(&Zone::utc()).map(drop)
    }
}

impl Checked for SearchQuery {
    fn check(&self) -> Result<()> {
        self.search(Search::default()).map(drop)
    }
}

/// Longest text to search by, in characters.
const KEYWORD_MAX: usize = 100;

impl ListQuery {
    fn filter(&self, zone: &Zone) -> Result<Filter> {
        let everything = Filter::default();
        let from = self.from.as_deref().map_or(Ok(everything.from), |text| Timestamp::parse(text, zone));
        let to = self.to.as_deref().map_or(Ok(everything.to), |text| until(text, zone));
        let (from, to, product) = (
            from.map_err(|error| error.about("from")),
            to.map_err(|error| error.about("to")),
            text::optional("product", self.product.as_deref(), KEYWORD_MAX),
        )
            .together()?;
        in_order(from, to, self.to.as_deref(), zone)?;
        let search = Search { product, product_id: self.product_id, ..Search::default() };
        Ok(Filter { statuses: self.status.0.clone(), from, to, search })
    }
}

impl SearchQuery {
    fn search(&self, products: Search) -> Result<Search> {
        let (keyword, name, phone) = (
            text::optional("keyword", self.keyword.as_deref(), KEYWORD_MAX),
            text::optional("name", self.name.as_deref(), KEYWORD_MAX),
            text::optional("phone", self.phone.as_deref(), KEYWORD_MAX),
        )
            .together()?;
        Ok(Search { keyword, name, phone, ..products })
    }
}

/// C002 when nothing can be in a period; a day as its end is in it as a whole.
fn in_order(from: Timestamp, to: Timestamp, text: Option<&str>, zone: &Zone) -> Result<()> {
    let is_day = text.is_some_and(|text| zone.end_of_day(text).is_ok());
    let last = if is_day { to.before(Duration::from_millis(1)) } else { to };
    kernel::time::in_order(&from, &last)
}

/// The end of a period: a time is taken as it is, a day includes all of it.
fn until(text: &str, zone: &Zone) -> Result<Timestamp> {
    zone.end_of_day(text).or_else(|_| Timestamp::parse(text, zone))
}

/// The caller's own orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "order", 
    params(ListQuery, PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<OrderResponse>>)))]
async fn list_orders(
    State(app): State<App>,
    user: User,
    All((Query(query), paging)): All<(Query<ListQuery>, Paging)>,
) -> ApiResult<Page<OrderResponse>> {
    let filter = query.filter(&app.shop.zone)?;
    let list = move |tx: &mut Tx<'_>| ops::own_page(tx, &user.id, &filter, paging.request, paging.cursor);
    Ok(ok(app.db.read("checkout.own-orders", list).await?.map(OrderResponse::from)))
}

/// All orders, newest first.
#[utoipa::path(get, path = "/admin/orders", tag = "order", 
    params(ListQuery, SearchQuery, PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<OrderResponse>>)))]
async fn list_all_orders(
    State(app): State<App>,
    _admin: Admin,
    All((Query(query), Query(search), paging)): All<(Query<ListQuery>, Query<SearchQuery>, Paging)>,
) -> ApiResult<Page<OrderResponse>> {
    let filter = query.filter(&app.shop.zone)?;
    let filter = Filter { search: search.search(filter.search)?, ..filter };
    let list = move |tx: &mut Tx<'_>| ops::page(tx, &filter, paging.request, paging.cursor);
    Ok(ok(app.db.read("checkout.all-orders", list).await?.map(OrderResponse::from)))
}

/// How many minutes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MinutesQuery {
    /// The last so many minutes, 1 to 60; 30 when absent.
    #[param(minimum = 1, maximum = 60)]
    count: Option<u32>,
}

/// Minutes that are shown when a request does not say how many.
const MINUTES_DEFAULT: u32 = 30;
/// Most minutes at once, because each of them is counted.
const MINUTES_MAX: u32 = 60;

impl MinutesQuery {
    fn checked(&self) -> Result<u32> {
        let count = self.count.unwrap_or(MINUTES_DEFAULT);
        let good = (1..=MINUTES_MAX).contains(&count);
        if good { Ok(count) } else { Err(text::wrong("count", format!("must be between 1 and {MINUTES_MAX}"))) }
    }
}

impl Checked for MinutesQuery {
    fn check(&self) -> Result<()> {
        self.checked().map(drop)
    }
}

/// Orders that were placed in a minute.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MinuteRow {
    /// Its beginning.
    from: Timestamp,
    /// How many; of more than 10,000 only so many are counted.
    orders: i64,
    /// Whether all of them were counted.
    is_exact: bool,
}

/// How many orders were placed in each of the last minutes, the oldest minute first. The last minute ends now.
#[utoipa::path(get, path = "/admin/orders/minutes", tag = "order", params(MinutesQuery),
    responses((status = 200, body = Success<Vec<MinuteRow>>)))]
async fn orders_by_minute(
    State(app): State<App>,
    _admin: Admin,
    Query(query): Query<MinutesQuery>,
) -> ApiResult<Vec<MinuteRow>> {
    let count = query.checked()?;
    let minutes = app.db.read("checkout.order-minutes", move |tx| ops::minutes(tx, count)).await?;
    let row = |minute: ops::Minute| MinuteRow { from: minute.from, orders: minute.orders, is_exact: minute.is_exact };
    Ok(ok(minutes.into_iter().map(row).collect()))
}
