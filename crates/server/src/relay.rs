//! Hands new facts on: to pages in memory, to live streams, and to every domain's reactions.
//!
//! Every instance follows the stream for its own pages and streams. The one that holds the lease leads: it gives committed
//! facts their places in the stream and runs the reactions, and whatever it writes checks that it still holds the lease.
//!
//! Facts are read once a batch, on a read connection. A consumer costs a write only when a fact of the batch concerns it;
//! otherwise its position moves in memory and is stored now and then. Reactions stay exactly-once because their own
//! transaction compares and moves the stored position (`store::reaction::apply`).

use futures_util::{FutureExt, future};
use kernel::{Code, Result, Timestamp};
use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Lease, Reaction, StoredEvent, dead_letter, outbox, reaction, subscriber};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::{App, Module};

/// Facts read at once.
const BATCH: i64 = 1_000;
/// Facts that concern one consumer and are worked off in one transaction; more would keep the writer from others.
const REACT_AT_ONCE: usize = 64;
/// Pause after a batch while more are arriving: it makes batches out of single facts, and nobody sees the difference.
const LINGER: Duration = Duration::from_millis(4);
/// How often idle positions are stored and parked events looked at.
const UPKEEP: Duration = Duration::from_secs(2);
/// Pause after a failure of the database.
const PAUSE: Duration = Duration::from_millis(500);

/// What the relay has done, for health and metrics.
#[derive(Debug, Default)]
pub struct Progress {
    /// The newest fact handed to pages and streams.
    pub told: AtomicI64,
    /// Whether this instance leads.
    pub leads: AtomicBool,
    /// The newest fact that every consumer has dealt with, as long as this instance leads; else 0.
    pub heard_by_all: AtomicI64,
    /// When the oldest fact happened that not everyone has dealt with, in ms; 0 when there is none.
    pub behind_since: AtomicI64,
    /// Facts handed on since start.
    pub facts: AtomicU64,
    /// Transactions of reactions since start.
    pub reactions: AtomicU64,
    /// Parked events when last looked at.
    pub parked: AtomicI64,
    /// Times the relay could not work.
    pub failures: AtomicU64,
}

impl Progress {
    /// How long ago the oldest unheard fact happened.
    pub fn behind(&self, now: Timestamp) -> Duration {
        match self.behind_since.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            at => now.since(Timestamp::from_millis(at)),
        }
    }
}

struct Consumer {
    name: &'static str,
    topics: Vec<&'static str>,
    position: i64,
    saved: i64,
}

/// The relay. One per process.
pub struct Relay {
    app: App,
    reactions: Arc<[Reaction]>,
    leading: Option<Leading>,
    told: i64,
    progress: Arc<Progress>,
}

/// What only the instance that leads has.
struct Leading {
    lease: Lease,
    /// The shop under the lease.
    app: App,
    consumers: Vec<Consumer>,
}

/// Every reaction of every module.
pub fn reactions(modules: &[Module]) -> Vec<Reaction> {
    modules.iter().flat_map(|module| (module.reactions)()).collect()
}

/// The consumers of some reactions with their topics.
pub fn consumers(reactions: &[Reaction]) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut found: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for reaction in reactions {
        match found.iter_mut().find(|(name, _)| *name == reaction.subscriber) {
            Some((_, topics)) if topics.contains(&reaction.topic) => {}
            Some((_, topics)) => topics.push(reaction.topic),
            None => found.push((reaction.subscriber, vec![reaction.topic])),
        }
    }
    found
}

impl Relay {
    /// A relay that follows. Pages and streams begin with what happens from now on.
    pub async fn open(app: &App) -> Result<Relay> {
        let reactions: Arc<[Reaction]> = reactions(&app.modules).into();
        let told = app.db.read("relay.open", outbox::newest).await?;
        let relay = Relay { app: app.clone(), reactions, leading: None, told, progress: Arc::new(Progress::default()) };
        relay.note(None);
        Ok(relay)
    }

    /// Leads under this lease, or follows without one. Whoever begins to lead reads where every consumer stands.
    pub async fn lead(&mut self, lease: Option<Lease>) -> Result<()> {
        if self.leading.as_ref().map(|leading| leading.lease) == lease {
            return Ok(());
        }
        self.leading = match lease {
            Some(lease) => Some(self.begin_to_lead(lease).await?),
            None => None,
        };
        self.note(None);
        Ok(())
    }

    async fn begin_to_lead(&self, lease: Lease) -> Result<Leading> {
        let app = self.app.under(lease);
        let named = consumers(&self.reactions);
        let names: Vec<&'static str> = named.iter().map(|(name, _)| *name).collect();
        // under the lease: whoever led before can move no position any more
        let (positions, parked) = app
            .db
            .write("relay.lead", move |tx| {
                let position = |name: &&str| Ok(subscriber::position(tx, name)?.unwrap_or(0));
                let positions = names.iter().map(position).collect::<Result<Vec<_>>>()?;
                Ok((positions, dead_letter::list(tx, 1, 0)?.1))
            })
            .await?;
        self.progress.parked.store(parked, Ordering::Relaxed);
        let consumers = named.into_iter().zip(positions);
        // -1: a new consumer gets its row at the first upkeep, so that retention waits for it
        let consumers = consumers.map(|((name, topics), position)| Consumer {
            name,
            topics,
            position,
            saved: if position == 0 { -1 } else { position },
        });
        Ok(Leading { lease, app, consumers: consumers.collect() })
    }

    /// The shop as what only one instance may do has to use it: under the lease, if this one leads.
    pub fn shop(&self) -> App {
        self.leading.as_ref().map_or_else(|| self.app.clone(), |leading| leading.app.clone())
    }

    /// What it has done, to be read while it works.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Hands one batch of facts on. Gives how many there were; 0 means that everyone has heard everything.
    pub async fn step(&mut self) -> Result<usize> {
        let facts = self.read().await?;
        let Some(last) = facts.last().map(|fact| fact.id) else {
            self.note(None);
            return Ok(0);
        };
        self.note(facts.first());
        self.tell(&facts).await;
        let facts = Arc::new(facts);
        if let Some(leading) = &mut self.leading {
            let (app, reactions, progress) = (&leading.app, &self.reactions, &self.progress);
            let turns = leading.consumers.iter_mut().map(|one| one.hear(app, reactions, &facts, last, progress));
            let outcomes = future::join_all(turns).await;
            outcomes.into_iter().collect::<Result<Vec<()>>>()?;
        }
        self.progress.facts.fetch_add(facts.len() as u64, Ordering::Relaxed);
        self.note(None);
        Ok(facts.len())
    }

    /// The next facts. Who leads gives those that have just been committed their places first.
    async fn read(&self) -> Result<Vec<StoredEvent>> {
        let from = self.slowest();
        let leads = self.leading.is_some();
        let read = move |tx: &mut store::Tx<'_>| {
            let new = leads && outbox::has_unnumbered(tx)?;
            Ok((new, if new { Vec::new() } else { outbox::after(tx, from, BATCH)? }))
        };
        let (new, facts) = self.app.db.read("relay.read", read).await?;
        let Some(leading) = self.leading.as_ref().filter(|_| new) else { return Ok(facts) };
        leading.app.db.write("relay.place", |tx| outbox::assign_sequence_numbers(tx, BATCH)).await?;
        self.app.db.read("relay.read", move |tx| outbox::after(tx, from, BATCH)).await
    }

    /// Pages and streams hear each fact once, before the reactions: what they show is already committed. A page is stale
    /// before a stream tells of its change, and forgotten once a batch however often it changed.
    async fn tell(&mut self, facts: &[StoredEvent]) {
        let new = &facts[facts.partition_point(|fact| fact.id <= self.told)..];
        let modules = &self.app.modules;
        let mut stale = HashSet::new();
        for fact in new {
            for module in modules.iter() {
                stale.extend(quietly(|| (module.stale)(fact)));
            }
        }
        for key in &stale {
            self.app.pages.forget(key).await;
        }
        for fact in new {
            quietly(|| self.app.live.tell(modules, fact));
        }
        self.told = self.told.max(facts.last().map_or(0, |fact| fact.id));
    }

    /// Stores positions that moved in memory, and tries parked events that are due. Gives how many of those succeeded. Who
    /// follows has nothing to do here.
    pub async fn upkeep(&mut self) -> Result<usize> {
        let Some(leading) = &mut self.leading else { return Ok(0) };
        leading.save().await?;
        if self.progress.parked.load(Ordering::Relaxed) == 0 {
            return Ok(0);
        }
        let reactions = Arc::clone(&self.reactions);
        let (succeeded, parked) = leading
            .app
            .db
            .write("relay.retry", move |tx| {
                let mut succeeded = 0;
                for (name, _) in consumers(&reactions) {
                    succeeded += reaction::retry_due(tx, name, &reactions, REACT_AT_ONCE as i64)?;
                }
                Ok((succeeded, dead_letter::list(tx, 1, 0)?.1))
            })
            .await?;
        self.progress.parked.store(parked, Ordering::Relaxed);
        Ok(succeeded)
    }

    /// Works until `stop`, leading while the lease is `held`, then hands on what is left and stores every position.
    pub async fn run(mut self, mut held: watch::Receiver<Option<Lease>>, stop: CancellationToken) {
        let poll_interval = self.app.db.poll_interval();
        let mut newest = self.app.db.newest_event();
        let mut looked_after = Instant::now();
        while !stop.is_cancelled() {
            newest.mark_unchanged();
            let lease = *held.borrow_and_update();
            let mut outcome = match self.lead(lease).await {
                Ok(()) => self.contained().await,
                Err(error) => Err(error),
            };
            if looked_after.elapsed() >= UPKEEP {
                looked_after = Instant::now();
                outcome = self.upkeep().await.and(outcome);
            }
            let pause = match outcome {
                Ok(0) => None,
                Ok(seen) if seen as i64 >= BATCH => continue,
                Ok(_) => Some(LINGER),
                Err(error) => Some(self.failed(&error)),
            };
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => tokio::select! {
                    () = stop.cancelled() => {}
                    _ = newest.changed() => {}
                    Ok(()) = held.changed() => {}
                    // others cannot wake us
                    () = tokio::time::sleep(poll_interval) => {}
                },
            }
        }
        self.finish().await;
    }

    /// One batch, in which a panic of a domain's code counts as a failure.
    async fn contained(&mut self) -> Result<usize> {
        let step = AssertUnwindSafe(self.step()).catch_unwind().await;
        step.unwrap_or_else(|_| Err(Code::Internal.error().caused_by("the relay panicked")))
    }

    async fn finish(&mut self) {
        loop {
            match self.contained().await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    self.failed(&error);
                    break;
                }
            }
        }
        if let Err(error) = self.upkeep().await {
            self.failed(&error);
        }
    }

    fn failed(&self, error: &kernel::Error) -> Duration {
        if self.progress.failures.fetch_add(1, Ordering::Relaxed).is_multiple_of(100) {
            tracing::warn!(error = ?error, "events cannot be handed on; trying again");
        }
        PAUSE
    }

    fn slowest(&self) -> i64 {
        let positions = self.leading.iter().flat_map(|leading| &leading.consumers).map(|consumer| consumer.position);
        positions.min().map_or(self.told, |slowest| slowest.min(self.told))
    }

    fn note(&self, oldest_unheard: Option<&StoredEvent>) {
        self.progress.told.store(self.told, Ordering::Relaxed);
        let leads = self.leading.is_some();
        self.progress.leads.store(leads, Ordering::Relaxed);
        self.progress.heard_by_all.store(if leads { self.slowest() } else { 0 }, Ordering::Relaxed);
        self.progress.behind_since.store(oldest_unheard.map_or(0, |fact| fact.at.as_millis()), Ordering::Relaxed);
    }
}

/// A domain that panics over one fact is passed over for it: the others, and later facts, must still be heard.
fn quietly<T: Default>(hear: impl FnOnce() -> T) -> T {
    std::panic::catch_unwind(AssertUnwindSafe(hear)).unwrap_or_default()
}

impl Leading {
    async fn save(&mut self) -> Result<()> {
        let moved: Vec<(&'static str, i64)> =
            self.consumers.iter().filter(|c| c.position != c.saved).map(|c| (c.name, c.position)).collect();
        if moved.is_empty() {
            return Ok(());
        }
        let save = move |tx: &mut store::Tx<'_>| {
            for (name, position) in &moved {
                // another process may have gone further
                let stored = subscriber::position(tx, name)?.unwrap_or(0);
                subscriber::set_position(tx, name, stored.max(*position))?;
            }
            Ok(())
        };
        self.app.db.write("relay.positions", save).await?;
        self.consumers.iter_mut().for_each(|c| c.saved = c.position);
        Ok(())
    }
}

impl Consumer {
    /// Works off what concerns it among `facts`, which end at `last`.
    async fn hear(
        &mut self,
        app: &App,
        reactions: &Arc<[Reaction]>,
        facts: &Arc<Vec<StoredEvent>>,
        last: i64,
        progress: &Progress,
    ) -> Result<()> {
        let position = self.position;
        let concerns = |fact: &&StoredEvent| fact.id > position && self.topics.contains(&&*fact.topic);
        let mine: Vec<StoredEvent> = facts.iter().filter(concerns).cloned().collect();
        let mut chunks = mine.chunks(REACT_AT_ONCE).peekable();
        while let Some(chunk) = chunks.next() {
            let upto = if chunks.peek().is_some() { chunk.last().map_or(last, |fact| fact.id) } else { last };
            let (name, reactions, chunk) = (self.name, Arc::clone(reactions), chunk.to_vec());
            let work = move |tx: &mut store::Tx<'_>| reaction::apply(tx, name, &reactions, &chunk, upto);
            let done = app.db.write("relay.react", work).await?;
            progress.reactions.fetch_add(1, Ordering::Relaxed);
            progress.parked.fetch_add(done.set_aside as i64, Ordering::Relaxed);
            self.position = done.position;
            self.saved = done.position;
        }
        self.position = self.position.max(last);
        Ok(())
    }
}
