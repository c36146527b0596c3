//! The outbox as subscribers read it: the relay reads every event once and keeps the newest in memory, and a subscriber
//! takes from there what comes after its own position. Only one that is far behind reads the outbox itself.

use kernel::Result;
use parking_lot::Mutex;
use std::collections::VecDeque;
use store::{Lease, StoredEvent, outbox};
use tokio::sync::watch;
use web::App;

/// Events read at once.
pub const BATCH: i64 = 1_000;
/// Newest events kept in memory, about 4 MB: with fewer, a subscriber that pauses for a moment would read them again.
const KEPT: usize = 8_192;

/// The events that one instance has read.
pub struct Feed {
    app: App,
    kept: Mutex<Kept>,
    newest: watch::Sender<i64>,
    /// The lease under which everything with a sequence number was read. From then on only this instance assigns them, and
    /// it knows what it assigned.
    complete: Mutex<Option<Lease>>,
}

/// Every event after sequence number `after`, up to the newest that was read.
struct Kept {
    after: i64,
    events: VecDeque<StoredEvent>,
}

impl Feed {
    /// A feed of what happens from now on.
    pub async fn open(app: &App) -> Result<Feed> {
        let newest = app.db.read("relay.open", outbox::newest).await?;
        let kept = Mutex::new(Kept { after: newest, events: VecDeque::new() });
        Ok(Feed { app: app.clone(), kept, newest: watch::Sender::new(newest), complete: Mutex::new(None) })
    }

    /// Reads the next events. The leader, which passes its shop under the lease, assigns sequence numbers to what was
    /// committed before. Gives how many events there were.
    pub async fn read(&self, leader: Option<&(Lease, App)>) -> Result<usize> {
        let read = self.read_next(leader).await;
        if read.is_err() {
            *self.complete.lock() = None;
        }
        read
    }

    async fn read_next(&self, leader: Option<&(Lease, App)>) -> Result<usize> {
        let leader = leader.filter(|_| self.app.db.numbers_events_later());
        let lease = leader.map(|(lease, _)| *lease);
        let mut count = 0;
        if lease.is_none() || *self.complete.lock() != lease {
            let newest = self.newest();
            let read = self.app.db.read_single("relay.read", move |tx| outbox::after(tx, newest, BATCH));
            count = self.keep(read.await?);
            if count as i64 >= BATCH {
                return Ok(count);
            }
            *self.complete.lock() = lease;
        }
        match leader {
            Some((_, app)) => Ok(count + self.number(app).await?),
            None => Ok(count),
        }
    }

    /// Assigns sequence numbers to committed events, which are the next ones then.
    async fn number(&self, leader: &App) -> Result<usize> {
        if !self.app.db.read_single("relay.look", outbox::has_unnumbered).await? {
            return Ok(0);
        }
        let newest = self.newest();
        let numbered = leader.db.write("relay.number", move |tx| outbox::number(tx, newest, BATCH)).await?;
        Ok(self.keep(numbered))
    }

    fn keep(&self, events: Vec<StoredEvent>) -> usize {
        let count = events.len();
        if let Some(last) = events.last().map(|event| event.id) {
            self.kept.lock().keep(events);
            self.newest.send_replace(last);
        }
        count
    }

    /// Up to `limit` events after `position`, oldest first, of those that were read.
    pub async fn after(&self, position: i64, limit: usize) -> Result<Vec<StoredEvent>> {
        let newest = self.newest();
        if position >= newest {
            return Ok(Vec::new());
        }
        if let Some(events) = self.kept.lock().after(position, limit) {
            return Ok(events);
        }
        let limit = i64::try_from(limit).unwrap_or(BATCH);
        let mut events = self.app.db.read("relay.catch-up", move |tx| outbox::after(tx, position, limit)).await?;
        events.retain(|event| event.id <= newest);
        Ok(events)
    }

    /// The sequence number of the newest event that was read.
    pub fn newest(&self) -> i64 {
        *self.newest.borrow()
    }

    /// Wakes whenever events were read.
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }
}

impl Kept {
    fn keep(&mut self, events: Vec<StoredEvent>) {
        self.events.extend(events);
        while self.events.len() > KEPT {
            self.after = self.events.pop_front().map_or(self.after, |event| event.id);
        }
    }

    /// `None` when some of the events after `position` are no longer in memory.
    fn after(&self, position: i64, limit: usize) -> Option<Vec<StoredEvent>> {
        let first = self.events.partition_point(|event| event.id <= position);
        (position >= self.after).then(|| self.events.range(first..).take(limit).cloned().collect())
    }
}
