//! Orders in responses.

use crate::order::{Kind, Line, Order};
use kernel::{
    Money, OrderId, OrderNumber, ProductId, Quantity, ShippingAddress, Timestamp, UserCouponId, UserId, VariantId,
};
use serde::Serialize;
use utoipa::ToSchema;
use web::Label;

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderResponse {
    /// The row.
    pub id: OrderId,
    /// The number that people use, `ORD-YYYYMMDD-XXXXXXXX`.
    pub order_number: OrderNumber,
    /// Who bought.
    pub user_id: UserId,
    /// Where it is in its life.
    pub status: Kind,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub status_description: Label,
    /// What was bought.
    pub items: Vec<OrderItem>,
    /// Number of lines.
    pub item_count: usize,
    /// Units on all lines.
    pub total_quantity: i64,
    /// Σ price × quantity.
    pub total_amount: Money,
    /// What the coupon takes off.
    pub discount_amount: Money,
    /// What points pay.
    pub points_used: Money,
    /// What sending it costs.
    pub shipping_fee: Money,
    /// What is left to pay: the total less discount and points, with the shipping fee.
    pub final_amount: Money,
    /// The value added tax that `finalAmount` contains; unknown of an order of an older version.
    pub tax: Option<Money>,
    /// ISO 4217 code of every amount.
    pub currency: &'static str,
    /// The coupon used.
    pub applied_user_coupon_id: Option<UserCouponId>,
    /// Where it goes; an order from a time deal may wait for it until it is paid.
    pub shipping_address: Option<ShippingAddress>,
    /// A note for the carrier.
    pub memo: Option<String>,
    /// The time until which it has to be paid, while it waits for payment.
    pub pay_by: Option<Timestamp>,
    /// When it was paid. This time and the two below stay whatever the order becomes later.
    pub paid_at: Option<Timestamp>,
    /// When it left.
    pub shipped_at: Option<Timestamp>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// Why it was cancelled or refunded.
    #[serde(serialize_with = "web::language::localized")]
    pub cancel_reason: Option<String>,
    /// When it was cancelled or refunded.
    pub cancelled_at: Option<Timestamp>,
    /// When it was refunded.
    pub refunded_at: Option<Timestamp>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// Counts from 1 within the order.
    pub id: i64,
    /// The product.
    pub product_id: ProductId,
    /// The sellable unit.
    pub variant_id: VariantId,
    /// The variant's stock keeping unit then.
    pub sku: String,
    /// The product's name then.
    pub product_name: String,
    /// What the variant was called then: its name, else the values of its options.
    pub variant_name: Option<String>,
    /// What one unit cost.
    pub price: Money,
    /// How many.
    pub quantity: Quantity,
    /// Price × quantity.
    pub subtotal: Money,
    /// Its share of what the coupon takes off.
    pub discount_amount: Money,
    /// Its share of what points pay.
    pub points_used: Money,
    /// What is paid for it, and so can be given back for it: the subtotal less discount and points.
    pub final_amount: Money,
    /// Whether the price contains no value added tax.
    pub tax_free: bool,
}

impl From<Order> for OrderResponse {
    fn from(order: Order) -> OrderResponse {
        let ended = order.status.ended().map(|(at, reason)| (at, reason.to_owned()));
        let (cancelled_at, cancel_reason) = ended.unzip();
        let refunded_at = cancelled_at.filter(|_| order.status.kind() == Kind::Refunded);
        OrderResponse {
            id: order.id,
            order_number: order.number,
            user_id: order.user,
            status: order.status.kind(),
            status_description: order.status.kind().label(),
            item_count: order.lines.len(),
            total_quantity: order.lines.iter().map(|line| line.quantity.as_i64()).sum(),
            items: order.lines.into_iter().map(OrderItem::from).collect(),
            total_amount: order.amounts.subtotal,
            discount_amount: order.amounts.coupon_discount,
            points_used: order.amounts.points_used,
            shipping_fee: order.amounts.shipping_fee,
            final_amount: order.amounts.payable,
            tax: order.amounts.tax,
            currency: order.currency.code(),
            applied_user_coupon_id: order.coupon,
            shipping_address: order.address.map(ShippingAddress::from),
            memo: order.memo,
            pay_by: order.status.pay_by(),
            paid_at: order.milestones.paid_at,
            shipped_at: order.milestones.shipped_at,
            delivered_at: order.milestones.delivered_at,
            cancel_reason,
            cancelled_at,
            refunded_at,
            created_at: order.created_at,
            updated_at: order.updated_at,
            version: order.version,
        }
    }
}

impl From<Line> for OrderItem {
    fn from(line: Line) -> OrderItem {
        OrderItem {
            final_amount: line.paid(),
            id: line.number,
            product_id: line.product,
            variant_id: line.variant,
            sku: line.sku,
            product_name: line.product_name,
            variant_name: line.variant_name,
            price: line.unit_price,
            quantity: line.quantity,
            subtotal: line.subtotal,
            discount_amount: line.coupon_discount,
            points_used: line.points_used,
            tax_free: line.tax_free,
        }
    }
}
