//! `/admin/orders`, without the list.

use crate::explain::{Explanation, explain};
use crate::response::{OrderDetail, detail};
use axum::extract::State;
use kernel::{OrderNumber, text};
use order::{Kind, OrderResponse};
use serde::Deserialize;
use store::Tx;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::{Admin, ApiResult, App, Json, Path, Routes, ok, response::Success, route::ADMIN};

/// The handlers for administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(ADMIN, routes!(get_any_order))
        .add(ADMIN, routes!(explain_order))
        .add(ADMIN, routes!(set_order_status))
}

/// Any order with its payments, refunds, delivery and saga.
#[utoipa::path(get, path = "/admin/orders/{orderNumber}", tag = "order", params(("orderNumber" = String, Path)),
    responses((status = 200, body = Success<OrderDetail>)))]
async fn get_any_order(
    State(app): State<App>,
    _admin: Admin,
    Path(number): Path<OrderNumber>,
) -> ApiResult<OrderDetail> {
    let zone = app.shop.zone.clone();
    let find = move |tx: &mut Tx<'_>| {
        let order = order::ops::find(tx, &number)?;
        detail(tx, order, &zone)
    };
    Ok(ok(app.db.read("checkout.any-order", find).await?))
}

/// Everything that happened to an order, oldest first: commands, stock, payments, parcel, sagas and events.
#[utoipa::path(get, path = "/admin/orders/{orderNumber}/explain", tag = "order", params(("orderNumber" = String, Path)),
    responses((status = 200, body = Success<Explanation>)))]
async fn explain_order(
    State(app): State<App>,
    _admin: Admin,
    Path(number): Path<OrderNumber>,
) -> ApiResult<Explanation> {
    Ok(ok(app.db.read("checkout.explain", move |tx| explain(tx, &number)).await?))
}

/// The status that an order should get.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewStatus {
    /// SHIPPING or DELIVERED.
    status: Kind,
    /// Why, at most 500 characters; stored in the event.
    #[serde(default)]
    reason: Option<String>,
}

/// Set the status of an order to SHIPPING or DELIVERED by hand, where its status allows it. Statuses that concern
/// money or stock are refused with the operation to use instead.
#[utoipa::path(put, path = "/admin/orders/{orderNumber}/status", tag = "order",
    params(("orderNumber" = String, Path)), responses((status = 200, body = Success<OrderResponse>)))]
async fn set_order_status(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<OrderNumber>,
    Json(new): Json<NewStatus>,
) -> ApiResult<OrderResponse> {
    let reason = text::paragraph("reason", new.reason.as_deref(), text::REASON_MAX)?;
    let by = admin.id.to_string();
    let set = move |tx: &mut Tx<'_>| order::ops::set_status(tx, &number, new.status, reason.as_deref(), &by);
    Ok(ok(app.db.write("checkout.set-status", set).await?.into()))
}
