//! Order routes for buyers. Routes that need other domains are in `checkout`.

use crate::live;
use crate::ops;
use crate::order::{Kind, Order};
use crate::response::OrderResponse;
use crate::store::{self, Filter, Part};
use ::store::Tx;
use axum::{extract::State, http::HeaderMap, response::Response};
use kernel::{Cursor, OrderNumber, Page, Result, Timestamp, Zone, text};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    ApiResult, App, Failure, Paging, Path, Query, Routes, StreamUser, User, ok,
    response::Success,
    route::{OWNER, USER},
};

/// The handlers of this domain.
pub fn routes() -> Routes {
    Routes::new()
        .add(USER, routes!(list_orders))
        .add(OWNER, routes!(stream_order))
        .add(USER, routes!(stream_orders))
        .merge(crate::admin::routes())
}

/// Which orders a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Wanted {
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

impl Wanted {
    pub(crate) fn filter(self, zone: &Zone) -> Result<Filter> {
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

/// The part of the list that a page needs, with one more row to see whether the list continues.
pub(crate) fn part(paging: &Paging) -> Part {
    let offset = if paging.cursor.is_some() { 0 } else { paging.request.offset() };
    Part { after: paging.cursor, offset, limit: paging.request.size() + 1 }
}

/// The page that these rows fill.
pub(crate) fn page(paging: &Paging, mut orders: Vec<Order>, total: i64) -> Page<OrderResponse> {
    let size = usize::try_from(paging.request.size()).unwrap_or(usize::MAX);
    let goes_on = orders.len() > size;
    orders.truncate(size);
    let last_id = orders.last().map(|order| order.id.raw());
    let mut page = paging.request.of(orders, total).map(OrderResponse::from);
    if paging.cursor.is_some() {
        page.first = false;
    }
    page.last = !goes_on;
    page.next_cursor = last_id.filter(|_| goes_on).map(Cursor::after);
    page
}

/// The caller's own orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "order", 
    params(Wanted, ("page" = Option<i64>, Query, description = "zero-based"),
        ("size" = Option<i64>, Query, description = "1 to 100, 20 when not given"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before; wins over `page`")),
    responses((status = 200, body = Success<Page<OrderResponse>>)))]
async fn list_orders(
    State(app): State<App>,
    user: User,
    Query(wanted): Query<Wanted>,
    paging: Paging,
) -> ApiResult<Page<OrderResponse>> {
    let filter = wanted.filter(&app.shop.zone)?;
    let part = part(&paging);
    let (orders, total) = app.db.read("order.own-list", move |tx| store::own_page(tx, &user.id, &filter, part)).await?;
    Ok(ok(page(&paging, orders, total)))
}

/// What happens to one order, as server-sent events.
///
/// `order-created`, `order-confirmed` (waiting for payment), `payment-completed`, `payment-failed`, `order-paid`,
/// `order-cancelled`, `delivery-updated`. A new stream begins with what happened last; `Last-Event-ID` resumes. A
/// browser signs in with `?access_token=`.
#[utoipa::path(get, path = "/orders/{orderNumber}/stream", tag = "order",
    params(("orderNumber" = String, Path), ("Last-Event-ID" = Option<i64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream_order(
    State(app): State<App>,
    StreamUser(user): StreamUser,
    Path(number): Path<OrderNumber>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let wanted = number.clone();
    app.db.read("order.stream", move |tx| ops::own(tx, &wanted, &user.id).map(|_| ())).await?;
    let returning = web::live::last_event_id(&headers);
    let (channel, key) = (live::of_order(&number), number.to_string());
    let present = move |tx: &mut Tx<'_>| live::present(tx, &key);
    web::live::stream_from(&app, vec![channel], returning, present, |_| false).await
}

/// What happens to all of the caller's orders, as server-sent events; the same events as of one order.
#[utoipa::path(get, path = "/orders/stream", tag = "order", params(("Last-Event-ID" = Option<i64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream_orders(
    State(app): State<App>,
    StreamUser(user): StreamUser,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let returning = web::live::last_event_id(&headers);
    web::live::stream(&app, vec![live::of_user(&user.id)], returning, Vec::new(), |_| false).await
}
