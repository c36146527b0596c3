//! What sagas say.

use super::record::Record;
use kernel::{OrderNumber, SagaId, Timestamp};
use serde::Serialize;
use store::Event;

/// Undoing an order failed too often: a person has to look. The alert for whoever watches the shop.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompensationFailed {
    /// The run.
    pub saga_id: SagaId,
    /// Which saga.
    pub saga: String,
    /// The order it is about.
    pub order_number: OrderNumber,
    /// The step that could not be undone.
    pub step: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When the last attempt failed.
    pub failed_at: Timestamp,
}

impl CompensationFailed {
    /// As `record` stands at `now`.
    pub fn of(record: &Record, now: Timestamp) -> CompensationFailed {
        CompensationFailed {
            saga_id: record.id.clone(),
            saga: record.name.clone(),
            order_number: record.order.clone(),
            step: record.step.clone(),
            attempts: record.attempts,
            failed_at: now,
        }
    }
}

impl Event for CompensationFailed {
    const TOPIC: &'static str = "shopping.saga.compensation-failed";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}
