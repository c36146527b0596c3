//! The settings of deliveries: `[delivery]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[delivery]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(deserialize_with = "settings::duration")]
    pub ask_every: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { ask_every: Duration::from_secs(3_600) }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        settings::at_least("ask_every", self.ask_every, Duration::from_secs(60))
    }
}
