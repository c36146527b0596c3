//! Deliveries and the rules of their statuses.

use crate::carrier::Waybill;
use crate::scan::Scan;
use kernel::{Address, Code, DeliveryId, OrderNumber, Result, Timestamp, TrackingNumber, UserId};
use std::time::Duration;
use web::Label;

/// Carrier of every parcel until a person says who carries it: the Korean for "standard parcel".
pub const CARRIER: &str = "기본택배";
/// Time from the making of a delivery to its estimated arrival.
pub const ESTIMATED_WITHIN: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// Longest location in the history, in characters.
pub const LOCATION_MAX: usize = 255;

::store::text_enum! {
    /// Why a parcel is sent.
    #[schema(as = ParcelPurpose)]
    pub enum Purpose: "purpose of a parcel" {
        /// Goods of the order.
        Order = "ORDER",
        /// A replacement for goods that came back.
        Exchange = "EXCHANGE",
    }
}

/// Units of a line of the order in a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// The line's number in the order.
    pub line: i64,
    pub units: i64,
}

/// A delivery: one parcel of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub tracking: TrackingNumber,
    pub order: OrderNumber,
    /// Counts from 1 within the order.
    pub parcel: i64,
    pub purpose: Purpose,
    /// What is in it. Empty for the first parcel, which has what no other parcel of the order has.
    pub lines: Vec<Packed>,
    pub user: UserId,
    pub status: Status,
    pub carrier: String,
    /// The carrier's own number, once it is known.
    pub waybill: Option<Waybill>,
    pub address: Address,
    /// A note for the carrier.
    pub memo: Option<String>,
    pub estimated_at: Timestamp,
    /// What the shop knows by itself, newest first.
    pub history: Vec<Entry>,
    /// What its carrier has reported, in the order in which the shop learned it.
    pub scans: Vec<Scan>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Delivery {
    /// When it became `status`, also when it is something else by now. Its history knows.
    pub fn became_at(&self, status: Kind) -> Option<Timestamp> {
        // the oldest entry with it: later ones say what changed beside the status
        self.history.iter().rfind(|entry| entry.status == status).map(|entry| entry.at)
    }
}

/// A further parcel of an order.
#[derive(Debug, Clone)]
pub struct NewParcel<'a> {
    pub order: &'a OrderNumber,
    pub user: &'a UserId,
    pub address: &'a Address,
    pub memo: Option<&'a str>,
    pub purpose: Purpose,
    /// At least one.
    pub lines: Vec<Packed>,
}

/// What is in the first parcel: what was bought and is in no other parcel of the order's goods.
pub fn rest(bought: &[Packed], parcels: &[Delivery]) -> Vec<Packed> {
    let elsewhere = |line: i64| -> i64 {
        let others = parcels.iter().filter(|parcel| parcel.purpose == Purpose::Order);
        others.flat_map(|parcel| &parcel.lines).filter(|packed| packed.line == line).map(|packed| packed.units).sum()
    };
    let left = bought.iter().map(|one| Packed { units: one.units - elsewhere(one.line), ..*one });
    left.filter(|packed| packed.units > 0).collect()
}

/// One entry of a delivery's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Counts from 1 within the history.
    pub number: i64,
    pub status: Kind,
    pub location: Option<String>,
    pub description: Option<String>,
    pub at: Timestamp,
}

impl Entry {
    /// How every history begins. It is not stored, because the parcel's own row says it.
    pub const FIRST: i64 = 1;

    /// The entry of a parcel that was made at `at`.
    pub const fn first(at: Timestamp) -> Entry {
        Entry { number: Entry::FIRST, status: Kind::Preparing, location: None, description: None, at }
    }
}

/// Status of a delivery, with the data that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Preparing,
    /// Handed to the carrier.
    Shipped,
    InTransit,
    Delivered {
        at: Timestamp,
    },
    Returned {
        /// `None` when it came back without arriving.
        delivered_at: Option<Timestamp>,
    },
    /// Cancelled before it was handed to the carrier.
    Cancelled,
}

impl Status {
    /// The status after becoming `next` at `now`. S506 when the transition is not allowed.
    pub fn step(self, next: Kind, now: Timestamp) -> Result<Status> {
        use Status::{Cancelled, Delivered, InTransit, Preparing, Returned, Shipped};
        match (self, next) {
            (Preparing, Kind::Shipped) => Ok(Shipped),
            (Preparing, Kind::Cancelled) => Ok(Cancelled),
            (Shipped, Kind::InTransit) => Ok(InTransit),
            (InTransit, Kind::Delivered) => Ok(Delivered { at: now }),
            (InTransit, Kind::Returned) => Ok(Returned { delivered_at: None }),
            (Delivered { at }, Kind::Returned) => Ok(Returned { delivered_at: Some(at) }),
            (Preparing, Kind::Preparing | Kind::InTransit | Kind::Delivered | Kind::Returned)
            | (Shipped, Kind::Preparing | Kind::Shipped | Kind::Delivered | Kind::Returned | Kind::Cancelled)
            | (InTransit, Kind::Preparing | Kind::Shipped | Kind::InTransit | Kind::Cancelled)
            | (
                Delivered { .. },
                Kind::Preparing | Kind::Shipped | Kind::InTransit | Kind::Delivered | Kind::Cancelled,
            )
            | (
                Returned { .. } | Cancelled,
                Kind::Preparing | Kind::Shipped | Kind::InTransit | Kind::Delivered | Kind::Returned | Kind::Cancelled,
            ) => Err(Code::InvalidDeliveryStatus.because(format!("{} cannot become {next}", self.kind()))),
        }
    }

    /// Whether the parcel was handed to the carrier.
    pub const fn has_left(self) -> bool {
        match self {
            Status::Preparing | Status::Cancelled => false,
            Status::Shipped | Status::InTransit | Status::Delivered { .. } | Status::Returned { .. } => true,
        }
    }

    /// Whether its carrier may still move it.
    pub const fn is_open(self) -> bool {
        match self {
            Status::Preparing | Status::Shipped | Status::InTransit => true,
            Status::Delivered { .. } | Status::Returned { .. } | Status::Cancelled => false,
        }
    }

    /// The status without its data.
    pub const fn kind(self) -> Kind {
        match self {
            Status::Preparing => Kind::Preparing,
            Status::Shipped => Kind::Shipped,
            Status::InTransit => Kind::InTransit,
            Status::Delivered { .. } => Kind::Delivered,
            Status::Returned { .. } => Kind::Returned,
            Status::Cancelled => Kind::Cancelled,
        }
    }

    /// When it arrived, if it did.
    pub const fn delivered_at(self) -> Option<Timestamp> {
        match self {
            Status::Delivered { at } => Some(at),
            Status::Returned { delivered_at } => delivered_at,
            Status::Preparing | Status::Shipped | Status::InTransit | Status::Cancelled => None,
        }
    }
}

::store::text_enum! {
    /// The names of the statuses, as the API and the database show them.
    #[schema(as = DeliveryStatus)]
    pub enum Kind: "delivery status" {
        Preparing = "PREPARING",
        Shipped = "SHIPPED",
        InTransit = "IN_TRANSIT",
        Delivered = "DELIVERED",
        Returned = "RETURNED",
        Cancelled = "CANCELLED",
    }
}

impl Kind {
    /// How far along its way a parcel is with it.
    pub const fn rank(self) -> u8 {
        match self {
            Kind::Preparing => 0,
            Kind::Shipped => 1,
            Kind::InTransit => 2,
            Kind::Delivered => 3,
            Kind::Returned | Kind::Cancelled => 4,
        }
    }

    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Kind::Preparing => Label::new("in preparation", "준비 중"),
            Kind::Shipped => Label::new("shipped", "발송됨"),
            Kind::InTransit => Label::new("on its way", "배송 중"),
            Kind::Delivered => Label::new("delivered", "배송 완료"),
            Kind::Returned => Label::new("returned", "반품"),
            Kind::Cancelled => Label::new("cancelled", "취소됨"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_delivery_never_repeats_a_status_or_leaves_its_last_one(path in prop::collection::vec(0_usize..6, 0..12)) {
            let now = Timestamp::from_millis(7);
            let mut status = Status::Preparing;
            for next in path.into_iter().map(|n| Kind::ALL[n]) {
                if let Ok(after) = status.step(next, now) {
                    prop_assert_eq!(after.kind(), next);
                    prop_assert!(status != Status::Cancelled && status.kind() != Kind::Returned);
                    prop_assert!(status.kind() != next);
                    status = after;
                }
            }
        }
    }
}
