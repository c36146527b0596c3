//! The settings of the storefront: `[storefront]` in the configuration.

use axum::http::Uri;
use pages::origin::Origin;
use serde::Deserialize;
use web::settings::{self, WrongSetting};

/// Longest name of a shop, in characters.
const NAME_MAX: usize = 40;

/// `[storefront]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub enabled: bool,
    pub name: String,
    pub public_url: String,
    pub offer_outcomes: bool,
    pub payment_window: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            enabled: true,
            name: "Holdfast".to_owned(),
            public_url: String::new(),
            offer_outcomes: false,
            payment_window: String::new(),
        }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.name.trim().is_empty() || self.name.chars().count() > NAME_MAX {
            let why = format!("a name has 1 to {NAME_MAX} characters");
            return Err(WrongSetting::new("name", why, "write the name of the shop"));
        }
        if !self.payment_window.is_empty() && !is_window(&self.payment_window) {
            let why = "it is no address of a payment window";
            let remedy = "write http://127.0.0.1:8090/window for `holdfast fake-toss`, or leave it empty";
            return Err(WrongSetting::new("payment_window", why, remedy));
        }
        match Origin::of(&self.public_url) {
            Some(_) => Ok(()),
            None => {
                let why = "it is no address of a shop";
                Err(WrongSetting::new("public_url", why, "write a scheme and a host, such as https://shop.example"))
            }
        }
    }
}

/// Whether it is an address to which a query can be added: over TLS, or for trying it without.
fn is_window(text: &str) -> bool {
    let uri: Option<Uri> = text.parse().ok();
    let known = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some());
    known && !text.contains(['?', '#', '@']) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::settings::Settings as _;

    #[test]
    fn a_payment_window_is_an_address_without_a_query() {
        let check =
            |window: &str| Settings { payment_window: window.to_owned(), ..Settings::default() }.check().is_ok();
        assert!(check("") && check("http://127.0.0.1:8090/window") && check("https://pay.example/window"));
        for wrong in ["window", "/window", "javascript:alert(1)", "ftp://a/b", "http://a/b?c=d", "http://me@a/b"] {
            assert!(!check(wrong), "{wrong}");
        }
    }
}
