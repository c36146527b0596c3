//! A user's entry in a waiting queue, and what can happen to it.

use kernel::{Timestamp, UserId};

::store::text_enum! {
    /// How an entry stands.
    #[schema(as = QueueStatus)]
    pub enum Status: "queue status" {
        /// Has a place, or waits in the lobby for one.
        Waiting = "WAITING",
        /// Is admitted and holds a slot.
        Entered = "ENTERED",
        /// Was admitted and did not use it in time.
        Expired = "EXPIRED",
        /// Left, or got what the queue stands in front of.
        Left = "LEFT",
    }
}

/// What an entry has gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Entered { until: Timestamp },
    Expired,
    Left,
}

impl State {
    /// How it stands at `now`: an admission ends by the clock, whether or not a task has seen it.
    pub fn at(self, now: Timestamp) -> State {
        match self {
            State::Entered { until } if until <= now => State::Expired,
            State::Waiting | State::Entered { .. } | State::Expired | State::Left => self,
        }
    }

    /// Its name.
    pub const fn status(self) -> Status {
        match self {
            State::Waiting => Status::Waiting,
            State::Entered { .. } => Status::Entered,
            State::Expired => Status::Expired,
            State::Left => Status::Left,
        }
    }

    /// Whether nothing more happens to it unless the user enters again.
    pub const fn has_ended(self) -> bool {
        match self {
            State::Waiting | State::Entered { .. } => false,
            State::Expired | State::Left => true,
        }
    }
}

/// Where an entry stands in the order of admission; smaller is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub number: i64,
    /// Decides between two who drew the same number in the lobby.
    pub entry: i64,
}

/// A user's entry. Who enters again after leaving has the same row with a new place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub place: Place,
    pub user: UserId,
    /// Which of the user's visits; the entry token names it.
    pub visit: i64,
    pub state: State,
    pub admitted_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}
