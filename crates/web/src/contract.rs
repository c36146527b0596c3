//! What the document says about an operation binds its requests, whatever extractors its handler has: a query parameter that
//! the document does not list is refused, a body with an encoding that we do not read too, and a malformed id in the path is
//! answered as an unknown one.

use crate::{
    Failure, input,
    route::{Access, Properties},
    tag,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::{Code, Detail, Error, Result};
use std::sync::Arc;
use utoipa::openapi::{
    RefOr,
    path::{Operation, ParameterIn},
};

/// What binds the requests of one operation.
#[derive(Debug)]
pub(crate) struct Contract {
    method: Method,
    /// The query parameters of the document; `None` for a route of monitors, which add parameters of their own.
    query: Option<Vec<String>>,
    /// The failure when the path names nothing.
    pub unknown: Code,
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
    pub fn of(path: &str, method: Method, operation: &Operation, properties: Properties) -> Arc<Contract> {
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
        Arc::new(Contract { method, query, unknown: unknown.unwrap_or(Code::NotFound), tags })
    }

    /// C002 naming every query parameter that the document does not list, C011 for an encoded body.
    fn check(&self, request: &Request) -> Result<()> {
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
            return Err(Code::UnsupportedMediaType.because("send the body without Content-Encoding"));
        }
        let (Some(known), Some(query)) = (&self.query, request.uri().query()) else { return Ok(()) };
        let unknown = input::pairs(query).into_iter().map(|(name, _)| name).filter(|name| !known.contains(name));
        let unknown: Vec<Detail> = unknown.map(|name| Detail::field(name, "is not known here")).collect();
        if unknown.is_empty() { Ok(()) } else { Err(Error::of_fields(Code::InvalidInput, unknown)) }
    }
}

/// Middleware of every route: lets only requests through that the document allows.
pub(crate) async fn enforce(
    State(contracts): State<Arc<[Arc<Contract>]>>,
    mut request: Request,
    next: Next,
) -> Response {
    // axum answers HEAD with the handler of GET
    let head = request.method() == Method::HEAD;
    let method = if head { &Method::GET } else { request.method() };
    let Some(contract) = contracts.iter().find(|contract| contract.method == method) else {
        return next.run(request).await;
    };
    if let Err(refused) = contract.check(&request) {
        return Failure(refused).into_response();
    }
    request.extensions_mut().insert(Arc::clone(contract));
    match contract.tags {
        // the body of a HEAD is gone by now
        Some(Tags { public, one }) if !head => {
            let asked = known_tags(request.headers());
            tag::tagged(next.run(request).await, &asked, public, one).await
        }
        Some(_) | None => next.run(request).await,
    }
}

/// The tags of the responses that the client has.
fn known_tags(headers: &HeaderMap) -> HeaderMap {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter();
    tags.map(|value| (header::IF_NONE_MATCH, value.clone())).collect()
}
