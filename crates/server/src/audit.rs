//! Audits of the running shop: every domain's promises, on a schedule, behind an admin's button, and by `holdfast audit`.

use kernel::{Code, Result, Timestamp};
use serde::Serialize;
use std::time::Duration;
use store::{Migration, Tx, Violation, args};
use utoipa::ToSchema;
use web::App;

/// Violations kept in a report; a broken rule is usually broken in many rows, and the first ones are enough to find the cause.
const KEPT_MAX: usize = 200;

const INSERT: &str =
    "insert into audit_runs (asked_by, started_at, finished_at, violations, report) values (?, ?, ?, ?, ?)";
const LATEST: &str =
    "select id, asked_by, started_at, finished_at, violations, report from audit_runs order by id desc limit 1";
const FORGET: &str = "delete from audit_runs where id <= ?";
const NEWEST: &str = "select coalesce(max(id), 0) from audit_runs";

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[INSERT, LATEST, FORGET, NEWEST];
/// Its table.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "server/0001_audits", sql: include_str!("../migrations/0001_audits.sql") }];

/// A promise that does not hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Whose promise.
    pub module: &'static str,
    /// What was found.
    #[serde(flatten)]
    pub violation: Violation,
}

/// What an audit found.
#[derive(Debug, Clone)]
pub struct Findings {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Every broken promise.
    pub found: Vec<Finding>,
}

/// One audit as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRun {
    /// The run; null when it was not kept.
    pub id: Option<i64>,
    /// Who wanted it: an admin's id, `schedule` or `command line`.
    pub asked_by: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How many promises are broken; 0 is a shop in order.
    pub violation_count: i64,
    /// The first of them: module, rule, subject, found.
    #[schema(value_type = Vec<Finding>)]
    pub violations: serde_json::Value,
}

/// Asks every module which of its promises are broken. One consistent view per module; nothing is written.
pub async fn look(app: &App) -> Result<Findings> {
    let started_at = app.now();
    let mut found = Vec::new();
    for module in app.modules.iter() {
        let module = *module;
        let broken = app.db.read("audit", move |tx| module.violations(tx)).await?;
        found.extend(broken.into_iter().map(|violation| Finding { module: module.name, violation }));
    }
    Ok(Findings { started_at, finished_at: app.now(), found })
}

/// Audits and keeps the report. Broken promises are logged as errors.
pub async fn run(app: &App, asked_by: &str) -> Result<AuditRun> {
    let findings = look(app).await?;
    for finding in findings.found.iter().take(KEPT_MAX) {
        let Violation { rule, subject, found } = &finding.violation;
        tracing::error!(module = finding.module, rule, subject, found, "a promise is broken");
    }
    metrics::gauge!("holdfast_audit_violations").set(findings.found.len() as f64);
    let (asked_by, count) = (asked_by.to_owned(), i64::try_from(findings.found.len()).unwrap_or(i64::MAX));
    let kept = &findings.found[..findings.found.len().min(KEPT_MAX)];
    let report = serde_json::to_value(kept).map_err(|e| Code::Internal.error().caused_by(e))?;
    let text = report.to_string();
    let (started_at, finished_at, by) = (findings.started_at, findings.finished_at, asked_by.clone());
    let id = app
        .db
        .write("audit.keep", move |tx| tx.insert(INSERT, args![by, started_at, finished_at, count, text]))
        .await?;
    Ok(AuditRun { id: Some(id), asked_by, started_at, finished_at, violation_count: count, violations: report })
}

/// The newest kept report.
pub fn latest(tx: &mut Tx<'_>) -> Result<Option<AuditRun>> {
    tx.query_first(LATEST, args![], |row| {
        let report: String = row.get(5)?;
        Ok(AuditRun {
            id: Some(row.get(0)?),
            asked_by: row.get(1)?,
            started_at: row.get(2)?,
            finished_at: row.get(3)?,
            violation_count: row.get(4)?,
            violations: serde_json::from_str(&report).map_err(|e| Code::Internal.error().caused_by(e))?,
        })
    })
}

/// Forgets all but the newest `keep` reports.
pub fn forget(tx: &mut Tx<'_>, keep: i64) -> Result<u64> {
    let newest: i64 = tx.query_one(NEWEST, args![], |row| row.get(0))?;
    tx.exec(FORGET, args![newest.saturating_sub(keep)])
}

/// Audits when the last report is older than `every`. Gives 1 when it did.
pub async fn when_due(app: &App, every: Duration, running_since: Timestamp) -> Result<u64> {
    let last = app.db.read("audit.latest", latest).await?.map_or(running_since, |run| run.started_at);
    if app.now().since(last.max(running_since)) < every {
        return Ok(0);
    }
    run(app, "schedule").await.map(|_| 1)
}
