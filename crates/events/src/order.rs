//! Orders.
//!
//! Statuses are texts and not enums in this crate: a domain keeps its own enum, and a reader of an older version does not
//! fail on a status that a newer version added.

use kernel::{Money, OrderNumber, PaymentNumber, ProductId, Quantity, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An order was placed. Its stock is reserved; the buyer has until `payBy` to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCreated {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// What is left to pay.
    pub total_amount: Money,
    /// ISO 4217 code.
    pub currency: String,
    /// Number of lines.
    pub item_count: usize,
    pub items: Vec<OrderedItem>,
    /// Null when there is nothing to pay.
    pub pay_by: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A line of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderedItem {
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub product_name: String,
    pub quantity: Quantity,
    /// Price of one unit.
    pub price: Money,
}

/// An order was paid and its saga is complete: its status is PAID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderConfirmed {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// What was paid.
    pub total_amount: Money,
    /// Null for an order that cost nothing.
    pub payment_number: Option<PaymentNumber>,
    pub confirmed_at: Timestamp,
}

/// An order was cancelled, before or after it was paid, by its buyer, an administrator or the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// What was to be paid or had been paid.
    pub total_amount: Money,
    /// CANCELLED when it was not paid, REFUNDED when it was.
    pub status: String,
    pub cancel_reason: String,
    /// Who cancelled it.
    pub cancelled_by: String,
    pub cancelled_at: Timestamp,
}

/// Where an order goes, or its memo, was changed before its parcel left. The order has the new address; no event has one. An unpaid order
/// that had no address yet may cost more to send from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderReaddressed {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// Who changed it.
    pub changed_by: String,
    pub at: Timestamp,
}

/// An order became SHIPPING or DELIVERED, because its parcel moved or because an administrator set it. The other statuses
/// have events of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatusChanged {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    pub previous_status: String,
    /// SHIPPING or DELIVERED.
    pub status: String,
    pub reason: Option<String>,
    /// Who changed it.
    pub changed_by: String,
    pub at: Timestamp,
}
