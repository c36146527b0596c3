//! The tokens that were verified a moment ago. A client sends the same token with every request, and reading and verifying it
//! takes a quarter of the time of a short request.

use super::{Identity, Purpose, not_valid};
use kernel::{Code, Result, Timestamp};
use moka::sync::Cache;
use std::time::Duration;

/// Bytes of tokens that are kept, about 30,000 of our own.
const BYTES_MAX: u64 = 16 << 20;
/// What an entry takes beside its token, in bytes.
const ENTRY_BYTES: u32 = 200;

/// What a token with a valid signature of an accepted issuer says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verified {
    pub identity: Identity,
    pub purpose: Purpose,
    pub not_before: Option<Timestamp>,
    pub expires_at: Timestamp,
    /// How much the issuer's clock may be off.
    pub leeway: Duration,
    /// How many times the outside provider's keys had been read before this token was verified.
    pub keys_read: u64,
}

impl Verified {
    /// The caller, if the token may be used for this purpose now; A003 for an expired one, A004 otherwise.
    pub fn caller(&self, now: Timestamp, purpose: Purpose) -> Result<Identity> {
        if now >= self.expires_at.after(self.leeway) {
            return Err(Code::TokenExpired.error());
        }
        if self.not_before.is_some_and(|from| now.after(self.leeway) < from) {
            return Err(not_valid("it is not good yet"));
        }
        if self.purpose != purpose {
            return Err(not_valid("the token is meant for something else"));
        }
        Ok(self.identity)
    }
}

/// Keeps the tokens that were used most.
pub(super) struct VerifiedTokens(Cache<String, Verified>);

impl VerifiedTokens {
    pub fn new() -> VerifiedTokens {
        let bytes = |token: &String, _: &Verified| ENTRY_BYTES + u32::try_from(token.len()).unwrap_or(u32::MAX >> 1);
        VerifiedTokens(Cache::builder().max_capacity(BYTES_MAX).weigher(bytes).build())
    }

    /// What this token says, if it was verified with the keys that hold now.
    pub fn get(&self, token: &str, keys_read: u64) -> Option<Verified> {
        self.0.get(token).filter(|verified| verified.keys_read == keys_read)
    }

    pub fn keep(&self, token: &str, verified: Verified) {
        self.0.insert(token.to_owned(), verified);
    }
}
