//! What comes in: strict extractors whose every refusal is a C002 that says where.

use crate::Failure;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    http::{HeaderMap, header, request::Parts},
};
use kernel::{Code, Cursor, Detail, Error, PageRequest, Result, page};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use utoipa::ToSchema;

/// Longest part of a parser's message that is shown.
const MESSAGE_MAX: usize = 200;

/// A JSON body. `T` denies unknown members.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Failure> {
        must_be_json(request.headers())?;
        let bytes = body(request, state).await?;
        Ok(Json(parse(&bytes)?))
    }
}

/// The whole body, or C010 when it is over the server's limit.
pub(crate) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(inner) if inner.status() == 413 => Code::PayloadTooLarge.error(),
        other => Code::InvalidInput.because("the body could not be read").caused_by(other.body_text()),
    })
}

pub(crate) fn must_be_json(headers: &HeaderMap) -> Result<()> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Code::UnsupportedMediaType.because("send application/json"))
    }
}

/// Reads JSON strictly: one value, no unknown members, no duplicates.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        // a second, slower reading only to name the place
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(located) if located.path().iter().next().is_some() => {
                let field = located.path().to_string();
                let message = shortened(&located.inner().to_string());
                Code::InvalidInput.because(format!("{field}: {message}")).with(Detail::field(field, message))
            }
            _ => Code::InvalidInput.because(shortened(&error.to_string())),
        }
    })
}

fn shortened(message: &str) -> String {
    message.chars().take(MESSAGE_MAX).collect()
}

/// A text that no message and no log repeats, such as a password. A value of another type is refused without being shown.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Password)]
pub struct SecretText(pub String);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(SecretText(text)),
            _ => Err(serde::de::Error::custom("must be text")),
        }
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(masked)")
    }
}

/// Path parameters.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Failure> {
        let axum::extract::Path(value) = axum::extract::Path::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Code::InvalidInput.because(shortened(&rejection.body_text())))?;
        Ok(Path(value))
    }
}

/// Query parameters.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Failure> {
        let axum::extract::Query(value) = axum::extract::Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Code::InvalidInput.because(shortened(&rejection.body_text())))?;
        Ok(Query(value))
    }
}

/// `page`, `size`, `sort` and `cursor` of a list.
#[derive(Debug, Clone)]
pub struct Paging {
    /// Which page.
    pub request: PageRequest,
    /// Go on after this row instead; wins over `page`.
    pub cursor: Option<Cursor>,
    /// `field,asc|desc` as sent; the list decides which fields it knows.
    pub sort: Option<String>,
}

#[derive(serde::Deserialize)]
struct RawPaging {
    page: Option<i64>,
    size: Option<i64>,
    sort: Option<String>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Paging, Failure> {
        let Query(raw) = Query::<RawPaging>::from_request_parts(parts, state).await?;
        let request = PageRequest::new(raw.page.unwrap_or(0), raw.size.unwrap_or(page::PAGE_SIZE_DEFAULT))?;
        let cursor = raw.cursor.as_deref().map(str::parse).transpose()?;
        Ok(Paging { request, cursor, sort: raw.sort })
    }
}

impl Paging {
    /// The sort as (column, descending): `known` lists (field, column); C002 for a field that is not in it.
    pub fn sort_by<C: Copy>(&self, known: &[(&str, C)], default: (C, bool)) -> Result<(C, bool)> {
        let Some(sort) = &self.sort else { return Ok(default) };
        let (field, direction) = sort.split_once(',').unwrap_or((sort, "asc"));
        let column = known.iter().find(|(name, _)| *name == field).map(|(_, column)| *column);
        match (column, direction.to_ascii_lowercase().as_str()) {
            (Some(column), "asc") => Ok((column, false)),
            (Some(column), "desc") => Ok((column, true)),
            _ => Err(unknown_sort(known)),
        }
    }
}

fn unknown_sort<C>(known: &[(&str, C)]) -> Error {
    let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    kernel::text::wrong("sort", format!("must be one of {} with ,asc or ,desc", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[allow(dead_code)]
        items: Vec<Item>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[allow(dead_code)]
        quantity: kernel::Quantity,
    }

    #[test]
    fn a_refusal_names_the_place() {
        let error = parse::<Body>(br#"{"items":[{"quantity":1},{"quantity":0}]}"#).unwrap_err();
        assert_eq!(error.details()[0].field.as_deref(), Some("items[1].quantity"));
        assert_eq!(error.code(), Code::InvalidInput);
    }

    #[test]
    fn strange_json_is_refused() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let broken = [
            b"{\"items\":[]}x".as_slice(),
            b"{\"items\":[],\"items\":[]}",
            b"{\"more\":1}",
            b"\xff",
            deep.as_bytes(),
            b"",
        ];
        for bytes in broken {
            assert_eq!(parse::<Body>(bytes).unwrap_err().code(), Code::InvalidInput);
        }
    }
}
