//! The SQL of payments and refunds. The guards of their money are in the statements.

use crate::Part;
use crate::payment::{
    Kind, Method, NewPayment, Payment, Recorded, Recording, Records, Refund, RefundKind, RefundStatus, RefundedLine,
    Status,
};
use ::events::PaymentCompleted;
use kernel::{Money, OrderNumber, PaymentId, PaymentNumber, RefundId, Result, Timestamp};
use store::{Arg, Row, ToArg, Tx, args, concatcp, present};

/// What [`payment`] reads, in this order.
const COLUMNS: &str =
    "id, payment_number, order_number, user_id, amount, method, method_sent, payment_key, status, paid_at,
    ended_at, failure_reason, refunded_at, transaction_id, captured, refunded, refund_claimed, created_at, updated_at,
    version";
/// What [`refund`] reads, in this order.
const REFUND_COLUMNS: &str = "id, payment_number, order_number, amount, reason, status, transaction_id, failure_reason,
    ended_at, created_at";

// `live_key` names the order and the part that is paid while the payment is live, and is null after it failed or was
// abandoned. It is unique, and no database counts nulls as equal: so an order has at most one live payment of each part,
// also when two begin at the same moment.
const INSERT: &str =
    "insert into payments (payment_number, order_number, user_id, amount, method, method_sent, payment_key,
    status, live_key, captured, refunded, refund_claimed, created_at, updated_at, version)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, 1) {on conflict ignore: payment_number}";
const FIND: &str = concatcp!("select ", COLUMNS, " from payments where payment_number = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const LIVE: &str = concatcp!("select ", COLUMNS, " from payments where live_key = ?");
const OF_ORDER: &str = concatcp!("select ", COLUMNS, " from payments where order_number = ? order by id");
const CAPTURE: &str = "update payments set status = ?, transaction_id = ?, captured = amount, paid_at = ?,
    updated_at = ?, version = version + 1 where id = ? and version = ? and captured = 0";
/// Of a payment that still waits for its outcome, which its guard finds out without reading it before.
const CAPTURE_WAITING: &str =
    "update payments set status = 'COMPLETED', transaction_id = ?, captured = amount, paid_at = ?,
    updated_at = ?, version = version + 1
    where payment_number = ? and status = 'PROCESSING' and captured = 0 and amount = ?";
const PAID_BY: &str = "update payments set method = ?, method_sent = ?, updated_at = ? where payment_number = ?
    and method <> ? and method not in ('BALANCE', 'CHANNEL')";
const END: &str = "update payments set status = ?, live_key = null, failure_reason = ?, ended_at = ?, updated_at = ?,
    version = version + 1 where id = ? and version = ? and captured = 0";
const CLAIM: &str = "update payments set refund_claimed = refund_claimed + ?, updated_at = ?, version = version + 1
    where payment_number = ? and refund_claimed + ? <= captured";
const UNCLAIM: &str = "update payments set refund_claimed = refund_claimed - ?, updated_at = ?, version = version + 1
    where payment_number = ? and refund_claimed - ? >= refunded";
const RETURN: &str = "update payments set status = ?, refunded = refunded + ?, refunded_at = ?, updated_at = ?,
    version = version + 1 where id = ? and version = ? and refunded + ? <= refund_claimed";

const INSERT_REFUND: &str = "insert into refunds (payment_number, order_number, amount, reason, status, created_at)
    values (?, ?, ?, ?, ?, ?)";
const FIND_REFUND: &str = concatcp!("select ", REFUND_COLUMNS, " from refunds where id = ?");
const LOCK_REFUND: &str = concatcp!(FIND_REFUND, " {for update}");
const REFUNDS_OF_PAYMENT: &str =
    concatcp!("select ", REFUND_COLUMNS, " from refunds where payment_number = ? order by id");
const REFUNDS_OF_ORDER: &str = concatcp!("select ", REFUND_COLUMNS, " from refunds where order_number = ? order by id");
const LINES_OF_REFUNDS: &str = "select refund_id, line_number, units, amount from refund_lines where refund_id in ([?])
    order by refund_id, line_number";
const END_REFUND: &str = "update refunds set status = ?, transaction_id = ?, failure_reason = ?, ended_at = ?
    where id = ? and status = 'PROCESSING'";
const INSERT_REFUND_LINES: &str =
    "insert into refund_lines (refund_id, line_number, units, amount) values [(?, ?, ?, ?)]";
const FIRST_PAYMENT: &str = "select id, created_at from payments where id >= ? order by id limit 1";
const FIRST_REFUND: &str = "select id, created_at from refunds where id >= ? order by id limit 1";
const LAST_PAYMENT: &str = "select coalesce(max(id), 0) from payments";
const LAST_REFUND: &str = "select coalesce(max(id), 0) from refunds";
const NEXT_PAYMENTS: &str = "select max(r.id), max(r.created_at)
    from (select id, created_at from payments where id > ? order by id limit ?) r";
const NEXT_REFUNDS: &str = "select max(r.id), max(r.created_at)
    from (select id, created_at from refunds where id > ? order by id limit ?) r";
const CAPTURED: &str = "select id, payment_number, order_number, transaction_id, captured, created_at from payments
    where id > ? and id <= ? and captured > 0 and method not in ('BALANCE', 'CHANNEL')
      and created_at >= ? and created_at < ? order by id";
const REFUNDED: &str = "select r.id, r.payment_number, r.order_number, r.transaction_id, r.amount, r.created_at
    from refunds r join payments p on p.payment_number = r.payment_number
    where r.id > ? and r.id <= ? and r.status = 'COMPLETED' and p.method not in ('BALANCE', 'CHANNEL')
      and r.created_at >= ? and r.created_at < ? order by r.id";

/// Every statement of this domain.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    LOCK,
    LIVE,
    OF_ORDER,
    CAPTURE,
    CAPTURE_WAITING,
    PAID_BY,
    END,
    CLAIM,
    UNCLAIM,
    RETURN,
    INSERT_REFUND,
    FIND_REFUND,
    LOCK_REFUND,
    REFUNDS_OF_PAYMENT,
    REFUNDS_OF_ORDER,
    LINES_OF_REFUNDS,
    END_REFUND,
    INSERT_REFUND_LINES,
    FIRST_PAYMENT,
    FIRST_REFUND,
    LAST_PAYMENT,
    LAST_REFUND,
    NEXT_PAYMENTS,
    NEXT_REFUNDS,
    CAPTURED,
    REFUNDED,
];

fn payment(row: &Row<'_>) -> Result<Payment> {
    Ok(Payment {
        id: row.next()?,
        number: row.next()?,
        order: row.next()?,
        user: row.next()?,
        amount: row.next()?,
        method: row.next()?,
        method_sent: row.next()?,
        payment_key: row.next()?,
        status: status(row)?,
        transaction: row.next()?,
        captured: row.next()?,
        refunded: row.next()?,
        refund_claimed: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
    })
}

/// The status with the data that it needs; C001 when a column that it needs is null.
fn status(row: &Row<'_>) -> Result<Status> {
    let (kind, paid_at, ended_at) = (row.next()?, row.next()?, row.next()?);
    let (reason, refunded_at) = (row.next()?, row.next()?);
    Ok(match kind {
        Kind::Pending => Status::Pending,
        Kind::Processing => Status::Processing,
        Kind::Completed => Status::Completed { at: present(paid_at)? },
        Kind::Failed => Status::Failed { at: present(ended_at)?, reason: present(reason)? },
        Kind::Cancelled => Status::Cancelled { at: present(ended_at)? },
        Kind::PartiallyRefunded => Status::PartiallyRefunded { paid_at: present(paid_at)?, at: present(refunded_at)? },
        Kind::Refunded => Status::Refunded { paid_at: present(paid_at)?, at: present(refunded_at)? },
    })
}

fn refund(row: &Row<'_>) -> Result<Refund> {
    Ok(Refund {
        id: row.next()?,
        payment: row.next()?,
        order: row.next()?,
        amount: row.next()?,
        reason: row.next()?,
        status: refund_status(row)?,
        created_at: row.next()?,
    })
}

fn refund_status(row: &Row<'_>) -> Result<RefundStatus> {
    let (kind, transaction, reason, at) = (row.next()?, row.next()?, row.next()?, row.next()?);
    Ok(match kind {
        RefundKind::Processing => RefundStatus::Processing,
        RefundKind::Completed => RefundStatus::Completed { at: present(at)?, transaction: present(transaction)? },
        RefundKind::Failed => RefundStatus::Failed { at: present(at)?, reason: present(reason)? },
    })
}

/// Stores a payment in PROCESSING; `None` when its number is taken or its order already has a live payment of the same part.
pub(crate) fn insert(tx: &mut Tx<'_>, number: &PaymentNumber, new: &NewPayment) -> Result<Option<PaymentId>> {
    let now = tx.now();
    let live_key = Part::of(new.method).live_key(&new.order);
    let row = args![
        number,
        new.order,
        new.user,
        new.amount,
        new.method,
        new.method_sent,
        new.payment_key,
        Kind::Processing,
        live_key,
        now,
        now,
    ];
    Ok(tx.insert_new(INSERT, row)?.map(PaymentId::new))
}

/// The payment.
pub(crate) fn find(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Option<Payment>> {
    tx.query_first(FIND, args![number], payment)
}

/// The payment, locked until the job ends.
pub(crate) fn lock(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Option<Payment>> {
    tx.query_first(LOCK, args![number], payment)
}

/// The order's live payment of this part.
pub(crate) fn live(tx: &mut Tx<'_>, order: &OrderNumber, part: Part) -> Result<Option<Payment>> {
    tx.query_first(LIVE, args![part.live_key(order)], payment)
}

/// The order's payments, oldest first.
pub(crate) fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Payment>> {
    tx.query(OF_ORDER, args![order], payment)
}

/// Records that the gateway took the payment's amount; false when the payment changed since it was read.
pub(crate) fn capture(
    tx: &mut Tx<'_>,
    payment: &Payment,
    next: &Status,
    transaction: &str,
    now: Timestamp,
) -> Result<bool> {
    let (kind, paid_at) = (next.kind(), next.paid_at());
    let row = args![kind, transaction, paid_at, now, payment.id, payment.version];
    Ok(tx.exec(CAPTURE, row)? == 1)
}

/// Records the same of a payment in PROCESSING; false when it is in another status.
pub(crate) fn capture_waiting(tx: &mut Tx<'_>, of: &PaymentCompleted) -> Result<bool> {
    let row = args![of.pg_transaction_id, of.paid_at, of.paid_at, of.payment_number, of.amount];
    Ok(tx.exec(CAPTURE_WAITING, row)? == 1)
}

/// Records by which method a payment is made.
pub(crate) fn set_method(tx: &mut Tx<'_>, number: &PaymentNumber, method: Method) -> Result<()> {
    let now = tx.now();
    tx.exec(PAID_BY, args![method, method.name(), now, number, method]).map(drop)
}

/// Records that the payment failed or was abandoned; false when it changed since it was read.
pub(crate) fn end(tx: &mut Tx<'_>, payment: &Payment, next: &Status, now: Timestamp) -> Result<bool> {
    let (kind, failure) = (next.kind(), next.failure());
    let row = args![kind, failure, now, now, payment.id, payment.version];
    Ok(tx.exec(END, row)? == 1)
}

/// Claims an amount for a refund; false when less than that was captured and not claimed.
pub(crate) fn claim(tx: &mut Tx<'_>, number: &PaymentNumber, amount: Money, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(CLAIM, args![amount, now, number, amount])? == 1)
}

/// Releases a claim; false when there is no such claim.
pub(crate) fn unclaim(tx: &mut Tx<'_>, number: &PaymentNumber, amount: Money, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(UNCLAIM, args![amount, now, number, amount])? == 1)
}

/// Records that a claimed amount was refunded; false when the payment changed since it was read.
pub(crate) fn add_refunded(
    tx: &mut Tx<'_>,
    payment: &Payment,
    next: &Status,
    amount: Money,
    now: Timestamp,
) -> Result<bool> {
    let kind = next.kind();
    let row = args![kind, amount, now, now, payment.id, payment.version, amount];
    Ok(tx.exec(RETURN, row)? == 1)
}

/// Stores a refund in PROCESSING.
pub(crate) fn insert_refund(tx: &mut Tx<'_>, new: &Refund) -> Result<RefundId> {
    let row = args![new.payment, new.order, new.amount, new.reason, RefundKind::Processing, new.created_at];
    tx.insert(INSERT_REFUND, row).map(RefundId::new)
}

/// Stores what a refund gives back of each line it names.
pub(crate) fn insert_refund_lines(tx: &mut Tx<'_>, refund: RefundId, lines: &[RefundedLine]) -> Result<()> {
    let rows = lines
        .iter()
        .map(|line| vec![refund.to_arg(), line.number.to_arg(), line.units.to_arg(), line.amount.to_arg()])
        .collect();
    tx.insert_rows(INSERT_REFUND_LINES, rows).map(|_| ())
}

/// What each of these refunds gives back of each line, in one statement.
pub(crate) fn lines_of_refunds(tx: &mut Tx<'_>, refunds: &[RefundId]) -> Result<Vec<(RefundId, RefundedLine)>> {
    tx.query(LINES_OF_REFUNDS, args![Arg::list(refunds)], |row| {
        let refund = row.next()?;
        Ok((refund, RefundedLine { number: row.next()?, units: row.next()?, amount: row.next()? }))
    })
}

/// The refund.
pub(crate) fn find_refund(tx: &mut Tx<'_>, id: RefundId) -> Result<Option<Refund>> {
    tx.query_first(FIND_REFUND, args![id], refund)
}

/// The refund, locked until the job ends.
pub(crate) fn lock_refund(tx: &mut Tx<'_>, id: RefundId) -> Result<Option<Refund>> {
    tx.query_first(LOCK_REFUND, args![id], refund)
}

/// The payment's refunds, oldest first.
pub(crate) fn refunds_of_payment(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Vec<Refund>> {
    tx.query(REFUNDS_OF_PAYMENT, args![number], refund)
}

/// The refunds of the order's payments, oldest first.
pub(crate) fn refunds_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Refund>> {
    tx.query(REFUNDS_OF_ORDER, args![order], refund)
}

/// Records how a refund ended; false when it had ended before.
pub(crate) fn end_refund(tx: &mut Tx<'_>, id: RefundId, end: &RefundStatus) -> Result<bool> {
    let (at, transaction, failure) = match end {
        RefundStatus::Processing => return Ok(false),
        RefundStatus::Completed { at, transaction } => (*at, Some(transaction), None),
        RefundStatus::Failed { at, reason } => (*at, None, Some(reason)),
    };
    Ok(tx.exec(END_REFUND, args![end.kind(), transaction, failure, at, id])? == 1)
}

fn recorded(row: &Row<'_>) -> Result<Recorded> {
    Ok(Recorded {
        id: row.next()?,
        payment: row.next()?,
        order: row.next()?,
        // the audit reports captured money without a transaction
        transaction: row.next::<Option<String>>()?.unwrap_or_default(),
        amount: row.next()?,
        created_at: row.next()?,
    })
}

/// The row before the first one that was made at `at` or a little later.
pub(crate) fn row_before(tx: &mut Tx<'_>, money: Recording, at: Timestamp) -> Result<i64> {
    let (first, last) = match money {
        Recording::Captured => (FIRST_PAYMENT, LAST_PAYMENT),
        Recording::Refunded => (FIRST_REFUND, LAST_REFUND),
    };
    ::store::row_before(tx, last, first, at)
}

/// What the next `limit` rows after a row have of money that moved in requests of this time.
pub(crate) fn recorded_after(
    tx: &mut Tx<'_>,
    money: Recording,
    (from, to): (Timestamp, Timestamp),
    after: i64,
    limit: i64,
) -> Result<Records> {
    let (next, rows) = match money {
        Recording::Captured => (NEXT_PAYMENTS, CAPTURED),
        Recording::Refunded => (NEXT_REFUNDS, REFUNDED),
    };
    let last = tx.query_one(next, args![after, limit], |row| {
        Ok(row.next::<Option<i64>>()?.zip(row.next::<Option<Timestamp>>()?))
    })?;
    let Some((id, _)) = last else { return Ok(Records::default()) };
    Ok(Records { rows: tx.query(rows, args![after, id, from, to], recorded)?, last })
}
