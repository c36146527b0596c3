//! Payments.

use kernel::{Money, OrderNumber, PaymentNumber, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The gateway approved a payment, and it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCompleted {
    pub payment_number: PaymentNumber,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    pub amount: Money,
    /// Such as CREDIT_CARD.
    pub payment_method: String,
    /// The gateway's own number.
    pub pg_transaction_id: Option<String>,
    pub paid_at: Timestamp,
}

/// The gateway refused a payment, or it was cancelled before there was an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFailed {
    pub payment_number: PaymentNumber,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    pub amount: Money,
    pub payment_method: String,
    /// `CODE: text`; it begins with `CANCELLED` when the payment was cancelled.
    pub failure_reason: String,
    pub failed_at: Timestamp,
}

/// A part or all of a payment was refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    pub payment_number: PaymentNumber,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// What was refunded now.
    pub amount: Money,
    /// What was refunded in all.
    pub refunded_amount: Money,
    pub payment_method: String,
    pub reason: String,
    pub refunded_at: Timestamp,
}
