//! Answers that fail. A [`Failure`] leaves its handler as it is and is rendered once, by [`render_failures`], in the
//! caller's language and format; there it is also logged, once.

use crate::{App, language::Language};
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::{Code, Detail, Error, Timestamp};
use serde::Serialize;
use std::{convert::Infallible, future::Future, sync::Arc};
use utoipa::ToSchema;

/// An error on its way to the caller.
#[derive(Debug)]
pub struct Failure(pub Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure(error)
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Failure {
        Failure(code.error())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status(self.0.code()).into_response();
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// When a refusal that is sent again was sent first, and in which trace. Put into the extensions of its response.
#[derive(Debug, Clone)]
pub(crate) struct SentBefore {
    pub at: Timestamp,
    pub trace_id: Option<String>,
}

/// The trace id of a request, put into its extensions by the server's first middleware.
#[derive(Debug, Clone)]
pub struct TraceId(pub Arc<str>);

/// What an error answer depends on besides the error.
#[derive(Debug, Clone, Default)]
pub struct Context {
    path: String,
    language: Language,
    problem: bool,
    trace_id: Option<Arc<str>>,
}

impl Context {
    fn of(path: &str, headers: &HeaderMap, trace: Option<&TraceId>) -> Context {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        Context {
            path: path.to_owned(),
            language: Language::of(headers),
            problem: text(header::ACCEPT).contains("application/problem+json"),
            trace_id: trace.map(|trace| Arc::clone(&trace.0)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Context, Infallible> {
        Ok(Context::of(parts.uri.path(), &parts.headers, parts.extensions.get()))
    }
}

/// The failure envelope.
#[derive(Serialize, ToSchema)]
pub struct FailureBody<'a> {
    /// Always false.
    pub success: bool,
    /// What went wrong.
    pub error: ErrorBody<'a>,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    /// The code from the one table; it never changes.
    #[schema(example = "S402")]
    pub code: &'static str,
    /// A sentence in the caller's language.
    pub message: String,
    /// When.
    pub timestamp: Timestamp,
    /// The request's path.
    pub path: &'a str,
    /// Which fields or products it is about.
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    pub details: &'a [Detail],
    /// Quote it to the shop's support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<&'a str>,
}

/// The same as an RFC 9457 problem.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem<'a> {
    /// A stable address of the code's documentation.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's sentence in the caller's language.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// About this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request's path.
    pub instance: &'a str,
    /// The code from the one table.
    pub code: &'static str,
    /// When.
    pub timestamp: Timestamp,
    /// Which fields or products it is about.
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    pub details: &'a [Detail],
    /// Quote it to the shop's support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<&'a str>,
}

impl Context {
    /// The trace of the request.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// What the caller reads.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The details of `error` in the caller's language.
    pub fn details(&self, error: &Error) -> Vec<Detail> {
        self.language.details(error)
    }

    /// The sentence about `error` for this caller.
    pub fn message(&self, error: &Error) -> String {
        self.language.message(error)
    }

    /// The body of the response to `error` for this caller.
    pub fn body(&self, error: &Error, now: Timestamp) -> Vec<u8> {
        let code = error.code();
        let details = self.language.details(error);
        let trace_id = self.trace_id.as_deref();
        let body = if self.problem {
            serde_json::to_vec(&Problem {
                kind: format!("urn:holdfast:error:{}", code.code()),
                title: self.language.sentence(error),
                status: code.status(),
                detail: self.language.detail(error),
                instance: &self.path,
                code: code.code(),
                timestamp: now,
                details: &details,
                trace_id,
            })
        } else {
            let message = self.message(error);
            let error =
                ErrorBody { code: code.code(), message, timestamp: now, path: &self.path, details: &details, trace_id };
            serde_json::to_vec(&FailureBody { success: false, error })
        };
        body.unwrap_or_default()
    }

    /// The response to `error` for this caller.
    pub fn response(&self, error: &Error, now: Timestamp) -> Response {
        let mut response = Response::new(self.body(error, now).into());
        *response.status_mut() = status(error.code());
        let kind = if self.problem { "application/problem+json" } else { "application/json" };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(seconds) = retry_after_s(error) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// 429 and 503 always say when to come back.
fn retry_after_s(error: &Error) -> Option<u32> {
    error.retry_after_s().or(matches!(error.code().status(), 429 | 503).then_some(1))
}

/// Renders the [`Failure`] of `next` for its caller and logs it once.
pub async fn render_failures<F: Future<Output = Response>>(
    app: &App,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let uri = request.uri().clone();
    let (accept, language) =
        (request.headers().get(header::ACCEPT).cloned(), request.headers().get(header::ACCEPT_LANGUAGE).cloned());
    let mut trace = request.extensions().get::<TraceId>().cloned();
    let response = Language::of(request.headers()).scope(next(request)).await;
    let Some(error) = response.extensions().get::<Arc<Error>>().cloned() else { return response };
    let before = response.extensions().get::<SentBefore>().cloned();
    if let Some(before) = &before {
        trace = before.trace_id.as_deref().map(|id| TraceId(id.into()));
    }
    let mut headers = HeaderMap::new();
    accept.map(|value| headers.insert(header::ACCEPT, value));
    language.map(|value| headers.insert(header::ACCEPT_LANGUAGE, value));
    let context = Context::of(uri.path(), &headers, trace.as_ref());
    log(&error, uri.path(), trace.as_ref());
    let mut rendered = context.response(&error, before.map_or_else(|| app.now(), |before| before.at));
    for (name, value) in response.headers() {
        if !rendered.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            rendered.headers_mut().insert(name, value.clone());
        }
    }
    rendered.extensions_mut().insert(error);
    rendered
}

/// Our failures are errors with their cause; the caller's are only of interest when looking for them.
fn log(error: &Error, path: &str, trace: Option<&TraceId>) {
    let trace_id = trace.map(|trace| &*trace.0);
    if error.code().status() >= 500 {
        tracing::error!(code = error.code().code(), trace_id, path, error = ?error, "request failed");
    } else {
        tracing::debug!(code = error.code().code(), trace_id, path, error = ?error, "request refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_private_cause_is_never_shown() {
        let error = Code::Internal.error().caused_by("secret table name");
        let body = String::from_utf8(Context::default().body(&error, Timestamp::from_millis(0))).unwrap();
        assert!(!body.contains("secret"), "{body}");
        assert!(body.contains("C001"));
    }

    #[test]
    fn a_problem_is_written_on_request() {
        let context = Context { problem: true, ..Context::default() };
        let body = context.body(&Code::InsufficientStock.because("2 left"), Timestamp::from_millis(0));
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((body["code"].as_str(), body["detail"].as_str()), (Some("S402"), Some("2 left")));
    }
}
