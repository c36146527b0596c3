//! What can be done with waiting queues: one function per verb. Each locks the queue's row, lets it decide, and stores that.

use crate::entry::{Entry, State, Status};
use crate::queue::{Pace, Queue, QueueId, Rules};
use crate::store;
use crate::subject::{Subject, SubjectType};
use crate::token::{Sent, Token};
use ::store::Tx;
use events::{QueueChange, QueueChanged};
use kernel::{Code, Result, Timestamp, UserId};
use web::Visitor;

/// Admissions that one run ends; the rest follows in the next run.
const OVERDUE_MAX: i64 = 1_000;
/// Queues that a list shows. A shop has a few at a time.
const NEWEST_MAX: i64 = 200;

/// Activates the queue of `subject`, or changes its rules while it runs. C002; C019 for an opening time when it is open.
pub fn activate(tx: &mut Tx<'_>, subject: &Subject, rules: Rules, opens_at: Option<Timestamp>) -> Result<Queue> {
    let rules = rules.checked()?;
    let mut queue = store::lock_or_make(tx, subject)?;
    let (version, change) = (queue.version, if queue.active { QueueChange::Changed } else { QueueChange::Activated });
    queue.activate(rules, opens_at, tx.now())?;
    store::save(tx, &queue, version)?;
    emit(tx, &queue, change)?;
    Ok(queue)
}

/// Stops a queue: no one enters or is admitted, and what it stands in front of needs no admission. Places and admissions stay
/// for the next activation. S801.
pub fn deactivate(tx: &mut Tx<'_>, subject: &Subject) -> Result<Queue> {
    let mut queue = lock_active(tx, subject)?;
    let version = queue.version;
    queue.deactivate(tx.now());
    store::save(tx, &queue, version)?;
    emit(tx, &queue, QueueChange::Deactivated)?;
    Ok(queue)
}

fn emit(tx: &mut Tx<'_>, queue: &Queue, change: QueueChange) -> Result<()> {
    let at = tx.now();
    let (queue_id, event_type, event_id) = (queue.id.raw(), queue.subject.kind.name.clone(), queue.subject.id.raw());
    tx.emit(&QueueChanged {
        queue_id,
        event_type,
        event_id,
        change,
        waiting: queue.waiting,
        entered: queue.entered,
        at,
    })
}

/// The queue of `subject`, active or not; S801 when there never was one.
pub fn find(tx: &mut Tx<'_>, subject: &Subject) -> Result<Queue> {
    store::find(tx, subject)?.ok_or_else(|| Code::QueueNotFound.error())
}

/// The queues that were made last, active or not, newest first.
pub fn newest(tx: &mut Tx<'_>) -> Result<Vec<Queue>> {
    store::newest(tx, NEWEST_MAX)
}

fn lock_active(tx: &mut Tx<'_>, subject: &Subject) -> Result<Queue> {
    must_be_active(store::lock(tx, subject)?)
}

fn must_be_active(found: Option<Queue>) -> Result<Queue> {
    found.filter(|queue| queue.active).ok_or_else(|| Code::QueueNotFound.error())
}

/// Gives the user a place, or leaves the one they have. S801; C012 when too many entered from the same address.
pub fn enter(tx: &mut Tx<'_>, subject: &Subject, user: &UserId, address: &str) -> Result<()> {
    let mut queue = lock_active(tx, subject)?;
    let (version, now) = (queue.version, tx.now());
    if let Some(entry) = store::own(tx, queue.id, user)? {
        if !entry.state.at(now).has_ended() {
            return Ok(());
        }
        if !entry.state.has_ended() {
            end(tx, &mut queue, &entry, Status::Expired)?;
        }
    }
    let most = queue.rules.places_per_address.filter(|_| !address.is_empty()).unwrap_or(i64::MAX);
    if most < i64::MAX && store::of_address(tx, queue.id, address)? >= most {
        return Err(Code::TooManyRequests.because(format!(
            "at most {most} people may enter this queue from one address; try again when one of them has left"
        )));
    }
    let chance = tx.random().bits();
    let place = queue.enter(chance);
    store::enter(tx, &queue, user, place, address)?;
    store::save(tx, &queue, version)?;
    // the leader does not look at a queue in which no one waits
    if queue.waiting == 1 && !queue.is_lobby() { emit(tx, &queue, QueueChange::Filling) } else { Ok(()) }
}

/// Ends a live entry of a locked queue.
fn end(tx: &mut Tx<'_>, queue: &mut Queue, entry: &Entry, becomes: Status) -> Result<()> {
    queue.end(entry.state, 1);
    store::end(tx, queue, &[entry.place.entry], entry.state.status(), becomes)
}

/// Which entry somebody leaves.
#[derive(Debug, Clone)]
pub enum Which {
    Of(Subject, UserId),
    By(Sent, UserId),
}

/// Leaves the queue; a slot that the entry held is free. S801, S803; by a token also S804 and S807.
pub fn leave(tx: &mut Tx<'_>, which: &Which) -> Result<()> {
    let (mut queue, entry) = match which {
        Which::Of(subject, user) => {
            let queue = lock_active(tx, subject)?;
            let entry = store::own(tx, queue.id, user)?;
            (queue, entry.ok_or_else(|| Code::QueueEntryNotFound.error())?)
        }
        Which::By(sent, user) => {
            let queue = store::lock_by_id(tx, sent.token.queue)?.ok_or_else(|| Code::QueueEntryNotFound.error())?;
            let token = sent.verify(&queue, Some(user))?;
            let entry = store::own(tx, queue.id, user)?;
            (must_be_active(Some(queue))?, of_visit(entry, &token)?)
        }
    };
    if entry.state.at(tx.now()).has_ended() {
        return Err(Code::QueueEntryNotFound.error());
    }
    let version = queue.version;
    end(tx, &mut queue, &entry, Status::Left)?;
    store::save(tx, &queue, version)
}

/// The entry, if it is the one that the token was given for; S804 when the user entered again since, or it is forgotten.
pub fn of_visit(entry: Option<Entry>, token: &Token) -> Result<Entry> {
    entry.filter(|entry| entry.visit == token.visit).ok_or_else(|| Code::QueueTokenExpired.error())
}

/// The queue with this id, active or not; S803, because only tokens name it.
pub fn by_id(tx: &mut Tx<'_>, id: QueueId) -> Result<Queue> {
    store::find_by_id(tx, id)?.ok_or_else(|| Code::QueueEntryNotFound.error())
}

/// What one run did with a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Processed {
    pub opened: bool,
    pub expired: u64,
    pub admitted: u64,
}

impl Processed {
    /// Whether it changed anything.
    pub fn any(self) -> bool {
        self != Processed::default()
    }
}

/// Moves a queue on: opens its lobby, ends admissions that are over, admits the next batch. Gives what it did; S801 when there
/// is no such queue.
pub fn process(tx: &mut Tx<'_>, id: QueueId, pace: Pace) -> Result<(Queue, Processed)> {
    let mut queue = store::lock_by_id(tx, id)?.ok_or_else(|| Code::QueueNotFound.error())?;
    let (version, now) = (queue.version, tx.now());
    let mut done = Processed { opened: queue.open(now), ..Processed::default() };
    let overdue = if queue.entered > 0 { store::overdue(tx, id, OVERDUE_MAX)? } else { Vec::new() };
    if !overdue.is_empty() {
        done.expired = overdue.len() as u64;
        queue.end(State::Entered { until: now }, overdue.len() as i64);
        store::end(tx, &queue, &overdue, Status::Entered, Status::Expired)?;
    }
    let count = queue.admissible(now, pace);
    let first = if count > 0 { store::first_waiting(tx, id, count)? } else { Vec::new() };
    if let Some(last) = first.last() {
        done.admitted = first.len() as u64;
        let until = queue.admit(first.len() as i64, last.number, now);
        let entries: Vec<i64> = first.iter().map(|place| place.entry).collect();
        store::admit(tx, &queue, &entries, until)?;
    }
    if done.any() {
        store::save(tx, &queue, version)?;
    }
    if done.opened {
        emit(tx, &queue, QueueChange::Opened)?;
    }
    Ok((queue, done))
}

/// Moves the active queue of `subject` on now, whatever its interval says. S801.
pub fn process_now(tx: &mut Tx<'_>, subject: &Subject) -> Result<(Queue, Processed)> {
    let queue = lock_active(tx, subject)?;
    process(tx, queue.id, Pace::AtOnce)
}

/// What the leader has to do with queues.
#[derive(Debug, PartialEq, Eq)]
pub struct Due {
    /// The queues that have something to do now.
    pub now: Vec<QueueId>,
    /// When the next one has, if no request changes anything until then.
    pub next: Option<Timestamp>,
    /// Whether somebody waits in an open queue: then a user who leaves makes room for the next one, and that is no event.
    pub waits: bool,
}

/// The queues that have something to do, now or later.
pub fn due(tx: &mut Tx<'_>) -> Result<Due> {
    let now = tx.now();
    let busy = store::busy(tx)?;
    let is_due = |queue: &Queue, overdue: bool| overdue || queue.next_at(now).is_some_and(|at| at <= now);
    let due = busy.iter().filter(|(queue, overdue)| is_due(queue, *overdue)).map(|(queue, _)| queue.id).collect();
    let waits = busy.iter().any(|(queue, _)| queue.active && queue.waiting > 0 && !queue.is_lobby());
    let opens = busy.iter().filter_map(|(queue, _)| queue.next_at(now)).filter(|at| *at > now).min();
    // while somebody waits, the leader looks often anyway
    let over = if waits || busy.is_empty() { None } else { store::next_over(tx)? };
    Ok(Due { now: due, next: opens.into_iter().chain(over).min(), waits })
}

/// Whether the visitor may have what a queue stands in front of; `None` when no queue is active there. See
/// [`web::Turnstile::admitted`] for the failures.
fn admission(tx: &mut Tx<'_>, visitor: &Visitor<'_>, lock: bool) -> Result<Option<(Queue, Entry)>> {
    let subject = Subject { kind: SubjectType::named(visitor.event_type)?, id: kernel::Id::new(visitor.event_id) };
    let found = if lock { store::lock(tx, &subject)? } else { store::find(tx, &subject)? };
    let Some(queue) = found.filter(|queue| queue.active) else { return Ok(None) };
    let token = visitor.token.map(|token| Sent::read(token)?.verify(&queue, Some(&visitor.user))).transpose()?;
    let entry = store::own(tx, queue.id, &visitor.user)?;
    let entry = match token {
        Some(token) => of_visit(entry, &token)?,
        None => entry.ok_or_else(|| Code::QueueEntryRequired.error())?,
    };
    match entry.state.at(tx.now()) {
        State::Entered { .. } => Ok(Some((queue, entry))),
        State::Waiting => Err(Code::QueueNotAllowed.error().retry_after(queue.retry_after(tx.now()))),
        State::Expired if token.is_some() => Err(Code::QueueTokenExpired.error()),
        State::Expired | State::Left => Err(Code::QueueEntryRequired.error()),
    }
}

/// See [`web::Turnstile::admitted`].
pub fn admitted(tx: &mut Tx<'_>, visitor: &Visitor<'_>) -> Result<()> {
    admission(tx, visitor, false).map(|_| ())
}

/// See [`web::Turnstile::pass`].
pub fn pass(tx: &mut Tx<'_>, visitor: &Visitor<'_>) -> Result<()> {
    // most things have no queue, and those of a queue share its row, so it is locked only when there is one
    if admission(tx, visitor, false)?.is_none() {
        return Ok(());
    }
    let Some((mut queue, entry)) = admission(tx, visitor, true)? else { return Ok(()) };
    let version = queue.version;
    end(tx, &mut queue, &entry, Status::Left)?;
    store::save(tx, &queue, version)
}
