//! Order routes for buyers. Routes that need other domains are in `checkout`.

use crate::ops;
use crate::order::Kind;
use crate::response::OrderResponse;
use crate::store::Filter;
use crate::streams;
use ::store::Tx;
use axum::{extract::State, http::HeaderMap, response::Response};
use kernel::{OrderNumber, Page, Result, Timestamp, Zone, text};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::streams::{last_event_id, stream};
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
    Ok(ok(app.db.read("order.own-list", list).await?.map(OrderResponse::from)))
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
    let own = number.clone();
    app.db.read("order.stream", move |tx| ops::own(tx, &own, &user.id).map(|_| ())).await?;
    let (key, open) = (streams::of_order(&number), app.streams.clone());
    let present = move |tx: &mut Tx<'_>| streams::present(tx, &open, &number);
    stream(&app, key, last_event_id(&headers), present).await
}

/// What happens to all of the caller's orders, as server-sent events; the same events as of one order.
#[utoipa::path(get, path = "/orders/stream", tag = "order", params(("Last-Event-ID" = Option<i64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream_orders(
    State(app): State<App>,
    StreamUser(user): StreamUser,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    stream(&app, streams::of_user(&user.id), last_event_id(&headers), |_| Ok(Vec::new())).await
}
