//! The loop of a subscriber outside the shop: batches, retries with backoff, dead letters.

use super::feed::Feed;
use super::leading::Leading;
use super::progress::{Kind, Standing};
use super::subscriber::Subscriber;
use kernel::{Code, Result};
use std::{sync::Arc, time::Duration};
use store::{DeadLetter, Lease, StoredEvent, Tx, dead_letter, subscriber};
use web::{
    App,
    outside::{Outside, Rejected, Runs},
};

/// Dead letters that are tried again in one go.
const RETRIED_AT_ONCE: i64 = 500;
/// How long one delivery may take.
const DELIVER_WITHIN: Duration = Duration::from_secs(30);
/// Pause after the first failure; it doubles with each one …
const BACKOFF: Duration = Duration::from_secs(1);
/// … up to this.
const BACKOFF_MAX: Duration = Duration::from_secs(60);

pub(super) struct Deliveries {
    app: App,
    feed: Arc<Feed>,
    subscriber: Arc<dyn Outside>,
    standing: Arc<Standing>,
    leading: Leading,
    /// For one that runs everywhere: whether its position is known.
    begun: bool,
}

impl Deliveries {
    pub fn standing(subscriber: &Arc<dyn Outside>) -> Arc<Standing> {
        Standing::new(subscriber.name(), Kind::Outside, subscriber.runs() == Runs::InLeader, 0)
    }

    pub fn new(app: &App, feed: &Arc<Feed>, subscriber: Arc<dyn Outside>, standing: Arc<Standing>) -> Deliveries {
        if subscriber.runs() == Runs::Everywhere {
            standing.moved(feed.newest());
        }
        Deliveries {
            app: app.clone(),
            feed: Arc::clone(feed),
            subscriber,
            standing,
            leading: Leading::default(),
            begun: false,
        }
    }

    /// The shop to work with, if it is this instance's turn: under the lease, or as it is for one that runs everywhere.
    async fn turn(&mut self, lease: Option<Lease>) -> Result<Option<App>> {
        if self.subscriber.runs() == Runs::Everywhere {
            if !self.begun {
                if let Some(position) = self.subscriber.position().await? {
                    self.standing.moved(position);
                }
                self.begun = true;
            }
            return Ok(Some(self.app.clone()));
        }
        self.leading.under(lease, &self.app, &self.standing).await
    }

    async fn deliver(&self, batch: &[StoredEvent]) -> Result<Vec<Rejected>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match tokio::time::timeout(DELIVER_WITHIN, self.subscriber.deliver(batch)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Code::Unavailable.error().caused_by(format!("no end within {DELIVER_WITHIN:?}"))),
        }
    }

    /// The events that may be delivered, and those that wait behind a dead letter of their key.
    async fn split(&self, app: &App, wanted: Vec<StoredEvent>) -> Result<(Vec<StoredEvent>, Vec<StoredEvent>)> {
        if self.standing.dead_letters() == 0 || wanted.is_empty() {
            return Ok((wanted, Vec::new()));
        }
        let name = self.standing.name;
        let blocked = app.db.read("relay.blocked", move |tx| dead_letter::blocked_keys(tx, name)).await?;
        Ok(wanted.into_iter().partition(|event| !blocked.contains(&*event.key)))
    }

    /// Stores dead letters together with the position, so that no event becomes one twice.
    async fn set_aside(
        &self,
        app: &App,
        batch: Vec<StoredEvent>,
        rejected: Vec<Rejected>,
        behind: Vec<StoredEvent>,
        upto: i64,
    ) -> Result<()> {
        if self.subscriber.runs() == Runs::Everywhere {
            // each instance has its own failures, and the table is the shop's: there is only the log
            for Rejected { id, error } in rejected {
                tracing::error!(subscriber = self.standing.name, event = id, ?error, "event rejected");
            }
            return Ok(());
        }
        let (name, count) = (self.standing.name, rejected.len() + behind.len());
        let work = move |tx: &mut Tx<'_>| {
            for event in &batch {
                if let Some(Rejected { error, .. }) = rejected.iter().find(|rejected| rejected.id == event.id) {
                    dead_letter::set_aside(tx, name, event, error)?;
                }
            }
            behind.iter().try_for_each(|event| dead_letter::set_aside_behind(tx, name, event))?;
            subscriber::set_position(tx, name, upto)
        };
        app.db.write("relay.set-aside", work).await?;
        self.standing.set_aside(count);
        self.standing.stored(upto);
        Ok(())
    }

    async fn retry_one(&self, app: &App, letter: DeadLetter) -> Result<bool> {
        let rejected = self.deliver(&[letter.event()]).await?.pop();
        let succeeded = rejected.is_none();
        let record = move |tx: &mut Tx<'_>| match &rejected {
            Some(Rejected { error, .. }) => dead_letter::failed_again(tx, &letter, error),
            None => dead_letter::remove(tx, &letter),
        };
        app.db.write("relay.retry", record).await?;
        Ok(succeeded)
    }
}

impl Subscriber for Deliveries {
    /// Another system gains more from larger batches than from a twentieth of a second.
    fn linger(&self) -> Duration {
        super::SETTLE
    }

    fn standing(&self) -> &Standing {
        &self.standing
    }

    async fn step(&mut self, lease: Option<Lease>) -> Result<usize> {
        let Some(app) = self.turn(lease).await? else { return Ok(0) };
        let events = self.feed.after(self.standing.position(), self.subscriber.at_once()).await?;
        self.standing.begins_with(events.first());
        let (Some(last), passed) = (events.last().map(|event| event.id), events.len()) else { return Ok(0) };
        let wanted = events.into_iter().filter(|event| self.subscriber.wants(&event.topic)).collect();
        let (batch, behind) = self.split(&app, wanted).await?;
        let rejected = self.deliver(&batch).await?;
        if !rejected.is_empty() || !behind.is_empty() {
            self.set_aside(&app, batch, rejected, behind, last).await?;
        }
        // stored with the positions of the others; after a crash the events since then are delivered again
        self.standing.moved(last);
        Ok(passed)
    }

    async fn retry(&mut self, lease: Option<Lease>) -> Result<usize> {
        if self.standing.dead_letters() == 0 {
            return Ok(0);
        }
        let Some(app) = self.turn(lease).await? else { return Ok(0) };
        let (name, mut succeeded) = (self.standing.name, 0);
        for letter in app.db.read("relay.due", move |tx| dead_letter::due(tx, name, RETRIED_AT_ONCE)).await? {
            succeeded += usize::from(self.retry_one(&app, letter).await?);
        }
        let left = app.db.read("relay.dead-letters", move |tx| dead_letter::count(tx, name)).await?;
        self.standing.has_dead_letters(left);
        Ok(succeeded)
    }

    fn backoff(failures: u32) -> Duration {
        (BACKOFF * 2_u32.saturating_pow(failures.saturating_sub(1).min(10))).min(BACKOFF_MAX)
    }
}
