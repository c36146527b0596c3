//! What this crate publishes.

use super::record::Record;
use ::events::{CompensationFailed, SagaSubject};
use kernel::Timestamp;

/// As `record` is at `now`.
pub(crate) fn compensation_failed(record: &Record, now: Timestamp) -> CompensationFailed {
    CompensationFailed {
        saga_id: record.id.clone(),
        saga: record.name.clone(),
        order_number: record.event_key.parse().ok(),
        step: record.step.clone(),
        attempts: record.attempts,
        failed_at: now,
        subject: Some(SagaSubject { kind: record.subject.kind.to_string(), id: record.subject.id.to_string() }),
    }
}
