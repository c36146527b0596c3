//! Dead letters: events that a subscriber failed on, set aside together with what follows on their key, so that they never
//! block other keys. The table has its first name, `parked_events`: audits and reports outside the program read it.

use crate::outbox::StoredEvent;
use crate::{Arg, Row, Tx, args, concatcp, counted};
use kernel::{Code, Cursor, Error, Page, PageRequest, Result, Timestamp, Total};
use std::{collections::HashSet, time::Duration};

/// Attempts after which an event waits for a person.
pub const ATTEMPTS_MAX: i64 = 5;
/// Pause before the first retry; it doubles with every attempt.
const RETRY_AFTER: Duration = Duration::from_secs(1);

const BLOCKED_KEYS: &str = "select distinct event_key from parked_events where consumer = ?";
const SET_ASIDE: &str = "insert into parked_events
    (consumer, event_id, topic, event_key, payload, occurred_at, attempts, status, try_at, last_error, parked_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// The columns of a [`DeadLetter`].
const COLUMNS: &str =
    "id, consumer, event_id, topic, event_key, payload, occurred_at, attempts, status, try_at, last_error, parked_at";
const DUE: &str = concatcp!(
    "select ",
    COLUMNS,
    " from parked_events p
    where consumer = ? and status = 'RETRYING' and try_at <= ? and not exists (select 1 from parked_events q
                     where q.consumer = p.consumer and q.event_key = p.event_key and q.event_id < p.event_id)
    order by event_id limit ?"
);
const LIST: &str = concatcp!("select ", COLUMNS, " from parked_events where id > ? order by id limit ? offset ?");
const COUNT: &str = counted!(" from parked_events");
const COUNT_OF: &str = "select count(*) from parked_events where consumer = ?";
const FIND: &str = concatcp!("select ", COLUMNS, " from parked_events where id = ?");
const EARLIER: &str =
    "select id from parked_events where consumer = ? and event_key = ? and event_id < ? order by event_id limit 1";
const REMOVE: &str = "delete from parked_events where id = ?";
const FAILED_AGAIN: &str = "update parked_events set attempts = ?, status = ?, try_at = ?, last_error = ? where id = ?";

pub(crate) const STATEMENTS: &[&str] =
    &[BLOCKED_KEYS, SET_ASIDE, DUE, LIST, COUNT, COUNT_OF, FIND, EARLIER, REMOVE, FAILED_AGAIN];

crate::text_enum! {
    /// Whether a dead letter is tried again by itself.
    #[schema(as = ParkedStatus)]
    pub enum State {
        Retrying = "RETRYING",
        /// It waits for a person.
        Dead = "DEAD",
    }
}

/// An event put aside for one subscriber.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Parked)]
pub struct DeadLetter {
    /// The row.
    pub id: i64,
    /// The subscriber that failed on it.
    #[serde(rename = "consumer")]
    pub subscriber: String,
    /// The event's sequence number.
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
    pub status: State,
    /// When it is tried next.
    pub try_at: Timestamp,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it was set aside.
    pub parked_at: Timestamp,
}

impl DeadLetter {
    /// The event.
    pub fn event(&self) -> StoredEvent {
        StoredEvent {
            id: self.event_id,
            topic: self.topic.as_str().into(),
            key: self.key.as_str().into(),
            payload: self.payload.as_str().into(),
            at: self.occurred_at,
        }
    }
}

fn dead_letter(row: &Row<'_>) -> Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.next()?,
        subscriber: row.next()?,
        event_id: row.next()?,
        topic: row.next()?,
        key: row.next()?,
        payload: row.next()?,
        occurred_at: row.next()?,
        attempts: row.next()?,
        status: row.next()?,
        try_at: row.next()?,
        last_error: row.next()?,
        parked_at: row.next()?,
    })
}

/// The keys whose events wait behind a dead letter of this subscriber.
pub fn blocked_keys(tx: &mut Tx<'_>, subscriber: &str) -> Result<HashSet<String>> {
    Ok(tx.query(BLOCKED_KEYS, args![subscriber], |row| row.get::<String>(0))?.into_iter().collect())
}

/// Sets an event aside that failed.
pub fn set_aside(tx: &mut Tx<'_>, subscriber: &str, event: &StoredEvent, error: &Error) -> Result<()> {
    insert(tx, subscriber, event, 1, error)
}

/// Sets an event aside because an earlier one of its key is.
pub fn set_aside_behind(tx: &mut Tx<'_>, subscriber: &str, event: &StoredEvent) -> Result<()> {
    insert(tx, subscriber, event, 0, &Code::Conflict.because("waits for an earlier event of its key"))
}

fn insert(tx: &mut Tx<'_>, subscriber: &str, event: &StoredEvent, attempts: i64, error: &Error) -> Result<()> {
    tracing::warn!(subscriber, event = event.id, topic = %event.topic, error = ?error, "event set aside");
    let now = tx.now();
    let try_at = now.after(RETRY_AFTER);
    let (why, retrying) = (error.stored(), State::Retrying);
    let (topic, key, payload) = (&*event.topic, &*event.key, &*event.payload);
    let row = args![subscriber, event.id, topic, key, payload, event.at, attempts, retrying, try_at, why, now];
    tx.exec(SET_ASIDE, row).map(|_| ())
}

/// Up to `limit` dead letters of the subscriber that are due, and first of their key.
pub fn due(tx: &mut Tx<'_>, subscriber: &str, limit: i64) -> Result<Vec<DeadLetter>> {
    let now = tx.now();
    tx.query(DUE, args![subscriber, now, limit], dead_letter)
}

/// The dead letter with this id; C003 when there is none, C019 when an earlier one of its key has to go first.
pub fn to_redeliver(tx: &mut Tx<'_>, id: i64) -> Result<DeadLetter> {
    let letter = tx.query_first(FIND, args![id], dead_letter)?;
    let letter = letter.ok_or_else(|| Code::NotFound.because("no such dead letter"))?;
    let same_key = args![letter.subscriber, letter.key, letter.event_id];
    match tx.query_first(EARLIER, same_key, |row| row.get::<i64>(0))? {
        Some(earlier) => Err(Code::Conflict.because(format!("dead letter {earlier} of the same key comes first"))),
        None => Ok(letter),
    }
}

/// The event took effect at last.
pub fn remove(tx: &mut Tx<'_>, letter: &DeadLetter) -> Result<()> {
    tx.exec(REMOVE, args![letter.id]).map(|_| ())
}

/// The event failed once more. After [`ATTEMPTS_MAX`] attempts it waits for a person.
pub fn failed_again(tx: &mut Tx<'_>, letter: &DeadLetter, error: &Error) -> Result<()> {
    let attempts = letter.attempts + 1;
    let status = if attempts >= ATTEMPTS_MAX { State::Dead } else { State::Retrying };
    let pause = RETRY_AFTER * 2_u32.saturating_pow(u32::try_from(attempts).unwrap_or(16).min(16));
    let (try_at, why) = (tx.now().after(pause), error.stored());
    tx.exec(FAILED_AGAIN, args![attempts, status, try_at, why, letter.id]).map(|_| ())
}

/// Makes a dead letter due now, with all its attempts before it.
pub fn retry_now(tx: &mut Tx<'_>, letter: &DeadLetter) -> Result<()> {
    let last_error = letter.last_error.as_ref().map_or(Arg::Null, |error| Arg::Text(error));
    tx.exec(FAILED_AGAIN, args![0_i64, State::Retrying, tx.now(), last_error, letter.id]).map(|_| ())
}

/// A page of dead letters, oldest first, or what follows the cursor `after`.
pub fn page(tx: &mut Tx<'_>, request: PageRequest, after: Option<Cursor>) -> Result<Page<DeadLetter>> {
    let (from, limit, offset) = (after.map_or(0, Cursor::id), request.limit(), request.offset_after(after));
    let rows = tx.query(LIST, args![from, limit, offset], dead_letter)?;
    let total = Total::counted(tx.query_one(COUNT, args![], |row| row.get(0))?);
    Ok(request.page_of(rows, total, after, |letter| letter.id))
}

/// How many dead letters the subscriber has.
pub fn count(tx: &mut Tx<'_>, subscriber: &str) -> Result<i64> {
    tx.query_one(COUNT_OF, args![subscriber], |row| row.get(0))
}
