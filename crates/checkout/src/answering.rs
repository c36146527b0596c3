//! Requests that take more than one transaction: intent, call, outcome. With an idempotency key the first transaction notes
//! which saga the request began, so that a repetition after a crash gets the answer the lost one would have got, and one
//! that comes while it is still running is told so.

use axum::response::{IntoResponse, Response};
use kernel::{Code, Error, Result, SagaId};
use saga::{Action, Call, Flow, Record, count_failure};
use serde::Serialize;
use store::{Tx, fault, idempotency::StoredResponse as Answer};
use tracing::Instrument;
use web::{
    ApiResponse, App, Failure, IdempotencyKey,
    idempotency::{Claim, is_final, replay, respond},
};

/// What a request led to in its first transaction.
pub enum Begun<T> {
    /// This is the answer.
    Done(ApiResponse<T>),
    /// A call has to be made first.
    Calls(&'static dyn Flow, Call),
}

/// How a run that a request began is told. Must depend on what is stored only, because a repetition may have to tell it.
pub trait Tell<T>: Fn(&mut Tx<'_>, &Record) -> Result<ApiResponse<T>> + Clone + Send + 'static {}
impl<T, F: Fn(&mut Tx<'_>, &Record) -> Result<ApiResponse<T>> + Clone + Send + 'static> Tell<T> for F {}

enum First<T> {
    Plain(ApiResponse<T>),
    Sent(Answer),
    Again(Answer),
    Calls(&'static dyn Flow, Call),
}

/// Runs `begin` in one transaction, makes the calls that it asks for, and stores the last outcome together with the answer
/// that `tell` gives. A client that goes away does not stop it.
pub async fn answer<T: Serialize + Send + 'static>(
    app: &App,
    keying: IdempotencyKey,
    name: &'static str,
    begin: impl Fn(&mut Tx<'_>) -> Result<Begun<T>> + Send + 'static,
    tell: impl Tell<T>,
) -> Result<Response, Failure> {
    let (key, teller) = (keying.clone(), tell.clone());
    match app.db.write(name, move |tx| start(tx, &key, &begin, &teller)).await? {
        First::Plain(reply) => Ok(reply.into_response()),
        First::Sent(answer) => Ok(respond(answer)),
        First::Again(answer) => Ok(replay(answer)),
        First::Calls(flow, call) => {
            let app = app.clone();
            let conclude = async move { conclude(&app, &keying, flow, call, tell).await };
            let concluding = tokio::spawn(conclude.instrument(tracing::Span::current()));
            let concluded = concluding.await.map_err(|e| Code::Internal.error().caused_by(e))?;
            Ok(respond(concluded?))
        }
    }
}

fn start<T: Serialize>(
    tx: &mut Tx<'_>,
    keying: &IdempotencyKey,
    begin: &impl Fn(&mut Tx<'_>) -> Result<Begun<T>>,
    tell: &impl Tell<T>,
) -> Result<First<T>> {
    let claim = keying.claim(tx)?;
    let begun = match claim {
        Claim::Completed(answer) => return Ok(First::Again(answer)),
        Claim::Running { reference, .. } => return resumed(tx, keying, reference.as_deref(), tell),
        Claim::New if keying.is_some() => tx.attempt(|tx| begin(tx)),
        Claim::New => Ok(begin(tx)?),
    };
    match begun {
        // nothing to keep: the bytes are made outside the transaction
        Ok(Begun::Done(reply)) if !keying.is_some() => Ok(First::Plain(reply)),
        Ok(Begun::Done(reply)) => keying.store_response(tx, Ok(reply)).map(First::Sent),
        Ok(Begun::Calls(flow, call)) => {
            keying.store_reference(tx, call.saga.as_str())?;
            Ok(First::Calls(flow, call))
        }
        Err(error) => keying.store_response::<T>(tx, Err(error)).map(First::Sent),
    }
}

/// The first request of this key has not answered: it is still running, or its process is gone and the saga goes on alone.
fn resumed<T: Serialize>(
    tx: &mut Tx<'_>,
    keying: &IdempotencyKey,
    reference: Option<&str>,
    tell: &impl Tell<T>,
) -> Result<First<T>> {
    let running = || Code::IdempotencyInProgress.error().retry_after(1);
    let id: SagaId = reference.ok_or_else(running)?.parse()?;
    let record = saga::store::lock(tx, &id)?;
    // while this waited for the run, the first request or another repetition may have answered
    if let Claim::Completed(answer) = keying.claim(tx)? {
        return Ok(First::Again(answer));
    }
    if record.is_held(tx.now()) {
        return Err(running());
    }
    let outcome = tell(tx, &record);
    keying.store_response(tx, outcome).map(First::Again)
}

enum Told {
    Kept(Answer),
    Failed(Error),
    More(Call),
}

async fn conclude<T: Serialize + Send + 'static>(
    app: &App,
    keying: &IdempotencyKey,
    flow: &'static dyn Flow,
    mut call: Call,
    tell: impl Tell<T>,
) -> Result<Answer> {
    loop {
        let outcome = flow.call(&app.ports, &call).await;
        let (keying, tell, stored) = (keying.clone(), tell.clone(), flow.stored(&call));
        let settle = move |tx: &mut Tx<'_>| {
            let (record, action) = flow.settle(tx, &call, &outcome)?;
            let told = match action {
                Action::Call(next) => Told::More(next),
                Action::Rest(_) => {
                    let outcome = tell(tx, &record);
                    told(tx, &keying, outcome)?
                }
            };
            Ok((told, record.status))
        };
        let (told, status) = app.db.write("checkout.settle", settle).await?;
        // here and not in the transaction, which may have been run more than once
        count_failure(status);
        fault::point(stored);
        match told {
            Told::Kept(answer) => return Ok(answer),
            Told::Failed(error) => return Err(error),
            Told::More(next) => call = next,
        }
    }
}

/// What is said about a settled run. A failure of our own is told, but must not undo the settling and is not kept.
fn told<T: Serialize>(tx: &mut Tx<'_>, keying: &IdempotencyKey, outcome: Result<ApiResponse<T>>) -> Result<Told> {
    match outcome {
        Err(error) if !keying.is_some() || !is_final(&error) => Ok(Told::Failed(error)),
        outcome => keying.store_response(tx, outcome).map(Told::Kept),
    }
}
