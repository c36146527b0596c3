//! What surrounds the handlers of pages: forms prove where they come from, and cookies become what the API's extractors read.

use crate::Site;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use pages::{FormToken, Head, Refused, cookie, cookie::Cookies, form, html, session};

fn cookies_of(site: &Site, request: &Request) -> Cookies {
    Cookies::of(request.headers(), site.origin.is_secure(request.headers()))
}

/// Around pages that are the same for everybody but have forms: the visitor gets a form token.
pub async fn with_forms(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let cookies = cookies_of(&site, &request);
    let (token, set) = FormToken::of(&cookies);
    request.extensions_mut().insert(token);
    let mut response = next.run(request).await;
    cookie::add(&mut response, set);
    response
}

/// Around pages for one visitor: forms are checked, the session and the guest's cart come along, and no cache may store the response.
pub async fn personal(State(site): State<Site>, request: Request, next: Next) -> Response {
    let cookies = cookies_of(&site, &request);
    let (token, set) = FormToken::of(&cookies);
    let mut request = match admitted(&site, &cookies, request).await {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    request.extensions_mut().insert(token);
    let (mut parts, body) = request.into_parts();
    let head = Head::of(&parts);
    let renewed = session::carry(&site.app, &site.api, site.ages, head, &mut parts.headers, &cookies).await;
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
async fn admitted(site: &Site, cookies: &Cookies, request: Request) -> Result<Request, Refused> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(request);
    }
    site.origin.check(request.headers())?;
    Ok(form::checked(request, cookies).await?)
}
