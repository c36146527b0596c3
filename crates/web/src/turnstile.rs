//! The check that a waiting queue makes before somebody may have what it stands in front of. The domain of queues registers
//! it in [`crate::Module::turnstile`], and the handlers of what can have a queue call it in their job: domains know nothing of
//! each other. In the other direction, a domain whose things can have a queue registers how they are named.

use kernel::{Result, UserId};
use std::fmt;
use store::Tx;

/// Somebody who wants something that may have a waiting queue.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// What kind of thing they want, such as `COUPON`.
    pub event_type: &'static str,
    /// Which of its kind.
    pub event_id: i64,
    pub user: UserId,
    /// The entry token, if they sent one. Without it their user id is enough.
    pub token: Option<&'a str>,
}

type Check = fn(&mut Tx<'_>, &Visitor<'_>) -> Result<()>;

/// The two checks. Both let everybody through while no queue is active for what the visitor wants.
#[derive(Clone, Copy)]
pub struct Turnstile {
    /// Whether the visitor is admitted now: one read that changes nothing, for refusing early. S805 while they wait, S806
    /// when they are not in the queue; S803, S804 or S807 for a token that does not prove it.
    pub admitted: Check,
    /// The same, and the visitor's slot is free again when this transaction commits. For the job that gives them what they
    /// want; a refusal of that job leaves the admission as it was.
    pub pass: Check,
}

impl Turnstile {
    /// Lets everybody through, as in a shop without queues.
    pub const OPEN: Turnstile = Turnstile { admitted: |_, _| Ok(()), pass: |_, _| Ok(()) };
}

type Names = fn(&mut Tx<'_>, &[i64]) -> Result<Vec<(i64, String)>>;

/// A kind of thing that can have a waiting queue, as its domain registers it in [`crate::Module::queued`].
#[derive(Clone, Copy)]
pub struct Queued {
    /// The type of the queues in front of it, such as `COUPON`.
    pub event_type: &'static str,
    /// The names of those with these numbers, found by one statement. A number that there is not has none.
    pub names: Names,
}

impl fmt::Debug for Queued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event_type)
    }
}

impl fmt::Debug for Turnstile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("turnstile")
    }
}
