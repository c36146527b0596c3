//! The outbox: events stored with the change that they report, until every subscriber has dealt with them.

use crate::{Arg, Row, Tx, args, concatcp};
use kernel::{Code, Result, Timestamp};
use serde::de::DeserializeOwned;
use std::{collections::HashMap, sync::Arc};

/// An event as a job emitted it. It has no sequence number yet.
#[derive(Debug)]
pub struct Emitted {
    pub topic: &'static str,
    pub key: String,
    /// JSON.
    pub payload: String,
}

/// An event as it is read back.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its sequence number; also the CloudEvents id and the SSE id. Later events have higher ones; none is used twice.
    pub id: i64,
    pub topic: Arc<str>,
    pub key: Arc<str>,
    /// JSON.
    pub payload: Arc<str>,
    /// When the job ran that emitted it.
    pub at: Timestamp,
}

impl StoredEvent {
    /// The payload. Members that `T` does not know are skipped. C001 when it cannot be read.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.payload)
            .map_err(|e| Code::Internal.error().caused_by(format!("event {} ({}): {e}", self.id, self.topic)))
    }
}

pub(crate) const STORE: &str = "insert into outbox (topic, event_key, payload, created_at) values [(?, ?, ?, ?)]";
/// The columns of a [`StoredEvent`].
const COLUMNS: &str = "{position}, topic, event_key, payload, created_at";
const AFTER: &str = concatcp!("select ", COLUMNS, " from outbox where {position} > ? order by {position} limit ?");
const KEYS_AFTER: &str = "select {position}, event_key from outbox where {position} > ? order by {position} limit ?";
const NEWEST: &str = "select coalesce(max({position}), 0) from outbox";
const ONE: &str = concatcp!("select ", COLUMNS, " from outbox where {position} = ?");
const OF_KEY: &str = concatcp!(
    "select ",
    COLUMNS,
    " from outbox where event_key = ? and {position} is not null order by {position} limit ?"
);
const PAGE: &str = concatcp!("select ", COLUMNS, " from outbox where {position} < ? order by {position} desc limit ?");
const OLDEST: &str = "select coalesce(min({position}), 0) from outbox";
const OLDEST_AT: &str = "select created_at from outbox where {position} = (select min({position}) from outbox)";
const REMOVE: &str = "delete from outbox where {position} <= ? and {position} < ? and created_at < ?";
const UNNUMBERED: &str = "select id, topic, event_key, payload, created_at from outbox
    where {position} is null order by id limit ?";
const UNNUMBERED_KEYS: &str = "select id, event_key from outbox where {position} is null order by id limit ?";
const ANY_UNNUMBERED: &str = "select id from outbox where {position} is null limit 1";
const NUMBER: &str = "update outbox set {position} = [case id] where id in ([?]) and {position} is null";

/// Most events removed at once, so that other jobs need not wait long for the writer.
const REMOVE_AT_ONCE: i64 = 1_000;

pub(crate) const STATEMENTS: &[&str] = &[
    STORE,
    AFTER,
    KEYS_AFTER,
    NEWEST,
    ONE,
    OF_KEY,
    PAGE,
    OLDEST,
    OLDEST_AT,
    REMOVE,
    UNNUMBERED,
    UNNUMBERED_KEYS,
    ANY_UNNUMBERED,
    NUMBER,
];

pub(crate) fn store(tx: &mut Tx<'_>, emitted: &[Emitted]) -> Result<()> {
    if emitted.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let rows = emitted
        .iter()
        .map(|e| vec![Arg::Text(e.topic), Arg::Text(&e.key), Arg::Text(&e.payload), Arg::Int(now.as_millis())])
        .collect();
    tx.insert_rows(STORE, rows).map(|_| ())
}

/// Whether there are committed events without a sequence number; see [`assign_sequence_numbers`].
pub fn has_unnumbered(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(!tx.commits_in_order() && tx.query_first(ANY_UNNUMBERED, args![], |row| row.get::<i64>(0))?.is_some())
}

/// Assigns sequence numbers to at most `limit` committed events. Returns how many.
pub fn assign_sequence_numbers(tx: &mut Tx<'_>, limit: i64) -> Result<usize> {
    let newest = newest(tx)?;
    number(tx, newest, limit).map(|numbered| numbered.len())
}

/// Assigns sequence numbers after `newest`, the newest one that was assigned, to at most `limit` committed events. Returns those
/// events. C019 when there are newer ones than `newest`.
///
/// Where several writers commit at once, an event with a lower row id may become visible after one with a higher id. A reader
/// that has passed the higher id would never see the lower one. So the leader, under its lease, assigns sequence numbers to
/// committed events, and readers read by sequence number. Events of one key come from transactions that wait for each
/// other's rows: the first is visible before the second gets its row id, so their sequence numbers are in that order.
///
/// An event that this reading does not show gets its number next time. But one of MariaDB may show the second event of a key
/// without the first, so two are made there: what committed before an event that the first one shows is in the second one.
pub fn number(tx: &mut Tx<'_>, newest: i64, limit: i64) -> Result<Vec<StoredEvent>> {
    if tx.commits_in_order() {
        return Ok(Vec::new());
    }
    let mut events = if tx.snapshots_follow_commits() {
        tx.query(UNNUMBERED, args![limit], stored)?
    } else {
        let shown: Vec<(i64, String)> =
            tx.query(UNNUMBERED_KEYS, args![limit], |row| Ok((row.next()?, row.next()?)))?;
        complete(shown, tx.query(UNNUMBERED, args![limit], stored)?)
    };
    if events.is_empty() {
        return Ok(events);
    }
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    let numbers = ids.iter().zip(newest + 1..).map(|(id, number)| (*id, number)).collect();
    let numbered = tx.exec(NUMBER, &[Arg::Pairs(numbers), Arg::list(&ids)])?;
    if numbered != ids.len() as u64 {
        let cause = format!("{numbered} of {} events got their sequence numbers", ids.len());
        return Err(Code::Internal.error().caused_by(cause));
    }
    events.iter_mut().zip(newest + 1..).for_each(|(event, number)| event.id = number);
    Ok(events)
}

/// Of the events of a later reading, those of which no earlier one of their key can be missing: up to the last one of their key
/// that an earlier reading has `shown`, by row id and key, oldest first.
fn complete(shown: Vec<(i64, String)>, mut later: Vec<StoredEvent>) -> Vec<StoredEvent> {
    let last: HashMap<String, i64> = shown.into_iter().map(|(id, key)| (key, id)).collect();
    later.retain(|event| last.get(&*event.key).is_some_and(|last| event.id <= *last));
    later
}

fn stored(row: &Row<'_>) -> Result<StoredEvent> {
    Ok(StoredEvent { id: row.next()?, topic: row.next()?, key: row.next()?, payload: row.next()?, at: row.next()? })
}

/// Up to `limit` events after `position`, oldest first.
pub fn after(tx: &mut Tx<'_>, position: i64, limit: i64) -> Result<Vec<StoredEvent>> {
    tx.query(AFTER, args![position, limit], stored)
}

/// Up to `limit` sequence numbers after `position`, in order, with the keys of their events.
pub fn keys_after(tx: &mut Tx<'_>, position: i64, limit: i64) -> Result<Vec<(i64, String)>> {
    tx.query(KEYS_AFTER, args![position, limit], |row| Ok((row.next()?, row.next()?)))
}

/// The sequence number of the oldest event that is kept, 0 when there is none.
pub fn oldest(tx: &mut Tx<'_>) -> Result<i64> {
    tx.query_one(OLDEST, args![], |row| row.get(0))
}

/// The sequence number of the newest event, 0 when there is none.
pub fn newest(tx: &mut Tx<'_>) -> Result<i64> {
    tx.query_one(NEWEST, args![], |row| row.get(0))
}

/// The event with this sequence number.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<StoredEvent>> {
    tx.query_first(ONE, args![id], stored)
}

/// Up to `limit` events of one key, oldest first.
pub fn of_key(tx: &mut Tx<'_>, key: &str, limit: i64) -> Result<Vec<StoredEvent>> {
    tx.query(OF_KEY, args![key, limit], stored)
}

/// Up to `limit` events before `id`, newest first.
pub fn before(tx: &mut Tx<'_>, id: i64, limit: i64) -> Result<Vec<StoredEvent>> {
    tx.query(PAGE, args![id, limit], stored)
}

/// When the oldest event with a sequence number was stored.
pub fn oldest_at(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_first(OLDEST_AT, args![], |row| row.get(0))
}

/// Removes a bounded number of events, oldest first, that are older than `cutoff` and not after `dealt_with`, the position
/// that every subscriber has passed. Gives how many; call it again while that is not 0. The newest event stays, so that no
/// sequence number is used twice.
pub fn remove_old(tx: &mut Tx<'_>, dealt_with: i64, cutoff: Timestamp) -> Result<u64> {
    let newest = newest(tx)?;
    let oldest = oldest(tx)?;
    let upto = dealt_with.min(oldest.saturating_add(REMOVE_AT_ONCE - 1));
    tx.exec(REMOVE, args![upto, newest, cutoff])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_waits_for_its_number_until_the_one_before_it_is_seen() {
        let event = |id: i64, key: &str| StoredEvent {
            id,
            topic: "test.jar.added".into(),
            key: key.into(),
            payload: "{}".into(),
            at: Timestamp::from_millis(0),
        };
        let numbered = |shown: &[(i64, &str)], later: Vec<StoredEvent>| {
            let shown = shown.iter().map(|(id, key)| (*id, (*key).to_owned())).collect();
            complete(shown, later).iter().map(|event| event.id).collect::<Vec<_>>()
        };
        // the first reading shows 3 without 2; 5 and 6 came since, and what came before 5 may still be missing
        let later = || vec![event(1, "a"), event(2, "b"), event(3, "b"), event(5, "b"), event(6, "c")];
        assert_eq!(numbered(&[(1, "a"), (3, "b")], later()), [1, 2, 3]);
        assert_eq!(
            numbered(&[(3, "b")], later()),
            [2, 3],
            "what the first reading has not shown waits, if nothing needs it"
        );
        assert_eq!(numbered(&[], later()), [0_i64; 0]);
    }
}
