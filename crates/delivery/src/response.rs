//! Deliveries in responses.

use crate::delivery::{Delivery, Entry, Kind};
use kernel::{DeliveryId, OrderNumber, ShippingAddress, Timestamp, TrackingNumber, Zone};
use serde::Serialize;
use utoipa::ToSchema;
use web::Label;

/// A delivery.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryResponse {
    /// The row.
    pub id: DeliveryId,
    /// The number that people and carriers use.
    pub tracking_number: TrackingNumber,
    /// The order it carries.
    pub order_number: OrderNumber,
    /// Where it is in its life.
    pub status: Kind,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub status_description: Label,
    /// Who carries it.
    pub carrier: String,
    /// Where it goes.
    pub shipping_address: ShippingAddress,
    /// A note for the carrier.
    pub memo: Option<String>,
    /// `YYYY-MM-DD`, a day in the shop's zone: three days after it was made.
    pub estimated_delivery_date: String,
    /// `YYYY-MM-DD`, a day in the shop's zone: when it arrived.
    pub actual_delivery_date: Option<String>,
    /// When it was handed to the carrier. This time and the three below stay whatever the delivery becomes later.
    pub shipped_at: Option<Timestamp>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When it came back.
    pub returned_at: Option<Timestamp>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Its history, newest first.
    pub histories: Vec<DeliveryHistory>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// One entry of a delivery's history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryHistory {
    /// Counts from 1 within the history.
    pub id: i64,
    /// What the delivery became.
    pub status: Kind,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub status_description: Label,
    /// Where.
    pub location: Option<String>,
    /// In words.
    #[serde(serialize_with = "web::language::said")]
    pub description: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

impl DeliveryResponse {
    /// The delivery as shown in a shop whose days are those of `zone`.
    pub fn of(delivery: Delivery, zone: &Zone) -> DeliveryResponse {
        let (shipped_at, returned_at, cancelled_at) = (
            delivery.became_at(Kind::Shipped),
            delivery.became_at(Kind::Returned),
            delivery.became_at(Kind::Cancelled),
        );
        DeliveryResponse {
            id: delivery.id,
            tracking_number: delivery.tracking,
            order_number: delivery.order,
            status: delivery.status.kind(),
            status_description: delivery.status.kind().label(),
            carrier: delivery.carrier,
            shipping_address: delivery.address.into(),
            memo: delivery.memo,
            estimated_delivery_date: zone.day(delivery.estimated_at),
            actual_delivery_date: delivery.status.delivered_at().map(|at| zone.day(at)),
            shipped_at,
            delivered_at: delivery.status.delivered_at(),
            returned_at,
            cancelled_at,
            histories: delivery.history.into_iter().map(DeliveryHistory::from).collect(),
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}

impl From<Entry> for DeliveryHistory {
    fn from(entry: Entry) -> DeliveryHistory {
        DeliveryHistory {
            id: entry.number,
            status: entry.status,
            status_description: entry.status.label(),
            location: entry.location,
            description: entry.description,
            created_at: entry.at,
        }
    }
}
