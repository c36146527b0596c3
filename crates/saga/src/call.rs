//! Calls to other systems.

use super::outcome::Outcome;
use ::store::Tx;
use futures_util::future::BoxFuture;
use kernel::{Code, Error, Result, Timestamp};
use ports::Ports;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{future::Future, marker::PhantomData};

/// A call to another system. The request is committed, then the call is made with the idempotency key, then the outcome is
/// committed. No call is made inside a transaction, and after a crash `ask` comes before any repetition.
pub trait RemoteCall: 'static {
    /// What the flow knows about a run.
    type Saga: 'static;
    type Request: Serialize + DeserializeOwned + Send + Sync;
    type Response: Serialize + DeserializeOwned + Send;
    /// Whether it is ever made; see [`NoCall`].
    const IS_MADE: bool = true;
    /// The crash point after the outcome is stored. Those before and after the call are in the code that makes the call.
    const STORED: &'static str;
    /// Makes the call. The same key never has a second effect, and neither has one that [`ports::gateway::key_again`] made of it: such
    /// a call is made only after the other system has said that nothing had happened.
    fn call(ports: &Ports, request: Self::Request, key: &str) -> impl Future<Output = Outcome<Self::Response>> + Send;
    /// Asks what became of the call with this key.
    fn ask(ports: &Ports, request: Self::Request, key: &str) -> impl Future<Output = Outcome<Self::Response>> + Send;
    /// Asks what became of the call with this key, which is no longer wanted: if it only waits, it ends. `NotFound` says that
    /// nothing will come of it.
    fn withdraw(
        ports: &Ports,
        request: Self::Request,
        key: &str,
    ) -> impl Future<Output = Outcome<Self::Response>> + Send {
        Self::ask(ports, request, key)
    }
    /// What becomes of the call, which was made and which the other system does not know.
    fn when_missing(tx: &mut Tx<'_>, saga: &Self::Saga, request: &Self::Request) -> Result<Missing> {
        let _ = (tx, saga, request);
        Ok(Missing::Repeat)
    }
    /// Records for what the other system waits, and until when.
    fn waiting(
        tx: &mut Tx<'_>,
        saga: &Self::Saga,
        request: Self::Request,
        until: Timestamp,
        note: &Value,
    ) -> Result<()> {
        let _ = (tx, saga, request, until, note);
        Ok(())
    }
    /// Records that it succeeded, in the transaction in which the saga moves on.
    fn succeeded(tx: &mut Tx<'_>, saga: &Self::Saga, request: Self::Request, response: &Self::Response) -> Result<()>;
    /// Records that it was refused.
    fn refused(tx: &mut Tx<'_>, saga: &Self::Saga, request: Self::Request, why: &Error) -> Result<()>;
    /// Whether the step waits for another request after this one was refused. If not, the run is compensated.
    fn may_be_followed(request: &Self::Request) -> bool {
        let _ = request;
        false
    }
    /// Records that it was abandoned because the other system did not know it. It may still succeed there, so whatever is
    /// needed to find that out later belongs here.
    fn abandoned(tx: &mut Tx<'_>, saga: &Self::Saga, request: Self::Request, key: &str, why: &Error) -> Result<()> {
        let _ = key;
        Self::refused(tx, saga, request, why)
    }
    /// Records that it succeeded after it had been refused or abandoned: its effect has to be taken back.
    fn succeeded_late(
        tx: &mut Tx<'_>,
        saga: &Self::Saga,
        request: Self::Request,
        key: &str,
        response: &Self::Response,
    ) -> Result<()>;
}

/// What becomes of a call that the other system does not know, while its run goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is made again with the same key.
    Repeat,
    /// It is not made again, and the other system is asked again: the last request may still be on its way.
    Ask,
    /// It is abandoned: it is no longer wanted.
    Abandon,
}

/// A call that is never made: forward of a step that completes by itself ([`super::Next::Complete`]), backward of a step that
/// cannot be compensated.
pub struct NoCall<S, Response = ()>(PhantomData<fn() -> (S, Response)>);

impl<S, Response> RemoteCall for NoCall<S, Response>
where
    S: 'static,
    Response: Serialize + DeserializeOwned + Send + 'static,
{
    type Saga = S;
    type Request = ();
    type Response = Response;
    const IS_MADE: bool = false;
    const STORED: &'static str = "";
    async fn call(_: &Ports, (): (), _: &str) -> Outcome<Response> {
        Outcome::Unknown
    }
    async fn ask(_: &Ports, (): (), _: &str) -> Outcome<Response> {
        Outcome::Unknown
    }
    fn succeeded(_: &mut Tx<'_>, _: &S, (): (), _: &Response) -> Result<()> {
        Ok(())
    }
    fn refused(_: &mut Tx<'_>, _: &S, (): (), _: &Error) -> Result<()> {
        Ok(())
    }
    fn succeeded_late(_: &mut Tx<'_>, _: &S, (): (), _: &str, _: &Response) -> Result<()> {
        Ok(())
    }
}

type Calling = for<'a> fn(&'a Ports, &'a Value, &'a str) -> BoxFuture<'a, Outcome<Value>>;

/// A [`RemoteCall`] as plain function pointers over JSON.
pub(crate) struct CallWork<S: 'static> {
    #[cfg(feature = "test-harness")]
    pub is_made: bool,
    pub stored: &'static str,
    pub call: Calling,
    pub ask: Calling,
    pub withdraw: Calling,
    pub when_missing: fn(&mut Tx<'_>, &S, &Value) -> Result<Missing>,
    pub waiting: fn(&mut Tx<'_>, &S, &Value, Timestamp, &Value) -> Result<()>,
    pub succeeded: fn(&mut Tx<'_>, &S, &Value, &Value) -> Result<()>,
    pub refused: fn(&mut Tx<'_>, &S, &Value, &Error) -> Result<()>,
    pub may_be_followed: fn(&Value) -> Result<bool>,
    pub abandoned: fn(&mut Tx<'_>, &S, &Value, &str, &Error) -> Result<()>,
    pub succeeded_late: fn(&mut Tx<'_>, &S, &Value, &str, &Value) -> Result<()>,
}

impl<S: 'static> CallWork<S> {
    pub(crate) const fn of<C: RemoteCall<Saga = S>>() -> CallWork<S> {
        CallWork {
            #[cfg(feature = "test-harness")]
            is_made: C::IS_MADE,
            stored: C::STORED,
            call: |ports, request, key| Box::pin(typed(read(request), move |request| C::call(ports, request, key))),
            ask: |ports, request, key| Box::pin(typed(read(request), move |request| C::ask(ports, request, key))),
            withdraw: |ports, request, key| {
                Box::pin(typed(read(request), move |request| C::withdraw(ports, request, key)))
            },
            when_missing: |tx, saga, request| C::when_missing(tx, saga, &read(request)?),
            waiting: |tx, saga, request, until, note| C::waiting(tx, saga, read(request)?, until, note),
            succeeded: |tx, saga, request, response| C::succeeded(tx, saga, read(request)?, &read(response)?),
            refused: |tx, saga, request, why| C::refused(tx, saga, read(request)?, why),
            may_be_followed: |request| Ok(C::may_be_followed(&read(request)?)),
            abandoned: |tx, saga, request, key, why| C::abandoned(tx, saga, read(request)?, key, why),
            succeeded_late: |tx, saga, request, key, response| {
                C::succeeded_late(tx, saga, read(request)?, key, &read(response)?)
            },
        }
    }
}

/// Makes a typed call. A request that cannot be read or a response that cannot be written is a bug; the outcome is unknown.
async fn typed<Request, Response, F>(request: Result<Request>, call: impl FnOnce(Request) -> F + Send) -> Outcome<Value>
where
    Request: Send,
    Response: Serialize,
    F: Future<Output = Outcome<Response>> + Send,
{
    let request = match request {
        Ok(request) => request,
        Err(error) => return unreadable(&error),
    };
    match call(request).await.map(|response| written(&response)) {
        Outcome::Succeeded(Ok(response)) => Outcome::Succeeded(response),
        Outcome::Succeeded(Err(error)) => unreadable(&error),
        Outcome::Refused(why) => Outcome::Refused(why),
        Outcome::Waiting { until, note } => Outcome::Waiting { until, note },
        Outcome::NotDone => Outcome::NotDone,
        Outcome::Unknown => Outcome::Unknown,
        Outcome::NotFound => Outcome::NotFound,
    }
}

fn unreadable(error: &Error) -> Outcome<Value> {
    tracing::error!(error = ?error, "a saga's call cannot be read or written");
    Outcome::Unknown
}

pub(crate) fn written<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| Code::Internal.error().caused_by(e))
}

pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|e| Code::Internal.error().caused_by(e))
}
