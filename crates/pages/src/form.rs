//! Forms. A handler gets the fields of a form only after the form has proved that it comes from a page of our own.

use crate::{
    Refused,
    cookie::{self, Cookies, SetCookie},
    gap, typed,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{header, request::Parts},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Code, Random, Result, page::PAGE_OFFSET_MAX};
use serde_json::{Value, json};
use std::{cell::RefCell, fmt, sync::Arc, time::Duration};
use url::form_urlencoded;

/// The field with the form token.
pub const TOKEN: &str = "form";
/// Most fields of a form: those of a time deal with as many products as one can have are 420. A form with more is refused, because a part
/// of it would be another form.
pub(crate) const FIELDS_MAX: usize = 500;
/// Longest form, in bytes: several times as long as the longest that a person fills in.
pub(crate) const BYTES_MAX: usize = 64 << 10;
/// Most pages of a list: no list has a page behind so many rows.
const PAGES_MAX: i64 = PAGE_OFFSET_MAX;
/// How long a form token is valid: as long as somebody may leave a page open.
const TOKEN_TTL: Duration = Duration::from_secs(30 * 86_400);

thread_local! {
    static RANDOM: RefCell<Random> = RefCell::new(Random::from_system());
}

/// Draws something by chance, such as a number.
pub fn by_chance<T>(draw: impl FnOnce(&mut Random) -> T) -> T {
    RANDOM.with_borrow_mut(draw)
}

/// 128 random bits as text, such as a form token or an idempotency key.
pub fn draw() -> String {
    let mut bytes = [0; 16];
    by_chance(|random| random.fill(&mut bytes));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// What the forms of a page show, and the cookie of the browser has too: another site knows neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormToken(Arc<str>);

impl fmt::Display for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FormToken {
    /// A new one.
    pub fn new() -> FormToken {
        FormToken(draw().into())
    }

    /// The one that the browser has, or a new one with the cookie that keeps it.
    pub fn of(cookies: &Cookies) -> (FormToken, Option<SetCookie>) {
        match cookies.get(cookie::FORM).filter(|token| is_token(token)) {
            Some(token) => (FormToken(token.into()), None),
            None => {
                let token = FormToken::new();
                let set = token.cookie(cookies);
                (token, Some(set))
            }
        }
    }

    /// The cookie that keeps it.
    pub fn cookie(&self, cookies: &Cookies) -> SetCookie {
        cookies.set(cookie::FORM, &self.0, TOKEN_TTL)
    }
}

impl Default for FormToken {
    fn default() -> FormToken {
        FormToken::new()
    }
}

/// What stands in place of the token in a page that is kept for everybody.
pub fn gap() -> FormToken {
    FormToken(gap::TOKEN.as_str().into())
}

/// The same in place of an idempotency key.
pub fn once_gap() -> String {
    gap::ONCE.as_str().to_owned()
}

/// The page with this token in its gaps.
pub fn filled(page: &Bytes, token: &FormToken) -> Bytes {
    gap::TOKEN.filled(page, &token.0)
}

/// The page with one new idempotency key in the gaps of keys.
pub fn keyed(page: &Bytes) -> Bytes {
    gap::ONCE.filled(page, &draw())
}

fn is_token(text: &str) -> bool {
    text.len() == 22 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The fields of a form that has proved where it comes from. An unticked box and an empty field are the same.
#[derive(Debug, Clone, Default)]
pub struct Fields(Arc<Vec<(String, String)>>);

impl Fields {
    /// The pairs of a query or a form, in order; at most one more than a form may have.
    pub fn parse(text: &[u8]) -> Fields {
        Fields(Arc::new(form_urlencoded::parse(text).into_owned().take(FIELDS_MAX + 1).collect()))
    }

    /// These pairs.
    pub(crate) fn of(pairs: Vec<(String, String)>) -> Fields {
        Fields(Arc::new(pairs))
    }

    /// The first value of a field as it was typed; empty when it was not sent.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Every value of a field that may come several times, without blanks around it and without empty ones.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim());
        values.filter(|value| !value.is_empty())
    }

    /// The numbers `n` of the fields `{name}-{n}`: of the lines that a form has, however many it showed. In order; none is above the
    /// number of fields that a form can have.
    pub fn numbered(&self, name: &str) -> Vec<usize> {
        let n = |field: &str| field.strip_prefix(name)?.strip_prefix('-')?.parse().ok();
        let mut found: Vec<usize> = self.names().filter_map(n).filter(|n| *n <= FIELDS_MAX).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The names of the fields, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The first value without blanks around it.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The text, unless it is empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The number, if it is one: for values of which anything else counts as absent, such as those of an address.
    pub fn number(&self, name: &str) -> Option<i64> {
        typed::whole(self.text(name))
    }

    /// The number as the API gets it; null when nothing was typed. What is no number goes there as it is, so that the API refuses it and
    /// names the field.
    pub fn number_to_send(&self, name: &str) -> Value {
        match (self.given(name), self.number(name)) {
            (None, _) => Value::Null,
            (Some(_), Some(number)) => json!(number),
            (Some(text), None) => json!(text),
        }
    }

    /// The page of a list that an address asks for, from 1; the first one for what is no page.
    pub fn page(&self, name: &str) -> i64 {
        self.number(name).filter(|page| (1..=PAGES_MAX).contains(page)).unwrap_or(1)
    }

    /// Whether a box is ticked or a button was pressed.
    pub fn is_on(&self, name: &str) -> bool {
        self.given(name).is_some()
    }
}

/// The request of a form with its fields taken out of the body. C004 when it does not show the token of the browser's cookie, C010 for one
/// that is too long or has too many fields, C011 for a body that is no form.
pub async fn checked(request: Request, cookies: &Cookies) -> Result<Request> {
    let (mut parts, body) = request.into_parts();
    must_be_form(&parts)?;
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let bytes = bytes.map_err(|rejection| Code::PayloadTooLarge.error().caused_by(rejection))?;
    if bytes.len() > BYTES_MAX {
        return Err(Code::PayloadTooLarge.error());
    }
    let fields = Fields::parse(&bytes);
    if fields.0.len() > FIELDS_MAX {
        return Err(Code::PayloadTooLarge.error());
    }
    must_show_token(&fields, cookies)?;
    parts.extensions.insert(fields);
    Ok(Request::from_parts(parts, axum::body::Body::empty()))
}

/// C004 when a form does not show the token of the browser's cookie.
pub(crate) fn must_show_token(fields: &Fields, cookies: &Cookies) -> Result<()> {
    let token = cookies.get(cookie::FORM).filter(|token| is_token(token));
    if token.is_none_or(|token| !same(token, fields.raw(TOKEN))) {
        return Err(Code::Forbidden.error().caused_by("the form does not show the token of the cookie"));
    }
    Ok(())
}

fn must_be_form(parts: &Parts) -> Result<()> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(())
    } else {
        Err(Code::UnsupportedMediaType.error())
    }
}

/// Whether two tokens are the same, in a time that does not show where they differ.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Fields, Refused> {
        parts
            .extensions
            .get::<Fields>()
            .cloned()
            .ok_or_else(|| Code::Forbidden.error().caused_by("the form was not checked").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::HeaderMap};

    const GOOD: &str = "AAAAAAAAAAAAAAAAAAAAAA";

    async fn post(cookie: &str, kind: &str, body: String) -> Result<Fields, Code> {
        let request = Request::builder().method("POST").header("content-type", kind).body(Body::from(body)).unwrap();
        let value = format!("holdfast_form={cookie}").parse().unwrap();
        let cookies = Cookies::of(&HeaderMap::from_iter([(header::COOKIE, value)]), false);
        let request = checked(request, &cookies).await.map_err(|error| error.code())?;
        Ok(request.extensions().get::<Fields>().cloned().unwrap())
    }

    #[tokio::test]
    async fn a_form_shows_the_token_of_the_cookie() {
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let fields = post(GOOD, kind, format!("form={GOOD}&name=+%EA%B9%80+&n=1%2C200&gift=on")).await.unwrap();
        assert_eq!(
            (fields.text("name"), fields.number("n"), fields.is_on("gift"), fields.is_on("no")),
            ("김", Some(1_200), true, false)
        );
        for body in ["", "form=", "form=AAAAAAAAAAAAAAAAAAAAAB", "name=x"] {
            assert_eq!(post(GOOD, kind, body.to_owned()).await.unwrap_err(), Code::Forbidden, "{body}");
        }
        assert_eq!(post("", kind, "form=".to_owned()).await.unwrap_err(), Code::Forbidden, "no cookie, no form");
        assert_eq!(post(GOOD, "text/plain", format!("form={GOOD}")).await.unwrap_err(), Code::UnsupportedMediaType);
        assert_eq!(post(GOOD, kind, "x".repeat(BYTES_MAX + 1)).await.unwrap_err(), Code::PayloadTooLarge);
    }

    #[tokio::test]
    async fn a_form_arrives_whole_or_not_at_all() {
        let kind = "application/x-www-form-urlencoded";
        let body = |count: usize| {
            let more: String = (1..count).map(|n| format!("&line-{n}={n}")).collect();
            format!("form={GOOD}{more}")
        };
        let whole = post(GOOD, kind, body(FIELDS_MAX)).await.unwrap();
        assert_eq!(whole.numbered("line"), (1..FIELDS_MAX).collect::<Vec<_>>());
        assert_eq!(whole.number(&format!("line-{}", FIELDS_MAX - 1)), Some(FIELDS_MAX as i64 - 1));
        assert_eq!(post(GOOD, kind, body(FIELDS_MAX + 1)).await.unwrap_err(), Code::PayloadTooLarge);
    }

    #[test]
    fn lines_are_those_that_were_sent() {
        let fields =
            Fields::parse(b"line-10=&line-2=x&line-2=y&line-x=1&line=3&lines-4=1&line--5=1&other-1=1&line-501=1");
        assert_eq!(fields.numbered("line"), [2, 10]);
    }

    #[test]
    fn a_field_may_come_several_times() {
        let fields = Fields::parse(b"option=color:Navy&q=x&option=+&option=size:L");
        assert_eq!(fields.all("option").collect::<Vec<_>>(), ["color:Navy", "size:L"]);
        assert_eq!(fields.all("none").count(), 0);
    }

    #[test]
    fn a_number_that_was_not_typed_is_not_one_that_cannot_be_read() {
        let fields = Fields::parse("n=1%2C200&bad=1%2C5&wide=１&none=+".as_bytes());
        let sent = ["n", "bad", "wide", "none", "other"].map(|name| fields.number_to_send(name));
        assert_eq!(sent, [json!(1_200), json!("1,5"), json!(1), Value::Null, Value::Null]);
    }

    #[test]
    fn what_is_no_page_is_the_first() {
        let page = |text: &str| Fields::parse(format!("page={text}").as_bytes()).page("page");
        assert_eq!((page("2"), page("1,000"), page("1000000")), (2, 1_000, 1_000_000));
        for wrong in
            ["", "0", "-1", "x", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1000001"]
        {
            assert_eq!(page(wrong), 1, "{wrong:?}");
        }
    }

    #[test]
    fn a_page_for_everybody_gets_the_token_of_each_visitor() {
        let (page, token) = (Bytes::from(format!("a{}b{}", gap(), gap())), FormToken::new());
        assert_eq!(filled(&page, &token), format!("a{token}b{token}"));
        assert_eq!(filled(&Bytes::from_static(b"short"), &token), "short");
        let page = Bytes::from(format!("{} and {}", once_gap(), once_gap()));
        let keys = |page: Bytes| {
            let text = String::from_utf8(page.to_vec()).unwrap();
            text.split_once(" and ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap()
        };
        let ((one, same), (other, _)) = (keys(keyed(&page)), keys(keyed(&page)));
        assert!(one == same && one != other && is_token(&one), "each page has one key of its own");
    }

    #[test]
    fn tokens_are_drawn() {
        let (one, other) = (draw(), draw());
        assert!(one != other && is_token(&one));
    }
}
