//! The SQL of wallets and their entries. What an account holds is guarded by its statement.

pub mod charges;
pub mod points;

use crate::wallet::{Account, Booking, Entry, Wallet};
use kernel::{Cursor, Money, PageRequest, Result, Total, UserId};
use store::{Arg, Row, ToArg, Tx, args, concatcp, counted};

/// What [`wallet`] reads, in this order.
const COLUMNS: &str = "user_id, balance, charging, points, points_owed, balance_entries, point_entries, created_at,
    updated_at, version";
/// What [`entry`] reads, in this order.
const ENTRY_COLUMNS: &str =
    "id, user_id, account, number, kind, reference, amount, balance_after, reason, booked_by, created_at";

const FIND: &str = concatcp!("select ", COLUMNS, " from wallets where user_id = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const OPEN: &str = concatcp!(
    "insert into wallets (",
    COLUMNS,
    ") values (?, 0, 0, 0, 0, 0, 0, ?, ?, 1) {on conflict ignore: user_id}"
);
/// Guarantees that no more is taken out than is in, and that an entry follows the one before it.
const CHANGE_BALANCE: &str =
    "update wallets set balance = balance + ?, balance_entries = balance_entries + 1, updated_at = ?,
    version = version + 1 where user_id = ? and version = ? and balance + ? >= 0";
const CHANGE_POINTS: &str = "update wallets set points = points + ?, point_entries = point_entries + 1, updated_at = ?,
    version = version + 1 where user_id = ? and version = ? and points + ? >= 0";
/// Guarantees that charges under way never lead above the limit.
const KEEP_ROOM: &str = "update wallets set charging = charging + ?, updated_at = ?, version = version + 1
    where user_id = ? and balance + charging + ? <= ?";
const LEAVE_ROOM: &str = "update wallets set charging = charging - ?, updated_at = ?, version = version + 1
    where user_id = ? and charging >= ?";
const OWE: &str = "update wallets set points_owed = points_owed + ?, updated_at = ?, version = version + 1
    where user_id = ? and points_owed + ? >= 0";

/// Guarantees that nothing is booked twice.
const ADD_ENTRY: &str =
    "insert into wallet_entries (user_id, account, number, kind, reference, amount, balance_after, reason,
    booked_by, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {on conflict ignore: reference}";
const BY_REFERENCE: &str = concatcp!(
    "select ",
    ENTRY_COLUMNS,
    " from wallet_entries where user_id = ? and account = ? and kind = ? and reference = ?"
);
const OF_REFERENCES: &str = concatcp!(
    "select ",
    ENTRY_COLUMNS,
    " from wallet_entries where user_id = ? and (reference in ([?]) or reference like ?) order by id"
);
const OF_ACCOUNT: &str = " from wallet_entries where user_id = ? and account = ?";
const PAGE: &str =
    concatcp!("select ", ENTRY_COLUMNS, OF_ACCOUNT, " and number < ? order by number desc limit ? offset ?");
const COUNT: &str = counted!(OF_ACCOUNT);

/// Every statement of these tables.
pub const STATEMENTS: &[&str] = &[
    FIND,
    LOCK,
    OPEN,
    CHANGE_BALANCE,
    CHANGE_POINTS,
    KEEP_ROOM,
    LEAVE_ROOM,
    OWE,
    ADD_ENTRY,
    BY_REFERENCE,
    OF_REFERENCES,
    PAGE,
    COUNT,
];

fn wallet(row: &Row<'_>) -> Result<Wallet> {
    Ok(Wallet {
        user: row.next()?,
        balance: row.next()?,
        charging: row.next()?,
        points: row.next()?,
        points_owed: row.next()?,
        balance_entries: row.next()?,
        point_entries: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
    })
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        id: row.next()?,
        user: row.next()?,
        account: row.next()?,
        number: row.next()?,
        kind: row.next()?,
        reference: row.next()?,
        amount: row.next()?,
        after: row.next()?,
        reason: row.next()?,
        by: row.next()?,
        at: row.next()?,
    })
}

/// The user's wallet, once something was booked for the user.
pub(crate) fn find(tx: &mut Tx<'_>, user: &UserId) -> Result<Option<Wallet>> {
    tx.query_first(FIND, args![user], wallet)
}

/// The user's wallet, locked until the job ends; opened if there was none.
pub(crate) fn lock(tx: &mut Tx<'_>, user: &UserId) -> Result<Wallet> {
    if let Some(found) = tx.query_first(LOCK, args![user], wallet)? {
        return Ok(found);
    }
    let now = tx.now();
    tx.exec(OPEN, args![user, now, now])?;
    tx.query_one(LOCK, args![user], wallet)
}

/// Changes an account of a wallet that was read before; false when it changed since then, or holds less.
pub(crate) fn change(tx: &mut Tx<'_>, wallet: &Wallet, account: Account, amount: Money) -> Result<bool> {
    let sql = match account {
        Account::Balance => CHANGE_BALANCE,
        Account::Points => CHANGE_POINTS,
    };
    let now = tx.now();
    Ok(tx.exec(sql, args![amount, now, wallet.user, wallet.version, amount])? == 1)
}

/// Keeps room for a charge; false when the user would hold more than `held_max`.
pub(crate) fn keep_room(tx: &mut Tx<'_>, user: &UserId, amount: Money, held_max: Money) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(KEEP_ROOM, args![amount, now, user, amount, held_max])? == 1)
}

/// Ends [`keep_room`]; false when no so much room is kept.
pub(crate) fn leave_room(tx: &mut Tx<'_>, user: &UserId, amount: Money) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(LEAVE_ROOM, args![amount, now, user, amount])? == 1)
}

/// Changes how many points the user owes; false when that would be below zero.
pub(crate) fn owe(tx: &mut Tx<'_>, user: &UserId, more: Money) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(OWE, args![more, now, user, more])? == 1)
}

/// Adds an entry; `None` when its reference is booked already.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    user: &UserId,
    booking: &Booking<'_>,
    number: i64,
    after: Money,
) -> Result<Option<i64>> {
    let now = tx.now();
    let Booking { account, kind, reference, amount, reason, by } = booking;
    let values = args![user, account, number, kind, reference, amount, after, reason, by, now];
    tx.insert_new(ADD_ENTRY, values)
}

/// What was booked of this kind for this reference.
pub(crate) fn by_reference(tx: &mut Tx<'_>, user: &UserId, booking: &Booking<'_>) -> Result<Option<Entry>> {
    tx.query_first(BY_REFERENCE, args![user, booking.account, booking.kind, booking.reference], entry)
}

/// What was booked for these references, and for those that begin with `begins`.
pub(crate) fn of_references(tx: &mut Tx<'_>, user: &UserId, references: &[String], begins: &str) -> Result<Vec<Entry>> {
    let pattern = format!("{begins}%");
    tx.query(OF_REFERENCES, &[user.to_arg(), Arg::list(references), pattern.to_arg()], entry)
}

/// The entries of an account, newest first. A cursor has the entry's number.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    user: &UserId,
    account: Account,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<(Vec<Entry>, Total)> {
    let before = after.map_or(i64::MAX, Cursor::id);
    let (limit, offset) = (request.limit(), request.offset_after(after));
    let rows = tx.query(PAGE, args![user, account, before, limit, offset], entry)?;
    let total = tx.query_one(COUNT, args![user, account], |row| row.get(0))?;
    Ok((rows, Total::counted(total)))
}
