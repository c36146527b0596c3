//! The payment gateway, which takes and refunds the buyers' money.
//!
//! Every call has an idempotency key. After a call without a clear response, the caller *looks up* the key before it repeats anything.
//! A response that is not final is [`Outcome::Pending`], an error after which nothing has happened is [`Outcome::NotDone`], a missing
//! response is [`Outcome::Unknown`]; none of them completes or refuses a payment.

mod closed;
pub mod conformance;
mod in_time;
mod journal;
mod ledger;
mod listing;
mod records;
#[cfg(test)]
mod rotation_tests;
pub mod simulated;
#[cfg(test)]
mod tests;

pub use in_time::InTime;
pub use listing::{Listed, Listing, Moved, Movement, Period};
pub use simulated::Simulated;

use async_trait::async_trait;
use kernel::{Code, Currency, Detail, Error, Money, Reference, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What every payment gateway can do.
#[async_trait]
pub trait Gateway: fmt::Debug + Send + Sync {
    /// Takes `request.amount`. A key takes money at most once: a repeated call returns the first call's outcome.
    async fn charge(&self, request: &ChargeRequest) -> Outcome;

    /// The outcome of this charge. `None` when the gateway has never received it, so that the same charge is safe.
    async fn look_up(&self, request: &ChargeRequest) -> Option<Outcome>;

    /// Ends a charge that waits for the buyer's deposit, because the shop no longer wants it. `None` when the gateway will take
    /// nothing for it; otherwise its outcome, as [`Gateway::look_up`] gives it.
    async fn withdraw(&self, request: &ChargeRequest) -> Option<Outcome> {
        self.look_up(request).await
    }

    /// Refunds `request.amount` of a charge. A key refunds at most once.
    async fn refund(&self, request: &RefundRequest) -> Outcome;

    /// The outcome of this refund. `None` when the gateway has never received it.
    async fn look_up_refund(&self, request: &RefundRequest) -> Option<Outcome>;

    /// One page of the money that the gateway moved in `period`. `after` is [`Listed::next`] of the page before. The ledger
    /// comparison compares the shop's payments and refunds with it.
    async fn list(&self, period: Period, after: Option<&str>) -> Listing;

    /// The currency of the amounts in every request.
    fn currency(&self) -> Currency {
        Currency::KRW
    }

    /// The least that it takes by any method; it would refuse less.
    fn least(&self) -> Money {
        Money::minor(1)
    }

    /// Whether a charge needs a payment key: the buyer agrees to it at the gateway first.
    fn needs_payment_key(&self) -> bool {
        false
    }

    /// The gateway's records, if the process can read them; for tests.
    fn charges(&self) -> Option<Vec<Charge>> {
        None
    }
}

/// What stands between the key of a request and the number of its repetition under a new key.
const AGAIN: char = '~';

/// The key of a request that is made for the `times`-th time under a new key, because the gateway answers the former one with an error
/// for as long as it remembers it ([`Outcome::NotDone`]).
pub fn key_again(key: &str, times: u32) -> String {
    if times == 0 { key.to_owned() } else { format!("{key}{AGAIN}{times}") }
}

/// The key under which a request was made first, by which its effect is found; and whether this is a repetition under a new one.
pub fn first_key(key: &str) -> (&str, bool) {
    key.split_once(AGAIN).map_or((key, false), |(first, _)| (first, true))
}

/// A request to take money. It contains no card data: the buyer gives that to the gateway and gets a `payment_key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRequest {
    /// Names this attempt: `<saga id>/<step>`, or what [`key_again`] makes of it.
    pub key: String,
    /// What is paid: an order, or a charge of a balance.
    pub order: Reference,
    pub amount: Money,
    /// The payment method's name, such as `CREDIT_CARD`.
    pub method: String,
    /// The key that the gateway gave the buyer's browser, for gateways that work so.
    pub payment_key: Option<String>,
}

/// A request to refund money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// Names this refund; of a repetition, what [`key_again`] makes of its name.
    pub key: String,
    /// The transaction of the charge.
    pub transaction: String,
    /// The order that was charged; `None` in requests that an older version stored.
    pub order: Option<Reference>,
    /// The payment key of the charge.
    pub payment_key: Option<String>,
    pub amount: Money,
    /// Where the money goes, when it cannot go back the way it came: what was deposited in an account.
    pub account: Option<RefundAccount>,
}

/// An account of the buyer. It is shown in no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAccount {
    /// The gateway's code of the bank, such as `20`.
    pub bank: String,
    pub number: String,
    pub holder: String,
}

impl fmt::Debug for RefundAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefundAccount").field("bank", &self.bank).finish_non_exhaustive()
    }
}

/// The outcome of a call to a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and final.
    Approved {
        /// Such as `PG-7KQ2M9XTRB4C`; a refund's is `RF-PG-…`.
        transaction: String,
        /// What moved. The caller compares it with what it asked for ([`Outcome::wrong`]).
        amount: Money,
        currency: Currency,
        /// Of a charge, how it was paid, by the names of [`ChargeRequest::method`]; `None` when the gateway does not say it or knows a
        /// method that the shop has no name for. The buyer's word is only what they meant to choose.
        method: Option<String>,
    },
    /// Refused, and final: no money moved.
    Declined(Decline),
    /// The gateway opened an account and waits for the buyer's deposit.
    Awaiting(Account),
    /// The gateway has received the request and has not decided.
    Pending,
    /// The gateway answered with an error of its own, and it says that nothing has happened. It gives the same answer to the same key
    /// again, so the request is repeated with the next one ([`key_again`]), after the gateway was asked once more. Only for an answer
    /// to a request; no answer at all is [`Outcome::Unknown`].
    NotDone,
    /// An answer to a question only: the gateway does not serve this shop, because of its key or its contract. So it will not take the money
    /// of a request either that is made again, but it may have taken that of an earlier one.
    Withheld,
    /// No response, or one that cannot be read. The request may have succeeded or failed.
    Unknown,
}

impl Outcome {
    /// What moved, when it is not what was asked for.
    pub fn wrong(&self, amount: Money, currency: Currency) -> Option<WrongAmount> {
        match self {
            Outcome::Approved { transaction, amount: moved, currency: of, .. }
                if *moved != amount || *of != currency =>
            {
                let (transaction, currency) = (transaction.clone(), of.code().to_owned());
                Some(WrongAmount { transaction, amount: *moved, currency })
            }
            Outcome::Approved { .. } | Outcome::Declined(_) | Outcome::Awaiting(_) => None,
            Outcome::Pending | Outcome::NotDone | Outcome::Withheld | Outcome::Unknown => None,
        }
    }
}

/// Money that a gateway moved although it was asked for another amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrongAmount {
    /// The gateway's name for it.
    pub transaction: String,
    /// In minor units of `currency`.
    pub amount: Money,
    /// An ISO 4217 code.
    pub currency: String,
}

/// The detail of an error that carries a [`WrongAmount`].
const WRONG_AMOUNT: &str = "wrongAmount";

impl WrongAmount {
    /// The refusal of a request for which another amount moved. The shop does not use such money; it keeps it apart for a person.
    pub fn refusal(&self, code: Code) -> Error {
        let why =
            format!("WRONG_AMOUNT: the gateway moved {} of {} as {}", self.amount, self.currency, self.transaction);
        let moved = serde_json::to_value(self).unwrap_or_default();
        code.because(why).with(Detail::note("another amount moved").with(WRONG_AMOUNT, moved))
    }

    /// What moved, if this is such a refusal.
    pub fn of(refusal: &Error) -> Option<WrongAmount> {
        let moved = refusal.details().iter().find_map(|detail| detail.values.get(WRONG_AMOUNT))?;
        WrongAmount::deserialize(moved).ok()
    }
}

/// An account that the gateway opened for one charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The gateway's code of the bank, such as `20`.
    pub bank: String,
    pub number: String,
    /// In whose name it is.
    pub holder: String,
    /// Until when the deposit is expected.
    pub due: Timestamp,
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
    /// `CODE: text`, as the payment stores it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

/// One charge in a gateway's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The key of the request.
    pub key: String,
    pub order: Reference,
    pub amount: Money,
    pub state: ChargeState,
    /// When it was decided; `None` in a record of an older version.
    pub at: Option<Timestamp>,
    pub refunds: Vec<Refunded>,
}

impl Charge {
    /// The amount that the gateway took; zero if it has not captured the charge.
    pub fn captured(&self) -> Money {
        match &self.state {
            ChargeState::Captured { .. } => self.amount,
            ChargeState::Declined(_) | ChargeState::Pending => Money::ZERO,
        }
    }

    /// The sum of the refunds.
    pub fn refunded(&self) -> Money {
        Money::minor(self.refunds.iter().map(|refund| refund.amount.as_minor()).sum())
    }
}

/// The state of a charge in the gateway's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChargeState {
    Captured { transaction: String },
    Declined(Decline),
    Pending,
}

/// One refund in a gateway's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// The key of the request.
    pub key: String,
    pub amount: Money,
    pub transaction: String,
    /// When; `None` in a record of an older version.
    pub at: Option<Timestamp>,
}
