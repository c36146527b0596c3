//! `/admin/orders`, without the list.

use crate::explain::{Explanation, explain};
use crate::flow::{ORDER, order_of};
use crate::response::{AnyOrder, any_order};
use crate::{cancel, parcel, refund};
use axum::{extract::State, response::Response};
use kernel::{Code, Error, OrderNumber, Result, text};
use order::{Kind, OrderResponse};
use saga::{Begun, Cancellation, Record, respond};
use serde::Deserialize;
use store::Tx;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::{
    Admin, ApiResponse, ApiResult, App, Checked, Context, Failure, Idempotent, Path, Routes, accepted, ok,
    response::Success, route::ADMIN,
};

/// The handlers for administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(ADMIN.refusing(&[Code::OrderNotFound]), routes!(get_any_order))
        .add(ADMIN.refusing(&[Code::OrderNotFound]), routes!(explain_order))
        .add(
            ADMIN.refusing(&[
                Code::OrderNotFound,
                Code::OrderNotPaid,
                Code::InvalidPaymentAmount,
                Code::OrderAlreadyShipped,
                Code::OrderAlreadyDelivered,
                Code::OrderCannotBeCancelled,
                Code::InvalidOrderStatus,
                Code::InvalidDeliveryStatus,
                Code::Conflict,
                Code::PaymentRefundFailed,
            ]),
            routes!(set_order_status),
        )
}

/// Any order with its payments, refunds, delivery and saga, and what its goods look like.
#[utoipa::path(get, path = "/admin/orders/{orderNumber}", tag = "order", params(("orderNumber" = String, Path)),
    responses((status = 200, body = Success<AnyOrder>)))]
async fn get_any_order(State(app): State<App>, _admin: Admin, Path(number): Path<OrderNumber>) -> ApiResult<AnyOrder> {
    let zone = app.shop.zone.clone();
    let find = move |tx: &mut Tx<'_>| {
        let order = order::ops::find(tx, &number)?;
        any_order(tx, order, &zone)
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
    context: Context,
) -> ApiResult<Explanation> {
    let work = move |tx: &mut Tx<'_>| explain(tx, &number, context.language());
    Ok(ok(app.db.read("checkout.explain", work).await?))
}

/// The status that an order should get.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewStatus {
    /// SHIPPING, DELIVERED, CANCELLED or REFUNDED.
    status: Kind,
    /// Why, at most 500 characters; stored in the event.
    #[serde(default)]
    reason: Option<String>,
}

impl NewStatus {
    fn reason(&self) -> Result<Option<String>> {
        text::paragraph("reason", self.reason.as_deref(), text::REASON_MAX)
    }
}

impl Checked for NewStatus {
    fn check(&self) -> Result<()> {
        self.reason().map(drop)
    }
}

/// Set the status of an order by hand. SHIPPING and DELIVERED move its parcel too. CANCELLED cancels the order and REFUNDED gives
/// back all that is left of its money, as the routes of buyers and of payments do: an order whose parcel is still here gets its
/// stock back and becomes CANCELLED, or REFUNDED when it was paid. 202 while a refund's outcome is open. Any other status, and any
/// while the order is being undone, is refused.
#[utoipa::path(put, path = "/admin/orders/{orderNumber}/status", tag = "order", request_body = NewStatus,
    params(("orderNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<OrderResponse>), (status = 202, body = Success<OrderResponse>)))]
async fn set_order_status(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<OrderNumber>,
    body: Idempotent<NewStatus>,
) -> Result<Response, Failure> {
    let status = body.body.status;
    let reason = body.body.reason()?;
    let (by, zone) = (admin.id.to_string(), app.shop.zone.clone());
    let begin = move |tx: &mut Tx<'_>| {
        let why = |otherwise: &str| Cancellation {
            reason: reason.clone().unwrap_or_else(|| otherwise.to_owned()),
            by: by.clone(),
        };
        match status {
            Kind::Shipping | Kind::Delivered => {
                let order = parcel::move_order(tx, &number, status, reason.as_deref(), &by, &zone)?;
                Ok(Begun::Response(ok(OrderResponse::from(order))))
            }
            Kind::Cancelled => {
                let (run, action) = cancel::begin(tx, &ORDER, &number, None, &why("cancelled by the shop"))?;
                Ok(Begun::Run(&ORDER, run, action))
            }
            Kind::Refunded => {
                let (flow, run, action) = refund::begin_of_order(tx, &number, why("refunded by the shop"))?;
                Ok(Begun::Run(flow, run, action))
            }
            Kind::Pending | Kind::Confirmed | Kind::Paid => Err(never_by_hand(tx, &number, status)?),
        }
    };
    respond(&app, body.key, "checkout.set-status", begin, given_back).await
}

/// S209 for a status that only the buyer's acts lead to; S201 when there is no such order.
fn never_by_hand(tx: &mut Tx<'_>, number: &OrderNumber, status: Kind) -> Result<Error> {
    order::ops::find(tx, number)?;
    let instead = match status {
        Kind::Paid => "an order becomes PAID by a payment: POST /payments",
        _ => "no order goes back to waiting; the buyer places a new one",
    };
    Ok(Code::InvalidOrderStatus.because(instead))
}

fn given_back(tx: &mut Tx<'_>, run: &Record) -> Result<ApiResponse<OrderResponse>> {
    let done = refund::is_done(tx, run)?;
    let order = OrderResponse::from(order::ops::find(tx, &order_of(run)?)?);
    Ok(if done { ok(order) } else { accepted(order) })
}
