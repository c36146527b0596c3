//! Deliveries and the rules of their statuses.

use kernel::{Address, Code, DeliveryId, OrderNumber, Result, Timestamp, TrackingNumber, UserId};
use std::time::Duration;
use web::Label;

/// Carrier of every parcel until there are several: the Korean for "standard parcel".
pub const CARRIER: &str = "기본택배";
/// Time from the making of a delivery to its estimated arrival.
pub const ESTIMATED_WITHIN: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// Longest location in the history, in characters.
pub const LOCATION_MAX: usize = 255;

/// A delivery: one per order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub tracking: TrackingNumber,
    pub order: OrderNumber,
    pub user: UserId,
    pub status: Status,
    pub carrier: String,
    pub address: Address,
    /// A note for the carrier.
    pub memo: Option<String>,
    pub estimated_at: Timestamp,
    /// Newest first.
    pub history: Vec<Entry>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Delivery {
    /// When it became `status`, also when it is something else by now. Its history knows.
    pub fn became_at(&self, status: Kind) -> Option<Timestamp> {
        self.history.iter().find(|entry| entry.status == status).map(|entry| entry.at)
    }
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
