//! Named points between two durable writes at which a test can end the process, to prove that no confirmed write is lost.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

struct Armed {
    name: String,
    skip: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// The environment variable that arms one point: `name` or `name:n` for the n-th time it is reached (from 1). Only tests set it.
pub const VARIABLE: &str = "HOLDFAST_CRASH_AT";

/// Every point in the program; the crash tests walk this list.
pub const POINTS: &[&str] = &[
    "store.before-commit",
    "store.after-commit",
    "payment.intent-stored",
    "payment.gateway-answered",
    "payment.outcome-stored",
    "refund.intent-stored",
    "refund.gateway-answered",
    "refund.outcome-stored",
];

/// Ends the process at once (no destructors, no flushing) if this point is armed and due.
pub fn point(name: &'static str) {
    let Some(armed) = ARMED.get_or_init(from_environment) else { return };
    if armed.name == name && armed.skip.fetch_sub(1, Ordering::Relaxed) == 1 {
        std::process::abort();
    }
}

fn from_environment() -> Option<Armed> {
    let text = std::env::var(VARIABLE).ok()?;
    let (name, nth) = text.split_once(':').unwrap_or((&text, "1"));
    Some(Armed { name: name.to_owned(), skip: AtomicU64::new(nth.parse().unwrap_or(1)) })
}
