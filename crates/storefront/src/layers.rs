//! What surrounds the handlers of pages: forms prove where they come from, and cookies become what the API's extractors read.

use crate::Site;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use pages::{FormToken, cookie};

/// Around pages that are the same for everybody but have forms: the visitor gets a form token.
pub async fn with_forms(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let cookies = site.door().cookies(request.headers());
    let (token, set) = FormToken::of(&cookies);
    request.extensions_mut().insert(token);
    let mut response = next.run(request).await;
    cookie::add(&mut response, set);
    response
}

/// Around pages for one visitor.
pub async fn personal(State(site): State<Site>, request: Request, next: Next) -> Response {
    site.door().pass(request, next).await
}
