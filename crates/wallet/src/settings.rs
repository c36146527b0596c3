//! The settings of wallets: `[wallet]` in the configuration.

use crate::charge::Limits;
use kernel::{Money, Percent};
use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[wallet]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub charge_min: i64,
    pub charge_max: i64,
    pub balance_max: i64,
    pub points_basis_points: i64,
    #[serde(deserialize_with = "settings::duration")]
    pub points_after: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub points_expire_after: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            charge_min: 1_000,
            charge_max: 1_000_000,
            balance_max: 10_000_000,
            points_basis_points: 100,
            points_after: Duration::ZERO,
            points_expire_after: Duration::from_secs(365 * 86_400),
        }
    }
}

impl Settings {
    /// How much may be paid in.
    pub fn limits(&self) -> Limits {
        let (least, most) = (Money::minor(self.charge_min), Money::minor(self.charge_max));
        Limits { least, most, held_max: Money::minor(self.balance_max) }
    }

    /// The points for money, as a share of it.
    pub fn rate(&self) -> kernel::Result<Percent> {
        Percent::of_basis_points(self.points_basis_points)
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.charge_min < 1 {
            return Err(WrongSetting::new("charge_min", "a charge is above zero", "write 1 or more"));
        }
        if self.charge_max < self.charge_min {
            return Err(WrongSetting::new("charge_max", "it is below charge_min", "write a larger amount"));
        }
        if self.balance_max < self.charge_min || Money::checked(self.balance_max).is_err() {
            let why = "no charge could ever be made";
            return Err(WrongSetting::new("balance_max", why, "write an amount above charge_min"));
        }
        if self.rate().is_err() {
            let why = "it is below 0 or above the whole";
            return Err(WrongSetting::new("points_basis_points", why, "write 0 to 10000; 100 is one percent"));
        }
        settings::at_least("points_expire_after", self.points_expire_after, Duration::from_secs(3_600))
    }
}
