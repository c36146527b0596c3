//! Deliveries: one parcel per order, its status and its history. See the README.

pub mod delivery;
pub mod events;
pub mod ops;
pub mod response;
pub mod store;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use delivery::{Delivery, Entry, Kind, Status};
pub use response::{DeliveryHistory, DeliveryResponse};

/// Tables of this domain.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "delivery/0001_deliveries", sql: include_str!("../migrations/0001_deliveries.sql") },
    ::store::Migration {
        name: "delivery/0002_returned_by_hand",
        sql: include_str!("../migrations/0002_returned_by_hand.sql"),
    },
    ::store::Migration { name: "delivery/0003_memo", sql: include_str!("../migrations/0003_memo.sql") },
    ::store::Migration {
        name: "delivery/0004_rows_together",
        sql: include_str!("../migrations/0004_rows_together.sql"),
    },
];

/// What deliveries contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[("deliveries", Stay::Records), ("delivery_history", Stay::Records)],
    statements: &[store::STATEMENTS],
    checks: store::AUDIT,
    ..web::Module::named("delivery")
};
