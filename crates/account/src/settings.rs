//! The settings of account: `[account]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings;

/// `[account]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub enabled: bool,
    #[serde(deserialize_with = "settings::duration")]
    pub refresh_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { enabled: true, refresh_ttl: Duration::from_secs(7 * 86_400) }
    }
}

impl settings::Settings for Settings {}
