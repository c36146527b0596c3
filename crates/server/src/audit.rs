//! Audits of the running shop: every domain's promises, the database's own check and the comparison with the gateway's records, on
//! a schedule, behind an admin's button, and by `holdfast audit`.
//!
//! A full audit looks at every row. The schedule looks at what changed since the last one that found nothing, and now and then at
//! everything.

mod pass;
mod progress;

pub use pass::{Pass, Position};
pub use progress::{AuditProgress, Stored, list};

use kernel::{Code, Result, Timestamp, Together, Zone};
use ports::gateway::Period;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    time::{Duration, Instant},
};
use store::{Migration, Tx, Violation, args, audit::Mark, concatcp, outbox};
use utoipa::ToSchema;
use web::{App, Ran};

/// Violations kept in a report; a broken rule is usually broken in many rows, and the first ones are enough to find the cause.
const KEPT_MAX: usize = 200;

/// Who asks for the audits of the schedule.
const SCHEDULE: &str = "schedule";

/// Longest explanation of what could not be checked, as its column allows.
const LEFT_OUT_MAX: usize = 500;

/// What is looked at again by an incremental audit: a promise that something happens within an hour may be broken long after
/// the last event.
const LOOK_BACK: Duration = Duration::from_secs(2 * 3_600);
/// How long one run of the scheduled task works on an audit.
const SLICE: Duration = Duration::from_secs(1);

const COLUMNS: &str = "asked_by, started_at, finished_at, violations, report, compared_from, compared_to, left_out,
    full_pass";
const INSERT: &str = concatcp!("insert into audit_runs (", COLUMNS, ", mark) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
const LATEST: &str = concatcp!("select id, ", COLUMNS, " from audit_runs order by id desc limit 1");
const LATEST_FULL: &str = "select started_at from audit_runs where full_pass = 1 order by id desc limit 1";
const CLEAN: &str = "select mark from audit_runs where mark is not null and started_at <= ? order by id desc limit 1";
const FORGET: &str = "delete from audit_runs where id <= ?";
const NEWEST: &str = "select coalesce(max(id), 0) from audit_runs";

/// Every statement of audits.
pub const STATEMENTS: &[&[&str]] = &[&[INSERT, LATEST, LATEST_FULL, CLEAN, FORGET, NEWEST], progress::STATEMENTS];
/// Their tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "server/0001_audits", sql: include_str!("../migrations/0001_audits.sql") },
    Migration { name: "server/0002_compared", sql: include_str!("../migrations/0002_compared.sql") },
    Migration { name: "server/0003_ranges", sql: include_str!("../migrations/0003_ranges.sql") },
    Migration { name: "server/0004_choices", sql: include_str!("../migrations/0004_choices.sql") },
];

/// A promise that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Whose promise.
    pub module: Cow<'static, str>,
    /// What was found.
    #[serde(flatten)]
    pub violation: Violation,
}

impl Finding {
    /// Whether both are the same promise of the same thing.
    fn is_about(&self, other: &Finding) -> bool {
        self.violation.rule == other.violation.rule && self.violation.subject == other.violation.subject
    }
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
    /// Where the rows ended when it began; `None` when something in them was not right.
    clean: Option<Mark>,
    /// Whether it looked at every row.
    full: bool,
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
    /// Whether it looked at every row; false: only at what changed since an audit that found nothing. Null for audits of an
    /// older version.
    pub full: Option<bool>,
    /// How many promises are broken; 0 is a shop in order.
    pub violation_count: i64,
    /// The first of them: module, rule, subject, found.
    #[schema(value_type = Vec<Finding>)]
    pub violations: serde_json::Value,
}

/// Looks at the database as [`look_inside`] does, and compares with the records that other systems have of `period` (`None`: of
/// the time that the settings name).
pub async fn look(app: &App, period: Option<Period>) -> Result<Findings> {
    let looked = look_inside(app).await?;
    compared(app, looked, period).await
}

/// Asks the database whether it is whole, and looks at every row for broken promises. Nothing is written, and no other system is
/// asked.
pub async fn look_inside(app: &App) -> Result<Findings> {
    Ok(Findings::of(app, Pass::begin(app, None).await?.finish().await?))
}

async fn compared(app: &App, mut looked: Findings, period: Option<Period>) -> Result<Findings> {
    for module in app.modules.iter() {
        let Some(compare) = module.compare else { continue };
        let compared = compare(app.clone(), period).await?;
        looked.add(module.name, compared.found);
        let period = compared.period.filter(|_| compared.left_out.is_none());
        looked.left_out.extend(compared.left_out.map(str::to_owned));
        looked.compared = looked.compared.or(period);
    }
    looked.finished_at = app.now();
    Ok(looked)
}

impl Findings {
    fn of(app: &App, over: Position) -> Findings {
        let Position { started_at, since, mark, found, left_out, not_checked, .. } = over;
        let clean = (found.is_empty() && left_out.is_empty()).then_some(mark);
        let full = since.is_none();
        Findings { started_at, finished_at: app.now(), found, compared: None, left_out, not_checked, clean, full }
    }

    fn add(&mut self, module: &'static str, broken: impl IntoIterator<Item = Violation>) {
        self.found.extend(broken.into_iter().map(|violation| Finding { module: module.into(), violation }));
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

/// Which rows an audit looks at, and how it shows its progress.
pub struct Asked<'a> {
    /// An admin's id, `schedule` or `command line`.
    pub by: &'a str,
    /// Only what changed since an audit that found nothing, when there was one.
    pub changed: bool,
    /// The database's own check compares every index with its table.
    pub thorough: bool,
    /// Begins anew, although an audit of the same caller was stopped.
    pub anew: bool,
    /// Ranges that are read at the same moment: more than one only where no request waits for a reader.
    pub at_once: usize,
    /// The records of the gateway to compare with; `None`: of the time that the settings name.
    pub period: Option<Period>,
    /// Is called after every range.
    pub watch: &'a (dyn Fn(&Pass) + Send + Sync),
}

/// Audits and keeps the report. An audit that was stopped goes on where it stopped.
pub async fn run(app: &App, asked: Asked<'_>) -> Result<(AuditRun, Findings)> {
    if asked.anew {
        Stored::forget(app, asked.by).await?;
    }
    let mut stored = match Stored::resumed(app, asked.by).await? {
        Some(stored) => stored,
        None => Stored::begin(app, asked.by, if asked.changed { since(app).await? } else { None }).await?,
    };
    stored.pass.position.thorough |= asked.thorough;
    stored.pass.at_once = asked.at_once;
    while stored.step().await? {
        (asked.watch)(&stored.pass);
    }
    finished(app, asked.by, stored, asked.period).await
}

async fn finished(app: &App, asked_by: &str, stored: Stored, period: Option<Period>) -> Result<(AuditRun, Findings)> {
    let findings = compared(app, Findings::of(app, stored.pass.position), period).await?;
    let run = keep(app, asked_by, &findings).await?;
    Stored::forget(app, asked_by).await?;
    Ok((run, findings))
}

/// Where an incremental audit begins. `None` when no audit found everything in order, or when the events since then are gone.
async fn since(app: &App) -> Result<Option<Mark>> {
    let before = app.now().before(LOOK_BACK);
    let found = move |tx: &mut Tx<'_>| {
        let mark = tx.query_first(CLEAN, args![before], |row| row.get::<String>(0))?;
        let mark: Option<Mark> = mark
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|e| Code::Internal.error().caused_by(e))?;
        let oldest = outbox::oldest(tx)?;
        Ok(mark.filter(|mark| oldest <= mark.sequence + 1))
    };
    app.db.read("audit.since", found).await
}

/// Keeps the report. Broken promises are logged as errors.
async fn keep(app: &App, asked_by: &str, findings: &Findings) -> Result<AuditRun> {
    for why in &findings.left_out {
        tracing::warn!(why, "an audit left something out");
    }
    for Finding { module, violation } in findings.found.iter().take(KEPT_MAX) {
        let Violation { rule, subject, found } = violation;
        tracing::error!(module = &**module, rule = &**rule, subject, found, "a promise is broken");
    }
    metrics::gauge!("holdfast_audit_violations").set(findings.found.len() as f64);
    let internal = |e| Code::Internal.error().caused_by(e);
    let kept = &findings.found[..findings.found.len().min(KEPT_MAX)];
    let report = serde_json::to_value(kept).map_err(internal)?;
    let mark = findings.clean.as_ref().map(serde_json::to_string).transpose().map_err(internal)?;
    let (compared_from, compared_to) = findings.compared.map(|period| (period.from, period.to)).unzip();
    let mut run = AuditRun {
        id: None,
        asked_by: asked_by.to_owned(),
        started_at: findings.started_at,
        finished_at: findings.finished_at,
        compared_from,
        compared_to,
        left_out: findings.left_out(),
        full: Some(findings.full),
        violation_count: i64::try_from(findings.found.len()).unwrap_or(i64::MAX),
        violations: report,
    };
    let kept = run.clone();
    let keep = move |tx: &mut Tx<'_>| {
        let AuditRun { asked_by, started_at, finished_at, left_out, .. } = &kept;
        let (count, text) = (kept.violation_count, kept.violations.to_string());
        let full = kept.full;
        let row =
            args![asked_by, started_at, finished_at, count, text, compared_from, compared_to, left_out, full, mark];
        tx.insert(INSERT, row)
    };
    run.id = Some(app.db.write("audit.keep", keep).await?);
    Ok(run)
}

/// The newest kept report.
pub fn latest(tx: &mut Tx<'_>) -> Result<Option<AuditRun>> {
    tx.query_first(LATEST, args![], |row| {
        Ok(AuditRun {
            id: Some(row.next()?),
            asked_by: row.next()?,
            started_at: row.next()?,
            finished_at: row.next()?,
            violation_count: row.next()?,
            violations: serde_json::from_str(&row.next::<String>()?)
                .map_err(|e| Code::Internal.error().caused_by(e))?,
            compared_from: row.next()?,
            compared_to: row.next()?,
            left_out: row.next()?,
            full: row.next()?,
        })
    })
}

/// Forgets all but the newest `keep` reports.
pub fn forget(tx: &mut Tx<'_>, keep: i64) -> Result<u64> {
    let newest: i64 = tx.query_one(NEWEST, args![], |row| row.get(0))?;
    tx.exec(FORGET, args![newest.saturating_sub(keep)])
}

/// Audits when the last report is older than `every`: at what changed, and at everything when that is longer ago than
/// `full_every`. Works for a moment and gives 1 while there is more to do, so that a stop of the program does not wait for it.
pub async fn when_due(app: &App, every: Duration, full_every: Duration, running_since: Timestamp) -> Result<Ran> {
    let mut stored = match Stored::resumed(app, SCHEDULE).await? {
        Some(stored) => stored,
        None => {
            let last = app.db.read_single("audit.latest", latest).await?.map_or(running_since, |run| run.started_at);
            let due = last.max(running_since).after(every);
            if app.now() < due {
                return Ok(Ran::idle_until(Some(due)));
            }
            let full = app.db.read("audit.latest-full", |tx| tx.query_first(LATEST_FULL, args![], |row| row.get(0)));
            let full: Option<Timestamp> = full.await?;
            let recent = full.is_some_and(|full| app.now().since(full) < full_every);
            Stored::begin(app, SCHEDULE, if recent { since(app).await? } else { None }).await?
        }
    };
    let began = Instant::now();
    while began.elapsed() < SLICE {
        let step = Instant::now();
        if !stored.step().await? {
            return finished(app, SCHEDULE, stored, None).await.map(|_| Ran::from(1));
        }
        // half of the time belongs to the requests
        tokio::time::sleep(step.elapsed()).await;
    }
    stored.save().await?;
    Ok(Ran::from(1))
}
