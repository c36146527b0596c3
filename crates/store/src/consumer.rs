//! Consumers of the one stream of facts: positions that commit with the reaction's own changes, and poison events that are
//! parked with what follows on their key, so that they never block others.

use crate::outbox::{self, Envelope};
use crate::{Row, Tx, args};
use kernel::{Code, Error, Result, Timestamp};
use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// What a domain does because a fact happened. Runs in its own transaction together with the consumer's position.
#[derive(Clone, Copy)]
pub struct Reaction {
    /// Who reacts; reactions of one consumer share a position and run in the stream's order.
    pub consumer: &'static str,
    /// The fact's topic.
    pub topic: &'static str,
    /// What happens. Exactly once in effect.
    pub run: fn(&mut Tx<'_>, &Envelope) -> Result<()>,
}

/// Attempts before an event stays parked until a person redelivers it.
pub const ATTEMPTS_MAX: i64 = 5;
/// Pause before the first retry; it doubles with every attempt.
const RETRY_AFTER: Duration = Duration::from_secs(1);

const POSITION: &str = "select position from consumer_positions where consumer = ?";
const MOVE: &str = "insert into consumer_positions (consumer, position) values (?, ?) {on conflict (consumer): position = new.position}";
const LOWEST: &str = "select coalesce(min(position), 0) from consumer_positions";
const PARKED_KEYS: &str = "select distinct event_key from parked_events where consumer = ?";
const PARK: &str = "insert into parked_events
    (consumer, event_id, topic, event_key, payload, occurred_at, attempts, status, try_at, last_error, parked_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const DUE: &str = "select id, consumer, event_id, topic, event_key, payload, occurred_at, attempts, status, try_at, last_error, parked_at
    from parked_events p where status = 'RETRYING' and try_at <= ?
    and not exists (select 1 from parked_events q
                     where q.consumer = p.consumer and q.event_key = p.event_key and q.event_id < p.event_id)
    order by event_id limit ?";
const LIST: &str = "select id, consumer, event_id, topic, event_key, payload, occurred_at, attempts, status, try_at, last_error, parked_at
    from parked_events order by id limit ? offset ?";
const COUNT: &str = "select count(*) from parked_events";
const FIND: &str = "select id, consumer, event_id, topic, event_key, payload, occurred_at, attempts, status, try_at, last_error, parked_at
    from parked_events where id = ?";
const EARLIER: &str =
    "select id from parked_events where consumer = ? and event_key = ? and event_id < ? order by event_id limit 1";
const UNPARK: &str = "delete from parked_events where id = ?";
const FAILED_AGAIN: &str = "update parked_events set attempts = ?, status = ?, try_at = ?, last_error = ? where id = ?";

pub(crate) const STATEMENTS: &[&str] =
    &[POSITION, MOVE, LOWEST, PARKED_KEYS, PARK, DUE, LIST, COUNT, FIND, EARLIER, UNPARK, FAILED_AGAIN];

/// What one advance did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advanced {
    /// The consumer's position now.
    pub position: i64,
    /// Facts looked at; fewer than the limit means that it has caught up.
    pub seen: usize,
    /// Facts that failed or follow a failed one, and were parked.
    pub parked: usize,
}

/// An event put aside for one consumer.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// The row.
    pub id: i64,
    /// For whom it is parked.
    pub consumer: String,
    /// The event's id in the stream.
    pub event_id: i64,
    /// The event's topic.
    pub topic: String,
    /// The event's key; later events of this key wait behind it.
    pub key: String,
    /// The event.
    pub payload: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// `RETRYING`, or `DEAD` once attempts are spent.
    pub status: String,
    /// When it is tried next.
    pub try_at: Timestamp,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it was put aside.
    pub parked_at: Timestamp,
}

impl Parked {
    fn envelope(&self) -> Envelope {
        Envelope {
            id: self.event_id,
            topic: self.topic.as_str().into(),
            key: self.key.as_str().into(),
            payload: self.payload.as_str().into(),
            at: self.occurred_at,
        }
    }
}

fn parked(row: &Row<'_>) -> Result<Parked> {
    Ok(Parked {
        id: row.get(0)?,
        consumer: row.get(1)?,
        event_id: row.get(2)?,
        topic: row.get(3)?,
        key: row.get(4)?,
        payload: row.get(5)?,
        occurred_at: row.get(6)?,
        attempts: row.get(7)?,
        status: row.get(8)?,
        try_at: row.get(9)?,
        last_error: row.get(10)?,
        parked_at: row.get(11)?,
    })
}

/// The consumer's position: the id of the last fact it has dealt with, 0 at the beginning.
pub fn position(tx: &mut Tx<'_>, consumer: &str) -> Result<i64> {
    Ok(tx.query_first(POSITION, args![consumer], |row| row.get(0))?.unwrap_or(0))
}

/// Sets the consumer's position, in the same transaction as whatever it did.
pub fn set_position(tx: &mut Tx<'_>, consumer: &str, position: i64) -> Result<()> {
    tx.exec(MOVE, args![consumer, position]).map(|_| ())
}

/// The position of the slowest consumer: what everyone has heard.
pub fn heard_by_all(tx: &mut Tx<'_>) -> Result<i64> {
    tx.query_one(LOWEST, args![], |row| row.get(0))
}

/// Runs the consumer's reactions on up to `limit` facts after its position. The position commits with their changes.
pub fn advance(tx: &mut Tx<'_>, consumer: &'static str, reactions: &[Reaction], limit: i64) -> Result<Advanced> {
    let start = position(tx, consumer)?;
    let facts = outbox::after(tx, start, limit)?;
    let Some(last) = facts.last() else { return Ok(Advanced { position: start, seen: 0, parked: 0 }) };
    let upto = last.id;
    react(tx, consumer, reactions, &facts, upto)
}

/// Like [`advance`], for facts that were read before, on another connection: `facts` holds, in order, every fact after the
/// consumer's position and up to `upto` that concerns it. What the consumer has already passed is skipped, so that the
/// effect stays exactly-once whoever else is at work.
pub fn apply(
    tx: &mut Tx<'_>,
    consumer: &'static str,
    reactions: &[Reaction],
    facts: &[Envelope],
    upto: i64,
) -> Result<Advanced> {
    let start = position(tx, consumer)?;
    if start >= upto {
        return Ok(Advanced { position: start, seen: 0, parked: 0 });
    }
    let new = facts.partition_point(|fact| fact.id <= start);
    react(tx, consumer, reactions, &facts[new..], upto)
}

fn react(
    tx: &mut Tx<'_>,
    consumer: &'static str,
    reactions: &[Reaction],
    facts: &[Envelope],
    upto: i64,
) -> Result<Advanced> {
    let mut done = Advanced { position: upto, seen: facts.len(), parked: 0 };
    let mut blocked: Option<HashSet<String>> = None;
    for fact in facts.iter().filter(|fact| listens(reactions, consumer, fact).next().is_some()) {
        let blocked = match &mut blocked {
            Some(keys) => keys,
            none => none.insert(parked_keys(tx, consumer)?),
        };
        if blocked.contains(&*fact.key) {
            park(tx, consumer, fact, 0, &Code::Conflict.because("waits for an earlier event of its key"))?;
        } else if let Err(error) = contained(tx, reactions, consumer, fact) {
            park(tx, consumer, fact, 1, &error)?;
            blocked.insert(fact.key.to_string());
        } else {
            continue;
        }
        done.parked += 1;
    }
    set_position(tx, consumer, upto)?;
    Ok(done)
}

fn listens<'r>(reactions: &'r [Reaction], consumer: &'r str, fact: &'r Envelope) -> impl Iterator<Item = &'r Reaction> {
    reactions.iter().filter(move |r| r.consumer == consumer && *r.topic == *fact.topic)
}

/// Runs what the consumer does because of `fact`, all of it or nothing: a failure, even a panic, undoes only this.
fn contained(tx: &mut Tx<'_>, reactions: &[Reaction], consumer: &str, fact: &Envelope) -> Result<()> {
    let attempt = || tx.attempt(|tx| listens(reactions, consumer, fact).try_for_each(|r| (r.run)(tx, fact)));
    catch_unwind(AssertUnwindSafe(attempt))
        .unwrap_or_else(|_| Err(Code::Internal.error().caused_by("the reaction panicked")))
}

fn parked_keys(tx: &mut Tx<'_>, consumer: &str) -> Result<HashSet<String>> {
    Ok(tx.query(PARKED_KEYS, args![consumer], |row| row.get::<String>(0))?.into_iter().collect())
}

fn park(tx: &mut Tx<'_>, consumer: &str, fact: &Envelope, attempts: i64, error: &Error) -> Result<()> {
    tracing::warn!(consumer, event = fact.id, topic = %fact.topic, error = ?error, "event parked");
    let now = tx.now();
    let why = shortened(error);
    let try_at = now.after(RETRY_AFTER);
    let row = args![
        consumer,
        fact.id,
        *fact.topic,
        *fact.key,
        *fact.payload,
        fact.at,
        attempts,
        "RETRYING",
        try_at,
        why,
        now
    ];
    tx.exec(PARK, row).map(|_| ())
}

/// As it is kept; no database takes a zero character in text.
fn shortened(error: &Error) -> String {
    format!("{error:?}").chars().filter(|sign| *sign != '\0').take(1_000).collect()
}

/// Tries up to `limit` parked events that are due and first of their key. Gives how many succeeded.
pub fn retry_due(tx: &mut Tx<'_>, reactions: &[Reaction], limit: i64) -> Result<usize> {
    let now = tx.now();
    let mut succeeded = 0;
    for event in tx.query(DUE, args![now, limit], parked)? {
        succeeded += usize::from(try_again(tx, reactions, &event)?);
    }
    Ok(succeeded)
}

/// Tries one parked event now, whatever its status (the admin's redeliver). C003 when there is no such row; C019 when an
/// earlier event of its key is parked too, which has to go first.
pub fn redeliver(tx: &mut Tx<'_>, reactions: &[Reaction], id: i64) -> Result<bool> {
    let event =
        tx.query_first(FIND, args![id], parked)?.ok_or_else(|| Code::NotFound.because("no such parked event"))?;
    if let Some(earlier) =
        tx.query_first(EARLIER, args![event.consumer, event.key, event.event_id], |row| row.get::<i64>(0))?
    {
        return Err(Code::Conflict.because(format!("parked event {earlier} of the same key comes first")));
    }
    try_again(tx, reactions, &event)
}

fn try_again(tx: &mut Tx<'_>, reactions: &[Reaction], event: &Parked) -> Result<bool> {
    let fact = event.envelope();
    let outcome = contained(tx, reactions, &event.consumer, &fact);
    let Err(error) = outcome else {
        tx.exec(UNPARK, args![event.id])?;
        return Ok(true);
    };
    let attempts = event.attempts + 1;
    let status = if attempts >= ATTEMPTS_MAX { "DEAD" } else { "RETRYING" };
    let pause = RETRY_AFTER * 2_u32.saturating_pow(u32::try_from(attempts).unwrap_or(16).min(16));
    let try_at = tx.now().after(pause);
    let why = shortened(&error);
    tx.exec(FAILED_AGAIN, args![attempts, status, try_at, why, event.id])?;
    Ok(false)
}

/// Parked events, oldest first, and how many there are in all.
pub fn list(tx: &mut Tx<'_>, limit: i64, offset: i64) -> Result<(Vec<Parked>, i64)> {
    let rows = tx.query(LIST, args![limit, offset], parked)?;
    let total = tx.query_one(COUNT, args![], |row| row.get(0))?;
    Ok((rows, total))
}
