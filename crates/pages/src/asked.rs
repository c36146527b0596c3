//! Failures as pages. The edge of the server asks for them, because a failure may come from a layer that no handler sees; so it remembers
//! of the request of a page what its failure needs.

use crate::{
    Html, Language,
    cookie::{self, Cookies},
    html::{self, encoded, see},
    origin::{Origin, own_path},
    words,
};
use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use kernel::{Code, Error, Result};
use std::sync::Arc;

/// Pages of one kind, which say in their own words what failed.
pub trait Front: Sync {
    /// Whether a path is one of theirs.
    fn has(&self, path: &str) -> bool;
    /// Where the shop is for those who see them.
    fn origin(&self) -> &Origin;
    /// Where one signs in.
    fn sign_in(&self) -> &'static str;
    /// The page that has the form which is sent to `path`; `None` when the path has a page of its own.
    fn page_of(&self, path: &str) -> Option<String>;
    /// The page of a failure.
    fn failed(&self, asked: &Asked<'_>, error: &Error, response: &Response) -> Result<Html>;
}

/// What the page of a failure says.
#[derive(Template)]
#[template(path = "failed.html")]
pub struct Failed {
    pub title: &'static str,
    pub sentence: String,
    /// What to do next; may be empty.
    pub next: &'static str,
    /// Where to go from here, each with its text; the first is the one to take.
    pub ways: Vec<(String, &'static str)>,
}

/// A request for a page, until its response is there.
pub struct Asked<'a> {
    front: &'a dyn Front,
    pub language: Language,
    /// Whether a person reads the response.
    person: bool,
    /// Where the browser goes after a sign-in.
    pub onward: String,
    /// The page of ours on which the visitor was.
    pub back: Option<String>,
    /// The page at the path, or the one whose form was sent there.
    pub page: String,
}

impl<'a> Asked<'a> {
    /// Prepares the request of a page: the language that its visitor has chosen counts more than that of the browser. `None` for a path
    /// that is none of `front`.
    pub fn of(front: &'a dyn Front, request: &mut Request) -> Option<Asked<'a>> {
        if !front.has(request.uri().path()) {
            return None;
        }
        let origin = front.origin();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let authority = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
        let headers = request.headers_mut();
        // HTTP/2 names the host in the address of the request
        if let (Some(host), false) = (authority, headers.contains_key(header::HOST)) {
            headers.insert(header::HOST, host);
        }
        let cookies = Cookies::of(headers, origin.is_secure(headers));
        if let Some(chosen) = cookies.get(cookie::LANGUAGE).and_then(words::language) {
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(words::code(chosen)));
        }
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let person = accepted.contains("text/html");
        let language = Language::of(headers);
        let page_of = |path: &str| front.page_of(path).unwrap_or_else(|| own_path(path).to_owned());
        let back = came_from(origin, headers).map(|from| page_of(&from));
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        let page = if is_get { own_path(&path).to_owned() } else { page_of(&path) };
        let onward = if is_get { page.clone() } else { back.clone().unwrap_or_else(|| page.clone()) };
        Some(Asked { front, language, person, onward, back, page })
    }

    /// The response as it is sent: failures become pages, and who has to sign in is sent there.
    pub fn end(self, mut response: Response) -> Response {
        let error = response.extensions().get::<Arc<Error>>().cloned();
        if let Some(error) = error.filter(|_| self.person) {
            let page = match error.code() {
                Code::SignInRequired | Code::TokenExpired | Code::TokenInvalid => {
                    Ok(see(&format!("{}?return={}", self.front.sign_in(), encoded(&self.onward))))
                }
                _ => {
                    let page = self.front.failed(&self, &error, &response);
                    page.map(|page| html::private(response.status(), page))
                }
            };
            // without a page the person gets what programs get
            if let Ok(mut page) = page {
                for (name, value) in response.headers() {
                    if !page.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                        page.headers_mut().insert(name, value.clone());
                    }
                }
                response = page;
            }
        }
        html::guard(&mut response);
        response
    }
}

fn came_from(origin: &Origin, headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let path = referer.strip_prefix(&origin.base(headers))?;
    Some(own_path(path).to_owned()).filter(|path| path != "/")
}
