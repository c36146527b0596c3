//! Time deals. The README lists what this domain owns and promises.

pub mod deal;
pub mod gate;
pub mod ops;
mod store;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use deal::{Close, Content, Deal, DealProduct, Offer, Purchase, Status};
pub use ops::{Filter, Offered};

/// The type of waiting queues in front of a deal.
pub const QUEUE: &str = "TIME_DEAL";

/// What time deals contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[
        ::store::Migration { name: "timedeal/0001_time_deals", sql: include_str!("../migrations/0001_time_deals.sql") },
        ::store::Migration { name: "timedeal/0002_returned", sql: include_str!("../migrations/0002_returned.sql") },
        ::store::Migration { name: "timedeal/0003_version", sql: include_str!("../migrations/0003_version.sql") },
    ],
    tables: &[
        ("time_deals", Stay::Records),
        ("time_deal_products", Stay::Records),
        ("time_deal_purchases", Stay::Records),
        ("time_deal_allowances", Stay::Records),
    ],
    statements: &[store::STATEMENTS],
    invalidates: gate::invalidates,
    checks: store::AUDIT,
    queued: Some(web::Queued { event_type: QUEUE, names: store::names }),
    ..web::Module::named("timedeal")
};
