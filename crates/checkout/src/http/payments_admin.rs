//! `/admin/payments`: captures that are not what the gateway was asked for.

use crate::request::Reason;
use axum::{extract::State, response::Response};
use kernel::Code;
use payment::wrong::WrongCapture;
use utoipa_axum::routes;
use web::{Admin, ApiResult, App, Failure, Idempotent, Path, Routes, ok, once, response::Success, route::ADMIN};

/// The handlers for administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(ADMIN, routes!(wrong_captures))
        .add(ADMIN.refusing(&[Code::PaymentNotFound]), routes!(resolve_wrong_capture))
}

/// Captures that are not what the gateway was asked for, those that wait for a person first: in another amount or currency, of a charge
/// of a balance that had been closed, or, with an amount of 0, a deposit that the bank took back. The shop does not use such money.
#[utoipa::path(get, path = "/admin/payments/wrong-captures", tag = "payment",
    responses((status = 200, body = Success<Vec<WrongCapture>>)))]
async fn wrong_captures(State(app): State<App>, _admin: Admin) -> ApiResult<Vec<WrongCapture>> {
    Ok(ok(app.db.read("checkout.wrong-captures", payment::wrong::list).await?))
}

/// Say how a person has dealt with such money, such as "given back at the gateway". Until then every audit reports it.
#[utoipa::path(post, path = "/admin/payments/wrong-captures/{id}/resolve", tag = "payment", request_body = Reason,
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<WrongCapture>)))]
async fn resolve_wrong_capture(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(id): Path<i64>,
    body: Idempotent<Reason>,
) -> Result<Response, Failure> {
    let reason = body.body.text()?;
    let resolve = move |tx: &mut store::Tx<'_>| payment::wrong::resolve(tx, id, &admin.id, &reason).map(ok);
    once(&app, body.key, "checkout.resolve-wrong-capture", resolve).await
}
