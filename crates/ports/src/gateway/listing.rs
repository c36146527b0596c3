//! The list of what a gateway did, for the ledger comparison.

use kernel::{Money, Reference, Timestamp};

/// From `from` on and before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Period {
    /// Whether `at` is in it. A record without a time may be, so it counts.
    pub fn has(&self, at: Option<Timestamp>) -> bool {
        at.is_none_or(|at| self.from <= at && at < self.to)
    }
}

/// What a gateway answers when it is asked for its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    Page(Listed),
    /// It has no such list.
    NotKept,
    /// No response, or one that cannot be read.
    Unknown,
}

/// A page of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub moved: Vec<Moved>,
    /// Names the last record of this page; `None` on the last page.
    pub next: Option<String>,
    /// The list has nothing that is older; `None` when it has everything.
    pub since: Option<Timestamp>,
}

/// Money that a gateway moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub movement: Movement,
    pub order: Reference,
    /// The gateway's name for it.
    pub transaction: String,
    pub amount: Money,
    /// When; `None` when the record does not say it.
    pub at: Option<Timestamp>,
}

/// The direction in which money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Movement {
    /// From the buyer to the shop.
    Captured,
    /// Back to the buyer.
    Refunded,
}
