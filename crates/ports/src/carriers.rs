//! Where parcels are, as their carriers say. One service answers for all of the country's carriers.

mod simulated;
mod sweet_tracker;

pub use simulated::SimulatedCarriers;
pub use sweet_tracker::{Settings, SweetTracker};

use async_trait::async_trait;
use kernel::Timestamp;
use std::fmt;

/// What knows where parcels are.
#[async_trait]
pub trait Carriers: fmt::Debug + Send + Sync {
    /// What is known of a parcel at `now`.
    async fn ask(&self, parcel: &Parcel, now: Timestamp) -> Answer;

    /// Whether anybody is asked at all.
    fn is_configured(&self) -> bool {
        true
    }
}

/// A parcel, as its carrier knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The code by which the tracking services of Korea know the carrier, such as `04`.
    pub carrier: String,
    /// The carrier's number of it, without the signs that people write between its digits.
    pub number: String,
    /// Since when the shop knows this number.
    pub since: Timestamp,
}

/// What was learned about a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What its carrier has scanned so far, in no order; nothing before the carrier has the parcel.
    Scanned(Vec<Scan>),
    /// No carrier knows this number, or not yet.
    Unknown,
    /// Nothing: there was no answer in time, or the service failed or refuses this shop.
    Silence,
}

/// A place on a parcel's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    pub at: Timestamp,
    pub stage: Stage,
    pub place: Option<String>,
    /// What happened there, in the carrier's words.
    pub what: Option<String>,
}

/// How far a parcel has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The carrier knows that it will come.
    Registered,
    Collected,
    /// Between two places of the carrier.
    Moving,
    /// At the place from which it goes to its receiver.
    Arrived,
    OutForDelivery,
    Delivered,
}

/// No one is asked: people report where parcels are.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCarriers;

#[async_trait]
impl Carriers for NoCarriers {
    async fn ask(&self, _: &Parcel, _: Timestamp) -> Answer {
        Answer::Silence
    }

    fn is_configured(&self) -> bool {
        false
    }
}
