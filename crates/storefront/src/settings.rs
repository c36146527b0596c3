//! The settings of the storefront: `[storefront]` in the configuration.

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
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { enabled: true, name: "Holdfast".to_owned(), public_url: String::new(), offer_outcomes: false }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.name.trim().is_empty() || self.name.chars().count() > NAME_MAX {
            let why = format!("a name has 1 to {NAME_MAX} characters");
            return Err(WrongSetting::new("name", why, "write the name of the shop"));
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
