//! Carts, quotes, orders and payments as buyers use them: the only crate that composes several domains where money or stock
//! is involved. The shop's sagas are in [`flow`]. The README says what is owned and promised.

pub mod audit;
pub mod cancel;
pub mod carriers;
pub mod cart_view;
pub mod channel;
pub mod charge;
pub mod comparison;
pub mod deal;
pub mod discount;
pub mod draft;
pub mod explain;
pub mod flow;
pub mod http;
pub mod images;
pub mod late;
pub mod obstacle;
pub mod own_money;
pub mod parcel;
pub mod parts;
pub mod pay;
pub mod place;
mod points;
pub mod price;
pub mod quote;
pub mod refund;
pub mod refund_account;
mod refund_lines;
pub mod reorder;
pub mod request;
mod resolved;
pub mod response;
pub mod rest;
pub mod returning;
pub mod settings;
pub mod steps;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod webhook;

use store::Stay;

/// The tables of this crate.
pub const MIGRATIONS: &[store::Migration] = &[
    store::Migration { name: "checkout/0001_sagas", sql: include_str!("../migrations/0001_sagas.sql") },
    store::Migration { name: "checkout/0002_saga_runs", sql: include_str!("../migrations/0002_saga_runs.sql") },
    store::Migration { name: "checkout/0003_hint_searches", sql: include_str!("../migrations/0003_hint_searches.sql") },
];

pub use settings::Settings;

/// What this crate contributes to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    backfills: resolved::BACKFILLS,
    tables: &[
        ("gateway_hints", Stay::Until("checkout.forget-hints")),
        (
            "abandoned_charges",
            Stay::Few("charges without a known outcome, until the gateway has been asked for two days"),
        ),
    ],
    settings: Some(web::settings::Section::of::<Settings>()),
    statements: audit::STATEMENTS,
    routes: http::routes,
    reactions: points::reactions,
    tasks: tasks::tasks,
    checks: audit::AUDIT,
    compare: Some(|app, period| Box::pin(comparison::compare(app, period))),
    gauges: saga::measure::GAUGES,
    counters: saga::measure::COUNTERS,
    ..web::Module::named("checkout")
};
