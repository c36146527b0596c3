//! Wallets: prepaid balances and points. The README lists what this domain owns and promises.

mod audit;
pub mod charge;
pub mod ops;
pub mod points;
pub mod request;
pub mod response;
mod settings;
mod store;
mod tasks;
#[cfg(test)]
mod tests;
pub mod wallet;

use ::store::Stay;

pub use charge::{Charge, ChargeNumber, NewCharge};
pub use settings::Settings;
pub use wallet::{Account, Booking, Entry, Kind, Wallet};

/// What wallets contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[::store::Migration {
        name: "wallet/0001_wallets",
        sql: include_str!("../migrations/0001_wallets.sql"),
    }],
    tables: &[
        ("wallets", Stay::Records),
        ("wallet_entries", Stay::Records),
        ("balance_charges", Stay::Records),
        ("point_lots", Stay::Records),
        ("point_uses", Stay::Records),
        ("point_earnings", Stay::Records),
    ],
    statements: &[store::STATEMENTS, store::charges::STATEMENTS, store::points::STATEMENTS],
    tasks: tasks::tasks,
    checks: audit::AUDIT,
    settings: Some(web::settings::Section::of::<Settings>()),
    ..web::Module::named("wallet")
};
