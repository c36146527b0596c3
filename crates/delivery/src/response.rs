//! Deliveries in responses.

use crate::carrier::Carrier;
use crate::delivery::{Delivery, Entry, Kind, Purpose};
use crate::scan::{Moment, Reporter, Scan, together};
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
    /// The order whose goods it carries.
    pub order_number: OrderNumber,
    /// Counts from 1 within the order.
    pub parcel_number: i64,
    /// Whether it carries goods of the order or a replacement for some that came back.
    pub purpose: Purpose,
    /// What is in it. Empty for the first parcel, which has what no other parcel of the order has.
    pub lines: Vec<PackedLine>,
    /// Where it is in its life.
    pub status: Kind,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub status_description: Label,
    /// Who carries it.
    pub carrier: String,
    /// The same as one of the names of `GET /deliveries/carriers`, once it is known.
    pub carrier_name: Option<Carrier>,
    /// The carrier's own number of it, without hyphens.
    pub carrier_number: Option<String>,
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
    /// What the shop and its carrier know of it together, newest first. What both have reported is there once.
    pub histories: Vec<DeliveryHistory>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Units of a line of the order in a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackedLine {
    /// The line's `id` in the order.
    pub id: i64,
    /// How many units of it.
    pub quantity: i64,
}

/// A carrier that a parcel can be given to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CarrierResponse {
    pub carrier: Carrier,
    /// In the language of the response.
    #[schema(value_type = String)]
    pub name: Label,
    /// The code that the tracking services of Korea know it by.
    pub code: String,
    /// How many digits its numbers have; empty for numbers of international post.
    pub digits: Vec<usize>,
}

impl From<Carrier> for CarrierResponse {
    fn from(carrier: Carrier) -> CarrierResponse {
        CarrierResponse {
            carrier,
            name: carrier.label(),
            code: carrier.code().to_owned(),
            digits: carrier.digits().to_vec(),
        }
    }
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
    #[serde(serialize_with = "web::language::localized")]
    pub description: Option<String>,
    /// Who reported it.
    pub source: HistorySource,
    /// When, by the clock of who reported it.
    pub created_at: Timestamp,
}

/// Who reported something about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HistorySource {
    /// A person of the shop, or the shop by itself.
    Shop,
    Carrier,
}

impl DeliveryResponse {
    /// The delivery as shown in a shop whose days are those of `zone`.
    pub fn of(delivery: Delivery, zone: &Zone) -> DeliveryResponse {
        let (shipped_at, returned_at, cancelled_at) = (
            delivery.became_at(Kind::Shipped),
            delivery.became_at(Kind::Returned),
            delivery.became_at(Kind::Cancelled),
        );
        let (carrier_name, carrier_number) = delivery.waybill.map(|waybill| (waybill.carrier, waybill.number)).unzip();
        DeliveryResponse {
            id: delivery.id,
            tracking_number: delivery.tracking,
            order_number: delivery.order,
            parcel_number: delivery.parcel,
            purpose: delivery.purpose,
            lines: delivery
                .lines
                .into_iter()
                .map(|packed| PackedLine { id: packed.line, quantity: packed.units })
                .collect(),
            status: delivery.status.kind(),
            status_description: delivery.status.kind().label(),
            carrier: delivery.carrier,
            carrier_name,
            carrier_number,
            shipping_address: delivery.address.into(),
            memo: delivery.memo,
            estimated_delivery_date: zone.day(delivery.estimated_at),
            actual_delivery_date: delivery.status.delivered_at().map(|at| zone.day(at)),
            shipped_at,
            delivered_at: delivery.status.delivered_at(),
            returned_at,
            cancelled_at,
            histories: histories(&delivery.history, &delivery.scans),
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}

fn histories(history: &[Entry], scans: &[Scan]) -> Vec<DeliveryHistory> {
    let moments = together(history, scans);
    let mut histories: Vec<_> = (1..).zip(moments.into_iter().rev()).map(|(id, moment)| shown(moment, id)).collect();
    histories.reverse();
    histories
}

fn shown(moment: Moment, id: i64) -> DeliveryHistory {
    DeliveryHistory {
        id,
        status: moment.status,
        status_description: moment.status.label(),
        location: moment.location,
        description: moment.description,
        source: match moment.reporter {
            Reporter::Shop => HistorySource::Shop,
            Reporter::Carrier => HistorySource::Carrier,
        },
        created_at: moment.at,
    }
}
