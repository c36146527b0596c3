//! Orders: what was bought, by whom, for how much, and its status. See the README.

pub mod events;
pub mod ops;
pub mod order;
pub mod origin;
pub mod response;
pub mod store;
pub mod streams;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use order::{Amounts, Change, Kind, Line, Milestones, NewLine, NewOrder, Order, Status};
pub use response::{OrderItem, OrderResponse};

/// Tables of this domain.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "order/0001_orders", sql: include_str!("../migrations/0001_orders.sql") },
    ::store::Migration { name: "order/0002_shipped_at", sql: include_str!("../migrations/0002_shipped_at.sql") },
    ::store::Migration { name: "order/0003_memo", sql: include_str!("../migrations/0003_memo.sql") },
    ::store::Migration { name: "order/0004_rows_together", sql: include_str!("../migrations/0004_rows_together.sql") },
    ::store::Migration { name: "order/0005_prices", sql: include_str!("../migrations/0005_prices.sql") },
    ::store::Migration {
        name: "order/0006_channel_orders",
        sql: include_str!("../migrations/0006_channel_orders.sql"),
    },
];

/// What orders contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[("orders", Stay::Records), ("order_items", Stay::Records), ("channel_orders", Stay::Records)],
    statements: &[store::STATEMENTS, store::lists::STATEMENTS, origin::STATEMENTS],
    reactions: events::reactions,
    streams: streams::sources,
    checks: store::AUDIT,
    ..web::Module::named("order")
};
