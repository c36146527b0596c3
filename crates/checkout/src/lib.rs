//! The only domain crate that composes others.
pub mod flow;
pub mod saga;
pub mod steps;

/// The tables of this crate.
pub const MIGRATIONS: &[store::Migration] =
    &[store::Migration { name: "checkout/0001_sagas", sql: include_str!("../migrations/0001_sagas.sql") }];
