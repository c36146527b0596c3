//! Coupons as callers see them.

use crate::coupon::{Coupon, DiscountType, State, Status, UserCoupon, UserStatus};
use kernel::{CategoryId, CouponId, Money, OrderNumber, ProductId, Timestamp, UserCouponId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// A coupon.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponResponse {
    pub id: CouponId,
    pub code: String,
    pub name: String,
    pub description: Option<String>,
    pub discount_type: DiscountType,
    /// FIXED: minor units of the shop's currency. PERCENTAGE: percents.
    pub discount_value: i64,
    pub minimum_order_amount: Option<Money>,
    pub maximum_discount_amount: Option<Money>,
    /// The products that it applies to; neither products nor categories: to everything. A seller's coupon applies to the seller's
    /// own products only.
    pub product_ids: Vec<ProductId>,
    /// The categories that it applies to, with everything below them.
    pub category_ids: Vec<CategoryId>,
    /// Whether it is only for users who have no order but cancelled ones.
    pub first_order_only: bool,
    pub total_quantity: i64,
    pub issued_quantity: i64,
    /// How many can still be issued.
    pub remaining_quantity: i64,
    pub status: Status,
    /// Whether everybody sees it.
    pub listed: bool,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whose coupon it is; none for the shop's own.
    pub seller_id: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl CouponResponse {
    /// The coupon as it stands at `now`.
    pub fn at(now: Timestamp) -> impl Fn(Coupon) -> CouponResponse {
        move |coupon| CouponResponse {
            id: coupon.id,
            seller_id: coupon.seller(),
            status: coupon.status(now),
            remaining_quantity: coupon.remaining(),
            discount_type: coupon.content.offer.discount.kind(),
            discount_value: coupon.content.offer.discount.value(),
            minimum_order_amount: coupon.content.offer.minimum_order,
            maximum_discount_amount: coupon.content.offer.maximum_discount,
            product_ids: coupon.content.offer.scope.products.into_iter().collect(),
            category_ids: coupon.content.offer.scope.categories.into_iter().collect(),
            first_order_only: coupon.content.offer.first_order_only,
            code: coupon.content.code,
            name: coupon.content.name,
            description: coupon.content.description,
            total_quantity: coupon.content.total,
            issued_quantity: coupon.issued,
            listed: coupon.content.listed,
            starts_at: coupon.content.starts_at,
            expires_at: coupon.content.expires_at,
            created_at: coupon.created_at,
            updated_at: coupon.updated_at,
            version: coupon.version,
        }
    }
}

/// A coupon that the caller has.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserCouponResponse {
    /// What an order names as `userCouponId`.
    pub id: UserCouponId,
    pub coupon_id: CouponId,
    pub coupon_code: String,
    pub coupon_name: String,
    pub discount_type: DiscountType,
    /// FIXED: minor units of the shop's currency. PERCENTAGE: percents.
    pub discount_value: i64,
    pub minimum_order_amount: Option<Money>,
    pub maximum_discount_amount: Option<Money>,
    /// The products that it applies to; neither products nor categories: to everything. A seller's coupon applies to the seller's
    /// own products only.
    pub product_ids: Vec<ProductId>,
    /// The categories that it applies to, with everything below them.
    pub category_ids: Vec<CategoryId>,
    /// Whether it is only for users who have no order but cancelled ones.
    pub first_order_only: bool,
    /// Whose coupon it is; none for the shop's own.
    pub seller_id: Option<UserId>,
    pub status: UserStatus,
    /// The order in which it was used.
    pub order_number: Option<OrderNumber>,
    pub issued_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}

impl UserCouponResponse {
    /// The user's coupon as it stands at `now`.
    pub fn at(now: Timestamp) -> impl Fn(UserCoupon) -> UserCouponResponse {
        move |held| {
            let status = held.status(now);
            let (order_number, used_at) = match held.state {
                State::Available => (None, None),
                State::Used { order, at } => (Some(order), Some(at)),
            };
            UserCouponResponse {
                id: held.id,
                coupon_id: held.coupon,
                coupon_code: held.code,
                coupon_name: held.name,
                discount_type: held.offer.discount.kind(),
                discount_value: held.offer.discount.value(),
                minimum_order_amount: held.offer.minimum_order,
                maximum_discount_amount: held.offer.maximum_discount,
                product_ids: held.offer.scope.products.into_iter().collect(),
                category_ids: held.offer.scope.categories.into_iter().collect(),
                first_order_only: held.offer.first_order_only,
                seller_id: held.offer.scope.seller,
                status,
                order_number,
                issued_at: held.issued_at,
                used_at,
                expires_at: held.expires_at,
            }
        }
    }
}

/// What a coupon takes off an order.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationResponse {
    pub user_coupon_id: UserCouponId,
    pub order_amount: Money,
    /// What the lines cost that the coupon applies to.
    pub eligible_amount: Money,
    pub discount_amount: Money,
    /// The order's amount less the discount.
    pub final_amount: Money,
}
