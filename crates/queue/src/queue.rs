//! A waiting queue as its row stands: what it decides, without any I/O. Every change of a queue locks its row, lets these
//! functions decide, and stores what they say, so that changes of one queue happen one after another.

use crate::entry::State;
use crate::subject::Subject;
use kernel::{Code, Id, Result, Timestamp, Together, text::wrong};
use std::time::Duration;

/// Most users admitted at the same time.
pub const CAPACITY_MAX: i64 = 1_000_000;
/// Most users admitted in one batch: their rows change in one transaction.
pub const BATCH_MAX: i64 = 10_000;
/// Longest pause between batches, in seconds.
pub const INTERVAL_MAX: i64 = 3_600;
/// Shortest and longest time of an admission, in seconds: to click once, and a day.
pub const ADMISSION_SECONDS: std::ops::RangeInclusive<i64> = 10..=86_400;
/// Places that are drawn in a lobby: so many that two users hardly ever draw the same one.
const LOBBY_PLACES: i64 = 1 << 48;

/// Marker of [`QueueId`].
pub enum Waiting {}
/// A queue's row.
pub type QueueId = Id<Waiting>;

/// How a queue admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Most users who hold a slot at the same time.
    pub max_capacity: i64,
    /// Most users admitted at once.
    pub batch_size: i64,
    /// Shortest time between two batches, in seconds.
    pub interval_seconds: i64,
    /// How long an admission lasts, in seconds.
    pub admission_seconds: i64,
    /// Most live entries from one client address; `None` is no limit.
    pub places_per_address: Option<i64>,
}

impl Rules {
    /// C002 with every number that makes no sense.
    pub fn checked(self) -> Result<Rules> {
        let within = |field, value: i64, range: std::ops::RangeInclusive<i64>| match range.contains(&value) {
            true => Ok(()),
            false => Err(wrong(field, format!("must be between {} and {}", range.start(), range.end()))),
        };
        let numbers = (
            within("maxCapacity", self.max_capacity, 1..=CAPACITY_MAX),
            within("entryBatchSize", self.batch_size, 1..=BATCH_MAX),
            within("entryIntervalSeconds", self.interval_seconds, 1..=INTERVAL_MAX),
            within("admissionSeconds", self.admission_seconds, ADMISSION_SECONDS),
            self.places_per_address.map_or(Ok(()), |most| within("placesPerAddress", most, 1..=CAPACITY_MAX)),
        );
        numbers.together().map(|_| self)
    }
}

/// Whether places are given yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Everybody waits without a visible place until the queue is opened, at this time or just after it.
    Lobby { opens_at: Timestamp },
    /// Places are given in the order of arrival.
    Open { since: Timestamp },
}

/// How soon a batch may follow the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// After the interval.
    Interval,
    /// At once, because an administrator wants it.
    AtOnce,
}

/// A waiting queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    pub id: QueueId,
    pub subject: Subject,
    pub active: bool,
    pub rules: Rules,
    pub opening: Opening,
    pub activated_at: Timestamp,
    pub deactivated_at: Option<Timestamp>,
    /// When the rules changed last.
    pub changed_at: Timestamp,
    /// Signs the entry tokens.
    pub token_key: String,
    /// Counts the changes of the queue and of its entries.
    pub version: i64,
    /// Entries that wait, with those in the lobby.
    pub waiting: i64,
    /// Entries that hold a slot.
    pub entered: i64,
    /// The last place that was given, or the last one that the lobby may draw.
    pub last_place: i64,
    /// The lobby draws places above this one.
    pub lobby_after: i64,
    /// The largest place that was admitted: everybody who waits has a larger one.
    pub admitted_place: i64,
    /// When the last batch was admitted.
    pub admitted_at: Option<Timestamp>,
}

impl Queue {
    /// Takes in one more and gives the place. In the lobby `chance` draws it; nothing shows it before the opening, so being
    /// there first, or leaving to draw again, gains nothing.
    pub fn enter(&mut self, chance: u64) -> i64 {
        self.changed();
        self.waiting += 1;
        match self.opening {
            Opening::Lobby { .. } => {
                let places = self.last_place.abs_diff(self.lobby_after).max(1);
                self.lobby_after.saturating_add(1 + (chance % places).cast_signed())
            }
            // at the largest number the place stays the same, and the order of arrival decides
            Opening::Open { .. } => {
                self.last_place = self.last_place.saturating_add(1);
                self.last_place
            }
        }
    }

    /// `count` entries that stood at `state` end.
    pub fn end(&mut self, state: State, count: i64) {
        self.changed();
        match state {
            State::Waiting => self.waiting -= count,
            State::Entered { .. } => self.entered -= count,
            State::Expired | State::Left => {}
        }
    }

    /// Opens the lobby if its time has come; gives whether it did. What was drawn there now counts, and everybody who comes
    /// later stands behind it.
    pub fn open(&mut self, now: Timestamp) -> bool {
        match self.opening {
            Opening::Lobby { opens_at } if self.active && opens_at <= now => {
                self.changed();
                self.opening = Opening::Open { since: now };
                true
            }
            Opening::Lobby { .. } | Opening::Open { .. } => false,
        }
    }

    /// Whether it is a lobby, in which no one has a position.
    pub const fn is_lobby(&self) -> bool {
        matches!(self.opening, Opening::Lobby { .. })
    }

    /// How many of those who wait may be admitted now.
    pub fn admissible(&self, now: Timestamp, pace: Pace) -> i64 {
        let open = self.active && matches!(self.opening, Opening::Open { .. });
        let in_time = pace == Pace::AtOnce || self.next_batch_at().is_none_or(|next| next <= now);
        if !open || !in_time {
            return 0;
        }
        let free = self.rules.max_capacity - self.entered;
        free.min(self.rules.batch_size).min(self.waiting).max(0)
    }

    /// When its lobby opens or its next batch is due, as it stands at `now`; an admission that ends is no part of it.
    pub fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let has_room = self.waiting > 0 && self.rules.max_capacity > self.entered;
        match self.opening {
            _ if !self.active => None,
            Opening::Lobby { opens_at } => Some(opens_at),
            Opening::Open { .. } => has_room.then(|| self.next_batch_at().unwrap_or(now)),
        }
    }

    /// After how many seconds it makes sense that somebody who waits asks again: when the lobby opens, and then once for each batch.
    pub fn retry_after(&self, now: Timestamp) -> u32 {
        let seconds = match self.opening {
            Opening::Lobby { opens_at } => opens_at.since(now).as_secs().saturating_add(1),
            Opening::Open { .. } => self.rules.interval_seconds.unsigned_abs(),
        };
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    /// When the interval since the last batch is over.
    fn next_batch_at(&self) -> Option<Timestamp> {
        self.admitted_at.map(|at| at.after(seconds(self.rules.interval_seconds)))
    }

    /// Admits the first `count` of those who wait, the last of whom has `last_place`; gives how long their admission lasts.
    pub fn admit(&mut self, count: i64, last_place: i64, now: Timestamp) -> Timestamp {
        self.changed();
        self.waiting -= count;
        self.entered += count;
        self.admitted_place = self.admitted_place.max(last_place);
        self.admitted_at = Some(now);
        now.after(seconds(self.rules.admission_seconds))
    }

    /// Sets the rules, and activates the queue if it is not active. Places and admissions stay. With an opening time that is
    /// still to come people wait in a lobby; C019 when the queue is open already.
    pub fn activate(&mut self, rules: Rules, opens_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
        let opens_at = opens_at.filter(|at| *at > now);
        self.opening = match (self.opening, opens_at) {
            (Opening::Open { .. }, Some(_)) if self.active => {
                return Err(Code::Conflict.because("this queue is open already, so it has no opening time any more"));
            }
            // a lobby whose time is moved stays the same lobby
            (Opening::Lobby { .. }, Some(opens_at)) if self.active => Opening::Lobby { opens_at },
            (Opening::Lobby { .. } | Opening::Open { .. }, Some(opens_at)) => {
                self.make_lobby_places();
                Opening::Lobby { opens_at }
            }
            (open @ Opening::Open { .. }, None) if self.active => open,
            (Opening::Lobby { .. } | Opening::Open { .. }, None) => Opening::Open { since: now },
        };
        if !self.active {
            (self.active, self.activated_at, self.deactivated_at) = (true, now, None);
        }
        (self.rules, self.changed_at) = (rules, now);
        self.changed();
        Ok(())
    }

    /// Sets places apart for a lobby to draw, behind everybody who waits. Without any the numbers begin anew, so that they do not
    /// run out; a queue in which people wait through thousands of lobbies draws of fewer.
    fn make_lobby_places(&mut self) {
        if self.waiting == 0 {
            (self.last_place, self.admitted_place) = (0, 0);
        }
        self.lobby_after = self.last_place;
        self.last_place += LOBBY_PLACES.min((i64::MAX - self.last_place) / 2);
    }

    /// Lets no one in and admits no one until it is activated again. Places and admissions stay.
    pub fn deactivate(&mut self, now: Timestamp) {
        (self.active, self.deactivated_at) = (false, Some(now));
        self.changed();
    }

    fn changed(&mut self) {
        self.version += 1;
    }
}

/// So many seconds as a duration; none for a negative number.
pub fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0))
}
