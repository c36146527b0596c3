//! Entry tokens: what proves a place in a queue. A token names the queue, the visit and the user, and is signed with the
//! queue's own key, so that it cannot be guessed, and one user's token is of no use to another.

use crate::queue::{Queue, QueueId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Code, Random, Result, UserId, text::hex};
use ring::hmac;
use std::fmt;

/// Bytes of a key, as many as the hash it keys.
const KEY_BYTES: usize = 32;
/// Bytes before the signature: queue, visit, user.
const BODY_BYTES: usize = 8 + 8 + 16;

/// What a token says. Only [`Token::verify`] proves that the shop said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub queue: QueueId,
    /// Which of the user's visits.
    pub visit: i64,
    pub user: UserId,
}

/// A token as a client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub token: Token,
    signature: [u8; 32],
}

/// A new key, as the queue's row keeps it.
pub fn key(random: &mut Random) -> String {
    let mut bytes = [0; KEY_BYTES];
    random.fill(&mut bytes);
    hex(&bytes)
}

impl Token {
    fn body(&self) -> [u8; BODY_BYTES] {
        let mut body = [0; BODY_BYTES];
        body[..8].copy_from_slice(&self.queue.raw().to_be_bytes());
        body[8..16].copy_from_slice(&self.visit.to_be_bytes());
        body[16..].copy_from_slice(self.user.uuid().as_bytes());
        body
    }

    /// The token as text, signed with the queue's key.
    pub fn signed(&self, queue: &Queue) -> String {
        let body = self.body();
        let signature = hmac::sign(&hmac_key(queue), &body);
        URL_SAFE_NO_PAD.encode([&body[..], signature.as_ref()].concat())
    }
}

impl Sent {
    /// Reads what a client sent; S803 when no token looks like it.
    pub fn read(text: &str) -> Result<Sent> {
        let unknown = || Code::QueueEntryNotFound.error();
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown())?;
        let (body, signature) = bytes.split_at_checked(BODY_BYTES).ok_or_else(unknown)?;
        let signature = signature.try_into().map_err(|_| unknown())?;
        let number = |at: usize| i64::from_be_bytes(std::array::from_fn(|n| body[at + n]));
        let user = UserId::new(uuid::Uuid::from_bytes(std::array::from_fn(|n| body[16 + n])));
        Ok(Sent { token: Token { queue: QueueId::new(number(0)), visit: number(8), user }, signature })
    }

    /// The token, if the queue signed it; S803 when it is forged or of another queue, S807 when it is not `user`'s. Without a
    /// user the token alone is the proof.
    pub fn verify(&self, queue: &Queue, user: Option<&UserId>) -> Result<Token> {
        let body = self.token.body();
        hmac::verify(&hmac_key(queue), &body, &self.signature).map_err(|_| Code::QueueEntryNotFound.error())?;
        match user {
            Some(user) if *user != self.token.user => Err(Code::QueueTokenUserMismatch.error()),
            Some(_) | None => Ok(self.token),
        }
    }
}

fn hmac_key(queue: &Queue) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, queue.token_key.as_bytes())
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "visit {} of queue {}", self.visit, self.queue)
    }
}
