//! Threads that a test waits for. One that fails fails the test at once: no one waits minutes for what it would have done.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Raised when a thread of the test has failed.
#[derive(Clone, Default)]
pub struct Alarm(Arc<AtomicBool>);

/// Raises the alarm when it is dropped by a panic.
pub struct Guard(Alarm);

impl Alarm {
    /// Keep it as long as others may wait for what this thread does.
    pub fn guard(&self) -> Guard {
        Guard(self.clone())
    }

    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Fails when another thread has failed.
    pub fn must_be_silent(&self) {
        assert!(!self.is_raised(), "another thread of this test has failed, and has said why");
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.0.store(true, Ordering::SeqCst);
        }
    }
}

#[test]
fn a_thread_that_panics_raises_the_alarm_and_one_that_ends_does_not() {
    let alarm = Alarm::default();
    let ends = |fails: bool| {
        let guard = alarm.guard();
        let ended = thread::spawn(move || {
            let _guard = guard;
            assert!(!fails, "a thread of this test fails on purpose");
        });
        ended.join().is_err()
    };
    assert!(!ends(false) && !alarm.is_raised());
    assert!(ends(true) && alarm.is_raised());
}
