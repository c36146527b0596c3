//! The settings of account: `[account]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// Longest time in which a refresh token may be used again.
const GRACE_MAX: Duration = Duration::from_secs(60);

/// `[account]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub enabled: bool,
    #[serde(deserialize_with = "settings::duration")]
    pub refresh_ttl: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub refresh_grace: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub reset_ttl: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub verification_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            enabled: true,
            refresh_ttl: Duration::from_secs(7 * 86_400),
            refresh_grace: Duration::from_secs(10),
            reset_ttl: Duration::from_secs(30 * 60),
            verification_ttl: Duration::from_secs(3 * 86_400),
        }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        for (name, span) in [
            ("refresh_ttl", self.refresh_ttl),
            ("reset_ttl", self.reset_ttl),
            ("verification_ttl", self.verification_ttl),
        ] {
            settings::at_least(name, span, Duration::from_secs(1))?;
        }
        if self.refresh_grace > GRACE_MAX {
            let why = "a thief could use a stolen token for as long without being noticed";
            return Err(WrongSetting::new("refresh_grace", why, "write a time of at most 1m"));
        }
        Ok(())
    }
}
