//! Making the calls: outside any transaction, between the one that stored the intent and the one that stores the outcome.

use super::{
    record::{Record, Status},
    run::{Call, Todo, injected},
    step::{Bend, Outcome, Saga},
    store,
};
use ::store::{Db, fault};
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

impl<S: Send + 'static> Saga<S> {
    /// Makes the call. What cannot be answered in time is unknown.
    pub async fn call(&self, ports: &Ports, call: &Call) -> Outcome<Value> {
        let Ok(work) = self.remote(&call.step) else { return Outcome::Unknown };
        let errand = if call.backwards { &work.backward } else { &work.forward };
        let bend = self.bend(&call.step);
        if bend == Some(Bend::Refuses) && !call.backwards {
            return Outcome::Refused(injected());
        }
        let make = if call.ask { errand.ask } else { errand.call };
        if bend == Some(Bend::Twice) {
            make(ports, &call.intent, &call.key).await;
        }
        tokio::time::timeout(CALL_MAX, make(ports, &call.intent, &call.key)).await.unwrap_or(Outcome::Unknown)
    }

    /// Makes the call, stores its outcome, and goes on until the run rests.
    pub async fn drive(self, db: &Db, ports: &Ports, mut todo: Todo) -> Result<Status> {
        loop {
            let call = match todo {
                Todo::Rest(status) => {
                    noted(status);
                    return Ok(status);
                }
                Todo::Call(call) => call,
            };
            let outcome = self.call(ports, &call).await;
            let point = self.stored(&call);
            todo = db.write("saga.settle", move |tx| self.settle(tx, &call, &outcome)).await?;
            fault::point(point);
        }
    }

    /// Moves the run on until it rests, whoever began it.
    pub async fn work(self, db: &Db, ports: &Ports, id: SagaId) -> Result<Status> {
        let todo = db
            .write("saga.resume", move |tx| {
                let mut record = store::lock(tx, &id)?;
                self.resume(tx, &mut record)
            })
            .await?;
        self.drive(db, ports, todo).await
    }

    fn stored(&self, call: &Call) -> &'static str {
        let work = self.remote(&call.step).ok();
        work.map_or("", |work| if call.backwards { work.backward.stored } else { work.forward.stored })
    }
}

fn noted(status: Status) {
    if status == Status::CompensationFailed {
        metrics::counter!("holdfast_saga_compensation_failed_total").increment(1);
    }
}

/// A saga whatever its steps know, for the task and the admin pages.
pub trait Flow: Sync {
    /// The saga's name.
    fn name(&self) -> &'static str;
    /// Moves a run on until it rests.
    fn work<'a>(&self, db: &'a Db, ports: &'a Ports, id: SagaId) -> BoxFuture<'a, Result<Status>>;
    /// Closes what the saga was about although not everything was undone.
    fn close(&self, tx: &mut ::store::Tx<'_>, record: &Record) -> Result<()>;
}

impl<S: Send + 'static> Flow for Saga<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn work<'a>(&self, db: &'a Db, ports: &'a Ports, id: SagaId) -> BoxFuture<'a, Result<Status>> {
        Box::pin(Saga::work(*self, db, ports, id))
    }

    fn close(&self, tx: &mut ::store::Tx<'_>, record: &Record) -> Result<()> {
        let saga = (self.load)(tx, record)?;
        record.ending.as_ref().map_or(Ok(()), |ending| (self.undone)(tx, &saga, ending))
    }
}

/// Moves one due run on. When that fails for reasons of our own, the run is left alone for a while, so that it does not
/// keep others waiting.
pub async fn nudge(flow: &dyn Flow, db: &Db, ports: &Ports, id: SagaId) -> Result<Status> {
    let outcome = flow.work(db, ports, id.clone()).await;
    if let Err(error) = &outcome
        && error.code() != Code::StaleVersion
    {
        tracing::error!(saga = %id, error = ?error, "a saga could not be moved on");
        let why = why(error);
        let until = db.clock().now().after(PUT_OFF);
        db.write("saga.put-off", move |tx| store::put_off(tx, &id, until, &why())).await?;
    }
    outcome
}

fn why(error: &Error) -> impl Fn() -> Error + Send + 'static {
    let (code, words) = (error.code(), format!("{error:?}"));
    move || code.error().caused_by(words.clone())
}
