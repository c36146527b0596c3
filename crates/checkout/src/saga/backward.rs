//! Backwards over what was completed. Every undo may be repeated without effect; what fails is tried again after growing
//! pauses, and after the last attempt a person has to look.

use super::{
    events::CompensationFailed,
    record::{Ending, Record, Status},
    run::{Call, Todo, is_passing, unknown_step},
    step::{Bend, LocalWork, Outcome, RemoteWork, Saga, Work},
};
use kernel::{Error, Result};
use serde_json::Value;
use store::Tx;

impl<S: 'static> Saga<S> {
    /// One step back; `None` to go on.
    pub(super) fn backward(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Option<Todo>> {
        // how an open errand ends has to be known before anything is undone
        if let Some(step) = record.open().map(|(step, _)| step.to_owned()) {
            return Ok(Some(self.hold(tx, record, &step, false, true)));
        }
        let Some(name) = record.completed.last().cloned() else { return self.undone(tx, saga, record) };
        record.step.clone_from(&name);
        let step = self.find(&name).ok_or_else(|| unknown_step(&name))?;
        match &step.work {
            Work::Local(work) => {
                let memory = record.entry(&name).memory.clone().unwrap_or_default();
                match tx.attempt(|tx| self.undo_local(tx, saga, &name, work, &memory)) {
                    Ok(()) => record.uncomplete(&name),
                    Err(error) => return self.stumble(tx, record, error),
                }
                Ok(None)
            }
            Work::Remote(work) => self.backward_remote(tx, saga, record, &name, work),
        }
    }

    fn undo_local(&self, tx: &mut Tx<'_>, saga: &S, step: &str, work: &LocalWork<S>, memory: &Value) -> Result<()> {
        if self.bend(step) == Some(Bend::Twice) {
            (work.undo)(tx, saga, memory)?;
        }
        (work.undo)(tx, saga, memory)
    }

    fn backward_remote(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        step: &str,
        work: &RemoteWork<S>,
    ) -> Result<Option<Todo>> {
        if record.entry(step).backward.is_some() {
            return Ok(Some(self.hold(tx, record, step, true, true)));
        }
        let given = record.entry(step).memory.clone().unwrap_or_default();
        match tx.attempt(|tx| (work.intend_undo)(tx, saga, &given)) {
            Ok(Some(intent)) => Ok(Some(self.hold_new(tx, record, step, true, intent))),
            Ok(None) => {
                record.uncomplete(step);
                Ok(None)
            }
            Err(error) => self.stumble(tx, record, error),
        }
    }

    /// Settles an open backward errand; a `Todo` when that is all for now.
    pub(super) fn settle_backward(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        call: &Call,
        outcome: &Outcome<Value>,
    ) -> Result<Option<Todo>> {
        let errand = &self.remote(&call.step)?.backward;
        match outcome {
            Outcome::Done(given) => {
                if self.bend(&call.step) == Some(Bend::Twice) {
                    (errand.given)(tx, saga, &call.intent, given)?;
                }
                (errand.given)(tx, saga, &call.intent, given)?;
                record.uncomplete(&call.step);
                Ok(None)
            }
            Outcome::Refused(why) => {
                (errand.refused)(tx, saga, &call.intent, why)?;
                let entry = record.entry(&call.step);
                if let Some(mut asked) = entry.backward.take() {
                    asked.refused = Some(why.to_string());
                    entry.past.push(asked);
                }
                record.stumble(why, tx.now());
                self.alert(tx, record)?;
                Ok(Some(Todo::Rest(record.status)))
            }
            Outcome::Absent if call.ask => Ok(Some(self.hold(tx, record, &call.step, true, false))),
            Outcome::Absent | Outcome::Unknown => Ok(Some(self.no_answer(tx, record, call))),
        }
    }

    /// Nothing is left to undo: closes what the saga was about.
    fn undone(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Option<Todo>> {
        let ending = record.ending.clone().unwrap_or_else(|| Ending::by_system("undone"));
        match tx.attempt(|tx| (self.undone)(tx, saga, &ending)) {
            Ok(()) => {
                record.end(Status::Failed, tx.now());
                Ok(None)
            }
            Err(error) => self.stumble(tx, record, error),
        }
    }

    fn stumble(&self, tx: &mut Tx<'_>, record: &mut Record, error: Error) -> Result<Option<Todo>> {
        if is_passing(&error) {
            return Err(error);
        }
        tracing::warn!(saga = %record.id, step = record.step, attempts = record.attempts + 1, error = ?error, "undoing failed");
        record.stumble(&error, tx.now());
        self.alert(tx, record)?;
        Ok(Some(Todo::Rest(record.status)))
    }

    fn alert(&self, tx: &mut Tx<'_>, record: &Record) -> Result<()> {
        match record.status {
            Status::CompensationFailed => tx.emit(&CompensationFailed::of(record, tx.now())),
            Status::Started | Status::Completed | Status::Compensating | Status::Failed => Ok(()),
        }
    }
}
