//! The SQL of waiting queues.

use crate::entry::{Entry, Place, State, Status};
use crate::queue::{Opening, Queue, QueueId, Rules};
use crate::subject::{Subject, SubjectId, SubjectType};
use kernel::{Code, Result, Timestamp, UserId};
use store::{
    Aged, Arg, Check, Row, Tx, args,
    audit::{Changed, Keys},
    concatcp, present,
};

/// What [`queue`] reads, in this order.
const COLUMNS: &str =
    "q.id, q.event_type, q.event_key, q.event_id, q.active, q.max_capacity, q.batch_size, q.interval_seconds,
    q.admission_seconds, q.places_per_address, q.opens_at, q.opened_at, q.activated_at, q.deactivated_at, q.changed_at,
    q.token_key, q.version, q.waiting, q.entered, q.last_place, q.lobby_after, q.admitted_place, q.admitted_at";
/// What [`entry`] reads, in this order.
const ENTRY_COLUMNS: &str = "e.id, e.place, e.user_id, e.visit, e.status, e.admitted_until, e.admitted_at, e.ended_at";
const QUEUES: &str = concatcp!("select ", COLUMNS, " from waiting_queues q");
const ENTRIES: &str = concatcp!("select ", ENTRY_COLUMNS, " from queue_entries e");

const INSERT: &str = "insert into waiting_queues (event_type, event_key, event_id, active, max_capacity, batch_size,
    interval_seconds, admission_seconds, opened_at, activated_at, changed_at, token_key, version, waiting, entered,
    last_place, lobby_after, admitted_place) values (?, ?, ?, 0, 1, 1, 1, 10, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0)
    {on conflict ignore: event_key}";
const FIND: &str = concatcp!(QUEUES, " where q.event_key = ? and q.event_id = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const FIND_BY_ID: &str = concatcp!(QUEUES, " where q.id = ?");
const LOCK_BY_ID: &str = concatcp!(FIND_BY_ID, " {for update}");
const ACTIVE: &str = concatcp!(QUEUES, " where q.active = 1 order by q.id");
const NEWEST: &str = concatcp!(QUEUES, " order by q.id desc limit ?");
// where no one waits, nothing happens until a lobby opens or an admission is over
const BUSY: &str = concatcp!(
    "select ",
    COLUMNS,
    ", case when q.entered > 0 and exists (select 1 from queue_entries e where e.queue_id = q.id and e.admitted_until <= ?)
        then 1 else 0 end from waiting_queues q
      where q.entered > 0 or (q.active = 1 and (q.waiting > 0 or q.opened_at is null)) order by q.id"
);
const NEXT_OVER: &str = "select min(admitted_until) from queue_entries where admitted_until > ?";
// the version guards against a change that did not lock the row
const SAVE: &str = "update waiting_queues set active = ?, max_capacity = ?, batch_size = ?, interval_seconds = ?,
    admission_seconds = ?, places_per_address = ?, opens_at = ?, opened_at = ?, activated_at = ?, deactivated_at = ?,
    changed_at = ?, version = ?, waiting = ?, entered = ?, last_place = ?, lobby_after = ?, admitted_place = ?,
    admitted_at = ? where id = ? and version = ?";

const OWN: &str = concatcp!(ENTRIES, " where e.queue_id = ? and e.user_id = ?");
const OF_STATUS: &str = concatcp!(
    ENTRIES,
    " where e.queue_id = ? and e.status = ? and e.place >= ? and (e.place > ? or e.id > ?) order by e.place, e.id limit ?"
);
// by the index on the time: an index on the queue has all of its entries
const ENDED_SINCE: &str =
    concatcp!(ENTRIES, " where e.queue_id + 0 = ? and e.ended_at > ? order by e.ended_at limit ?");
const CHANGED: &str = concatcp!(
    "select ",
    ENTRY_COLUMNS,
    ", e.changed from queue_entries e where e.queue_id = ? and e.changed >= ? and (e.changed > ? or e.id > ?)
        order by e.changed, e.id limit ?"
);
const OF_ADDRESS: &str = "select count(*) from queue_entries where queue_id = ? and address = ?";
/// Guarantees that a user has one place in a queue.
const ENTER: &str = "insert into queue_entries (queue_id, user_id, visit, status, place, address, joined_at, changed)
    values (?, ?, ?, 'WAITING', ?, ?, ?, ?)
    {on conflict (queue_id, user_id): visit = new.visit, status = new.status, place = new.place, address = new.address,
    joined_at = new.joined_at, admitted_at = null, admitted_until = null, ended_at = null, changed = new.changed}";
const FIRST_WAITING: &str =
    "select id, place from queue_entries where queue_id = ? and status = 'WAITING' order by place, id limit ?";
const ADMIT: &str = "update queue_entries set status = 'ENTERED', admitted_at = ?, admitted_until = ?, changed = ?
    where status = 'WAITING' and id in ([?])";
// by the index on the time, as those that ended
const OVERDUE: &str =
    "select id from queue_entries where queue_id + 0 = ? and admitted_until <= ? order by admitted_until, id limit ?";
const END: &str = "update queue_entries set status = ?, ended_at = ?, admitted_until = null, address = '', changed = ?
    where status = ? and id in ([?])";

const WRONG_COUNTS: &str = "select event_type, event_id, waiting, counted_waiting, entered, counted_entered from (
        select q.id, q.event_type, q.event_id, q.waiting, q.entered,
            (select count(*) from queue_entries e where e.queue_id = q.id and e.status = 'WAITING') as counted_waiting,
            (select count(*) from queue_entries e where e.queue_id = q.id and e.status = 'ENTERED') as counted_entered
        from waiting_queues q where q.id between ? and ?) counted
    where waiting <> counted_waiting or entered <> counted_entered order by id limit ?";
const OVER_CAPACITY: &str = "select event_type, event_id, entered, max_capacity from waiting_queues
    where id between ? and ? and entered > max_capacity and coalesce(admitted_at, 0) > changed_at order by id limit ?";
const OVERTAKEN: &str = "select q.event_type, q.event_id, e.user_id, e.place, q.admitted_place from waiting_queues q
      join queue_entries e on e.queue_id = q.id and e.status = 'WAITING' and e.place < q.admitted_place
     where q.id between ? and ?
     order by q.id, e.id limit ?";
const WRONG_ENTRIES: &str = "select e.id, e.status from queue_entries e
    where e.id between ? and ? and (e.status not in ('WAITING', 'ENTERED', 'EXPIRED', 'LEFT')
       or (e.status = 'ENTERED') <> (e.admitted_until is not null)
       or (e.status in ('EXPIRED', 'LEFT')) <> (e.ended_at is not null)
       or not exists (select 1 from waiting_queues q where q.id = e.queue_id and q.version >= e.changed))
    order by e.id limit ?";

/// Entries, by the time at which they ended. Those that have not ended stay.
pub(crate) const ENDED: Aged = Aged { table: "queue_entries", at: "ended_at" };

/// Every statement of these tables.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    LOCK,
    FIND_BY_ID,
    LOCK_BY_ID,
    ACTIVE,
    NEWEST,
    BUSY,
    NEXT_OVER,
    SAVE,
    OWN,
    OF_STATUS,
    ENDED_SINCE,
    CHANGED,
    OF_ADDRESS,
    ENTER,
    FIRST_WAITING,
    ADMIT,
    OVERDUE,
    END,
];

const BY_QUEUE: Keys = Keys { table: "waiting_queues", column: "id", changed: Changed::All };
const BY_ENTRY: Keys = Keys { table: "queue_entries", column: "id", changed: Changed::All };

/// What must hold for queues (docs/RULES.md, invariant 9).
pub const AUDIT: &[Check] = &[
    Check {
        rule: "a queue counts its entries: each user has one, waiting or admitted",
        over: Some(BY_QUEUE),
        sql: WRONG_COUNTS,
        given: &[],
        subject: "queue {} {}",
        found: "counted {} waiting, there are {}; counted {} admitted, there are {}",
    },
    Check {
        rule: "a queue admits no more than its capacity",
        over: Some(BY_QUEUE),
        sql: OVER_CAPACITY,
        given: &[],
        subject: "queue {} {}",
        found: "{} admitted, capacity {}",
    },
    Check {
        rule: "a queue admits in the order of its places",
        over: Some(BY_QUEUE),
        sql: OVERTAKEN,
        given: &[],
        subject: "queue {} {} user {}",
        found: "waits at {}, but {} was admitted",
    },
    Check {
        rule: "an entry belongs to a queue and has what its status needs",
        over: Some(BY_ENTRY),
        sql: WRONG_ENTRIES,
        given: &[],
        subject: "entry {}",
        found: "{}",
    },
];

/// Rows read at once when an instance builds a queue in memory.
const PAGE: i64 = 5_000;
/// Ids in one statement.
const IDS_MAX: usize = 1_000;

fn queue(row: &Row<'_>) -> Result<Queue> {
    let id = QueueId::new(row.next()?);
    let kind = SubjectType { name: row.next()?, key: row.next()? };
    let subject = Subject { kind, id: SubjectId::new(row.next()?) };
    let active = row.next()?;
    let rules = Rules {
        max_capacity: row.next()?,
        batch_size: row.next()?,
        interval_seconds: row.next()?,
        admission_seconds: row.next()?,
        places_per_address: row.next()?,
    };
    let opening = match (row.next()?, row.next()?) {
        (_, Some(since)) => Opening::Open { since },
        (Some(opens_at), None) => Opening::Lobby { opens_at },
        (None, None) => return Err(Code::Internal.error().caused_by(format!("queue {id} neither opens nor is open"))),
    };
    Ok(Queue {
        id,
        subject,
        active,
        rules,
        opening,
        activated_at: row.next()?,
        deactivated_at: row.next()?,
        changed_at: row.next()?,
        token_key: row.next()?,
        version: row.next()?,
        waiting: row.next()?,
        entered: row.next()?,
        last_place: row.next()?,
        lobby_after: row.next()?,
        admitted_place: row.next()?,
        admitted_at: row.next()?,
    })
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    let (id, number, user, visit): (i64, i64, UserId, i64) = (row.next()?, row.next()?, row.next()?, row.next()?);
    let (status, until): (Status, Option<Timestamp>) = (row.next()?, row.next()?);
    let state = match status {
        Status::Waiting => State::Waiting,
        Status::Entered => State::Entered { until: present(until)? },
        Status::Expired => State::Expired,
        Status::Left => State::Left,
    };
    let place = Place { number, entry: id };
    Ok(Entry { place, user, visit, state, admitted_at: row.next()?, ended_at: row.next()? })
}

/// The queue of `subject` locked until the transaction ends; made, and not active yet, when there is none.
pub(crate) fn lock_or_make(tx: &mut Tx<'_>, subject: &Subject) -> Result<Queue> {
    if let Some(found) = lock(tx, subject)? {
        return Ok(found);
    }
    let (now, key) = (tx.now(), crate::token::key(tx.random()));
    tx.insert_new(INSERT, args![subject.kind.name, subject.kind.key, subject.id, now, now, now, key])?;
    lock(tx, subject)?.ok_or_else(|| Code::Internal.error().caused_by(format!("no queue {subject} after it was made")))
}

/// The queue of `subject`, if there ever was one.
pub(crate) fn find(tx: &mut Tx<'_>, subject: &Subject) -> Result<Option<Queue>> {
    tx.query_first(FIND, args![subject.kind.key, subject.id], queue)
}

/// The same, locked until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, subject: &Subject) -> Result<Option<Queue>> {
    tx.query_first(LOCK, args![subject.kind.key, subject.id], queue)
}

/// The queue with this id.
pub(crate) fn find_by_id(tx: &mut Tx<'_>, id: QueueId) -> Result<Option<Queue>> {
    tx.query_first(FIND_BY_ID, args![id], queue)
}

/// The same, locked until the transaction ends.
pub(crate) fn lock_by_id(tx: &mut Tx<'_>, id: QueueId) -> Result<Option<Queue>> {
    tx.query_first(LOCK_BY_ID, args![id], queue)
}

/// The active queues.
pub(crate) fn active(tx: &mut Tx<'_>) -> Result<Vec<Queue>> {
    tx.query(ACTIVE, &[], queue)
}

/// The queues that were made last, active or not.
pub(crate) fn newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Queue>> {
    tx.query(NEWEST, args![limit], queue)
}

/// The queues in which something may happen, each with whether an admission is overdue.
pub(crate) fn busy(tx: &mut Tx<'_>) -> Result<Vec<(Queue, bool)>> {
    let now = tx.now();
    tx.query(BUSY, args![now], |row| Ok((queue(row)?, row.next()?)))
}

/// When the next admission is over, of whatever queue.
pub(crate) fn next_over(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    let now = tx.now();
    tx.query_one(NEXT_OVER, args![now], |row| row.get(0))
}

/// Stores the queue's row as it has become since it was locked at `version`.
pub(crate) fn save(tx: &mut Tx<'_>, queue: &Queue, version: i64) -> Result<()> {
    let rules = &queue.rules;
    let (opens_at, opened_at) = match queue.opening {
        Opening::Lobby { opens_at } => (Some(opens_at), None),
        Opening::Open { since } => (None, Some(since)),
    };
    let values = args![
        queue.active,
        rules.max_capacity,
        rules.batch_size,
        rules.interval_seconds,
        rules.admission_seconds,
        rules.places_per_address,
        opens_at,
        opened_at,
        queue.activated_at,
        queue.deactivated_at,
        queue.changed_at,
        queue.version,
        queue.waiting,
        queue.entered,
        queue.last_place,
        queue.lobby_after,
        queue.admitted_place,
        queue.admitted_at,
        queue.id,
        version
    ];
    match tx.exec(SAVE, values)? {
        1 => Ok(()),
        _ => Err(Code::OutdatedVersion.error().caused_by(format!("queue {} was changed without its lock", queue.id))),
    }
}

/// The user's entry.
pub(crate) fn own(tx: &mut Tx<'_>, queue: QueueId, user: &UserId) -> Result<Option<Entry>> {
    tx.query_first(OWN, args![queue, user], entry)
}

/// Every live entry, and those that ended after `since`.
pub(crate) fn present_entries(tx: &mut Tx<'_>, queue: QueueId, since: Timestamp) -> Result<Vec<Entry>> {
    let mut found = tx.query(ENDED_SINCE, args![queue, since, PAGE], entry)?;
    for status in [Status::Waiting, Status::Entered] {
        let mut after = Place { number: 0, entry: 0 };
        loop {
            let values = args![queue, status, after.number, after.number, after.entry, PAGE];
            let page = tx.query(OF_STATUS, values, entry)?;
            let Some(last) = page.last() else { break };
            after = last.place;
            found.extend(page);
        }
    }
    Ok(found)
}

/// Every entry that changed after the queue's `version`, in the order of the changes.
pub(crate) fn changed(tx: &mut Tx<'_>, queue: QueueId, version: i64) -> Result<Vec<Entry>> {
    let (mut found, mut after) = (Vec::new(), (version, i64::MAX));
    loop {
        let values = args![queue, after.0, after.0, after.1, PAGE];
        let page: Vec<(Entry, i64)> = tx.query(CHANGED, values, |row| Ok((entry(row)?, row.next()?)))?;
        let Some((last, changed)) = page.last() else { return Ok(found) };
        after = (*changed, last.place.entry);
        found.extend(page.into_iter().map(|(entry, _)| entry));
    }
}

/// How many live entries come from this address.
pub(crate) fn of_address(tx: &mut Tx<'_>, queue: QueueId, address: &str) -> Result<i64> {
    tx.query_one(OF_ADDRESS, args![queue, address], |row| row.get(0))
}

/// Stores that the user entered: a new entry, or the one that had ended.
pub(crate) fn enter(tx: &mut Tx<'_>, queue: &Queue, user: &UserId, place: i64, address: &str) -> Result<()> {
    let (now, version) = (tx.now(), queue.version);
    tx.exec(ENTER, args![queue.id, user, version, place, address, now, version]).map(|_| ())
}

/// The first of those who wait.
pub(crate) fn first_waiting(tx: &mut Tx<'_>, queue: QueueId, count: i64) -> Result<Vec<Place>> {
    tx.query(FIRST_WAITING, args![queue, count], |row| Ok(Place { entry: row.next()?, number: row.next()? }))
}

/// Admits these entries, all of which wait.
pub(crate) fn admit(tx: &mut Tx<'_>, queue: &Queue, entries: &[i64], until: Timestamp) -> Result<()> {
    let now = tx.now();
    for some in entries.chunks(IDS_MAX) {
        let admitted = tx.exec(ADMIT, args![now, until, queue.version, Arg::list(some)])?;
        all_changed(some, admitted)?;
    }
    Ok(())
}

/// Entries whose admission is over, at most `limit`.
pub(crate) fn overdue(tx: &mut Tx<'_>, queue: QueueId, limit: i64) -> Result<Vec<i64>> {
    let now = tx.now();
    tx.query(OVERDUE, args![queue, now, limit], |row| row.get(0))
}

/// Ends these entries, all of which stand at `was`.
pub(crate) fn end(tx: &mut Tx<'_>, queue: &Queue, entries: &[i64], was: Status, becomes: Status) -> Result<()> {
    let now = tx.now();
    for some in entries.chunks(IDS_MAX) {
        let ended = tx.exec(END, args![becomes, now, queue.version, was, Arg::list(some)])?;
        all_changed(some, ended)?;
    }
    Ok(())
}

/// The queue's row is locked, so no one else can have changed its entries.
fn all_changed(entries: &[i64], changed: u64) -> Result<()> {
    if changed == entries.len() as u64 {
        return Ok(());
    }
    Err(Code::OutdatedVersion.error().caused_by(format!("{changed} of {} entries changed", entries.len())))
}
