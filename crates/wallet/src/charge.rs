//! Charges: a user pays money in through the payment gateway.

use kernel::{Code, Detail, Error, Money, Result, Timestamp, UserId};

/// Longest payment key of a gateway, in characters (the limit of Toss Payments).
pub const PAYMENT_KEY_MAX: usize = 200;

kernel::printed_numbers! {
    /// `CHG-XXXXXXXX`.
    ChargeNumber = "CHG-", time, 8;
}

::store::text_enum! {
    /// How a charge stands.
    #[schema(as = BalanceChargeStatus)]
    pub enum Status: "charge status" {
        /// The gateway is being asked, or its answer is not known.
        Processing = "PROCESSING",
        /// The gateway took the money, and it is in the balance.
        Completed = "COMPLETED",
        /// The gateway refused.
        Failed = "FAILED",
    }
}

/// How much may be paid in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In one charge.
    pub least: Money,
    pub most: Money,
    /// After it, charges under way counted in.
    pub held_max: Money,
}

impl Limits {
    /// S306 for an amount that no charge has.
    pub fn check(&self, amount: Money) -> Result<()> {
        if (self.least..=self.most).contains(&amount) {
            return Ok(());
        }
        let detail = Detail::field("amount", format!("must be between {} and {}", self.least, self.most));
        Err(Error::of_fields(Code::InvalidPaymentAmount, vec![detail]))
    }
}

/// A charge to begin.
#[derive(Debug, Clone)]
pub struct NewCharge {
    /// The number under which the user agreed to it in the gateway's window; without it a new one is drawn.
    pub number: Option<ChargeNumber>,
    pub user: UserId,
    pub amount: Money,
    /// Under its one name, such as `CREDIT_CARD`.
    pub method: String,
    /// In the user's own word.
    pub method_sent: String,
    /// What the gateway gave the user's browser; at most [`PAYMENT_KEY_MAX`] characters.
    pub payment_key: Option<String>,
    pub limits: Limits,
}

/// A charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub id: i64,
    pub number: ChargeNumber,
    pub user: UserId,
    pub amount: Money,
    pub method: String,
    pub method_sent: String,
    pub payment_key: Option<String>,
    pub status: Status,
    /// The gateway's name for the capture.
    pub transaction: Option<String>,
    /// Why the gateway refused: `CODE: text`.
    pub failure: Option<String>,
    /// The balance before it was booked.
    pub balance_before: Option<Money>,
    pub ended_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Money that the gateway took for a charge, as the shop has recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub charge: ChargeNumber,
    pub transaction: String,
    pub amount: Money,
    pub created_at: Timestamp,
}

/// A piece of what is recorded.
#[derive(Debug, Default)]
pub struct Records {
    pub rows: Vec<Recorded>,
    /// The last row that was looked at, and the latest time of one; `None` when there were none.
    pub last: Option<(i64, Timestamp)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_between_the_limits() {
        let (least, most) = (Money::minor(1_000), Money::minor(1_000_000));
        let limits = Limits { least, most, held_max: Money::minor(10_000_000) };
        for good in [1_000, 1_000_000] {
            assert!(limits.check(Money::minor(good)).is_ok());
        }
        for bad in [0, -1_000, 999, 1_000_001] {
            assert_eq!(limits.check(Money::minor(bad)).unwrap_err().code(), Code::InvalidPaymentAmount);
        }
    }
}
