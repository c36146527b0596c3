//! The two clocks: the machine's, and one that tests set.

use kernel::{Clock, Timestamp};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, UNIX_EPOCH},
};

/// The machine's clock. Business code gets the time from here only.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[allow(clippy::disallowed_methods, reason = "other code gets this clock")]
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that changes only when it is set: for tests, and for the demo's unpaid order.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `at`.
    pub fn new(at: Timestamp) -> ManualClock {
        ManualClock(AtomicI64::new(at.as_millis()))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().after(by));
    }

    /// Sets the clock. `at` may be earlier, because the clocks of real machines jump back too.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_millis(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// 2026-02-06 09:00 in Seoul, a Friday.
    fn default() -> Self {
        ManualClock::new(Timestamp::from_millis(1_770_336_000_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = ManualClock::default();
        assert_eq!(clock.now().to_string(), "2026-02-06T00:00:00.000Z");
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().to_string(), "2026-02-06T00:01:30.000Z");
        clock.set(Timestamp::from_millis(5));
        assert_eq!(clock.now(), Timestamp::from_millis(5));
    }

    #[test]
    fn the_system_clock_is_past_the_year_of_its_making() {
        assert!(SystemClock.now() > ManualClock::default().now().before(Duration::from_secs(86_400 * 365)));
    }
}
