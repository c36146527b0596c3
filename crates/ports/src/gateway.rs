//! The payment gateway: who takes and gives back the buyers' money.
//!
//! Every call carries an idempotency key, and after a call without a clear answer the gateway is *asked about* the key
//! before anything is repeated. An answer that is not final is [`Outcome::Pending`], no answer is [`Outcome::Unknown`];
//! neither ever completes or refuses a payment.

pub mod conformance;
mod in_time;
mod journal;
pub mod simulated;
#[cfg(test)]
mod tests;

pub use in_time::InTime;
pub use simulated::Simulated;

use async_trait::async_trait;
use kernel::{Money, OrderNumber};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What every payment gateway can do.
#[async_trait]
pub trait Gateway: fmt::Debug + Send + Sync {
    /// Takes `request.amount`. The same key never takes money twice: a repeated call gives the first call's outcome.
    async fn charge(&self, request: &ChargeRequest) -> Outcome;

    /// What became of the charge with this key; `None` when the gateway answers that it never saw it, so that charging
    /// with that same key is safe.
    async fn look_up(&self, key: &str) -> Option<Outcome>;

    /// Gives `request.amount` of a charge back. The same key never gives back twice.
    async fn refund(&self, request: &RefundRequest) -> Outcome;

    /// What became of the refund with this key; `None` when the gateway answers that it never saw it.
    async fn look_up_refund(&self, key: &str) -> Option<Outcome>;

    /// The gateway's own books, where they can be read in process: what an audit compares the shop's books with.
    fn charges(&self) -> Option<Vec<Charge>> {
        None
    }
}

/// A request to take money. Card data is not part of it: the buyer gives that to the gateway, which hands out
/// `payment_key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRequest {
    /// Names this attempt: `<saga id>/<step>`.
    pub key: String,
    /// The order that is paid.
    pub order: OrderNumber,
    /// How much, in minor units of the shop's currency.
    pub amount: Money,
    /// The payment method's name, such as `CREDIT_CARD`.
    pub method: String,
    /// What the gateway gave the buyer's browser, for gateways that work so.
    pub payment_key: Option<String>,
}

/// A request to give money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// Names this refund.
    pub key: String,
    /// The transaction of the charge.
    pub transaction: String,
    /// How much of it.
    pub amount: Money,
}

/// What a gateway said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and final. The transaction names it in the gateway's books.
    Approved {
        /// Such as `PG-7KQ2M9XTRB4C`; a refund's is `RF-PG-…`.
        transaction: String,
    },
    /// Refused, and final: no money moved.
    Declined(Decline),
    /// The gateway has it and has not decided.
    Pending,
    /// No answer, or none that could be understood. It says nothing about what happened.
    Unknown,
}

/// Why a gateway refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// The gateway's code, such as `CARD_DECLINED`.
    pub code: String,
    /// The gateway's sentence.
    pub text: String,
}

impl fmt::Display for Decline {
    /// `CODE: text`, as it is kept with the payment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

/// One charge in a gateway's own books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The key it was asked for with.
    pub key: String,
    /// The order named in the request.
    pub order: OrderNumber,
    /// The amount named in the request.
    pub amount: Money,
    /// Whether and how it ended.
    pub state: ChargeState,
    /// What was given back of it.
    pub refunds: Vec<Refunded>,
}

impl Charge {
    /// What the gateway took: the amount when it was captured, else nothing.
    pub fn captured(&self) -> Money {
        match &self.state {
            ChargeState::Captured { .. } => self.amount,
            ChargeState::Declined(_) | ChargeState::Pending => Money::ZERO,
        }
    }

    /// What it gave back.
    pub fn refunded(&self) -> Money {
        Money::minor(self.refunds.iter().map(|refund| refund.amount.as_minor()).sum())
    }
}

/// How a charge stands in the gateway's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeState {
    /// The money was taken.
    Captured {
        /// The gateway's name for it.
        transaction: String,
    },
    /// It was refused.
    Declined(Decline),
    /// It is not decided.
    Pending,
}

/// One refund in a gateway's own books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    /// The key it was asked for with.
    pub key: String,
    /// How much was given back.
    pub amount: Money,
    /// The gateway's name for it.
    pub transaction: String,
}
