//! Cookies. Scripts cannot read ours, and other sites cannot make a browser send them with a form.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use std::{fmt::Write, time::Duration};

/// The access token of a session.
pub const ACCESS: Name = Name("holdfast_access");
/// The refresh token of a session.
pub const REFRESH: Name = Name("holdfast_refresh");
/// The token of a guest's cart.
pub const CART: Name = Name("holdfast_cart");
/// What proves that a form comes from our own page.
pub const FORM: Name = Name("holdfast_form");
/// The language that somebody has chosen.
pub const LANGUAGE: Name = Name("holdfast_language");

/// Longest cookie that is looked at, in bytes.
const VALUE_MAX: usize = 4_096;

/// The name of a cookie on a connection without TLS. With TLS it begins with `__Host-`, so that no other server of the domain can set
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(&'static str);

impl Name {
    fn text(self, secure: bool) -> String {
        if secure { format!("__Host-{}", self.0) } else { self.0.to_owned() }
    }
}

/// The cookies of a request.
#[derive(Debug, Clone)]
pub struct Cookies {
    pairs: Vec<(String, String)>,
    /// Whether the browser reached us over TLS.
    pub secure: bool,
}

impl Cookies {
    /// The cookies in these headers.
    pub fn of(headers: &HeaderMap, secure: bool) -> Cookies {
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = sent.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let pairs = pairs.filter(|(_, value)| value.len() <= VALUE_MAX);
        Cookies { pairs: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), secure }
    }

    /// The value of this cookie. One that comes twice is no cookie of ours.
    pub fn get(&self, name: Name) -> Option<&str> {
        let text = name.text(self.secure);
        let mut found = self.pairs.iter().filter(|(known, _)| *known == text).map(|(_, value)| value.as_str());
        found.next().filter(|value| !value.is_empty() && found.next().is_none())
    }

    /// The header that sets a cookie for so long.
    pub fn set(&self, name: Name, value: &str, age: Duration) -> SetCookie {
        let mut text =
            format!("{}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax", name.text(self.secure), age.as_secs());
        if self.secure {
            let _ = write!(text, "; Secure");
        }
        SetCookie(text)
    }

    /// The header that makes the browser forget a cookie.
    pub fn forget(&self, name: Name) -> SetCookie {
        self.set(name, "", Duration::ZERO)
    }
}

/// A `Set-Cookie` header.
#[derive(Debug, Clone)]
pub struct SetCookie(String);

impl SetCookie {
    fn name(&self) -> &str {
        self.0.split('=').next().unwrap_or_default()
    }
}

/// Adds cookies that the response does not set itself: what a handler decides comes after what a layer has done.
pub fn add(response: &mut Response, cookies: impl IntoIterator<Item = SetCookie>) {
    for cookie in cookies {
        let sent = response.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let is_set = sent.filter_map(|text| text.split('=').next()).any(|name| name == cookie.name());
        if let (false, Ok(value)) = (is_set, HeaderValue::from_str(&cookie.0)) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    fn cookies(text: &'static str, secure: bool) -> Cookies {
        Cookies::of(&HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]), secure)
    }

    #[test]
    fn a_cookie_with_tls_has_a_name_that_only_this_host_can_set() {
        let sent = "holdfast_form=planted; __Host-holdfast_form=ours";
        assert_eq!(cookies(sent, true).get(FORM), Some("ours"));
        assert_eq!(cookies("holdfast_form=planted", true).get(FORM), None);
        let set = cookies("", true).set(FORM, "x", Duration::from_secs(9)).0;
        assert_eq!(set, "__Host-holdfast_form=x; Path=/; Max-Age=9; HttpOnly; SameSite=Lax; Secure");
        assert!(!cookies("", false).forget(FORM).0.contains("Secure"));
    }

    #[test]
    fn a_cookie_that_comes_twice_does_not_count() {
        assert_eq!(cookies("holdfast_cart=a; holdfast_cart=b", false).get(CART), None);
        assert_eq!(cookies("x; =; holdfast_cart=a", false).get(CART), Some("a"));
    }

    #[test]
    fn what_a_handler_sets_stays() {
        let here = cookies("", false);
        let mut response = ().into_response();
        add(&mut response, [here.forget(ACCESS)]);
        add(
            &mut response,
            [here.set(ACCESS, "new", Duration::from_secs(9)), here.set(FORM, "f", Duration::from_secs(9))],
        );
        let set: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(set.len(), 2);
        assert!(set[0].to_str().unwrap().starts_with("holdfast_access=;"));
    }
}
