//! The handlers of waiting queues for administrators.

use crate::lines::Lines;
use crate::request::ActivateQueue;
use crate::response::{ProcessedResponse, QueueResponse};
use crate::settings::Settings;
use crate::subject::{Subject, SubjectId, SubjectType};
use crate::{names, ops};
use axum::extract::State;
use kernel::Code;
use store::Tx;
use utoipa_axum::routes;
use web::{Admin, ApiResult, App, Idempotent, Json, NoBody, Path, Routes, ok, response::Success, route::ADMIN};

/// The handlers for administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(ADMIN, routes!(list_queues))
        .add(ADMIN.refusing(&[Code::QueueNotFound, Code::Conflict]), routes!(activate_queue))
        .add(ADMIN.refusing(&[Code::QueueNotFound]), routes!(deactivate_queue))
        .add(ADMIN.refusing(&[Code::QueueNotFound]), routes!(process_queue))
        .add(ADMIN.refusing(&[Code::QueueNotFound]), routes!(queue_status))
}

/// The 200 waiting queues that were made last, newest first, with their rules and counts, also those that are not active.
#[utoipa::path(get, path = "/admin/queue", tag = "queue", responses((status = 200, body = Success<Vec<QueueResponse>>)))]
async fn list_queues(State(app): State<App>, _: Admin) -> ApiResult<Vec<QueueResponse>> {
    let queued = app.queued();
    let work = move |tx: &mut Tx<'_>| {
        let queues = ops::newest(tx)?;
        names::all(tx, &queued, queues)
    };
    let queues = app.db.read("queue.newest", work).await?;
    Ok(ok(queues.into_iter().map(QueueResponse::from).collect()))
}

/// Activate the waiting queue of an event, or change its rules while it runs. Places and admissions stay.
#[utoipa::path(post, path = "/admin/queue/{eventType}/{eventId}/activate", tag = "queue", request_body = ActivateQueue,
    params(("eventType" = String, Path), ("eventId" = i64, Path)),
    responses((status = 200, body = Success<QueueResponse>)))]
async fn activate_queue(
    State(app): State<App>,
    _: Admin,
    Path((kind, id)): Path<(SubjectType, SubjectId)>,
    Json(sent): Json<ActivateQueue>,
) -> ApiResult<QueueResponse> {
    let (rules, opens_at) = sent.rules(app.settings::<Settings>().admission, &app.shop.zone)?;
    let (subject, queued) = (Subject { kind, id }, app.queued());
    let work = move |tx: &mut Tx<'_>| {
        let queue = ops::activate(tx, &subject, rules, opens_at)?;
        names::one(tx, &queued, queue)
    };
    let queue = app.db.write("queue.activate", work).await?;
    Lines::changed(&app);
    Ok(ok(queue.into()))
}

/// Deactivate a waiting queue: what it stands in front of needs no admission. Places stay for the next activation.
#[utoipa::path(post, path = "/admin/queue/{eventType}/{eventId}/deactivate", tag = "queue",
    params(("eventType" = String, Path), ("eventId" = i64, Path)),
    responses((status = 200, body = Success<QueueResponse>)))]
async fn deactivate_queue(
    State(app): State<App>,
    _: Admin,
    Path((kind, id)): Path<(SubjectType, SubjectId)>,
    _: Idempotent<NoBody>,
) -> ApiResult<QueueResponse> {
    let (subject, queued) = (Subject { kind, id }, app.queued());
    let work = move |tx: &mut Tx<'_>| {
        let queue = ops::deactivate(tx, &subject)?;
        names::one(tx, &queued, queue)
    };
    let queue = app.db.write("queue.deactivate", work).await?;
    Lines::changed(&app);
    Ok(ok(queue.into()))
}

/// Move a waiting queue on now: admissions that are over end, and a batch is admitted whatever the interval says, never more
/// than the capacity.
#[utoipa::path(post, path = "/admin/queue/{eventType}/{eventId}/process", tag = "queue",
    params(("eventType" = String, Path), ("eventId" = i64, Path)),
    responses((status = 200, body = Success<ProcessedResponse>)))]
async fn process_queue(
    State(app): State<App>,
    _: Admin,
    Path((kind, id)): Path<(SubjectType, SubjectId)>,
    _: Idempotent<NoBody>,
) -> ApiResult<ProcessedResponse> {
    let subject = Subject { kind, id };
    let (_, processed) = app.db.write("queue.process-now", move |tx| ops::process_now(tx, &subject)).await?;
    Lines::changed(&app);
    Ok(ok(processed.into()))
}

/// A waiting queue with its rules and its counts, also one that is not active.
#[utoipa::path(get, path = "/admin/queue/{eventType}/{eventId}/status", tag = "queue",
    params(("eventType" = String, Path), ("eventId" = i64, Path)),
    responses((status = 200, body = Success<QueueResponse>)))]
async fn queue_status(
    State(app): State<App>,
    _: Admin,
    Path((kind, id)): Path<(SubjectType, SubjectId)>,
) -> ApiResult<QueueResponse> {
    let (subject, queued) = (Subject { kind, id }, app.queued());
    let work = move |tx: &mut Tx<'_>| {
        let queue = ops::find(tx, &subject)?;
        names::one(tx, &queued, queue)
    };
    Ok(ok(app.db.read("queue.status", work).await?.into()))
}
