//! The settings of carts: `[cart]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[cart]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(deserialize_with = "settings::duration")]
    pub guest_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { guest_ttl: Duration::from_secs(30 * 86_400) }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        settings::at_least("guest_ttl", self.guest_ttl, Duration::from_secs(1))
    }
}
