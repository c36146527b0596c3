//! Which of several instances does what only one may do: hand events on, run the shop's periodic tasks.

use kernel::{Random, Result};
use std::time::Duration;
use store::{
    Db, Lease,
    lease::{BEAT_EVERY, Candidate},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The lease of everything in the background; one, because whoever hands events on also has them in memory.
pub const LEASE: &str = "background";
/// How long an instance that ends tries to give its lease back; without that the others wait a little longer.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(2);

/// An instance's part in the election.
pub struct Leader {
    db: Db,
    candidate: Candidate,
    held: watch::Sender<Option<Lease>>,
}

impl Leader {
    /// Takes the lease if it can be had now.
    pub async fn stand(db: &Db) -> Result<Leader> {
        let db = db.apart()?;
        let me = format!("{}-{:016x}", std::process::id(), Random::from_system().bits());
        let mut candidate = Candidate::new(LEASE, me, !db.is_shared());
        let held = candidate.tick(&db).await?;
        Ok(Leader { db, candidate, held: watch::Sender::new(held) })
    }

    /// The lease while this instance holds it, and when that changes.
    pub fn held(&self) -> watch::Receiver<Option<Lease>> {
        self.held.subscribe()
    }

    /// Beats or waits for its turn.
    pub async fn tick(&mut self) {
        if let Err(error) = self.candidate.tick(&self.db).await {
            tracing::warn!(error = ?error, "the lease cannot be looked after; trying again");
        }
        let held = self.candidate.held();
        self.held.send_if_modified(|known| std::mem::replace(known, held) != held);
    }

    /// Beats or waits for its turn until `stop`, then lets another take over at once.
    pub async fn keep(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(BEAT_EVERY) => self.tick().await,
            }
        }
        self.held.send_replace(None);
        match tokio::time::timeout(GIVE_BACK_WITHIN, self.candidate.give_back(&self.db)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = ?error, "the lease was not given back; another instance waits for it")
            }
            Err(_) => tracing::warn!("the lease was not given back in time; another instance waits for it"),
        }
        if self.db.is_shared() {
            self.db.close().await;
        }
    }
}
