//! The SQL of points: lots, what orders took from them, and what orders earn.

use crate::points::{Earning, Granted, Lot, Take};
use kernel::{Money, OrderNumber, Percent, Result, Timestamp, UserId};
use store::{Arg, Row, ToArg, Tx, args, concatcp};

/// What [`lot`] reads, in this order.
const LOT_COLUMNS: &str = "id, user_id, reference, amount, remaining, expires_at, expired";
/// What [`earning`] reads, in this order.
const EARNING_COLUMNS: &str = "order_number, user_id, base, delivered_at, basis_points, points, taken_back, granted_at";

const ADD_LOT: &str =
    "insert into point_lots (user_id, reference, amount, remaining, gone, expires_at, expired, created_at,
    updated_at) values (?, ?, ?, ?, 0, ?, 0, ?, ?)";
const LOTS: &str = concatcp!("select ", LOT_COLUMNS, " from point_lots where user_id = ? and remaining > 0");
const USABLE: &str = concatcp!(LOTS, " and expires_at > ? order by expires_at, id limit ?");
const LOCK_USABLE: &str = concatcp!(LOTS, " and expires_at > ? order by expires_at, id {for update}");
const LOCK_ALL: &str = concatcp!(LOTS, " order by expires_at, id {for update}");
const SUM_USABLE: &str = "select cast(coalesce(sum(remaining), 0) as {bigint}) from point_lots
    where user_id = ? and remaining > 0 and expires_at > ?";
/// Guarantees that no lot gives more than it has.
const SPEND: &str = "update point_lots set remaining = remaining - [case id], updated_at = ?
    where id in ([?]) and remaining >= [case id]";
const REMOVE: &str = "update point_lots set remaining = remaining - [case id], gone = gone + [case id], updated_at = ?
    where id in ([?]) and remaining >= [case id]";
const PUT_BACK: &str = "update point_lots set remaining = remaining + [case id], updated_at = ? where id in ([?])";
const EXPIRE: &str =
    "update point_lots set gone = gone + remaining, remaining = 0, expired = expired + 1, updated_at = ?
    where id = ? and remaining = ?";
const LOCK_LOT: &str = concatcp!("select ", LOT_COLUMNS, " from point_lots where id = ? {for update}");
const DUE: &str =
    "select id, user_id from point_lots where remaining > 0 and expires_at <= ? order by expires_at limit ?";
const NEXT_DUE: &str = "select min(expires_at) from point_lots where remaining > 0";

const USE: &str = "insert into point_uses (order_number, lot_id, amount) values [(?, ?, ?)]";
const USES: &str = "select lot_id, amount from point_uses where order_number = ? and restored_at is null
    order by lot_id {for update}";
const RESTORE: &str = "update point_uses set restored_at = ? where order_number = ? and restored_at is null";
const END_USES: &str = "update point_uses set restored_at = ?
    where order_number = ? and lot_id in ([?]) and restored_at is null";
const USE_LESS: &str = "update point_uses set amount = amount - ?
    where order_number = ? and lot_id = ? and restored_at is null and amount > ?";

const EXPECT: &str =
    "insert into point_earnings (order_number, user_id, base, points, taken_back, delivered_at, updated_at)
    values (?, ?, ?, 0, 0, ?, ?) {on conflict ignore: order_number}";
const LOCK_EARNING: &str =
    concatcp!("select ", EARNING_COLUMNS, " from point_earnings where order_number = ? {for update}");
const REBASE: &str = "update point_earnings set base = ?, taken_back = taken_back + ?, updated_at = ?
    where order_number = ? and taken_back + ? <= points";
const GRANT: &str = "update point_earnings set basis_points = ?, points = ?, granted_at = ?, updated_at = ?
    where order_number = ? and granted_at is null";
const WAITING: &str = "select order_number from point_earnings where granted_at is null and delivered_at <= ?
    order by delivered_at limit ?";
const NEXT_WAITING: &str = "select min(delivered_at) from point_earnings where granted_at is null";

/// Every statement of these tables.
pub const STATEMENTS: &[&str] = &[
    ADD_LOT,
    USABLE,
    LOCK_USABLE,
    LOCK_ALL,
    SUM_USABLE,
    SPEND,
    REMOVE,
    PUT_BACK,
    EXPIRE,
    LOCK_LOT,
    DUE,
    NEXT_DUE,
    USE,
    USES,
    RESTORE,
    END_USES,
    USE_LESS,
    EXPECT,
    LOCK_EARNING,
    REBASE,
    GRANT,
    WAITING,
    NEXT_WAITING,
];

fn lot(row: &Row<'_>) -> Result<Lot> {
    Ok(Lot {
        id: row.next()?,
        user: row.next()?,
        reference: row.next()?,
        amount: row.next()?,
        remaining: row.next()?,
        expires_at: row.next()?,
        expired: row.next()?,
    })
}

fn earning(row: &Row<'_>) -> Result<Earning> {
    let (order, user, base, delivered_at) = (row.next()?, row.next()?, row.next()?, row.next()?);
    let (basis_points, points, taken_back, at) =
        (row.next::<Option<i64>>()?, row.next()?, row.next()?, row.next::<Option<Timestamp>>()?);
    let granted = match basis_points.zip(at) {
        Some((basis_points, at)) => {
            Some(Granted { rate: Percent::of_basis_points(basis_points)?, points, taken_back, at })
        }
        None => None,
    };
    Ok(Earning { order, user, base, delivered_at, granted })
}

/// Adds a lot. Its reference is unique for the user.
pub(crate) fn add_lot(
    tx: &mut Tx<'_>,
    user: &UserId,
    reference: &str,
    amount: Money,
    expires_at: Timestamp,
) -> Result<i64> {
    let now = tx.now();
    tx.insert(ADD_LOT, args![user, reference, amount, amount, expires_at, now, now])
}

/// The user's first `limit` lots that can be used, those that expire first in front.
pub(crate) fn usable(tx: &mut Tx<'_>, user: &UserId, limit: i64) -> Result<Vec<Lot>> {
    let now = tx.now();
    tx.query(USABLE, args![user, now, limit], lot)
}

/// How many points the user can use.
pub(crate) fn sum_usable(tx: &mut Tx<'_>, user: &UserId) -> Result<Money> {
    let now = tx.now();
    tx.query_one(SUM_USABLE, args![user, now], |row| row.get(0))
}

/// All lots of the user that can be used, locked, those that expire first in front.
pub(crate) fn lock_usable(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<Lot>> {
    let now = tx.now();
    tx.query(LOCK_USABLE, args![user, now], lot)
}

/// All lots of the user in which something is left, locked, those that expire first in front.
pub(crate) fn lock_all(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<Lot>> {
    tx.query(LOCK_ALL, args![user], lot)
}

fn cases(takes: &[Take]) -> (Arg<'static>, Vec<i64>) {
    let pairs = takes.iter().map(|take| (take.lot, take.amount.as_minor())).collect();
    (Arg::Pairs(pairs), takes.iter().map(|take| take.lot).collect())
}

/// Whether as many rows changed as there are parts.
fn all(changed: u64, takes: &[Take]) -> bool {
    usize::try_from(changed).is_ok_and(|changed| changed == takes.len())
}

/// Takes these parts out of their lots for an order; false when one has less.
pub(crate) fn spend(tx: &mut Tx<'_>, order: &OrderNumber, takes: &[Take]) -> Result<bool> {
    let (now, (pairs, ids)) = (tx.now(), cases(takes));
    if !all(tx.exec(SPEND, args![pairs, now, Arg::list(&ids), pairs])?, takes) {
        return Ok(false);
    }
    let rows = takes.iter().map(|take| vec![order.to_arg(), take.lot.to_arg(), take.amount.to_arg()]).collect();
    tx.insert_rows(USE, rows).map(|_| true)
}

/// Takes these parts out of their lots for good; false when one has less.
pub(crate) fn remove(tx: &mut Tx<'_>, takes: &[Take]) -> Result<bool> {
    let (now, (pairs, ids)) = (tx.now(), cases(takes));
    Ok(all(tx.exec(REMOVE, args![pairs, pairs, now, Arg::list(&ids), pairs])?, takes))
}

/// What an order took and did not give back, locked.
pub(crate) fn uses(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Take>> {
    tx.query(USES, args![order], |row| Ok(Take { lot: row.next()?, amount: row.next()? }))
}

/// Puts what an order took back into its lots.
pub(crate) fn restore(tx: &mut Tx<'_>, order: &OrderNumber, takes: &[Take]) -> Result<bool> {
    let (now, (pairs, ids)) = (tx.now(), cases(takes));
    let back = all(tx.exec(PUT_BACK, args![pairs, now, Arg::list(&ids)])?, takes);
    Ok(back && all(tx.exec(RESTORE, args![now, order])?, takes))
}

/// Puts some of what an order took back into its lots: uses that end with it, and a part of one that stays.
pub(crate) fn restore_part(tx: &mut Tx<'_>, order: &OrderNumber, ended: &[Take], part: Option<Take>) -> Result<bool> {
    let back: Vec<Take> = ended.iter().copied().chain(part).collect();
    let (now, (pairs, ids)) = (tx.now(), cases(&back));
    if !all(tx.exec(PUT_BACK, args![pairs, now, Arg::list(&ids)])?, &back) {
        return Ok(false);
    }
    let lots: Vec<i64> = ended.iter().map(|take| take.lot).collect();
    if !ended.is_empty() && !all(tx.exec(END_USES, args![now, order, Arg::list(&lots)])?, ended) {
        return Ok(false);
    }
    match part {
        Some(Take { lot, amount }) => Ok(tx.exec(USE_LESS, args![amount, order, lot, amount])? == 1),
        None => Ok(true),
    }
}

/// The lot, locked until the job ends.
pub(crate) fn lock_lot(tx: &mut Tx<'_>, id: i64) -> Result<Option<Lot>> {
    tx.query_first(LOCK_LOT, args![id], lot)
}

/// Ends what is left of a lot; false when it changed since it was read.
pub(crate) fn expire(tx: &mut Tx<'_>, lot: &Lot) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(EXPIRE, args![now, lot.id, lot.remaining])? == 1)
}

/// Lots that have expired with something left, and whose they are.
pub(crate) fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(i64, UserId)>> {
    let now = tx.now();
    tx.query(DUE, args![now, limit], |row| Ok((row.next()?, row.next()?)))
}

/// When the next lot expires; `None` when nothing is left in any.
pub(crate) fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(NEXT_DUE, args![], |row| row.get(0))
}

/// Notes that an order was delivered; false when that is noted already.
pub(crate) fn expect(tx: &mut Tx<'_>, earning: &Earning) -> Result<bool> {
    let now = tx.now();
    let Earning { order, user, base, delivered_at, .. } = earning;
    Ok(tx.insert_new(EXPECT, args![order, user, base, delivered_at, now])?.is_some())
}

/// What the order earns, locked until the job ends.
pub(crate) fn lock_earning(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Earning>> {
    tx.query_first(LOCK_EARNING, args![order], earning)
}

/// Notes what is left of the order's money, and how many points are taken back for that.
pub(crate) fn rebase(tx: &mut Tx<'_>, order: &OrderNumber, base: Money, taken_back: Money) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(REBASE, args![base, taken_back, now, order, taken_back])? == 1)
}

/// Notes what an order has earned; false when it has earned already.
pub(crate) fn grant(tx: &mut Tx<'_>, order: &OrderNumber, rate: Percent, points: Money) -> Result<bool> {
    let (now, basis_points) = (tx.now(), i64::from(rate.basis_points()));
    Ok(tx.exec(GRANT, args![basis_points, points, now, now, order])? == 1)
}

/// Orders that were delivered at `until` or before and have not earned yet.
pub(crate) fn waiting(tx: &mut Tx<'_>, until: Timestamp, limit: i64) -> Result<Vec<OrderNumber>> {
    tx.query(WAITING, args![until, limit], |row| row.get(0))
}

/// When the order was delivered that earns next; `None` when none waits.
pub(crate) fn next_waiting(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(NEXT_WAITING, args![], |row| row.get(0))
}
