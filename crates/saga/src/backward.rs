//! Compensating completed steps, the last one first. Every compensation may be repeated without effect. One that fails is
//! tried again after growing pauses, and after the last attempt a person has to look.

use super::{
    events::compensation_failed,
    outcome::Outcome,
    record::{Cancellation, Record, Status},
    run::{Action, Call, Saga, is_passing},
    step::{LocalWork, Next, RemoteWork, Work},
};
use ::store::Tx;
use kernel::{Error, Result};
use serde_json::Value;

impl<S: 'static> Saga<S> {
    /// Compensates the last completed step; `None` to go on.
    pub(crate) fn backward(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Option<Action>> {
        // the outcome of a pending call has to be known before anything is compensated
        if let Some(step) = record.pending().map(|(step, _)| step.to_owned()) {
            return Ok(Some(self.hold(tx, record, &step, false, true)));
        }
        let Some(name) = record.completed.last().cloned() else { return self.compensated(tx, saga, record) };
        record.step.clone_from(&name);
        match &self.step(record, &name)?.work {
            Work::First => {
                record.compensated(&name);
                Ok(None)
            }
            Work::Local(work) => {
                let memory = record.entry(&name).memory.clone().unwrap_or_default();
                let compensated = tx.attempt(|tx| self.compensate_local(tx, saga, &name, work, &memory));
                match compensated.and_then(|()| self.injected_failure(&name)) {
                    Ok(()) => record.compensated(&name),
                    Err(error) => return self.attempt_failed(tx, record, error),
                }
                Ok(None)
            }
            Work::Remote(work) => self.backward_remote(tx, saga, record, &name, work),
        }
    }

    fn compensate_local(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        step: &str,
        work: &LocalWork<S>,
        memory: &Value,
    ) -> Result<()> {
        if self.is_run_twice(step) {
            (work.compensate)(tx, saga, memory)?;
        }
        (work.compensate)(tx, saga, memory)
    }

    fn backward_remote(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        step: &str,
        work: &RemoteWork<S>,
    ) -> Result<Option<Action>> {
        if record.entry(step).backward.is_some() {
            return Ok(Some(self.hold(tx, record, step, true, true)));
        }
        let response = record.entry(step).memory.clone().unwrap_or_default();
        match tx.attempt(|tx| (work.prepare_compensation)(tx, saga, &response)) {
            Ok(Next::Call(request)) => Ok(Some(self.hold_new(tx, record, step, true, request))),
            // no attempt: it is not for want of trying that it is not done
            Ok(Next::WaitUntil(until)) => {
                record.wake_at = Some(until);
                Ok(Some(Action::Rest(record.status)))
            }
            Ok(Next::Complete(())) => match self.injected_failure(step) {
                Ok(()) => {
                    record.compensated(step);
                    Ok(None)
                }
                Err(error) => self.attempt_failed(tx, record, error),
            },
            Ok(Next::Fail(error)) | Err(error) => self.attempt_failed(tx, record, error),
        }
    }

    /// Stores the outcome of a pending backward call; an action when that is all for now.
    pub(crate) fn settle_backward(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        call: &Call,
        outcome: &Outcome<Value>,
    ) -> Result<Option<Action>> {
        let backward = &self.remote(record, &call.step)?.backward;
        match outcome {
            Outcome::Succeeded(response) => {
                if self.is_run_twice(&call.step) {
                    (backward.succeeded)(tx, saga, &call.request, response)?;
                }
                (backward.succeeded)(tx, saga, &call.request, response)?;
                if let Err(why) = self.injected_failure(&call.step) {
                    return self.backward_refused(tx, record, &call.step, &why);
                }
                record.compensated(&call.step);
                Ok(None)
            }
            Outcome::Refused(why) => {
                (backward.refused)(tx, saga, &call.request, why)?;
                self.backward_refused(tx, record, &call.step, why)
            }
            Outcome::NotFound if call.ask => Ok(Some(self.hold(tx, record, &call.step, true, false))),
            Outcome::NotDone => Ok(Some(self.not_done(tx, record, call))),
            Outcome::NotFound | Outcome::Waiting { .. } | Outcome::Unknown => {
                Ok(Some(self.no_answer(tx, record, call)))
            }
        }
    }

    /// The backward call of `step` becomes one of its past calls, and this was an attempt.
    fn backward_refused(
        &self,
        tx: &mut Tx<'_>,
        record: &mut Record,
        step: &str,
        why: &Error,
    ) -> Result<Option<Action>> {
        let entry = record.entry(step);
        if let Some(mut refused) = entry.backward.take() {
            refused.refused = Some(why.to_string());
            entry.past.push(refused);
        }
        record.attempt_failed(why, tx.now());
        self.alert(tx, record)?;
        Ok(Some(Action::Rest(record.status)))
    }

    /// Everything is compensated: closes what the run was about.
    fn compensated(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Option<Action>> {
        let why = record.cancellation.clone().unwrap_or_else(|| Cancellation::by_system("compensated"));
        match tx.attempt(|tx| self.close_subject(tx, saga, &why)) {
            Ok(()) => {
                record.end(Status::Failed, tx.now());
                Ok(None)
            }
            Err(error) => self.attempt_failed(tx, record, error),
        }
    }

    fn attempt_failed(&self, tx: &mut Tx<'_>, record: &mut Record, error: Error) -> Result<Option<Action>> {
        if is_passing(&error) {
            return Err(error);
        }
        let attempts = record.attempts + 1;
        tracing::warn!(saga = %record.id, step = record.step, attempts, error = ?error, "a compensation failed");
        record.attempt_failed(&error, tx.now());
        self.alert(tx, record)?;
        Ok(Some(Action::Rest(record.status)))
    }

    /// Publishes that a person has to look, if this was the last attempt.
    fn alert(&self, tx: &mut Tx<'_>, record: &Record) -> Result<()> {
        match record.status {
            Status::CompensationFailed => tx.emit(&compensation_failed(record, tx.now())),
            Status::Started | Status::Completed | Status::Compensating | Status::Failed => Ok(()),
        }
    }
}
