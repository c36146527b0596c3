//! What comes in: strict extractors whose every refusal is a C002 that says where.

use crate::{
    Failure,
    contract::Contract,
    reader::{self, Parameters, Sent},
    unique,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::BytesRejection},
    http::{HeaderMap, header, request::Parts},
};
use kernel::{Code, Cursor, Detail, Error, PageRequest, Result, Together, page, text::wrong};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use std::{str::FromStr, sync::Arc};
use url::form_urlencoded;
use utoipa::{
    ToSchema,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{ObjectBuilder, Type},
    },
};

/// Largest body, in bytes, of which all problems are named; of a larger one only the first, because each costs a reading.
const READ_AGAIN_MAX: usize = 64 << 10;

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

/// Reads JSON strictly: one value, no unknown members, no duplicates. C002 names everything that is wrong.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // a derived type also reads a list of its members, which no document mentions
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Code::InvalidInput.because("the body must be an object"));
    }
    serde_json::from_slice(bytes).map_err(|error| wrong_body::<T>(bytes).caused_by(error))
}

/// What is wrong with a body; a second, slower reading.
fn wrong_body<T: DeserializeOwned>(bytes: &[u8]) -> Error {
    let body = match unique::parse(bytes) {
        Ok(body) => body,
        Err(_) if bytes.trim_ascii().is_empty() => return Code::InvalidInput.because("the body is empty"),
        Err(error) if error.is_eof() => return Code::InvalidInput.because("the body is not complete JSON"),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            return Code::InvalidInput.because(format!("the body is not JSON: line {line}, column {column}"));
        }
    };
    let mut wrong: Vec<Detail> =
        body.twice.into_iter().map(|field| Detail::field(field, "must be given once")).collect();
    let all = bytes.len() <= READ_AGAIN_MAX;
    wrong.extend(reader::read::<T>(Sent::Json(&body.value), all).err().unwrap_or_default());
    match wrong.as_slice() {
        [] => Code::InvalidInput.because("the body is not valid"),
        [whole] if whole.field.as_deref() == Some("") => {
            Code::InvalidInput.because(format!("the body {}", whole.message))
        }
        _ => Error::of_fields(Code::InvalidInput, wrong),
    }
}

/// A text that no message and no log repeats, such as a password. A value of another type is refused without being shown.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Password)]
pub struct SecretText(pub String);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
        // the parser's own message would show the value
        String::deserialize(deserializer).map(SecretText).map_err(|_| D::Error::custom("must be text"))
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(masked)")
    }
}

/// Path parameters. A text that cannot be one is answered as an unknown one: 404 with the route's own code.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Failure> {
        let unknown = parts.extensions.get::<Arc<Contract>>().map_or(Code::NotFound, |contract| contract.unknown);
        let sent = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown.error())?;
        let texts: Vec<&str> = sent.iter().map(|(_, text)| text).collect();
        Ok(Path(reader::read(Sent::Texts(&texts), false).map_err(|_| unknown.error())?))
    }
}

/// Query parameters. Every parameter that `T` names is documented; the others belong to other extractors, and one that no
/// extractor knows is refused before the handler runs ([`crate::Routes::add`]). A parameter without a value counts as absent.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

/// The names and values of a query, in order.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Failure> {
        let pairs = pairs(parts.uri.query().unwrap_or_default());
        let value = reader::read(Sent::Query(&Parameters::of(&pairs)), true);
        Ok(Query(value.map_err(|wrong| Error::of_fields(Code::InvalidInput, wrong))?))
    }
}

/// Several values of one parameter: `a,b`, the parameter repeated, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several<T>(pub Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Several<T> {
        Several(Vec::new())
    }
}

impl<'de, T: FromStr<Err = Error>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Several<T>, D::Error> {
        let sent = Vec::<String>::deserialize(deserializer)?;
        let texts = sent.iter().flat_map(|text| text.split(',')).filter(|text| !text.is_empty()).map(str::trim);
        let read = |text: &str| text.parse().map_err(|e: Error| D::Error::custom(e.detail().unwrap_or("is not valid")));
        texts.map(read).collect::<Result<_, _>>().map(Several)
    }
}

/// `page` and `size` of a list, for the document.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `Paging` reads")]
pub struct PageQuery {
    /// The page, counted from 0.
    #[param(minimum = 0)]
    page: Option<i64>,
    /// Most rows on a page: 1 to 100, 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    size: Option<i64>,
}

/// `cursor` of a list that has one, for the document.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `Paging` reads")]
pub struct CursorQuery {
    /// `nextCursor` of the page before; wins over `page`.
    cursor: Option<String>,
}

/// `sort`, and its second spelling `sortBy` with `sortOrder`, for the document of a list that is sorted by these fields.
pub fn sort_params(fields: &[&str]) -> Vec<Parameter> {
    let both = |field: &&str| [(*field).to_owned(), format!("{field},asc"), format!("{field},desc")];
    let texts = [
        ("sort", "A field and a direction; `asc` when it has none.", fields.iter().flat_map(both).collect()),
        ("sortBy", "The field of `sort` alone.", fields.iter().map(|field| (*field).to_owned()).collect()),
        ("sortOrder", "The direction of `sortBy`; `asc` when absent.", vec!["asc".to_owned(), "desc".to_owned()]),
    ];
    let parameter = |(name, description, values): (_, _, Vec<String>)| {
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values));
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(schema))
            .build()
    };
    texts.into_iter().map(parameter).collect()
}

/// Which page of a list, and in which order. The list documents what it takes: [`PageQuery`], [`CursorQuery`],
/// [`sort_params`].
#[derive(Debug, Clone)]
pub struct Paging<C = Cursor> {
    /// Which page.
    pub request: PageRequest,
    /// Go on after this row instead; wins over `page`. Lists that can be sorted have a [`kernel::SortedCursor`].
    pub cursor: Option<C>,
    /// The sort as sent; the list decides which fields it knows.
    pub sort: Option<Sort>,
}

/// A field and a direction, not checked yet, and the parameter that named them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    field: String,
    direction: String,
    sent_as: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPaging {
    page: Option<i64>,
    size: Option<i64>,
    cursor: Option<String>,
    sort: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
}

impl RawPaging {
    fn sort(&self) -> Result<Option<Sort>> {
        let of = |field: &str, direction: &str, sent_as| {
            Some(Sort { field: field.to_owned(), direction: direction.to_owned(), sent_as })
        };
        let order = self.sort_order.as_deref();
        match (&self.sort, &self.sort_by, order) {
            (Some(_), Some(_), _) => Err(wrong("sortBy", "must not be sent together with sort")),
            (Some(_), None, Some(_)) | (None, None, Some(_)) => Err(wrong("sortOrder", "belongs to sortBy")),
            (Some(sort), None, None) => {
                let (field, direction) = sort.split_once(',').unwrap_or((sort, "asc"));
                Ok(of(field, direction, "sort"))
            }
            (None, Some(field), order) => Ok(of(field, order.unwrap_or("asc"), "sortBy")),
            (None, None, None) => Ok(None),
        }
    }
}

impl<C: FromStr<Err = Error>, S: Send + Sync> FromRequestParts<S> for Paging<C> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Paging<C>, Failure> {
        let Query(raw) = Query::<RawPaging>::from_request_parts(parts, state).await?;
        let request = PageRequest::new(raw.page.unwrap_or(0), raw.size.unwrap_or(page::PAGE_SIZE_DEFAULT));
        let cursor = raw.cursor.as_deref().map(str::parse).transpose();
        let (request, cursor, sort) = (request, cursor, raw.sort()).together()?;
        Ok(Paging { request, cursor, sort })
    }
}

impl<C> Paging<C> {
    /// The sort as (column, descending): `known` lists (field, column); C002 for a field that is not in it.
    pub fn sort_by<F: Copy>(&self, known: &[(&str, F)], default: (F, bool)) -> Result<(F, bool)> {
        let Some(Sort { field, direction, sent_as }) = &self.sort else { return Ok(default) };
        let column = known.iter().find(|(name, _)| *name == field).map(|(_, column)| *column);
        match (column, direction.to_ascii_lowercase().as_str()) {
            (Some(column), "asc") => Ok((column, false)),
            (Some(column), "desc") => Ok((column, true)),
            (Some(_), _) if *sent_as == "sortBy" => Err(wrong("sortOrder", "must be one of asc, desc")),
            _ => Err(unknown_sort(sent_as, known)),
        }
    }
}

fn unknown_sort<C>(sent_as: &str, known: &[(&str, C)]) -> Error {
    let names = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    match sent_as {
        "sort" => wrong("sort", format!("must be one of {names} with ,asc or ,desc")),
        _ => wrong(sent_as, format!("must be one of {names}")),
    }
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
