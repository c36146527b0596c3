//! Making the calls: outside any transaction, between the one that stored the intent and the one that stores the outcome.

use super::{
    record::{Record, Status},
    run::{Call, Todo, injected},
    step::{Bend, Outcome, Saga},
    store,
};
use ::store::{Db, Tx, fault};
use futures_util::future::BoxFuture;
use kernel::{Code, Error, Result, SagaId};
use ports::Ports;
use serde_json::Value;
use std::time::Duration;

/// Longest a call may take before its outcome counts as unknown. Shorter than [`super::record::HOLD`], so that nobody asks
/// about a call that is still being made.
const CALL_MAX: Duration = Duration::from_secs(20);
/// How long a run is left alone after moving it on failed for reasons of our own.
const PUT_OFF: Duration = Duration::from_secs(30);

/// A saga whatever its steps know: what moving a run on needs.
pub trait Flow: Send + Sync {
    /// The saga's name.
    fn name(&self) -> &'static str;
    /// Moves the run on as far as this transaction can, and saves it.
    fn resume(&self, tx: &mut Tx<'_>, record: &mut Record) -> Result<Todo>;
    /// Makes the call. What cannot be answered in time is unknown.
    fn call<'a>(&'a self, ports: &'a Ports, call: &'a Call) -> BoxFuture<'a, Outcome<Value>>;
    /// Records what another system said, and moves the run on as far as this transaction can.
    fn settle(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Todo)>;
    /// The crash point passed after the call's outcome is stored.
    fn stored(&self, call: &Call) -> &'static str;
    /// Closes what the saga was about although not everything was undone.
    fn close(&self, tx: &mut Tx<'_>, record: &Record) -> Result<()>;
}

impl<S: 'static> Flow for Saga<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn resume(&self, tx: &mut Tx<'_>, record: &mut Record) -> Result<Todo> {
        Saga::resume(self, tx, record)
    }

    fn call<'a>(&'a self, ports: &'a Ports, call: &'a Call) -> BoxFuture<'a, Outcome<Value>> {
        let Ok(work) = self.remote(&call.step) else { return Box::pin(async { Outcome::Unknown }) };
        let errand = if call.backwards { &work.backward } else { &work.forward };
        let make = if call.ask { errand.ask } else { errand.call };
        let bend = self.bend(&call.step);
        Box::pin(async move {
            if bend == Some(Bend::Refuses) && !call.backwards {
                return Outcome::Refused(injected());
            }
            if bend == Some(Bend::Twice) {
                make(ports, &call.intent, &call.key).await;
            }
            let answer = tokio::time::timeout(CALL_MAX, make(ports, &call.intent, &call.key)).await;
            answer.unwrap_or(Outcome::Unknown)
        })
    }

    fn settle(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Todo)> {
        Saga::settle(self, tx, call, outcome)
    }

    fn stored(&self, call: &Call) -> &'static str {
        let work = self.remote(&call.step).ok();
        work.map_or("", |work| if call.backwards { work.backward.stored } else { work.forward.stored })
    }

    fn close(&self, tx: &mut Tx<'_>, record: &Record) -> Result<()> {
        let saga = (self.load)(tx, record)?;
        record.ending.as_ref().map_or(Ok(()), |ending| (self.undone)(tx, &saga, ending))
    }
}

/// Makes the calls of a run and stores their outcomes until it rests.
pub async fn drive(flow: &'static dyn Flow, db: &Db, ports: &Ports, mut todo: Todo) -> Result<Status> {
    loop {
        let call = match todo {
            Todo::Rest(status) => {
                noted(status);
                return Ok(status);
            }
            Todo::Call(call) => call,
        };
        let outcome = flow.call(ports, &call).await;
        let stored = flow.stored(&call);
        todo = db.write("saga.settle", move |tx| flow.settle(tx, &call, &outcome).map(|(_, todo)| todo)).await?;
        fault::point(stored);
    }
}

/// Moves a run on until it rests, whoever began it. When that fails for reasons of our own, the run is left alone for a
/// while, so that it does not keep others waiting.
pub async fn nudge(flow: &'static dyn Flow, db: &Db, ports: &Ports, id: SagaId) -> Result<Status> {
    moved_on(flow, db, ports, id, false).await
}

/// [`nudge`] for a run that was found due, unless another process was faster: two who find the same failure must not count
/// as two attempts.
pub async fn nudge_if_due(flow: &'static dyn Flow, db: &Db, ports: &Ports, id: SagaId) -> Result<Status> {
    moved_on(flow, db, ports, id, true).await
}

async fn moved_on(flow: &'static dyn Flow, db: &Db, ports: &Ports, id: SagaId, only_if_due: bool) -> Result<Status> {
    let run = id.clone();
    let resume = move |tx: &mut Tx<'_>| {
        let mut record = store::lock(tx, &run)?;
        if only_if_due && !record.is_due(tx.now()) {
            return Ok(Todo::Rest(record.status));
        }
        flow.resume(tx, &mut record)
    };
    let outcome = match db.write("saga.resume", resume).await {
        Ok(todo) => drive(flow, db, ports, todo).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome
        && error.code() != Code::StaleVersion
    {
        tracing::error!(saga = %id, error = ?error, "a saga could not be moved on");
        let why = copy(error);
        let until = db.clock().now().after(PUT_OFF);
        db.write("saga.put-off", move |tx| store::put_off(tx, &id, until, &why())).await?;
    }
    outcome
}

/// Counts a run that nobody but a person can move any more.
pub fn noted(status: Status) {
    if status == Status::CompensationFailed {
        metrics::counter!("holdfast_saga_compensation_failed_total").increment(1);
    }
}

fn copy(error: &Error) -> impl Fn() -> Error + Send + 'static {
    let (code, words) = (error.code(), format!("{error:?}"));
    move || code.error().caused_by(words.clone())
}
