//! A saga, and moving one of its runs on inside a transaction: every local step that can be run is run, until a call has to be
//! made, the run has to wait, or it has ended. No I/O but the `Tx`.

use super::{
    fault::Injected,
    outcome::Outcome,
    record::{ASK_WAITING, CallRecord, Cancellation, HOLD, Record, Start, Status, ask_after, key},
    step::{First, RemoteWork, Step, Work},
    store,
};
use ::store::Tx;
use kernel::{Code, Error, Result, SagaId, Timestamp};
use serde_json::Value;
use std::sync::Arc;

/// A whole flow. `S` is what its steps know about a run.
pub struct Saga<S: 'static> {
    family: &'static str,
    versions: &'static [Version<S>],
    load: fn(&mut Tx<'_>, &Record) -> Result<S>,
    close: fn(&mut Tx<'_>, &S, &Cancellation) -> Result<()>,
    pub(crate) injected: Injected,
}

/// The steps of one version of a saga, in the order in which they are run; they are compensated backwards. The list of a
/// released version never changes, because runs in the databases of shops depend on it. Change a flow by adding a version.
pub struct Version<S: 'static> {
    pub number: u32,
    pub steps: &'static [Step<S>],
}

impl<S> Clone for Saga<S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S> Copy for Saga<S> {}

impl<S: 'static> Saga<S> {
    /// A saga of this family. `versions` has the newest first, with which new runs begin, and then every older one that may
    /// still have runs. `load` reads what the steps know, once in each transaction.
    pub const fn new(
        family: &'static str,
        versions: &'static [Version<S>],
        load: fn(&mut Tx<'_>, &Record) -> Result<S>,
    ) -> Saga<S> {
        assert!(!versions.is_empty(), "a saga has at least one version");
        Saga { family, versions, load, close: |_, _, _| Ok(()), injected: Injected::NONE }
    }

    /// Closes what a run was about once everything is compensated, in the transaction that ends the run. A repetition has no
    /// effect.
    #[must_use]
    pub const fn closed_by(mut self, close: fn(&mut Tx<'_>, &S, &Cancellation) -> Result<()>) -> Saga<S> {
        self.close = close;
        self
    }

    /// By which runs are found, whatever their version.
    pub const fn family(&self) -> &'static str {
        self.family
    }

    /// Every version that may have runs, the newest first.
    pub const fn versions(&self) -> &'static [Version<S>] {
        self.versions
    }

    pub(crate) fn newest(&self) -> &'static Version<S> {
        &self.versions[0]
    }

    /// Begins a run with the step that creates what it is about.
    pub fn begin_with<F: First<Saga = S>>(
        &self,
        tx: &mut Tx<'_>,
        input: F::Input,
        by: &str,
    ) -> Result<(S, Record, Action)> {
        if let Some(refusal) = self.injected_refusal(F::NAME) {
            return Err(refusal);
        }
        let saga = F::run(tx, input)?;
        let start = Start { subject: F::subject(&saga), event_key: &F::event_key(&saga), by };
        let mut record = self.new_record(tx, &start);
        record.complete(F::NAME, Value::Null);
        match self.run_first_steps(tx, &saga, record)? {
            Some((record, action)) => Ok((saga, record, action)),
            None => Err(Code::Internal.error().caused_by("what was just created has a run already")),
        }
    }

    /// Begins a run about something that exists. `None` when it has such a run already.
    pub fn begin(&self, tx: &mut Tx<'_>, saga: &S, start: &Start<'_>) -> Result<Option<(Record, Action)>> {
        let record = self.new_record(tx, start);
        self.run_first_steps(tx, saga, record)
    }

    fn new_record(&self, tx: &mut Tx<'_>, start: &Start<'_>) -> Record {
        let now = tx.now();
        let id = SagaId::draw(tx.random(), now);
        Record::begin(id, self.family, format!("{}.v{}", self.family, self.newest().number), start, now)
    }

    /// Runs the local steps with which the flow begins. Their errors are returned as they are, so that nothing is written.
    fn run_first_steps(&self, tx: &mut Tx<'_>, saga: &S, mut record: Record) -> Result<Option<(Record, Action)>> {
        for step in self.newest().steps {
            match &step.work {
                Work::First => {}
                Work::Local(work) => {
                    record.step = step.name.to_owned();
                    let memory = self.run_local(tx, saga, step, work.run)?;
                    record.complete(step.name, memory);
                }
                Work::Remote(_) => break,
            }
        }
        let action = self.advance(tx, saga, &mut record)?;
        Ok(store::insert(tx, &mut record)?.then_some((record, action)))
    }

    /// Moves the run on as far as this transaction can, and saves it.
    pub fn resume(&self, tx: &mut Tx<'_>, record: &mut Record) -> Result<Action> {
        if !record.status.is_moving() {
            return Ok(Action::Rest(record.status));
        }
        let saga = (self.load)(tx, record)?;
        let action = self.advance(tx, &saga, record)?;
        store::save(tx, record)?;
        Ok(action)
    }

    /// Cancels the run: it is compensated as far as this transaction can, and saved.
    pub fn cancel(&self, tx: &mut Tx<'_>, record: &mut Record, why: Cancellation) -> Result<Action> {
        record.start_compensation(why, None);
        self.resume(tx, record)
    }

    /// Gives the request to a run whose remote step waits for one, and saves it. S209 when it does not wait. What the caller knows of
    /// the run ([`Record::know`]) is kept for [`Self::settle_as_known`].
    pub fn submit(&self, tx: &mut Tx<'_>, record: &mut Record, request: Value) -> Result<Action> {
        self.must_wait(record)?;
        let step = record.step.clone();
        let mut action = self.hold_new(tx, record, &step, false, request);
        store::save(tx, record)?;
        if let (Action::Call(call), Some(_)) = (&mut action, record.known::<S>()) {
            call.known = Some(Arc::new(record.clone()));
        }
        Ok(action)
    }

    /// Completes the remote step at which a run waits for a request, as if the other system had answered this, and moves the run on:
    /// no call is needed. S209 when it does not wait.
    pub fn complete_waiting(&self, tx: &mut Tx<'_>, record: &mut Record, response: Value) -> Result<Action> {
        self.must_wait(record)?;
        let step = record.step.clone();
        record.complete(&step, response);
        self.resume(tx, record)
    }

    fn must_wait(&self, record: &Record) -> Result<()> {
        let waits = record.status == Status::Started
            && record.pending().is_none()
            && self.step(record, &record.step).is_ok_and(|step| matches!(step.work, Work::Remote(_)));
        if waits { Ok(()) } else { Err(Code::InvalidOrderStatus.because("it does not wait for this")) }
    }

    /// Stores what another system answered, moves the run on as far as this transaction can, and saves it. An answer to a
    /// call whose outcome is stored already changes nothing; the effect of an abandoned call that succeeded late is taken
    /// back.
    pub fn settle(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Action)> {
        let mut record = store::lock(tx, &call.saga)?;
        let saga = (self.load)(tx, &record)?;
        if !is_pending(&record, call) {
            self.settle_late(tx, &saga, &record, call, outcome)?;
            let action = Action::Rest(record.status);
            return Ok((record, action));
        }
        let action = self.settle_pending(tx, &saga, &mut record, call, outcome)?;
        Ok((record, action))
    }

    /// [`Self::settle`] by the process that has just made the call. It reads nothing that it knows already, unless the call did not
    /// succeed, which is rare. C016 when the run or what it is about has changed since the call was stored, and when a step fails, which
    /// may be the reason: then the transaction must fail, and [`Self::settle`] reads them again.
    pub fn settle_as_known(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Action)> {
        let known = call.known.as_deref().filter(|_| matches!(outcome, Outcome::Succeeded(_)));
        let Some((known, saga)) = known.and_then(|known| Some((known, known.known::<S>()?))) else {
            return self.settle(tx, call, outcome);
        };
        let mut record = known.clone();
        let action = self.settle_pending(tx, saga, &mut record, call, outcome)?;
        if record.status == Status::Compensating {
            return Err(Code::OutdatedVersion
                .error()
                .retry_after(1)
                .caused_by("a step failed that went by what was known"));
        }
        Ok((record, action))
    }

    /// Takes in the outcome of a call that is pending, and saves the run.
    fn settle_pending(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        record: &mut Record,
        call: &Call,
        outcome: &Outcome<Value>,
    ) -> Result<Action> {
        if let Some(pending) = record.call(&call.step, call.backwards) {
            pending.held_until = None;
        }
        let stop = match outcome {
            Outcome::Unknown => Some(self.no_answer(tx, record, call)),
            answer if call.backwards => self.settle_backward(tx, saga, record, call, answer)?,
            answer => self.settle_forward(tx, saga, record, call, answer)?,
        };
        let action = match stop {
            Some(action) => action,
            None => self.advance(tx, saga, record)?,
        };
        store::save(tx, record)?;
        Ok(action)
    }

    /// A person has dealt with the step whose compensation failed too often: it counts as compensated, and the steps before it are
    /// compensated as far as this transaction can. The run is saved.
    pub fn resolve(&self, tx: &mut Tx<'_>, record: &mut Record, resolution: &str) -> Result<Action> {
        record.resolved(resolution);
        self.resume(tx, record)
    }

    pub(crate) fn close_subject(&self, tx: &mut Tx<'_>, saga: &S, why: &Cancellation) -> Result<()> {
        (self.close)(tx, saga, why)
    }

    /// The steps of the version that the run began with.
    pub(crate) fn steps(&self, record: &Record) -> Result<&'static [Step<S>]> {
        let number = record.name.strip_prefix(self.family).and_then(|rest| rest.strip_prefix(".v"));
        let version = self.versions.iter().find(|version| number == Some(version.number.to_string().as_str()));
        let unknown = || Code::Internal.error().caused_by(format!("no such saga: {}", record.name));
        version.map(|version| version.steps).ok_or_else(unknown)
    }

    pub(crate) fn step(&self, record: &Record, name: &str) -> Result<&'static Step<S>> {
        let unknown = || Code::Internal.error().caused_by(format!("{} has no step {name}", record.name));
        self.steps(record)?.iter().find(|step| step.name == name).ok_or_else(unknown)
    }

    pub(crate) fn remote(&self, record: &Record, name: &str) -> Result<&'static RemoteWork<S>> {
        match &self.step(record, name)?.work {
            Work::Remote(work) => Ok(work),
            Work::First | Work::Local(_) => Err(Code::Internal.error().caused_by(format!("{name} makes no calls"))),
        }
    }

    /// Whether a completed step cannot be taken back: then the run only goes forward.
    pub(crate) fn is_irreversible(&self, record: &Record) -> Result<bool> {
        let done = |step: &Step<S>| record.completed.iter().any(|name| name == step.name);
        Ok(self.steps(record)?.iter().any(|step| !step.can_be_compensated() && done(step)))
    }

    pub(crate) fn advance(&self, tx: &mut Tx<'_>, saga: &S, record: &mut Record) -> Result<Action> {
        loop {
            let stop = match record.status {
                Status::Started => self.forward(tx, saga, record)?,
                Status::Compensating => self.backward(tx, saga, record)?,
                Status::Completed | Status::Failed | Status::CompensationFailed => Some(Action::Rest(record.status)),
            };
            if let Some(action) = stop {
                return Ok(action);
            }
        }
    }

    /// A new call, held for the caller of this transaction.
    pub(crate) fn hold_new(
        &self,
        tx: &mut Tx<'_>,
        record: &mut Record,
        step: &str,
        backwards: bool,
        request: Value,
    ) -> Action {
        let key = key(&record.id, step, backwards, record.memory.get(step).map_or(&[], |entry| &entry.past));
        *record.call(step, backwards) = Some(CallRecord::new(key, request));
        self.hold(tx, record, step, backwards, false)
    }

    /// The pending call of a step, held for the caller of this transaction, unless a process makes it now.
    pub(crate) fn hold(&self, tx: &mut Tx<'_>, record: &mut Record, step: &str, backwards: bool, ask: bool) -> Action {
        let (now, status, saga, name) = (tx.now(), record.status, record.id.clone(), record.name.clone());
        let Some(pending) = record.call(step, backwards).as_mut().filter(|pending| !pending.is_held(now)) else {
            return Action::Rest(status);
        };
        let until = now.after(HOLD);
        pending.held_until = Some(until);
        let (key, again, request) = (pending.key.clone(), pending.again, pending.request.clone());
        record.wake_at = Some(until);
        let (step, withdraw) = (step.to_owned(), ask && !backwards && status == Status::Compensating);
        Action::Call(Call {
            saga,
            name,
            step,
            backwards,
            ask,
            withdraw,
            key,
            again,
            request,
            abandon_unless_found: None,
            known: None,
        })
    }

    /// The call stays pending; it is asked about again after a pause.
    pub(crate) fn no_answer(&self, tx: &mut Tx<'_>, record: &mut Record, call: &Call) -> Action {
        if let Some(pending) = record.call(&call.step, call.backwards) {
            pending.unanswered += 1;
            let pause = ask_after(pending.unanswered);
            record.wake_at = Some(tx.now().after(pause));
        }
        Action::Rest(record.status)
    }

    /// The same after an error that the other system would repeat under the same key: if it does not know the call when it is asked, the
    /// call is made with the next one.
    pub(crate) fn not_done(&self, tx: &mut Tx<'_>, record: &mut Record, call: &Call) -> Action {
        if let Some(pending) = record.call(&call.step, call.backwards) {
            pending.again = call.again.saturating_add(1);
        }
        self.no_answer(tx, record, call)
    }

    /// The call stays pending because the other system waits for something; it is asked about again at times, and when the
    /// time is over.
    pub(crate) fn waits(&self, tx: &mut Tx<'_>, record: &mut Record, call: &Call, until: Timestamp) -> Action {
        if let Some(pending) = record.call(&call.step, call.backwards) {
            pending.unanswered = 0;
        }
        let again = tx.now().after(ASK_WAITING);
        record.wake_at = Some(until.min(again));
        Action::Rest(record.status)
    }
}

/// What has to be done after a transaction has moved a run on.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing: the run has ended, or waits until it is due.
    Rest(Status),
    /// A call. Its request is stored, and it is held for the process that got this.
    Call(Call),
}

/// A call to another system.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The run.
    pub saga: SagaId,
    /// Family and version of its saga.
    pub name: String,
    pub step: String,
    /// Whether it compensates the step.
    pub backwards: bool,
    /// Whether to ask what became of an earlier call instead of calling.
    pub ask: bool,
    /// Whether the question also ends a call that only waits, because the call is no longer wanted.
    pub withdraw: bool,
    /// The idempotency key, of which [`ports::gateway::key_again`] makes the one that is sent.
    pub key: String,
    /// How often it was made under another key before.
    pub again: u32,
    pub request: Value,
    /// Set by a caller that no longer wants the call: if the other system does not know it, the call is abandoned for this
    /// reason instead of repeated, and its step waits for another request.
    pub abandon_unless_found: Option<(Code, String)>,
    /// The run as it was stored together with the call, if the process that makes it knows all that its steps need.
    pub known: Option<Arc<Record>>,
}

/// Whether the outcome of this call is not known yet.
fn is_pending(record: &Record, call: &Call) -> bool {
    let Some(entry) = record.memory.get(&call.step) else { return false };
    let pending = if call.backwards {
        entry.backward.as_ref().filter(|_| record.completed.contains(&call.step))
    } else {
        entry.pending()
    };
    pending.is_some_and(|pending| pending.key == call.key)
}

/// Whether the same may succeed a moment later, so that it says nothing about the step.
pub(crate) fn is_passing(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::OutcomeUnknown | Code::Timeout | Code::OutdatedVersion)
}
