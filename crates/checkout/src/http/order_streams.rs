//! What happens to orders, as server-sent events. `order::streams` makes the messages.

use axum::{extract::State, http::HeaderMap, response::Response};
use kernel::{Code, OrderNumber, Result};
use order::streams;
use store::Tx;
use utoipa_axum::routes;
use web::streams::{last_event_id, stream};
use web::{
    App, Failure, Path, Routes, StreamUser,
    caller::StreamToken,
    route::{ADMIN, OWNER, USER},
};

/// The handlers for streams of orders.
pub fn routes() -> Routes {
    Routes::new()
        .add(OWNER.refusing(&[Code::OrderNotFound, Code::OrderUserMismatch]), routes!(stream_order))
        .add(USER, routes!(stream_orders))
        .add(ADMIN, routes!(stream_all_orders))
}

/// What happens to one order, as server-sent events.
///
/// `order-created`, `order-confirmed` (waiting for payment), `payment-completed`, `payment-failed`, `order-paid`,
/// `order-cancelled`, `delivery-updated`, `return-updated`. A new stream begins with what happened last; `Last-Event-ID` resumes. A
/// browser signs in with `?access_token=`.
#[utoipa::path(get, path = "/orders/{orderNumber}/stream", tag = "order",
    params(("orderNumber" = String, Path), StreamToken, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream_order(
    State(app): State<App>,
    StreamUser(user): StreamUser,
    Path(number): Path<OrderNumber>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let own = number.clone();
    app.db.read("checkout.stream-order", move |tx| order::ops::own(tx, &own, &user.id).map(|_| ())).await?;
    let (key, open) = (streams::of_order(&number), app.streams.clone());
    let present = move |tx: &mut Tx<'_>| streams::present(tx, &open, &number);
    stream(&app, key, last_event_id(&headers)?, present).await
}

/// What happens to all of the caller's orders, as server-sent events; the same events as of one order.
#[utoipa::path(get, path = "/orders/stream", tag = "order", params(StreamToken, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream_orders(
    State(app): State<App>,
    StreamUser(user): StreamUser,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    stream(&app, streams::of_user(&user.id), last_event_id(&headers)?, |_| Ok(Vec::new())).await
}

/// What happens to all orders of the shop, as server-sent events; the same events as of one order. A browser signs in with
/// `?access_token=`.
#[utoipa::path(get, path = "/admin/orders/stream", tag = "order",
    params(StreamToken, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn stream_all_orders(
    State(app): State<App>,
    StreamUser(user): StreamUser,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !user.is_admin() {
        return Err(Code::RoleRequired.into());
    }
    stream(&app, streams::of_shop(), last_event_id(&headers)?, |_| Ok(Vec::new())).await
}
