//! The database of a shop: one `Db` with a plain synchronous `Tx`, group commit, migrations, the outbox and its subscribers,
//! idempotency records. The only crate that knows a database driver. The README explains it in one page.

pub mod arg;
pub mod audit;
mod by_time;
mod connection;
pub mod copy;
pub mod db;
pub mod dead_letter;
pub mod dialect;
mod drawn;
pub mod fault;
mod file;
pub mod idempotency;
mod integrity;
mod job;
mod kept;
pub mod lease;
pub mod migrate;
mod mysql;
pub mod news;
mod open;
pub mod outbox;
mod pool;
mod postgres;
pub mod reaction;
mod reader;
mod rendered;
mod requests;
pub mod retention;
pub mod row;
pub mod schema;
mod settings;
mod sqlite;
pub mod subscriber;
pub mod text_enum;
pub mod tx;
pub mod url;
mod wal;
mod writer;

#[cfg(test)]
mod tests;

pub use arg::{Arg, ToArg};
pub use audit::{Check, Violation};
pub use by_time::row_before;
/// Joins constant texts to one constant text, for a table's column list that stands once:
///
/// ```
/// use store::concatcp;
///
/// const COLUMNS: &str = "id, name, price";
/// const FIND: &str = concatcp!("select ", COLUMNS, " from products where id = ?");
/// const LOCK: &str = concatcp!(FIND, " {for update}");
/// assert_eq!(LOCK, "select id, name, price from products where id = ? {for update}");
/// ```
///
/// [`Row::next`] reads the columns in that order.
pub use const_format::concatcp;
/// A statement that counts the rows of `from …`, but no more than [`kernel::page::COUNTED_MAX`] and one; [`kernel::Total::counted`]
/// reads its result.
///
/// ```
/// use store::counted;
///
/// const COUNT: &str = counted!(" from orders where", " status = ?");
/// assert_eq!(COUNT, "select count(*) from (select 1 as one from orders where status = ? limit 10001) as counted");
/// ```
#[macro_export]
macro_rules! counted {
    ($($part:expr),+ $(,)?) => {
        $crate::counted_of!("", $($part),+)
    };
}
/// The same after a `with …`.
#[macro_export]
macro_rules! counted_of {
    ($with:expr, $($part:expr),+ $(,)?) => {{
        const MOST: i64 = $crate::COUNTED_MAX + 1;
        $crate::concatcp!($with, "select count(*) from (select 1 as one", $($part),+, " limit ", MOST, ") as counted")
    }};
}
pub use db::{Cost, Costs, Db, Health};
pub use dead_letter::DeadLetter;
pub use dialect::Dialect;
pub use file::{is_served, stray_log};
pub use integrity::Integrity;
#[doc(hidden)]
pub use kernel::page::COUNTED_MAX;
pub use lease::Lease;
pub use migrate::{Backfill, Migration, holds_a_shop};
pub use news::News;
pub use outbox::{Emitted, StoredEvent};
pub use reaction::Reaction;
pub use retention::{Aged, Stay};
pub use row::{Column, FromColumn, Row, present};
pub use settings::{Durability, Limits, Settings};
pub use tx::Tx;
pub use url::DatabaseUrl;

/// What the store itself adds to every shop: its own tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "store/0001_base", sql: include_str!("../migrations/0001_base.sql") },
    Migration { name: "store/0002_instances", sql: include_str!("../migrations/0002_instances.sql") },
    Migration { name: "store/0003_outcomes", sql: include_str!("../migrations/0003_outcomes.sql") },
];

/// How long the rows of the store's own tables stay.
pub const TABLES: &[retention::Kept] = &[
    ("outbox", Stay::Until("server.forget-events")),
    ("idempotency_records", Stay::Until("server.forget-idempotency")),
    ("parked_events", Stay::Few("events that a subscriber cannot process, until a person has had them delivered")),
    ("consumer_positions", Stay::Few("one for each subscriber")),
    ("schema_migrations", Stay::Few("one for each migration")),
    ("store_probe", Stay::Few("one")),
    ("leases", Stay::Few("one")),
    ("lease_fences", Stay::Few("one")),
];

/// Every statement of the store, prepared by a test on every database at hand.
pub const STATEMENTS: &[&[&str]] = &[
    writer::STATEMENTS,
    migrate::STATEMENTS,
    outbox::STATEMENTS,
    subscriber::STATEMENTS,
    dead_letter::STATEMENTS,
    idempotency::STATEMENTS,
    lease::STATEMENTS,
    copy::STATEMENTS,
];
