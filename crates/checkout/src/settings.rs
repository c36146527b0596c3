//! The settings of checkout: `[checkout]` in the configuration.

use crate::price::{Rules, Shipping, Surcharge};
use kernel::{Money, Percent};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[checkout]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(deserialize_with = "settings::duration")]
    pub pay_within: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub deposit_within: Duration,
    pub payment_attempts: u32,
    #[serde(deserialize_with = "settings::duration")]
    pub compare_last: Duration,
    pub shipping_fee: Money,
    /// 0 is never.
    pub shipping_free_from: Money,
    pub shipping_surcharges: Vec<Surcharge>,
    #[serde(deserialize_with = "rate")]
    pub tax_rate: Percent,
}

/// Ten percent, the value added tax of Korea.
const TAX_RATE: i64 = 1_000;

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Percent, D::Error> {
    let points = i64::deserialize(deserializer)?;
    Percent::of_basis_points(points).map_err(|_| D::Error::custom("it must be 0 to 10000 basis points"))
}

impl Settings {
    /// What orders cost beside their goods.
    pub fn prices(&self) -> Rules {
        let shipping = Shipping {
            fee: self.shipping_fee,
            free_from: Some(self.shipping_free_from).filter(|amount| amount.is_positive()),
            surcharges: self.shipping_surcharges.clone(),
        };
        Rules { shipping, tax: self.tax_rate }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pay_within: Duration::from_secs(600),
            deposit_within: Duration::from_secs(24 * 3_600),
            payment_attempts: 1,
            compare_last: Duration::from_secs(7 * 24 * 3_600),
            shipping_fee: Money::ZERO,
            shipping_free_from: Money::ZERO,
            shipping_surcharges: Vec::new(),
            tax_rate: Percent::of_basis_points(TAX_RATE).expect("a tenth is a share"),
        }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.pay_within.is_zero() {
            return Err(WrongSetting::new("pay_within", "no order could ever be paid", "write a time such as 10m"));
        }
        if self.deposit_within.is_zero() {
            return Err(WrongSetting::new(
                "deposit_within",
                "no deposit could come in time",
                "write a time such as 1d",
            ));
        }
        if self.payment_attempts == 0 {
            return Err(WrongSetting::new("payment_attempts", "no order could ever be paid", "write 1 or more"));
        }
        for (key, amount) in [("shipping_fee", self.shipping_fee), ("shipping_free_from", self.shipping_free_from)] {
            if amount < Money::ZERO {
                return Err(WrongSetting::new(key, "it is negative", "write 0 or more"));
            }
        }
        Ok(())
    }
}
