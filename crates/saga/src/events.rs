//! What this crate publishes.

use super::record::{Record, Subject};
use ::store::Event;
use kernel::{OrderNumber, SagaId, Timestamp};
use serde::Serialize;

/// Compensating a run failed too often: a person has to look. The alert for the people who watch the shop.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompensationFailed {
    pub saga_id: SagaId,
    /// Name and version, such as `order.v1`.
    pub saga: String,
    pub subject: Subject,
    /// The order it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_number: Option<OrderNumber>,
    /// The step that could not be compensated.
    pub step: String,
    pub attempts: i64,
    pub failed_at: Timestamp,
    #[serde(skip)]
    key: String,
}

impl CompensationFailed {
    /// As `record` stands at `now`.
    pub fn of(record: &Record, now: Timestamp) -> CompensationFailed {
        CompensationFailed {
            saga_id: record.id.clone(),
            saga: record.name.clone(),
            subject: record.subject.clone(),
            order_number: record.event_key.parse().ok(),
            step: record.step.clone(),
            attempts: record.attempts,
            failed_at: now,
            key: record.event_key.clone(),
        }
    }
}

impl Event for CompensationFailed {
    const TOPIC: &'static str = "shopping.saga.compensation-failed";
    fn key(&self) -> String {
        self.key.clone()
    }
}
