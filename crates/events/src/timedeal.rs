//! Time deals.

use kernel::{OrderNumber, ProductId, TimeDealId, TimeDealProductId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A time deal was made or rewritten, or cancelled before its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealChanged {
    pub time_deal_id: TimeDealId,
    pub time_deal_name: String,
    /// SCHEDULED, ACTIVE or CANCELLED.
    pub status: String,
    pub product_ids: Vec<ProductId>,
    /// The products as the deal offers them.
    #[serde(default)]
    pub time_deal_product_ids: Vec<TimeDealProductId>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub version: i64,
}

/// A time deal began; once for each deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealStarted {
    pub time_deal_id: TimeDealId,
    pub time_deal_name: String,
    pub product_ids: Vec<ProductId>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// A time deal that had begun is over, by the clock or by hand; once for each deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealEnded {
    pub time_deal_id: TimeDealId,
    pub time_deal_name: String,
    /// ENDED or CANCELLED.
    pub status: String,
    /// Units of all its products in orders that had not died by then.
    pub sold_quantity: i64,
    pub product_ids: Vec<ProductId>,
    /// The products as the deal offered them.
    #[serde(default)]
    pub time_deal_product_ids: Vec<TimeDealProductId>,
    pub ended_at: Timestamp,
}

/// An order that had bought in a time deal died: its units can be bought again while the deal runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealReturned {
    pub time_deal_id: TimeDealId,
    pub time_deal_product_id: TimeDealProductId,
    pub product_id: ProductId,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// How many units came back.
    pub quantity: i64,
    pub returned_at: Timestamp,
}
