//! Reactions: what a domain does because of an event, in a transaction that also moves its subscriber's position. So each
//! event takes effect exactly once.

use crate::outbox::StoredEvent;
use crate::{Tx, dead_letter, subscriber};
use kernel::{Code, Event, Result};
use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Is run with the events of one topic, or of a whole batch.
type Run = dyn Fn(&mut Tx<'_>, &[StoredEvent]) -> Result<()> + Send + Sync;
/// How many of these events, from the first one on, are about at most so many keys.
type Fitting = dyn Fn(&[StoredEvent], usize) -> usize + Send + Sync;

/// What a domain does because of one kind of event.
#[derive(Clone)]
pub struct Reaction {
    /// Reactions of one subscriber share a position and run in the order of the events.
    pub subscriber: &'static str,
    pub topic: &'static str,
    run: Arc<Run>,
    /// Of a reaction that works rows out.
    fitting: Option<Arc<Fitting>>,
}

impl Reaction {
    /// `subscriber` runs `reaction` for every event of the type `E`.
    pub fn on<E: Event>(subscriber: &'static str, reaction: fn(&mut Tx<'_>, &E) -> Result<()>) -> Reaction {
        let run = move |tx: &mut Tx<'_>, events: &[StoredEvent]| {
            events.iter().try_for_each(|event| reaction(tx, &event.read()?))
        };
        Reaction { subscriber, topic: E::TOPIC, run: Arc::new(run), fitting: None }
    }

    /// `subscriber` works rows out anew: `keys` names what an event of the type `E` is about, and `work_out` is run once with all
    /// keys of a batch, in a number of statements that does not depend on how many they are. So what many events are about is
    /// worked out once, and an event that comes again changes nothing. When it fails, it is run again for each event alone. All
    /// reactions of such a subscriber have the same two functions.
    pub fn works_out<E: Event, K: Ord + 'static>(
        subscriber: &'static str,
        keys: fn(&StoredEvent) -> Result<Vec<K>>,
        work_out: fn(&mut Tx<'_>, &BTreeSet<K>) -> Result<()>,
    ) -> Reaction {
        let run = move |tx: &mut Tx<'_>, events: &[StoredEvent]| {
            let all = events.iter().map(keys).collect::<Result<Vec<_>>>()?;
            work_out(tx, &all.into_iter().flatten().collect())
        };
        let fitting = move |events: &[StoredEvent], most: usize| {
            let mut all = BTreeSet::new();
            let is_too_much = |event: &StoredEvent| {
                // an event that cannot be read becomes a dead letter when it is run
                all.extend(keys(event).unwrap_or_default());
                all.len() > most
            };
            events.iter().position(is_too_much).unwrap_or(events.len()).max(1).min(events.len())
        };
        Reaction { subscriber, topic: E::TOPIC, run: Arc::new(run), fitting: Some(Arc::new(fitting)) }
    }

    /// Whether it works rows out, so that a batch costs as much as the keys that its events are about.
    pub fn works_rows_out(&self) -> bool {
        self.fitting.is_some()
    }

    /// How many of `events`, from the first one on, may run in one transaction: as many as are about `most` keys, or at least one;
    /// without keys, `most` events.
    pub fn fitting(&self, events: &[StoredEvent], most: usize) -> usize {
        self.fitting.as_ref().map_or(most.min(events.len()), |fitting| fitting(events, most))
    }
}

impl fmt::Debug for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.subscriber, self.topic)
    }
}

/// What one call of [`apply`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The subscriber's position now.
    pub position: i64,
    /// Events that failed or follow a failed one of their key.
    pub set_aside: usize,
}

/// Runs the subscriber's reactions on `events`, which are in order and hold every event after its position and up to `upto`
/// that it reacts to. Events that it has dealt with are skipped. The position commits with the changes.
pub fn apply(
    tx: &mut Tx<'_>,
    subscriber: &str,
    reactions: &[Reaction],
    events: &[StoredEvent],
    upto: i64,
) -> Result<Applied> {
    let position = subscriber::position(tx, subscriber)?.unwrap_or(0);
    if position >= upto {
        return Ok(Applied { position, set_aside: 0 });
    }
    let new = &events[events.partition_point(|event| event.id <= position)..];
    let is_wanted = |event: &&StoredEvent| of(reactions, subscriber, event).next().is_some();
    let wanted: Vec<StoredEvent> = new.iter().filter(is_wanted).cloned().collect();
    let set_aside = if wanted.is_empty() { 0 } else { react_to_all(tx, subscriber, reactions, wanted)? };
    subscriber::set_position(tx, subscriber, upto)?;
    Ok(Applied { position: upto, set_aside })
}

/// Runs the reactions on every event; what fails is set aside. Gives how many events that are.
fn react_to_all(tx: &mut Tx<'_>, subscriber: &str, reactions: &[Reaction], events: Vec<StoredEvent>) -> Result<usize> {
    let mut blocked = dead_letter::blocked_keys(tx, subscriber)?;
    let (behind, free): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| blocked.contains(&*event.key));
    behind.iter().try_for_each(|event| dead_letter::set_aside_behind(tx, subscriber, event))?;
    let mut set_aside = behind.len();
    if reacted_in_a_batch(tx, reactions, subscriber, &free) {
        return Ok(set_aside);
    }
    for event in &free {
        if blocked.contains(&*event.key) {
            dead_letter::set_aside_behind(tx, subscriber, event)?;
        } else if let Err(error) = react(tx, reactions, subscriber, event) {
            dead_letter::set_aside(tx, subscriber, event, &error)?;
            blocked.insert(event.key.to_string());
        } else {
            continue;
        }
        set_aside += 1;
    }
    Ok(set_aside)
}

/// Whether the subscriber works rows out and has done all of it; if not, nothing is done.
fn reacted_in_a_batch(tx: &mut Tx<'_>, reactions: &[Reaction], subscriber: &str, events: &[StoredEvent]) -> bool {
    let works_rows_out = |one: &&Reaction| one.works_rows_out() && one.subscriber == subscriber;
    match reactions.iter().find(works_rows_out) {
        Some(one) if !events.is_empty() => contained(|| tx.attempt(|tx| (one.run)(tx, events))).is_ok(),
        Some(_) => true,
        None => false,
    }
}

fn of<'r>(
    reactions: &'r [Reaction],
    subscriber: &'r str,
    event: &'r StoredEvent,
) -> impl Iterator<Item = &'r Reaction> {
    reactions.iter().filter(move |reaction| reaction.subscriber == subscriber && *reaction.topic == *event.topic)
}

/// Runs all of the subscriber's reactions on the event, or none: a failure, even a panic, undoes only this.
fn react(tx: &mut Tx<'_>, reactions: &[Reaction], subscriber: &str, event: &StoredEvent) -> Result<()> {
    let alone = std::slice::from_ref(event);
    contained(|| tx.attempt(|tx| of(reactions, subscriber, event).try_for_each(|one| (one.run)(tx, alone))))
}

/// A panic counts as a failure.
fn contained(attempt: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(attempt))
        .unwrap_or_else(|_| Err(Code::Internal.error().caused_by("the reaction panicked")))
}

/// Tries up to `limit` dead letters of the subscriber that are due. Gives how many succeeded.
pub fn retry_due(tx: &mut Tx<'_>, subscriber: &str, reactions: &[Reaction], limit: i64) -> Result<usize> {
    let mut succeeded = 0;
    for letter in dead_letter::due(tx, subscriber, limit)? {
        succeeded += usize::from(retry(tx, reactions, &letter)?);
    }
    Ok(succeeded)
}

/// Tries a dead letter now, whatever its attempts. Gives whether it succeeded; a letter that nothing reacts to any more does.
pub fn retry(tx: &mut Tx<'_>, reactions: &[Reaction], letter: &dead_letter::DeadLetter) -> Result<bool> {
    match react(tx, reactions, &letter.subscriber, &letter.event()) {
        Ok(()) => dead_letter::remove(tx, letter).map(|()| true),
        Err(error) => dead_letter::failed_again(tx, letter, &error).map(|()| false),
    }
}
