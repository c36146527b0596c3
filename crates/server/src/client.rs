//! A client of a shop, for the demo and for `holdfast rush`: sends HTTP requests and reads the envelope.

use reqwest::{
    Client, Method, RequestBuilder,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::Value;
use std::{error::Error, time::Duration};

/// Longest wait for a response.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A caller of the shop.
#[derive(Clone)]
pub struct Caller {
    http: Client,
    base: String,
    token: Option<String>,
}

/// A response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status; 0 if there was no response.
    pub status: u16,
    pub body: Value,
    /// Whether it is a repeated earlier response.
    pub replayed: bool,
    /// How long the shop wants the client to wait before it repeats the request.
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// A value inside `data`, such as `/items/0/price`.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body["data"].pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Text inside `data`.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// A number inside `data`; -1 when there is none.
    pub fn number(&self, pointer: &str) -> i64 {
        self.at(pointer).as_i64().unwrap_or(-1)
    }

    /// The error's code.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The response on one line, to show what differed.
    pub fn brief(&self) -> String {
        if self.status == 0 {
            return format!("no response: {}", self.body.as_str().unwrap_or_default());
        }
        let text =
            if self.body["error"].is_null() { self.body["data"].to_string() } else { self.body["error"].to_string() };
        let short: String = text.chars().take(300).collect();
        format!("{} {short}", self.status)
    }
}

impl Caller {
    /// A caller without a token.
    pub fn anonymous(base: &str) -> Caller {
        // fails when something has chosen one before, which is just as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        // a request at a time needs one connection; requests at the same time have as many as they need
        let http = Client::builder().timeout(TIMEOUT).pool_max_idle_per_host(1).build();
        let http = http.expect("a plain client needs nothing that could be missing");
        Caller { http, base: base.trim_end_matches('/').to_owned(), token: None }
    }

    /// A caller with a token, on the same connection pool.
    pub fn with_token(&self, token: &str) -> Caller {
        Caller { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// Posts the bytes of a file.
    pub async fn post_bytes(&self, path: &str, kind: &str, bytes: Vec<u8>) -> Answer {
        self.send(self.request(Method::POST, path).header(CONTENT_TYPE, kind).body(bytes)).await
    }

    /// Posts with an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).header("Idempotency-Key", key).json(&body)).await
    }

    /// Puts.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// Changes a part.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with("/api/") { path.to_owned() } else { format!("{}{path}", web::BASE) };
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let none = |error: reqwest::Error| {
            let body = Value::String(innermost(&error));
            Answer { status: 0, body, replayed: false, retry_after: None }
        };
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let replayed = response.headers().contains_key("idempotent-replayed");
                let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                let retry_after = seconds.map(Duration::from_secs);
                match response.json().await {
                    Ok(body) => Answer { status, body, replayed, retry_after },
                    Err(error) => none(error),
                }
            }
            Err(error) => none(error),
        }
    }
}

/// What the system said, without the layers around it.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
