//! A queue in the memory of an instance: its row, its live entries, and who stands where. Every instance builds it from the
//! database and follows the changes by the queue's version, so that a status costs no statement.

use crate::entry::{Entry, Place, State};
use crate::queue::{Opening, Queue, seconds};
use kernel::{Timestamp, UserId};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// The last minutes from which an estimate is made.
pub const MEASURED: Duration = Duration::from_secs(300);
/// Longest estimate, in seconds: a month, beyond which no number helps.
const LONGEST_S: f64 = 30.0 * 86_400.0;
/// How long an ended entry is remembered, so that its streams can say how it ended. Later it is read from the database.
const ENDED_FOR: Duration = Duration::from_secs(600);

/// A queue as an instance knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub queue: Queue,
    entries: HashMap<UserId, Entry>,
    /// The places of those who wait, ascending.
    places: Vec<Place>,
    /// When slots became free in the last minutes, ascending.
    freed: VecDeque<Timestamp>,
    /// Ended entries that are still in `entries`, oldest first.
    ended: VecDeque<(Timestamp, UserId)>,
}

/// How a user's entry stands in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub entry: Entry,
    /// 1 for who is next; 0 in the lobby and for everybody who does not wait.
    pub position: u64,
    pub total_waiting: u64,
    pub wait: Duration,
}

impl Line {
    /// A queue with its live entries.
    pub fn of(queue: Queue, entries: Vec<Entry>) -> Line {
        let mut line = Line {
            queue: queue.clone(),
            entries: HashMap::new(),
            places: Vec::new(),
            freed: VecDeque::new(),
            ended: VecDeque::new(),
        };
        line.follow(queue, entries);
        line
    }

    /// Takes over the queue's row of now and every entry that changed since the row of before. An entry that comes again changes
    /// nothing.
    pub fn follow(&mut self, queue: Queue, changed: Vec<Entry>) {
        let (mut gone, mut come, mut freed) = (Vec::new(), Vec::new(), Vec::new());
        for entry in changed {
            let before = self.entries.insert(entry.user, entry);
            if before == Some(entry) {
                continue;
            }
            gone.extend(before.filter(|before| before.state == State::Waiting).map(|before| before.place));
            match (entry.state, entry.ended_at) {
                (State::Waiting, _) => come.push(entry.place),
                (State::Expired | State::Left, Some(at)) => {
                    self.ended.push_back((at, entry.user));
                    freed.extend(entry.admitted_at.map(|_| at));
                }
                (State::Entered { .. } | State::Expired | State::Left, _) => {}
            }
        }
        remove(&mut self.places, gone);
        add(&mut self.places, come);
        freed.sort_unstable();
        self.freed.extend(freed);
        self.queue = queue;
    }

    /// Forgets what has become too old to matter at `now`.
    pub fn forget(&mut self, now: Timestamp) {
        while self.freed.front().is_some_and(|at| now.since(*at) > MEASURED) {
            self.freed.pop_front();
        }
        while let Some((_, user)) = self.ended.front().filter(|(at, _)| now.since(*at) > ENDED_FOR) {
            if self.entries.get(user).is_some_and(|entry| entry.state.has_ended()) {
                self.entries.remove(user);
            }
            self.ended.pop_front();
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.places.len()
    }

    /// How the user's entry stands at `now`, if this instance remembers it.
    pub fn standing(&self, user: &UserId, now: Timestamp) -> Option<Standing> {
        self.entries.get(user).map(|entry| self.standing_of(*entry, now))
    }

    /// How an entry of this queue stands at `now`.
    pub fn standing_of(&self, entry: Entry, now: Timestamp) -> Standing {
        let entry = Entry { state: entry.state.at(now), ..entry };
        let waits = entry.state == State::Waiting;
        let (position, wait) = match self.queue.opening {
            _ if !waits => (0, Duration::ZERO),
            Opening::Lobby { opens_at } => (0, opens_at.since(now)),
            Opening::Open { .. } => {
                let before = self.places.partition_point(|place| *place < entry.place) as u64;
                (before + 1, self.wait(before + 1, now))
            }
        };
        Standing { entry, position, total_waiting: if waits { self.places.len() as u64 } else { 0 }, wait }
    }

    /// How long the one at `position` still waits: until a batch reaches it, and until so many slots are free as have to be,
    /// if they become free as in the last minutes.
    fn wait(&self, position: u64, now: Timestamp) -> Duration {
        let (rules, position) = (&self.queue.rules, i64::try_from(position).unwrap_or(i64::MAX));
        let batches = seconds(rounds(position, rules.batch_size).saturating_mul(rules.interval_seconds));
        let beyond = position - (rules.max_capacity - self.queue.entered).max(0);
        if beyond <= 0 {
            return batches;
        }
        let slots = match self.measured(now) {
            Some((freed, span)) => {
                Duration::from_secs_f64((span.as_secs_f64() / freed as f64 * beyond as f64).min(LONGEST_S))
            }
            // nothing shows that an admission ends early
            None => seconds(rounds(beyond, rules.max_capacity).saturating_mul(rules.admission_seconds)),
        };
        batches.max(slots)
    }

    /// How many slots became free in the last minutes, and in which time.
    fn measured(&self, now: Timestamp) -> Option<(usize, Duration)> {
        let opened = match self.queue.opening {
            Opening::Lobby { .. } => return None,
            Opening::Open { since } => since,
        };
        let begin = now.before(MEASURED).max(opened);
        let freed = self.freed.len() - self.freed.partition_point(|at| *at < begin);
        let span = now.since(begin);
        (freed > 0 && !span.is_zero()).then_some((freed, span))
    }
}

/// How many rounds of `each` it takes until `count` had their turn.
const fn rounds(count: i64, each: i64) -> i64 {
    count / each + (count % each != 0) as i64
}

/// Takes `gone` out of the ascending `places`.
fn remove(places: &mut Vec<Place>, mut gone: Vec<Place>) {
    gone.sort_unstable();
    let mut next = gone.into_iter().peekable();
    if next.peek().is_some() {
        places.retain(|place| {
            while next.next_if(|gone| gone < place).is_some() {}
            next.next_if_eq(place).is_none()
        });
    }
}

/// Puts `come` into the ascending `places`. Most come at the end.
fn add(places: &mut Vec<Place>, mut come: Vec<Place>) {
    come.sort_unstable();
    let at_the_end = come.first().is_none_or(|first| places.last().is_none_or(|last| last < first));
    places.append(&mut come);
    if !at_the_end {
        // two ascending runs, which this sort merges
        places.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(numbers: &[i64]) -> Vec<Place> {
        numbers.iter().map(|number| Place { number: *number, entry: *number }).collect()
    }

    #[test]
    fn places_stay_ascending() {
        let mut some = places(&[1, 3, 5, 7]);
        remove(&mut some, places(&[5, 1, 4]));
        assert_eq!(some, places(&[3, 7]));
        add(&mut some, places(&[9, 8]));
        add(&mut some, places(&[1, 4]));
        assert_eq!(some, places(&[1, 3, 4, 7, 8, 9]));
    }

    #[test]
    fn rounds_are_counted_up() {
        assert_eq!([0, 1, 10, 11].map(|count| rounds(count, 10)), [0, 1, 1, 2]);
    }
}
