//! Reactions: what a domain does because of an event, in a transaction that also moves its subscriber's position. So each
//! event takes effect exactly once.

use crate::outbox::StoredEvent;
use crate::{Tx, dead_letter, subscriber};
use kernel::{Code, Event, Result};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Is run with the events of one topic, or of a whole batch.
type Run = dyn Fn(&mut Tx<'_>, &[StoredEvent]) -> Result<()> + Send + Sync;

/// What a domain does because of one kind of event.
#[derive(Clone)]
pub struct Reaction {
    /// Reactions of one subscriber share a position and run in the order of the events.
    pub subscriber: &'static str,
    pub topic: &'static str,
    in_batches: bool,
    run: Arc<Run>,
}

impl Reaction {
    /// `subscriber` runs `reaction` for every event of the type `E`.
    pub fn on<E: Event>(subscriber: &'static str, reaction: fn(&mut Tx<'_>, &E) -> Result<()>) -> Reaction {
        let run = move |tx: &mut Tx<'_>, events: &[StoredEvent]| {
            events.iter().try_for_each(|event| reaction(tx, &event.read()?))
        };
        Reaction { subscriber, topic: E::TOPIC, in_batches: false, run: Arc::new(run) }
    }

    /// `subscriber` runs `reaction` once for all events of a batch, of the type `E` and of the other types for which it names the
    /// same function, in order. For what is worked out anew from the rows and needs a constant number of statements: when it fails,
    /// it is run again for each event alone. All reactions of such a subscriber run in batches, by the same function.
    pub fn in_batches<E: Event>(
        subscriber: &'static str,
        reaction: fn(&mut Tx<'_>, &[StoredEvent]) -> Result<()>,
    ) -> Reaction {
        Reaction { subscriber, topic: E::TOPIC, in_batches: true, run: Arc::new(reaction) }
    }

    /// Whether a batch costs about as much as one event.
    pub fn runs_in_batches(&self) -> bool {
        self.in_batches
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

/// Whether the subscriber works in batches and has done all of it; if not, nothing is done.
fn reacted_in_a_batch(tx: &mut Tx<'_>, reactions: &[Reaction], subscriber: &str, events: &[StoredEvent]) -> bool {
    let in_batches = |one: &&Reaction| one.in_batches && one.subscriber == subscriber;
    match reactions.iter().find(in_batches) {
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
