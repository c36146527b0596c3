//! A browser without scripts: it keeps cookies, follows redirects, and fills in the forms of the pages that it gets.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, header},
};
use fixture::{Response, Site, wait};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use std::{collections::BTreeMap, fmt::Write, sync::Arc};
use tower::ServiceExt;

/// Most redirects in a row; more are a circle.
const REDIRECTS_MAX: usize = 5;

/// One browser of one person. Cloning it gives another tab.
#[derive(Clone)]
pub struct Browser {
    site: Arc<Site>,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A page as the browser has it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The path at which the redirects ended, with its query.
    pub path: String,
    pub response: Response,
}

impl Browser {
    pub(crate) fn new(site: &Arc<Site>) -> Browser {
        let browser = Browser { site: Arc::clone(site), cookies: Arc::default(), headers: Vec::new() };
        browser.with("accept", "text/html").with("host", "localhost")
    }

    /// The same browser with this header on every request.
    pub fn with(&self, name: &'static str, value: &str) -> Browser {
        let mut copy = self.clone();
        let name = HeaderName::from_static(name);
        copy.headers.retain(|(known, _)| *known != name);
        copy.headers.push((name, HeaderValue::from_str(value).expect("a header value")));
        copy
    }

    /// The cookie with this name; empty when there is none.
    pub fn cookie(&self, name: &str) -> String {
        self.cookies.lock().get(name).cloned().unwrap_or_default()
    }

    /// Sets a cookie, or takes it away.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().insert(name.to_owned(), value.to_owned());
    }

    /// Opens a page, and follows redirects.
    pub fn open(&self, path: &str) -> Page {
        self.follow(self.request(Method::GET, path, None))
    }

    /// Opens a page without following a redirect.
    pub fn get(&self, path: &str) -> Page {
        self.request(Method::GET, path, None)
    }

    /// Sends these fields as they are, without following a redirect.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.request(Method::POST, path, Some(encoded(fields.iter().copied()).into()))
    }

    /// Sends the form of a page that leads to `action`, with these fields filled in, and follows redirects. Panics when the page has
    /// no such form, as a person would.
    #[track_caller]
    pub fn send(&self, page: &Page, action: &str, filled: &[(&str, &str)]) -> Page {
        let fields = page.filled(action, filled);
        let body = encoded(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        // as browsers do for requests within one site
        let here = self.with("referer", &format!("http://localhost{}", page.path));
        self.follow(here.request(Method::POST, action, Some(body.into())))
    }

    /// The same for a form with a file: the field, what the file is called, and its content.
    #[track_caller]
    pub fn upload(&self, page: &Page, action: &str, filled: &[(&str, &str)], file: (&str, &str, &[u8])) -> Page {
        let mut body = Vec::new();
        for (name, value) in page.filled(action, filled) {
            let head = format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        let (field, name, content) = file;
        let head = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        let here = self.with("content-type", "multipart/form-data; boundary=cut");
        self.follow(here.request(Method::POST, action, Some(body)))
    }

    fn follow(&self, mut page: Page) -> Page {
        for _ in 0..REDIRECTS_MAX {
            let to = page.response.header("location");
            if to.is_empty() || !(300..400).contains(&page.response.status) {
                return page;
            }
            page = self.request(Method::GET, &to, None);
        }
        panic!("redirects in a circle at {}", page.path);
    }

    fn request(&self, method: Method, path: &str, form: Option<Vec<u8>>) -> Page {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let headers = request.headers_mut();
        self.headers.iter().for_each(|(name, value)| _ = headers.insert(name.clone(), value.clone()));
        let mut cookies = String::new();
        for (name, value) in self.cookies.lock().iter() {
            let _ = write!(cookies, "{}{name}={value}", if cookies.is_empty() { "" } else { "; " });
        }
        if let Ok(cookies) = HeaderValue::from_str(&cookies) {
            headers.insert(header::COOKIE, cookies);
        }
        if let Some(form) = form {
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.entry(header::CONTENT_TYPE).or_insert(kind);
            *request.body_mut() = Body::from(form);
        }
        let router = self.site.router();
        let response = wait(async {
            let (parts, body) = router.oneshot(request).await.expect("a router answers everything").into_parts();
            let body = body.collect().await.expect("a body in memory can be read").to_bytes();
            Response { status: parts.status.as_u16(), headers: parts.headers, body }
        });
        self.keep(&response);
        Page { path: path.to_owned(), response }
    }

    fn keep(&self, response: &Response) {
        let mut cookies = self.cookies.lock();
        for set in response.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
            let (name, rest) = set.split_once('=').expect("a name and a value");
            let value = rest.split(';').next().unwrap_or_default();
            if set.contains("Max-Age=0;") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn encoded<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let part = |text: &str| {
        text.bytes().fold(String::new(), |mut coded, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => coded.push(char::from(byte)),
                _ => _ = write!(coded, "%{byte:02X}"),
            }
            coded
        })
    };
    fields.map(|(name, value)| format!("{}={}", part(name), part(value))).collect::<Vec<_>>().join("&")
}

impl Page {
    /// The page itself if it has this status; panics with all of it otherwise.
    #[track_caller]
    pub fn must(self, status: u16) -> Page {
        assert_eq!(self.response.status, status, "{}: {}", self.path, self.text());
        self
    }

    /// The markup.
    pub fn text(&self) -> String {
        self.response.text()
    }

    /// What a person reads: without tags, and with blanks for them.
    pub fn words(&self) -> String {
        let (mut words, mut inside) = (String::new(), false);
        for sign in self.text().chars() {
            match sign {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    words.push(' ');
                }
                _ if !inside => words.push(sign),
                _ => {}
            }
        }
        unescaped(&words.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Whether a person reads this on the page.
    #[track_caller]
    pub fn says(&self, sentence: &str) -> &Page {
        let words = self.words();
        assert!(words.contains(sentence), "{} does not say {sentence:?}: {words}", self.path);
        self
    }

    /// What follows `mark` in the markup up to the next quotation mark, wherever it stands: `href="/orders/` finds the numbers of orders.
    pub fn quoted_after(&self, mark: &str) -> Vec<String> {
        self.text().split(mark).skip(1).map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
    }

    /// The fields of the form that leads to `action`, with these filled in.
    #[track_caller]
    fn filled(&self, action: &str, filled: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut fields = self.form(action);
        for (name, value) in filled {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        fields
    }

    /// The fields of the form that leads to `action`, as the page fills them in.
    #[track_caller]
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let text = self.text();
        let mark = format!("action=\"{action}\" method=\"post\"");
        let start =
            text.find(&mark).unwrap_or_else(|| panic!("{} has no form to {action}: {}", self.path, self.words()));
        let form = text[start..].split("</form>").next().unwrap_or_default();
        let mut fields = Vec::new();
        for tag in tags(form, "input") {
            let kind = attribute(tag, "type").unwrap_or_default();
            let is_sent = !matches!(kind.as_str(), "radio" | "checkbox" | "file") || tag.contains(" checked");
            if let (Some(name), true) = (attribute(tag, "name"), is_sent) {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        for select in form.split("<select").skip(1) {
            let Some(name) = attribute(select.split('>').next().unwrap_or_default(), "name") else { continue };
            let option = select.split("<option").nth(1).unwrap_or_default();
            let text = option.split_once('>').map_or("", |(_, rest)| rest.split('<').next().unwrap_or_default());
            let value = attribute(option.split('>').next().unwrap_or_default(), "value");
            fields.push((name, value.unwrap_or_else(|| unescaped(text))));
        }
        fields
    }
}

fn tags<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mark = format!("<{name} ");
    text.match_indices(&mark)
        .map(|(at, _)| text[at..].split('>').next().unwrap_or_default())
        .collect::<Vec<_>>()
        .into_iter()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(unescaped)
}

fn unescaped(text: &str) -> String {
    let signs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    signs.iter().fold(text.to_owned(), |text, (coded, sign)| text.replace(coded, sign))
}
