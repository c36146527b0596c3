//! The control: what a test or a person makes the fake do. It is open to everybody who reaches the socket.

use crate::{
    Fake, Method, Policy,
    failure::Failure,
    payment::Payment,
    records::{Agreed, VALID_HOURS, scripts},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The routes of the control.
pub fn routes() -> Router<Fake> {
    Router::new()
        .route("/control/payments", post(agree))
        .route("/control/payments/{key}/deposit", post(deposit))
        .route("/control/payments/{key}/deposit-error", post(deposit_error))
        .route("/control/payments/{key}/script", post(set_script))
        .route("/control/webhooks", post(set_policy))
        .route("/control/records", get(records))
}

/// A payment to which a buyer has agreed, without the window.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPayment {
    order_id: String,
    amount: i64,
    #[serde(default)]
    order_name: Option<String>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    script: Option<String>,
    #[serde(default)]
    valid_hours: Option<u64>,
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": why }))).into_response()
}

fn changed(result: Result<Payment, Failure>) -> Response {
    match result {
        Ok(payment) => Json(payment.shown()).into_response(),
        Err(failure) => (StatusCode::BAD_REQUEST, Json(failure.body())).into_response(),
    }
}

/// Whether a script is known: one of the names, or a documented error code.
pub(crate) fn is_script(name: &str) -> bool {
    scripts::is_known(name)
}

async fn agree(State(fake): State<Fake>, Json(new): Json<NewPayment>) -> Response {
    let Some(method) = Method::named(new.method.as_deref().unwrap_or("CARD")) else {
        return refused("no such method");
    };
    let script = new.script.unwrap_or_else(|| scripts::APPROVE.to_owned());
    if !is_script(&script) {
        return refused("no such script");
    }
    let payment = fake.agree(Agreed {
        order: new.order_id,
        name: new.order_name.unwrap_or_else(|| "주문".to_owned()),
        amount: new.amount,
        method,
        script,
        valid_hours: new.valid_hours.unwrap_or(VALID_HOURS),
    });
    Json(json!({ "paymentKey": payment.key, "orderId": payment.order, "amount": payment.total })).into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Depositing {
    /// Although its time is over, or it was closed.
    #[serde(default)]
    late: bool,
}

async fn deposit(State(fake): State<Fake>, Path(key): Path<String>, body: Option<Json<Depositing>>) -> Response {
    let (late, now) = (body.is_some_and(|Json(body)| body.late), fake.now());
    let result = fake.records().deposit(&key, late, now);
    changed(result)
}

async fn deposit_error(State(fake): State<Fake>, Path(key): Path<String>) -> Response {
    let now = fake.now();
    let result = fake.records().deposit_error(&key, now);
    changed(result)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewScript {
    script: String,
}

async fn set_script(State(fake): State<Fake>, Path(key): Path<String>, Json(new): Json<NewScript>) -> Response {
    if !is_script(&new.script) {
        return refused("no such script");
    }
    if !fake.set_script(&key, &new.script) {
        return refused("no such payment");
    }
    let (now, mut records) = (fake.now(), fake.records());
    records.find(&key, now).map_or_else(|| refused("no such payment"), |payment| Json(payment.shown()).into_response())
}

async fn set_policy(State(fake): State<Fake>, Json(policy): Json<Policy>) -> StatusCode {
    fake.set_policy(policy);
    StatusCode::NO_CONTENT
}

/// Every payment with what was taken and given back, for comparing with the shop's.
async fn records(State(fake): State<Fake>) -> Json<Value> {
    let mut payments = fake.payments();
    payments.sort_by(|a, b| (a.requested, &a.key).cmp(&(b.requested, &b.key)));
    let (captured, refunded): (i64, i64) =
        (payments.iter().map(Payment::captured).sum(), payments.iter().map(Payment::refunded).sum());
    let shown = payments.iter().map(|payment| {
        json!({ "paymentKey": payment.key, "orderId": payment.order, "method": payment.method.literal(),
            "status": payment.status, "totalAmount": payment.total, "balanceAmount": payment.balance,
            "captured": payment.captured(), "refunded": payment.refunded() })
    });
    Json(json!({ "captured": captured, "refunded": refunded, "payments": shown.collect::<Vec<_>>() }))
}
