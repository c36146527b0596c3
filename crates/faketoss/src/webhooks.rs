//! Messages to the shop: when they are made, and sending them until they arrive.

use crate::{
    Fake,
    payment::{Method, Payment, Status, seoul_local},
};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// Minutes after which a message that did not arrive is sent again.
const RETRIES_MIN: [u64; 7] = [1, 4, 16, 64, 256, 1_024, 4_096];
/// How long the shop has for its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The transmission's id, by which the receiver knows a repetition.
    pub id: String,
    pub body: Value,
    /// When it is sent next.
    pub due: Timestamp,
    /// How often it was sent.
    pub sent: usize,
}

/// How messages are sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Policy {
    /// How many copies of each are sent.
    pub copies: usize,
    /// How long after the event.
    pub delay_ms: u64,
    /// Whether the message is sent before the answer to the request that led to it.
    pub before_answer: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { copies: 1, delay_ms: 0, before_answer: false }
    }
}

/// The messages about a payment whose status has changed.
pub fn about(payment: &Payment, now: Timestamp) -> Vec<Value> {
    let created = seoul_local(now, true);
    let changed = json!({ "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": created, "data": payment.shown() });
    let deposit = json!({ "createdAt": created, "secret": payment.secret, "status": payment.status,
        "transactionKey": payment.last_transaction, "orderId": payment.order });
    match (&payment.method, payment.status) {
        (Method::VirtualAccount, Status::WaitingForDeposit) => vec![deposit],
        (Method::VirtualAccount, Status::Done | Status::Canceled | Status::PartialCanceled) => vec![deposit, changed],
        (_, Status::InProgress | Status::WaitingForDeposit) => Vec::new(),
        (_, Status::Done | Status::Canceled | Status::PartialCanceled | Status::Aborted | Status::Expired) => {
            vec![changed]
        }
    }
}

impl Webhook {
    /// The message after it did not arrive; `None` when it is not sent any more.
    pub fn again(mut self, now: Timestamp) -> Option<Webhook> {
        let pause = RETRIES_MIN.get(self.sent)?;
        self.sent += 1;
        self.due = now.after(Duration::from_secs(pause * 60));
        Some(self)
    }
}

impl Fake {
    /// Sends every message that is due. Gives how many arrived.
    pub async fn deliver(&self, client: &reqwest::Client, url: &str) -> usize {
        let mut arrived = 0;
        for webhook in self.due_webhooks() {
            let sent = client
                .post(url)
                .timeout(TIMEOUT)
                .header("tosspayments-webhook-transmission-time", seoul_local(self.now(), true))
                .header("tosspayments-webhook-transmission-retried-count", webhook.sent.to_string())
                .header("tosspayments-webhook-transmission-id", &webhook.id)
                .json(&webhook.body)
                .send()
                .await;
            let has_arrived = sent.is_ok_and(|answer| answer.status().is_success());
            arrived += usize::from(has_arrived);
            self.sent(webhook, has_arrived);
        }
        arrived
    }
}
