//! Running the steps of a saga in their order.

use super::{
    call::Missing,
    outcome::Outcome,
    record::{Cancellation, Record, Status},
    run::{Action, Call, Saga, is_passing},
    step::{Next, RemoteWork, Work},
};
use ::store::Tx;
use kernel::{Code, Error, Result, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// Pause before a local step is run again that may not fail any more.
const RETRY_AFTER: Duration = Duration::from_secs(30);

impl<S: 'static> Saga<S> {
    /// Runs the next step; `None` to go on.
    pub(crate) fn forward(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Option<Action>> {
        let next = self.steps(record)?.iter().find(|step| !record.completed.iter().any(|done| done == step.name));
        let Some(step) = next else {
            record.end(Status::Completed, tx.now());
            return Ok(None);
        };
        record.step = step.name.to_owned();
        match &step.work {
            Work::First => Err(Code::Internal.error().caused_by("a run was stored without its first step")),
            Work::Local(work) => match tx.attempt(|tx| self.run_local(tx, saga, step, work.run)) {
                Ok(memory) => {
                    record.complete(step.name, memory);
                    Ok(None)
                }
                Err(error) => self.step_failed(tx, record, error),
            },
            Work::Remote(work) => self.forward_remote(tx, saga, record, step.name, work),
        }
    }

    /// A local step failed: what was completed is compensated, or, if that is impossible, the step is retried.
    fn step_failed(&self, tx: &mut Tx<'_>, record: &mut Record, error: Error) -> Result<Option<Action>> {
        if is_passing(&error) {
            return Err(error);
        }
        if self.is_irreversible(record)? {
            tracing::error!(saga = %record.id, step = record.step, error = ?error, "a step that may not fail failed");
            record.last_error = Some(error.stored());
            record.wake_at = Some(tx.now().after(RETRY_AFTER));
            return Ok(Some(Action::Rest(record.status)));
        }
        record.start_compensation(cancellation(&error), Some(&error));
        Ok(None)
    }

    fn forward_remote(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        step: &'static str,
        work: &RemoteWork<S>,
    ) -> Result<Option<Action>> {
        if record.entry(step).forward.is_some() {
            // the call was made, or its process died before; ask before it is repeated
            return Ok(Some(self.hold(tx, record, step, false, true)));
        }
        match (work.prepare)(tx, saga)? {
            Next::Call(request) => return Ok(Some(self.hold_new(tx, record, step, false, request))),
            Next::WaitUntil(until) => {
                record.wake_at = Some(until);
                return Ok(Some(Action::Rest(record.status)));
            }
            Next::Complete(response) => record.complete(step, response),
            Next::Fail(why) => record.start_compensation(cancellation(&why), Some(&why)),
        }
        Ok(None)
    }

    /// Stores the outcome of a pending forward call; an action when that is all for now. [`Self::settle_backward`] has the same
    /// shape on purpose: each reads as one list of outcomes, and what follows from an outcome differs in each direction.
    pub(crate) fn settle_forward(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        call: &Call,
        outcome: &Outcome<Value>,
    ) -> Result<Option<Action>> {
        let forward = &self.remote(record, &call.step)?.forward;
        match outcome {
            Outcome::Succeeded(response) => {
                if self.is_run_twice(&call.step) {
                    (forward.succeeded)(tx, saga, &call.request, response)?;
                }
                (forward.succeeded)(tx, saga, &call.request, response)?;
                record.complete(&call.step, response.clone());
                Ok(None)
            }
            Outcome::Refused(why) => {
                (forward.refused)(tx, saga, &call.request, why)?;
                self.set_aside(record, &call.step, why);
                if !(forward.may_be_followed)(&call.request)? {
                    record.start_compensation(cancellation(why), Some(why));
                }
                Ok(None)
            }
            Outcome::Waiting { until, note } => {
                (forward.waiting)(tx, saga, &call.request, *until, note)?;
                self.waiting(tx, record, call, *until)
            }
            Outcome::NotFound if call.ask => self.not_found(tx, saga, record, call),
            Outcome::NotDone => Ok(Some(self.not_done(tx, record, call))),
            Outcome::NotFound | Outcome::Unknown => Ok(Some(self.no_answer(tx, record, call))),
        }
    }

    /// The other system waits for something. When the time for it is over, the run is compensated, which ends the waiting.
    fn waiting(&self, tx: &mut Tx<'_>, record: &mut Record, call: &Call, until: Timestamp) -> Result<Option<Action>> {
        match record.status {
            Status::Started if tx.now() >= until => {
                let why = Code::SagaTimeout.because("not paid in time");
                record.start_compensation(cancellation(&why), Some(&why));
                Ok(None)
            }
            Status::Started => Ok(Some(self.waits(tx, record, call, until))),
            // it could not be ended yet
            Status::Compensating | Status::Completed | Status::Failed | Status::CompensationFailed => {
                Ok(Some(self.no_answer(tx, record, call)))
            }
        }
    }

    /// The other system does not know the call: it is repeated with the same key, or abandoned if it is no longer wanted.
    fn not_found(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record, call: &Call) -> Result<Option<Action>> {
        let forward = &self.remote(record, &call.step)?.forward;
        let why = match (record.status, &call.abandon_unless_found) {
            (Status::Started, None) => match (forward.when_missing)(tx, saga, &call.request)? {
                Missing::Repeat => return Ok(Some(self.hold(tx, record, &call.step, false, false))),
                Missing::Ask => return Ok(Some(self.no_answer(tx, record, call))),
                Missing::Abandon => Code::SagaTimeout.because("the other system did not know of it in time"),
            },
            (Status::Started, Some((code, reason))) => code.because(reason.clone()),
            (Status::Compensating | Status::Completed | Status::Failed | Status::CompensationFailed, _) => {
                Code::SagaTimeout.because("abandoned before the other system knew of it")
            }
        };
        (forward.abandoned)(tx, saga, &call.request, &call.key, &why)?;
        self.set_aside(record, &call.step, &why);
        Ok(None)
    }

    /// Takes in an answer to a call that is not pending. If the call was refused or abandoned and succeeded after all, its
    /// effect has to be taken back.
    pub(crate) fn settle_late(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &Record,
        call: &Call,
        outcome: &Outcome<Value>,
    ) -> Result<()> {
        let is_past = |past: &[super::CallRecord]| past.iter().any(|past| past.key == call.key);
        let past = record.memory.get(&call.step).is_some_and(|entry| is_past(&entry.past));
        match outcome {
            Outcome::Succeeded(response) if past && !call.backwards => {
                let forward = &self.remote(record, &call.step)?.forward;
                (forward.succeeded_late)(tx, saga, &call.request, &call.key, response)
            }
            Outcome::Succeeded(_) | Outcome::Refused(_) => Ok(()),
            Outcome::Waiting { .. } | Outcome::NotDone | Outcome::Unknown | Outcome::NotFound => Ok(()),
        }
    }

    /// The forward call of `step` becomes one of its past calls.
    fn set_aside(&self, record: &mut Record, step: &str, why: &Error) {
        let entry = record.entry(step);
        if let Some(mut call) = entry.forward.take() {
            call.held_until = None;
            call.refused = Some(why.to_string());
            entry.past.push(call);
        }
    }
}

/// Why the run is compensated, in words that the buyer may read.
fn cancellation(error: &Error) -> Cancellation {
    Cancellation::by_system(error.detail().unwrap_or(error.code().english()))
}
