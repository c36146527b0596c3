//! Returns and exchanges of goods that were delivered. The README lists what this domain owns and promises.

mod audit;
pub mod ops;
pub mod request;
pub mod response;
pub mod returns;
mod settings;
mod store;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use response::ReturnResponse;
pub use returns::{Kind, NewReturn, Payer, Reason, Resolution, Return, ReturnNumber, Status};
pub use settings::{Settings, Window};

/// What returns contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[
        ::store::Migration { name: "returns/0001_returns", sql: include_str!("../migrations/0001_returns.sql") },
        ::store::Migration { name: "returns/0002_withheld", sql: include_str!("../migrations/0002_withheld.sql") },
        ::store::Migration {
            name: "returns/0003_requested_by",
            sql: include_str!("../migrations/0003_requested_by.sql"),
        },
    ],
    tables: &[("return_requests", Stay::Records), ("return_lines", Stay::Records), ("return_refunds", Stay::Records)],
    statements: &[store::STATEMENTS],
    checks: audit::AUDIT,
    settings: Some(web::settings::Section::of::<Settings>()),
    ..web::Module::named("returns")
};
