//! Calls to the payment gateway. Never inside a transaction.

use kernel::{Money, text::REASON_MAX};
use ports::gateway::{ChargeRequest, Gateway, Outcome, RefundRequest};
use std::{future::Future, time::Duration};

/// Longest time one call may take, whatever the gateway's own limit is (see [`ports::gateway::InTime`]); after it the
/// outcome is open. A call that never returned would hold its saga for ever.
pub const CALL_MAX: Duration = Duration::from_secs(60);
/// Longest name of a capture or a refund, in characters, as its column allows.
const TRANSACTION_MAX: usize = 100;

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
    /// Only from [`ask`]: the gateway never saw the key. Charging with the same key is safe; concluding that nothing
    /// will ever be taken is not, because a request may still be on its way.
    Absent,
}

/// What is known after a call about a refund.
pub type RefundOutcome = ChargeOutcome;

fn read(outcome: Outcome) -> ChargeOutcome {
    match outcome {
        Outcome::Approved { transaction } if !can_be_kept(&transaction) => {
            tracing::error!(transaction, "the gateway's name for it cannot be kept; the outcome stays open");
            ChargeOutcome::Open
        }
        Outcome::Approved { transaction } => ChargeOutcome::Approved { transaction },
        Outcome::Declined(decline) => ChargeOutcome::Declined { reason: kept(&decline.to_string()) },
        Outcome::Pending | Outcome::Unknown => ChargeOutcome::Open,
    }
}

fn can_be_kept(transaction: &str) -> bool {
    transaction.chars().count() <= TRANSACTION_MAX && !transaction.chars().any(char::is_control)
}

/// What a gateway says as our rows can keep it: on one line and not too long. A refusal that could not be stored would be
/// asked about for ever.
fn kept(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_MAX).collect()
}

async fn in_time<T>(call: impl Future<Output = T>, otherwise: T) -> T {
    tokio::time::timeout(CALL_MAX, call).await.unwrap_or(otherwise)
}

/// Charges what is asked for. `request.key` is `<saga id>/<step>`: the same key never charges twice. The intent must
/// be on disk: this may be the last thing the process does.
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

/// Gives `amount` of the capture named `transaction` back. A payment without a transaction was never captured and has
/// nothing to give back. The same key never gives back twice. The intent must be on disk: this may be the last thing
/// the process does.
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

#[cfg(test)]
mod tests {
    use super::*;
    use ports::gateway::Decline;

    #[test]
    fn what_a_gateway_says_can_be_kept() {
        let decline = Decline { code: "CARD\0DECLINED".to_owned(), text: "어".repeat(REASON_MAX) };
        let ChargeOutcome::Declined { reason } = read(Outcome::Declined(decline)) else { panic!("a refusal") };
        assert!(reason.starts_with("CARD DECLINED: 어") && reason.chars().count() == REASON_MAX);
        let named = |transaction: String| read(Outcome::Approved { transaction });
        assert_eq!(named("x".repeat(TRANSACTION_MAX + 1)), ChargeOutcome::Open);
        assert!(matches!(named("PG-7KQ2M9XTRB4C".to_owned()), ChargeOutcome::Approved { .. }));
    }
}
