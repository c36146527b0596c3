//! `/users/{userId}/balance`, `/users/{userId}/points` and `/admin/wallets`.

use crate::{
    charge::{self, ChargeRequest},
    flow::CHARGE,
    pay,
};
use axum::{extract::State, response::Response};
use kernel::{Code, Cursor, Page, Result, UserId};
use payment::{Method, deposit, response::DepositResponse};
use saga::{Begun, Record, respond};
use serde::Serialize;
use store::Tx;
use utoipa::ToSchema;
use utoipa_axum::routes;
use wallet::{
    Account, Charge, ChargeNumber, Settings,
    charge::Status,
    ops::{self, points},
    request::{AdjustBalance, AdjustPoints},
    response::{BalanceResponse, ChargeResponse, EntryResponse, PointsResponse},
};
use web::{
    Admin, ApiResponse, ApiResult, App, CursorQuery, Failure, Idempotent, NoBody, PageQuery, Paging, Path, Routes,
    User, accepted, created, ok, once,
    response::Success,
    route::{ADMIN, OWNER, Properties},
};

const OF_USER: Properties = OWNER.refusing(&[Code::UserNotFound]);
/// The failures of paying money in.
const CHARGING: Properties = OWNER.refusing(&[
    Code::UserNotFound,
    Code::InvalidPaymentAmount,
    Code::PaymentMethodNotSupported,
    Code::PaymentDeclined,
    Code::BalanceLimitExceeded,
    Code::BalanceConflict,
]);
/// The failures of booking by hand.
const ADJUSTING: Properties = ADMIN.refusing(&[
    Code::UserNotFound,
    Code::InvalidPaymentAmount,
    Code::InsufficientBalance,
    Code::BalanceLimitExceeded,
    Code::BalanceConflict,
]);

/// The handlers of wallets.
pub fn routes() -> Routes {
    Routes::new()
        .add(OF_USER, routes!(user_balance))
        .add(OF_USER, routes!(balance_history))
        .add(CHARGING, routes!(charge_balance))
        .add(OWNER.refusing(&[Code::PaymentNotFound]), routes!(balance_charge))
        .add(
            OWNER.refusing(&[Code::PaymentNotFound, Code::PaymentCannotBeCancelled, Code::Conflict]),
            routes!(cancel_charge),
        )
        .add(OF_USER, routes!(user_points))
        .add(OF_USER, routes!(points_history))
        .add(ADMIN.refusing(&[Code::UserNotFound]), routes!(admin_wallet))
        .add(ADJUSTING, routes!(adjust_balance))
        .add(ADJUSTING, routes!(adjust_points))
}

/// A002 unless the wallet is the caller's own, or the caller is an administrator.
fn may_see(user: &User, owner: UserId) -> Result<()> {
    if user.id == owner || user.is_admin() {
        Ok(())
    } else {
        Err(Code::RoleRequired.because("this wallet is not yours"))
    }
}

/// A user's balance, for the user and for administrators.
#[utoipa::path(get, path = "/users/{userId}/balance", tag = "wallet", params(("userId" = String, Path)),
    responses((status = 200, body = Success<BalanceResponse>)))]
async fn user_balance(State(app): State<App>, user: User, Path(owner): Path<UserId>) -> ApiResult<BalanceResponse> {
    may_see(&user, owner)?;
    let wallet = app.db.read("wallet.balance", move |tx| ops::find(tx, &owner)).await?;
    Ok(ok(BalanceResponse::from(wallet)))
}

/// Every change of a user's balance, newest first.
#[utoipa::path(get, path = "/users/{userId}/balance/history", tag = "wallet",
    params(("userId" = String, Path), PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<EntryResponse>>)))]
async fn balance_history(
    State(app): State<App>,
    user: User,
    Path(owner): Path<UserId>,
    paging: Paging,
) -> ApiResult<Page<EntryResponse>> {
    may_see(&user, owner)?;
    history(&app, owner, Account::Balance, paging).await
}

async fn history(app: &App, owner: UserId, account: Account, paging: Paging) -> ApiResult<Page<EntryResponse>> {
    let (request, after): (_, Option<Cursor>) = (paging.request, paging.cursor);
    let page = app.db.read("wallet.history", move |tx| ops::history(tx, &owner, account, request, after)).await?;
    Ok(ok(page.map(EntryResponse::from)))
}

/// Pay money into one's own balance, through the payment gateway. 200 when it was taken and is in the balance, 202 while the
/// outcome is open, 400 S304 when the gateway declined.
#[utoipa::path(post, path = "/users/{userId}/balance/charge", tag = "wallet", request_body = ChargeRequest,
    params(("userId" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ChargeDetail>), (status = 202, body = Success<ChargeDetail>)))]
async fn charge_balance(
    State(app): State<App>,
    user: User,
    Path(owner): Path<UserId>,
    body: Idempotent<ChargeRequest>,
) -> Result<Response, Failure> {
    if user.id != owner {
        return Err(Code::RoleRequired.because("this wallet is not yours").into());
    }
    let new = body.body.charge(owner, app.settings::<Settings>().limits())?;
    pay::must_have_key(new.payment_key.as_deref(), app.ports.gateway.needs_payment_key())?;
    let begin = move |tx: &mut Tx<'_>| {
        let (run, action) = charge::begin(tx, &CHARGE, new.clone())?;
        Ok(Begun::Run(&CHARGE, run, action))
    };
    respond(&app, body.key, "checkout.charge", begin, charged).await
}

fn charged(tx: &mut Tx<'_>, run: &Record) -> Result<ApiResponse<ChargeDetail>> {
    let charge = charge::standing(tx, run)?;
    let status = charge.status;
    let detail = ChargeDetail::of(tx, charge)?;
    Ok(match status {
        Status::Processing | Status::Failed => accepted(detail),
        Status::Completed => ok(detail),
    })
}

/// A charge with the account into which it is paid.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BalanceChargeDetail)]
struct ChargeDetail {
    #[serde(flatten)]
    charge: ChargeResponse,
    /// Where the user deposits the money, for a charge by VIRTUAL_ACCOUNT.
    deposit: Option<DepositResponse>,
}

impl ChargeDetail {
    /// A charge that is paid otherwise costs no statement.
    fn of(tx: &mut Tx<'_>, charge: Charge) -> Result<ChargeDetail> {
        let is_open = charge.status == Status::Processing;
        let deposit = match charge.method == Method::VirtualAccount.name() {
            true => deposit::find(tx, charge.number.as_str())?.map(|found| DepositResponse::of(found, is_open)),
            false => None,
        };
        Ok(ChargeDetail { charge: charge.into(), deposit })
    }
}

/// How a charge stands, and where its money is deposited.
#[utoipa::path(get, path = "/users/{userId}/balance/charges/{chargeNumber}", tag = "wallet",
    params(("userId" = String, Path), ("chargeNumber" = String, Path)),
    responses((status = 200, body = Success<ChargeDetail>)))]
async fn balance_charge(
    State(app): State<App>,
    user: User,
    Path((owner, number)): Path<(UserId, ChargeNumber)>,
) -> ApiResult<ChargeDetail> {
    may_see(&user, owner)?;
    let find = move |tx: &mut Tx<'_>| {
        let charge = ops::charges::of_user(tx, &owner, &number)?;
        ChargeDetail::of(tx, charge)
    };
    Ok(ok(app.db.read("wallet.charge", find).await?))
}

/// Cancel a charge whose outcome is open, such as one that waits for a deposit. The gateway is asked first: one that was taken, or
/// refused, is S312; otherwise it is FAILED, and nothing will be paid in. 409 while the gateway does not answer.
#[utoipa::path(post, path = "/users/{userId}/balance/charges/{chargeNumber}/cancel", tag = "wallet",
    params(("userId" = String, Path), ("chargeNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ChargeDetail>)))]
async fn cancel_charge(
    State(app): State<App>,
    user: User,
    Path((owner, number)): Path<(UserId, ChargeNumber)>,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    may_see(&user, owner)?;
    let wanted = number.clone();
    let begin = move |tx: &mut Tx<'_>| {
        let (run, action) = charge::begin_cancel(tx, &owner, &number)?;
        Ok(Begun::Run(&CHARGE, run, action))
    };
    let response = move |tx: &mut Tx<'_>, _: &Record| {
        let charge = charge::cancelled(ops::charges::find(tx, &wanted)?)?;
        ChargeDetail::of(tx, charge).map(ok)
    };
    respond(&app, body.key, "checkout.cancel-charge", begin, response).await
}

/// A user's points, with those that expire first.
#[utoipa::path(get, path = "/users/{userId}/points", tag = "wallet", params(("userId" = String, Path)),
    responses((status = 200, body = Success<PointsResponse>)))]
async fn user_points(State(app): State<App>, user: User, Path(owner): Path<UserId>) -> ApiResult<PointsResponse> {
    may_see(&user, owner)?;
    Ok(ok(app.db.read("wallet.points", move |tx| points_of(tx, &owner)).await?))
}

fn points_of(tx: &mut Tx<'_>, owner: &UserId) -> Result<PointsResponse> {
    let wallet = ops::find(tx, owner)?;
    let (usable, lots) = points::usable(tx, owner)?;
    Ok(PointsResponse::of(&wallet, usable, lots))
}

/// Every change of a user's points, newest first.
#[utoipa::path(get, path = "/users/{userId}/points/history", tag = "wallet",
    params(("userId" = String, Path), PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<EntryResponse>>)))]
async fn points_history(
    State(app): State<App>,
    user: User,
    Path(owner): Path<UserId>,
    paging: Paging,
) -> ApiResult<Page<EntryResponse>> {
    may_see(&user, owner)?;
    history(&app, owner, Account::Points, paging).await
}

/// What a user holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WalletResponse {
    balance: BalanceResponse,
    points: PointsResponse,
}

/// What a user holds.
#[utoipa::path(get, path = "/admin/wallets/{userId}", tag = "admin", params(("userId" = String, Path)),
    responses((status = 200, body = Success<WalletResponse>)))]
async fn admin_wallet(State(app): State<App>, _: Admin, Path(owner): Path<UserId>) -> ApiResult<WalletResponse> {
    let find = move |tx: &mut Tx<'_>| {
        let balance = BalanceResponse::from(ops::find(tx, &owner)?);
        Ok(WalletResponse { balance, points: points_of(tx, &owner)? })
    };
    Ok(ok(app.db.read("wallet.of-user", find).await?))
}

/// Change a user's balance by hand, with a reason that the user reads.
#[utoipa::path(post, path = "/admin/wallets/{userId}/balance", tag = "admin", request_body = AdjustBalance,
    params(("userId" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<EntryResponse>)))]
async fn adjust_balance(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(owner): Path<UserId>,
    Idempotent { body, key }: Idempotent<AdjustBalance>,
) -> Result<Response, Failure> {
    let (by_hand, held_max) = (body.by_hand(owner, admin.id)?, app.settings::<Settings>().limits().held_max);
    let work = move |tx: &mut Tx<'_>| {
        let entry = ops::adjust_balance(tx, &by_hand, held_max)?;
        Ok(created(format!("/users/{owner}/balance/history"), EntryResponse::from(entry)))
    };
    once(&app, key, "wallet.adjust-balance", work).await
}

/// Give a user points, or take some away, with a reason that the user reads.
#[utoipa::path(post, path = "/admin/wallets/{userId}/points", tag = "admin", request_body = AdjustPoints,
    params(("userId" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<EntryResponse>)))]
async fn adjust_points(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(owner): Path<UserId>,
    Idempotent { body, key }: Idempotent<AdjustPoints>,
) -> Result<Response, Failure> {
    let now = app.now();
    let usually = now.after(app.settings::<Settings>().points_expire_after);
    let (by_hand, expires_at) = body.by_hand((owner, admin.id), &app.shop.zone, now, usually)?;
    let work = move |tx: &mut Tx<'_>| {
        let entry = points::adjust_points(tx, &by_hand, expires_at)?;
        Ok(created(format!("/users/{owner}/points/history"), EntryResponse::from(entry)))
    };
    once(&app, key, "wallet.adjust-points", work).await
}
