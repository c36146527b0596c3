//! The shop's memory: one `Db` with a plain synchronous `Tx`, group commit, migrations, the outbox and its consumers,
//! idempotency records. The only crate that knows a database driver. The README explains it in one page.

pub mod arg;
pub mod audit;
pub mod consumer;
pub mod db;
pub mod dialect;
pub mod fault;
pub mod idempotency;
pub mod migrate;
pub mod outbox;
mod reader;
pub mod row;
mod sqlite;
pub mod tx;
mod wal;
mod writer;

#[cfg(test)]
mod tests;

pub use arg::{Arg, ToArg};
pub use audit::Violation;
pub use consumer::Reaction;
pub use db::{Db, Durability, Health, Settings};
pub use dialect::Dialect;
pub use migrate::Migration;
pub use outbox::{Envelope, Event};
pub use row::{Column, FromColumn, Row};
pub use tx::Tx;

/// What the store itself adds to every shop: its own tables.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "store/0001_base", sql: include_str!("../migrations/0001_base.sql") }];

/// Every statement of the store, prepared by a test on every database at hand.
pub fn statements() -> Vec<&'static str> {
    [writer::STATEMENTS, migrate::STATEMENTS, outbox::STATEMENTS, consumer::STATEMENTS, idempotency::STATEMENTS]
        .concat()
}
