//! Carts. The README lists what this domain owns and promises.

pub mod cart;
pub mod ops;
pub mod owner;
pub mod settings;
mod store;
pub mod tasks;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use cart::{Cart, CartLine, Kind, LeftOut, NewLine, Status};
pub use owner::{Guest, Owner};
pub use settings::Settings;

/// The tables.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "cart/0001_cart", sql: include_str!("../migrations/0001_cart.sql") },
    ::store::Migration { name: "cart/0002_one_cart", sql: include_str!("../migrations/0002_one_cart.sql") },
    ::store::Migration { name: "cart/0003_changes", sql: include_str!("../migrations/0003_changes.sql") },
    ::store::Migration { name: "cart/0004_no_list", sql: include_str!("../migrations/0004_no_list.sql") },
];

/// What carts contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[("carts", Stay::Until("cart.forget")), ("cart_items", Stay::Until("cart.forget"))],
    settings: Some(web::settings::Section::of::<Settings>()),
    statements: &[store::STATEMENTS],
    tasks: tasks::tasks,
    checks: store::AUDIT,
    ..web::Module::named("cart")
};
