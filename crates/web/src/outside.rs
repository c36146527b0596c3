//! Subscribers outside the shop: a log, a search index, a collector, another system.

use async_trait::async_trait;
use kernel::{Error, Result};
use store::StoredEvent;

/// Which instances run a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// The leader, for the whole shop. Its position is stored in the database.
    InLeader,
    /// Every instance, for itself. It says by itself where it is; the outbox does not wait for it.
    Everywhere,
}

/// An event that the other system will never take as it is. It becomes a dead letter.
#[derive(Debug)]
pub struct Rejected {
    /// The event's sequence number.
    pub id: i64,
    pub error: Error,
}

/// A subscriber that needs time and may fail. The relay gives it batches in order, from a loop of its own.
///
/// It gets every event at least once: after a crash or a failure it gets those again whose delivery was not recorded, so it
/// has to recognise them by their ids.
#[async_trait]
pub trait Outside: Send + Sync {
    /// Names its position and its dead letters. At most 60 bytes, never changed.
    fn name(&self) -> &'static str;

    /// Whether it wants the events of this topic.
    fn wants(&self, topic: &str) -> bool {
        let _ = topic;
        true
    }

    fn runs(&self) -> Runs {
        Runs::InLeader
    }

    /// Most events of one delivery. More of them make a subscriber faster that pays for each delivery and is far behind; all of them
    /// have to be delivered within thirty seconds.
    fn at_once(&self) -> usize {
        500
    }

    /// For one that runs everywhere: the sequence number of the last event it has. `None` begins with what happens from now
    /// on.
    async fn position(&self) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Delivers a batch. An error means that none of it counts as delivered: the same events come again after a pause, for
    /// as long as it takes, and later ones wait. Events that will never be taken are given back as rejected; later events of
    /// their keys then wait behind them, but the rest goes on. Where order matters within the batch, reject those too.
    async fn deliver(&self, batch: &[StoredEvent]) -> Result<Vec<Rejected>>;
}
