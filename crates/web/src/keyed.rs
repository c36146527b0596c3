//! Idempotency: a request with `Idempotency-Key` has its effect once, and every repetition gets the first answer's bytes.

use crate::{App, Context, Failure, Reply, User, answer::json_response, input};
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use kernel::{Code, Error, Result, Timestamp, text::IDEMPOTENCY_KEY_MAX};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use store::{
    Tx,
    idempotency::{self, Answer, Claim},
};

/// A JSON body that may come with an idempotency key. `Keyed<Nothing>` is for requests without a body.
#[derive(Debug, Clone)]
pub struct Keyed<T> {
    /// The body.
    pub body: T,
    /// The key and how to answer its repetitions.
    pub keying: Keying,
}

/// No body, or an empty object.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The key of a request, who sent it and what it asked for.
#[derive(Debug, Clone)]
pub struct Keying {
    key: Option<Arc<Key>>,
    context: Context,
}

#[derive(Debug)]
struct Key {
    scope: String,
    key: String,
    hash: String,
}

impl<T: DeserializeOwned> FromRequest<App> for Keyed<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, app: &App) -> Result<Keyed<T>, Failure> {
        let (mut parts, body) = request.into_parts();
        let Ok(context) = Context::from_request_parts(&mut parts, app).await;
        let sent = key(&parts.headers)?;
        let scope = match &sent {
            Some(_) => scope_of(crate::MaybeUser::from_request_parts(&mut parts, app).await?.0.as_ref()),
            None => String::new(),
        };
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        let bytes = input::body(Request::from_parts(parts, body), app).await?;
        let value = if bytes.is_empty() {
            input::parse(b"{}")?
        } else {
            input::must_be_json(&headers)?;
            input::parse(&bytes)?
        };
        let key = sent.map(|key| Arc::new(Key { scope, key, hash: hash(method.as_str(), uri.path(), &bytes) }));
        Ok(Keyed { body: value, keying: Keying { key, context } })
    }
}

/// The key as sent: 1 to 255 visible ASCII characters, else C002.
fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or("");
    if text.is_empty() || text.len() > IDEMPOTENCY_KEY_MAX {
        return Err(Code::InvalidInput
            .because(format!("Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters")));
    }
    Ok(Some(text.to_owned()))
}

fn scope_of(user: Option<&User>) -> String {
    user.map_or_else(|| "anonymous".to_owned(), |user| user.id.to_string())
}

fn hash(method: &str, path: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), &[0], path.as_bytes(), &[0], body] {
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What to do with a request that may be a repetition.
pub enum Turn {
    /// The first of its key (or without one): do it.
    First,
    /// A repetition: send this.
    Repeat(Answer),
    /// The first is not answered yet; what it noted for those who find it, and since when it runs.
    Running {
        /// Since when.
        since: Timestamp,
        /// What [`Keying::refer`] noted.
        reference: Option<String>,
    },
}

impl Keying {
    /// Whether the request came with a key.
    pub fn is_some(&self) -> bool {
        self.key.is_some()
    }

    /// How failures are rendered for this caller.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Takes the key inside `tx`, together with whatever else this transaction does. C014 when it was used for another
    /// request.
    pub fn claim(&self, tx: &mut Tx<'_>) -> Result<Turn> {
        let Some(key) = &self.key else { return Ok(Turn::First) };
        Ok(match idempotency::claim(tx, &key.scope, &key.key, &key.hash)? {
            Claim::New => Turn::First,
            Claim::Answered(answer) => Turn::Repeat(answer),
            Claim::Running { since, reference } => Turn::Running { since, reference },
        })
    }

    /// Notes what the running request works on, so that a repetition after a crash finds it.
    pub fn refer(&self, tx: &mut Tx<'_>, reference: &str) -> Result<()> {
        self.key.as_ref().map_or(Ok(()), |key| idempotency::refer(tx, &key.scope, &key.key, reference))
    }

    /// Gives the key back: the request failed in a way that may be repeated.
    pub fn release(&self, tx: &mut Tx<'_>) -> Result<()> {
        self.key.as_ref().map_or(Ok(()), |key| idempotency::release(tx, &key.scope, &key.key))
    }

    /// Keeps the outcome, a success or a final refusal, inside `tx`, and gives the bytes to send. An error that is not
    /// final (see [`is_final`]) is given back as it is and nothing is kept.
    pub fn keep<T: Serialize>(&self, tx: &mut Tx<'_>, outcome: Result<Reply<T>>) -> Result<Answer> {
        let answer = match outcome {
            Ok(reply) => {
                Answer { status: reply.status.as_u16(), location: reply.location.clone(), body: text(reply.body()?)? }
            }
            Err(error) if is_final(&error) => Answer {
                status: error.code().status(),
                location: None,
                body: text(self.context.body(&error, tx.now()))?,
            },
            Err(error) => return Err(error),
        };
        if let Some(key) = &self.key {
            idempotency::answer(tx, &key.scope, &key.key, &answer)?;
        }
        Ok(answer)
    }
}

fn text(body: Vec<u8>) -> Result<String> {
    String::from_utf8(body).map_err(|e| Code::Internal.error().caused_by(e))
}

/// Whether a refusal would be the same if the request came again: then it is kept. Our own failures, limits, locks and
/// missing sign-ins are not.
pub fn is_final(error: &Error) -> bool {
    let status = error.code().status();
    (400..500).contains(&status) && !matches!(status, 401 | 408 | 429) && error.code() != Code::IdempotencyInProgress
}

/// Runs `work` in one transaction, at most once per key. Without a key it simply runs.
pub async fn once<T: Serialize + Send + 'static>(
    app: &App,
    keying: Keying,
    name: &'static str,
    work: impl Fn(&mut Tx<'_>) -> Result<Reply<T>> + Send + 'static,
) -> Result<Response, Failure> {
    if !keying.is_some() {
        return Ok(app.db.write(name, work).await?.into_response());
    }
    let sent = app.db.write(name, move |tx| match keying.claim(tx)? {
        Turn::First => {
            let outcome = tx.attempt(|tx| work(tx));
            keying.keep(tx, outcome).map(|answer| (answer, false))
        }
        Turn::Repeat(answer) => Ok((answer, true)),
        Turn::Running { .. } => Err(Code::IdempotencyInProgress.error().retry_after(1)),
    });
    let (answer, repeated) = sent.await?;
    Ok(if repeated { replay(answer) } else { first(answer) })
}

/// A kept answer sent for the first time.
pub fn first(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    json_response(status, answer.location.as_deref(), answer.body)
}

/// A kept answer sent again, marked as such.
pub fn replay(answer: Answer) -> Response {
    let mut response = first(answer);
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}
