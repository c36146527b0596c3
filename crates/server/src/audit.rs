//! Audits of the running shop: every domain's promises, the database's own check and the comparison with the gateway's records, on
//! a schedule, behind an admin's button, and by `holdfast audit`.

use kernel::{Code, Result, Timestamp, Together, Zone};
use ports::gateway::Period;
use serde::Serialize;
use std::time::Duration;
use store::{Integrity, Migration, Tx, Violation, args};
use utoipa::ToSchema;
use web::{App, Ran};

/// Violations kept in a report; a broken rule is usually broken in many rows, and the first ones are enough to find the cause.
const KEPT_MAX: usize = 200;

/// Longest explanation of what could not be checked, as its column allows.
const LEFT_OUT_MAX: usize = 500;

const INSERT: &str = "insert into audit_runs (asked_by, started_at, finished_at, violations, report, compared_from,
    compared_to, left_out) values (?, ?, ?, ?, ?, ?, ?, ?)";
const LATEST: &str =
    "select id, asked_by, started_at, finished_at, violations, report, compared_from, compared_to, left_out
    from audit_runs order by id desc limit 1";
const FORGET: &str = "delete from audit_runs where id <= ?";
const NEWEST: &str = "select coalesce(max(id), 0) from audit_runs";

const WHOLE: &str = "the database's own check finds nothing wrong";

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[INSERT, LATEST, FORGET, NEWEST];
/// Its table.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "server/0001_audits", sql: include_str!("../migrations/0001_audits.sql") },
    Migration { name: "server/0002_compared", sql: include_str!("../migrations/0002_compared.sql") },
];

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
    /// The time whose records were compared with those of the gateway.
    pub compared: Option<Period>,
    /// What could not be checked, and why.
    pub left_out: Vec<String>,
    /// What the database has no means to check about itself. Only its administrator can change that.
    pub not_checked: Vec<String>,
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
    /// The beginning of the time whose payments and refunds were compared with the gateway's records.
    pub compared_from: Option<Timestamp>,
    /// Its end.
    pub compared_to: Option<Timestamp>,
    /// What could not be checked, and why; null when everything was.
    pub left_out: Option<String>,
    /// How many promises are broken; 0 is a shop in order.
    pub violation_count: i64,
    /// The first of them: module, rule, subject, found.
    #[schema(value_type = Vec<Finding>)]
    pub violations: serde_json::Value,
}

/// Looks at the database as [`look_inside`] does, and compares with the records that other systems have of `period` (`None`: of
/// the time that the settings name).
pub async fn look(app: &App, period: Option<Period>) -> Result<Findings> {
    let mut looked = look_inside(app).await?;
    for module in app.modules.iter() {
        let Some(compare) = module.compare else { continue };
        let compared = compare(app.clone(), period).await?;
        looked.add(module.name, compared.found);
        looked.left_out.extend(compared.left_out.map(str::to_owned));
        looked.compared = Some(compared.period).filter(|_| compared.left_out.is_none());
    }
    looked.finished_at = app.now();
    Ok(looked)
}

/// Asks the database whether it is whole, and every module which of its promises are broken. One consistent view per module;
/// nothing is written, and no other system is asked.
pub async fn look_inside(app: &App) -> Result<Findings> {
    let mut looked = Findings {
        started_at: app.now(),
        finished_at: app.now(),
        found: Vec::new(),
        compared: None,
        left_out: Vec::new(),
        not_checked: Vec::new(),
    };
    match app.db.integrity().await {
        Ok(Integrity { wrong, not_checked }) => {
            looked.add("store", wrong.into_iter().map(|found| Violation::new(WHOLE, "the database", found)));
            looked.not_checked = not_checked;
        }
        Err(error) => looked.left_out.push(format!("the database's own check: {error}")),
    }
    for module in app.modules.iter() {
        let module = *module;
        match app.db.read("audit", move |tx| module.violations(tx)).await {
            Ok(broken) => looked.add(module.name, broken),
            Err(error) if looked.found.is_empty() => return Err(error),
            // the damage is in the report already
            Err(error) => looked.left_out.push(format!("{}: {error}", module.name)),
        }
    }
    looked.finished_at = app.now();
    Ok(looked)
}

impl Findings {
    fn add(&mut self, module: &'static str, broken: impl IntoIterator<Item = Violation>) {
        self.found.extend(broken.into_iter().map(|violation| Finding { module, violation }));
    }

    /// What could not be checked, on one line.
    fn left_out(&self) -> Option<String> {
        let all = [&self.left_out[..], &self.not_checked].concat();
        let text: String = all.join("; ").chars().take(LEFT_OUT_MAX).collect();
        (!text.is_empty()).then_some(text)
    }
}

/// The period from `from` to before `to`; without an end until now, without a beginning none. A day begins with its first moment.
pub fn period(from: Option<&str>, to: Option<&str>, zone: &Zone, now: Timestamp) -> Result<Option<Period>> {
    let at = |field: &str, text: Option<&str>| {
        text.map(|text| Timestamp::parse(text, zone)).transpose().map_err(|error| error.about(field))
    };
    let (begin, end) = (at("from", from), at("to", to)).together()?;
    let to_or_now = end.unwrap_or(now);
    match begin {
        Some(from) if from < to_or_now => Ok(Some(Period { from, to: to_or_now })),
        Some(_) => Err(kernel::text::wrong("to", "must be after from")),
        None if to.is_some() => Err(kernel::text::wrong("from", "is required with to")),
        None => Ok(None),
    }
}

/// Audits and keeps the report. Broken promises are logged as errors.
pub async fn run(app: &App, asked_by: &str, period: Option<Period>) -> Result<AuditRun> {
    let findings = look(app, period).await?;
    for why in &findings.left_out {
        tracing::warn!(why, "an audit left something out");
    }
    for finding in findings.found.iter().take(KEPT_MAX) {
        let Violation { rule, subject, found } = &finding.violation;
        tracing::error!(module = finding.module, rule, subject, found, "a promise is broken");
    }
    metrics::gauge!("holdfast_audit_violations").set(findings.found.len() as f64);
    let (asked_by, count) = (asked_by.to_owned(), i64::try_from(findings.found.len()).unwrap_or(i64::MAX));
    let kept = &findings.found[..findings.found.len().min(KEPT_MAX)];
    let report = serde_json::to_value(kept).map_err(|e| Code::Internal.error().caused_by(e))?;
    let text = report.to_string();
    let (compared_from, compared_to) = findings.compared.map(|period| (period.from, period.to)).unzip();
    let mut run = AuditRun {
        id: None,
        asked_by,
        started_at: findings.started_at,
        finished_at: findings.finished_at,
        compared_from,
        compared_to,
        left_out: findings.left_out(),
        violation_count: count,
        violations: report,
    };
    let kept = run.clone();
    let keep = move |tx: &mut Tx<'_>| {
        let AuditRun { asked_by, started_at, finished_at, left_out, .. } = &kept;
        let row = args![asked_by, started_at, finished_at, count, text, compared_from, compared_to, left_out];
        tx.insert(INSERT, row)
    };
    run.id = Some(app.db.write("audit.keep", keep).await?);
    Ok(run)
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
            compared_from: row.get(6)?,
            compared_to: row.get(7)?,
            left_out: row.get(8)?,
            violations: serde_json::from_str(&report).map_err(|e| Code::Internal.error().caused_by(e))?,
        })
    })
}

/// Forgets all but the newest `keep` reports.
pub fn forget(tx: &mut Tx<'_>, keep: i64) -> Result<u64> {
    let newest: i64 = tx.query_one(NEWEST, args![], |row| row.get(0))?;
    tx.exec(FORGET, args![newest.saturating_sub(keep)])
}

/// Audits when the last report is older than `every`.
pub async fn when_due(app: &App, every: Duration, running_since: Timestamp) -> Result<Ran> {
    let last = app.db.read_single("audit.latest", latest).await?.map_or(running_since, |run| run.started_at);
    let due = last.max(running_since).after(every);
    if app.now() < due {
        return Ok(Ran::idle_until(Some(due)));
    }
    run(app, "schedule", None).await.map(|_| Ran::from(1))
}
