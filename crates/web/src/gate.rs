//! How a handler asks the gate ([`ports::gate`]) before its job takes something of which there are only so many.
//!
//! 1. [`ask`] refuses, or lets through with a [`Passage`]. No transaction is open meanwhile.
//! 2. If the passage has a [`Passage::look`], the handler's reading job reads the subject's rows too and brings them to
//!    [`Passage::saw`].
//! 3. After the writing job, [`Passage::ended`] says how that ended.
//!
//! What gives units back or changes the rules emits an event; the domain's [`crate::Module::invalidates`] names the subject
//! as a [`CacheKey`] for it. So every instance opens the subject as soon as it knows of the event, its own commits
//! included.

use crate::{App, CacheKey, Failure, IdempotencyKey};
use axum::{http::StatusCode, response::Response};
use kernel::{Error, Result, UserId};
use parking_lot::Mutex;
use ports::gate::{Answer, Asked, Gate, Look, Outcome, Refusal, Snapshot, Subject, Ticket};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Pauses of a request that finds a crowd; then it is let through. A commit takes a few milliseconds, so the first is
/// usually enough.
const CROWD_PAUSES: [Duration; 3] = [Duration::from_millis(15), Duration::from_millis(50), Duration::from_millis(150)];
/// Most subjects whose generation is remembered; with more, all are forgotten, which costs each one look.
const SUBJECTS_MAX: usize = 4_096;

/// The key whose generation grows when a subject is opened.
pub const fn key(subject: &Subject) -> CacheKey {
    CacheKey::new(subject.kind, subject.id)
}

/// What the gate has said since the start.
#[derive(Debug, Default)]
pub struct Counts {
    through: AtomicU64,
    sold_out: AtomicU64,
    over_limit: AtomicU64,
    crowded: AtomicU64,
}

impl Counts {
    /// How often it gave each answer.
    pub fn by_answer(&self) -> [(&'static str, u64); 4] {
        let Counts { through, sold_out, over_limit, crowded } = self;
        [("through", through), ("sold-out", sold_out), ("over-limit", over_limit), ("crowded", crowded)]
            .map(|(answer, count)| (answer, count.load(Relaxed)))
    }
}

/// The generations at which subjects were opened last.
#[derive(Default)]
struct Opened(Mutex<HashMap<Subject, u64>>);

/// A request that the gate let through.
#[derive(Debug)]
pub struct Passage {
    gate: Arc<dyn Gate>,
    asked: Option<Asked>,
    ticket: Ticket,
}

/// Asks for units. A request with an idempotency key may be a repeated one, whose first response counts, so the gate
/// refuses it nothing; nor if it is not known which subject the user wants.
pub async fn ask(
    app: &App,
    subject: Option<Subject>,
    user: UserId,
    units: i64,
    idempotency: &IdempotencyKey,
) -> Result<Passage, Refusal> {
    let gate = Arc::clone(&app.ports.gate);
    let asked = subject.map(|subject| Asked { subject, user, units, at: app.now() });
    let uncounted = |gate, asked| Passage { gate, asked, ticket: Ticket::UNCOUNTED };
    let (Some(wanted), false) = (asked, idempotency.is_some()) else { return Ok(uncounted(gate, asked)) };
    open_if_changed(app, &wanted.subject).await;
    let counts = app.memory::<Counts>();
    for pause in CROWD_PAUSES {
        match gate.take(&wanted).await {
            Answer::Through(ticket) => {
                counts.through.fetch_add(1, Relaxed);
                return Ok(Passage { gate, asked, ticket });
            }
            Answer::Refused(refusal) => {
                let count = match refusal {
                    Refusal::SoldOut { .. } => &counts.sold_out,
                    Refusal::OverLimit { .. } => &counts.over_limit,
                };
                count.fetch_add(1, Relaxed);
                return Err(refusal);
            }
            Answer::Crowded => {
                counts.crowded.fetch_add(1, Relaxed);
                tokio::time::sleep(pause).await;
            }
        }
    }
    counts.through.fetch_add(1, Relaxed);
    Ok(uncounted(gate, asked))
}

/// Opens the subject if this instance knows of an event since it did so last.
async fn open_if_changed(app: &App, subject: &Subject) {
    let (opened, generation) = (app.memory::<Opened>(), app.cache.generation(&key(subject)));
    let before = opened.0.lock().get(subject).copied();
    if before.unwrap_or(0) == generation {
        return;
    }
    app.ports.gate.open(subject).await;
    // after the opening, so that no other request goes on without it
    let mut all = opened.0.lock();
    if all.len() >= SUBJECTS_MAX {
        all.clear();
    }
    all.insert(*subject, generation);
}

impl Passage {
    /// The task to read the subject's rows, if it is this request's.
    pub fn look(&self) -> Option<Look> {
        self.ticket.look
    }

    /// What this request read because of [`Passage::look`].
    pub async fn saw(&self, snapshot: Option<&Snapshot>) {
        if let (Some(asked), Some(look)) = (&self.asked, self.ticket.look) {
            self.gate.rebuild(&asked.subject, look, snapshot).await;
        }
    }

    /// How the request ended: whether the user has the units ([`took`]).
    pub async fn ended(self, took: bool) {
        if let Some(asked) = &self.asked {
            let outcome = if took { Outcome::Took } else { Outcome::GaveBack };
            self.gate.settle(asked, self.ticket, outcome).await;
        }
    }
}

/// After 201 the user has the units, also when it is the response of an earlier request.
pub fn took(response: &Result<Response, Failure>) -> bool {
    response.as_ref().is_ok_and(|response| response.status() == StatusCode::CREATED)
}

/// Why a reading job refuses, beside what it read for the gate. A failure of our own stays one.
pub fn refusal(checked: Result<()>) -> Result<Option<Error>> {
    match checked {
        Ok(()) => Ok(None),
        Err(error) if error.code().status() < 500 => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
