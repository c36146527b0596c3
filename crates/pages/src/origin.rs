//! Where a request comes from, and where a browser may be sent.

use axum::http::{HeaderMap, HeaderName, Uri, header};
use kernel::{Code, Result};
use std::net::IpAddr;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where the shop is for its buyers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// `https://shop.example`; empty when it is where the request says.
    public_url: String,
}

impl Origin {
    /// `None` for a text that is no address of a shop: a scheme, a host, perhaps a port, and nothing else.
    pub fn of(public_url: &str) -> Option<Origin> {
        let public_url = public_url.trim_end_matches('/').to_ascii_lowercase();
        let uri: Option<Uri> = public_url.parse().ok();
        let good = uri.is_some_and(|uri| {
            let scheme = uri.scheme_str().is_some_and(|scheme| matches!(scheme, "https" | "http"));
            let plain = uri.authority().is_some_and(|authority| {
                format!("{}://{authority}", uri.scheme_str().unwrap_or_default()) == public_url
            });
            scheme && plain && !public_url.contains('@')
        });
        (public_url.is_empty() || good).then_some(Origin { public_url })
    }

    /// The address of the shop, without a path, when it is the same for every request.
    pub fn fixed(&self) -> Option<&str> {
        Some(self.public_url.as_str()).filter(|url| !url.is_empty())
    }

    /// The address of the shop, without a path.
    pub fn base(&self, headers: &HeaderMap) -> String {
        if let Some(fixed) = self.fixed() {
            return fixed.to_owned();
        }
        let host = host(headers).unwrap_or("localhost");
        format!("{}://{host}", if is_this_machine(host) { "http" } else { "https" })
    }

    /// Whether cookies are for TLS only. Not on this machine, where people try the shop, nor where an operator says so by a public
    /// address without TLS.
    pub fn is_secure(&self, headers: &HeaderMap) -> bool {
        match self.public_url.split_once("://") {
            Some((scheme, _)) => scheme == "https",
            None => !host(headers).is_some_and(is_this_machine),
        }
    }

    /// C004 when the browser says that a form comes from another site. A client that says nothing has to show the form token.
    pub fn check(&self, headers: &HeaderMap) -> Result<()> {
        let text =
            |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
        let site = text(&FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
        let origin = text(&header::ORIGIN).is_none_or(|origin| {
            let here = host(headers).is_some_and(|host| {
                origin.split_once("://").is_some_and(|(_, from)| from == host.to_ascii_lowercase())
            });
            here || (!self.public_url.is_empty() && origin == self.public_url)
        });
        if site && origin { Ok(()) } else { Err(Code::Forbidden.error().caused_by("the form comes from another site")) }
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
    (!host.is_empty() && host.chars().all(plain)).then_some(host)
}

/// Whether a browser reaches us without a network.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The path of our own to which a parameter sends the browser; `/` for everything else, such as another site.
pub fn own_path(text: &str) -> &str {
    let ours = text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\')
        && text.len() <= 1_000;
    if ours { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let anywhere = Origin::of("").unwrap();
        let public = Origin::of("https://Shop.example/").unwrap();
        let check = |origin: &Origin, pairs: &[(&'static str, &'static str)]| origin.check(&headers(pairs)).is_ok();
        let host = ("host", "shop.example");
        assert!(check(&anywhere, &[host, ("origin", "https://shop.example"), ("sec-fetch-site", "same-origin")]));
        assert!(check(&anywhere, &[host]));
        assert!(check(&public, &[("host", "10.0.0.7:8080"), ("origin", "https://shop.example")]));
        for wrong in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "https://shop.example.evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!check(&anywhere, &[host, wrong]) && !check(&public, &[host, wrong]), "{wrong:?}");
        }
    }

    #[test]
    fn cookies_are_for_tls_except_on_this_machine() {
        let secure = |url: &str, host| Origin::of(url).unwrap().is_secure(&headers(&[("host", host)]));
        assert!(
            secure("", "shop.example")
                && secure("", "shop.example:8443")
                && secure("https://shop.example", "localhost")
        );
        for own in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "shop.localhost"] {
            assert!(!secure("", own), "{own}");
        }
        assert!(secure("", "localhost.example") && secure("", "127.example"));
        assert!(!secure("http://10.0.0.7:8080", "10.0.0.7:8080"));
        for wrong in ["shop.example", "ftp://shop.example", "https://shop.example/path", "https://me@shop.example"] {
            assert_eq!(Origin::of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_browser_is_sent_to_our_own_paths_only() {
        assert_eq!(own_path("/orders?page=2"), "/orders?page=2");
        for wrong in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/a\r\nb: c",
            "/ a",
        ] {
            assert_eq!(own_path(wrong), "/", "{wrong:?}");
        }
    }
}
