//! The handlers of waiting queues for those who wait.

use crate::entry::Status;
use crate::line::Line;
use crate::lines::{self, Lines};
use crate::ops::{self, Which};
use crate::queue::Queue;
use crate::response::StatusResponse;
use crate::streams;
use crate::subject::{Subject, SubjectId, SubjectType};
use crate::token::Sent;
use axum::extract::State;
use kernel::{Code, Result, UserId};
use parking_lot::RwLock;
use std::sync::Arc;
use utoipa_axum::routes;
use web::{
    ApiResult, App, ClientAddress, Idempotent, NoBody, Path, Routes, User, done, ok,
    response::Success,
    route::{OWNER, USER},
};

const OF_TOKEN: &[Code] =
    &[Code::QueueEntryNotFound, Code::QueueNotFound, Code::QueueTokenExpired, Code::QueueTokenUserMismatch];

/// The handlers for those who wait.
pub fn routes() -> Routes {
    Routes::new()
        .add(USER.secret().refusing(&[Code::QueueNotFound, Code::TooManyRequests]), routes!(enter))
        .add(USER.secret().refusing(&[Code::QueueNotFound, Code::QueueEntryNotFound]), routes!(status))
        .add(USER.refusing(&[Code::QueueNotFound, Code::QueueEntryNotFound]), routes!(leave))
        .add(OWNER.secret().refusing(OF_TOKEN), routes!(status_by_token, leave_by_token))
        .merge(streams::routes())
        .merge(crate::admin::routes())
}

/// Where somebody waits, as two parts of a path say.
type Waits = (SubjectType, SubjectId);

fn subject((kind, id): Waits) -> Subject {
    Subject { kind, id }
}

/// Enter the waiting queue of an event. Who is in it already keeps the place and gets the same token.
#[utoipa::path(post, path = "/queue/{eventType}/{eventId}/enter", tag = "queue",
    params(("eventType" = String, Path), ("eventId" = i64, Path)),
    responses((status = 200, body = Success<StatusResponse>)))]
async fn enter(
    State(app): State<App>,
    user: User,
    address: ClientAddress,
    Path(waits): Path<Waits>,
    _: Idempotent<NoBody>,
) -> ApiResult<StatusResponse> {
    let subject = subject(waits);
    let line = Lines::now(&app).await?.of(&subject)?;
    let known = line.read().standing(&user.id, app.now()).map(|standing| standing.entry.state.status());
    // who is admitted may have bought at this moment, which is not known in memory yet
    if known != Some(Status::Waiting) {
        let (subject, id, address) = (subject.clone(), user.id, address.text());
        app.db.write("queue.enter", move |tx| ops::enter(tx, &subject, &id, &address)).await?;
        Lines::changed(&app);
    }
    show(&app, &subject, user.id).await
}

/// How the caller stands in the waiting queue of an event.
#[utoipa::path(get, path = "/queue/{eventType}/{eventId}/status", tag = "queue",
    params(("eventType" = String, Path), ("eventId" = i64, Path)),
    responses((status = 200, body = Success<StatusResponse>)))]
async fn status(State(app): State<App>, user: User, Path(waits): Path<Waits>) -> ApiResult<StatusResponse> {
    show(&app, &subject(waits), user.id).await
}

async fn show(app: &App, subject: &Subject, user: UserId) -> ApiResult<StatusResponse> {
    let line = Lines::now(app).await?.of(subject)?;
    let (queue, standing) = lines::standing(app, &line, user).await?;
    Ok(ok(StatusResponse::of(&queue, &standing)))
}

/// Leave the waiting queue of an event. A slot that the caller held is free; who enters again goes to the end.
#[utoipa::path(delete, path = "/queue/{eventType}/{eventId}/leave", tag = "queue",
    params(("eventType" = String, Path), ("eventId" = i64, Path)), responses((status = 200, body = Success<NoBody>)))]
async fn leave(State(app): State<App>, user: User, Path(waits): Path<Waits>) -> ApiResult<()> {
    end(&app, Which::Of(subject(waits), user.id)).await
}

async fn end(app: &App, which: Which) -> ApiResult<()> {
    app.db.write("queue.leave", move |tx| ops::leave(tx, &which)).await?;
    Lines::changed(app);
    Ok(done())
}

/// How the caller stands in the queue for which this token was given.
#[utoipa::path(get, path = "/queue/token/{token}", tag = "queue", params(("token" = String, Path)),
    responses((status = 200, body = Success<StatusResponse>)))]
async fn status_by_token(State(app): State<App>, user: User, Path(token): Path<String>) -> ApiResult<StatusResponse> {
    let sent = Sent::read(&token)?;
    let (line, queue) = line_of(&app, &sent, Some(&user.id)).await?;
    let (_, standing) = lines::standing(&app, &line, user.id).await?;
    ops::of_visit(Some(standing.entry), &sent.token)?;
    Ok(ok(StatusResponse::of(&queue, &standing)))
}

/// The active queue for which a token was given, if the token is genuine and `user`'s: S803, S807; S801 when the queue is not
/// active.
pub async fn line_of(app: &App, sent: &Sent, user: Option<&UserId>) -> Result<(Arc<RwLock<Line>>, Queue)> {
    let id = sent.token.queue;
    let known = Lines::now(app).await?.by_id(id);
    let queue = match &known {
        Some(line) => line.read().queue.clone(),
        None => app.db.read("queue.by-id", move |tx| ops::by_id(tx, id)).await?,
    };
    sent.verify(&queue, user)?;
    Ok((known.ok_or_else(|| Code::QueueNotFound.error())?, queue))
}

/// Leave the queue for which this token was given.
#[utoipa::path(delete, path = "/queue/token/{token}", tag = "queue", params(("token" = String, Path)),
    responses((status = 200, body = Success<NoBody>)))]
async fn leave_by_token(State(app): State<App>, user: User, Path(token): Path<String>) -> ApiResult<()> {
    end(&app, Which::By(Sent::read(&token)?, user.id)).await
}
