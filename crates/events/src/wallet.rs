//! Wallets: balances and points.

use kernel::{Money, OrderNumber, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A user paid money into the balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceCharged {
    pub charge_number: String,
    pub user_id: UserId,
    pub amount: Money,
    /// After it.
    pub balance: Money,
    pub charged_at: Timestamp,
}

/// An order that was delivered has earned points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointsEarned {
    pub user_id: UserId,
    pub order_number: OrderNumber,
    pub points: Money,
    pub expires_at: Timestamp,
    pub earned_at: Timestamp,
}

/// Points that an order had earned were taken back, because its money was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointsTakenBack {
    pub user_id: UserId,
    pub order_number: OrderNumber,
    pub points: Money,
    pub taken_back_at: Timestamp,
}

/// The time of points was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointsExpired {
    pub user_id: UserId,
    pub points: Money,
    /// What the user has left.
    pub left: Money,
    /// The order with which they were earned, or the administrator's booking.
    pub earned_by: String,
    pub expired_at: Timestamp,
}
