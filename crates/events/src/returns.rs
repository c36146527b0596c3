//! Returns and exchanges.

use kernel::{Money, OrderNumber, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A buyer asked to send something of an order back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnRequested {
    pub return_number: String,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// RETURN or EXCHANGE.
    pub kind: String,
    /// Such as DEFECTIVE.
    pub reason: String,
    /// All of its lines together.
    pub units: i64,
    /// The buyer, or an administrator who asked for them; none in events of older versions.
    #[serde(default)]
    pub requested_by: Option<String>,
    pub requested_at: Timestamp,
}

/// A return has a new status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnChanged {
    pub return_number: String,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// RETURN or EXCHANGE.
    pub kind: String,
    /// Such as RECEIVED.
    pub status: String,
    /// What went back for it; null before it is REFUNDED.
    pub refunded: Option<Money>,
    /// The points of its units that the order had used, which the buyer has again; null before it is REFUNDED.
    pub points_restored: Option<Money>,
    /// Who did it: a user, or SYSTEM.
    pub changed_by: String,
    pub at: Timestamp,
}
