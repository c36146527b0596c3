//! The SQL of charges.

use crate::charge::{Charge, ChargeNumber, NewCharge, Recorded, Records};
use kernel::{Money, Result, Timestamp};
use store::{Row, Tx, args, concatcp};

/// What [`charge`] reads, in this order.
const COLUMNS: &str = "id, charge_number, user_id, amount, method, method_sent, payment_key, status, transaction_id,
    failure_reason, balance_before, ended_at, created_at, updated_at";

const INSERT: &str =
    "insert into balance_charges (charge_number, user_id, amount, method, method_sent, payment_key, status,
    created_at, updated_at) values (?, ?, ?, ?, ?, ?, 'PROCESSING', ?, ?) {on conflict ignore: charge_number}";
const FIND: &str = concatcp!("select ", COLUMNS, " from balance_charges where charge_number = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
/// Guarantees that a charge is captured once.
const CAPTURE: &str = "update balance_charges set transaction_id = ?, updated_at = ?
    where charge_number = ? and status = 'PROCESSING' and transaction_id is null";
const MADE_BY: &str = "update balance_charges set method = ?, method_sent = ?, updated_at = ?
    where charge_number = ? and method <> ?";
const COMPLETE: &str =
    "update balance_charges set status = 'COMPLETED', balance_before = ?, ended_at = ?, updated_at = ?
    where charge_number = ? and status = 'PROCESSING' and transaction_id is not null";
const FAIL: &str = "update balance_charges set status = 'FAILED', failure_reason = ?, ended_at = ?, updated_at = ?
    where charge_number = ? and status = 'PROCESSING' and transaction_id is null";
const FIRST: &str = "select id, created_at from balance_charges where id >= ? order by id limit 1";
const LAST: &str = "select coalesce(max(id), 0) from balance_charges";
const NEXT: &str = "select max(r.id), max(r.created_at)
    from (select id, created_at from balance_charges where id > ? order by id limit ?) r";
const CAPTURED: &str = "select charge_number, transaction_id, amount, created_at from balance_charges
    where id > ? and id <= ? and transaction_id is not null and created_at >= ? and created_at < ? order by id";

/// Every statement of this table.
pub const STATEMENTS: &[&str] = &[INSERT, FIND, LOCK, CAPTURE, MADE_BY, COMPLETE, FAIL, FIRST, LAST, NEXT, CAPTURED];

fn charge(row: &Row<'_>) -> Result<Charge> {
    Ok(Charge {
        id: row.next()?,
        number: row.next()?,
        user: row.next()?,
        amount: row.next()?,
        method: row.next()?,
        method_sent: row.next()?,
        payment_key: row.next()?,
        status: row.next()?,
        transaction: row.next()?,
        failure: row.next()?,
        balance_before: row.next()?,
        ended_at: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

/// Stores a charge in PROCESSING; `None` when its number is taken.
pub(crate) fn insert(tx: &mut Tx<'_>, number: &ChargeNumber, new: &NewCharge) -> Result<Option<i64>> {
    let now = tx.now();
    let values = args![number, new.user, new.amount, new.method, new.method_sent, new.payment_key, now, now];
    tx.insert_new(INSERT, values)
}

/// The charge.
pub(crate) fn find(tx: &mut Tx<'_>, number: &ChargeNumber) -> Result<Option<Charge>> {
    tx.query_first(FIND, args![number], charge)
}

/// The charge, locked until the job ends.
pub(crate) fn lock(tx: &mut Tx<'_>, number: &ChargeNumber) -> Result<Option<Charge>> {
    tx.query_first(LOCK, args![number], charge)
}

/// Records that the gateway took the money; false when the charge has ended or was captured before.
pub(crate) fn capture(tx: &mut Tx<'_>, number: &ChargeNumber, transaction: &str) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(CAPTURE, args![transaction, now, number])? == 1)
}

/// Records by which method the charge is made.
pub(crate) fn set_method(tx: &mut Tx<'_>, number: &ChargeNumber, method: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(MADE_BY, args![method, method, now, number, method]).map(drop)
}

/// Records that the captured money is in the balance; false when it was before.
pub(crate) fn complete(tx: &mut Tx<'_>, number: &ChargeNumber, before: Money) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(COMPLETE, args![before, now, now, number])? == 1)
}

/// Records that the gateway refused; false when the charge has ended or was captured.
pub(crate) fn fail(tx: &mut Tx<'_>, number: &ChargeNumber, reason: &str) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(FAIL, args![reason, now, now, number])? == 1)
}

/// The row before the first one that was made at `at` or a little later.
pub(crate) fn row_before(tx: &mut Tx<'_>, at: Timestamp) -> Result<i64> {
    ::store::row_before(tx, LAST, FIRST, at)
}

/// What the next `limit` rows after a row have of money that was taken in requests of this time.
pub(crate) fn recorded_after(
    tx: &mut Tx<'_>,
    (from, to): (Timestamp, Timestamp),
    after: i64,
    limit: i64,
) -> Result<Records> {
    let last = tx.query_one(NEXT, args![after, limit], |row| {
        Ok(row.next::<Option<i64>>()?.zip(row.next::<Option<Timestamp>>()?))
    })?;
    let Some((id, _)) = last else { return Ok(Records::default()) };
    let recorded = |row: &Row<'_>| {
        Ok(Recorded { charge: row.next()?, transaction: row.next()?, amount: row.next()?, created_at: row.next()? })
    };
    Ok(Records { rows: tx.query(CAPTURED, args![after, id, from, to], recorded)?, last })
}
