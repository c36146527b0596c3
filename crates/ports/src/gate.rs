//! The gate in front of what there are only so many of: coupons, units of a time deal. It remembers what the database said
//! last, and refuses without asking it who would be refused anyway. It may only refuse or let through: a request that it
//! lets through asks the database, whose guarded row and unique key decide. So a gate that forgets, is late or is away
//! costs reads and nothing else.
//!
//! A refusal rests on committed rows that were read less than [`FRESH`] ago. Of those who ask, one is let through every
//! [`LOOK_EVERY`] although the gate would refuse: that request reads the rows for all others. Therefore a user who could
//! have a unit is not refused for longer than a second, whatever message was lost.

pub mod conformance;
mod memory;
pub mod redis;
mod state;

pub use memory::MemoryGate;
pub use redis::RedisGate;

use async_trait::async_trait;
use kernel::{Timestamp, UserId};
use std::{
    fmt,
    time::{Duration, Instant},
};

/// How old the rows may be on which a refusal rests.
pub const FRESH: Duration = Duration::from_millis(800);
/// How often one request is let through to read the rows again.
pub const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The same after a unit was taken or a request was refused by the database.
pub const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How often all users of a subject are read while there are units left. Once there are none, they are read at once.
pub const LOAD_EVERY: Duration = Duration::from_secs(1);
/// How long somebody who was let through counts as under way. Longer is only the request of an instance that died.
pub const HOLD: Duration = Duration::from_secs(1);
/// So many more requests than there are units left may be under way: some of those that are let through fail.
pub const OVERBOOKED: i64 = 64;
/// Most users that a gate in the process remembers. A user costs 21 bytes in a table that is between 44 and 88 % full: 24
/// to 48 bytes, so at most 48 MB.
pub const USERS_MAX: usize = 1_000_000;
/// Most users of one subject that are read. A subject with more is answered by the database unless the gate saw them come.
pub const USERS_READ_MAX: i64 = 100_000;

/// What there are only so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Such as `COUPON`.
    pub kind: &'static str,
    pub id: i64,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// Who wants how many units, and when by the shop's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub subject: Subject,
    pub user: UserId,
    pub units: i64,
    pub at: Timestamp,
}

/// What the database has of a subject: what a look reads, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Outside of these two the gate refuses no one, because the database gives another reason.
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    pub total: i64,
    pub taken: i64,
    /// How many units one user can have.
    pub per_user: i64,
    /// Whether another check comes before the user's limit while units are left, which the gate then leaves to the database.
    pub limit_last: bool,
    /// How many units ever came back; `None` for a subject whose units never do.
    pub returned: Option<i64>,
    /// Every user who has units, if they were read.
    pub users: Option<Vec<(UserId, i64)>>,
}

/// The gate's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Ask the database, and report to the gate how that ended.
    Through(Ticket),
    /// As many are under way as there are units left, and some more: wait a moment for their outcomes.
    Crowded,
    Refused(Refusal),
}

/// Why the gate refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The user would have more than this.
    OverLimit {
        per_user: i64,
    },
    SoldOut {
        left: i64,
    },
}

/// A request that was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Its number among those under way; 0 when the gate does not count it.
    pub number: u64,
    /// Whether this request is the one that reads the rows for the others.
    pub look: Option<Look>,
}

impl Ticket {
    /// A request that the gate knows nothing of.
    pub const UNCOUNTED: Ticket = Ticket { number: 0, look: None };
}

/// The task to read a subject's rows and to bring them to [`Gate::rebuild`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Changes when the subject is opened: what was read before that is of no use.
    pub fence: u64,
    pub began: Instant,
    /// Units of the users that the gate remembers, and what had come back by then.
    pub known: Option<(i64, i64)>,
    /// Whether the users are read although there are units left.
    pub load: bool,
}

impl Look {
    /// Whether all users have to be read too, because the gate cannot know them.
    pub fn wants_users(&self, snapshot: &Snapshot) -> bool {
        let present = (snapshot.taken, snapshot.returned.unwrap_or(0));
        self.known != Some(present) && (self.load || snapshot.taken >= snapshot.total)
    }
}

/// How a request that was let through ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The user has the units: it is committed.
    Took,
    /// The units are given back to the gate.
    GaveBack,
}

/// Whether a gate works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    InProcess,
    Up,
    /// It lets everybody through.
    Away,
}

/// A gate. No call fails: a gate that cannot answer lets through.
#[async_trait]
pub trait Gate: fmt::Debug + Send + Sync {
    /// Asks for units before the job that takes them in the database. Every [`Answer::Through`] is followed by
    /// [`Gate::settle`].
    async fn take(&self, asked: &Asked) -> Answer;

    /// A request that was let through has ended. Not reporting it costs nothing but [`HOLD`].
    async fn settle(&self, asked: &Asked, ticket: Ticket, outcome: Outcome);

    /// What a look read. The gate rests its refusals on it from now on, unless the subject was opened meanwhile. `None`
    /// when there is nothing to refuse: the subject is unknown or closed, and the database gives the exact reason.
    async fn rebuild(&self, subject: &Subject, look: Look, snapshot: Option<&Snapshot>);

    /// Units came back, or the rules changed: no user is refused before the next look.
    async fn open(&self, subject: &Subject);

    /// Whether the gate works now. A gate that is away says so in the log, once.
    async fn health(&self) -> Health;

    /// How often its circuit breaker has opened.
    fn breaker_openings(&self) -> u64 {
        0
    }
}
