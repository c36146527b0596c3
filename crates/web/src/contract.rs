//! What the document says about an operation binds its requests, whatever extractors its handler has: a query parameter that
//! the document does not list is refused, a body with an encoding that we do not read too, and a malformed id in the path is
//! answered as an unknown one.

use crate::{Failure, input, route::Properties};
use axum::{
    extract::{Request, State},
    http::{Method, header},
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
}

impl Contract {
    pub fn of(method: Method, operation: &Operation, properties: Properties) -> Arc<Contract> {
        let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        });
        let query = parameters.filter(|parameter| parameter.parameter_in == ParameterIn::Query);
        let query = (!properties.unlimited).then(|| query.map(|parameter| parameter.name.clone()).collect());
        let unknown = properties.codes.iter().copied().find(|code| code.status() == 404);
        Arc::new(Contract { method, query, unknown: unknown.unwrap_or(Code::NotFound) })
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
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    if let Some(contract) = contracts.iter().find(|contract| contract.method == method) {
        if let Err(refused) = contract.check(&request) {
            return Failure(refused).into_response();
        }
        request.extensions_mut().insert(Arc::clone(contract));
    }
    next.run(request).await
}
