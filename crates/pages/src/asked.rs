//! What is remembered of the request of a page until its response is there.

use crate::{
    Language,
    cookie::{self, Cookies},
    origin::{Origin, own_path},
};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
};

/// A request for a page, as far as a failure needs it.
pub struct Asked {
    pub language: Language,
    /// Whether a person reads the response.
    pub person: bool,
    /// Where the browser goes after a sign-in.
    pub onward: String,
    /// The page of ours on which the visitor was.
    pub back: Option<String>,
    pub path: String,
}

impl Asked {
    /// Prepares the request of a page: the language that its visitor has chosen counts more than that of the browser.
    pub fn of(origin: &Origin, request: &mut Request) -> Asked {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let authority = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
        let headers = request.headers_mut();
        // HTTP/2 names the host in the address of the request
        if let (Some(host), false) = (authority, headers.contains_key(header::HOST)) {
            headers.insert(header::HOST, host);
        }
        let cookies = Cookies::of(headers, origin.is_secure(headers));
        let chosen = match cookies.get(cookie::LANGUAGE) {
            Some("ko") => Some("ko"),
            Some("en") => Some("en"),
            _ => None,
        };
        if let Some(chosen) = chosen {
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(chosen));
        }
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let person = accepted.contains("text/html");
        let language = Language::of(headers);
        let back = came_from(origin, headers);
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        let onward = if is_get { own_path(&path).to_owned() } else { back.clone().unwrap_or_else(|| "/".to_owned()) };
        Asked { language, person, onward, back, path }
    }
}

fn came_from(origin: &Origin, headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let path = referer.strip_prefix(&origin.base(headers))?;
    Some(own_path(path).to_owned()).filter(|path| path != "/")
}
