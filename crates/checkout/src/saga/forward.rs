//! Onwards, one step at a time.

use super::{
    record::{Ending, Record, Status},
    run::{Call, Todo, injected, is_passing, unknown_step},
    step::{Bend, LocalWork, Next, Outcome, RemoteWork, Saga, Step, Work},
};
use kernel::{Code, Error, Result};
use serde_json::Value;
use store::Tx;

impl<S: 'static> Saga<S> {
    /// One step onwards; `None` to go on.
    pub(super) fn forward(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Option<Todo>> {
        let Some(step) = self.steps.iter().find(|step| !record.completed.iter().any(|done| done == step.name)) else {
            record.end(Status::Completed, tx.now());
            return Ok(None);
        };
        record.step = step.name.to_owned();
        match &step.work {
            Work::Local(work) => match tx.attempt(|tx| self.run_local(tx, saga, step, work)) {
                Ok(memory) => record.complete(step.name, memory),
                Err(error) if is_passing(&error) => return Err(error),
                Err(error) => record.turn_back(ending(&error), Some(&error)),
            },
            Work::Remote(work) => return self.forward_remote(tx, saga, record, step.name, work),
        }
        Ok(None)
    }

    pub(super) fn run_local(&self, tx: &mut Tx<'_>, saga: &S, step: &Step<S>, work: &LocalWork<S>) -> Result<Value> {
        match self.bend(step.name) {
            Some(Bend::Refuses) => Err(injected()),
            Some(Bend::Twice) => (work.run)(tx, saga).and_then(|_| (work.run)(tx, saga)),
            None => (work.run)(tx, saga),
        }
    }

    fn forward_remote(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        step: &'static str,
        work: &RemoteWork<S>,
    ) -> Result<Option<Todo>> {
        if record.entry(step).forward.is_some() {
            return Ok(Some(self.hold(tx, record, step, false, true)));
        }
        match (work.intend)(tx, saga)? {
            Next::Call(intent) => return Ok(Some(self.hold_new(tx, record, step, false, intent))),
            Next::Wait(until) => {
                record.wake_at = Some(until);
                return Ok(Some(Todo::Rest(record.status)));
            }
            Next::Skip(given) => record.complete(step, given),
            Next::GiveUp(why) => record.turn_back(ending(&why), Some(&why)),
        }
        Ok(None)
    }

    /// Settles an open forward errand; a `Todo` when that is all for now.
    pub(super) fn settle_forward(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        call: &Call,
        outcome: &Outcome<Value>,
    ) -> Result<Option<Todo>> {
        let errand = &self.remote(&call.step)?.forward;
        match outcome {
            Outcome::Done(given) => {
                if self.bend(&call.step) == Some(Bend::Twice) {
                    (errand.given)(tx, saga, &call.intent, given)?;
                }
                (errand.given)(tx, saga, &call.intent, given)?;
                record.complete(&call.step, given.clone());
            }
            Outcome::Refused(why) => {
                (errand.refused)(tx, saga, &call.intent, why)?;
                self.close(record, &call.step, why);
                record.turn_back(ending(why), Some(why));
            }
            Outcome::Absent if call.ask && record.status == Status::Started => {
                return Ok(Some(self.hold(tx, record, &call.step, false, false)));
            }
            Outcome::Absent if call.ask => {
                let why = Code::SagaTimeout.because("given up before the other system had heard of it");
                self.give_up(tx, saga, record, &call.step, &why)?;
            }
            Outcome::Absent | Outcome::Unknown => return Ok(Some(self.no_answer(tx, record, call))),
        }
        Ok(None)
    }

    /// Gives the open forward errand of `step` up; whatever comes of it now comes too late.
    pub(super) fn give_up(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        step: &str,
        why: &Error,
    ) -> Result<()> {
        let errand = &self.remote(step)?.forward;
        if let Some(asked) = record.entry(step).open().cloned() {
            (errand.given_up)(tx, saga, &asked.intent, &asked.key, why)?;
            self.close(record, step, why);
        }
        Ok(())
    }

    /// What is said about an errand that is not open: if it was given up and something was given after all, that has to
    /// be given back.
    pub(super) fn too_late(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &Record,
        call: &Call,
        outcome: &Outcome<Value>,
    ) -> Result<()> {
        let past = record.memory.get(&call.step).is_some_and(|entry| entry.past.iter().any(|p| p.key == call.key));
        match outcome {
            Outcome::Done(given) if past && !call.backwards => {
                (self.remote(&call.step)?.forward.late)(tx, saga, &call.intent, &call.key, given)
            }
            Outcome::Done(_) | Outcome::Refused(_) | Outcome::Unknown | Outcome::Absent => Ok(()),
        }
    }

    fn close(&self, record: &mut Record, step: &str, why: &Error) {
        let entry = record.entry(step);
        if let Some(mut asked) = entry.forward.take() {
            asked.held_until = None;
            asked.refused = Some(why.to_string());
            entry.past.push(asked);
        }
    }

    pub(super) fn remote(&self, step: &str) -> Result<&'static RemoteWork<S>> {
        match self.find(step).map(|step| &step.work) {
            Some(Work::Remote(work)) => Ok(work),
            Some(Work::Local(_)) | None => Err(unknown_step(step)),
        }
    }
}

/// Why the saga ends, in words the buyer may read.
fn ending(error: &Error) -> Ending {
    Ending::by_system(error.detail().unwrap_or(error.code().english()))
}
