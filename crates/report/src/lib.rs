//! Read models and reports: what happened in the shop, in figures that can be worked out anew from its records. The README says
//! more.

mod audit;
pub mod buyers;
pub mod days;
pub mod events;
pub mod export;
pub mod goods;
pub mod http;
pub mod ops;
pub mod platform;
pub mod rebuild;
pub mod sales;
mod settings;
pub mod settlement;
pub mod sheet;
pub mod store;
pub mod view;
pub mod ways;

use ::store::Stay;

pub use settings::Settings;

/// The name under which the read models of orders, payments, users and days subscribe.
pub const ORDERS: &str = "report";
/// The same of products.
pub const PRODUCTS: &str = "report-products";

/// What read models and reports contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[
        ::store::Migration { name: "report/0001_views", sql: include_str!("../migrations/0001_views.sql") },
        ::store::Migration { name: "report/0002_settlement", sql: include_str!("../migrations/0002_settlement.sql") },
        ::store::Migration { name: "report/0003_cheaper", sql: include_str!("../migrations/0003_cheaper.sql") },
    ],
    tables: &[
        ("mv_orders", Stay::Records),
        ("mv_payments", Stay::Records),
        ("mv_users", Stay::Records),
        ("mv_products", Stay::Records),
        ("mv_daily_sales", Stay::Few("one for each day with orders")),
        ("mv_daily_products", Stay::Records),
        ("mv_turn", Stay::Few("one")),
    ],
    statements: &[
        store::STATEMENTS,
        rebuild::STATEMENTS,
        sales::STATEMENTS,
        goods::STATEMENTS,
        ways::STATEMENTS,
        buyers::STATEMENTS,
        platform::STATEMENTS,
        settlement::STATEMENTS,
        export::STATEMENTS,
    ],
    routes: http::routes,
    reactions: events::reactions,
    checks: audit::AUDIT,
    settings: Some(web::settings::Section::of::<Settings>()),
    ..web::Module::named("report")
};
