//! `/coupons` and `/admin/coupons`.

use crate::discount::{self, ValidateCoupon};
use axum::{extract::State, response::Response};
use coupon::{
    Status, gate,
    ops::{self, CouponName, Filter},
    request::{ClaimCoupon, SaveCoupon},
    response::{CouponResponse, UserCouponResponse, ValidationResponse},
};
use kernel::{Code, CouponId, Page, Result, UserId};
use serde::Deserialize;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    All, ApiResult, App, AtVersion, Checked, CursorQuery, Failure, IdempotencyKey, Idempotent, IfMatch, Json, NoBody,
    PageQuery, Paging, Path, Query, Routes, Seller, Several, User, Visitor, created, done,
    gate::Passage,
    ok, once,
    response::Success,
    route::{PUBLIC, Properties, SELLER, USER},
};

const ISSUING: Properties = USER.refusing(&[
    Code::CouponNotFound,
    Code::CouponExhausted,
    Code::CouponExpired,
    Code::CouponAlreadyIssued,
    Code::CouponNotStarted,
    Code::CouponInactive,
    Code::CouponFirstOrderOnly,
    Code::QueueNotAllowed,
    Code::QueueEntryRequired,
]);
const MAKING: Properties = SELLER.refusing(&[Code::CouponCodeAlreadyExists, Code::ProductNotFound, Code::NotFound]);
const REWRITING: Properties = SELLER.refusing(&[
    Code::CouponNotFound,
    Code::OutdatedVersion,
    Code::Conflict,
    Code::ProductNotFound,
    Code::NotFound,
]);

/// The handlers for everybody, and those for sellers and administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(PUBLIC, routes!(open_coupons))
        .add(PUBLIC.refusing(&[Code::CouponNotFound]), routes!(coupon))
        .add(ISSUING, routes!(issue_coupon))
        // codes can be guessed, so the stricter limit counts this one
        .add(ISSUING.costly(), routes!(claim_coupon))
        .add(USER, routes!(my_coupons))
        .add(USER, routes!(my_available_coupons))
        .add(
            USER.refusing(&[
                Code::UserCouponNotFound,
                Code::UserCouponAlreadyUsed,
                Code::UserCouponExpired,
                Code::CouponMinimumOrderNotMet,
                Code::CouponNotApplicable,
                Code::CouponFirstOrderOnly,
                Code::OrderAmountMismatch,
                Code::ProductNotFound,
                Code::ProductInactive,
            ]),
            routes!(validate_coupon),
        )
        .add(SELLER, routes!(admin_coupons))
        .add(MAKING, routes!(create_coupon))
        .add(SELLER.refusing(&[Code::CouponNotFound]), routes!(admin_coupon))
        .add(REWRITING, routes!(rewrite_coupon))
        .add(SELLER.refusing(&[Code::CouponNotFound, Code::OutdatedVersion]), routes!(deactivate_coupon))
}

/// The coupons that can be issued now, those that expire first in front; at most 200.
#[utoipa::path(get, path = "/coupons", tag = "coupon", responses((status = 200, body = Success<Vec<CouponResponse>>)))]
async fn open_coupons(State(app): State<App>) -> ApiResult<Vec<CouponResponse>> {
    let work = |tx: &mut Tx<'_>| Ok((ops::open(tx)?, tx.now()));
    let (coupons, now) = app.db.read("coupon.open", work).await?;
    Ok(ok(coupons.into_iter().map(CouponResponse::at(now)).collect()))
}

/// A listed coupon in any status.
#[utoipa::path(get, path = "/coupons/{id}", tag = "coupon", params(("id" = i64, Path)),
    responses((status = 200, body = Success<CouponResponse>)))]
async fn coupon(State(app): State<App>, Path(id): Path<CouponId>) -> ApiResult<CouponResponse> {
    let work = move |tx: &mut Tx<'_>| Ok(CouponResponse::at(tx.now())(ops::listed(tx, id)?));
    Ok(ok(app.db.read("coupon.listed", work).await?))
}

/// Get a coupon: the first who ask get one, each user one. While a waiting queue is active for it, only who is admitted.
#[utoipa::path(post, path = "/coupons/{id}/issue", tag = "coupon",
    params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<UserCouponResponse>)))]
async fn issue_coupon(
    State(app): State<App>,
    user: User,
    Path(id): Path<CouponId>,
    sent: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    issue(&app, user.id, CouponName::Id(id), sent.key).await
}

/// Get a coupon by its code, also one that is not listed.
#[utoipa::path(post, path = "/coupons/claim", tag = "coupon", request_body = ClaimCoupon,
    params(("Idempotency-Key" = Option<String>, Header)), responses((status = 201, body = Success<UserCouponResponse>)))]
async fn claim_coupon(
    State(app): State<App>,
    user: User,
    Idempotent { body, key }: Idempotent<ClaimCoupon>,
) -> Result<Response, Failure> {
    issue(&app, user.id, CouponName::Code(body.code()?), key).await
}

async fn issue(app: &App, user: UserId, which: CouponName, key: IdempotencyKey) -> Result<Response, Failure> {
    let passage = web::gate::ask(app, gate::wanted(app, &which), user, 1, &key).await.map_err(gate::refused)?;
    let response = issue_let_through(app, &passage, user, which, key).await;
    passage.ended(web::gate::took(&response)).await;
    response
}

async fn issue_let_through(
    app: &App,
    passage: &Passage,
    user: UserId,
    which: CouponName,
    key: IdempotencyKey,
) -> Result<Response, Failure> {
    let turnstile = app.turnstile();
    // a request with a key may be a repeated one, whose first response counts
    if !key.is_some() {
        let (wanted, look) = (which.clone(), passage.look());
        let early = move |tx: &mut Tx<'_>| {
            let coupon = ops::wanted(tx, &wanted)?;
            let refusal = ops::refusal(tx, &user, &coupon);
            let refusal = refusal.and_then(|()| discount::may_use(tx, &user, &coupon.content.offer));
            let refusal = refusal.and_then(|()| (turnstile.admitted)(tx, &visitor(coupon.id, user)));
            let snapshot = look.map(|look| gate::snapshot(tx, &coupon, &look)).transpose()?;
            Ok((web::gate::refusal(refusal)?, gate::subject(&coupon), snapshot.flatten()))
        };
        let (refusal, subject, snapshot) = app.db.read("coupon.refusal", early).await?;
        gate::learn(app, &which, subject);
        passage.saw(snapshot.as_ref()).await;
        refusal.map_or(Ok(()), Err)?;
    }
    let work = move |tx: &mut Tx<'_>| {
        let coupon = ops::wanted(tx, &which)?;
        (turnstile.pass)(tx, &visitor(coupon.id, user))?;
        let issued = ops::issue(tx, &user, &coupon)?;
        discount::may_use(tx, &user, &issued.offer)?;
        Ok(created("/coupons/my", UserCouponResponse::at(tx.now())(issued)))
    };
    once(app, key, "coupon.issue", work).await
}

/// The user before the waiting queue of a coupon, if it has one.
const fn visitor(coupon: CouponId, user: UserId) -> Visitor<'static> {
    Visitor { event_type: coupon::QUEUE, event_id: coupon.raw(), user, token: None }
}

/// The caller's coupons in every status, newest first; at most 500.
#[utoipa::path(get, path = "/coupons/my", tag = "coupon",
    responses((status = 200, body = Success<Vec<UserCouponResponse>>)))]
async fn my_coupons(State(app): State<App>, user: User) -> ApiResult<Vec<UserCouponResponse>> {
    let work = move |tx: &mut Tx<'_>| Ok((ops::own(tx, &user.id)?, tx.now()));
    let (held, now) = app.db.read("coupon.own", work).await?;
    Ok(ok(held.into_iter().map(UserCouponResponse::at(now)).collect()))
}

/// The caller's coupons that can be used now, those that expire first in front; at most 500.
#[utoipa::path(get, path = "/coupons/my/available", tag = "coupon",
    responses((status = 200, body = Success<Vec<UserCouponResponse>>)))]
async fn my_available_coupons(State(app): State<App>, user: User) -> ApiResult<Vec<UserCouponResponse>> {
    let work = move |tx: &mut Tx<'_>| Ok((ops::available(tx, &user.id)?, tx.now()));
    let (held, now) = app.db.read("coupon.available", work).await?;
    Ok(ok(held.into_iter().map(UserCouponResponse::at(now)).collect()))
}

/// What a coupon of the caller would take off an order. Writes nothing.
#[utoipa::path(post, path = "/coupons/validate", tag = "coupon", request_body = ValidateCoupon,
    responses((status = 200, body = Success<ValidationResponse>)))]
async fn validate_coupon(
    State(app): State<App>,
    user: User,
    Json(sent): Json<ValidateCoupon>,
) -> ApiResult<ValidationResponse> {
    let (id, order) = (sent.user_coupon_id, sent.order()?);
    Ok(ok(app.db.read("coupon.validate", move |tx| discount::validate(tx, &user.id, id, &order)).await?))
}

/// Which coupons a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InStatus {
    /// Only these statuses.
    #[serde(default)]
    #[param(value_type = Option<Vec<Status>>, style = Form, explode = false)]
    status: Several<Status>,
}

impl Checked for InStatus {}

/// Coupons in any status, newest first; a seller's own only.
#[utoipa::path(get, path = "/admin/coupons", tag = "coupon", params(InStatus, PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<CouponResponse>>)))]
async fn admin_coupons(
    State(app): State<App>,
    seller: Seller,
    All((Query(wanted), paging)): All<(Query<InStatus>, Paging)>,
) -> ApiResult<Page<CouponResponse>> {
    let filter = Filter { seller: seller.limited_to(), statuses: wanted.status.0 };
    let work = move |tx: &mut Tx<'_>| {
        let now = tx.now();
        Ok(ops::page(tx, &filter, paging.request, paging.cursor)?.map(CouponResponse::at(now)))
    };
    Ok(ok(app.db.read("coupon.page", work).await?))
}

/// Make a coupon.
#[utoipa::path(post, path = "/admin/coupons", tag = "coupon", request_body = SaveCoupon,
    params(("Idempotency-Key" = Option<String>, Header)), responses((status = 201, body = Success<CouponResponse>)))]
async fn create_coupon(
    State(app): State<App>,
    seller: Seller,
    Idempotent { body, key }: Idempotent<SaveCoupon>,
) -> Result<Response, Failure> {
    let (owner, content) = (seller.limited_to(), body.content(&app.shop.zone)?);
    let work = move |tx: &mut Tx<'_>| {
        let made = discount::create(tx, owner, content.clone())?;
        Ok(created(format!("/admin/coupons/{}", made.id), CouponResponse::at(tx.now())(made)))
    };
    once(&app, key, "coupon.create", work).await
}

/// A coupon in any status.
#[utoipa::path(get, path = "/admin/coupons/{id}", tag = "coupon", params(("id" = i64, Path)),
    responses((status = 200, body = Success<CouponResponse>)))]
async fn admin_coupon(State(app): State<App>, seller: Seller, Path(id): Path<CouponId>) -> ApiResult<CouponResponse> {
    let owner = seller.limited_to();
    let work = move |tx: &mut Tx<'_>| Ok(CouponResponse::at(tx.now())(ops::owned(tx, owner, id)?));
    Ok(ok(app.db.read("coupon.owned", work).await?))
}

/// Rewrite a coupon as a whole. Its code stays; what it takes off which orders stays once a user has one.
#[utoipa::path(put, path = "/admin/coupons/{id}", tag = "coupon", request_body = SaveCoupon,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Success<CouponResponse>)))]
async fn rewrite_coupon(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<CouponId>,
    if_match: IfMatch,
    Json(sent): Json<SaveCoupon>,
) -> ApiResult<CouponResponse> {
    let (owner, content) = (seller.limited_to(), sent.content(&app.shop.zone)?);
    let expected = if_match.or(sent.version)?;
    let work = move |tx: &mut Tx<'_>| {
        let coupon = discount::rewrite(tx, owner, id, content.clone(), expected)?;
        Ok(CouponResponse::at(tx.now())(coupon))
    };
    Ok(ok(app.db.write("coupon.rewrite", work).await?))
}

/// Deactivate a coupon: no more are issued, and who has one keeps it.
#[utoipa::path(delete, path = "/admin/coupons/{id}", tag = "coupon",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), AtVersion),
    responses((status = 200, body = Success<NoBody>)))]
async fn deactivate_coupon(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<CouponId>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
) -> ApiResult<()> {
    let (owner, expected) = (seller.limited_to(), if_match.or(at.version)?);
    app.db.write("coupon.deactivate", move |tx| ops::deactivate(tx, owner, id, expected)).await?;
    Ok(done())
}
