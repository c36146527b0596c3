//! What a delivery is, and the rules of its life.

use kernel::{Address, Code, DeliveryId, Error, OrderNumber, Result, Timestamp, TrackingNumber, UserId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};
use utoipa::ToSchema;

/// Who carries every parcel until carriers are chosen: design A's label, "standard parcel".
pub const CARRIER: &str = "기본택배";
/// From the order to the doorstep, as designs A promises: the estimated date is so much later.
pub const ESTIMATED_WITHIN: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// Longest name of a place in the history, in characters (design A).
pub const LOCATION_MAX: usize = 255;

/// A delivery: one per order.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The row.
    pub id: DeliveryId,
    /// What people and carriers call it.
    pub tracking: TrackingNumber,
    /// The order it carries.
    pub order: OrderNumber,
    /// Who gets it.
    pub user: UserId,
    /// Where it is in its life.
    pub status: Status,
    /// Who carries it.
    pub carrier: String,
    /// Where it goes.
    pub address: Address,
    /// When it should arrive.
    pub estimated_at: Timestamp,
    /// What happened to it, newest first.
    pub history: Vec<Entry>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// One entry of a delivery's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the history, from 1.
    pub number: i64,
    /// What the delivery became.
    pub status: Kind,
    /// Where.
    pub location: Option<String>,
    /// In words.
    pub description: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Where a delivery is in its life, with what is known there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Being packed.
    Preparing,
    /// Handed to the carrier.
    Shipped,
    /// On its way.
    InTransit,
    /// Arrived.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// Came back.
    Returned {
        /// When it had arrived, if it had.
        delivered_at: Option<Timestamp>,
    },
    /// Given up before it was handed to the carrier.
    Cancelled,
}

impl Status {
    /// The status after becoming `next` at `now`: design A's transitions. S506 when it cannot.
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

/// The names of the statuses, as the API and the database show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = DeliveryStatus)]
pub enum Kind {
    /// See [`Status::Preparing`].
    Preparing,
    /// See [`Status::Shipped`].
    Shipped,
    /// See [`Status::InTransit`].
    InTransit,
    /// See [`Status::Delivered`].
    Delivered,
    /// See [`Status::Returned`].
    Returned,
    /// See [`Status::Cancelled`].
    Cancelled,
}

impl Kind {
    /// Every status.
    pub const ALL: [Kind; 6] =
        [Kind::Preparing, Kind::Shipped, Kind::InTransit, Kind::Delivered, Kind::Returned, Kind::Cancelled];

    /// The name in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Preparing => "PREPARING",
            Kind::Shipped => "SHIPPED",
            Kind::InTransit => "IN_TRANSIT",
            Kind::Delivered => "DELIVERED",
            Kind::Returned => "RETURNED",
            Kind::Cancelled => "CANCELLED",
        }
    }

    /// Design A's Korean label.
    pub const fn label(self) -> &'static str {
        match self {
            Kind::Preparing => "준비 중",
            Kind::Shipped => "발송됨",
            Kind::InTransit => "배송 중",
            Kind::Delivered => "배송 완료",
            Kind::Returned => "반품",
            Kind::Cancelled => "취소됨",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Kind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| Code::InvalidInput.because("that is no status of a delivery"))
    }
}
