//! Stock: an event-sourced ledger per variant and location, its snapshots and the reservations of orders. The README
//! lists what this domain owns, emits, subscribes to and promises.

mod audit;
pub mod events;
pub mod location;
pub mod movement;
pub mod ops;
pub mod rebuild;
pub mod settings;
pub mod stock;
mod store;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use location::Location;
pub use movement::{Kind, Movement};
pub use stock::{Amount, Decision, Level, Line, Opening, Reservation, Seen, Shortage, Stock, StockStatus};
pub use store::State;

/// The tables.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "inventory/0001_inventory", sql: include_str!("../migrations/0001_inventory.sql") },
    ::store::Migration { name: "inventory/0002_holds", sql: include_str!("../migrations/0002_holds.sql") },
    ::store::Migration {
        name: "inventory/0003_rows_together",
        sql: include_str!("../migrations/0003_rows_together.sql"),
    },
];

pub use settings::Settings;

/// What inventory contributes to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[
        ("inventory_snapshots", Stay::Records),
        ("inventory_events", Stay::Records),
        ("inventory_reservations", Stay::Records),
        ("inventory_holds", Stay::Records),
    ],
    settings: Some(web::settings::Section::of::<Settings>()),
    statements: &[store::STATEMENTS],
    checks: audit::AUDIT,
    ..web::Module::named("inventory")
};
