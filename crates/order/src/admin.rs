//! Order routes for administrators. Details and `explain` are in `checkout`.

use crate::http::ListQuery;
use crate::ops;
use crate::order::Kind;
use crate::response::OrderResponse;
use ::store::Tx;
use axum::extract::State;
use kernel::{OrderNumber, Page, text};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::{Admin, ApiResult, App, Json, Paging, Path, Query, Routes, ok, response::Success, route::ADMIN};

/// The handlers for administrators.
pub fn routes() -> Routes {
    Routes::new().add(ADMIN, routes!(list_all_orders)).add(ADMIN, routes!(set_order_status))
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
    Ok(ok(app.db.read("order.list", list).await?.map(OrderResponse::from)))
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
    let reason = text::optional("reason", new.reason.as_deref(), text::REASON_MAX)?;
    let by = admin.id.to_string();
    let set = move |tx: &mut Tx<'_>| ops::set_status(tx, &number, new.status, reason.as_deref(), &by);
    Ok(ok(app.db.write("order.set-status", set).await?.into()))
}
