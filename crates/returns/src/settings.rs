//! The settings of returns: `[returns]` in the configuration.

use crate::returns::{Payer, Reason};
use kernel::Money;
use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[returns]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(deserialize_with = "settings::duration")]
    pub window: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub window_of_faults: Duration,
    pub fee: Money,
}

impl Settings {
    /// How long after the delivery something can be sent back for this reason.
    pub fn window(&self, reason: Reason) -> Duration {
        match reason.payer() {
            Payer::Buyer => self.window,
            Payer::Shop => self.window_of_faults,
        }
    }

    /// What the way back costs a buyer who pays it.
    pub fn fee(&self, payer: Payer) -> Money {
        match payer {
            Payer::Buyer => self.fee,
            Payer::Shop => Money::ZERO,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        const DAY: Duration = Duration::from_secs(86_400);
        Settings { window: 7 * DAY, window_of_faults: 90 * DAY, fee: Money::ZERO }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.fee < Money::ZERO {
            return Err(WrongSetting::new("fee", "it is negative", "write 0 or more"));
        }
        if self.window_of_faults < self.window {
            let why = "goods with a fault would come back for a shorter time than others";
            return Err(WrongSetting::new("window_of_faults", why, "write the time of window or longer"));
        }
        Ok(())
    }
}
