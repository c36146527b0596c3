//! The table of saga runs.

use super::record::{About, Ending, Record, Status};
use kernel::{Code, Error, OrderNumber, Result, SagaId, Timestamp};
use store::{Row, Tx, args};

/// How often a new run's number is drawn again when it is taken; with 10^11 numbers once is already rare.
const DRAWS_MAX: u32 = 8;

const INSERT: &str = "insert into saga_states
    (saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts, last_error, reason, ended_by, resolution,
     wake_at, version, started_by, started_at, completed_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {on conflict ignore: saga_id}";
const SAVE: &str = "update saga_states set status = ?, step = ?, completed_steps = ?, memory = ?, attempts = ?,
    last_error = ?, reason = ?, ended_by = ?, resolution = ?, wake_at = ?, version = version + 1, completed_at = ?
    where saga_id = ? and version = ?";
const LOCK: &str =
    "select saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts, last_error,
    reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at
    from saga_states where saga_id = ? {for update}";
const FIND: &str =
    "select saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts, last_error,
    reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at
    from saga_states where saga_id = ?";
const LOCK_OF_ORDER: &str = "select saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts,
    last_error, reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at
    from saga_states where order_number = ? and name = ? and slot = ? {for update}";
const OF_ORDER: &str = "select saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts,
    last_error, reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at
    from saga_states where order_number = ? order by id";
const DUE: &str = "select saga_id, name from saga_states
    where status in ('STARTED', 'COMPENSATING') and wake_at <= ? order by wake_at limit ?";
const LIST: &str =
    "select saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts, last_error,
    reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at
    from saga_states order by id desc limit ? offset ?";
const LIST_OF_STATUS: &str =
    "select saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts,
    last_error, reason, ended_by, resolution, wake_at, version, started_by, started_at, completed_at
    from saga_states where status = ? order by id desc limit ? offset ?";
const COUNT: &str = "select count(*) from saga_states";
const COUNT_OF_STATUS: &str = "select count(*) from saga_states where status = ?";
const WAKE: &str = "update saga_states set wake_at = ?, version = version + 1
    where order_number = ? and name = ? and slot = ? and status in ('STARTED', 'COMPENSATING')";
const REOPEN: &str = "update saga_states set status = 'STARTED', completed_steps = '', memory = ?, wake_at = ?,
    started_at = ?, completed_at = null, version = version + 1
    where order_number = ? and name = ? and slot = ? and status = 'COMPLETED'";
const PUT_OFF: &str = "update saga_states set wake_at = ?, last_error = ?, version = version + 1
    where saga_id = ? and status in ('STARTED', 'COMPENSATING')";

/// Every statement of this table.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    SAVE,
    LOCK,
    FIND,
    LOCK_OF_ORDER,
    OF_ORDER,
    DUE,
    LIST,
    LIST_OF_STATUS,
    COUNT,
    COUNT_OF_STATUS,
    WAKE,
    REOPEN,
    PUT_OFF,
];

fn record(row: &Row<'_>) -> Result<Record> {
    let completed: String = row.get(6)?;
    let memory: String = row.get(7)?;
    let reason: Option<String> = row.get(10)?;
    let by: Option<String> = row.get(11)?;
    Ok(Record {
        id: row.get(0)?,
        name: row.get(1)?,
        order: row.get(2)?,
        slot: row.get(3)?,
        status: row.get(4)?,
        step: row.get(5)?,
        completed: completed.split(',').filter(|step| !step.is_empty()).map(str::to_owned).collect(),
        memory: serde_json::from_str(&memory).map_err(|e| Code::Internal.error().caused_by(e))?,
        attempts: row.get(8)?,
        last_error: row.get(9)?,
        ending: reason.map(|reason| Ending { reason, by: by.unwrap_or_default() }),
        resolution: row.get(12)?,
        wake_at: row.get(13)?,
        version: row.get(14)?,
        started_by: row.get(15)?,
        started_at: row.get(16)?,
        completed_at: row.get(17)?,
    })
}

fn memory(record: &Record) -> Result<String> {
    serde_json::to_string(&record.memory).map_err(|e| Code::Internal.error().caused_by(e))
}

/// Stores a new run under a number nobody has. `false`: this order already has a run of this saga in this slot.
pub fn insert(tx: &mut Tx<'_>, record: &mut Record) -> Result<bool> {
    let completed = record.completed.join(",");
    let memory = memory(record)?;
    for _ in 0..DRAWS_MAX {
        let inserted = tx.exec(
            INSERT,
            args![
                record.id,
                record.name,
                record.order,
                record.slot,
                record.status,
                record.step,
                completed,
                memory,
                record.attempts,
                record.last_error,
                record.ending.as_ref().map(|ending| &ending.reason),
                record.ending.as_ref().map(|ending| &ending.by),
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
        if find_of_order(tx, &record.order, &record.name, record.slot)?.is_some() {
            return Ok(false);
        }
        if record.memory.values().any(|entry| entry.forward.is_some()) {
            // its number is part of an idempotency key already; the caller has to begin again
            return Err(Code::StaleVersion.error().caused_by("the saga's number is taken"));
        }
        record.id = SagaId::draw(tx.random());
    }
    Err(Code::Internal.error().caused_by("no free saga number was drawn"))
}

/// Saves a run, if nobody saved it since it was read; C016 otherwise, and the transaction must fail.
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
            record.ending.as_ref().map(|ending| &ending.reason),
            record.ending.as_ref().map(|ending| &ending.by),
            record.resolution,
            record.wake_at,
            record.completed_at,
            record.id,
            record.version
        ],
    )?;
    if saved != 1 {
        return Err(Code::StaleVersion.because("the order was moved on by someone else at the same moment"));
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

/// The run of saga `name` about this order, locked until this transaction ends; S903 when there is none.
pub fn lock_of_order(tx: &mut Tx<'_>, order: &OrderNumber, name: &str) -> Result<Record> {
    find_of_order(tx, order, name, 0)?.ok_or_else(not_found)
}

fn find_of_order(tx: &mut Tx<'_>, order: &OrderNumber, name: &str, slot: i64) -> Result<Option<Record>> {
    tx.query_first(LOCK_OF_ORDER, args![order, name, slot], record)
}

/// Every run about this order, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Record>> {
    tx.query(OF_ORDER, args![order], record)
}

/// Runs that are due, longest overdue first, with the names of their sagas.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<(SagaId, String)>> {
    tx.query(DUE, args![now, limit], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// A page of runs, newest first, and how many there are in all.
pub fn list(tx: &mut Tx<'_>, status: Option<Status>, limit: i64, offset: i64) -> Result<(Vec<Record>, i64)> {
    Ok(match status {
        Some(status) => (
            tx.query(LIST_OF_STATUS, args![status, limit, offset], record)?,
            tx.query_one(COUNT_OF_STATUS, args![status], |row| row.get(0))?,
        ),
        None => (tx.query(LIST, args![limit, offset], record)?, tx.query_one(COUNT, args![], |row| row.get(0))?),
    })
}

/// Makes the run due now: one that still moves, or one that was completed and is to be run once more.
pub fn wake(tx: &mut Tx<'_>, name: &str, about: &About<'_>) -> Result<()> {
    let now = tx.now();
    if tx.exec(WAKE, args![now, about.order, name, about.slot])? == 0 {
        tx.exec(REOPEN, args!["{}", now, now, about.order, name, about.slot])?;
    }
    Ok(())
}

/// Looks at a run again only at `until`, because moving it on failed for reasons of our own.
pub fn put_off(tx: &mut Tx<'_>, id: &SagaId, until: Timestamp, why: &Error) -> Result<()> {
    let why = super::record::shortened(why);
    tx.exec(PUT_OFF, args![until, why, id]).map(|_| ())
}

fn not_found() -> Error {
    Code::SagaNotFound.error()
}
