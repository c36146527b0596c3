//! Idempotency records: the first response to an idempotency key, stored in the transaction of the effect it reports.

use crate::{Tx, args};
use kernel::{Code, Result, Timestamp};

/// A response as it was sent. A repeated request gets it again, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// HTTP status.
    pub status: u16,
    /// The `Location` header, when there was one.
    pub location: Option<String>,
    /// The body.
    pub body: String,
}

/// What became of claiming a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key was free. It belongs to this request now.
    New,
    /// An earlier request with this key has its response.
    Completed(StoredResponse),
    /// An earlier request with this key has no response yet. `reference` is what it recorded for its repetitions, such as
    /// the number of the payment that it began.
    Running { reference: Option<String> },
}

const CLAIM: &str = "insert into idempotency_records (scope, idem_key, request_hash, created_at) values (?, ?, ?, ?)
    {on conflict ignore: scope}";
const FIND: &str =
    "select request_hash, status, location, body, reference from idempotency_records where scope = ? and idem_key = ?";
const COMPLETE: &str =
    "update idempotency_records set status = ?, location = ?, body = ? where scope = ? and idem_key = ?";
const SET_REFERENCE: &str = "update idempotency_records set reference = ? where scope = ? and idem_key = ?";
const OLD: &str =
    "select created_at from idempotency_records where created_at < ? order by created_at limit 1 offset ?";
const DELETE_OLD: &str = "delete from idempotency_records where created_at < ?";

/// About how many records one job deletes, so that other jobs do not wait long for the writer.
const DELETED_AT_ONCE: i64 = 500;

pub(crate) const STATEMENTS: &[&str] = &[CLAIM, FIND, COMPLETE, SET_REFERENCE, OLD, DELETE_OLD];

/// Claims the key for this request. `scope` is the user (or `anonymous`), at most 64 bytes; `request_hash` covers method,
/// path and body. C014 when the key was used for another request.
pub fn claim(tx: &mut Tx<'_>, scope: &str, key: &str, request_hash: &str) -> Result<Claim> {
    let now = tx.now();
    if tx.exec(CLAIM, args![scope, key, request_hash, now])? == 1 {
        return Ok(Claim::New);
    }
    tx.query_one(FIND, args![scope, key], |row| {
        if row.next::<String>()? != request_hash {
            return Err(Code::IdempotencyKeyReused.error());
        }
        let (status, location, body) = (row.next::<Option<i64>>()?, row.next()?, row.next()?);
        Ok(match (status.and_then(|status| u16::try_from(status).ok()), body) {
            (Some(status), Some(body)) => Claim::Completed(StoredResponse { status, location, body }),
            _ => Claim::Running { reference: row.next()? },
        })
    })
}

/// Stores the response of the request that claimed the key.
pub fn complete(tx: &mut Tx<'_>, scope: &str, key: &str, response: &StoredResponse) -> Result<()> {
    let status = i64::from(response.status);
    tx.exec_unseen(COMPLETE, args![status, response.location, response.body, scope, key])
}

/// Records what the running request works on, so that a repetition after a crash can find it.
pub fn set_reference(tx: &mut Tx<'_>, scope: &str, key: &str, reference: &str) -> Result<()> {
    tx.exec_unseen(SET_REFERENCE, args![reference, scope, key])
}

/// Deletes about [`DELETED_AT_ONCE`] of the records made before `cutoff`, oldest first. Returns how many; call it again
/// until that is 0.
pub fn delete_old(tx: &mut Tx<'_>, cutoff: Timestamp) -> Result<u64> {
    let newest_now = tx.query_first(OLD, args![cutoff, DELETED_AT_ONCE], |row| row.get::<Timestamp>(0))?;
    // records of the same millisecond are deleted together, so that every call deletes at least one
    let before = newest_now.map_or(cutoff, |at| at.after(std::time::Duration::from_millis(1)).min(cutoff));
    tx.exec(DELETE_OLD, args![before])
}
