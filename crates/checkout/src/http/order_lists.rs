//! Lists of orders: a buyer's own, and all of them for administrators.

use axum::extract::State;
use kernel::{Page, Result, Timestamp, Zone, text};
use order::ops::{self, Filter};
use order::{Kind, OrderResponse};
use serde::Deserialize;
use std::time::Duration;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    Admin, ApiResult, App, Paging, Query, Routes, User, ok,
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
    /// Part of the order number or the user's id; used only by the list of all orders.
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
            keyword: text::optional("keyword", self.keyword.as_deref(), KEYWORD_MAX)?,
        })
    }
}

/// The end of a period: a time is taken as it is, a day includes all of it.
fn until(text: &str, zone: &Zone) -> Result<Timestamp> {
    match zone.start_of_day(text) {
        // no day is longer than 25 hours or shorter than 23, so this is the next one
        Ok(start) => zone.start_of_day(&zone.day(start.after(Duration::from_secs(36 * 3_600)))),
        Err(_) => Timestamp::parse(text, zone),
    }
}

/// The caller's own orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "order", 
    params(ListQuery, ("page" = Option<i64>, Query, description = "zero-based"),
        ("size" = Option<i64>, Query, description = "1 to 100, 20 when not given"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before; wins over `page`")),
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

/// All orders, newest first. `keyword` is a part of the order number or of the user's id.
#[utoipa::path(get, path = "/admin/orders", tag = "order", 
    params(ListQuery, ("page" = Option<i64>, Query, description = "zero-based"),
        ("size" = Option<i64>, Query, description = "1 to 100, 20 when not given"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before; wins over `page`")),
    responses((status = 200, body = Success<Page<OrderResponse>>)))]
async fn list_all_orders(
    State(app): State<App>,
    _admin: Admin,
    Query(query): Query<ListQuery>,
    paging: Paging,
) -> ApiResult<Page<OrderResponse>> {
    let filter = query.filter(&app.shop.zone)?;
    let list = move |tx: &mut Tx<'_>| ops::page(tx, &filter, paging.request, paging.cursor);
    Ok(ok(app.db.read("checkout.all-orders", list).await?.map(OrderResponse::from)))
}
