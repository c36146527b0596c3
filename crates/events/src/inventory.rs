//! Stock.

use kernel::{OrderNumber, ProductId, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Units by product id.
pub type Quantities = BTreeMap<ProductId, i64>;

/// Stock was reserved for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReserved {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// Units by product id.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub reserved_quantities: Quantities,
    pub reserved_at: Timestamp,
}

/// The reserved stock of an order was sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockCommitted {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// Units by product id.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub reserved_quantities: Quantities,
    pub committed_at: Timestamp,
}

/// The reserved stock of an order was released and can be sold again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReleased {
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// Units by product id.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub reserved_quantities: Quantities,
    pub reason: String,
    pub released_at: Timestamp,
}

/// The stock of a variant was received, adjusted, opened or returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockChanged {
    pub product_id: ProductId,
    pub variant_id: VariantId,
    /// Units that can be sold now, over all locations.
    pub available: i64,
    /// Units that orders reserve now, over all locations.
    pub reserved: i64,
}
