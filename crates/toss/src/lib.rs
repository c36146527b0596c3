//! Toss Payments behind the port [`ports::gateway`]. See the README.

mod client;
pub mod meaning;
#[cfg(test)]
mod tests;
mod wire;

pub use client::Settings;

use async_trait::async_trait;
use client::{Client, Reply};
use kernel::{Clock, Currency, Error, Money, Timestamp};
use meaning::Meaning;
use ports::gateway::{
    ChargeRequest, Decline, Gateway, Listed, Listing, Moved, Movement, Outcome, Period, RefundRequest, first_key,
};
use serde_json::{Number, json};
use std::sync::Arc;
use wire::{Failure, Payment, Transaction};

/// Movements in one page of the list; 10,000 are possible.
const LISTED_AT_ONCE: usize = 1_000;
/// The gateway keeps nothing from before its first year.
const FIRST_MS: i64 = 1_388_534_400_000;
/// The least that is paid by card; by other methods it may be more, which the gateway says itself.
const LEAST_WON: i64 = 100;
/// Longest reason of a cancellation.
const REASON_MAX: usize = 200;
/// The gateway's word for a payment into an account.
const VIRTUAL_ACCOUNT: &str = "가상계좌";
/// The status of a payment that waits for its deposit.
const WAITING: &str = "WAITING_FOR_DEPOSIT";
/// How the reason begins for which an account is closed.
const NOT_PAID: &str = "not paid";
/// What stands where a payment key does in other addresses of the gateway.
const OWN_WORDS: [&str; 3] = ["confirm", "orders", "key-in"];
/// The gateway's answer about what belongs to another shop.
const FORBIDDEN: &str = "FORBIDDEN_REQUEST";
/// The gateway's answer to a refund that named another amount as left than there is.
const OTHER_AMOUNT_LEFT: &str = "NOT_MATCHES_REFUNDABLE_AMOUNT";
/// The reason for which a charge with the payment key of another order is refused.
const OF_ANOTHER_ORDER: &str = "PAYMENT_OF_ANOTHER_ORDER";

/// A shop's account at Toss Payments.
#[derive(Debug)]
pub struct Toss {
    client: Client,
    currency: Currency,
}

impl Toss {
    /// C002 when the settings cannot be used. Nothing is sent yet.
    pub fn new(settings: &Settings, currency: Currency, clock: Arc<dyn Clock>) -> Result<Toss, Error> {
        Ok(Toss { client: Client::new(settings, clock)?, currency })
    }

    /// The payment that this charge is about. Our idempotency keys are of no use for asking; the buyer's payment key is, or the
    /// order.
    async fn read(&self, payment_key: Option<&str>, order: &str) -> Reply<Payment> {
        match payment_key {
            Some(key) => self.client.get(&["payments", key], &[]).await,
            None => self.client.get(&["payments", "orders", order], &[]).await,
        }
    }

    async fn found(&self, request: &ChargeRequest) -> Option<Outcome> {
        if request.payment_key.as_deref().is_some_and(|key| !is_key(key)) {
            return Some(no_key());
        }
        let order = request.order.to_string();
        match self.read(request.payment_key.as_deref(), &order).await {
            // final, because a payment key belongs to one order for good: this charge was never made and never will be
            Reply::Answer(payment) if payment.order_id != order => {
                Some(declined(OF_ANOTHER_ORDER, "the payment key belongs to the payment of another order"))
            }
            Reply::Answer(payment) => outcome(&payment),
            Reply::Failed(Meaning::Absent | Meaning::Refused, _) => None,
            // the key is one of another shop's payment
            Reply::Failed(Meaning::Ours, failure) if failure.code == FORBIDDEN => None,
            Reply::Failed(Meaning::Ours, _) => Some(Outcome::Withheld),
            Reply::Failed(..) | Reply::Silence => Some(Outcome::Unknown),
        }
    }

    /// Ends a payment that waits for its deposit.
    async fn end(&self, request: &ChargeRequest, due: Timestamp) -> Option<Outcome> {
        let order = request.order.to_string();
        let payment_key = match self.read(request.payment_key.as_deref(), &order).await {
            Reply::Answer(payment) => payment.payment_key,
            Reply::Failed(..) | Reply::Silence => return Some(Outcome::Unknown),
        };
        let body = json!({ "cancelReason": tagged(NOT_PAID, &request.key) });
        // another key each time, because an error would be repeated under the same one: an account is closed once, however often it is asked for
        let key = format!("{}/WITHDRAW/{}", request.key, self.client.now().as_millis());
        match self.client.post::<Payment>(&["payments", &payment_key, "cancel"], &key, &body).await {
            Reply::Answer(payment) => withdrawn(outcome(&payment)),
            Reply::Silence => Some(Outcome::Unknown),
            // either it was paid meanwhile, or it cannot be paid any more
            Reply::Failed(..) => match withdrawn(self.found(request).await) {
                Some(Outcome::Awaiting(_)) if self.client.now() >= due => None,
                other => other,
            },
        }
    }

    /// The payment key of what is to be refunded; requests of an older version have only the order, or only the transaction.
    async fn payment_key(&self, request: &RefundRequest) -> Option<String> {
        if let Some(key) = &request.payment_key {
            return Some(key.clone());
        }
        let Some(order) = request.order.as_ref() else { return Some(request.transaction.clone()) };
        match self.read(None, &order.to_string()).await {
            Reply::Answer(payment) => Some(payment.payment_key),
            Reply::Failed(Meaning::Absent, _) => Some(request.transaction.clone()),
            Reply::Failed(..) | Reply::Silence => None,
        }
    }

    async fn found_refund(&self, request: &RefundRequest) -> Option<Outcome> {
        let Some(payment_key) = self.payment_key(request).await else { return Some(Outcome::Unknown) };
        match self.read(Some(&payment_key), "").await {
            Reply::Answer(payment) => refund_of(&payment, request),
            Reply::Failed(Meaning::Absent, _) => None,
            Reply::Failed(..) | Reply::Silence => Some(Outcome::Unknown),
        }
    }

    /// What the gateway has left of a payment of which a refund is asked for again; its outcome if it was made, or if it is not known.
    async fn left(&self, payment_key: &str, request: &RefundRequest) -> Result<Number, Outcome> {
        match self.read(Some(payment_key), "").await {
            Reply::Answer(payment) => match refund_of(&payment, request) {
                Some(found) => Err(found),
                None => payment.balance_amount.ok_or(Outcome::Unknown),
            },
            Reply::Failed(..) | Reply::Silence => Err(Outcome::Unknown),
        }
    }

    /// A movement of the list as the ledger comparison reads it; nothing for what moved no money.
    async fn moved(&self, one: &Transaction) -> Result<Option<Moved>, Listing> {
        let movement = match one.status.as_str() {
            "DONE" => Movement::Captured,
            "CANCELED" | "PARTIAL_CANCELED" => Movement::Refunded,
            _ => return Ok(None),
        };
        // an account that was closed before the deposit is listed as cancelled too
        if movement == Movement::Refunded && one.method.as_deref() == Some(VIRTUAL_ACCOUNT) {
            match self.read(Some(&one.payment_key), "").await {
                Reply::Answer(payment) if gave_back(&payment, one) => {}
                Reply::Answer(_) => return Ok(None),
                Reply::Failed(..) | Reply::Silence => return Err(Listing::Unknown),
            }
        }
        let currency = Currency::of_code(&one.currency).unwrap_or(self.currency);
        let (Ok(order), Some(amount)) =
            (one.order_id.as_deref().unwrap_or_default().parse(), wire::money(&one.amount, currency))
        else {
            tracing::error!(
                transaction = one.transaction_key,
                "a movement in the list of Toss Payments cannot be read"
            );
            return Ok(None);
        };
        let transaction = match movement {
            Movement::Captured => wire::capture_name(&one.payment_key),
            Movement::Refunded => one.transaction_key.clone(),
        };
        Ok(Some(Moved { movement, order, transaction, amount, at: wire::time(&one.transaction_at) }))
    }
}

#[async_trait]
impl Gateway for Toss {
    async fn charge(&self, request: &ChargeRequest) -> Outcome {
        let Some(payment_key) = &request.payment_key else {
            return declined("PAYMENT_KEY_REQUIRED", "the buyer has to pay in the payment window first");
        };
        if !is_key(payment_key) {
            return no_key();
        }
        let Some(amount) = wire::number(request.amount, self.currency) else { return Outcome::Unknown };
        let body = json!({ "paymentKey": payment_key, "orderId": request.order.to_string(), "amount": amount });
        match self.client.post::<Payment>(&["payments", "confirm"], &request.key, &body).await {
            Reply::Answer(payment) if payment.order_id != request.order.to_string() => {
                tracing::error!(order = %request.order, "Toss Payments answered about another order");
                Outcome::Unknown
            }
            Reply::Answer(payment) => outcome(&payment).unwrap_or(Outcome::Pending),
            Reply::Failed(Meaning::Refused | Meaning::Absent, failure) => refused(failure),
            Reply::Failed(Meaning::Unknown, _) => self.found(request).await.unwrap_or(Outcome::NotDone),
            Reply::Failed(Meaning::Running, _) => self.found(request).await.unwrap_or(Outcome::Pending),
            Reply::Failed(Meaning::Passing | Meaning::Ours, _) => Outcome::NotDone,
            Reply::Silence => Outcome::Unknown,
        }
    }

    async fn look_up(&self, request: &ChargeRequest) -> Option<Outcome> {
        self.found(request).await
    }

    async fn withdraw(&self, request: &ChargeRequest) -> Option<Outcome> {
        match self.found(request).await {
            Some(Outcome::Awaiting(account)) => self.end(request, account.due).await,
            found => withdrawn(found),
        }
    }

    async fn refund(&self, request: &RefundRequest) -> Outcome {
        let Some(payment_key) = self.payment_key(request).await else { return Outcome::Unknown };
        let Some(amount) = wire::number(request.amount, self.currency) else { return Outcome::Unknown };
        let mut body = json!({ "cancelReason": tagged("refund", &request.key), "cancelAmount": amount });
        if let Some(account) = &request.account {
            body["refundReceiveAccount"] =
                json!({ "bank": account.bank, "accountNumber": account.number, "holderName": account.holder });
        }
        if first_key(&request.key).1 {
            // the gateway refuses it if the former request, which failed, gave something back after all
            match self.left(&payment_key, request).await {
                Ok(left) => body["refundableAmount"] = json!(left),
                Err(outcome) => return outcome,
            }
        }
        let path = ["payments", &payment_key, "cancel"];
        match self.client.post::<Payment>(&path, &request.key, &body).await {
            Reply::Answer(payment) => refund_of(&payment, request).unwrap_or(Outcome::Unknown),
            // "already cancelled" may be about this very refund
            Reply::Failed(Meaning::Refused | Meaning::Absent, failure) => match self.found_refund(request).await {
                // something else was given back in the same moment
                None if failure.code == OTHER_AMOUNT_LEFT => Outcome::NotDone,
                None => refused(failure),
                Some(found) => found,
            },
            Reply::Failed(Meaning::Unknown, _) => self.found_refund(request).await.unwrap_or(Outcome::NotDone),
            Reply::Failed(Meaning::Running, _) => self.found_refund(request).await.unwrap_or(Outcome::Pending),
            Reply::Failed(Meaning::Passing | Meaning::Ours, _) => Outcome::NotDone,
            Reply::Silence => Outcome::Unknown,
        }
    }

    async fn look_up_refund(&self, request: &RefundRequest) -> Option<Outcome> {
        self.found_refund(request).await
    }

    async fn list(&self, period: Period, after: Option<&str>) -> Listing {
        let now = self.client.now();
        let from = period.from.max(Timestamp::from_millis(FIRST_MS));
        // the gateway's clock may be ahead of the shop's
        let to = period.to.min(now.after(std::time::Duration::from_secs(24 * 3_600)));
        if from >= to {
            return Listing::Page(Listed::default());
        }
        let (from, to, limit) = (wire::local(from), wire::local(to), LISTED_AT_ONCE.to_string());
        let mut query = vec![("startDate", from.as_str()), ("endDate", &to), ("limit", &limit)];
        query.extend(after.map(|after| ("startingAfter", after)));
        let page: Vec<Transaction> = match self.client.get(&["transactions"], &query).await {
            Reply::Answer(page) => page,
            Reply::Failed(..) | Reply::Silence => return Listing::Unknown,
        };
        let next = page.last().filter(|_| page.len() >= LISTED_AT_ONCE).map(|last| last.transaction_key.clone());
        let mut moved: Vec<Moved> = Vec::new();
        for one in &page {
            if one.status == WAITING {
                // again: the bank took back what was deposited, so that the gateway has nothing of it
                let name = wire::capture_name(&one.payment_key);
                moved.retain(|before| before.movement != Movement::Captured || before.transaction != name);
                continue;
            }
            match self.moved(one).await {
                Ok(one) => moved.extend(one.filter(|one| period.has(one.at))),
                Err(unknown) => return unknown,
            }
        }
        Listing::Page(Listed { moved, next, since: None })
    }

    fn currency(&self) -> Currency {
        self.currency
    }

    fn least(&self) -> Money {
        Money::minor(if self.currency == Currency::KRW { LEAST_WON } else { 1 })
    }

    fn needs_payment_key(&self) -> bool {
        true
    }
}

/// What a payment says about its charge; `None` while it has not been confirmed.
fn outcome(payment: &Payment) -> Option<Outcome> {
    match payment.status.as_str() {
        "READY" | "IN_PROGRESS" => None,
        "DONE" | "PARTIAL_CANCELED" => Some(match payment.total() {
            Some((amount, currency)) => {
                let (transaction, method) = (wire::capture_name(&payment.payment_key), payment.paid_by());
                Outcome::Approved { transaction, amount, currency, method: method.map(str::to_owned) }
            }
            None => Outcome::Unknown,
        }),
        WAITING => Some(payment.account().map_or(Outcome::Pending, Outcome::Awaiting)),
        // also when it had been taken before: a person at the gateway has given it back
        "CANCELED" => Some(declined("CANCELED", "the payment was cancelled at the gateway")),
        "ABORTED" | "EXPIRED" => Some(match &payment.failure {
            Some(failure) => refused(failure.clone()),
            None => declined(&payment.status, "the payment was not completed in time"),
        }),
        word => {
            tracing::error!(status = word, "a payment has a status that this program does not know");
            Some(Outcome::Pending)
        }
    }
}

/// Whether this can be the gateway's key of a payment. It becomes a part of an address, which another sign would change or which a firewall
/// before the gateway would stop, so that the question about it never had an answer.
fn is_key(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'.' | b'~');
    text.bytes().all(is_sign) && text.bytes().any(|byte| byte != b'.') && !OWN_WORDS.contains(&text)
}

fn no_key() -> Outcome {
    declined("PAYMENT_KEY_INVALID", "the gateway gives no such payment keys")
}

/// The same for a charge that is no longer wanted: one that was cancelled will take nothing.
fn withdrawn(found: Option<Outcome>) -> Option<Outcome> {
    found.filter(|found| !matches!(found, Outcome::Declined(decline) if decline.code == "CANCELED"))
}

/// Whether a cancellation in the list gave back what had been deposited. Otherwise it closed the account, also when a deposit came after
/// all within the same second, which is as exact as the gateway's times are.
fn gave_back(payment: &Payment, listed: &Transaction) -> bool {
    let paid_at = payment.approved_at.as_deref().and_then(wire::time);
    let is_later = paid_at.zip(wire::time(&listed.transaction_at)).is_some_and(|(paid, moved)| paid <= moved);
    let cancel = payment
        .cancels
        .iter()
        .flatten()
        .find(|cancel| cancel.transaction_key.as_ref() == Some(&listed.transaction_key));
    let closes = |cancel: &wire::Cancel| cancel.cancel_reason.as_deref().is_some_and(|why| why.starts_with(NOT_PAID));
    is_later && cancel.is_some_and(|cancel| !closes(cancel))
}

/// What a payment says about this refund, whose key stands in the reason of its cancellation. A refund of all of it that a person has made
/// at the gateway is this one, too: nothing is left, so it cannot be made again, and no other refund of so much ever was or will be.
fn refund_of(payment: &Payment, request: &RefundRequest) -> Option<Outcome> {
    let tag = tag(&request.key);
    let is_ours = |cancel: &&wire::Cancel| cancel.cancel_reason.as_deref().is_some_and(|reason| reason.ends_with(&tag));
    let of_all =
        || payment.cancelled_elsewhere().filter(|_| payment.total().is_some_and(|all| all.0 == request.amount));
    let cancel = payment.cancels.iter().flatten().find(is_ours).or_else(of_all)?;
    match cancel.cancel_status.as_deref() {
        None | Some("DONE") => {}
        // begun, and abandoned: nothing goes back
        Some("ABORTED") => {
            return Some(declined("CANCEL_ABORTED", "the gateway began to give the money back and abandoned it"));
        }
        Some(_) => return Some(Outcome::Pending),
    }
    let currency = Currency::of_code(&payment.currency).ok();
    let moved = currency.and_then(|currency| Some((wire::money(&cancel.cancel_amount, currency)?, currency)));
    // without its name it cannot be recorded yet
    let Some(transaction) = cancel.transaction_key.clone() else { return Some(Outcome::Pending) };
    let approved = |(amount, currency)| Outcome::Approved { transaction, amount, currency, method: None };
    Some(moved.map_or(Outcome::Unknown, approved))
}

/// The reason of a cancellation, by which it is found again: the gateway cannot be asked by idempotency key.
fn tagged(reason: &str, key: &str) -> String {
    let tag = tag(key);
    let reason: String = reason.chars().take(REASON_MAX.saturating_sub(tag.chars().count() + 1)).collect();
    format!("{reason} {tag}")
}

/// Of the first key: what an earlier request has given back is found by it, too.
fn tag(key: &str) -> String {
    format!("[{}]", first_key(key).0)
}

fn refused(failure: Failure) -> Outcome {
    let Failure { code, message } = failure;
    let text = message.unwrap_or_else(|| "the gateway refused".to_owned());
    Outcome::Declined(Decline { code, text })
}

fn declined(code: &str, text: &str) -> Outcome {
    Outcome::Declined(Decline { code: code.to_owned(), text: text.to_owned() })
}
