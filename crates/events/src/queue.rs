//! Waiting queues.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened to a waiting queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QueueChange {
    /// It was activated: what it stands in front of now needs an admission.
    Activated,
    /// Its rules changed while it was active.
    Changed,
    /// Its opening time came: the places that were drawn in its lobby count.
    Opened,
    /// Somebody entered when no one waited.
    Filling,
    /// It was deactivated.
    Deactivated,
}

/// A waiting queue was activated, changed, opened or deactivated, or the first of those who wait in it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueChanged {
    pub queue_id: i64,
    /// What people queue for, such as `TIME_DEAL` or `COUPON`.
    pub event_type: String,
    pub event_id: i64,
    pub change: QueueChange,
    /// How many wait.
    pub waiting: i64,
    /// How many are admitted.
    pub entered: i64,
    pub at: Timestamp,
}
