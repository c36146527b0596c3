//! What the relay and its subscribers have done, for health, metrics and the retention of the outbox.

use kernel::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use store::StoredEvent;

/// What kind of subscriber it is; the README of the server says what each kind promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In this instance's memory: the response cache and the streams.
    Memory,
    /// Changes of a domain, in the leader.
    Reactions,
    /// Another system. Its failures do not make the shop unready.
    Outside,
}

/// Where one subscriber is.
#[derive(Debug)]
pub struct Standing {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether its position is stored, so that the outbox keeps what it has not dealt with.
    pub durable: bool,
    /// The sequence number of the last event that it has dealt with.
    position: AtomicI64,
    /// The position as it is stored; below 0 when it is not known here.
    stored: AtomicI64,
    /// When the oldest event happened that it has not dealt with, in ms; 0 when there is none.
    behind_since: AtomicI64,
    dead_letters: AtomicI64,
    failures: AtomicU64,
}

impl Standing {
    pub(super) fn new(name: &'static str, kind: Kind, durable: bool, position: i64) -> Arc<Standing> {
        Arc::new(Standing {
            name,
            kind,
            durable,
            position: AtomicI64::new(position),
            stored: AtomicI64::new(-1),
            behind_since: AtomicI64::new(0),
            dead_letters: AtomicI64::new(0),
            failures: AtomicU64::new(0),
        })
    }

    pub fn position(&self) -> i64 {
        self.position.load(Relaxed)
    }

    pub fn dead_letters(&self) -> i64 {
        self.dead_letters.load(Relaxed)
    }

    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// How long ago the oldest event happened that it has not dealt with.
    pub fn behind(&self, now: Timestamp) -> Duration {
        match self.behind_since.load(Relaxed) {
            0 => Duration::ZERO,
            at => now.since(Timestamp::from_millis(at)),
        }
    }

    pub(super) fn begins_with(&self, oldest: Option<&StoredEvent>) {
        self.behind_since.store(oldest.map_or(0, |event| event.at.as_millis()), Relaxed);
    }

    pub(super) fn moved(&self, position: i64) {
        self.position.store(position, Relaxed);
    }

    pub(super) fn stored(&self, position: i64) {
        self.stored.store(position, Relaxed);
    }

    /// The position, if it has to be stored.
    pub(super) fn unstored(&self) -> Option<i64> {
        let position = self.position();
        (self.durable && position != self.stored.load(Relaxed)).then_some(position)
    }

    pub(super) fn has_dead_letters(&self, count: i64) {
        self.dead_letters.store(count, Relaxed);
    }

    pub(super) fn set_aside(&self, count: usize) {
        self.dead_letters.fetch_add(i64::try_from(count).unwrap_or(0), Relaxed);
    }

    /// Counts a failure, and says whether the log should have it: a broken system would fill it.
    pub(super) fn failed(&self) -> bool {
        self.failures.fetch_add(1, Relaxed).is_multiple_of(100)
    }

    /// This instance does not lead: another one moves the position.
    pub(super) fn rests(&self) {
        self.stored(-1);
        self.begins_with(None);
    }
}

/// What the relay has done.
#[derive(Debug, Default)]
pub struct Progress {
    /// Whether this instance leads.
    pub leads: AtomicBool,
    /// Events read since start.
    pub events: AtomicU64,
    /// Transactions of reactions since start.
    pub reactions: AtomicU64,
    /// Times the outbox could not be read.
    pub failures: AtomicU64,
    pub subscribers: Vec<Arc<Standing>>,
}

impl Progress {
    /// The subscribers without which the shop is not as it should be: an outside system is not among them.
    fn own(&self) -> impl Iterator<Item = &Arc<Standing>> {
        let leads = self.leads.load(Relaxed);
        self.subscribers.iter().filter(move |one| match one.kind {
            Kind::Memory => true,
            Kind::Reactions => leads,
            Kind::Outside => false,
        })
    }

    /// How long ago the oldest event happened that the shop itself has not dealt with.
    pub fn behind(&self, now: Timestamp) -> Duration {
        self.own().map(|one| one.behind(now)).max().unwrap_or_default()
    }

    /// The newest event that the shop itself has dealt with.
    pub fn dealt_with(&self) -> i64 {
        self.own().map(|one| one.position()).min().unwrap_or(0)
    }

    /// The newest event that the outbox may lose: every subscriber with a stored position has stored that it is past it.
    pub fn removable(&self) -> i64 {
        if !self.leads.load(Relaxed) {
            return 0;
        }
        let stored = self.subscribers.iter().filter(|one| one.durable).map(|one| one.stored.load(Relaxed));
        stored.min().unwrap_or(i64::MAX).min(self.dealt_with())
    }

    /// Events set aside, over all subscribers.
    pub fn dead_letters(&self) -> i64 {
        self.subscribers.iter().map(|one| one.dead_letters()).sum()
    }

    /// Failures of the relay and of its subscribers since start.
    pub fn all_failures(&self) -> u64 {
        self.failures.load(Relaxed) + self.subscribers.iter().map(|one| one.failures()).sum::<u64>()
    }
}
