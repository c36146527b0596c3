//! Keeps the lease of this instance: the leader publishes events to reactions and runs the periodic tasks.

use kernel::{Random, Result};
use std::time::Duration;
use store::{
    Db, Lease,
    lease::{Candidate, RENEW_EVERY},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The one lease of all background work.
pub const LEASE: &str = "background";
/// How long an instance that ends tries to release its lease. If that fails, the next leader waits for the time to live.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);

/// This instance as a leader or a follower.
pub struct Leader {
    shop: Db,
    db: Db,
    candidate: Candidate,
    held: watch::Sender<Option<Lease>>,
}

impl Leader {
    /// Takes the lease if it is free now.
    pub async fn stand(shop: &Db) -> Result<Leader> {
        let db = shop.with_own_connections()?;
        let me = format!("{}-{:016x}", std::process::id(), Random::from_system().bits());
        let mut candidate = Candidate::new(LEASE, me, !db.is_shared());
        let held = candidate.tick(&db).await?;
        Ok(Leader { shop: shop.clone(), db, candidate, held: watch::Sender::new(held) })
    }

    /// The lease while this instance holds it, and when that changes.
    pub fn held(&self) -> watch::Receiver<Option<Lease>> {
        self.held.subscribe()
    }

    /// Renews the lease, or takes it if it is free. Wakes the relay when the row of the lease shows that there are events.
    pub async fn tick(&mut self) {
        match self.candidate.tick(&self.db).await {
            Ok(_) if self.candidate.saw_events() => self.shop.look_for_events(),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = ?error, "the lease could be neither renewed nor read; trying again");
            }
        }
        let held = self.candidate.held();
        self.held.send_if_modified(|known| std::mem::replace(known, held) != held);
    }

    /// Calls [`Leader::tick`] regularly until `stop`, then releases the lease, so that a follower can take it at once.
    pub async fn keep(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(RENEW_EVERY) => self.tick().await,
            }
        }
        self.held.send_replace(None);
        match tokio::time::timeout(RELEASE_WITHIN, self.candidate.release(&self.db)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = ?error, "the lease was not released; the next leader waits for its time to live")
            }
            Err(_) => tracing::warn!("the lease was not released in time; the next leader waits for its time to live"),
        }
        if self.db.is_shared() {
            self.db.close().await;
        }
    }
}
