//! Markup, and the responses that carry it. A text becomes markup only by being written into a template, which escapes it.

use askama::{Template, filters::HtmlSafe};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use kernel::{Code, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;

/// Nothing but what the shop itself serves is loaded, nothing inside a page runs, and no other site may frame it or get its forms.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The policy of a drawing: it loads nothing, and nothing in it runs.
pub const DRAWING_POLICY: &str = "default-src 'none'; sandbox";
/// It is for one person, so no cache may store it.
pub const PRIVATE: HeaderValue = HeaderValue::from_static("no-store");
/// Everybody may keep it, and asks each time whether it is still the same.
pub const SHARED: HeaderValue = HeaderValue::from_static("public, no-cache");
/// The browser may keep it, and asks each time: it holds the form token of one person.
pub const OWN: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What means something in an address.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Finished markup. It is made by templates alone.
#[derive(Debug, Clone, Default)]
pub struct Html(String);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

impl Html {
    /// The markup that a template makes.
    pub fn of(template: &impl Template) -> Result<Html> {
        template.render().map(Html).map_err(|e| Code::Internal.error().caused_by(e))
    }

    /// Structured data for search engines, as the content of a `script` element that is data and never runs.
    pub fn data(value: &serde_json::Value) -> Html {
        // a text must neither end the element nor open a comment in it
        Html(value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its bytes.
    pub fn into_bytes(self) -> Bytes {
        self.0.into()
    }
}

impl From<Html> for String {
    fn from(html: Html) -> String {
        html.0
    }
}

/// The text as a part of an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A page for one person, which no cache may store.
pub fn private(status: StatusCode, page: Html) -> Response {
    respond(status, page.into_bytes(), PRIVATE)
}

/// A page with the rules of its caching.
pub fn respond(status: StatusCode, page: Bytes, control: HeaderValue) -> Response {
    let mut response = (status, page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, control);
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    response
}

/// A page that the browser may have already: 304 when it has.
pub fn tagged(asked: &HeaderMap, page: Bytes, control: HeaderValue) -> Response {
    let tag = web::tag::of(&page, false);
    let known = web::tag::is_known(asked, &tag);
    let mut response = respond(StatusCode::OK, if known { Bytes::new() } else { page }, control);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// The headers that every response of the front has. Those that it has already stay.
pub fn guard(response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let name = axum::http::HeaderName::from_static;
    headers.insert(name("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(name("permissions-policy"), HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
}

/// To another page, which is asked for with GET.
pub fn see(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, to);
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_element() {
        let data = Html::data(&serde_json::json!({"name": "</script><script>alert(1)</script><!--"}));
        assert!(!data.as_str().contains(['<', '>', '&']), "{data}");
        let read: serde_json::Value = serde_json::from_str(data.as_str()).unwrap();
        assert_eq!(read["name"], "</script><script>alert(1)</script><!--");
    }

    #[test]
    fn a_browser_that_has_the_page_gets_no_body() {
        let first = tagged(&HeaderMap::new(), Bytes::from_static(b"<p>"), SHARED);
        let tag = first.headers()[header::ETAG].clone();
        let again = tagged(&HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]), Bytes::from_static(b"<p>"), SHARED);
        assert_eq!((first.status(), again.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED));
    }
}
