//! What the document says about an operation binds its requests, whatever extractors its handler has: a query parameter that
//! the document does not list is refused, a body with an encoding that we do not read too, and a malformed id in the path is
//! answered as an unknown one.

use crate::{
    Failure, input,
    route::{Access, Properties},
    sent_once, tag,
};
use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Code, Detail, Error, Result};
use std::{future::Future, sync::Arc};
use utoipa::openapi::{
    RefOr,
    path::{Operation, ParameterIn},
};

/// What binds the requests of one operation.
#[derive(Debug)]
pub struct Contract {
    pub(crate) method: Method,
    /// What its module declared.
    pub properties: Properties,
    /// The query parameters of the document; `None` for a route of monitors, which add parameters of their own.
    query: Option<Vec<String>>,
    /// The failure when the path names nothing.
    pub(crate) unknown: Code,
    /// How the responses are tagged; `None` when they are not.
    tags: Option<Tags>,
}

/// How the responses of an operation are tagged.
#[derive(Debug, Clone, Copy)]
struct Tags {
    /// Anyone may keep them.
    public: bool,
    /// They show one thing, which may have a version.
    one: bool,
}

impl Contract {
    pub(crate) fn of(path: &str, method: Method, operation: &Operation, properties: Properties) -> Contract {
        let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        });
        let query = parameters.filter(|parameter| parameter.parameter_in == ParameterIn::Query);
        let query = (!properties.unlimited).then(|| query.map(|parameter| parameter.name.clone()).collect());
        let unknown = properties.codes.iter().copied().find(|code| code.status() == 404);
        let tagged = method == Method::GET && !properties.unlimited && !properties.secret;
        let public = properties.access == Access::Public && !properties.personal;
        let tags = Tags { public, one: path.contains('{') };
        let tags = tagged.then_some(tags);
        Contract { method, properties, query, unknown: unknown.unwrap_or(Code::NotFound), tags }
    }

    /// C002 naming every query parameter that the document does not list, C011 for an encoded body.
    fn check(&self, request: &Request) -> Result<()> {
        let encoding = sent_once(request.headers(), "Content-Encoding")?;
        if encoding.is_some_and(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
            return Err(Code::UnsupportedMediaType.because("send the body without Content-Encoding"));
        }
        let (Some(known), Some(query)) = (&self.query, request.uri().query()) else { return Ok(()) };
        let unknown = input::pairs(query).into_iter().map(|(name, _)| name).filter(|name| !known.contains(name));
        let unknown: Vec<Detail> = unknown.map(|name| Detail::field(name, "is not known here")).collect();
        if unknown.is_empty() { Ok(()) } else { Err(Error::of_fields(Code::InvalidInput, unknown)) }
    }
}

/// Lets a request through to `next` that obeys the contract of its operation, and tags the response.
pub async fn enforce<F: Future<Output = Response>>(
    contract: Option<Arc<Contract>>,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let Some(contract) = contract else { return next(request).await };
    if let Err(refused) = contract.check(&request) {
        return Failure(refused).into_response();
    }
    let tags = contract.tags;
    request.extensions_mut().insert(contract);
    let Some(Tags { public, one }) = tags else { return next(request).await };
    // the router takes the body of a HEAD away, and the tag is made of it; so it is answered as a GET, and its body goes here
    let head = request.method() == Method::HEAD;
    if head {
        *request.method_mut() = Method::GET;
    }
    let asked = known_tags(request.headers());
    let response = tag::tagged(next(request).await, &asked, public, one).await;
    if head { without_body(response) } else { response }
}

/// The head of a response, with the length of the body that a GET would have.
fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = HttpBody::size_hint(&body).exact().filter(|_| parts.status != StatusCode::NOT_MODIFIED) {
        parts.headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    Response::from_parts(parts, Body::empty())
}

/// The tags of the responses that the client has.
fn known_tags(headers: &HeaderMap) -> HeaderMap {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter();
    tags.map(|value| (header::IF_NONE_MATCH, value.clone())).collect()
}
