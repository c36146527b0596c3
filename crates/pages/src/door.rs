//! The way to pages for one visitor: forms prove where they come from, and cookies become what the API's extractors read.

use crate::{
    Api, FormToken, Head, Refused, cookie,
    cookie::{Cookies, SetCookie},
    form, html,
    origin::Origin,
    session::{self, Ages},
    upload,
};
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::Code;
use std::convert::Infallible;
use web::{App, ClientAddress, CostlyLimit, Role};

/// What the way needs to know of the shop.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    pub app: &'a App,
    pub api: &'a Api,
    pub origin: &'a Origin,
    pub ages: Ages,
    /// Who may send files with a form; `None` where forms have none.
    pub files: Option<FilesFrom>,
}

/// Who may send files, and how many bytes at once.
#[derive(Debug, Clone, Copy)]
pub struct FilesFrom {
    pub role: Role,
    pub bytes_max: u64,
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
        let (admitted, renewed) = self.admitted(&cookies, request).await;
        let mut request = match admitted {
            Ok(request) => request,
            Err(refused) => {
                let mut response = refused.into_response();
                cookie::add(&mut response, renewed);
                return response;
            }
        };
        request.extensions_mut().insert(token);
        let mut response = next.run(request).await;
        cookie::add(&mut response, renewed.into_iter().chain(set));
        if !response.headers().contains_key(header::CACHE_CONTROL) {
            response.headers_mut().insert(header::CACHE_CONTROL, html::PRIVATE);
        }
        // what is behind a cookie differs between visitors, also where a cache ignores the line above
        response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie"));
        response
    }

    /// The request with its session, and with the fields of its form if it changes something: C004 for a form that is not ours. Beside
    /// it the cookies of a session that was renewed, which the browser needs also when the request is refused.
    async fn admitted(&self, cookies: &Cookies, request: Request) -> (Result<Request, Refused>, Vec<SetCookie>) {
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        if let (true, Err(error)) = (changes, self.origin.check(request.headers())) {
            return (Err(error.into()), Vec::new());
        }
        let request = match (changes, self.files) {
            (true, None) => match form::checked(request, cookies).await {
                Ok(request) => request,
                Err(error) => return (Err(error.into()), Vec::new()),
            },
            _ => request,
        };
        let (mut parts, body) = request.into_parts();
        let head = Head::of(&parts);
        let renewed = session::carry(self.app, self.api, self.ages, head, &mut parts.headers, cookies).await;
        let request = Request::from_parts(parts, body);
        match (changes, self.files) {
            (true, Some(from)) => (self.with_files(request, cookies, from).await, renewed),
            _ => (Ok(request), renewed),
        }
    }

    /// The request of a form that may have files. They are read only for who may send some. A001, A002.
    async fn with_files(&self, request: Request, cookies: &Cookies, from: FilesFrom) -> Result<Request, Refused> {
        let sender = self.app.auth.verify(request.headers(), self.app.now())?.ok_or(Code::SignInRequired)?;
        if !sender.roles.includes(from.role) {
            return Err(Code::RoleRequired.into());
        }
        Ok(upload::checked(request, cookies, from.bytes_max).await?)
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
