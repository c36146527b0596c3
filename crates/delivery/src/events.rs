//! The events of deliveries. They subscribe to none: `checkout` makes and cancels them in the order's own transaction.

use crate::delivery::Delivery;
use events::{DeliveryDelivered, DeliveryShipped, DeliveryUpdated};
use kernel::{Timestamp, Zone};

pub(crate) fn shipped(delivery: &Delivery, zone: &Zone) -> DeliveryShipped {
    DeliveryShipped {
        tracking_number: delivery.tracking.clone(),
        order_number: delivery.order.clone(),
        user_id: delivery.user,
        carrier: delivery.carrier.clone(),
        estimated_delivery_date: zone.day(delivery.estimated_at),
        shipped_at: delivery.updated_at,
        parcel_number: Some(delivery.parcel),
    }
}

pub(crate) fn updated(delivery: &Delivery) -> DeliveryUpdated {
    DeliveryUpdated {
        tracking_number: delivery.tracking.clone(),
        order_number: delivery.order.clone(),
        user_id: delivery.user,
        status: delivery.status.kind().name().to_owned(),
        at: delivery.updated_at,
    }
}

pub(crate) fn delivered(delivery: &Delivery, at: Timestamp) -> DeliveryDelivered {
    DeliveryDelivered {
        tracking_number: delivery.tracking.clone(),
        order_number: delivery.order.clone(),
        user_id: delivery.user,
        delivered_at: at,
        parcel_number: Some(delivery.parcel),
    }
}
