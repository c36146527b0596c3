//! `/returns`, `/admin/returns`, and asking for one under `/orders`.

use crate::{
    request::Reason,
    returning::{self, Begun as Started},
};
use axum::{extract::State, response::Response};
use kernel::{Code, OrderNumber, Page, Result};
use returns::{
    Kind, ReturnNumber, ReturnResponse, Settings, ops,
    request::{ApproveReturn, CollectReturn, ReceiveReturn, RefundReturn, ReturnRequest},
};
use saga::{Begun, Record, respond};
use serde::Deserialize;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    Admin, All, ApiResponse, ApiResult, App, Checked, CursorQuery, Failure, Idempotent, NoBody, PageQuery, Paging,
    Path, Query, Routes, Several, User, accepted, created, ok, once,
    response::Success,
    route::{ADMIN, OWNER, Properties, USER},
};

/// The failures of asking for one.
const ASKING: Properties = OWNER.refusing(&[
    Code::OrderNotFound,
    Code::OrderUserMismatch,
    Code::ReturnNotPossible,
    Code::ReturnWindowOver,
    Code::ReturnQuantityExceeded,
    Code::Conflict,
]);
/// The failures of moving one on.
const MOVING: Properties =
    ADMIN.refusing(&[Code::ReturnNotFound, Code::InvalidReturnStatus, Code::Conflict, Code::OutdatedVersion]);
const APPROVING: Properties = ADMIN.refusing(&[
    Code::ReturnNotFound,
    Code::InvalidReturnStatus,
    Code::InsufficientStock,
    Code::InventoryNotFound,
    Code::ConcurrentStockModification,
    Code::Conflict,
    Code::OutdatedVersion,
]);
const REFUNDING: Properties = ADMIN.refusing(&[
    Code::ReturnNotFound,
    Code::InvalidReturnStatus,
    Code::PaymentNotFound,
    Code::InvalidPaymentAmount,
    Code::OrderCannotBeCancelled,
    Code::PaymentRefundFailed,
    Code::Conflict,
    Code::OutdatedVersion,
]);

/// The handlers of returns.
pub fn routes() -> Routes {
    Routes::new()
        .add(ASKING, routes!(request_return))
        .add(USER, routes!(my_returns))
        .add(OWNER.refusing(&[Code::ReturnNotFound, Code::ReturnUserMismatch]), routes!(find_return))
        .add(
            OWNER.refusing(&[
                Code::ReturnNotFound,
                Code::ReturnUserMismatch,
                Code::InvalidReturnStatus,
                Code::Conflict,
                Code::OutdatedVersion,
            ]),
            routes!(withdraw_return),
        )
        .add(ADMIN, routes!(list_returns))
        .add(APPROVING, routes!(approve_return))
        .add(MOVING, routes!(reject_return))
        .add(MOVING, routes!(collect_return))
        .add(MOVING, routes!(receive_return))
        .add(MOVING, routes!(exchange_return))
        .add(REFUNDING, routes!(refund_return))
}

/// Which returns a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReturnsQuery {
    /// Only these statuses: one, several with commas between them, or the parameter several times.
    #[param(value_type = Option<Vec<Kind>>, style = Form, explode = false)]
    #[serde(default)]
    status: Several<Kind>,
}

impl Checked for ReturnsQuery {}

/// Ask to send something of an own order back, for its money or in exchange for other units of the same product, once the order has
/// arrived. How long that is possible depends on the reason. An administrator asks for the buyer of any order, such as a guest.
#[utoipa::path(post, path = "/orders/{orderNumber}/returns", tag = "return", request_body = ReturnRequest,
    params(("orderNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<ReturnResponse>)))]
async fn request_return(
    State(app): State<App>,
    user: User,
    Path(order): Path<OrderNumber>,
    Idempotent { body, key }: Idempotent<ReturnRequest>,
) -> Result<Response, Failure> {
    body.checked()?;
    let (settings, zone) = (app.settings::<Settings>().clone(), app.shop.zone.clone());
    let by = user.id.to_string();
    let owner = if user.is_admin() { None } else { Some(user.id) };
    let ask = move |tx: &mut Tx<'_>| {
        let one = returning::request(tx, &order, owner.as_ref(), &body, (&settings, &zone), &by)?;
        Ok(created(format!("/returns/{}", one.number), ReturnResponse::from(one)))
    };
    once(&app, key, "checkout.request-return", ask).await
}

/// The caller's own returns, newest first.
#[utoipa::path(get, path = "/returns", tag = "return", params(ReturnsQuery, PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<ReturnResponse>>)))]
async fn my_returns(
    State(app): State<App>,
    user: User,
    All((Query(query), paging)): All<(Query<ReturnsQuery>, Paging)>,
) -> ApiResult<Page<ReturnResponse>> {
    let list = move |tx: &mut Tx<'_>| ops::page(tx, Some(&user.id), &query.status.0, paging.request, paging.cursor);
    Ok(ok(app.db.read("checkout.own-returns", list).await?.map(ReturnResponse::from)))
}

/// A return, for its buyer and for administrators.
#[utoipa::path(get, path = "/returns/{returnNumber}", tag = "return", params(("returnNumber" = String, Path)),
    responses((status = 200, body = Success<ReturnResponse>)))]
async fn find_return(
    State(app): State<App>,
    user: User,
    Path(number): Path<ReturnNumber>,
) -> ApiResult<ReturnResponse> {
    let find = move |tx: &mut Tx<'_>| {
        let one = ops::find(tx, &number)?;
        if one.user == user.id || user.is_admin() { Ok(one) } else { Err(Code::ReturnUserMismatch.error()) }
    };
    Ok(ok(app.db.read("checkout.return", find).await?.into()))
}

/// Keep the goods after all, before they are collected. What was kept for an exchange can be sold again.
#[utoipa::path(post, path = "/returns/{returnNumber}/withdraw", tag = "return",
    params(("returnNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ReturnResponse>)))]
async fn withdraw_return(
    State(app): State<App>,
    user: User,
    Path(number): Path<ReturnNumber>,
    Idempotent { key, .. }: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    let by = user.id.to_string();
    let owner = if user.is_admin() { None } else { Some(user.id) };
    let withdraw =
        move |tx: &mut Tx<'_>| Ok(ok(ReturnResponse::from(returning::withdraw(tx, &number, owner.as_ref(), &by)?)));
    once(&app, key, "checkout.withdraw-return", withdraw).await
}

/// All returns, newest first.
#[utoipa::path(get, path = "/admin/returns", tag = "return", params(ReturnsQuery, PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<ReturnResponse>>)))]
async fn list_returns(
    State(app): State<App>,
    _admin: Admin,
    All((Query(query), paging)): All<(Query<ReturnsQuery>, Paging)>,
) -> ApiResult<Page<ReturnResponse>> {
    let list = move |tx: &mut Tx<'_>| ops::page(tx, None, &query.status.0, paging.request, paging.cursor);
    Ok(ok(app.db.read("checkout.all-returns", list).await?.map(ReturnResponse::from)))
}

/// Agree to a return. From now on an exchange keeps its replacement apart: S402 when there is not enough of it.
#[utoipa::path(post, path = "/admin/returns/{returnNumber}/approve", tag = "return", request_body = ApproveReturn,
    params(("returnNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ReturnResponse>)))]
async fn approve_return(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<ReturnNumber>,
    Idempotent { body, key }: Idempotent<ApproveReturn>,
) -> Result<Response, Failure> {
    body.check()?;
    let (by, settings) = (admin.id.to_string(), app.settings::<Settings>().clone());
    let approve =
        move |tx: &mut Tx<'_>| Ok(ok(ReturnResponse::from(returning::approve(tx, &number, body, &settings, &by)?)));
    once(&app, key, "checkout.approve-return", approve).await
}

/// Refuse a return with a reason that the buyer reads, before the goods are received.
#[utoipa::path(post, path = "/admin/returns/{returnNumber}/reject", tag = "return", request_body = Reason,
    params(("returnNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ReturnResponse>)))]
async fn reject_return(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<ReturnNumber>,
    Idempotent { body, key }: Idempotent<Reason>,
) -> Result<Response, Failure> {
    let (by, reason) = (admin.id.to_string(), body.text()?);
    let reject = move |tx: &mut Tx<'_>| Ok(ok(ReturnResponse::from(returning::reject(tx, &number, &reason, &by)?)));
    once(&app, key, "checkout.reject-return", reject).await
}

/// The goods were collected from the buyer and are on their way back.
#[utoipa::path(post, path = "/admin/returns/{returnNumber}/collect", tag = "return", request_body = CollectReturn,
    params(("returnNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ReturnResponse>)))]
async fn collect_return(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<ReturnNumber>,
    Idempotent { body, key }: Idempotent<CollectReturn>,
) -> Result<Response, Failure> {
    body.check()?;
    let by = admin.id.to_string();
    let collect = move |tx: &mut Tx<'_>| {
        Ok(ok(ReturnResponse::from(returning::collect(tx, &number, body.carrier.as_deref(), &by)?)))
    };
    once(&app, key, "checkout.collect-return", collect).await
}

/// The goods are here. Units that can be sold again are in stock again; the rest is written off.
#[utoipa::path(post, path = "/admin/returns/{returnNumber}/receive", tag = "return", request_body = ReceiveReturn,
    params(("returnNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ReturnResponse>)))]
async fn receive_return(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<ReturnNumber>,
    Idempotent { body, key }: Idempotent<ReceiveReturn>,
) -> Result<Response, Failure> {
    let by = admin.id.to_string();
    let restocked: Vec<(i64, i64)> = body.lines.iter().map(|line| (line.id, line.restocked)).collect();
    let receive =
        move |tx: &mut Tx<'_>| Ok(ok(ReturnResponse::from(returning::receive(tx, &number, &restocked, &by)?)));
    once(&app, key, "checkout.receive-return", receive).await
}

/// Send the replacement of an exchange whose goods are here, in a parcel of its own.
#[utoipa::path(post, path = "/admin/returns/{returnNumber}/exchange", tag = "return",
    params(("returnNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ReturnResponse>)))]
async fn exchange_return(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<ReturnNumber>,
    Idempotent { key, .. }: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    let by = admin.id.to_string();
    let exchange = move |tx: &mut Tx<'_>| Ok(ok(ReturnResponse::from(returning::exchange(tx, &number, &by)?)));
    once(&app, key, "checkout.exchange-return", exchange).await
}

/// Give back the money for what was sent back and is here, less the fee of a buyer who pays the way back. 202 while the outcome is open,
/// 500 S305 when the gateway refused; then it can be asked for again. An exchange whose replacement cannot be sent ends so, too.
#[utoipa::path(post, path = "/admin/returns/{returnNumber}/refund", tag = "return", request_body = RefundReturn,
    params(("returnNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ReturnResponse>), (status = 202, body = Success<ReturnResponse>)))]
async fn refund_return(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(number): Path<ReturnNumber>,
    Idempotent { body, key }: Idempotent<RefundReturn>,
) -> Result<Response, Failure> {
    body.check()?;
    let by = admin.id.to_string();
    let begin = move |tx: &mut Tx<'_>| {
        Ok(match returning::begin_refund(tx, &number, body.amount, &by)? {
            Started::Done(one) => Begun::Response(ok(ReturnResponse::from(one))),
            Started::Run(flow, run, action) => Begun::Run(flow, run, action),
        })
    };
    respond(&app, key, "checkout.refund-return", begin, refunded).await
}

fn refunded(tx: &mut Tx<'_>, run: &Record) -> Result<ApiResponse<ReturnResponse>> {
    crate::refund::is_done(tx, run)?;
    let one = returning::of_run(tx, run)?;
    Ok(match one.status.kind() {
        Kind::Refunded => ok(one.into()),
        Kind::Requested
        | Kind::Approved
        | Kind::Collected
        | Kind::Received
        | Kind::Exchanged
        | Kind::Rejected
        | Kind::Withdrawn => accepted(one.into()),
    })
}
