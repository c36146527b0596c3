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
    /// Position in the stream; also the CloudEvents id and the SSE id. Grows, never reused.
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

const STORE: &str = "insert into outbox (topic, event_key, payload, created_at) values [(?, ?, ?, ?)]";
const AFTER: &str = "select id, topic, event_key, payload, created_at from outbox where id > ? order by id limit ?";
const NEWEST: &str = "select coalesce(max(id), 0) from outbox";
const ONE: &str = "select id, topic, event_key, payload, created_at from outbox where id = ?";
const OF_KEY: &str =
    "select id, topic, event_key, payload, created_at from outbox where event_key = ? order by id limit ?";
const PAGE: &str = "select id, topic, event_key, payload, created_at from outbox where id < ? order by id desc limit ?";
const OLDEST: &str = "select coalesce(min(id), 0) from outbox";
const FORGET: &str = "delete from outbox where id <= ? and id < ? and created_at < ?";

/// Most facts forgotten at once, so that the writer is not kept from others.
const FORGET_AT_ONCE: i64 = 1_000;

pub(crate) const STATEMENTS: &[&str] = &[STORE, AFTER, NEWEST, ONE, OF_KEY, PAGE, OLDEST, FORGET];

pub(crate) fn store(tx: &mut Tx<'_>, emitted: &[Emitted]) -> Result<Option<i64>> {
    if emitted.is_empty() {
        return Ok(None);
    }
    let now = tx.now();
    let rows = emitted
        .iter()
        .map(|e| vec![Arg::Text(e.topic), Arg::Text(&e.key), Arg::Text(&e.payload), Arg::Int(now.as_millis())])
        .collect();
    tx.insert_rows(STORE, rows)?;
    Ok(Some(tx.conn.raw.last_insert_rowid()))
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
