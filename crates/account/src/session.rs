//! Refresh tokens. Every sign-in begins a family of tokens; each token is exchanged for the next one, its successor.
//!
//! Two tabs of a browser may send the same token at the same moment, and a response may be lost. So a token that was used
//! a moment ago gets the same successor again. The database has only hashes; the successor is calculated from the token,
//! which only its holder has, and a salt, which only the database has.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Random, Timestamp, UserId};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest refresh token that is accepted, in bytes.
pub const TOKEN_MAX: usize = 100;

/// Longest name of a device that is kept, in characters.
pub const DEVICE_MAX: usize = 200;

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// For signing out of it.
    pub id: Uuid,
    /// Whether the request that asks belongs to it.
    pub current: bool,
    /// The address of the sign-in; null when it is not known.
    pub address: Option<String>,
    /// What the client of the sign-in called itself (`User-Agent`).
    pub device: Option<String>,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub used_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
}

/// A stored refresh token. The database has only its hash, so a stolen database opens no sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    pub id: i64,
    /// All tokens that came from one sign-in.
    pub family: String,
    pub user: UserId,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// Drawn at the first use; see [`successor`].
    pub successor_salt: Option<String>,
    pub ended_at: Option<Timestamp>,
}

/// Result of presenting a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// It may be exchanged for the next token.
    Good,
    Expired,
    /// Its family had ended before.
    Ended,
    /// It was used a moment ago: it gets the same successor, which this salt gives.
    Repeated(String),
    /// It was used before: the owner and a thief both had it, so the family ends.
    Again,
}

impl StoredToken {
    /// What presenting this token at `now` means, when a use may be repeated for `grace`.
    pub fn used_at(&self, now: Timestamp, grace: Duration) -> Use {
        match (self.ended_at, self.used_at, &self.successor_salt) {
            (Some(_), _, _) => Use::Ended,
            (None, Some(first), Some(salt)) if now < first.after(grace) => Use::Repeated(salt.clone()),
            (None, Some(_), _) => Use::Again,
            (None, None, _) if now >= self.expires_at => Use::Expired,
            (None, None, _) => Use::Good,
        }
    }
}

/// A new token: 256 random bits.
pub fn draw(random: &mut Random) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bits(random))
}

/// A new salt for [`successor`], in hexadecimal digits.
pub fn salt(random: &mut Random) -> String {
    kernel::hex(&bits(random))
}

fn bits(random: &mut Random) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    bytes
}

/// The token after `token`. A stolen token does not give it without the salt of the database, and a stolen database does not give it
/// without the token: each has 256 random bits.
pub fn successor(token: &str, salt: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::new().chain_update(salt).chain_update(token).finalize())
}

/// The hash under which a token is stored.
pub fn hash(token: &str) -> String {
    kernel::hex(&Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_once_and_in_time() {
        let at = Timestamp::from_millis;
        let grace = Duration::from_millis(10);
        let fresh = StoredToken {
            id: 1,
            family: "f".to_owned(),
            user: UserId::new(uuid::Uuid::nil()),
            expires_at: at(100),
            used_at: None,
            successor_salt: None,
            ended_at: None,
        };
        assert_eq!(fresh.used_at(at(99), grace), Use::Good);
        assert_eq!(fresh.used_at(at(100), grace), Use::Expired);
        let used = StoredToken { used_at: Some(at(5)), successor_salt: Some("salt".to_owned()), ..fresh.clone() };
        assert_eq!(used.used_at(at(14), grace), Use::Repeated("salt".to_owned()));
        assert_eq!(used.used_at(at(15), grace), Use::Again);
        assert_eq!(used.used_at(at(5), Duration::ZERO), Use::Again);
        let older = StoredToken { successor_salt: None, ..used.clone() };
        assert_eq!(older.used_at(at(6), grace), Use::Again, "it was used before there was a grace");
        assert_eq!(StoredToken { ended_at: Some(at(6)), ..used }.used_at(at(7), grace), Use::Ended);
    }

    #[test]
    fn a_successor_needs_both_the_token_and_the_salt() {
        let next = successor("token", "salt");
        assert_eq!(next, successor("token", "salt"));
        assert_eq!(next.len(), draw(&mut Random::seeded(1)).len());
        assert!(next != successor("token", "other") && next != successor("other", "salt"));
    }
}
