//! A circuit breaker: after several failures in a row it stops calls to another system for a time, then lets one call through.

use kernel::Timestamp;
use parking_lot::Mutex;
use std::time::Duration;

/// Counts the failures of one system. The caller passes the time, so the breaker needs no clock.
#[derive(Debug)]
pub struct Breaker {
    failures_max: u32,
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Calls go through; the last `failures` calls failed.
    Closed { failures: u32 },
    /// No call goes through.
    Open { until: Timestamp },
    /// One trial call runs; other calls are refused.
    Trying { since: Timestamp },
}

impl Breaker {
    /// A breaker that opens after `failures_max` failures in a row and stays open for `open_for`.
    pub fn new(failures_max: u32, open_for: Duration) -> Breaker {
        Breaker { failures_max, open_for, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Whether a call may be made now. After the call, report [`Breaker::succeeded`] or [`Breaker::failed`]. A trial that reports
    /// neither counts as failed after the opening time.
    pub fn admits(&self, now: Timestamp) -> bool {
        let mut state = self.state.lock();
        let due = match *state {
            State::Closed { .. } => return true,
            State::Open { until } => now >= until,
            State::Trying { since } => now >= since.after(self.open_for),
        };
        if due {
            *state = State::Trying { since: now };
        }
        due
    }

    /// A call got its answer.
    pub fn succeeded(&self) {
        *self.state.lock() = State::Closed { failures: 0 };
    }

    /// A call got no answer. Gives whether the breaker opened because of it.
    pub fn failed(&self, now: Timestamp) -> bool {
        let mut state = self.state.lock();
        let was_open = matches!(*state, State::Open { .. });
        *state = match *state {
            State::Closed { failures } if failures + 1 < self.failures_max => State::Closed { failures: failures + 1 },
            State::Closed { .. } | State::Trying { .. } => State::Open { until: now.after(self.open_for) },
            State::Open { until } => State::Open { until },
        };
        !was_open && matches!(*state, State::Open { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(10);

    fn at(s: i64) -> Timestamp {
        Timestamp::from_millis(s * 1_000)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_tries_one_call_later() {
        let breaker = Breaker::new(3, OPEN_FOR);
        for _ in 0..2 {
            assert!(breaker.admits(at(0)));
            breaker.failed(at(0));
        }
        breaker.succeeded(); // three in a row are needed, so the count begins again
        for n in 0..3 {
            assert!(breaker.admits(at(1)));
            assert_eq!(breaker.failed(at(1)), n == 2, "the third opens it");
        }
        assert!(!breaker.admits(at(2)), "open");
        assert!(breaker.admits(at(11)), "one trial");
        assert!(!breaker.admits(at(11)), "and only one");
        breaker.failed(at(12));
        assert!(!breaker.admits(at(21)), "open again from the failed trial");
        assert!(breaker.admits(at(22)));
        breaker.succeeded();
        assert!(breaker.admits(at(22)) && breaker.admits(at(22)), "closed");
    }

    #[test]
    fn a_trial_that_never_reports_does_not_block_later_calls() {
        let breaker = Breaker::new(1, OPEN_FOR);
        breaker.failed(at(0));
        assert!(breaker.admits(at(10)));
        assert!(!breaker.admits(at(19)));
        assert!(breaker.admits(at(20)));
    }
}
