//! `/time-deals`.

use crate::deal::{
    buy::{self, DealOrder},
    request::TimeDealPurchaseRequest,
    view::{self, TimeDealOrder, TimeDealPurchaseResponse, TimeDealResponse},
};
use crate::flow::ORDER;
use crate::place::OrderSettings;
use axum::{extract::State, response::Response};
use kernel::{Code, TimeDealId, UserId};
use store::Tx;
use timedeal::{gate, ops};
use utoipa_axum::routes;
use web::{
    ApiResult, App, Failure, IdempotencyKey, Idempotent, Path, Routes, User, created,
    gate::Passage,
    ok, once,
    response::Success,
    route::{PUBLIC, Properties, USER},
};

const BUYING: Properties = USER.refusing(&[
    Code::TimeDealProductNotFound,
    Code::TimeDealNotActive,
    Code::TimeDealExpired,
    Code::TimeDealSoldOut,
    Code::TimeDealPurchaseLimitExceeded,
    Code::ProductNotFound,
    Code::ProductInactive,
    Code::OrderAmountMismatch,
    Code::InvalidShippingAddress,
    Code::InventoryNotFound,
    Code::InsufficientStock,
    Code::OrderCreationFailed,
    Code::QueueEntryNotFound,
    Code::QueueTokenExpired,
    Code::QueueNotAllowed,
    Code::QueueEntryRequired,
    Code::QueueTokenUserMismatch,
]);

/// The handlers for buyers.
pub fn routes() -> Routes {
    Routes::new()
        .add(PUBLIC, routes!(current_time_deals))
        .add(PUBLIC.refusing(&[Code::TimeDealNotFound]), routes!(time_deal))
        .add(BUYING, routes!(buy_in_time_deal))
        .add(USER, routes!(my_time_deal_purchases))
}

/// The deals that run, those that end first in front, then those that are to come; at most 200.
#[utoipa::path(get, path = "/time-deals", tag = "time deal",
    responses((status = 200, body = Success<Vec<TimeDealResponse>>)))]
async fn current_time_deals(State(app): State<App>) -> ApiResult<Vec<TimeDealResponse>> {
    let work = |tx: &mut Tx<'_>| {
        let deals = ops::current(tx)?;
        view::shown(tx, deals)
    };
    Ok(ok(app.db.read("timedeal.current", work).await?))
}

/// A deal in any status.
#[utoipa::path(get, path = "/time-deals/{id}", tag = "time deal", params(("id" = i64, Path)),
    responses((status = 200, body = Success<TimeDealResponse>)))]
async fn time_deal(State(app): State<App>, Path(id): Path<TimeDealId>) -> ApiResult<TimeDealResponse> {
    let work = move |tx: &mut Tx<'_>| {
        let deal = ops::find(tx, id)?;
        view::shown_one(tx, deal)
    };
    Ok(ok(app.db.read("timedeal.find", work).await?))
}

/// Buy in a running deal: an order at the deal's price is placed, and waits for its payment as any other. Units and allowance come
/// back when it is not paid in time, or is cancelled before it is sent. While a waiting queue is active for the deal, only who is
/// admitted.
#[utoipa::path(post, path = "/time-deals/purchase", tag = "time deal", request_body = TimeDealPurchaseRequest,
    params(("Idempotency-Key" = Option<String>, Header)), responses((status = 201, body = Success<TimeDealOrder>)))]
async fn buy_in_time_deal(
    State(app): State<App>,
    user: User,
    Idempotent { body, key }: Idempotent<TimeDealPurchaseRequest>,
) -> Result<Response, Failure> {
    let wanted = body.order()?;
    let (subject, units) = (Some(gate::subject(wanted.product)), wanted.units.as_i64());
    let passage = web::gate::ask(&app, subject, user.id, units, &key).await.map_err(gate::refused)?;
    let response = buy_let_through(&app, &passage, user.id, wanted, key).await;
    passage.ended(web::gate::took(&response)).await;
    response
}

async fn buy_let_through(
    app: &App,
    passage: &Passage,
    user: UserId,
    wanted: DealOrder,
    key: IdempotencyKey,
) -> Result<Response, Failure> {
    let turnstile = app.turnstile();
    // a request with a key may be a repeated one, whose first response counts
    if !key.is_some() {
        let (wanted, look) = (wanted.clone(), passage.look());
        let early = move |tx: &mut Tx<'_>| {
            let offered = ops::offered(tx, wanted.product)?;
            let refusal = ops::refusal(tx, &user, &offered, wanted.units);
            let refusal = refusal.and_then(|()| (turnstile.admitted)(tx, &wanted.visitor(offered.deal.id, user)));
            let snapshot = look.map(|look| gate::snapshot(tx, &offered, &look)).transpose()?;
            Ok((web::gate::refusal(refusal)?, snapshot.flatten()))
        };
        let (refusal, snapshot) = app.db.read("timedeal.refusal", early).await?;
        passage.saw(snapshot.as_ref()).await;
        refusal.map_or(Ok(()), Err)?;
    }
    let settings = OrderSettings::of(app);
    let work = move |tx: &mut Tx<'_>| {
        let (placed, bought) = buy::buy(tx, &ORDER, &settings, &user, &wanted, turnstile)?;
        let path = format!("/orders/{}", placed.order.number);
        let purchase = TimeDealPurchaseResponse::of(bought)?;
        Ok(created(path, TimeDealOrder { purchase, order: placed.order.into() }))
    };
    once(app, key, "timedeal.buy", work).await
}

/// What the caller bought in deals, newest first; at most 500.
#[utoipa::path(get, path = "/time-deals/my/purchases", tag = "time deal",
    responses((status = 200, body = Success<Vec<TimeDealPurchaseResponse>>)))]
async fn my_time_deal_purchases(State(app): State<App>, user: User) -> ApiResult<Vec<TimeDealPurchaseResponse>> {
    Ok(ok(app.db.read("timedeal.own", move |tx| view::purchases(tx, &user.id)).await?))
}
