//! What deliveries say. They listen to nobody: `checkout` makes and cancels them in the order's own transaction.

use crate::delivery::{Delivery, Kind};
use kernel::{OrderNumber, Timestamp, TrackingNumber, UserId, Zone};
use serde::Serialize;
use store::Event;

/// A parcel was handed to the carrier.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryShipped<'a> {
    tracking_number: &'a TrackingNumber,
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    carrier: &'a str,
    /// `YYYY-MM-DD`, a day in the shop's zone.
    estimated_delivery_date: String,
    shipped_at: Timestamp,
}

impl<'a> DeliveryShipped<'a> {
    pub(crate) fn of(delivery: &'a Delivery, zone: &Zone) -> DeliveryShipped<'a> {
        DeliveryShipped {
            tracking_number: &delivery.tracking,
            order_number: &delivery.order,
            user_id: &delivery.user,
            carrier: &delivery.carrier,
            estimated_delivery_date: zone.day(delivery.estimated_at),
            shipped_at: delivery.updated_at,
        }
    }
}

impl Event for DeliveryShipped<'_> {
    const TOPIC: &'static str = "shopping.delivery.shipped";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// A parcel became something else; told of every change, also of those that have an event of their own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryUpdated<'a> {
    tracking_number: &'a TrackingNumber,
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    status: Kind,
    at: Timestamp,
}

impl<'a> DeliveryUpdated<'a> {
    pub(crate) fn of(delivery: &'a Delivery) -> DeliveryUpdated<'a> {
        DeliveryUpdated {
            tracking_number: &delivery.tracking,
            order_number: &delivery.order,
            user_id: &delivery.user,
            status: delivery.status.kind(),
            at: delivery.updated_at,
        }
    }
}

impl Event for DeliveryUpdated<'_> {
    const TOPIC: &'static str = "shopping.delivery.updated";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// A parcel arrived.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDelivered<'a> {
    tracking_number: &'a TrackingNumber,
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    delivered_at: Timestamp,
}

impl<'a> DeliveryDelivered<'a> {
    pub(crate) fn of(delivery: &'a Delivery, at: Timestamp) -> DeliveryDelivered<'a> {
        DeliveryDelivered {
            tracking_number: &delivery.tracking,
            order_number: &delivery.order,
            user_id: &delivery.user,
            delivered_at: at,
        }
    }
}

impl Event for DeliveryDelivered<'_> {
    const TOPIC: &'static str = "shopping.delivery.delivered";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}
