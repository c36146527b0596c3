//! Moving a run on, inside a transaction: every local step that can be taken is taken, until a call has to be made, the
//! run has to wait, or it has ended. No I/O but the `Tx`.

use super::{
    record::{About, Asked, Ending, HOLD, Record, Status, ask_after, key},
    step::{Bend, Outcome, Saga, Step, Work},
    store,
};
use ::store::Tx;
use kernel::{Code, Error, Result, SagaId};
use serde_json::Value;

/// What is to be done after a transaction has moved a run on.
#[derive(Debug, Clone, PartialEq)]
pub enum Todo {
    /// Nothing: it has ended, or waits until it is woken.
    Rest(Status),
    /// A call; its intent is stored, and it is held for whoever got this.
    Call(Call),
}

/// A call to another system.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The run.
    pub saga: SagaId,
    /// The step.
    pub step: String,
    /// Whether it takes the step back.
    pub backwards: bool,
    /// Whether to ask what became of an earlier call instead of calling.
    pub ask: bool,
    /// The idempotency key.
    pub key: String,
    /// What is asked for.
    pub intent: Value,
}

impl<S: 'static> Saga<S> {
    /// Begins a run: takes the local steps it begins with, in this transaction. An error of theirs is given back as it
    /// is, so that nothing is written. `None` when there is such a run already.
    pub fn begin(&self, tx: &mut Tx<'_>, saga: &S, about: &About<'_>) -> Result<Option<(Record, Todo)>> {
        let id = SagaId::draw(tx.random());
        let mut record = Record::begin(id, self.name, about, tx.now());
        for step in self.steps {
            let Work::Local(work) = &step.work else { break };
            record.step = step.name.to_owned();
            let memory = self.run_local(tx, saga, step, work)?;
            record.complete(step.name, memory);
        }
        let todo = self.proceed(tx, saga, &mut record)?;
        Ok(store::insert(tx, &mut record)?.then_some((record, todo)))
    }

    /// Makes sure that there is such a run and that it is due now, once more if it was completed before. Its first step is
    /// left to the task. For sagas whose steps only look.
    pub fn enlist(&self, tx: &mut Tx<'_>, about: &About<'_>) -> Result<()> {
        let id = SagaId::draw(tx.random());
        let mut record = Record::begin(id, self.name, about, tx.now());
        record.step = self.steps.first().map_or("", |step| step.name).to_owned();
        record.wake_at = Some(tx.now());
        if store::insert(tx, &mut record)? { Ok(()) } else { store::wake(tx, self.name, about) }
    }

    /// Moves the run on as far as this transaction can, and saves it.
    pub fn resume(&self, tx: &mut Tx<'_>, record: &mut Record) -> Result<Todo> {
        if !record.status.is_moving() {
            return Ok(Todo::Rest(record.status));
        }
        let saga = (self.load)(tx, record)?;
        let todo = self.proceed(tx, &saga, record)?;
        store::save(tx, record)?;
        Ok(todo)
    }

    /// Turns the run back, moves it as far back as this transaction can, and saves it.
    pub fn turn_back(&self, tx: &mut Tx<'_>, record: &mut Record, ending: Ending) -> Result<Todo> {
        record.turn_back(ending, None);
        self.resume(tx, record)
    }

    /// Gives the run's waiting remote step the intent it waits for, and saves it. S209 when it does not wait.
    pub fn offer(&self, tx: &mut Tx<'_>, record: &mut Record, intent: Value) -> Result<Todo> {
        let waits = record.status == Status::Started
            && record.open().is_none()
            && self.find(&record.step).is_some_and(|step| matches!(step.work, Work::Remote(_)));
        if !waits {
            return Err(Code::InvalidOrderStatus.because("it does not wait for this"));
        }
        let step = record.step.clone();
        let todo = self.hold_new(tx, record, &step, false, intent);
        store::save(tx, record)?;
        Ok(todo)
    }

    /// Records what another system said, moves the run on as far as this transaction can, and saves it. What is said
    /// about an errand that is settled already changes nothing; something given too late is given back.
    pub fn settle(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Todo)> {
        let mut record = store::lock(tx, &call.saga)?;
        let is_open = match (record.memory.get(&call.step), call.backwards) {
            (Some(entry), false) => entry.open().is_some_and(|asked| asked.key == call.key),
            (Some(entry), true) => {
                let undone = !record.completed.contains(&call.step);
                !undone && entry.backward.as_ref().is_some_and(|asked| asked.key == call.key)
            }
            (None, _) => false,
        };
        let saga = (self.load)(tx, &record)?;
        if !is_open {
            self.too_late(tx, &saga, &record, call, outcome)?;
            let todo = Todo::Rest(record.status);
            return Ok((record, todo));
        }
        if let Some(asked) = record.errand(&call.step, call.backwards) {
            asked.held_until = None;
        }
        let stop = match outcome {
            Outcome::Unknown => Some(self.no_answer(tx, &mut record, call)),
            other if call.backwards => self.settle_backward(tx, &saga, &mut record, call, other)?,
            other => self.settle_forward(tx, &saga, &mut record, call, other)?,
        };
        let todo = match stop {
            Some(todo) => todo,
            None => self.proceed(tx, &saga, &mut record)?,
        };
        store::save(tx, &mut record)?;
        Ok((record, todo))
    }

    /// Instead of [`Saga::settle`] when the other system has never heard of an errand that is no longer wanted: gives it
    /// up, and the step waits for a new intent.
    pub fn withdraw(&self, tx: &mut Tx<'_>, call: &Call, why: &Error) -> Result<(Record, Todo)> {
        let mut record = store::lock(tx, &call.saga)?;
        let is_open = record.open().is_some_and(|(_, asked)| asked.key == call.key);
        if record.status != Status::Started || !is_open {
            return self.settle(tx, call, &Outcome::Absent);
        }
        let saga = (self.load)(tx, &record)?;
        self.give_up(tx, &saga, &mut record, &call.step, why)?;
        let todo = self.proceed(tx, &saga, &mut record)?;
        store::save(tx, &mut record)?;
        Ok((record, todo))
    }

    pub(super) fn find(&self, name: &str) -> Option<&'static Step<S>> {
        self.steps.iter().find(|step| step.name == name)
    }

    pub(super) fn bend(&self, step: &str) -> Option<Bend> {
        self.bend.filter(|(bent, _)| *bent == step).map(|(_, bend)| bend)
    }

    pub(super) fn proceed(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Todo> {
        loop {
            let stop = match record.status {
                Status::Started => self.forward(tx, saga, record)?,
                Status::Compensating => self.backward(tx, saga, record)?,
                Status::Completed | Status::Failed | Status::CompensationFailed => Some(Todo::Rest(record.status)),
            };
            if let Some(todo) = stop {
                return Ok(todo);
            }
        }
    }

    /// Reserves a call for whoever gets the result.
    pub(super) fn hold_new(
        &self,
        tx: &mut Tx<'_>,
        record: &mut Record,
        step: &str,
        backwards: bool,
        intent: Value,
    ) -> Todo {
        let past = std::mem::take(&mut record.entry(step).past);
        let key = key(&record.id, step, backwards, &past);
        record.entry(step).past = past;
        *record.errand(step, backwards) = Some(Asked::new(key, intent));
        self.hold(tx, record, step, backwards, false)
    }

    /// Reserves the call of an errand that is open, unless somebody makes it now.
    pub(super) fn hold(&self, tx: &mut Tx<'_>, record: &mut Record, step: &str, backwards: bool, ask: bool) -> Todo {
        let (now, status, saga) = (tx.now(), record.status, record.id.clone());
        let Some(asked) = record.errand(step, backwards).as_mut().filter(|asked| !asked.is_held(now)) else {
            return Todo::Rest(status);
        };
        let until = now.after(HOLD);
        asked.held_until = Some(until);
        let (key, intent) = (asked.key.clone(), asked.intent.clone());
        record.wake_at = Some(until);
        Todo::Call(Call { saga, step: step.to_owned(), backwards, ask, key, intent })
    }

    /// The errand stays open; it is asked about again after a pause.
    pub(super) fn no_answer(&self, tx: &mut Tx<'_>, record: &mut Record, call: &Call) -> Todo {
        if let Some(asked) = record.errand(&call.step, call.backwards) {
            asked.unanswered += 1;
            let pause = ask_after(asked.unanswered);
            record.wake_at = Some(tx.now().after(pause));
        }
        Todo::Rest(record.status)
    }
}

/// Whether the same may succeed a moment later, so that it says nothing about the step.
pub(super) fn is_passing(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::OutcomeUnknown | Code::Timeout | Code::StaleVersion)
}

/// The refusal a harness injects.
pub(super) fn injected() -> Error {
    Code::SagaExecutionFailed.because("refused by the harness")
}

pub(super) fn unknown_step(step: &str) -> Error {
    Code::Internal.error().caused_by(format!("no such step of this saga: {step}"))
}
