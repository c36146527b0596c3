//! Calls to the payment gateway. Never inside a transaction.

use crate::deposit;
use kernel::text::REASON_MAX;
use ports::gateway::{Account, ChargeRequest, Decline, Gateway, Outcome, RefundRequest};

/// Longest name of a capture or a refund, in characters, as its column allows.
const TRANSACTION_MAX: usize = 100;

/// The gateway's answer as our rows can keep it. An answer that cannot be stored would be asked about for ever.
fn storable(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Approved { transaction, .. } if !can_be_kept(&transaction) => {
            tracing::error!(
                transaction,
                "the gateway's name for a transaction cannot be stored; the outcome stays unknown"
            );
            Outcome::Unknown
        }
        Outcome::Declined(decline) => {
            let code = on_one_line(&decline.code, REASON_MAX / 2);
            let text = on_one_line(&decline.text, REASON_MAX - code.chars().count() - ": ".len());
            Outcome::Declined(Decline { code, text })
        }
        Outcome::Awaiting(account) => Outcome::Awaiting(Account {
            bank: on_one_line(&account.bank, deposit::BANK_MAX),
            number: on_one_line(&account.number, deposit::NUMBER_MAX),
            holder: on_one_line(&account.holder, deposit::HOLDER_MAX),
            due: account.due,
        }),
        Outcome::Approved { .. } | Outcome::Pending | Outcome::NotDone | Outcome::Withheld | Outcome::Unknown => {
            outcome
        }
    }
}

fn can_be_kept(transaction: &str) -> bool {
    transaction.chars().count() <= TRANSACTION_MAX && !transaction.chars().any(char::is_control)
}

fn on_one_line(text: &str, max: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect()
}

/// Charges what is asked for. `request.key` is `<saga id>/<step>`: the same key never charges twice. The intent must
/// be on disk: this may be the last thing the process does.
pub async fn take(gateway: &dyn Gateway, request: &ChargeRequest) -> Outcome {
    store::fault::point("payment.intent-stored");
    let outcome = gateway.charge(request).await;
    store::fault::point("payment.gateway-answered");
    storable(outcome)
}

/// Asks what became of this charge. `None`: the gateway does not know it, so the same charge is
/// safe. To conclude that nothing will ever be taken is not, because a request may still be on its way.
pub async fn ask(gateway: &dyn Gateway, request: &ChargeRequest) -> Option<Outcome> {
    gateway.look_up(request).await.map(storable)
}

/// Asks what became of this charge, which is no longer wanted: if it waits for a deposit, it ends. `None`: nothing will be taken,
/// as far as the gateway knows.
pub async fn withdraw(gateway: &dyn Gateway, request: &ChargeRequest) -> Option<Outcome> {
    gateway.withdraw(request).await.map(storable)
}

/// Gives money back. `None` for a payment without a transaction: it was never captured and has
/// nothing to give back. The same key never gives back twice. The intent must be on disk: this may be the last thing
/// the process does.
pub async fn give_back(gateway: &dyn Gateway, request: Option<&RefundRequest>) -> Outcome {
    let Some(request) = request else {
        let text = "nothing was taken by this payment".to_owned();
        return Outcome::Declined(Decline { code: "NOT_CAPTURED".to_owned(), text });
    };
    store::fault::point("refund.intent-stored");
    let outcome = gateway.refund(request).await;
    store::fault::point("refund.gateway-answered");
    storable(outcome)
}

/// Asks what became of this refund; `None` when the gateway does not know it.
pub async fn ask_refund(gateway: &dyn Gateway, request: Option<&RefundRequest>) -> Option<Outcome> {
    gateway.look_up_refund(request?).await.map(storable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Money};

    #[test]
    fn what_a_gateway_says_can_be_kept() {
        let decline = Decline { code: "CARD\0DECLINED".to_owned(), text: "어".repeat(REASON_MAX) };
        let Outcome::Declined(decline) = storable(Outcome::Declined(decline)) else { panic!("a refusal") };
        let reason = decline.to_string();
        assert!(reason.starts_with("CARD DECLINED: 어") && reason.chars().count() == REASON_MAX);
        let (amount, currency) = (Money::minor(1), Currency::KRW);
        let named = |transaction: String| storable(Outcome::Approved { transaction, amount, currency, method: None });
        assert_eq!(named("x".repeat(TRANSACTION_MAX + 1)), Outcome::Unknown);
        assert!(matches!(named("PG-7KQ2M9XTRB4C".to_owned()), Outcome::Approved { .. }));
    }
}
