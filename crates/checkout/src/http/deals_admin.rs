//! `/admin/time-deals`, for administrators and for sellers with their own products.

use crate::deal::{
    self,
    request::SaveTimeDeal,
    view::{self, TimeDealResponse},
};
use axum::{extract::State, response::Response};
use kernel::{Code, Page, TimeDealId, UserId};
use serde::Deserialize;
use store::Tx;
use timedeal::{Close, Filter, Status, ops};
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    All, ApiResult, App, AtVersion, Checked, CursorQuery, Failure, Idempotent, IfMatch, NoBody, PageQuery, Paging,
    Path, Query, Routes, Seller, Several, created, ok, once,
    response::Success,
    route::{Properties, SELLER},
};

const MAKING: Properties = SELLER.refusing(&[
    Code::ProductNotFound,
    Code::ProductInactive,
    Code::TimeDealAlreadyExists,
    Code::TimeDealInvalidPeriod,
    Code::InventoryNotFound,
    Code::InsufficientStock,
]);
const REWRITING: Properties = SELLER.refusing(&[
    Code::TimeDealNotFound,
    Code::ProductNotFound,
    Code::ProductInactive,
    Code::TimeDealAlreadyExists,
    Code::TimeDealInvalidPeriod,
    Code::InventoryNotFound,
    Code::InsufficientStock,
    Code::OutdatedVersion,
    Code::Conflict,
]);
const CLOSING: Properties = SELLER.refusing(&[Code::TimeDealNotFound, Code::OutdatedVersion, Code::Conflict]);

/// The handlers for sellers and administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(SELLER, routes!(admin_time_deals))
        .add(MAKING, routes!(create_time_deal))
        .add(SELLER.refusing(&[Code::TimeDealNotFound]), routes!(admin_time_deal))
        .add(REWRITING, routes!(rewrite_time_deal))
        .add(CLOSING, routes!(delete_time_deal))
        .add(CLOSING, routes!(cancel_time_deal))
        .add(CLOSING, routes!(end_time_deal))
}

/// Which deals a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InStatus {
    /// Only these statuses.
    #[serde(default)]
    #[param(value_type = Option<Vec<Status>>, style = Form, explode = false)]
    status: Several<Status>,
}

impl Checked for InStatus {}

/// Deals in any status with their counts of this moment, newest first; a seller's own only.
#[utoipa::path(get, path = "/admin/time-deals", tag = "time deal", params(InStatus, PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<TimeDealResponse>>)))]
async fn admin_time_deals(
    State(app): State<App>,
    seller: Seller,
    All((Query(wanted), paging)): All<(Query<InStatus>, Paging)>,
) -> ApiResult<Page<TimeDealResponse>> {
    let filter = Filter { seller: seller.limited_to(), statuses: wanted.status.0 };
    let work = move |tx: &mut Tx<'_>| {
        let mut page = ops::page(tx, &filter, paging.request, paging.cursor)?;
        let shown = view::shown(tx, std::mem::take(&mut page.content))?;
        Ok(page.with(shown))
    };
    Ok(ok(app.db.read("timedeal.page", work).await?))
}

/// Make a deal. One whose start lies in the past runs at once.
#[utoipa::path(post, path = "/admin/time-deals", tag = "time deal", request_body = SaveTimeDeal,
    params(("Idempotency-Key" = Option<String>, Header)), responses((status = 201, body = Success<TimeDealResponse>)))]
async fn create_time_deal(
    State(app): State<App>,
    seller: Seller,
    Idempotent { body, key }: Idempotent<SaveTimeDeal>,
) -> Result<Response, Failure> {
    let (owner, by, draft) = (seller.limited_to(), author(&seller), body.draft(&app.shop.zone)?);
    let work = move |tx: &mut Tx<'_>| {
        let made = deal::create(tx, owner, &draft, &by.to_string())?;
        Ok(created(format!("/admin/time-deals/{}", made.id), view::shown_one(tx, made)?))
    };
    once(&app, key, "timedeal.create", work).await
}

/// A deal in any status.
#[utoipa::path(get, path = "/admin/time-deals/{id}", tag = "time deal", params(("id" = i64, Path)),
    responses((status = 200, body = Success<TimeDealResponse>)))]
async fn admin_time_deal(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<TimeDealId>,
) -> ApiResult<TimeDealResponse> {
    let owner = seller.limited_to();
    let work = move |tx: &mut Tx<'_>| {
        let deal = ops::owned(tx, owner, id)?;
        view::shown_one(tx, deal)
    };
    Ok(ok(app.db.read("timedeal.owned", work).await?))
}

/// Rewrite a deal as a whole. Once it has started, its start, its products, their prices and how it holds its units stay, its limits
/// do not fall, and its quantities do not fall below what is sold.
#[utoipa::path(put, path = "/admin/time-deals/{id}", tag = "time deal", request_body = SaveTimeDeal,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<TimeDealResponse>)))]
async fn rewrite_time_deal(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<TimeDealId>,
    if_match: IfMatch,
    Idempotent { body, key }: Idempotent<SaveTimeDeal>,
) -> Result<Response, Failure> {
    let (owner, by, draft) = (seller.limited_to(), author(&seller), body.draft(&app.shop.zone)?);
    let expected = if_match.or(body.version)?;
    let work = move |tx: &mut Tx<'_>| {
        let deal = deal::rewrite(tx, owner, id, &draft, expected, &by.to_string())?;
        Ok(ok(view::shown_one(tx, deal)?))
    };
    once(&app, key, "timedeal.rewrite", work).await
}

/// Cancel a deal that is not over, as `POST …/cancel` does.
#[utoipa::path(delete, path = "/admin/time-deals/{id}", tag = "time deal",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header),
        AtVersion), responses((status = 200, body = Success<TimeDealResponse>)))]
async fn delete_time_deal(
    app: State<App>,
    seller: Seller,
    id: Path<TimeDealId>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
    sent: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    close(app, &seller, id, Close::Cancelled, if_match.or(at.version)?, sent).await
}

/// Cancel a deal that is not over: nothing more is sold, and held units go back. Orders that were placed stay.
#[utoipa::path(post, path = "/admin/time-deals/{id}/cancel", tag = "time deal",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header),
        AtVersion), responses((status = 200, body = Success<TimeDealResponse>)))]
async fn cancel_time_deal(
    app: State<App>,
    seller: Seller,
    id: Path<TimeDealId>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
    sent: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    close(app, &seller, id, Close::Cancelled, if_match.or(at.version)?, sent).await
}

/// End a running deal before its time: nothing more is sold, and held units go back. Orders that were placed stay.
#[utoipa::path(post, path = "/admin/time-deals/{id}/end", tag = "time deal",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header),
        AtVersion), responses((status = 200, body = Success<TimeDealResponse>)))]
async fn end_time_deal(
    app: State<App>,
    seller: Seller,
    id: Path<TimeDealId>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
    sent: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    close(app, &seller, id, Close::Ended, if_match.or(at.version)?, sent).await
}

async fn close(
    State(app): State<App>,
    seller: &Seller,
    Path(id): Path<TimeDealId>,
    how: Close,
    expected: Option<i64>,
    sent: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    let (owner, by) = (seller.limited_to(), author(seller));
    let work = move |tx: &mut Tx<'_>| {
        let deal = deal::close(tx, owner, id, how, expected, &by.to_string())?;
        Ok(ok(view::shown_one(tx, deal)?))
    };
    once(&app, sent.key, "timedeal.close", work).await
}

/// Who is named in the ledger of the stock.
fn author(seller: &Seller) -> UserId {
    seller.0.id
}
