//! The table of runs.

use super::{
    known::Known,
    record::{Cancellation, Entry, Record, Status, Subject},
};
use ::store::{
    Arg, Check, Row, ToArg, Tx, args,
    audit::{Given, Keys},
    concatcp, counted,
};
use kernel::{Code, Cursor, Error, Page, PageRequest, Result, SagaId, Timestamp, Total};
use std::{borrow::Cow, collections::BTreeMap, time::Duration};

/// How often a new run's number is drawn again when it is taken; once is already rare.
const DRAWS_MAX: u32 = 8;
/// How long a run may be overdue: the task looks every second, and a process that died is back within minutes.
const OVERDUE_MAX: Duration = Duration::from_secs(600);

const COLUMNS: &str =
    "saga_id, name, family, subject_kind, subject_id, event_key, status, step, completed_steps, memory,
    attempts, last_error, reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at";
const INSERT: &str = concatcp!(
    "insert into saga_runs (",
    COLUMNS,
    ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {on conflict ignore: saga_id}"
);
const SAVE: &str = "update saga_runs set status = ?, step = ?, completed_steps = ?, memory = ?, attempts = ?,
    last_error = ?, reason = ?, ended_by = ?, resolution = ?, wake_at = ?, version = version + 1, completed_at = ?
    where saga_id = ? and version = ?";
const FIND: &str = concatcp!("select ", COLUMNS, " from saga_runs where saga_id = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const LOCK_OF_SUBJECT: &str = concatcp!(
    "select ",
    COLUMNS,
    " from saga_runs where event_key = ? and family = ? and subject_kind = ? and subject_id = ? {for update}"
);
const OF_KEY: &str = concatcp!("select ", COLUMNS, " from saga_runs where event_key = ? order by id");
const DUE: &str = "select saga_id, family from saga_runs
    where status in ('STARTED', 'COMPENSATING') and wake_at <= ? order by wake_at limit ?";
const NEXT: &str = "select wake_at from saga_runs
    where status in ('STARTED', 'COMPENSATING') and wake_at is not null order by wake_at limit 1";
const BEFORE: &str = " id < ? order by id desc limit ? offset ?";
const LIST: &str = concatcp!("select ", COLUMNS, ", id", " from saga_runs where", BEFORE);
const COUNT: &str = counted!(" from saga_runs");
// Nearly every run is COMPLETED, so those are found by walking all runs; the hint keeps planners from the indexes on other
// statuses, and the second condition names the partial index of those that end otherwise.
const OF_COMPLETED: &str = " from saga_runs where coalesce(status, '') = ?";
const OF_OPEN: &str = " from saga_runs where status = ? and wake_at is not null";
const OF_ENDED: &str =
    " from saga_runs where status = ? and status in ('COMPENSATING', 'FAILED', 'COMPENSATION_FAILED')";
const LIST_OF_COMPLETED: &str = concatcp!("select ", COLUMNS, ", id", OF_COMPLETED, " and", BEFORE);
const LIST_OF_OPEN: &str = concatcp!("select ", COLUMNS, ", id", OF_OPEN, " and", BEFORE);
const LIST_OF_ENDED: &str = concatcp!("select ", COLUMNS, ", id", OF_ENDED, " and", BEFORE);
const COUNT_OF_COMPLETED: &str = counted!(OF_COMPLETED);
const COUNT_OF_OPEN: &str = counted!(OF_OPEN);
const COUNT_OF_ENDED: &str = counted!(OF_ENDED);
const ALL_OF_OPEN: &str = concatcp!("select count(*)", OF_OPEN);
const ALL_OF_ENDED: &str = concatcp!("select count(*)", OF_ENDED);
const RESOLVED: &str = concatcp!(
    "select ",
    COLUMNS,
    ", id",
    OF_ENDED,
    " and family = ? and resolution is not null and completed_steps <> '' and id > ? order by id limit ? {for update}"
);
const PUT_OFF: &str = "update saga_runs set wake_at = ?, last_error = ?, version = version + 1
    where saga_id = ? and status in ('STARTED', 'COMPENSATING')";
const OVERDUE: &str = "select saga_id, name, status, step from saga_runs
    where status in ('STARTED', 'COMPENSATING') and wake_at < ? order by wake_at limit ?";
const NEVER_DUE: &str = "select saga_id, name, status, step from saga_runs
    where id between ? and ? and status in ('STARTED', 'COMPENSATING') and wake_at is null order by id limit ?";

/// Every statement of this table.
pub const STATEMENTS: &[&str] =
    &[INSERT, SAVE, FIND, LOCK, LOCK_OF_SUBJECT, OF_KEY, DUE, NEXT, RESOLVED, ALL_OF_OPEN, ALL_OF_ENDED, PUT_OFF];

/// The statements of lists.
pub const LISTS: &[&str] =
    &[LIST, COUNT, LIST_OF_COMPLETED, COUNT_OF_COMPLETED, LIST_OF_OPEN, COUNT_OF_OPEN, LIST_OF_ENDED, COUNT_OF_ENDED];

/// Runs, and those of what an event is about.
const RUNS: Keys = Keys::named("saga_runs", "event_key");

/// What must hold for runs.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "every saga ends, or waits for a time that comes",
        over: None,
        sql: OVERDUE,
        given: &[Given::Ago(OVERDUE_MAX)],
        subject: "{}",
        found: "{} {} at {}",
    },
    Check {
        rule: "a saga that has not ended has a time at which it is due",
        over: Some(RUNS),
        sql: NEVER_DUE,
        given: &[],
        subject: "{}",
        found: "{} {} at {}",
    },
];

fn record(row: &Row<'_>) -> Result<Record> {
    Ok(Record {
        id: row.next()?,
        name: row.next()?,
        family: row.next()?,
        subject: Subject { kind: Cow::Owned(row.next()?), id: row.next()? },
        event_key: row.next()?,
        status: row.next()?,
        step: row.next()?,
        completed: row.next::<String>()?.split(',').filter(|step| !step.is_empty()).map(str::to_owned).collect(),
        memory: read_memory(&row.next::<String>()?)?,
        attempts: row.next()?,
        last_error: row.next()?,
        cancellation: cancellation(row.next()?, row.next()?),
        resolution: row.next()?,
        wake_at: row.next()?,
        version: row.next()?,
        started_by: row.next()?,
        started_at: row.next()?,
        completed_at: row.next()?,
        known: Known::default(),
    })
}

fn read_memory(text: &str) -> Result<BTreeMap<String, Entry>> {
    serde_json::from_str(text).map_err(|e| Code::Internal.error().caused_by(e))
}

fn cancellation(reason: Option<String>, by: Option<String>) -> Option<Cancellation> {
    reason.map(|reason| Cancellation { reason, by: by.unwrap_or_default() })
}

fn memory(record: &Record) -> Result<String> {
    serde_json::to_string(&record.memory).map_err(|e| Code::Internal.error().caused_by(e))
}

/// Stores a new run under a free number. `false`: its subject already has a run of this family. The first number is drawn when
/// the run begins, because the keys of its calls contain it, so this does not use `insert_drawn`.
pub(crate) fn insert(tx: &mut Tx<'_>, record: &mut Record) -> Result<bool> {
    let completed = record.completed.join(",");
    let memory = memory(record)?;
    for _ in 0..DRAWS_MAX {
        let inserted = tx.exec(
            INSERT,
            args![
                record.id,
                record.name,
                record.family,
                &*record.subject.kind,
                record.subject.id,
                record.event_key,
                record.status,
                record.step,
                completed,
                memory,
                record.attempts,
                record.last_error,
                record.cancellation.as_ref().map(|why| &why.reason),
                record.cancellation.as_ref().map(|why| &why.by),
                record.resolution,
                record.wake_at,
                record.version,
                record.started_by,
                record.started_at,
                record.completed_at
            ],
        )?;
        if inserted == 1 {
            return Ok(true);
        }
        if find_of_subject(tx, &record.event_key, &record.family, &record.subject)?.is_some() {
            return Ok(false);
        }
        if record.memory.values().any(|entry| entry.forward.is_some()) {
            // its number is part of an idempotency key already; the caller has to begin again
            return Err(Code::OutdatedVersion.error().retry_after(1).caused_by("the saga's number is taken"));
        }
        record.id = SagaId::draw(tx.random(), record.started_at);
    }
    Err(Code::Internal.error().caused_by("no free saga number was drawn"))
}

/// Saves a run, unless it was saved by someone else since it was read: then C016, and the transaction must fail. The values
/// repeat some of [`insert`], because both follow the columns of their own statement.
pub fn save(tx: &mut Tx<'_>, record: &mut Record) -> Result<()> {
    let completed = record.completed.join(",");
    let memory = memory(record)?;
    let saved = tx.exec(
        SAVE,
        args![
            record.status,
            record.step,
            completed,
            memory,
            record.attempts,
            record.last_error,
            record.cancellation.as_ref().map(|why| &why.reason),
            record.cancellation.as_ref().map(|why| &why.by),
            record.resolution,
            record.wake_at,
            record.completed_at,
            record.id,
            record.version
        ],
    )?;
    if saved != 1 {
        let why = "the order was moved on by someone else at the same moment";
        return Err(Code::OutdatedVersion.because(why).retry_after(1));
    }
    record.version += 1;
    Ok(())
}

/// The run, locked until this transaction ends; S903 when there is none.
pub fn lock(tx: &mut Tx<'_>, id: &SagaId) -> Result<Record> {
    tx.query_first(LOCK, args![id], record)?.ok_or_else(not_found)
}

/// The run as it is now; S903 when there is none.
pub fn find(tx: &mut Tx<'_>, id: &SagaId) -> Result<Record> {
    tx.query_first(FIND, args![id], record)?.ok_or_else(not_found)
}

/// The run of this family about `subject`, whose events have the key `event_key`, locked until this transaction ends; S903
/// when there is none.
pub fn lock_of_subject(tx: &mut Tx<'_>, event_key: &str, family: &str, subject: &Subject) -> Result<Record> {
    find_of_subject(tx, event_key, family, subject)?.ok_or_else(not_found)
}

// The event key, which follows from the subject, comes first: so one unique index serves this query and `OF_KEY`.
fn find_of_subject(tx: &mut Tx<'_>, event_key: &str, family: &str, subject: &Subject) -> Result<Option<Record>> {
    tx.query_first(LOCK_OF_SUBJECT, args![event_key, family, &*subject.kind, subject.id], record)
}

/// Every run whose events have this key, oldest first.
pub fn of_key(tx: &mut Tx<'_>, event_key: &str) -> Result<Vec<Record>> {
    tx.query(OF_KEY, args![event_key], record)
}

/// Runs that are due, longest overdue first, with the families of their sagas.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<(SagaId, String)>> {
    tx.query(DUE, args![now, limit], |row| Ok((row.next()?, row.next()?)))
}

/// When the next run is due, or since when one is; `None` when no run waits.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_first(NEXT, args![], |row| row.get(0))
}

/// A page of runs, newest first, or what follows the cursor `after`.
pub fn page(
    tx: &mut Tx<'_>,
    status: Option<Status>,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<Page<(i64, Record)>> {
    let (list, count) = match status {
        None => (LIST, COUNT),
        Some(Status::Completed) => (LIST_OF_COMPLETED, COUNT_OF_COMPLETED),
        Some(Status::Started) => (LIST_OF_OPEN, COUNT_OF_OPEN),
        Some(Status::Compensating | Status::Failed | Status::CompensationFailed) => (LIST_OF_ENDED, COUNT_OF_ENDED),
    };
    let which: Vec<Arg<'_>> = status.iter().map(ToArg::to_arg).collect();
    let before = after.map_or(i64::MAX, Cursor::id);
    let (limit, offset) = (request.limit(), request.offset_after(after));
    let rows = tx.query(list, &[&which, args![before, limit, offset]].concat(), |row| {
        record(row).and_then(|record| Ok((row.next()?, record)))
    })?;
    let total = Total::counted(tx.query_one(count, &which, |row| row.get(0))?);
    Ok(request.page_of(rows, total, after, |(id, _)| *id))
}

/// Failed runs of a family, with their rows' ids after `after`, that a person resolved while some of their steps were not compensated, as
/// older versions let them.
pub fn lock_resolved(tx: &mut Tx<'_>, family: &str, after: i64, limit: i64) -> Result<Vec<(i64, Record)>> {
    let args = args![Status::Failed, family, after, limit];
    tx.query(RESOLVED, args, |row| record(row).and_then(|record| Ok((row.next()?, record))))
}

/// How many runs have this status; of a status that most runs have sooner or later, counting them would read every run.
pub(crate) fn count_unfinished(tx: &mut Tx<'_>, status: Status) -> Result<i64> {
    let sql = if status == Status::Started { ALL_OF_OPEN } else { ALL_OF_ENDED };
    tx.query_one(sql, args![status], |row| row.get(0))
}

/// Looks at a run again only at `until`, because moving it on failed.
pub(crate) fn put_off(tx: &mut Tx<'_>, id: &SagaId, until: Timestamp, why: &Error) -> Result<()> {
    tx.exec(PUT_OFF, args![until, why.stored(), id]).map(|_| ())
}

fn not_found() -> Error {
    Code::SagaNotFound.error()
}
