//! Responses that succeed: the envelope, statuses and `Location`.

use crate::Failure;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{collections::BTreeMap, str::FromStr};
use utoipa::ToSchema;

/// What a handler returns.
pub type ApiResult<T> = Result<ApiResponse<T>, Failure>;

/// A successful response.
#[derive(Debug, Clone)]
pub struct ApiResponse<T> {
    pub status: StatusCode,
    /// The path of the created thing.
    pub location: Option<String>,
    /// The payload; `None` sends exactly `{"success": true}`.
    pub data: Option<T>,
}

/// 200 with `data`.
pub fn ok<T>(data: T) -> ApiResponse<T> {
    ApiResponse { status: StatusCode::OK, location: None, data: Some(data) }
}

/// 201 with `data` and a `Location` of `path` below [`crate::BASE`].
pub fn created<T>(path: impl AsRef<str>, data: T) -> ApiResponse<T> {
    ApiResponse {
        status: StatusCode::CREATED,
        location: Some(format!("{}{}", crate::BASE, path.as_ref())),
        data: Some(data),
    }
}

/// 202 with `data`: the outcome is still open.
pub fn accepted<T>(data: T) -> ApiResponse<T> {
    ApiResponse { status: StatusCode::ACCEPTED, location: None, data: Some(data) }
}

/// 200 without payload.
pub fn done() -> ApiResponse<()> {
    ApiResponse { status: StatusCode::OK, location: None, data: None }
}

/// The success envelope.
#[derive(Serialize, ToSchema)]
pub struct Success<T> {
    /// Always true.
    pub success: bool,
    /// The payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
}

impl<T: Serialize> ApiResponse<T> {
    /// The body as it is sent.
    pub fn body(&self) -> kernel::Result<Vec<u8>> {
        serde_json::to_vec(&Success { success: true, data: self.data.as_ref() })
            .map_err(|e| kernel::Code::Internal.error().caused_by(e))
    }
}

impl<T> ApiResponse<T> {
    /// The headers that belong to this response. A repetition of its request gets them again.
    pub fn headers(&self) -> BTreeMap<String, String> {
        self.location.iter().map(|path| (header::LOCATION.to_string(), path.clone())).collect()
    }
}

impl<T: Serialize> IntoResponse for ApiResponse<T> {
    fn into_response(self) -> Response {
        match self.body() {
            Ok(body) => with_headers(json_response(self.status, None, body), &self.headers()),
            Err(error) => Failure(error).into_response(),
        }
    }
}

/// Headers of a usual response, with those that the layers around its handler add.
const USUAL_HEADERS: usize = 8;

/// A JSON response whose body is already serialized.
pub fn json_response(status: StatusCode, location: Option<&str>, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(USUAL_HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(location) = location.and_then(|path| HeaderValue::from_str(path).ok()) {
        headers.insert(header::LOCATION, location);
    }
    response
}

/// `response` with these headers.
pub(crate) fn with_headers(mut response: Response, headers: &BTreeMap<String, String>) -> Response {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_str(name), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
