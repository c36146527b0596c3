//! Administration of the program itself: events, dead letters, audits.

use crate::{audit, currency, relay};
use audit::{Asked, AuditProgress, AuditRun};
use kernel::{Code, Cursor, Error, Page, Result, Timestamp, Zone, text};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{DeadLetter, StoredEvent, Tx, dead_letter, outbox, reaction, subscriber};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::{
    Admin, All, ApiResult, App, Checked, CursorQuery, Module, PageQuery, Paging, Path, Query, Routes, done, ok,
    response::Success, route::ADMIN,
};

use axum::extract::State;

/// The server's own part of the API.
pub const MODULE: Module = Module {
    migrations: audit::MIGRATIONS,
    tables: &[
        ("audit_runs", store::Stay::Until("server.audit")),
        ("audit_progress", store::Stay::Few("one for each audit that goes on or was stopped")),
        ("shop_choices", store::Stay::Few("one for each setting that the shop keeps")),
    ],
    statements: STATEMENTS,
    routes,
    ..Module::named("operations")
};

const STATEMENTS: &[&[&str]] = &[audit::STATEMENTS[0], audit::STATEMENTS[1], currency::STATEMENTS];

fn routes() -> Routes {
    Routes::new()
        .add(ADMIN, routes!(list_events))
        .add(ADMIN, routes!(redeliver_event))
        .add(ADMIN, routes!(latest_audit))
        .add(ADMIN, routes!(running_audits))
        .add(ADMIN.long(), routes!(run_audit))
}

/// The stream of events: the newest events, the subscribers and their positions, and the dead letters.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsView {
    /// Id of the newest event.
    pub newest_id: i64,
    /// Events, newest first; go on with `nextCursor`.
    pub events: Vec<EventView>,
    /// Pass it as `cursor` for older events; null at the end.
    pub next_cursor: Option<Cursor>,
    /// The subscribers of reactions and their positions.
    pub consumers: Vec<ConsumerView>,
    /// Dead letters, oldest first; go on with its `nextCursor` as `parkedCursor`, or by `page`.
    pub parked: Page<DeadLetter>,
}

/// One event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// Its sequence number.
    pub id: i64,
    /// Its topic.
    pub topic: String,
    /// Its key: events of one key are delivered in order.
    pub key: String,
    /// Its payload.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// When it happened.
    pub at: Timestamp,
}

/// One subscriber.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerView {
    /// Its name.
    pub name: String,
    /// The topics that it subscribes to.
    pub topics: Vec<String>,
    /// The sequence number of the last event that it has stored as processed. Positions after events of other topics are stored from time to time.
    pub position: i64,
}

impl EventView {
    fn of(event: StoredEvent) -> EventView {
        EventView {
            id: event.id,
            topic: event.topic.to_string(),
            key: event.key.to_string(),
            payload: masked(event.read().unwrap_or_default()),
            at: event.at,
        }
    }
}

/// A payload without its one-time token: an administrator needs to see that it was published and not to use it.
fn masked(mut payload: serde_json::Value) -> serde_json::Value {
    if let Some(token) = payload.get_mut("token") {
        *token = "masked".into();
    }
    payload
}

/// Where the list of dead letters begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ParkedQuery {
    /// `nextCursor` of the dead letters of the page before; wins over `page`.
    parked_cursor: Option<String>,
}

impl ParkedQuery {
    fn after(&self) -> Result<Option<Cursor>> {
        let cursor = self.parked_cursor.as_deref().map(str::parse).transpose();
        cursor.map_err(|_: Error| text::wrong("parkedCursor", "must be one that this list gave out"))
    }
}

impl Checked for ParkedQuery {
    fn check(&self) -> Result<()> {
        self.after().map(drop)
    }
}

/// The outbox, newest first, its subscribers, and dead letters.
#[utoipa::path(get, path = "/admin/events", tag = "operations",
    params(PageQuery, CursorQuery, ParkedQuery),
    responses((status = 200, body = Success<EventsView>)))]
pub async fn list_events(
    State(app): State<App>,
    _: Admin,
    All((paging, Query(parked))): All<(Paging, Query<ParkedQuery>)>,
) -> ApiResult<EventsView> {
    let parked_after = parked.after()?;
    let subscribers = relay::subscribers(&relay::reactions(&app.modules));
    let view = app.db.read("events.list", move |tx| {
        let newest_id = outbox::newest(tx)?;
        let before = paging.cursor.map_or(i64::MAX, Cursor::id);
        let events = outbox::before(tx, before, paging.request.limit())?;
        let (events, next_cursor) = paging.request.cut(events, |event| event.id);
        let parked = dead_letter::page(tx, paging.request, parked_after)?;
        let consumers = positions(tx, &subscribers)?;
        let events = events.into_iter().map(EventView::of).collect();
        Ok(EventsView { newest_id, events, next_cursor, consumers, parked })
    });
    Ok(ok(view.await?))
}

/// The positions of the shop's own subscribers, then those of the others that have one.
fn positions(tx: &mut Tx<'_>, own: &[(&str, Vec<&str>)]) -> Result<Vec<ConsumerView>> {
    let mut stored = subscriber::positions(tx)?;
    let own = own.iter().map(|(name, topics)| ConsumerView {
        name: (*name).to_owned(),
        topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
        position: stored.remove(*name).unwrap_or(0),
    });
    let mut all: Vec<_> = own.collect();
    all.extend(stored.into_iter().map(|(name, position)| ConsumerView { name, topics: Vec::new(), position }));
    Ok(all)
}

/// Try a dead letter again now, whatever its attempts.
#[utoipa::path(post, path = "/admin/events/{id}/redeliver", tag = "operations",
    params(("id" = i64, Path, description = "the row of the dead letter")),
    responses((status = 200, description = "it took effect", body = Success<web::NoBody>), (status = 404, description = "C003"),
        (status = 409, description = "C019: it failed again")))]
pub async fn redeliver_event(State(app): State<App>, _: Admin, Path(id): Path<i64>) -> ApiResult<()> {
    let reactions: Arc<[_]> = relay::reactions(&app.modules).into();
    let redeliver = move |tx: &mut Tx<'_>| {
        let letter = dead_letter::to_redeliver(tx, id)?;
        if !reactions.iter().any(|reaction| reaction.subscriber == letter.subscriber) {
            // a subscriber outside the shop: the relay delivers it within seconds
            return dead_letter::retry_now(tx, &letter).map(|()| true);
        }
        reaction::retry(tx, &reactions, &letter)
    };
    if app.db.write("events.redeliver", redeliver).await? {
        Ok(done())
    } else {
        Err(Code::Conflict.because("the reaction failed again; the dead letter says why").into())
    }
}

/// The newest audit's report.
#[utoipa::path(get, path = "/admin/audit", tag = "operations",
    responses((status = 200, body = Success<AuditRun>), (status = 404, description = "C003: there was none yet")))]
pub async fn latest_audit(State(app): State<App>, _: Admin) -> ApiResult<AuditRun> {
    let run = app.db.read("audit.latest", audit::latest).await?;
    Ok(ok(run.ok_or_else(|| Code::NotFound.because("no audit has run yet"))?))
}

/// The audits that are going on, and those that were stopped within the last six hours and can go on.
#[utoipa::path(get, path = "/admin/audit/progress", tag = "operations",
    responses((status = 200, body = Success<Vec<AuditProgress>>)))]
pub async fn running_audits(State(app): State<App>, _: Admin) -> ApiResult<Vec<AuditProgress>> {
    Ok(ok(audit::list(&app).await?))
}

/// What an audit looks at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Audited {
    /// True: only what changed since an audit that found nothing; everything when there was none.
    #[serde(default)]
    changed: bool,
    /// Compare payments and refunds with the gateway's records from this time or day on; without it, of the last days that
    /// `checkout.compare_last` names.
    from: Option<String>,
    /// Before this time or day; now when not given.
    to: Option<String>,
}

impl Checked for Audited {
    fn check(&self) -> Result<()> {
        audit::period(self.from.as_deref(), self.to.as_deref(), &Zone::utc(), Timestamp::from_millis(i64::MAX))
            .map(drop)
    }
}

/// Audit every promise of every domain now, run the database's own check, and compare payments and refunds with the gateway's
/// records. An audit of the same administrator that was stopped goes on where it stopped.
#[utoipa::path(post, path = "/admin/audit", tag = "operations", params(Audited),
    responses((status = 200, body = Success<AuditRun>)))]
pub async fn run_audit(
    State(app): State<App>,
    Admin(admin): Admin,
    Query(Audited { changed, from, to }): Query<Audited>,
) -> ApiResult<AuditRun> {
    let period = audit::period(from.as_deref(), to.as_deref(), &app.shop.zone, app.now())?;
    let by = admin.id.to_string();
    let asked = Asked { by: &by, changed, thorough: false, anew: false, at_once: 1, period, watch: &|_| {} };
    Ok(ok(audit::run(&app, asked).await?.0))
}
