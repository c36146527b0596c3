//! The API inside the process. A form is handed to the API's own handler, with the token of its sender, so that a page can do nothing
//! that the API refuses: the same rules, limits and idempotency hold.

use crate::Refused;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use kernel::{Code, Error};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use web::{Client, failure::TraceId};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// What of a page's request says nothing about the request that is made of it.
const NOT_PASSED: [HeaderName; 9] = [
    header::COOKIE,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::IF_NONE_MATCH,
    header::IF_MATCH,
    IDEMPOTENCY_KEY,
];

/// Who sends the request of a page: its headers, and what the edge knows of its client.
#[derive(Debug, Clone)]
pub struct Head {
    headers: HeaderMap,
    extensions: Extensions,
}

impl Head {
    /// The sender of this request.
    pub fn of(parts: &Parts) -> Head {
        let mut headers = parts.headers.clone();
        NOT_PASSED.iter().for_each(|name| _ = headers.remove(name));
        let mut extensions = Extensions::new();
        parts.extensions.get::<Client>().cloned().map(|client| extensions.insert(client));
        parts.extensions.get::<TraceId>().cloned().map(|trace| extensions.insert(trace));
        Head { headers, extensions }
    }

    /// The same sender with another header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Head {
        match HeaderValue::from_str(value) {
            Ok(value) => _ = self.headers.insert(name, value),
            Err(_) => _ = self.headers.remove(name),
        }
        self
    }

    /// The same sender with an idempotency key. An empty or impossible one is none.
    #[must_use]
    pub fn keyed(self, key: &str) -> Head {
        let good = !key.is_empty() && key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_graphic());
        if good { self.with(IDEMPOTENCY_KEY, key) } else { self }
    }
}

/// The API's routes without the layers around them.
#[derive(Clone)]
pub struct Api(Router);

/// A success of the API, as far as a page reads it.
#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

impl Api {
    /// The API of these routes.
    pub fn of(routes: Router) -> Api {
        Api(routes)
    }

    /// What the API responds. A body is sent as JSON.
    pub async fn send(
        &self,
        head: &Head,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Response, Refused> {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.request(head, method, path, (HeaderValue::from_static("application/json"), body)).await
    }

    /// What the API responds to a file of this content type.
    pub async fn upload(&self, head: &Head, path: &str, kind: &str, file: Bytes) -> Result<Response, Refused> {
        let kind = HeaderValue::from_str(kind).map_err(|_| Code::UnsupportedMediaType)?;
        self.request(head, Method::POST, path, (kind, Body::from(file))).await
    }

    async fn request(
        &self,
        head: &Head,
        method: Method,
        path: &str,
        (kind, body): (HeaderValue, Body),
    ) -> Result<Response, Refused> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(|error| Code::Internal.error().caused_by(error))?;
        *request.headers_mut() = head.headers.clone();
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        *request.extensions_mut() = head.extensions.clone();
        let response = match self.0.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        match response.extensions().get::<Arc<Error>>() {
            Some(error) => Err(Refused(Arc::clone(error))),
            // a path that this shop does not have
            None if response.status() == StatusCode::NOT_FOUND => Err(Code::NotFound.into()),
            None => Ok(response),
        }
    }

    /// The data of what the API responds.
    pub async fn call<T: DeserializeOwned>(
        &self,
        head: &Head,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Refused> {
        data(self.send(head, method, path, body).await?).await
    }
}

/// The data of a success.
pub async fn data<T: DeserializeOwned>(response: Response) -> Result<T, Refused> {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    let bytes = bytes.map_err(|error| Code::Internal.error().caused_by(error))?;
    let answer: Answer<T> = serde_json::from_slice(&bytes).map_err(|error| Code::Internal.error().caused_by(error))?;
    Ok(answer.data)
}
