//! Payment routes for buyers. Paying, cancelling and refunding also move stock, so their routes are in `checkout`.

use crate::ops;
use crate::payment::Payment;
use crate::response::{PaymentDetail, PaymentResponse, RefundResponse};
use axum::extract::State;
use kernel::{Code, OrderNumber, PaymentNumber, Result};
use store::Tx;
use utoipa_axum::routes;
use web::{ApiResult, App, Path, Routes, User, ok, response::Success, route::OWNER};

/// The handlers of this domain.
pub fn routes() -> Routes {
    Routes::new().add(OWNER, routes!(find_payment)).add(OWNER, routes!(find_payment_of_order))
}

/// The payment with its refunds, for its payer and for administrators; S313 for others.
fn shown_to(tx: &mut Tx<'_>, user: &User, payment: Payment) -> Result<PaymentDetail> {
    if payment.user != user.id && !user.is_admin() {
        return Err(Code::PaymentUserMismatch.error());
    }
    let refunds = ops::refunds(tx, &payment.number)?.into_iter().map(RefundResponse::from).collect();
    Ok(PaymentDetail { payment: PaymentResponse::from(payment), refunds })
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
        let payment = ops::find(tx, &number)?;
        shown_to(tx, &user, payment)
    };
    Ok(ok(app.db.read("payment.find", find).await?))
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
        let payment = ops::current(tx, &order)?;
        shown_to(tx, &user, payment)
    };
    Ok(ok(app.db.read("payment.of-order", find).await?))
}
