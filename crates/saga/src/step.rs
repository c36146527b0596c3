//! The steps of a saga. `Step::local::<T>()` and `Step::remote::<T>()` store plain function pointers, so that every name can
//! be searched for.

use super::{
    call::{CallWork, RemoteCall, read, written},
    record::Subject,
};
use ::store::Tx;
use kernel::{Error, Result, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The step that creates what a run is about, in the transaction that begins the run. It has no compensation of its own:
/// when all later steps are compensated, [`super::Saga::closed_by`] says what becomes of it.
pub trait First: 'static {
    const NAME: &'static str;
    /// What it is created from.
    type Input;
    /// What the flow knows about a run.
    type Saga: 'static;
    /// Creates it. An error means that nothing is written and no run begins.
    fn run(tx: &mut Tx<'_>, input: Self::Input) -> Result<Self::Saga>;
    /// What the run is about.
    fn subject(saga: &Self::Saga) -> Subject;
    /// The key of the run's events.
    fn event_key(saga: &Self::Saga) -> String;
}

/// A step that changes only our own database. It commits together with the row of its run, so it happens exactly once.
pub trait Local: 'static {
    /// Such as `RESERVE_INVENTORY`.
    const NAME: &'static str;
    /// What the flow knows about a run.
    type Saga: 'static;
    /// What its compensation and later steps may rely on.
    type Memory: Serialize + DeserializeOwned;
    /// Does it.
    fn run(tx: &mut Tx<'_>, saga: &Self::Saga) -> Result<Self::Memory>;
    /// Takes it back. A repetition has no effect.
    fn compensate(tx: &mut Tx<'_>, saga: &Self::Saga, memory: Self::Memory) -> Result<()>;
}

type RequestOf<C> = <C as RemoteCall>::Request;
type ResponseOf<C> = <C as RemoteCall>::Response;
type NextOf<C> = Next<RequestOf<C>, ResponseOf<C>>;

/// A step that asks another system for something, and may ask it to take that back.
pub trait Remote: 'static {
    /// Such as `PROCESS_PAYMENT`.
    const NAME: &'static str;
    /// What the flow knows about a run.
    type Saga: 'static;
    /// The call that does it.
    type Forward: RemoteCall<Saga = Self::Saga>;
    /// The call that takes it back; [`super::NoCall`] when there is none.
    type Backward: RemoteCall<Saga = Self::Saga>;
    /// Whether it can be taken back. After a completed step that cannot, later local steps are retried until they succeed.
    const CAN_BE_COMPENSATED: bool = true;
    /// The request to make, or why it is not made (yet). Commits with the row of the run before the call.
    fn prepare(tx: &mut Tx<'_>, saga: &Self::Saga) -> Result<NextOf<Self::Forward>>;
    /// The request that takes it back, `Next::Complete` when there is nothing to take back, or until when it waits for what only a person
    /// can say. Commits before the call.
    fn prepare_compensation(
        tx: &mut Tx<'_>,
        saga: &Self::Saga,
        response: ResponseOf<Self::Forward>,
    ) -> Result<Undo<RequestOf<Self::Backward>>>;
}

/// What taking a remote step back does next.
pub type Undo<Request> = Next<Request, ()>;

/// What a remote step does next.
pub enum Next<Request, Response> {
    /// Makes the call with this request.
    Call(Request),
    /// Waits for a request from outside ([`super::Saga::submit`]), and looks again at this time.
    WaitUntil(Timestamp),
    /// Completes without a call, as if the other system had answered this.
    Complete(Response),
    /// Fails: the run is compensated.
    Fail(Error),
}

impl<Request: Serialize, Response> Next<Request, Response> {
    fn written<T>(self, response: impl FnOnce(&Response) -> Result<T>) -> Result<Next<Value, T>> {
        Ok(match self {
            Next::Call(request) => Next::Call(written(&request)?),
            Next::WaitUntil(until) => Next::WaitUntil(until),
            Next::Complete(done) => Next::Complete(response(&done)?),
            Next::Fail(why) => Next::Fail(why),
        })
    }
}

/// One step of a saga.
pub struct Step<S: 'static> {
    pub name: &'static str,
    pub(crate) work: Work<S>,
}

#[allow(clippy::large_enum_variant, reason = "the lists of steps are constants, of which a process has a few")]
pub(crate) enum Work<S: 'static> {
    First,
    Local(LocalWork<S>),
    Remote(RemoteWork<S>),
}

pub(crate) struct LocalWork<S: 'static> {
    pub run: fn(&mut Tx<'_>, &S) -> Result<Value>,
    pub compensate: fn(&mut Tx<'_>, &S, &Value) -> Result<()>,
}

pub(crate) struct RemoteWork<S: 'static> {
    pub can_be_compensated: bool,
    pub prepare: fn(&mut Tx<'_>, &S) -> Result<Next<Value, Value>>,
    pub prepare_compensation: fn(&mut Tx<'_>, &S, &Value) -> Result<Undo<Value>>,
    pub forward: CallWork<S>,
    pub backward: CallWork<S>,
}

impl<S: 'static> Step<S> {
    /// The step with which [`super::Saga::begin_with`] begins a run.
    pub const fn first<T: First<Saga = S>>() -> Step<S> {
        Step { name: T::NAME, work: Work::First }
    }

    /// A step that changes only our own database.
    pub const fn local<T: Local<Saga = S>>() -> Step<S> {
        let work = LocalWork {
            run: |tx, saga| written(&T::run(tx, saga)?),
            compensate: |tx, saga, memory| T::compensate(tx, saga, read(memory)?),
        };
        Step { name: T::NAME, work: Work::Local(work) }
    }

    /// A step that asks another system.
    pub const fn remote<T: Remote<Saga = S>>() -> Step<S> {
        let work = RemoteWork {
            can_be_compensated: T::CAN_BE_COMPENSATED,
            prepare: |tx, saga| T::prepare(tx, saga)?.written(written),
            prepare_compensation: |tx, saga, response| {
                T::prepare_compensation(tx, saga, read(response)?)?.written(|()| Ok(()))
            },
            forward: CallWork::of::<T::Forward>(),
            backward: CallWork::of::<T::Backward>(),
        };
        Step { name: T::NAME, work: Work::Remote(work) }
    }

    /// Whether the step can be refused: a call that is never made is not.
    #[cfg(feature = "test-harness")]
    pub(crate) fn can_be_refused(&self) -> bool {
        match &self.work {
            Work::First | Work::Local(_) => true,
            Work::Remote(work) => work.forward.is_made,
        }
    }

    /// Whether the step, once completed, can be compensated.
    pub(crate) fn can_be_compensated(&self) -> bool {
        match &self.work {
            Work::First | Work::Local(_) => true,
            Work::Remote(work) => work.can_be_compensated,
        }
    }
}
