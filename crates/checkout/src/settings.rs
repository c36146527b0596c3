//! The settings of checkout: `[checkout]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[checkout]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(deserialize_with = "settings::duration")]
    pub pay_within: Duration,
    pub payment_attempts: u32,
    #[serde(deserialize_with = "settings::duration")]
    pub compare_last: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pay_within: Duration::from_secs(600),
            payment_attempts: 1,
            compare_last: Duration::from_secs(7 * 24 * 3_600),
        }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.pay_within.is_zero() {
            return Err(WrongSetting::new("pay_within", "no order could ever be paid", "write a time such as 10m"));
        }
        if self.payment_attempts == 0 {
            return Err(WrongSetting::new("payment_attempts", "no order could ever be paid", "write 1 or more"));
        }
        Ok(())
    }
}
