//! Idempotency records: the outcome of the first request with an idempotency key, stored in the transaction of the effect it
//! reports.

use crate::{Aged, Tx, args};
use kernel::{Code, Result};
use std::collections::BTreeMap;

/// The outcome of a request. A repeated request gets it again: a success byte for byte, a refusal rendered for its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case, without the headers that every response gets anew.
    pub headers: BTreeMap<String, String>,
    /// What is sent, or the refusal.
    pub body: String,
    /// Whether the body is a refusal that has to be rendered.
    pub refused: bool,
}

/// What became of claiming a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key was free. It belongs to this request now.
    New,
    /// An earlier request with this key has its outcome.
    Completed(StoredResponse),
    /// An earlier request with this key has no outcome yet. `reference` is what it recorded for its repetitions, such as the
    /// number of the payment that it began.
    Running { reference: Option<String> },
}

const CLAIM: &str = "insert into idempotency_records (scope, idem_key, request_hash, created_at) values (?, ?, ?, ?)
    {on conflict ignore: scope}";
const FIND: &str = "select request_hash, status, location, headers, body, refused, reference from idempotency_records
    where scope = ? and idem_key = ?";
const COMPLETE: &str =
    "update idempotency_records set status = ?, headers = ?, body = ?, refused = ? where scope = ? and idem_key = ?";
const RELEASE: &str = "delete from idempotency_records where scope = ? and idem_key = ? and body is null";
const SET_REFERENCE: &str = "update idempotency_records set reference = ? where scope = ? and idem_key = ?";
/// Records, by the time at which their key was claimed.
pub const RECORDS: Aged = Aged { table: "idempotency_records", at: "created_at" };

pub(crate) const STATEMENTS: &[&str] = &[CLAIM, FIND, COMPLETE, RELEASE, SET_REFERENCE];

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
        let (status, location, headers) = (row.next::<Option<i64>>()?, row.next()?, row.next()?);
        let (body, refused) = (row.next()?, row.next::<Option<i64>>()? == Some(1));
        Ok(match (status.and_then(|status| u16::try_from(status).ok()), body) {
            (Some(status), Some(body)) => {
                Claim::Completed(StoredResponse { status, headers: stored_headers(headers, location)?, body, refused })
            }
            _ => Claim::Running { reference: row.next()? },
        })
    })
}

fn stored_headers(headers: Option<String>, location: Option<String>) -> Result<BTreeMap<String, String>> {
    match headers {
        Some(text) => serde_json::from_str(&text).map_err(|e| Code::Internal.error().caused_by(e)),
        None => Ok(location.map(|path| ("location".to_owned(), path)).into_iter().collect()),
    }
}

/// Stores the outcome of the request that claimed the key.
pub fn complete(tx: &mut Tx<'_>, scope: &str, key: &str, response: &StoredResponse) -> Result<()> {
    let (status, refused) = (i64::from(response.status), i64::from(response.refused));
    let headers = serde_json::to_string(&response.headers).map_err(|e| Code::Internal.error().caused_by(e))?;
    tx.exec_unseen(COMPLETE, args![status, headers, response.body, refused, scope, key])
}

/// Frees the key of a request that has no outcome: its repetition is a new request.
pub fn release(tx: &mut Tx<'_>, scope: &str, key: &str) -> Result<()> {
    tx.exec_unseen(RELEASE, args![scope, key])
}

/// Records what the running request works on, so that a repetition after a crash can find it.
pub fn set_reference(tx: &mut Tx<'_>, scope: &str, key: &str, reference: &str) -> Result<()> {
    tx.exec_unseen(SET_REFERENCE, args![reference, scope, key])
}
