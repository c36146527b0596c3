//! `/admin/sagas`.

use crate::flow;
use crate::refund_account;
use crate::request::Reason;
use crate::response::SagaResponse;
use axum::{extract::State, response::Response};
use kernel::{Code, Page, Result, SagaId};
use saga::{Begun, Status, nudge, respond};
use serde::Deserialize;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{
    Admin, All, ApiResult, App, Checked, CursorQuery, Failure, Idempotent, PageQuery, Paging, Path, Query, Routes, ok,
    response::Success,
    route::{ADMIN, Properties},
};

const OF_SAGA: Properties = ADMIN.refusing(&[Code::SagaNotFound, Code::SagaAlreadyCompleted]);

/// The handlers for sagas.
pub fn routes() -> Routes {
    Routes::new().add(ADMIN, routes!(list_sagas)).add(OF_SAGA, routes!(retry_saga)).add(OF_SAGA, routes!(resolve_saga))
}

/// Which sagas a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SagasQuery {
    /// Only this status.
    status: Option<Status>,
}

impl Checked for SagasQuery {}

/// Sagas, newest first. `cursor` goes on where a page ended.
#[utoipa::path(get, path = "/admin/sagas", tag = "saga", params(SagasQuery, PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<SagaResponse>>)))]
async fn list_sagas(
    State(app): State<App>,
    _admin: Admin,
    All((Query(query), paging)): All<(Query<SagasQuery>, Paging)>,
) -> ApiResult<Page<SagaResponse>> {
    let list = move |tx: &mut Tx<'_>| saga::store::page(tx, query.status, paging.request, paging.cursor);
    let page = app.db.read("checkout.sagas", list).await?;
    Ok(ok(page.map(|(_, record)| SagaResponse::from(record))))
}

/// Try a stuck saga again, from the beginning of its attempts. S903 unknown, S904 ended.
#[utoipa::path(post, path = "/admin/sagas/{sagaId}/retry", tag = "saga", params(("sagaId" = String, Path)),
    responses((status = 200, body = Success<SagaResponse>)))]
async fn retry_saga(State(app): State<App>, _admin: Admin, Path(id): Path<SagaId>) -> ApiResult<SagaResponse> {
    let run = id.clone();
    let family = app.db.write("checkout.retry", move |tx| retry(tx, &run)).await?;
    nudge(flow::flow(&family)?, &app.db, &app.ports, id.clone()).await?;
    let now = app.db.read("checkout.saga", move |tx| saga::store::find(tx, &id));
    Ok(ok(SagaResponse::from(now.await?)))
}

fn retry(tx: &mut Tx<'_>, id: &SagaId) -> Result<String> {
    let mut record = saga::store::lock(tx, id)?;
    match record.status {
        Status::CompensationFailed | Status::Started | Status::Compensating => {}
        Status::Completed | Status::Failed => return Err(Code::SagaAlreadyCompleted.error()),
    }
    record.try_again(tx.now());
    saga::store::save(tx, &mut record)?;
    Ok(record.family)
}

/// Go on with a saga that could not be compensated, after a person has dealt with the step that failed, such as by a bank transfer:
/// the other steps are compensated, and in the end it is FAILED and its order is closed. Also with one that waits for the account to
/// which a deposit goes back. S903 unknown, S904 ended or still moving by itself.
#[utoipa::path(post, path = "/admin/sagas/{sagaId}/resolve", tag = "saga", request_body = Reason,
    params(("sagaId" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<SagaResponse>)))]
async fn resolve_saga(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(id): Path<SagaId>,
    body: Idempotent<Reason>,
) -> Result<Response, Failure> {
    let reason = body.body.text()?;
    let resolution = format!("{}: {reason}", admin.id);
    let resolve = move |tx: &mut Tx<'_>| resolve(tx, &id, &resolution);
    respond(&app, body.key, "checkout.resolve", resolve, |_, run| Ok(ok(SagaResponse::from(run.clone())))).await
}

fn resolve(tx: &mut Tx<'_>, id: &SagaId, resolution: &str) -> Result<Begun<SagaResponse>> {
    let mut record = saga::store::lock(tx, id)?;
    match record.status {
        Status::CompensationFailed => {}
        // such as one of which the money was given back in cash
        Status::Compensating if refund_account::is_awaited(tx, &record)? => {}
        Status::Started | Status::Compensating => {
            return Err(Code::SagaAlreadyCompleted.because("it still moves by itself; retry it instead"));
        }
        Status::Completed | Status::Failed => return Err(Code::SagaAlreadyCompleted.error()),
    }
    let flow = flow::flow(&record.family)?;
    let action = flow.resolve(tx, &mut record, resolution)?;
    Ok(Begun::Run(flow, record, action))
}
