//! The systems that the shop calls: a clock, a payment gateway, a review service, a gate, carriers, a collector. Each port is a trait with an
//! implementation in the process; the README lists them.

pub mod breaker;
pub mod carriers;
pub mod clock;
pub mod collector;
pub mod gate;
pub mod gateway;
pub mod key_set;
pub mod reviews;

pub use carriers::{Carriers, NoCarriers};
pub use clock::{ManualClock, SystemClock};
pub use collector::{Collector, HttpCollector};
pub use gate::{Gate, MemoryGate, RedisGate};
pub use gateway::Gateway;
pub use reviews::{NoReviews, Reviews};

use std::sync::Arc;

/// The systems that requests and tasks may call, but never inside a transaction.
#[derive(Debug, Clone)]
pub struct Ports {
    pub gateway: Arc<dyn Gateway>,
    pub reviews: Arc<dyn Reviews>,
    pub gate: Arc<dyn Gate>,
    pub carriers: Arc<dyn Carriers>,
}
