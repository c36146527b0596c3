//! The settings of reports: `[report]` in the configuration.

use serde::Deserialize;
use web::settings::{self, WrongSetting};

/// Most of a rate: everything.
const RATE_MAX: i64 = 10_000;

/// `[report]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// In basis points: 300 is 3 percent.
    pub gateway_fee: i64,
    /// In basis points.
    pub platform_fee: i64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { gateway_fee: 300, platform_fee: 100 }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        for (key, rate) in [("gateway_fee", self.gateway_fee), ("platform_fee", self.platform_fee)] {
            if !(0..=RATE_MAX).contains(&rate) {
                return Err(WrongSetting::new(key, "it is not between 0 and 10000", "write basis points: 300 is 3 %"));
            }
        }
        Ok(())
    }
}
