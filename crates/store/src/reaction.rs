//! Reactions: what a domain does because of an event, in a transaction that also moves its subscriber's position. So each
//! event takes effect exactly once.

use crate::outbox::StoredEvent;
use crate::{Tx, dead_letter, subscriber};
use kernel::{Code, Event, Result};
use std::{
    collections::HashSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

type Run = dyn Fn(&mut Tx<'_>, &StoredEvent) -> Result<()> + Send + Sync;

/// What a domain does because of one kind of event.
#[derive(Clone)]
pub struct Reaction {
    /// Reactions of one subscriber share a position and run in the order of the events.
    pub subscriber: &'static str,
    pub topic: &'static str,
    run: Arc<Run>,
}

impl Reaction {
    /// `subscriber` runs `reaction` for every event of the type `E`.
    pub fn on<E: Event>(subscriber: &'static str, reaction: fn(&mut Tx<'_>, &E) -> Result<()>) -> Reaction {
        Reaction { subscriber, topic: E::TOPIC, run: Arc::new(move |tx, event| reaction(tx, &event.read()?)) }
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
    let mut applied = Applied { position: upto, set_aside: 0 };
    let mut blocked: Option<HashSet<String>> = None;
    for event in new.iter().filter(|event| of(reactions, subscriber, event).next().is_some()) {
        let blocked = match &mut blocked {
            Some(keys) => keys,
            none => none.insert(dead_letter::blocked_keys(tx, subscriber)?),
        };
        if blocked.contains(&*event.key) {
            dead_letter::set_aside_behind(tx, subscriber, event)?;
        } else if let Err(error) = react(tx, reactions, subscriber, event) {
            dead_letter::set_aside(tx, subscriber, event, &error)?;
            blocked.insert(event.key.to_string());
        } else {
            continue;
        }
        applied.set_aside += 1;
    }
    subscriber::set_position(tx, subscriber, upto)?;
    Ok(applied)
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
    let attempt = || tx.attempt(|tx| of(reactions, subscriber, event).try_for_each(|one| (one.run)(tx, event)));
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
