//! Answering a request that moves a saga on, which takes more than one transaction: store the call, make it, store its
//! outcome. With an idempotency key the first transaction stores which run the request moves on. A repetition after a crash
//! then gets the response that was lost, and one that comes while the first request still runs gets C015. While the outcome is
//! open (202) nothing else is kept: a repetition gets how the run stands then.

use super::{
    drive::{Flow, settle},
    measure::count_failure,
    record::{HOLD, Record},
    run::{Action, Call},
    store,
};
use ::store::{Tx, fault, idempotency::StoredResponse};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{Code, Error, Result, SagaId};
use serde::Serialize;
use std::{ops::ControlFlow, time::Duration};
use tracing::Instrument;
use web::{
    ApiResponse, App, Failure, IdempotencyKey,
    idempotency::{Claim, is_outcome, replay, respond as send, success},
};

/// Time in which most calls are answered.
const QUICK: Duration = Duration::from_secs(3);

/// What a request led to in its first transaction.
#[allow(clippy::large_enum_variant, reason = "one is made for each request and taken apart at once")]
pub enum Begun<T> {
    /// This is the response.
    Response(ApiResponse<T>),
    /// A run was moved on. When it rests, its stored state says what the response is.
    Run(&'static dyn Flow, Record, Action),
}

/// Runs `begin` in one transaction, makes the calls of its run, and stores the last outcome together with the response that
/// `response` makes from the run. A repetition may have to make that response, so it must depend only on what is stored. A
/// client that goes away does not stop it.
pub async fn respond<T, R>(
    app: &App,
    key: IdempotencyKey,
    name: &'static str,
    begin: impl Fn(&mut Tx<'_>) -> Result<Begun<T>> + Send + 'static,
    response: R,
) -> Result<Response, Failure>
where
    T: Serialize + Send + 'static,
    R: Fn(&mut Tx<'_>, &Record) -> Result<ApiResponse<T>> + Clone + Send + 'static,
{
    let (first_key, first_response) = (key.clone(), response.clone());
    let first = app.db.write(name, move |tx| first_transaction(tx, &first_key, &begin, &first_response)).await?;
    let (flow, call) = match first {
        First::Unstored(response) => return Ok(response.into_response()),
        First::Stored(response) => return Ok(send(response)),
        First::Repeated(response) => return Ok(replay(response)),
        First::Call(flow, call) => (flow, call),
    };
    let app = app.clone();
    let calls = async move { make_calls(&app, &key, flow, call, response).await };
    let made = tokio::spawn(calls.instrument(tracing::Span::current())).await;
    Ok(send(made.map_err(|e| Code::Internal.error().caused_by(e))??))
}

/// How the first transaction ended.
enum First<T> {
    /// Without an idempotency key nothing is stored, and the bytes are made outside the transaction.
    Unstored(ApiResponse<T>),
    Stored(StoredResponse),
    /// The request is a repetition.
    Repeated(StoredResponse),
    Call(&'static dyn Flow, Call),
}

fn first_transaction<T: Serialize>(
    tx: &mut Tx<'_>,
    key: &IdempotencyKey,
    begin: &impl Fn(&mut Tx<'_>) -> Result<Begun<T>>,
    response: &impl Fn(&mut Tx<'_>, &Record) -> Result<ApiResponse<T>>,
) -> Result<First<T>> {
    match key.claim(tx)? {
        Claim::Completed(response) => return Ok(First::Repeated(response)),
        Claim::Running { reference } => {
            if let Some(repeated) = repeated(tx, key, reference.as_deref(), response)? {
                return Ok(First::Repeated(repeated));
            }
        }
        Claim::New => {}
    }
    // a refusal is stored too, but nothing that was written before it
    let begun = if key.is_some() { tx.attempt(|tx| begin(tx)) } else { Ok(begin(tx)?) };
    let result = match begun {
        Ok(Begun::Run(flow, run, Action::Call(call))) => {
            key.store_reference(tx, run.id.as_str())?;
            return Ok(First::Call(flow, call));
        }
        Ok(Begun::Run(_, run, Action::Rest(_))) => match response(tx, &run) {
            Ok(open) if is_open(&open) => {
                key.store_reference(tx, run.id.as_str())?;
                return Ok(First::Unstored(open));
            }
            result => result,
        },
        Ok(Begun::Response(response)) => Ok(response),
        Err(error) => Err(error),
    };
    match result {
        Ok(response) if !key.is_some() => Ok(First::Unstored(response)),
        result => key.store_response(tx, result).map(First::Stored),
    }
}

/// Whether the outcome is not known yet.
fn is_open<T>(response: &ApiResponse<T>) -> bool {
    response.status == StatusCode::ACCEPTED
}

/// The first request with this key has no outcome yet: it still runs, its process is gone and the task moves its run on, or it
/// was answered that the outcome is open. `None` when it came to nothing, so that this is a new request.
fn repeated<T: Serialize>(
    tx: &mut Tx<'_>,
    key: &IdempotencyKey,
    reference: Option<&str>,
    response: &impl Fn(&mut Tx<'_>, &Record) -> Result<ApiResponse<T>>,
) -> Result<Option<StoredResponse>> {
    let running = |seconds| Code::IdempotencyInProgress.error().retry_after(seconds);
    let id: SagaId = reference.ok_or_else(|| running(1))?.parse()?;
    let run = store::lock(tx, &id)?;
    // while this waited for the lock, the first request or another repetition may have stored the outcome
    if let Claim::Completed(response) = key.claim(tx)? {
        return Ok(Some(response));
    }
    if let Some(left) = run.held_for(tx.now()) {
        return Err(running(again_in_s(left)));
    }
    match response(tx, &run) {
        Ok(open) if is_open(&open) => success(&open).map(Some),
        Err(error) if error.says_later() && !is_ours(&error) => Ok(None),
        result => key.store_response(tx, result).map(Some),
    }
}

/// Whether it is the shop's own failure, which says how a run ended.
fn is_ours(error: &Error) -> bool {
    error.code().status() >= 500
}

/// Seconds after which a repetition makes sense of a request whose call is held for so much longer. A call takes less than
/// [`QUICK`]; after that its process has probably ended, and no process makes the call before the hold is over.
fn again_in_s(left: Duration) -> u32 {
    if left + QUICK > HOLD { 1 } else { u32::try_from(left.as_secs() + 1).unwrap_or(1) }
}

/// Makes the calls of a run until it rests. Stores each outcome, the last one together with the response.
async fn make_calls<T, R>(
    app: &App,
    key: &IdempotencyKey,
    flow: &'static dyn Flow,
    mut call: Call,
    response: R,
) -> Result<StoredResponse>
where
    T: Serialize + Send + 'static,
    R: Fn(&mut Tx<'_>, &Record) -> Result<ApiResponse<T>> + Clone + Send + 'static,
{
    loop {
        let outcome = flow.call(&app.ports, &call).await;
        let (key, response, stored) = (key.clone(), response.clone(), flow.stored(&call));
        let then = move |tx: &mut Tx<'_>, run: &Record, action: Action| {
            let next = match action {
                Action::Call(next) => ControlFlow::Continue(next),
                Action::Rest(_) => {
                    let result = response(tx, run);
                    ControlFlow::Break(last_response(tx, &key, result)?)
                }
            };
            Ok((next, run.status))
        };
        let (next, status) = settle(flow, &app.db, call, outcome, then).await?;
        // counted here, because the transaction may have been run more than once
        count_failure(status);
        fault::point(stored);
        match next {
            ControlFlow::Continue(next) => call = next,
            ControlFlow::Break(result) => return result,
        }
    }
}

/// Stores the outcome. What is none is sent, but it is not stored and must not undo what this transaction settled. After an
/// answer that says "later" the key is free; after a failure of our own it still leads to the run.
fn last_response<T: Serialize>(
    tx: &mut Tx<'_>,
    key: &IdempotencyKey,
    result: Result<ApiResponse<T>>,
) -> Result<Result<StoredResponse, Error>> {
    match result {
        Ok(open) if is_open(&open) => success(&open).map(Ok),
        Err(error) if !is_outcome(&error) => {
            if !is_ours(&error) {
                key.release(tx)?;
            }
            Ok(Err(error))
        }
        Err(error) if !key.is_some() => Ok(Err(error)),
        result => key.store_response(tx, result).map(Ok),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_learns_the_real_time_once_a_call_takes_long() {
        assert_eq!(again_in_s(HOLD), 1);
        assert_eq!(again_in_s(HOLD - Duration::from_secs(1)), 1);
        assert_eq!(again_in_s(Duration::from_secs(20)), 21);
        assert_eq!(again_in_s(Duration::from_millis(300)), 1);
    }
}
