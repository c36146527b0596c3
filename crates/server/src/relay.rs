//! Reads the outbox once and feeds the subscribers, each of which has a loop and a position of its own.
//!
//! | subscriber | where | position |
//! |---|---|---|
//! | response cache, streams | every instance | in memory, from now on |
//! | reactions of a domain | the leader | stored in the transaction of the reaction |
//! | outside systems | the leader, or every instance if they say so | stored after the delivery, or kept by the system itself |
//!
//! The leader holds a lease. It assigns sequence numbers to committed events, and everything it writes checks that it still
//! holds the lease.

mod feed;
mod leading;
mod memory;
mod outside;
mod progress;
mod reactions;
mod subscriber;

pub use progress::{Kind, Progress, Standing};
pub use reactions::{of_modules as reactions, subscribers};

use feed::{BATCH, Feed};
use kernel::Result;
use memory::Memory;
use outside::Deliveries;
use reactions::Reactions;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use store::{Lease, Tx, subscriber as positions};
use subscriber::{Subscriber, contained, report};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;
use web::{App, outside::Outside};

/// Pause after a batch while more events arrive: it makes batches out of single events, and people do not see it.
const LINGER: Duration = Duration::from_millis(4);
/// Pause of a subscriber for which a batch costs about as much as one event.
const SETTLE: Duration = Duration::from_millis(50);
/// The same of one that works rows out, while many events come. Reports then show what happened a quarter of a second ago.
const SETTLE_UNDER_LOAD: Duration = Duration::from_millis(250);
/// How often positions that moved in memory are stored.
const STORE_EVERY: Duration = Duration::from_secs(2);
/// Pause after a failure of the database.
const PAUSE: Duration = Duration::from_millis(500);

/// The relay. One per process.
pub struct Relay {
    reader: Reader,
    memory: Memory,
    reactions: Vec<Reactions>,
    deliveries: Vec<Deliveries>,
}

impl Relay {
    /// A relay that follows. The cache and the streams begin with what happens from now on.
    pub async fn open(app: &App, outside: Vec<Arc<dyn Outside>>) -> Result<Relay> {
        let feed = Arc::new(Feed::open(app).await?);
        let memory = Memory::new(app, &feed);
        let all: Arc<[_]> = reactions(&app.modules).into();
        let named = subscribers(&all);
        let of_reactions: Vec<_> = named.iter().map(|(name, _)| Reactions::standing(name)).collect();
        let of_outside: Vec<_> = outside.iter().map(Deliveries::standing).collect();
        let standings = [vec![Arc::clone(&memory.standing)], of_reactions.clone(), of_outside.clone()].concat();
        let progress = Arc::new(Progress { subscribers: standings, ..Progress::default() });
        let reactions = named.into_iter().zip(of_reactions);
        let reactions = reactions
            .map(|((_, topics), standing)| Reactions::new(app, &feed, topics, &all, standing, &progress))
            .collect();
        let deliveries = outside.into_iter().zip(of_outside);
        let deliveries = deliveries.map(|(one, standing)| Deliveries::new(app, &feed, one, standing)).collect();
        Ok(Relay { reader: Reader { app: app.clone(), feed, leading: None, progress }, memory, reactions, deliveries })
    }

    /// Leads under this lease, or follows without one.
    pub fn lead(&mut self, lease: Option<Lease>) {
        self.reader.lead(lease);
    }

    /// The shop for work that only one instance may do: under the lease, if this one leads.
    pub fn shop(&self) -> App {
        self.reader.leading.as_ref().map_or_else(|| self.reader.app.clone(), |(_, app)| app.clone())
    }

    /// What it has done, to be read while it works.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.reader.progress)
    }

    /// Reads one batch and lets every subscriber deal with all that it can. Gives how many events were read.
    pub async fn step(&mut self) -> Result<usize> {
        let lease = self.reader.lease();
        let read = self.reader.read().await?;
        while self.memory.step(lease).await? > 0 {}
        for one in &mut self.reactions {
            while one.step(lease).await? > 0 {}
        }
        for one in &mut self.deliveries {
            loop {
                let outcome = one.step(lease).await;
                if without_failure(one.standing(), outcome) == 0 {
                    break;
                }
            }
        }
        Ok(read)
    }

    /// Retries dead letters that are due and stores positions that moved in memory. Gives how many of those letters
    /// succeeded.
    pub async fn upkeep(&mut self) -> Result<usize> {
        let lease = self.reader.lease();
        let mut succeeded = 0;
        for one in &mut self.reactions {
            succeeded += one.retry(lease).await?;
        }
        for one in &mut self.deliveries {
            let outcome = one.retry(lease).await;
            succeeded += without_failure(one.standing(), outcome);
        }
        if let Some((_, app)) = &self.reader.leading {
            store_positions(app, &self.reader.progress).await?;
        }
        Ok(succeeded)
    }

    /// Works until `stop`, leading while the lease is `held`. Then every subscriber deals with what is left.
    pub async fn run(self, held: watch::Receiver<Option<Lease>>, stop: CancellationToken) {
        let (drained, ended) = (CancellationToken::new(), CancellationToken::new());
        let feed = Arc::clone(&self.reader.feed);
        let mut loops = JoinSet::new();
        loops.spawn(subscriber::run(self.memory, Arc::clone(&feed), held.clone(), drained.clone()));
        for one in self.reactions {
            loops.spawn(subscriber::run(one, Arc::clone(&feed), held.clone(), drained.clone()));
        }
        for one in self.deliveries {
            loops.spawn(subscriber::run(one, Arc::clone(&feed), held.clone(), drained.clone()));
        }
        let (app, progress) = (self.reader.app.clone(), Arc::clone(&self.reader.progress));
        let storing = tokio::spawn(keep_storing(app, progress, held.clone(), ended.clone()));
        self.reader.run(held, stop).await;
        drained.cancel();
        while loops.join_next().await.is_some() {}
        ended.cancel();
        let _ = storing.await;
    }
}

/// What was done; nothing when it failed. A failing outside system stays where it is and keeps the shop from nothing.
fn without_failure(standing: &Standing, outcome: Result<usize>) -> usize {
    outcome.unwrap_or_else(|error| {
        report(standing, &error);
        0
    })
}

/// Reads the outbox into the feed.
struct Reader {
    app: App,
    feed: Arc<Feed>,
    leading: Option<(Lease, App)>,
    progress: Arc<Progress>,
}

impl Reader {
    fn lease(&self) -> Option<Lease> {
        self.leading.as_ref().map(|(lease, _)| *lease)
    }

    fn lead(&mut self, lease: Option<Lease>) {
        if self.lease() != lease {
            self.leading = lease.map(|lease| (lease, self.app.under(lease)));
        }
        self.progress.leads.store(lease.is_some(), Relaxed);
    }

    async fn read(&self) -> Result<usize> {
        let read = self.feed.read(self.leading.as_ref()).await?;
        self.progress.events.fetch_add(read as u64, Relaxed);
        Ok(read)
    }

    /// Reads until `stop`, then what is left.
    async fn run(mut self, mut held: watch::Receiver<Option<Lease>>, stop: CancellationToken) {
        let mut news = self.app.db.news();
        loop {
            let last = stop.is_cancelled();
            let lease = *held.borrow_and_update();
            let leads = lease.is_some();
            self.lead(lease);
            news.looking(leads);
            let read = contained(self.read()).await;
            match &read {
                Ok(0) if last => return,
                Err(_) if last => return self.failed(&read),
                Err(_) => {
                    self.failed(&read);
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Ok(0) => {}
                Ok(read) => {
                    news.found(leads);
                    if last || *read as i64 >= BATCH {
                        continue;
                    }
                    tokio::time::sleep(LINGER).await;
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Ok(()) = held.changed() => {}
                () = news.wait(leads) => {}
            }
        }
    }

    fn failed(&self, read: &Result<usize>) {
        if self.progress.failures.fetch_add(1, Relaxed).is_multiple_of(100) {
            tracing::warn!(outcome = ?read, "the outbox cannot be read; it will be tried again");
        }
    }
}

/// Stores positions until `ended`, and a last time then.
async fn keep_storing(
    app: App,
    progress: Arc<Progress>,
    held: watch::Receiver<Option<Lease>>,
    ended: CancellationToken,
) {
    loop {
        let last = ended.is_cancelled();
        let lease = *held.borrow();
        if let Some(lease) = lease
            && let Err(error) = store_positions(&app.under(lease), &progress).await
            && progress.failures.fetch_add(1, Relaxed).is_multiple_of(100)
        {
            tracing::warn!(?error, "positions cannot be stored; it will be tried again");
        }
        if last {
            return;
        }
        tokio::select! {
            () = ended.cancelled() => {}
            () = tokio::time::sleep(STORE_EVERY) => {}
        }
    }
}

/// Stores the positions that moved in memory only, in one write; none when none moved.
async fn store_positions(app: &App, progress: &Progress) -> Result<()> {
    let moved = |standing: &Arc<Standing>| Some((Arc::clone(standing), standing.unstored()?));
    let moved: Vec<_> = progress.subscribers.iter().filter_map(moved).collect();
    if moved.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = moved.iter().map(|(standing, position)| (standing.name, *position)).collect();
    let store = move |tx: &mut Tx<'_>| {
        names.iter().try_for_each(|(name, position)| positions::raise_position(tx, name, *position))
    };
    app.db.write("relay.positions", store).await?;
    moved.iter().for_each(|(standing, position)| standing.stored(*position));
    Ok(())
}
