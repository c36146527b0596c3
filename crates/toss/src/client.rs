//! Requests to the gateway: basic authentication, idempotency keys, a circuit breaker, and bounded answers.

use crate::meaning::{self, Meaning};
use crate::wire::Failure;
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Clock, Code, Error, Timestamp};
use ports::breaker::Breaker;
use reqwest::{Method, Url, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};

/// Largest answer read, in bytes: a page of the list is the largest.
const ANSWER_MAX_BYTES: usize = 16 << 20;
/// Failures in a row after which the gateway is left alone, and for how long.
const FAILURES_MAX: u32 = 5;
const OPEN_FOR: Duration = Duration::from_secs(10);

/// How to reach the gateway.
#[derive(Clone)]
pub struct Settings {
    /// Address without a path, such as `https://api.tosspayments.com`.
    pub url: String,
    /// The secret key, which begins with `test_sk_` or `live_sk_`.
    pub secret: String,
    /// An error that a test key makes the gateway answer with; empty for none.
    pub test_code: String,
    /// Longest time for one request, connecting included.
    pub timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("url", &self.url).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// What the gateway answered.
pub enum Reply<T> {
    Answer(T),
    /// An error of its own, with what it means.
    Failed(Meaning, Failure),
    /// No answer, or one that cannot be read.
    Silence,
}

/// A client of the gateway.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    authorization: header::HeaderValue,
    test_code: Option<header::HeaderValue>,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// C002 when the address or the key cannot be used.
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Client, Error> {
        // fails if the process has chosen its cryptography before; that choice is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let wrong = |what: &str| Code::InvalidInput.because(what.to_owned());
        let base: Url = settings.url.parse().map_err(|_| wrong("the address of Toss Payments is not a URL"))?;
        if base.cannot_be_a_base() {
            return Err(wrong("the address of Toss Payments has no host"));
        }
        // the user name is the key and the password is empty; the colon between them is mandatory
        let encoded = STANDARD.encode(format!("{}:", settings.secret));
        let mut authorization = header::HeaderValue::from_str(&format!("Basic {encoded}"))
            .map_err(|_| wrong("the key of Toss Payments cannot be sent"))?;
        authorization.set_sensitive(true);
        let test_code = (!settings.test_code.is_empty())
            .then(|| header::HeaderValue::from_str(&settings.test_code))
            .transpose()
            .map_err(|_| wrong("the test code cannot be sent"))?;
        let http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| Code::Internal.error().caused_by(e))?;
        let breaker = Breaker::new(FAILURES_MAX, OPEN_FOR);
        Ok(Client { http, base, authorization, test_code, breaker, clock })
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks for something.
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Reply<T> {
        let mut url = self.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.http.request(Method::GET, url), path).await
    }

    /// Asks for something to be done once: the gateway answers the same to the same key, errors too, for 15 days.
    pub async fn post<T: DeserializeOwned>(&self, path: &[&str], key: &str, body: &Value) -> Reply<T> {
        let request = self.http.request(Method::POST, self.at(path)).header("Idempotency-Key", key).json(body);
        self.send(request, path).await
    }

    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        url
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder, path: &[&str]) -> Reply<T> {
        if !self.breaker.admits(self.clock.now()) {
            return Reply::Silence;
        }
        let mut request = request.header(header::AUTHORIZATION, self.authorization.clone());
        if let Some(code) = &self.test_code {
            request = request.header("TossPayments-Test-Code", code.clone());
        }
        let what = path.last().copied().unwrap_or_default();
        let (status, body) = match answered(request).await {
            Ok(answer) => answer,
            Err(error) => return self.silent(what, &error),
        };
        if status >= 500 || status == 429 {
            self.breaker.failed(self.clock.now());
        } else {
            self.breaker.succeeded();
        }
        if (200..300).contains(&status) {
            return match serde_json::from_slice(&body) {
                Ok(answer) => Reply::Answer(answer),
                Err(error) => self.unreadable(what, status, &error.to_string()),
            };
        }
        match serde_json::from_slice::<Failure>(&body) {
            Ok(failure) => Reply::Failed(meant(what, status, &failure), failure),
            Err(error) => self.unreadable(what, status, &error.to_string()),
        }
    }

    fn silent<T>(&self, what: &str, error: &str) -> Reply<T> {
        let opened = self.breaker.failed(self.clock.now());
        tracing::warn!(what, error, opened, "Toss Payments did not answer");
        Reply::Silence
    }

    fn unreadable<T>(&self, what: &str, status: u16, error: &str) -> Reply<T> {
        tracing::error!(what, status, error, "an answer of Toss Payments cannot be read");
        Reply::Silence
    }
}

fn meant(what: &str, status: u16, failure: &Failure) -> Meaning {
    let (meaning, code) = (meaning::of(&failure.code), failure.code.as_str());
    match meaning {
        Meaning::Ours => {
            tracing::error!(what, status, code, "Toss Payments does not accept this shop's key, contract or request");
        }
        Meaning::Unknown | Meaning::Running | Meaning::Passing => {
            tracing::warn!(what, status, code, "Toss Payments has not decided")
        }
        Meaning::Refused | Meaning::Absent => {}
    }
    meaning
}

async fn answered(request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), String> {
    // the text of the error has no key: that is in a header
    let mut answer = request.send().await.map_err(|e| e.without_url().to_string())?;
    let (status, mut body) = (answer.status().as_u16(), Vec::new());
    while let Some(part) = answer.chunk().await.map_err(|e| e.without_url().to_string())? {
        if body.len() + part.len() > ANSWER_MAX_BYTES {
            return Err(format!("more than {ANSWER_MAX_BYTES} bytes"));
        }
        body.extend_from_slice(&part);
    }
    Ok((status, body))
}
