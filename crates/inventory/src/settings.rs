//! The settings of inventory: `[inventory]` in the configuration.

use crate::stock::LOW_STOCK_THRESHOLD;
use serde::Deserialize;
use web::settings::{self, WrongSetting};

/// `[inventory]`; the server's default file explains each setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub low_stock_threshold: i64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { low_stock_threshold: LOW_STOCK_THRESHOLD }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.low_stock_threshold < 0 {
            return Err(WrongSetting::new("low_stock_threshold", "it is below zero", "write 0 or more"));
        }
        Ok(())
    }
}
