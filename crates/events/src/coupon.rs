//! Coupons.

use kernel::{CouponId, Money, OrderNumber, Timestamp, UserCouponId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A coupon was made, rewritten or deactivated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponChanged {
    pub coupon_id: CouponId,
    pub coupon_code: String,
    pub coupon_name: String,
    /// How many there are.
    pub total_quantity: i64,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether no more are issued, because an administrator deactivated it.
    pub deactivated: bool,
    pub version: i64,
}

/// A user got a coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponIssued {
    pub coupon_id: CouponId,
    pub user_coupon_id: UserCouponId,
    pub user_id: UserId,
    pub coupon_code: String,
    pub coupon_name: String,
    /// FIXED or PERCENTAGE.
    pub discount_type: String,
    /// Minor units of the shop's currency, or percents.
    pub discount_value: i64,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A user's coupon was used in an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponUsed {
    pub user_coupon_id: UserCouponId,
    pub user_id: UserId,
    pub order_number: OrderNumber,
    /// What it takes off the order.
    pub discount: Money,
    pub used_at: Timestamp,
}

/// A user has a coupon again, because the order in which it was used died unpaid or was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponReturned {
    pub user_coupon_id: UserCouponId,
    pub user_id: UserId,
    pub order_number: OrderNumber,
    pub returned_at: Timestamp,
}
