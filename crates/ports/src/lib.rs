//! What the shop asks of the world outside: the time, a payment gateway, another service's reviews. Each port is a
//! trait with its in-process default; the README lists them.

pub mod breaker;
pub mod clock;
pub mod gateway;
pub mod key_set;
pub mod reviews;

pub use clock::{ManualClock, SystemClock};
pub use gateway::Gateway;
pub use reviews::{NoReviews, Reviews};

use std::sync::Arc;

/// The systems outside that requests and tasks may call. Never called inside a transaction.
#[derive(Debug, Clone)]
pub struct Ports {
    /// Who takes the buyers' money.
    pub gateway: Arc<dyn Gateway>,
    /// Who knows what buyers wrote about products.
    pub reviews: Arc<dyn Reviews>,
}
