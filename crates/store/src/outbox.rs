//! The outbox: facts stored with the change they tell of, in order, until everyone has heard them.

use crate::{Arg, Row, Tx, args};
use kernel::{Code, Result, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// A fact another domain, a stream or another system may hear. Named in the past tense; its fields are the payload.
pub trait Event: Serialize {
    /// Kafka topic and CloudEvents type, such as `shopping.order.created`.
    const TOPIC: &'static str;
    /// What keeps its order among others: the order number for everything that belongs to one order. At most 100 bytes.
    fn key(&self) -> String;
}

pub(crate) struct Emitted {
    pub topic: &'static str,
    pub key: String,
    pub payload: String,
}

/// A fact as it is read back.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Its place in the stream; also the CloudEvents id and the SSE id. Grows, never reused.
    pub id: i64,
    /// The event's [`Event::TOPIC`].
    pub topic: Arc<str>,
    /// The event's [`Event::key`].
    pub key: Arc<str>,
    /// The event as JSON.
    pub payload: Arc<str>,
    /// When the job ran that emitted it.
    pub at: Timestamp,
}

impl Envelope {
    /// The payload, or the part of it that `T` names: a listener declares only the fields it reads.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.payload)
            .map_err(|e| Code::Internal.error().caused_by(format!("event {} ({}): {e}", self.id, self.topic)))
    }
}

pub(crate) const STORE: &str = "insert into outbox (topic, event_key, payload, created_at) values [(?, ?, ?, ?)]";
const AFTER: &str = "select {position}, topic, event_key, payload, created_at from outbox
    where {position} > ? order by {position} limit ?";
const NEWEST: &str = "select coalesce(max({position}), 0) from outbox";
const ONE: &str = "select {position}, topic, event_key, payload, created_at from outbox where {position} = ?";
const OF_KEY: &str = "select {position}, topic, event_key, payload, created_at from outbox
    where event_key = ? and {position} is not null order by {position} limit ?";
const PAGE: &str = "select {position}, topic, event_key, payload, created_at from outbox
    where {position} < ? order by {position} desc limit ?";
const OLDEST: &str = "select coalesce(min({position}), 0) from outbox";
const FORGET: &str = "delete from outbox where {position} <= ? and {position} < ? and created_at < ?";
const NEW: &str = "select id from outbox where {position} is null order by id limit ?";
const PLACE: &str = "update outbox set {position} = [case id] where id in ([?]) and {position} is null";

/// Most facts forgotten at once, so that the writer is not kept from others.
const FORGET_AT_ONCE: i64 = 1_000;

pub(crate) const STATEMENTS: &[&str] = &[STORE, AFTER, NEWEST, ONE, OF_KEY, PAGE, OLDEST, FORGET, NEW, PLACE];

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

/// Whether committed facts have no place in the stream yet; see [`place`].
pub fn has_new(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(!tx.commits_in_order() && tx.query_first(NEW, args![1_i64], |row| row.get::<i64>(0))?.is_some())
}

/// Gives up to `limit` committed facts their places in the stream, and says how many.
///
/// Where several writers commit at once, a fact with a lower id may become visible after one with a higher: a reader that
/// had passed the higher one would never see it. So a fact has no place until one instance, under its lease, gives it the
/// next one; readers know places only. Facts of one key come from transactions that wait for each other's rows, so that the
/// first is visible before the second gets its id, and their places are in that order.
pub fn place(tx: &mut Tx<'_>, limit: i64) -> Result<usize> {
    if tx.commits_in_order() {
        return Ok(0);
    }
    let ids: Vec<i64> = tx.query(NEW, args![limit], |row| row.get(0))?;
    if ids.is_empty() {
        return Ok(0);
    }
    let newest = newest(tx)?;
    let places = ids.iter().zip(newest + 1..).map(|(id, place)| (*id, place)).collect();
    let placed = tx.exec(PLACE, &[Arg::Pairs(places), Arg::list(&ids)])?;
    if placed != ids.len() as u64 {
        return Err(Code::Internal.error().caused_by(format!("{placed} of {} facts were placed", ids.len())));
    }
    Ok(ids.len())
}

fn envelope(row: &Row<'_>) -> Result<Envelope> {
    Ok(Envelope { id: row.get(0)?, topic: row.get(1)?, key: row.get(2)?, payload: row.get(3)?, at: row.get(4)? })
}

/// Up to `limit` facts after `position`, oldest first.
pub fn after(tx: &mut Tx<'_>, position: i64, limit: i64) -> Result<Vec<Envelope>> {
    tx.query(AFTER, args![position, limit], envelope)
}

/// The id of the newest fact, 0 when there is none.
pub fn newest(tx: &mut Tx<'_>) -> Result<i64> {
    tx.query_one(NEWEST, args![], |row| row.get(0))
}

/// The fact with this id.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Envelope>> {
    tx.query_first(ONE, args![id], envelope)
}

/// Up to `limit` facts of one key, oldest first: what is still kept of an order's history.
pub fn of_key(tx: &mut Tx<'_>, key: &str, limit: i64) -> Result<Vec<Envelope>> {
    tx.query(OF_KEY, args![key, limit], envelope)
}

/// Up to `limit` facts before `id`, newest first, for the admin pages.
pub fn before(tx: &mut Tx<'_>, id: i64, limit: i64) -> Result<Vec<Envelope>> {
    tx.query(PAGE, args![id, limit], envelope)
}

/// Forgets a bounded number of facts older than `cutoff` that every consumer has passed, oldest first. Gives how many; call
/// it again while that is not 0. The newest row stays, so that ids are never reused.
pub fn forget(tx: &mut Tx<'_>, heard_by_all: i64, cutoff: Timestamp) -> Result<u64> {
    let newest = newest(tx)?;
    let oldest: i64 = tx.query_one(OLDEST, args![], |row| row.get(0))?;
    let upto = heard_by_all.min(oldest.saturating_add(FORGET_AT_ONCE - 1));
    tx.exec(FORGET, args![upto, newest, cutoff])
}
