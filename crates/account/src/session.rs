//! Refresh tokens. Every sign-in begins a family of tokens; each token works once and is exchanged for the next.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Random, Timestamp, UserId};
use sha2::{Digest, Sha256};

/// Longest refresh token that is accepted, in bytes.
pub const TOKEN_MAX: usize = 100;

/// A stored refresh token. The database has only its hash, so a stolen database opens no sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    pub id: i64,
    /// All tokens that came from one sign-in.
    pub family: String,
    pub user: UserId,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// Result of presenting a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It may be exchanged for the next token.
    Good,
    Expired,
    /// Its family had ended before.
    Ended,
    /// It was used before: the owner and a thief both had it, so the family ends.
    Again,
}

impl StoredToken {
    /// What presenting this token at `now` means.
    pub fn used_at(&self, now: Timestamp) -> Use {
        match (self.ended_at, self.used_at) {
            (Some(_), _) => Use::Ended,
            (None, Some(_)) => Use::Again,
            (None, None) if now >= self.expires_at => Use::Expired,
            (None, None) => Use::Good,
        }
    }
}

/// A new token: 256 random bits.
pub fn draw(random: &mut Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
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
        let fresh = StoredToken {
            id: 1,
            family: "f".to_owned(),
            user: UserId::new(uuid::Uuid::nil()),
            expires_at: at(100),
            used_at: None,
            ended_at: None,
        };
        assert_eq!(fresh.used_at(at(99)), Use::Good);
        assert_eq!(fresh.used_at(at(100)), Use::Expired);
        assert_eq!(StoredToken { used_at: Some(at(5)), ..fresh.clone() }.used_at(at(6)), Use::Again);
        assert_eq!(StoredToken { used_at: Some(at(5)), ended_at: Some(at(6)), ..fresh }.used_at(at(7)), Use::Ended);
    }
}
