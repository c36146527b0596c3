//! `/orders`.

use super::visitor::Visitor;
use crate::draft::OrderDraft;
use crate::flow::{ORDER, order_of};
use crate::place::{self, OrderSettings, Placed};
use crate::quote::{self, Quote};
use crate::reorder::Reordered;
use crate::request::{AddressRequest, ConfirmRequest, OrderRequest, PaymentChoice, Reason, memo};
use crate::response::{OrderDetail, PlacedOrder, detail, shown_to};
use crate::{Settings, cancel, parcel, parcel::Readdressing, pay, reorder};
use axum::{extract::State, http::StatusCode, response::Response};
use kernel::{Code, OrderNumber, Result, Together};
use order::{Order, OrderResponse};
use payment::PaymentResponse;
use saga::{Begun, Cancellation, Record, Status, respond};
use store::Tx;
use utoipa_axum::routes;
use web::{
    ApiResponse, ApiResult, App, Checked, Context, Failure, Idempotent, Json, NoBody, Path, Routes, User, accepted,
    created, ok, once,
    response::Success,
    route::{OWNER, Properties, USER},
};

const OF_ORDER: Properties = OWNER.refusing(&[Code::OrderNotFound, Code::OrderUserMismatch]);

/// The failures of sending an order elsewhere.
const READDRESSING: &[Code] = &[
    Code::OrderNotFound,
    Code::OrderUserMismatch,
    Code::InvalidShippingAddress,
    Code::OrderAmountMismatch,
    Code::OrderCannotBeCancelled,
    Code::Conflict,
];

/// The failures of placing an order.
const PLACING: &[Code] = &[
    Code::CartNotFound,
    Code::CartAlreadyCheckedOut,
    Code::CartEmpty,
    Code::ProductNotFound,
    Code::ProductInactive,
    Code::OrderAmountMismatch,
    Code::InvalidShippingAddress,
    Code::InsufficientStock,
    Code::UserCouponNotFound,
    Code::UserCouponAlreadyUsed,
    Code::UserCouponExpired,
    Code::CouponMinimumOrderNotMet,
    Code::CouponNotApplicable,
    Code::CouponFirstOrderOnly,
    Code::InsufficientBalance,
    Code::PaymentMethodNotSupported,
    Code::PaymentDeclined,
    Code::InvalidPaymentAmount,
    Code::BalanceConflict,
    Code::OrderCreationFailed,
];
/// The failures of paying by the page of the gateway.
const CONFIRMING: &[Code] = &[
    Code::OrderNotFound,
    Code::OrderUserMismatch,
    Code::OrderAlreadyPaid,
    Code::InvalidOrderStatus,
    Code::InvalidShippingAddress,
    Code::OrderAmountMismatch,
    Code::PaymentAlreadyCompleted,
    Code::PaymentDeclined,
    Code::InvalidPaymentAmount,
    Code::PaymentMethodNotSupported,
    Code::PaymentCancelledByUser,
    Code::OrderCreationFailed,
];
/// The failures of cancelling an order.
const CANCELLING: &[Code] = &[
    Code::OrderNotFound,
    Code::OrderUserMismatch,
    Code::OrderCannotBeCancelled,
    Code::Conflict,
    Code::PaymentRefundFailed,
];

/// The handlers for orders.
pub fn routes() -> Routes {
    Routes::new()
        .add(USER.refusing(&[Code::CartNotFound, Code::CartAlreadyCheckedOut, Code::CartEmpty]), routes!(quote_order))
        .add(USER.refusing(PLACING), routes!(place_order))
        .add(USER.refusing(CONFIRMING), routes!(confirm_order))
        .add(OF_ORDER, routes!(get_order))
        .add(OWNER.refusing(CANCELLING), routes!(cancel_order, cancel_order_by_post))
        .add(OWNER.refusing(READDRESSING), routes!(readdress_order))
        .add(OF_ORDER, routes!(reorder_order))
}

/// What an order would cost now, and everything that stands in its way. Writes nothing.
#[utoipa::path(post, path = "/orders/quote", tag = "order", request_body = OrderRequest,
    responses((status = 200, body = Success<Quote>)))]
async fn quote_order(
    State(app): State<App>,
    user: User,
    context: Context,
    Json(request): Json<OrderRequest>,
) -> ApiResult<Quote> {
    let (currency, prices) = (app.shop.currency, app.settings::<Settings>().prices());
    let quote = move |tx: &mut Tx<'_>| quote::quote(tx, currency, &prices, &user.id, &request, &context);
    Ok(ok(app.db.read("checkout.quote", quote).await?))
}

/// Place an order: everything is secured, and the buyer has until `payBy` to pay.
///
/// With `payment` it is paid in the same call: 201 when it is PAID, 202 while the payment's outcome is open, 400 S304 when the
/// payment was declined (see `POST /payments`).
#[utoipa::path(post, path = "/orders", tag = "order", request_body = OrderRequest,
    params(("Idempotency-Key" = Option<String>, Header), ("X-Cart-Token" = Option<String>, Header)),
    responses((status = 201, body = Success<PlacedOrder>), (status = 202, body = Success<PlacedOrder>)))]
async fn place_order(
    State(app): State<App>,
    user: User,
    visitor: Visitor,
    body: Idempotent<OrderRequest>,
) -> Result<Response, Failure> {
    let draft = OrderDraft::to_place(&body.body)?;
    visitor.taken_over(&app).await?;
    let method = body.body.payment.as_ref().map(PaymentChoice::payment_method).transpose()?;
    let settings = OrderSettings::of(&app);
    let limits = pay::Limits::of(&app);
    let begin = move |tx: &mut Tx<'_>| {
        let Placed { order, saga: mut run } = place::place(tx, &ORDER, &settings, &user.id, &draft)?;
        match &method {
            Some(method) if order.amounts.payable.is_positive() => {
                let action = pay::submit(tx, &ORDER, &mut run, &order, method, limits)?;
                Ok(Begun::Run(&ORDER, run, action))
            }
            Some(_) | None => {
                let path = format!("/orders/{}", order.number);
                Ok(Begun::Response(created(path, PlacedOrder { order: order.into(), payment: None })))
            }
        }
    };
    respond(&app, body.key, "checkout.place", begin, placed_and_paid).await
}

fn placed_and_paid(tx: &mut Tx<'_>, run: &Record) -> Result<ApiResponse<PlacedOrder>> {
    let standing = pay::standing(tx, run)?;
    let order = order::ops::find(tx, &order_of(run)?)?;
    let (status, payment) = match standing {
        pay::Standing::Completed(payment) => (StatusCode::CREATED, payment),
        pay::Standing::Open(payment) => (StatusCode::ACCEPTED, payment),
    };
    let path = format!("/orders/{}", order.number);
    let placed = PlacedOrder { order: order.into(), payment: Some(PaymentResponse::of(tx, payment)?) };
    Ok(ApiResponse { status, ..created(path, placed) })
}

/// Complete a payment that the buyer agreed to on the gateway's page (Toss Payments). Repeated, or after the gateway's own
/// message: the same order. 202 while the outcome is open.
#[utoipa::path(post, path = "/orders/confirm", tag = "order", request_body = ConfirmRequest,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<OrderResponse>), (status = 202, body = Success<OrderResponse>)))]
async fn confirm_order(
    State(app): State<App>,
    user: User,
    body: Idempotent<ConfirmRequest>,
) -> Result<Response, Failure> {
    body.body.check()?;
    let (request, method) = (body.body.clone(), body.body.payment_method()?);
    let limits = pay::Limits::of(&app);
    let begin = move |tx: &mut Tx<'_>| {
        let (number, amount) = (&request.order_number, Some(request.amount));
        let (run, action) = pay::begin(tx, &ORDER, number, &user.id, &method, amount, limits)?;
        Ok(Begun::Run(&ORDER, run, action))
    };
    respond(&app, body.key, "checkout.confirm", begin, confirmed).await
}

fn confirmed(tx: &mut Tx<'_>, run: &Record) -> Result<ApiResponse<OrderResponse>> {
    let standing = pay::standing(tx, run)?;
    let order = OrderResponse::from(order::ops::find(tx, &order_of(run)?)?);
    Ok(match standing {
        pay::Standing::Completed(_) => ok(order),
        pay::Standing::Open(_) => accepted(order),
    })
}

/// An order with its payments, refunds, delivery and saga.
#[utoipa::path(get, path = "/orders/{orderNumber}", tag = "order", params(("orderNumber" = String, Path)),
    responses((status = 200, body = Success<OrderDetail>)))]
async fn get_order(State(app): State<App>, user: User, Path(number): Path<OrderNumber>) -> ApiResult<OrderDetail> {
    let zone = app.shop.zone.clone();
    let find = move |tx: &mut Tx<'_>| {
        let order = shown_to(&user, order::ops::find(tx, &number)?)?;
        detail(tx, order, &zone)
    };
    Ok(ok(app.db.read("checkout.order", find).await?))
}

/// Fill the caller's cart with the lines of an order again, at today's prices: as many units of each as can be bought now. Lines
/// that are in the cart already stay as they are; `notAdded` names what was not added, with the reason.
#[utoipa::path(post, path = "/orders/{orderNumber}/reorder", tag = "order",
    params(("orderNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header),
        ("X-Cart-Token" = Option<String>, Header)),
    responses((status = 200, body = Success<Reordered>)))]
async fn reorder_order(
    State(app): State<App>,
    user: User,
    visitor: Visitor,
    Path(number): Path<OrderNumber>,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    let shopper = visitor.known(&app).await?;
    let again = move |tx: &mut Tx<'_>| reorder::reorder(tx, &shopper, &user.id, &number).map(ok);
    once(&app, body.key, "checkout.reorder", again).await
}

/// Send an order elsewhere, one's own or, as an administrator, any, until its parcel leaves. An order from a time deal that had no address
/// yet costs the surcharge of a far place from then on.
#[utoipa::path(put, path = "/orders/{orderNumber}/address", tag = "order", request_body = AddressRequest,
    params(("orderNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<OrderResponse>)))]
async fn readdress_order(
    State(app): State<App>,
    user: User,
    Path(number): Path<OrderNumber>,
    body: Idempotent<AddressRequest>,
) -> Result<Response, Failure> {
    let memo = body.body.memo.as_deref().map(|text| memo(Some(text))).transpose();
    let (address, memo) = (body.body.address(), memo).together()?;
    let (rules, expected) = (app.settings::<Settings>().prices(), body.body.expected_amount);
    let readdress = move |tx: &mut Tx<'_>| {
        let owner = (!user.is_admin()).then_some(&user.id);
        let to = Readdressing { address: &address, memo: memo.clone(), rules: &rules, expected };
        let order = parcel::readdress(tx, &number, owner, to, &user.id.to_string())?;
        Ok(ok(OrderResponse::from(order)))
    };
    once(&app, body.key, "checkout.readdress", readdress).await
}

/// Cancel an order, one's own or, as an administrator, any: unpaid, its stock is given back; paid, its money too. 202 while a
/// refund's outcome is open.
#[utoipa::path(put, path = "/orders/{orderNumber}/cancel", tag = "order", request_body = Reason,
    params(("orderNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<OrderResponse>), (status = 202, body = Success<OrderResponse>)))]
async fn cancel_order(
    State(app): State<App>,
    user: User,
    Path(number): Path<OrderNumber>,
    body: Idempotent<Reason>,
) -> Result<Response, Failure> {
    let reason = body.body.text()?;
    let why = Cancellation { reason, by: user.id.to_string() };
    let begin = move |tx: &mut Tx<'_>| {
        let owner = (!user.is_admin()).then_some(&user.id);
        let (run, action) = cancel::begin(tx, &ORDER, &number, owner, &why)?;
        Ok(Begun::Run(&ORDER, run, action))
    };
    respond(&app, body.key, "checkout.cancel", begin, cancelled).await
}

/// Cancel an order, for clients that cannot send PUT.
#[utoipa::path(post, path = "/orders/{orderNumber}/cancel", tag = "order", request_body = Reason,
    params(("orderNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<OrderResponse>), (status = 202, body = Success<OrderResponse>)))]
async fn cancel_order_by_post(
    state: State<App>,
    user: User,
    path: Path<OrderNumber>,
    body: Idempotent<Reason>,
) -> Result<Response, Failure> {
    cancel_order(state, user, path, body).await
}

fn cancelled(tx: &mut Tx<'_>, run: &Record) -> Result<ApiResponse<OrderResponse>> {
    let order: Order = order::ops::find(tx, &order_of(run)?)?;
    Ok(match run.status {
        Status::Failed => ok(order.into()),
        Status::Started | Status::Completed | Status::Compensating | Status::CompensationFailed => {
            accepted(order.into())
        }
    })
}
