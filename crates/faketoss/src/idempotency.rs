//! Answers that are repeated to the same idempotency key: errors too, and whatever the body is.

use crate::failure::Failure;
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(15 * 24 * 3_600);
/// Longest key.
const KEY_MAX: usize = 300;

/// What was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stored {
    /// Key, API key, method and address.
    pub identity: String,
    pub at: Timestamp,
    pub status: u16,
    pub body: Value,
}

/// The answers, and the requests that are running.
#[derive(Debug, Default)]
pub struct Answers {
    stored: HashMap<String, Stored>,
    running: HashSet<String>,
}

/// What a request with a key leads to.
pub enum Claim {
    New,
    Again(u16, Value),
}

impl Answers {
    /// The request begins, or is a repetition.
    pub fn claim(&mut self, identity: &str, key: &str, now: Timestamp) -> Result<Claim, Failure> {
        if key.chars().count() > KEY_MAX {
            return Err(Failure::of("INVALID_IDEMPOTENCY_KEY", "멱등키는 300자 이하여야 합니다."));
        }
        if let Some(stored) = self.stored.get(identity).filter(|stored| now < stored.at.after(KEPT)) {
            return Ok(Claim::Again(stored.status, stored.body.clone()));
        }
        if !self.running.insert(identity.to_owned()) {
            return Err(Failure::of("IDEMPOTENT_REQUEST_PROCESSING", "이전 멱등 요청이 처리 중입니다."));
        }
        Ok(Claim::New)
    }

    /// The request has ended; `None` when it left nothing, as if it had never arrived.
    pub fn end(&mut self, identity: &str, answer: Option<Stored>) {
        self.running.remove(identity);
        if let Some(answer) = answer {
            self.keep(answer);
        }
    }

    /// Takes an answer in.
    pub fn keep(&mut self, answer: Stored) {
        self.stored.insert(answer.identity.clone(), answer);
    }
}
