//! Periodic work of accounts.

use crate::ops::{ADDRESS_KNOWN_FOR, FAILURES_WITHIN};
use crate::store;
use ::store::Aged;
use std::time::Duration;
use web::{App, Task};

/// How often rows that are too old are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// What is deleted, by which task, and how long after the time in its rows.
pub const FORGOTTEN: [(&str, Aged, Duration); 5] = [
    ("account.forget-tokens", store::TOKENS, Duration::ZERO),
    ("account.forget-sessions", store::ALL_SESSIONS, Duration::ZERO),
    ("account.forget-one-time-tokens", store::ALL_ONE_TIME_TOKENS, Duration::ZERO),
    ("account.forget-attempts", store::ATTEMPTS, FAILURES_WITHIN),
    ("account.forget-addresses", store::SEEN_ADDRESSES, ADDRESS_KNOWN_FOR),
];

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    FORGOTTEN.into_iter().map(|(name, rows, keep)| Task::forgetting(name, FORGET_EVERY, rows, move |_| keep)).collect()
}
