//! `/payments`.

use crate::flow::ORDER;
use crate::request::{PaymentRequest, RefundAccountRequest, RefundRequest};
use crate::webhook::{self, Message};
use crate::{pay, refund, refund_account};
use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
    response::Response,
};
use kernel::{Code, Error, OrderNumber, PaymentNumber, Result};
use payment::{Payment, PaymentDetail, PaymentResponse, RefundResponse};
use saga::{Begun, Record, respond};
use store::Tx;
use utoipa_axum::routes;
use web::{
    Admin, ApiResponse, ApiResult, App, Failure, Idempotent, Json, NoBody, Path, Routes, User, accepted, created, done,
    input, ok,
    response::Success,
    route::{ADMIN, OWNER, PUBLIC, USER},
};

/// The failures of paying an order.
const PAYING: &[Code] = &[
    Code::OrderNotFound,
    Code::OrderUserMismatch,
    Code::OrderAlreadyPaid,
    Code::InvalidOrderStatus,
    Code::InvalidShippingAddress,
    Code::PaymentAlreadyCompleted,
    Code::PaymentDeclined,
    Code::InvalidPaymentAmount,
    Code::PaymentMethodNotSupported,
    Code::PaymentCancelledByUser,
    Code::InsufficientBalance,
    Code::BalanceConflict,
    Code::OrderCreationFailed,
];

/// The handlers for payments.
pub fn routes() -> Routes {
    Routes::new()
        .add(USER.refusing(PAYING), routes!(pay_order))
        .add(OWNER.refusing(&[Code::PaymentNotFound, Code::PaymentUserMismatch]), routes!(find_payment))
        .add(OWNER.refusing(&[Code::PaymentNotFound, Code::PaymentUserMismatch]), routes!(find_payment_of_order))
        .add(
            OWNER.refusing(&[
                Code::PaymentNotFound,
                Code::PaymentUserMismatch,
                Code::PaymentCannotBeCancelled,
                Code::Conflict,
            ]),
            routes!(cancel_payment),
        )
        .add(
            ADMIN.refusing(&[
                Code::PaymentNotFound,
                Code::InvalidPaymentAmount,
                Code::OrderCannotBeCancelled,
                Code::Conflict,
                Code::PaymentRefundFailed,
            ]),
            routes!(refund_payment),
        )
        .add(
            OWNER.refusing(&[Code::PaymentNotFound, Code::PaymentUserMismatch, Code::PaymentCannotBeCancelled]),
            routes!(set_refund_account),
        )
        .add(PUBLIC, routes!(receive_toss))
}

/// Pay an order. 201 when the money was taken, 202 while the outcome is open, 400 S304 when the payment was declined: the order
/// waits until `payBy` for another payment, or, after as many declined ones as the shop allows, is CANCELLED and its lines are in
/// the cart again.
#[utoipa::path(post, path = "/payments", tag = "payment", request_body = PaymentRequest,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<PaymentResponse>), (status = 202, body = Success<PaymentResponse>)))]
async fn pay_order(State(app): State<App>, user: User, body: Idempotent<PaymentRequest>) -> Result<Response, Failure> {
    let (number, method) = (body.body.order_number.clone(), body.body.payment_method()?);
    let limits = pay::Limits::of(&app);
    let begin = move |tx: &mut Tx<'_>| {
        let (run, action) = pay::begin(tx, &ORDER, &number, &user.id, &method, None, limits)?;
        Ok(Begun::Run(&ORDER, run, action))
    };
    respond(&app, body.key, "checkout.pay", begin, paid).await
}

fn paid(tx: &mut Tx<'_>, run: &Record) -> Result<ApiResponse<PaymentResponse>> {
    Ok(match pay::standing(tx, run)? {
        pay::Standing::Completed(payment) => {
            created(format!("/payments/{}", payment.number), PaymentResponse::of(tx, payment)?)
        }
        pay::Standing::Open(payment) => accepted(PaymentResponse::of(tx, payment)?),
    })
}

/// The payment with its refunds, for its payer and for administrators; S313 for others.
fn shown_to(tx: &mut Tx<'_>, user: &User, payment: Payment) -> Result<PaymentDetail> {
    if payment.user != user.id && !user.is_admin() {
        return Err(Code::PaymentUserMismatch.error());
    }
    let refunds = payment::ops::refunds(tx, &payment.number)?.into_iter().map(RefundResponse::from).collect();
    Ok(PaymentDetail { payment: PaymentResponse::of(tx, payment)?, refunds })
}

/// A payment with its refunds.
#[utoipa::path(get, path = "/payments/{paymentNumber}", tag = "payment",
    params(("paymentNumber" = String, Path)), responses((status = 200, body = Success<PaymentDetail>)))]
async fn find_payment(
    State(app): State<App>,
    user: User,
    Path(number): Path<PaymentNumber>,
) -> ApiResult<PaymentDetail> {
    let find = move |tx: &mut Tx<'_>| {
        let payment = payment::ops::find(tx, &number)?;
        shown_to(tx, &user, payment)
    };
    Ok(ok(app.db.read("checkout.payment", find).await?))
}

/// The current payment of an order: the live one; without a live one, the newest that failed or was abandoned. The
/// order's detail shows all of them.
#[utoipa::path(get, path = "/payments/order/{orderNumber}", tag = "payment",
    params(("orderNumber" = String, Path)), responses((status = 200, body = Success<PaymentDetail>)))]
async fn find_payment_of_order(
    State(app): State<App>,
    user: User,
    Path(order): Path<OrderNumber>,
) -> ApiResult<PaymentDetail> {
    let find = move |tx: &mut Tx<'_>| {
        let payment = payment::ops::current(tx, &order)?;
        shown_to(tx, &user, payment)
    };
    Ok(ok(app.db.read("checkout.payment-of-order", find).await?))
}

/// Cancel a payment whose outcome is open, one's own or, as an administrator, any. The gateway is asked first: a payment that was taken, or refused, is S312; one
/// that the gateway does not know is cancelled, and the order waits for another. 409 while the gateway does not answer.
#[utoipa::path(post, path = "/payments/{paymentNumber}/cancel", tag = "payment",
    params(("paymentNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<PaymentResponse>)))]
async fn cancel_payment(
    State(app): State<App>,
    user: User,
    Path(number): Path<PaymentNumber>,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    let cancelled = number.clone();
    let response = move |tx: &mut Tx<'_>, _: &Record| payment_cancelled(payment::ops::find(tx, &cancelled)?);
    let begin = move |tx: &mut Tx<'_>| {
        let (run, action) = pay::begin_cancel(tx, &number, (!user.is_admin()).then_some(&user.id))?;
        Ok(Begun::Run(&ORDER, run, action))
    };
    respond(&app, body.key, "checkout.cancel-payment", begin, response).await
}

fn payment_cancelled(payment: Payment) -> Result<ApiResponse<PaymentResponse>> {
    if pay::is_open(&payment) {
        return Err(pay::being_found_out());
    }
    match payment.status.kind() {
        payment::Kind::Cancelled => Ok(ok(PaymentResponse::from(payment))),
        ended => Err(Code::PaymentCannotBeCancelled.because(format!("it turned out to be {ended}"))),
    }
}

/// Give money back: all that is left, an amount, or what some lines cost. All of the money of an order that has not been
/// shipped cancels the order. 202 while the outcome is open, 500 S305 when the gateway refused.
#[utoipa::path(post, path = "/payments/{paymentNumber}/refund", tag = "payment", request_body = RefundRequest,
    params(("paymentNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<PaymentResponse>), (status = 202, body = Success<PaymentResponse>)))]
async fn refund_payment(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<PaymentNumber>,
    body: Idempotent<RefundRequest>,
) -> Result<Response, Failure> {
    let decision = refund::Decision::of(number.clone(), &body.body, admin.id.to_string())?;
    let begin = move |tx: &mut Tx<'_>| {
        let (flow, run, action) = refund::begin(tx, &decision)?;
        Ok(Begun::Run(flow, run, action))
    };
    let response = move |tx: &mut Tx<'_>, run: &Record| {
        Ok(match refund::standing(tx, run, &number)? {
            pay::Standing::Completed(payment) => ok(PaymentResponse::from(payment)),
            pay::Standing::Open(payment) => accepted(PaymentResponse::from(payment)),
        })
    };
    respond(&app, body.key, "checkout.refund", begin, response).await
}

/// Say to which account refunds of a payment go that was deposited into an account: its payer, or an administrator. Without one,
/// such money does not go back: refunds are refused, and what goes back by itself waits for it. S312 for any other payment.
#[utoipa::path(put, path = "/payments/{paymentNumber}/refund-account", tag = "payment",
    request_body = RefundAccountRequest, params(("paymentNumber" = String, Path)),
    responses((status = 200, body = Success<PaymentResponse>)))]
async fn set_refund_account(
    State(app): State<App>,
    user: User,
    Path(number): Path<PaymentNumber>,
    Json(body): Json<RefundAccountRequest>,
) -> ApiResult<PaymentResponse> {
    let account = body.account()?;
    let set = move |tx: &mut Tx<'_>| {
        let payment = match user.is_admin() {
            true => payment::ops::find(tx, &number)?,
            false => payment::ops::own(tx, &number, &user.id)?,
        };
        refund_account::set(tx, &payment, &account)?;
        PaymentResponse::of(tx, payment)
    };
    Ok(ok(app.db.write("checkout.refund-account", set).await?))
}

/// A message from the gateway (Toss Payments). Only a hint: the gateway is asked before anything changes. Repeated, or about
/// a payment that is not ours: nothing happens. Soon after another one about the same payment: the gateway is asked a minute later.
#[utoipa::path(post, path = "/payments/webhooks/toss", operation_id = "receive_toss", tag = "payment", request_body = Message,
    responses((status = 200, description = "received", body = Success<NoBody>)))]
async fn receive_toss(State(app): State<App>, body: Result<Bytes, BytesRejection>) -> ApiResult<()> {
    let body = body.map_err(unreadable)?;
    let message: Message = input::parse(&body)?;
    let look = message.clone();
    if !app.db.read("checkout.hint", move |tx| webhook::is_news(tx, &look)).await? {
        return Ok(done());
    }
    let received = app.db.write("checkout.receive", move |tx| webhook::receive(tx, &message)).await?;
    webhook::follow(&app.db, &app.ports, received).await?;
    Ok(done())
}

fn unreadable(rejection: BytesRejection) -> Error {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge.error(),
        _ => Code::InvalidInput.because("the body could not be read").caused_by(rejection.body_text()),
    }
}
