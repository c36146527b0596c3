//! Idempotency records: the first answer to a key, kept with the effect it belongs to.

use crate::{Tx, args};
use kernel::{Code, Result, Timestamp};

/// An answer as it was sent, to be sent again byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `Location` header, when there was one.
    pub location: Option<String>,
    /// The body.
    pub body: String,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody used it: this request now holds it.
    New,
    /// It was answered before.
    Answered(Answer),
    /// Another request holds it and has not answered. `reference` is what that request noted for those who find it.
    Running {
        /// Since when.
        since: Timestamp,
        /// For example the number of the payment it started.
        reference: Option<String>,
    },
}

const CLAIM: &str = "insert into idempotency_records (scope, idem_key, request_hash, created_at) values (?, ?, ?, ?)
    {on conflict ignore: scope}";
const FIND: &str = "select request_hash, status, location, body, reference, created_at
    from idempotency_records where scope = ? and idem_key = ?";
const ANSWER: &str =
    "update idempotency_records set status = ?, location = ?, body = ? where scope = ? and idem_key = ?";
const REFER: &str = "update idempotency_records set reference = ? where scope = ? and idem_key = ?";
const RELEASE: &str = "delete from idempotency_records where scope = ? and idem_key = ?";
const OLD: &str =
    "select created_at from idempotency_records where created_at < ? order by created_at limit 1 offset ?";
const FORGET: &str = "delete from idempotency_records where created_at < ?";

/// About how many records are forgotten at once, so that the writer is not kept from others.
const FORGET_AT_ONCE: i64 = 500;

pub(crate) const STATEMENTS: &[&str] = &[CLAIM, FIND, ANSWER, REFER, RELEASE, OLD, FORGET];

/// Takes the key for this request, or says who has it. `scope` is the user (or `anonymous`), at most 64 bytes;
/// `request_hash` covers method, path and body. C014 when the key was used for another request.
pub fn claim(tx: &mut Tx<'_>, scope: &str, key: &str, request_hash: &str) -> Result<Claim> {
    let now = tx.now();
    if tx.exec(CLAIM, args![scope, key, request_hash, now])? == 1 {
        return Ok(Claim::New);
    }
    let (hash, status, location, body, reference, since) = tx.query_one(FIND, args![scope, key], |row| {
        Ok((
            row.get::<String>(0)?,
            row.get::<Option<i64>>(1)?,
            row.get::<Option<String>>(2)?,
            row.get::<Option<String>>(3)?,
            row.get::<Option<String>>(4)?,
            row.get::<Timestamp>(5)?,
        ))
    })?;
    if hash != request_hash {
        return Err(Code::IdempotencyKeyReused.error());
    }
    Ok(match (status.and_then(|s| u16::try_from(s).ok()), body) {
        (Some(status), Some(body)) => Claim::Answered(Answer { status, location, body }),
        _ => Claim::Running { since, reference },
    })
}

/// Keeps the answer of the request that holds the key.
pub fn answer(tx: &mut Tx<'_>, scope: &str, key: &str, answer: &Answer) -> Result<()> {
    let status = i64::from(answer.status);
    tx.exec_unseen(ANSWER, args![status, answer.location, answer.body, scope, key])
}

/// Notes what the running request works on, so that a repetition after a crash can find it.
pub fn refer(tx: &mut Tx<'_>, scope: &str, key: &str, reference: &str) -> Result<()> {
    tx.exec_unseen(REFER, args![reference, scope, key])
}

/// Gives the key back: the request failed in a way that may be repeated.
pub fn release(tx: &mut Tx<'_>, scope: &str, key: &str) -> Result<()> {
    tx.exec(RELEASE, args![scope, key]).map(|_| ())
}

/// Forgets a bounded number of records made before `cutoff`, oldest first. Gives how many; call it again while that is not 0.
pub fn forget(tx: &mut Tx<'_>, cutoff: Timestamp) -> Result<u64> {
    let nearer = tx.query_first(OLD, args![cutoff, FORGET_AT_ONCE], |row| row.get::<Timestamp>(0))?;
    // records of one millisecond go together, so that a chunk is never empty
    let before = nearer.map_or(cutoff, |at| at.after(std::time::Duration::from_millis(1)).min(cutoff));
    tx.exec(FORGET, args![before])
}
