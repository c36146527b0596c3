//! Idempotency: a request with an `Idempotency-Key` has its effect once, and every repetition gets the outcome of the first. Only
//! outcomes are kept: an answer that says "later" leaves the key free.

use crate::{
    ApiResponse, App, BASE, Checked, Context, Failure, User,
    failure::SentBefore,
    input,
    response::{json_response, with_headers},
    sent_once,
};
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use kernel::{Code, Detail, Error, Remedy, Result, Timestamp, text::IDEMPOTENCY_KEY_MAX};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use store::{
    Tx,
    idempotency::{self, StoredResponse},
};

pub use store::idempotency::Claim;

/// Extractor: a JSON body that may come with an idempotency key. `Idempotent<NoBody>` is for requests without a body.
#[derive(Debug, Clone)]
pub struct Idempotent<T> {
    pub body: T,
    pub key: IdempotencyKey,
}

/// No body, or an empty object.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Nothing)]
pub struct NoBody {}

impl Checked for NoBody {}

/// The idempotency key of a request, if it has one, and what its caller is to be shown.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    sent: Option<Arc<SentKey>>,
    context: Context,
}

#[derive(Debug)]
struct SentKey {
    /// The user id, or `anonymous`: two users may choose the same key.
    scope: String,
    key: String,
    /// Of method, path and body: a key must not be used for two different requests.
    hash: String,
}

impl<T: DeserializeOwned + Checked> FromRequest<App> for Idempotent<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, app: &App) -> Result<Idempotent<T>, Failure> {
        let (mut parts, body) = request.into_parts();
        let Ok(context) = Context::from_request_parts(&mut parts, app).await;
        let sent = sent_key(&parts.headers)?;
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
        let sent = sent
            .map(|key| Arc::new(SentKey { scope, key, hash: hash(method.as_str(), below_base(uri.path()), &bytes) }));
        Ok(Idempotent { body: value, key: IdempotencyKey { sent, context } })
    }
}

/// The header's value: 1 to 255 visible ASCII characters, and once, else C002.
fn sent_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = sent_once(headers, "Idempotency-Key")? else { return Ok(None) };
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

/// The path as it is hashed: requests below the base have been hashed without it, and their keys must stay valid.
fn below_base(path: &str) -> &str {
    path.strip_prefix(BASE).unwrap_or(path)
}

fn hash(method: &str, path: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), &[0], path.as_bytes(), &[0], body] {
        hash.update(part);
    }
    kernel::hex(&hash.finalize())
}

impl IdempotencyKey {
    /// Whether the request came with a key.
    pub fn is_some(&self) -> bool {
        self.sent.is_some()
    }

    /// The key of a caller who is known by something else than a sign-in: two such callers may choose the same key.
    #[must_use]
    pub fn scoped(self, scope: String) -> IdempotencyKey {
        let sent = self.sent.map(|sent| Arc::new(SentKey { scope, key: sent.key.clone(), hash: sent.hash.clone() }));
        IdempotencyKey { sent, ..self }
    }

    /// Claims the key inside `tx`, so that the claim commits together with the effect. A request without a key is always
    /// new. C014 when the key was used for another request.
    pub fn claim(&self, tx: &mut Tx<'_>) -> Result<Claim> {
        self.sent.as_ref().map_or(Ok(Claim::New), |sent| idempotency::claim(tx, &sent.scope, &sent.key, &sent.hash))
    }

    /// Stores what the request works on, such as a saga's id, so that a repetition after a crash finds it.
    pub fn store_reference(&self, tx: &mut Tx<'_>, reference: &str) -> Result<()> {
        self.sent.as_ref().map_or(Ok(()), |sent| idempotency::set_reference(tx, &sent.scope, &sent.key, reference))
    }

    /// Frees the key inside `tx`: the request has no outcome, so its repetition is a new request.
    pub fn release(&self, tx: &mut Tx<'_>) -> Result<()> {
        self.sent.as_ref().map_or(Ok(()), |sent| idempotency::release(tx, &sent.scope, &sent.key))
    }

    /// Stores an outcome inside `tx` and returns what to send. An error that is none (see [`is_outcome`]) is returned unchanged
    /// and not stored: the request may be repeated.
    pub fn store_response<T: Serialize>(
        &self,
        tx: &mut Tx<'_>,
        result: Result<ApiResponse<T>>,
    ) -> Result<StoredResponse> {
        let stored = match result {
            Ok(response) => self.context.language().during(|| success(&response))?,
            Err(error) if is_outcome(&error) => self.refusal(&error, tx.now())?,
            Err(error) => return Err(error),
        };
        if let Some(sent) = &self.sent {
            idempotency::complete(tx, &sent.scope, &sent.key, &stored)?;
        }
        Ok(stored)
    }

    fn refusal(&self, error: &Error, at: Timestamp) -> Result<StoredResponse> {
        let refusal = Refusal {
            code: error.code().code().to_owned(),
            detail: error.detail().map(str::to_owned),
            details: error.details().to_vec(),
            at,
            trace_id: self.context.trace_id().map(str::to_owned),
        };
        let body = serde_json::to_string(&refusal).map_err(|e| Code::Internal.error().caused_by(e))?;
        Ok(StoredResponse { status: error.code().status(), headers: BTreeMap::new(), body, refused: true })
    }
}

/// A success as it is stored and sent.
pub fn success<T: Serialize>(response: &ApiResponse<T>) -> Result<StoredResponse> {
    let body = String::from_utf8(response.body()?).map_err(|e| Code::Internal.error().caused_by(e))?;
    Ok(StoredResponse { status: response.status.as_u16(), headers: response.headers(), body, refused: false })
}

/// A refusal as it is stored: everything from which it is rendered for a caller, and when it was decided.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    code: String,
    detail: Option<String>,
    details: Vec<Detail>,
    at: Timestamp,
    trace_id: Option<String>,
}

impl Refusal {
    fn into_response(self) -> Response {
        let code = Code::ALL.iter().find(|code| code.code() == self.code).copied().unwrap_or(Code::Internal);
        let error = self.detail.map_or_else(|| code.error(), |detail| code.because(detail));
        let error = self.details.into_iter().fold(error, Error::with);
        let mut response = Failure(error).into_response();
        response.extensions_mut().insert(SentBefore { at: self.at, trace_id: self.trace_id });
        response
    }
}

/// Whether a refusal is kept under its key. The remedy decides: a client that is asked to send the same request again, after a
/// while or after it has done what is missing, needs a new decision. Our own failures, limits and missing sign-ins may be gone by
/// then too. A refusal that is final, or that asks for another request, is an outcome.
pub fn is_outcome(error: &Error) -> bool {
    let status = error.code().status();
    let by_client = (400..500).contains(&status) && !matches!(status, 401 | 408 | 429);
    by_client
        && match error.remedy() {
            Remedy::None | Remedy::Fix | Remedy::Reload => !error.says_later(),
            Remedy::Retry | Remedy::Prepare | Remedy::SignIn | Remedy::Support => false,
        }
}

/// Runs `work` in one transaction, at most once per key. Without a key it simply runs.
pub async fn once<T: Serialize + Send + 'static>(
    app: &App,
    key: IdempotencyKey,
    name: &'static str,
    work: impl Fn(&mut Tx<'_>) -> Result<ApiResponse<T>> + Send + 'static,
) -> Result<Response, Failure> {
    if !key.is_some() {
        return Ok(app.db.write(name, work).await?.into_response());
    }
    let stored = app.db.write(name, move |tx| match key.claim(tx)? {
        Claim::New => {
            let outcome = tx.attempt(|tx| work(tx));
            key.store_response(tx, outcome).map(|stored| (stored, false))
        }
        Claim::Completed(stored) => Ok((stored, true)),
        Claim::Running { .. } => Err(Code::IdempotencyInProgress.error().retry_after(1)),
    });
    let (stored, repeated) = stored.await?;
    Ok(if repeated { replay(stored) } else { respond(stored) })
}

/// Sends a stored response for the first time.
pub fn respond(stored: StoredResponse) -> Response {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    if stored.refused {
        return match serde_json::from_str::<Refusal>(&stored.body) {
            Ok(refusal) => refusal.into_response(),
            Err(error) => Failure(Code::Internal.error().caused_by(error)).into_response(),
        };
    }
    with_headers(json_response(status, None, stored.body), &stored.headers)
}

/// Sends a stored response again, with a header that says so.
pub fn replay(stored: StoredResponse) -> Response {
    let mut response = respond(stored);
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_asks_for_the_same_request_again_is_not_kept() {
        for code in Code::ALL {
            let asks_again = matches!(code.remedy(), Remedy::Retry | Remedy::Prepare | Remedy::SignIn);
            assert!(!asks_again || !is_outcome(&code.error()), "{code:?}");
            assert!(!is_outcome(&code.error().retry_after(1)), "{code:?} with Retry-After");
            assert!(!is_outcome(&code.error().preparable()), "{code:?} with something missing");
        }
        let kept = [Code::InsufficientStock, Code::CouponExhausted, Code::PaymentDeclined, Code::OutdatedVersion];
        assert!(kept.iter().all(|code| is_outcome(&code.error())));
    }
}
