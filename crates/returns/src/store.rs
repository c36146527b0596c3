//! The SQL of returns: rows in and out.

use crate::returns::{Kind, Line, Milestones, NewReturn, Received, Return, ReturnNumber, Settlement, Status};
use kernel::{Cursor, Money, OrderNumber, PageRequest, RefundId, Result, Timestamp, Total, TrackingNumber, UserId};
use store::{Arg, Row, ToArg, Tx, args, concatcp, counted, present};

/// What [`head`] reads, in this order.
const COLUMNS: &str =
    "id, return_number, order_number, user_id, kind, reason, description, payer, fee, status, ended_at, refunded,
    points_restored, replacement, end_reason, approved_at, collected_at, received_at, replacement_held, carrier_note, created_at,
    updated_at, version, requested_by";

const INSERT: &str =
    "insert into return_requests (return_number, order_number, user_id, kind, reason, description, payer, fee,
    status, replacement_held, created_at, updated_at, version, requested_by)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1, ?) {on conflict ignore: return_number}";
const INSERT_LINES: &str =
    "insert into return_lines (return_id, line_number, product_id, variant_id, units, replacement_variant)
    values [(?, ?, ?, ?, ?, ?)]";
const LINES: &str =
    "select id, line_number, product_id, variant_id, units, replacement_variant, restocked, written_off,
    withheld from return_lines where return_id = ? order by line_number";
/// The return, then what [`line`] reads.
const LINES_OF_SEVERAL: &str =
    "select return_id, id, line_number, product_id, variant_id, units, replacement_variant, restocked, written_off,
    withheld from return_lines where return_id in ([?]) order by return_id, line_number";
const FIND: &str = concatcp!("select ", COLUMNS, " from return_requests where return_number = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const OF_ORDER: &str = concatcp!("select ", COLUMNS, " from return_requests where order_number = ? order by id");
const OF_REFUND: &str = concatcp!(
    "select ",
    COLUMNS,
    " from return_requests where id = (select f.return_id from return_refunds f where f.refund_id = ?)"
);
const LOCK_OF_REFUND: &str = concatcp!(OF_REFUND, " {for update}");
/// Units of each line of an order in returns that keep them.
const SENT_BACK: &str = "select l.line_number, cast(sum(l.units) as {bigint}) from return_requests r
    join return_lines l on l.return_id = r.id
    where r.order_number = ? and r.status not in ('REJECTED', 'WITHDRAWN') group by l.line_number";
const SAVE: &str = "update return_requests set status = ?, ended_at = ?, refunded = ?, points_restored = ?, replacement = ?, end_reason = ?,
    approved_at = ?, collected_at = ?, received_at = ?, payer = ?, fee = ?, replacement_held = ?, carrier_note = ?,
    updated_at = ?, version = version + 1 where id = ? and status = ? and version = ?";
const RECEIVE: &str = "update return_lines set restocked = ?, written_off = ? where id = ? and restocked is null";
const WITHHOLD: &str = "update return_lines set withheld = ? where id = ?";
const ADD_REFUND: &str = "insert into return_refunds (refund_id, return_id) values [(?, ?)]";
const REFUNDS: &str = "select refund_id from return_refunds where return_id = ? order by refund_id";

const OWN: &str = " from return_requests where user_id = ? and status in ([?])";
const OWN_PAGE: &str = concatcp!("select ", COLUMNS, OWN, " and id < ? order by id desc limit ? offset ?");
const OWN_COUNT: &str = counted!(OWN);
const ALL: &str = " from return_requests where status in ([?])";
const PAGE: &str = concatcp!("select ", COLUMNS, ALL, " and id < ? order by id desc limit ? offset ?");
const COUNT: &str = counted!(ALL);

/// Every statement of this domain.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    INSERT_LINES,
    LINES,
    LINES_OF_SEVERAL,
    FIND,
    LOCK,
    OF_ORDER,
    OF_REFUND,
    LOCK_OF_REFUND,
    SENT_BACK,
    SAVE,
    RECEIVE,
    WITHHOLD,
    ADD_REFUND,
    REFUNDS,
    OWN_PAGE,
    OWN_COUNT,
    PAGE,
    COUNT,
];

fn head(row: &Row<'_>) -> Result<Return> {
    Ok(Return {
        id: row.next()?,
        number: row.next()?,
        order: row.next()?,
        user: row.next()?,
        resolution: row.next()?,
        reason: row.next()?,
        description: row.next()?,
        payer: row.next()?,
        fee: row.next()?,
        status: status(row)?,
        milestones: Milestones { approved_at: row.next()?, collected_at: row.next()?, received_at: row.next()? },
        replacement_held: row.next()?,
        carrier_note: row.next()?,
        lines: Vec::new(),
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
        requested_by: row.next()?,
    })
}

fn status(row: &Row<'_>) -> Result<Status> {
    let kind: Kind = row.next()?;
    let at: Option<Timestamp> = row.next()?;
    let (refunded, points): (Option<Money>, Option<Money>) = (row.next()?, row.next()?);
    let (parcel, reason): (Option<TrackingNumber>, Option<String>) = (row.next()?, row.next()?);
    Ok(match kind {
        Kind::Requested => Status::Requested,
        Kind::Approved => Status::Approved,
        Kind::Collected => Status::Collected,
        Kind::Received => Status::Received,
        Kind::Refunded => Status::Refunded {
            at: present(at)?,
            given: Settlement { amount: present(refunded)?, points: present(points)? },
        },
        Kind::Exchanged => Status::Exchanged { at: present(at)?, parcel: present(parcel)? },
        Kind::Rejected => Status::Rejected { at: present(at)?, reason: present(reason)? },
        Kind::Withdrawn => Status::Withdrawn { at: present(at)? },
    })
}

fn line(row: &Row<'_>) -> Result<Line> {
    let line = Line {
        id: row.next()?,
        number: row.next()?,
        product: row.next()?,
        variant: row.next()?,
        units: row.next()?,
        replacement: row.next()?,
        received: None,
        withheld: None,
    };
    let (restocked, written_off): (Option<i64>, Option<i64>) = (row.next()?, row.next()?);
    let received = restocked.zip(written_off).map(|(restocked, written_off)| Received { restocked, written_off });
    Ok(Line { received, withheld: row.next()?, ..line })
}

fn with_lines(tx: &mut Tx<'_>, mut found: Return) -> Result<Return> {
    found.lines = tx.query(LINES, args![found.id], line)?;
    Ok(found)
}

/// Returns with their lines, in one statement for all of them.
fn all_with_lines(tx: &mut Tx<'_>, mut found: Vec<Return>) -> Result<Vec<Return>> {
    if found.is_empty() {
        return Ok(found);
    }
    let ids = Arg::List(found.iter().map(|one| Arg::Int(one.id)).collect());
    let lines: Vec<(i64, Line)> = tx.query(LINES_OF_SEVERAL, &[ids], |row| Ok((row.next()?, line(row)?)))?;
    for one in &mut found {
        one.lines = lines.iter().filter(|(id, _)| *id == one.id).map(|(_, line)| *line).collect();
    }
    Ok(found)
}

/// Stores a return in REQUESTED without its lines; `None` when its number is taken.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    number: &ReturnNumber,
    new: &NewReturn,
    requested_by: Option<&str>,
) -> Result<Option<i64>> {
    let now = tx.now();
    let NewReturn { order, user, resolution, reason, description, payer, fee, .. } = new;
    let row = args![
        number,
        order,
        user,
        resolution,
        reason,
        description,
        payer,
        fee,
        Kind::Requested,
        now,
        now,
        requested_by
    ];
    tx.insert_new(INSERT, row)
}

/// Stores the lines of a return that was just stored.
pub(crate) fn insert_lines(tx: &mut Tx<'_>, id: i64, new: &NewReturn) -> Result<()> {
    let row = |line: &crate::returns::NewLine| {
        vec![
            Arg::Int(id),
            Arg::Int(line.number),
            Arg::Int(line.product.raw()),
            Arg::Int(line.variant.raw()),
            Arg::Int(line.units),
            line.replacement.map_or(Arg::Null, |variant| Arg::Int(variant.raw())),
        ]
    };
    tx.insert_rows(INSERT_LINES, new.lines.iter().map(row).collect()).map(|_| ())
}

/// The return with its lines.
pub(crate) fn find(tx: &mut Tx<'_>, number: &ReturnNumber) -> Result<Option<Return>> {
    let found = tx.query_first(FIND, args![number], head)?;
    found.map(|one| with_lines(tx, one)).transpose()
}

/// The return with its lines, locked until the job ends.
pub(crate) fn lock(tx: &mut Tx<'_>, number: &ReturnNumber) -> Result<Option<Return>> {
    let found = tx.query_first(LOCK, args![number], head)?;
    found.map(|one| with_lines(tx, one)).transpose()
}

/// Every return of the order with its lines, oldest first.
pub(crate) fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Return>> {
    let found = tx.query(OF_ORDER, args![order], head)?;
    all_with_lines(tx, found)
}

/// The return whose money this refund gives back.
pub(crate) fn of_refund(tx: &mut Tx<'_>, refund: RefundId) -> Result<Option<Return>> {
    let found = tx.query_first(OF_REFUND, args![refund], head)?;
    found.map(|one| with_lines(tx, one)).transpose()
}

/// The return whose money this refund gives back, locked until the job ends.
pub(crate) fn lock_of_refund(tx: &mut Tx<'_>, refund: RefundId) -> Result<Option<Return>> {
    let found = tx.query_first(LOCK_OF_REFUND, args![refund], head)?;
    found.map(|one| with_lines(tx, one)).transpose()
}

/// Units of each line of the order, by its number, that are sent back or were.
pub(crate) fn sent_back(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<(i64, i64)>> {
    tx.query(SENT_BACK, args![order], |row| Ok((row.next()?, row.next()?)))
}

/// Stores what is not given back of a line of a return.
pub(crate) fn withhold(tx: &mut Tx<'_>, line: i64, withheld: Option<Money>) -> Result<()> {
    tx.exec(WITHHOLD, args![withheld, line]).map(drop)
}

/// Saves the return, which was in `was`, if it is unchanged since it was read; false when another change came first.
pub(crate) fn save(tx: &mut Tx<'_>, next: &Return, was: Kind) -> Result<bool> {
    let now = tx.now();
    let (given, parcel, reason) = match &next.status {
        Status::Refunded { given, .. } => (Some(*given), None, None),
        Status::Exchanged { parcel, .. } => (None, Some(parcel), None),
        Status::Rejected { reason, .. } => (None, None, Some(reason.as_str())),
        Status::Requested | Status::Approved | Status::Collected | Status::Received | Status::Withdrawn { .. } => {
            (None, None, None)
        }
    };
    let Milestones { approved_at, collected_at, received_at } = next.milestones;
    let (kind, ended_at) = (next.status.kind(), next.status.ended_at());
    let (refunded, points) = given.map(|given| (given.amount, given.points)).unzip();
    let row = args![
        kind,
        ended_at,
        refunded,
        points,
        parcel,
        reason,
        approved_at,
        collected_at,
        received_at,
        next.payer,
        next.fee,
        next.replacement_held,
        next.carrier_note,
        now,
        next.id,
        was,
        next.version,
    ];
    Ok(tx.exec(SAVE, row)? == 1)
}

/// Saves what was received of a line; false when it was received before.
pub(crate) fn receive(tx: &mut Tx<'_>, line: i64, received: Received) -> Result<bool> {
    Ok(tx.exec(RECEIVE, args![received.restocked, received.written_off, line])? == 1)
}

/// Remembers which refunds give back the money of a return.
pub(crate) fn add_refunds(tx: &mut Tx<'_>, id: i64, refunds: &[RefundId]) -> Result<()> {
    let rows = refunds.iter().map(|refund| vec![Arg::Int(refund.raw()), Arg::Int(id)]).collect();
    tx.insert_rows(ADD_REFUND, rows).map(|_| ())
}

/// The refunds of a return, oldest first.
pub(crate) fn refunds(tx: &mut Tx<'_>, id: i64) -> Result<Vec<RefundId>> {
    tx.query(REFUNDS, args![id], |row| row.next())
}

/// Returns in these statuses, of one user or of all, newest first.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    user: Option<&UserId>,
    statuses: &[Kind],
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<(Vec<Return>, Total)> {
    let before = Arg::Int(after.map_or(i64::MAX, Cursor::id));
    let (limit, offset) = (Arg::Int(request.limit()), Arg::Int(request.offset_after(after)));
    let statuses = || Arg::List(statuses.iter().map(|status| Arg::Text(status.name())).collect());
    let count = |row: &Row<'_>| row.get::<i64>(0);
    let (found, total) = match user {
        Some(user) => (
            tx.query(OWN_PAGE, &[user.to_arg(), statuses(), before, limit, offset], head)?,
            tx.query_one(OWN_COUNT, &[user.to_arg(), statuses()], count)?,
        ),
        None => {
            (tx.query(PAGE, &[statuses(), before, limit, offset], head)?, tx.query_one(COUNT, &[statuses()], count)?)
        }
    };
    Ok((all_with_lines(tx, found)?, Total::counted(total)))
}
