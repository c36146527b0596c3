//! The way to pages for one visitor: forms prove where they come from, and cookies become what the API's extractors read.

use crate::{
    Api, FormToken, Head, Refused, cookie,
    cookie::Cookies,
    form, html,
    origin::Origin,
    session::{self, Ages},
};
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::convert::Infallible;
use web::{App, ClientAddress, CostlyLimit};

/// What the way needs to know of the shop.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    pub app: &'a App,
    pub api: &'a Api,
    pub origin: &'a Origin,
    pub ages: Ages,
}

impl Door<'_> {
    /// The cookies of a request.
    pub fn cookies(&self, headers: &HeaderMap) -> Cookies {
        Cookies::of(headers, self.origin.is_secure(headers))
    }

    /// Around pages for one visitor: forms are checked, the session and the guest's cart come along, and no cache may store the
    /// response.
    pub async fn pass(self, request: Request, next: Next) -> Response {
        let cookies = self.cookies(request.headers());
        let (token, set) = FormToken::of(&cookies);
        let mut request = match self.admitted(&cookies, request).await {
            Ok(request) => request,
            Err(refused) => return refused.into_response(),
        };
        request.extensions_mut().insert(token);
        let (mut parts, body) = request.into_parts();
        let head = Head::of(&parts);
        let renewed = session::carry(self.app, self.api, self.ages, head, &mut parts.headers, &cookies).await;
        let mut response = next.run(Request::from_parts(parts, body)).await;
        cookie::add(&mut response, renewed.into_iter().chain(set));
        if !response.headers().contains_key(header::CACHE_CONTROL) {
            response.headers_mut().insert(header::CACHE_CONTROL, html::PRIVATE);
        }
        // what is behind a cookie differs between visitors, also where a cache ignores the line above
        response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie"));
        response
    }

    /// The request, with the fields of its form if it changes something. C004 for a form that is not ours.
    async fn admitted(&self, cookies: &Cookies, request: Request) -> Result<Request, Refused> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(request);
        }
        self.origin.check(request.headers())?;
        Ok(form::checked(request, cookies).await?)
    }
}

/// Counts a form that costs as much as a costly request of the API, such as a sign-in. C012.
pub async fn admit_costly(parts: &Parts) -> Result<(), Refused> {
    let mut parts = parts.clone();
    let client: Result<_, Infallible> = ClientAddress::from_request_parts(&mut parts, &()).await;
    let limit: Result<_, Infallible> = CostlyLimit::from_request_parts(&mut parts, &()).await;
    let (Ok(client), Ok(limit)) = (client, limit);
    Ok(limit.admit(client)?)
}
