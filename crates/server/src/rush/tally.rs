//! What people were answered, counted while it happens.

use std::{collections::BTreeMap, time::Duration};

/// What a person was answered in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They have one; the id under which the shop keeps it.
    Got(i64),
    /// The code of the refusal.
    Refused(String),
    /// There was no response, or one that a client should never get: what came.
    Failed(String),
}

/// Counts of a rush that still runs.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub got: u64,
    pub refused: u64,
    pub failed: u64,
    /// Requests that the shop asked to repeat later, because too many came at once.
    pub repeated: u64,
    /// Requests without a response so far.
    pub in_flight: u64,
    /// How long each person waited for the response, in microseconds.
    latencies: Vec<u32>,
}

impl Tally {
    /// One person was answered after `took`.
    pub fn count(&mut self, outcome: &Outcome, took: Duration) {
        match outcome {
            Outcome::Got(_) => self.got += 1,
            Outcome::Refused(_) => self.refused += 1,
            Outcome::Failed(_) => self.failed += 1,
        }
        self.latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// How many people have their answer.
    pub const fn answered(&self) -> u64 {
        self.got + self.refused + self.failed
    }

    /// Within this time so many percent of the responses came; zero without any.
    pub fn within(&mut self, percent: usize) -> Duration {
        if self.latencies.is_empty() {
            return Duration::ZERO;
        }
        self.latencies.sort_unstable();
        let at = (self.latencies.len() * percent).div_ceil(100).clamp(1, self.latencies.len()) - 1;
        Duration::from_micros(self.latencies[at].into())
    }
}

/// How often each text occurs, as `S602 2,900`.
pub fn by_text<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text.to_owned()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_counted_once() {
        let mut tally = Tally::default();
        for (n, outcome) in
            [Outcome::Got(7), Outcome::Refused("S602".to_owned()), Outcome::Failed("503 C013".to_owned())]
                .iter()
                .enumerate()
        {
            tally.count(outcome, Duration::from_millis(n as u64));
        }
        assert_eq!((tally.got, tally.refused, tally.failed, tally.answered()), (1, 1, 1, 3));
    }

    #[test]
    fn percentiles_are_latencies_that_occurred() {
        let mut tally = Tally::default();
        assert_eq!(tally.within(99), Duration::ZERO);
        for ms in (1..=100).rev() {
            tally.count(&Outcome::Got(ms), Duration::from_millis(ms.unsigned_abs()));
        }
        for (percent, ms) in [(50, 50), (99, 99), (100, 100), (0, 1)] {
            assert_eq!(tally.within(percent), Duration::from_millis(ms), "{percent}");
        }
    }

    #[test]
    fn refusals_are_counted_by_their_code() {
        let counts = by_text(["S602", "S604", "S602"]);
        assert_eq!(counts, BTreeMap::from([("S602".to_owned(), 2), ("S604".to_owned(), 1)]));
    }
}
