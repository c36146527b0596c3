//! The reactions of one subscriber, in the leader. An event takes effect exactly once, because the transaction of the
//! reaction compares and moves the stored position (`store::reaction::apply`).
//!
//! A batch costs a write only when it has an event that the subscriber reacts to; otherwise the position moves in memory and
//! is stored with those of the others now and then.

use super::feed::{BATCH, Feed};
use super::leading::Leading;
use super::progress::{Kind, Progress, Standing};
use super::subscriber::{Subscriber, WAITING_MAX};
use super::{SETTLE, SETTLE_UNDER_LOAD};
use kernel::Result;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use store::{Lease, Reaction, StoredEvent, Tx, dead_letter, reaction};
use web::{App, Module};

/// Events of one transaction; more would keep other jobs from the writer.
const REACT_AT_ONCE: usize = 64;
/// Keys of one transaction of a subscriber that works rows out.
const KEYS_AT_ONCE: usize = 512;
/// Events that such a subscriber takes at once: many may be about the same few keys.
const EVENTS_WORKED_OUT: usize = WAITING_MAX as usize;
/// With so many events after a pause it is under load.
const MANY_EVENTS: usize = 100;

/// Every reaction of every module.
pub fn of_modules(modules: &[Module]) -> Vec<Reaction> {
    modules.iter().flat_map(|module| (module.reactions)()).collect()
}

/// The subscribers of some reactions, each with its topics.
pub fn subscribers(reactions: &[Reaction]) -> Vec<(&'static str, Vec<&'static str>)> {
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

/// One subscriber.
pub(super) struct Reactions {
    app: App,
    feed: Arc<Feed>,
    topics: Vec<&'static str>,
    reactions: Arc<[Reaction]>,
    /// One of its own, if it works rows out.
    works_out: Option<Reaction>,
    /// How long it waits for more events after those that it has dealt with.
    pause: Duration,
    standing: Arc<Standing>,
    progress: Arc<Progress>,
    leading: Leading,
}

impl Reactions {
    pub fn standing(name: &'static str) -> Arc<Standing> {
        Standing::new(name, Kind::Reactions, true, 0)
    }

    pub fn new(
        app: &App,
        feed: &Arc<Feed>,
        topics: Vec<&'static str>,
        reactions: &Arc<[Reaction]>,
        standing: Arc<Standing>,
        progress: &Arc<Progress>,
    ) -> Reactions {
        let (app, feed, reactions) = (app.clone(), Arc::clone(feed), Arc::clone(reactions));
        let mut own = reactions.iter().filter(|one| one.subscriber == standing.name);
        let works_out = own.find(|one| one.works_rows_out()).cloned();
        Reactions {
            app,
            feed,
            topics,
            reactions,
            works_out,
            pause: Duration::ZERO,
            standing,
            progress: Arc::clone(progress),
            leading: Leading::default(),
        }
    }

    /// How many of these events run in one transaction.
    fn fitting(&self, events: &[StoredEvent]) -> usize {
        match &self.works_out {
            Some(one) => one.fitting(events, KEYS_AT_ONCE),
            None => events.len().min(REACT_AT_ONCE),
        }
    }

    /// How long to wait for more after so many events.
    fn pause_after(&self, events: usize) -> Duration {
        match self.works_out {
            None => Duration::ZERO,
            Some(_) if events < MANY_EVENTS => SETTLE,
            Some(_) => SETTLE_UNDER_LOAD,
        }
    }
}

impl Subscriber for Reactions {
    fn linger(&self) -> Duration {
        self.pause
    }

    fn standing(&self) -> &Standing {
        &self.standing
    }

    async fn step(&mut self, lease: Option<Lease>) -> Result<usize> {
        let Some(app) = self.leading.under(lease, &self.app, &self.standing).await? else { return Ok(0) };
        let at_once = if self.works_out.is_some() { EVENTS_WORKED_OUT } else { BATCH as usize };
        let events = self.feed.after(self.standing.position(), at_once).await?;
        self.standing.begins_with(events.first());
        let Some(last) = events.last().map(|event| event.id) else { return Ok(0) };
        let reacts_to = |event: &&StoredEvent| self.topics.contains(&&*event.topic);
        let mine: Vec<StoredEvent> = events.iter().filter(reacts_to).cloned().collect();
        self.pause = self.pause_after(mine.len());
        let mut left = &mine[..];
        while !left.is_empty() {
            let (chunk, rest) = left.split_at(self.fitting(left));
            let upto = if rest.is_empty() { last } else { chunk.last().map_or(last, |event| event.id) };
            left = rest;
            let (name, reactions, chunk) = (self.standing.name, Arc::clone(&self.reactions), chunk.to_vec());
            let work = move |tx: &mut Tx<'_>| reaction::apply(tx, name, &reactions, &chunk, upto);
            let applied = app.db.write("relay.react", work).await?;
            self.progress.reactions.fetch_add(1, Relaxed);
            self.standing.set_aside(applied.set_aside);
            self.standing.moved(applied.position);
            self.standing.stored(applied.position);
        }
        self.standing.moved(self.standing.position().max(last));
        Ok(events.len())
    }

    async fn retry(&mut self, lease: Option<Lease>) -> Result<usize> {
        if self.standing.dead_letters() == 0 {
            return Ok(0);
        }
        let Some(app) = self.leading.under(lease, &self.app, &self.standing).await? else { return Ok(0) };
        let (name, reactions) = (self.standing.name, Arc::clone(&self.reactions));
        let retry = move |tx: &mut Tx<'_>| {
            let succeeded = reaction::retry_due(tx, name, &reactions, REACT_AT_ONCE as i64)?;
            Ok((succeeded, dead_letter::count(tx, name)?))
        };
        let (succeeded, left) = app.db.write("relay.retry", retry).await?;
        self.standing.has_dead_letters(left);
        Ok(succeeded)
    }

    fn backoff(_: u32) -> Duration {
        super::PAUSE
    }
}
