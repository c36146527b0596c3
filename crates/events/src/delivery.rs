//! Deliveries.

use kernel::{OrderNumber, Timestamp, TrackingNumber, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A parcel was handed to the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryShipped {
    pub tracking_number: TrackingNumber,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    pub carrier: String,
    /// `YYYY-MM-DD`, a day in the shop's zone.
    pub estimated_delivery_date: String,
    pub shipped_at: Timestamp,
    /// Counts the parcels of the order from 1. An order may have several: its own events say how it stands. Null in events of an older
    /// version, in which an order had one.
    #[serde(default)]
    pub parcel_number: Option<i64>,
}

/// A parcel has a new status. Every change has this event, also those that have another event of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryUpdated {
    pub tracking_number: TrackingNumber,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    /// Such as IN_TRANSIT.
    pub status: String,
    pub at: Timestamp,
}

/// A parcel arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDelivered {
    pub tracking_number: TrackingNumber,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    pub delivered_at: Timestamp,
    /// Counts the parcels of the order from 1. An order may have several: its own events say how it stands. Null in events of an older
    /// version, in which an order had one.
    #[serde(default)]
    pub parcel_number: Option<i64>,
}
