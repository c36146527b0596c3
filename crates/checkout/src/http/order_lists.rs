//! Lists of orders: a buyer's own, and all of them for administrators.

use axum::extract::State;
use kernel::{Page, Result, Timestamp, Zone, text};
use order::ops::{self, Filter};
use order::{Kind, OrderResponse};
use serde::Deserialize;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    Admin, ApiResult, App, CursorQuery, PageQuery, Paging, Query, Routes, User, ok,
    response::Success,
    route::{ADMIN, USER},
};

/// The handlers for lists of orders.
pub fn routes() -> Routes {
    Routes::new().add(USER, routes!(list_orders)).add(ADMIN, routes!(list_all_orders))
}

/// Which orders a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only this status.
    #[param(value_type = Option<Kind>)]
    status: Option<String>,
    /// Placed at or after this time, or on or after this day.
    from: Option<String>,
    /// Placed before this time, or on or before this day.
    to: Option<String>,
}

/// What the list of all orders can be searched by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Part of the order number or of the user's id.
    keyword: Option<String>,
}

/// Longest keyword, in characters: a user id has 36.
const KEYWORD_MAX: usize = 100;

impl ListQuery {
    fn filter(self, zone: &Zone) -> Result<Filter> {
        let everything = Filter::default();
        let known = |text: &String| text.parse().map_err(|_| text::wrong("status", "is no status of an order"));
        Ok(Filter {
            statuses: self.status.iter().map(known).collect::<Result<_>>()?,
            from: self.from.map_or(Ok(everything.from), |text| Timestamp::parse(&text, zone))?,
            to: self.to.map_or(Ok(everything.to), |text| until(&text, zone))?,
            keyword: everything.keyword,
        })
    }
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
    Query(query): Query<ListQuery>,
    paging: Paging,
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
    Query(query): Query<ListQuery>,
    Query(search): Query<SearchQuery>,
    paging: Paging,
) -> ApiResult<Page<OrderResponse>> {
    let keyword = text::optional("keyword", search.keyword.as_deref(), KEYWORD_MAX)?;
    let filter = Filter { keyword, ..query.filter(&app.shop.zone)? };
    let list = move |tx: &mut Tx<'_>| ops::page(tx, &filter, paging.request, paging.cursor);
    Ok(ok(app.db.read("checkout.all-orders", list).await?.map(OrderResponse::from)))
}
