//! Calls to the payment gateway. Never inside a transaction.

use crate::payment::{Payment, Refund};
use kernel::Money;
use ports::gateway::{ChargeRequest, Gateway, Outcome, RefundRequest};
use std::{future::Future, time::Duration};

/// Longest time one call may take; after it the outcome is open. Gateways answer in seconds, and a buyer waits no longer.
pub const CALL_MAX: Duration = Duration::from_secs(10);

/// What is known after a call about a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The money was taken; final.
    Approved {
        /// The gateway's name for it.
        transaction: String,
    },
    /// Refused; final, nothing was taken.
    Declined {
        /// `CODE: text`.
        reason: String,
    },
    /// Not known yet: ask again later. Never a refusal.
    Open,
    /// Only from [`ask`]: the gateway never saw the key. Charging with the same key is safe; concluding that nothing will
    /// ever be taken is not, because a request may still be on its way.
    Absent,
}

/// What is known after a call about a refund.
pub type RefundOutcome = ChargeOutcome;

fn read(outcome: Outcome) -> ChargeOutcome {
    match outcome {
        Outcome::Approved { transaction } => ChargeOutcome::Approved { transaction },
        Outcome::Declined(decline) => ChargeOutcome::Declined { reason: decline.to_string() },
        Outcome::Pending | Outcome::Unknown => ChargeOutcome::Open,
    }
}

async fn in_time<T>(call: impl Future<Output = T>, otherwise: T) -> T {
    tokio::time::timeout(CALL_MAX, call).await.unwrap_or(otherwise)
}

/// Charges the payment's amount. `key` is `<saga id>/<step>`: the same key never charges twice.
pub async fn charge(gateway: &dyn Gateway, payment: &Payment, key: &str) -> ChargeOutcome {
    let request = ChargeRequest {
        key: key.to_owned(),
        order: payment.order.clone(),
        amount: payment.amount,
        method: payment.method.name().to_owned(),
        payment_key: payment.payment_key.clone(),
    };
    take(gateway, &request).await
}

/// [`charge`] for who has stored the request itself as the intent.
pub async fn take(gateway: &dyn Gateway, request: &ChargeRequest) -> ChargeOutcome {
    store::fault::point("payment.intent-stored");
    let outcome = in_time(gateway.charge(request), Outcome::Unknown).await;
    store::fault::point("payment.gateway-answered");
    read(outcome)
}

/// Asks what became of the charge with this key.
pub async fn ask(gateway: &dyn Gateway, key: &str) -> ChargeOutcome {
    in_time(gateway.look_up(key), Some(Outcome::Unknown)).await.map_or(ChargeOutcome::Absent, read)
}

/// After a crash or an open outcome: asks, and charges with the same key only if the gateway never saw it.
pub async fn settle(gateway: &dyn Gateway, payment: &Payment, key: &str) -> ChargeOutcome {
    match ask(gateway, key).await {
        ChargeOutcome::Absent => charge(gateway, payment, key).await,
        known => known,
    }
}

/// Gives `refund` back. `key` names this refund: the same key never gives back twice. A payment without a transaction was
/// never captured and has nothing to give back.
pub async fn refund(gateway: &dyn Gateway, payment: &Payment, refund: &Refund, key: &str) -> RefundOutcome {
    give_back(gateway, payment.transaction.as_deref(), refund.amount, key).await
}

/// [`refund`] for who has stored the transaction and the amount as the intent.
pub async fn give_back(gateway: &dyn Gateway, transaction: Option<&str>, amount: Money, key: &str) -> RefundOutcome {
    let Some(transaction) = transaction else {
        return ChargeOutcome::Declined { reason: "NOT_CAPTURED: nothing was taken by this payment".to_owned() };
    };
    let request = RefundRequest { key: key.to_owned(), transaction: transaction.to_owned(), amount };
    store::fault::point("refund.intent-stored");
    let outcome = in_time(gateway.refund(&request), Outcome::Unknown).await;
    store::fault::point("refund.gateway-answered");
    read(outcome)
}

/// Asks what became of the refund with this key.
pub async fn ask_refund(gateway: &dyn Gateway, key: &str) -> RefundOutcome {
    in_time(gateway.look_up_refund(key), Some(Outcome::Unknown)).await.map_or(ChargeOutcome::Absent, read)
}

/// After a crash or an open outcome: asks, and repeats the refund with the same key only if the gateway never saw it.
pub async fn settle_refund(gateway: &dyn Gateway, payment: &Payment, refund: &Refund, key: &str) -> RefundOutcome {
    match ask_refund(gateway, key).await {
        ChargeOutcome::Absent => self::refund(gateway, payment, refund, key).await,
        known => known,
    }
}
