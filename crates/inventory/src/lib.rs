//! Stock: an event-sourced ledger per variant and location, its snapshots and the reservations of orders.
//! The README says what it owns, says, hears and promises.

mod audit;
pub mod events;
pub mod location;
pub mod movement;
pub mod ops;
pub mod rebuild;
pub mod stock;
mod store;
#[cfg(test)]
mod tests;

pub use audit::audit;
pub use location::Location;
pub use movement::{Kind, Movement};
pub use stock::{Level, Line, Opening, Reservation, Stock, StockStatus};
pub use store::State;

/// The tables.
pub const MIGRATIONS: &[::store::Migration] =
    &[::store::Migration { name: "inventory/0001_inventory", sql: include_str!("../migrations/0001_inventory.sql") }];

/// Every statement, prepared by a test on every database.
pub const STATEMENTS: &[&[&str]] = &[store::STATEMENTS, audit::STATEMENTS, rebuild::STATEMENTS];
