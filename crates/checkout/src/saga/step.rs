//! What a saga is made of: a constant list of typed steps. `Step::local::<T>()` and `Step::remote::<T>()` store plain
//! function pointers, so every name can be searched for.

use super::record::{Ending, Record};
use futures_util::future::BoxFuture;
use kernel::{Code, Error, Result, Timestamp};
use ports::Ports;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::future::Future;
use store::Tx;

/// A whole flow: its steps in order, and how it ends when they had to be undone. `S` is what its steps know about a run.
pub struct Saga<S: 'static> {
    /// Name and version, such as `order.v1`. Runs of one version never change their list of steps.
    pub name: &'static str,
    /// In the order in which they are run; undone backwards.
    pub steps: &'static [Step<S>],
    /// What the steps know about a run; read once in each transaction.
    pub load: fn(&mut Tx<'_>, &Record) -> Result<S>,
    /// Closes what the saga was about once everything is undone. Commits with the saga's end; repeated: no effect.
    pub undone: fn(&mut Tx<'_>, &S, &Ending) -> Result<()>,
    /// The one step that a harness bends. Always `None` in the shop.
    pub bend: Option<(&'static str, Bend)>,
}

impl<S> Saga<S> {
    /// The same saga with one step bent.
    pub const fn bent(mut self, step: &'static str, bend: Bend) -> Saga<S> {
        self.bend = Some((step, bend));
        self
    }
}

impl<S> Clone for Saga<S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S> Copy for Saga<S> {}

/// A step that only touches our own database. It commits together with its own saga row, so it happens exactly once.
pub trait Local: 'static {
    /// Such as `RESERVE_INVENTORY`.
    const NAME: &'static str;
    /// What the step knows about the run.
    type Saga: 'static;
    /// What undo and later steps may rely on.
    type Memory: Serialize + DeserializeOwned;
    /// Does it.
    fn run(tx: &mut Tx<'_>, saga: &Self::Saga) -> Result<Self::Memory>;
    /// Takes it back. Repeated: no effect.
    fn undo(tx: &mut Tx<'_>, saga: &Self::Saga, memory: Self::Memory) -> Result<()>;
}

/// A step that asks another system for something, and may ask it to take that back.
pub trait Remote: 'static {
    /// Such as `PROCESS_PAYMENT`.
    const NAME: &'static str;
    /// What the step knows about the run.
    type Saga: 'static;
    /// What is asked for.
    type Forward: Errand<Saga = Self::Saga>;
    /// How it is taken back.
    type Backward: Errand<Saga = Self::Saga>;
    /// What to ask for, or why not (yet). Commits with the saga row before the call.
    fn intend(tx: &mut Tx<'_>, saga: &Self::Saga) -> Result<Intended<Self::Forward>>;
    /// What undoing has to ask for; `None` when there is nothing to take back. Commits before the call.
    fn intend_undo(tx: &mut Tx<'_>, saga: &Self::Saga, given: Given<Self::Forward>) -> Result<Undo<Self::Backward>>;
}

/// What a remote step wants to do with its errand.
pub type Intended<E> = Next<Intent<E>, Given<E>>;
/// What undoing a remote step asks for, if anything.
pub type Undo<E> = Option<Intent<E>>;
/// What an errand asks for.
pub type Intent<E> = <E as Errand>::Intent;
/// What an errand is given.
pub type Given<E> = <E as Errand>::Given;

/// Something asked of another system: the intent is committed, then the call is made with the idempotency key, then the
/// outcome is committed. Never a call inside a transaction, and after a crash `ask` comes before any repetition.
pub trait Errand: 'static {
    /// What the saga knows about the run.
    type Saga: 'static;
    /// All that the call needs.
    type Intent: Serialize + DeserializeOwned + Send + Sync;
    /// What the other system gave.
    type Given: Serialize + DeserializeOwned + Send;
    /// The crash point passed after the outcome is stored; those before and after the call belong to whoever makes it.
    const STORED: &'static str;
    /// Asks for it. The same key never has a second effect.
    fn call(ports: &Ports, intent: Self::Intent, key: &str) -> impl Future<Output = Outcome<Self::Given>> + Send;
    /// What became of the call with this key.
    fn ask(ports: &Ports, intent: Self::Intent, key: &str) -> impl Future<Output = Outcome<Self::Given>> + Send;
    /// Records what was given, in the transaction in which the saga moves on.
    fn given(tx: &mut Tx<'_>, saga: &Self::Saga, intent: Self::Intent, given: &Self::Given) -> Result<()>;
    /// Records that it was refused.
    fn refused(tx: &mut Tx<'_>, saga: &Self::Saga, intent: Self::Intent, why: &Error) -> Result<()>;
    /// Records that it was given up because the other system has never heard of it. It might still: see `late`.
    fn given_up(tx: &mut Tx<'_>, saga: &Self::Saga, intent: Self::Intent, key: &str, why: &Error) -> Result<()>;
    /// Records that something was given after the errand had been given up: it has to be given back.
    fn late(tx: &mut Tx<'_>, saga: &Self::Saga, intent: Self::Intent, key: &str, given: &Self::Given) -> Result<()>;
}

/// What a remote step wants to do.
pub enum Next<I, G> {
    /// Call with this intent.
    Call(I),
    /// Not yet: somebody else brings the intent, or look again at this time.
    Wait(Timestamp),
    /// Nothing to ask for: this is as good as an answer.
    Skip(G),
    /// It will never happen: undo everything.
    GiveUp(Error),
}

/// What another system said.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Done, and final.
    Done(T),
    /// Refused, and final: nothing has happened there.
    Refused(Error),
    /// Not known, or not decided: it stays pending and is asked about again. Never treated as a refusal.
    Unknown,
    /// The other system has never heard of it. Only an answer to `ask`; a call may then be repeated with the same key.
    Absent,
}

/// One step of a saga.
pub struct Step<S: 'static> {
    /// The step's name.
    pub name: &'static str,
    pub(crate) work: Work<S>,
}

/// How a harness bends a step, to prove what the saga promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bend {
    /// Run and undone twice each time.
    Twice,
    /// Refused instead of run.
    Refuses,
}

pub(crate) enum Work<S: 'static> {
    Local(LocalWork<S>),
    Remote(RemoteWork<S>),
}

pub(crate) struct LocalWork<S: 'static> {
    pub run: fn(&mut Tx<'_>, &S) -> Result<Value>,
    pub undo: fn(&mut Tx<'_>, &S, &Value) -> Result<()>,
}

pub(crate) struct RemoteWork<S: 'static> {
    pub intend: fn(&mut Tx<'_>, &S) -> Result<Next<Value, Value>>,
    pub intend_undo: fn(&mut Tx<'_>, &S, &Value) -> Result<Option<Value>>,
    pub forward: ErrandWork<S>,
    pub backward: ErrandWork<S>,
}

type Calling = for<'a> fn(&'a Ports, &'a Value, &'a str) -> BoxFuture<'a, Outcome<Value>>;

pub(crate) struct ErrandWork<S: 'static> {
    pub stored: &'static str,
    pub call: Calling,
    pub ask: Calling,
    pub given: fn(&mut Tx<'_>, &S, &Value, &Value) -> Result<()>,
    pub refused: fn(&mut Tx<'_>, &S, &Value, &Error) -> Result<()>,
    pub given_up: fn(&mut Tx<'_>, &S, &Value, &str, &Error) -> Result<()>,
    pub late: fn(&mut Tx<'_>, &S, &Value, &str, &Value) -> Result<()>,
}

impl<S: 'static> Step<S> {
    /// A step that only touches our own database.
    pub const fn local<T: Local<Saga = S>>() -> Step<S> {
        let work = LocalWork {
            run: |tx, saga| written(&T::run(tx, saga)?),
            undo: |tx, saga, memory| T::undo(tx, saga, read(memory)?),
        };
        Step { name: T::NAME, work: Work::Local(work) }
    }

    /// A step that asks another system.
    pub const fn remote<T: Remote<Saga = S>>() -> Step<S> {
        let work = RemoteWork {
            intend: |tx, saga| {
                Ok(match T::intend(tx, saga)? {
                    Next::Call(intent) => Next::Call(written(&intent)?),
                    Next::Wait(until) => Next::Wait(until),
                    Next::Skip(given) => Next::Skip(written(&given)?),
                    Next::GiveUp(why) => Next::GiveUp(why),
                })
            },
            intend_undo: |tx, saga, given| {
                T::intend_undo(tx, saga, read(given)?)?.map(|intent| written(&intent)).transpose()
            },
            forward: ErrandWork::of::<T::Forward>(),
            backward: ErrandWork::of::<T::Backward>(),
        };
        Step { name: T::NAME, work: Work::Remote(work) }
    }
}

impl<S: 'static> ErrandWork<S> {
    const fn of<E: Errand<Saga = S>>() -> ErrandWork<S> {
        ErrandWork {
            stored: E::STORED,
            call: |ports, intent, key| Box::pin(through(read(intent), move |intent| E::call(ports, intent, key))),
            ask: |ports, intent, key| Box::pin(through(read(intent), move |intent| E::ask(ports, intent, key))),
            given: |tx, saga, intent, given| E::given(tx, saga, read(intent)?, &read(given)?),
            refused: |tx, saga, intent, why| E::refused(tx, saga, read(intent)?, why),
            given_up: |tx, saga, intent, key, why| E::given_up(tx, saga, read(intent)?, key, why),
            late: |tx, saga, intent, key, given| E::late(tx, saga, read(intent)?, key, &read(given)?),
        }
    }
}

/// A typed call as an untyped one. What cannot be read or written is a bug, and is never taken for an answer.
async fn through<I, G, F>(intent: Result<I>, call: impl FnOnce(I) -> F + Send) -> Outcome<Value>
where
    I: Send,
    G: Serialize,
    F: Future<Output = Outcome<G>> + Send,
{
    let intent = match intent {
        Ok(intent) => intent,
        Err(error) => return unreadable(&error),
    };
    match call(intent).await {
        Outcome::Done(given) => written(&given).map_or_else(|error| unreadable(&error), Outcome::Done),
        Outcome::Refused(why) => Outcome::Refused(why),
        Outcome::Unknown => Outcome::Unknown,
        Outcome::Absent => Outcome::Absent,
    }
}

fn unreadable(error: &Error) -> Outcome<Value> {
    tracing::error!(error = ?error, "a saga's errand cannot be read or written");
    Outcome::Unknown
}

fn written<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| Code::Internal.error().caused_by(e))
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|e| Code::Internal.error().caused_by(e))
}

/// The backward errand of a step that cannot be taken back and never has to be.
pub struct Nothing<S>(std::marker::PhantomData<fn() -> S>);

impl<S: 'static> Errand for Nothing<S> {
    type Saga = S;
    type Intent = ();
    type Given = ();
    const STORED: &'static str = "";
    async fn call(_: &Ports, (): (), _: &str) -> Outcome<()> {
        Outcome::Done(())
    }
    async fn ask(_: &Ports, (): (), _: &str) -> Outcome<()> {
        Outcome::Done(())
    }
    fn given(_: &mut Tx<'_>, _: &S, (): (), (): &()) -> Result<()> {
        Ok(())
    }
    fn refused(_: &mut Tx<'_>, _: &S, (): (), _: &Error) -> Result<()> {
        Ok(())
    }
    fn given_up(_: &mut Tx<'_>, _: &S, (): (), _: &str, _: &Error) -> Result<()> {
        Ok(())
    }
    fn late(_: &mut Tx<'_>, _: &S, (): (), _: &str, (): &()) -> Result<()> {
        Ok(())
    }
}
