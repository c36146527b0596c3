//! Making the calls: outside any transaction, between the one that stored the request and the one that stores the outcome.

use super::{
    measure::count_failure,
    outcome::Outcome,
    record::{Record, Status},
    run::{Action, Call, Saga},
    step::Work,
    store,
};
use ::store::{Db, Tx, fault};
use futures_util::future::BoxFuture;
use kernel::{Code, Error, Result, SagaId};
use ports::{Ports, gateway::key_again};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// Longest time a call may take; after it the outcome is unknown. A time limit of a port, such as `gateway.timeout`, must not
/// be longer: the configuration check refuses it. [`super::HOLD`] is longer than this, so that a call is not asked about
/// while it is still being made.
pub const CALL_MAX: Duration = Duration::from_secs(25);
/// How long a run is left alone after moving it on failed because of this program.
const PUT_OFF: Duration = Duration::from_secs(30);

/// A saga without the type of what its steps know: what moving a run on needs.
pub trait Flow: Send + Sync {
    /// By which its runs are found, whatever their version.
    fn family(&self) -> &'static str;
    /// Name and version with the names of the steps, for every version that may have runs, the newest first.
    fn step_lists(&self) -> Vec<(String, Vec<&'static str>)>;
    /// Moves the run on as far as this transaction can, and saves it.
    fn resume(&self, tx: &mut Tx<'_>, record: &mut Record) -> Result<Action>;
    /// Makes the call. If no answer comes in time, the outcome is unknown.
    fn call<'a>(&'a self, ports: &'a Ports, call: &'a Call) -> BoxFuture<'a, Outcome<Value>>;
    /// Stores what another system answered, and moves the run on as far as this transaction can.
    fn settle(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Action)>;
    /// The same for the process that has just made the call. C016 when what it knows is not so any more: then nothing must be written.
    fn settle_as_known(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Action)>;
    /// The crash point passed after the call's outcome is stored.
    fn stored(&self, call: &Call) -> &'static str;
    /// Goes on with compensating, because a person has dealt with the step that could not be compensated.
    fn resolve(&self, tx: &mut Tx<'_>, record: &mut Record, resolution: &str) -> Result<Action>;
}

impl<S: 'static> Flow for Saga<S> {
    fn family(&self) -> &'static str {
        Saga::family(self)
    }

    fn step_lists(&self) -> Vec<(String, Vec<&'static str>)> {
        let name = |number: u32| format!("{}.v{number}", Saga::family(self));
        let list = |version: &super::Version<S>| version.steps.iter().map(|step| step.name).collect();
        self.versions().iter().map(|version| (name(version.number), list(version))).collect()
    }

    fn resume(&self, tx: &mut Tx<'_>, record: &mut Record) -> Result<Action> {
        Saga::resume(self, tx, record)
    }

    fn call<'a>(&'a self, ports: &'a Ports, call: &'a Call) -> BoxFuture<'a, Outcome<Value>> {
        let Some(work) = self.work(call) else { return Box::pin(async { Outcome::Unknown }) };
        let make = match call {
            Call { withdraw: true, .. } => work.withdraw,
            Call { ask: true, .. } => work.ask,
            Call { .. } => work.call,
        };
        Box::pin(async move {
            if let Some(refusal) = self.injected_refusal(&call.step).filter(|_| !call.backwards) {
                return Outcome::Refused(refusal);
            }
            // what became of a call is asked by its first key
            let key = key_again(&call.key, if call.ask { 0 } else { call.again });
            if self.is_run_twice(&call.step) {
                make(ports, &call.request, &key).await;
            }
            let answer = tokio::time::timeout(CALL_MAX, make(ports, &call.request, &key)).await;
            answer.unwrap_or(Outcome::Unknown)
        })
    }

    fn settle(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Action)> {
        Saga::settle(self, tx, call, outcome)
    }

    fn settle_as_known(&self, tx: &mut Tx<'_>, call: &Call, outcome: &Outcome<Value>) -> Result<(Record, Action)> {
        Saga::settle_as_known(self, tx, call, outcome)
    }

    fn stored(&self, call: &Call) -> &'static str {
        self.work(call).map_or("", |work| work.stored)
    }

    fn resolve(&self, tx: &mut Tx<'_>, record: &mut Record, resolution: &str) -> Result<Action> {
        Saga::resolve(self, tx, record, resolution)
    }
}

impl<S: 'static> Saga<S> {
    fn work(&self, call: &Call) -> Option<&'static super::call::CallWork<S>> {
        let name = |number: u32| format!("{}.v{number}", Saga::family(self));
        let version = self.versions().iter().find(|version| name(version.number) == call.name)?;
        match &version.steps.iter().find(|step| step.name == call.step)?.work {
            Work::Remote(work) if call.backwards => Some(&work.backward),
            Work::Remote(work) => Some(&work.forward),
            Work::First | Work::Local(_) => None,
        }
    }
}

/// Makes the calls of a run and stores their outcomes until the run rests.
pub async fn drive(flow: &'static dyn Flow, db: &Db, ports: &Ports, mut action: Action) -> Result<Status> {
    loop {
        let call = match action {
            Action::Rest(status) => {
                count_failure(status);
                return Ok(status);
            }
            Action::Call(call) => call,
        };
        let outcome = flow.call(ports, &call).await;
        let stored = flow.stored(&call);
        action = settle(flow, db, call, outcome, |_, _, action| Ok(action)).await?;
        fault::point(stored);
    }
}

/// Stores the outcome of a call that this process has made, together with what `then` makes of it. If what the process knows is not so
/// any more, it is read again.
pub(crate) async fn settle<T, F>(
    flow: &'static dyn Flow,
    db: &Db,
    call: Call,
    outcome: Outcome<Value>,
    then: F,
) -> Result<T>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, &Record, Action) -> Result<T> + Clone + Send + 'static,
{
    let made = Arc::new((call, outcome));
    if made.0.known.is_some() {
        let (made, then) = (made.clone(), then.clone());
        let settle = move |tx: &mut Tx<'_>| {
            let (record, action) = flow.settle_as_known(tx, &made.0, &made.1)?;
            then(tx, &record, action)
        };
        match db.write("saga.settle", settle).await {
            Err(error) if error.code() == Code::OutdatedVersion => {}
            settled => return settled,
        }
    }
    let settle = move |tx: &mut Tx<'_>| {
        let (record, action) = flow.settle(tx, &made.0, &made.1)?;
        then(tx, &record, action)
    };
    db.write("saga.settle", settle).await
}

/// Moves a run on until it rests. If that fails because of this program, the run is left alone for a while, so that it does
/// not keep others waiting.
pub async fn nudge(flow: &'static dyn Flow, db: &Db, ports: &Ports, id: SagaId) -> Result<Status> {
    move_on(flow, db, ports, id, false).await
}

/// [`nudge`] for a run that was found due. If another process has moved it on meanwhile, nothing happens: two processes that
/// find the same failure must not count as two attempts.
pub async fn nudge_if_due(flow: &'static dyn Flow, db: &Db, ports: &Ports, id: SagaId) -> Result<Status> {
    move_on(flow, db, ports, id, true).await
}

async fn move_on(flow: &'static dyn Flow, db: &Db, ports: &Ports, id: SagaId, only_if_due: bool) -> Result<Status> {
    let run = id.clone();
    let resume = move |tx: &mut Tx<'_>| {
        let mut record = store::lock(tx, &run)?;
        if only_if_due && !record.is_due(tx.now()) {
            return Ok(Action::Rest(record.status));
        }
        flow.resume(tx, &mut record)
    };
    let outcome = match db.write("saga.resume", resume).await {
        Ok(action) => drive(flow, db, ports, action).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome
        && error.code() != Code::OutdatedVersion
    {
        tracing::error!(saga = %id, error = ?error, "a saga could not be moved on");
        let why = copy(error);
        let until = db.clock().now().after(PUT_OFF);
        db.write("saga.put-off", move |tx| store::put_off(tx, &id, until, &why())).await?;
    }
    outcome
}

fn copy(error: &Error) -> impl Fn() -> Error + Send + 'static {
    let (code, text) = (error.code(), format!("{error:?}"));
    move || code.error().caused_by(text.clone())
}
