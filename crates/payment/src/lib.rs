//! Payments and refunds. See the README.

mod audit;
pub mod events;
pub mod ops;
mod part;
pub mod payment;
pub mod remote;
pub mod response;
pub mod store;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use part::Part;
pub use payment::{
    Approval, Change, Kind, Method, NewPayment, Payment, Recorded, Recording, Records, Refund, RefundKind,
    RefundStatus, RefundedLine, Status,
};
pub use response::{MethodName, PaymentDetail, PaymentResponse, RefundResponse, RefundedLineResponse};

/// Tables of this domain.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "payment/0001_payments", sql: include_str!("../migrations/0001_payments.sql") },
    ::store::Migration { name: "payment/0002_refund_lines", sql: include_str!("../migrations/0002_refund_lines.sql") },
    ::store::Migration { name: "payment/0003_method_sent", sql: include_str!("../migrations/0003_method_sent.sql") },
];

/// What payments contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[("payments", Stay::Records), ("refunds", Stay::Records), ("refund_lines", Stay::Records)],
    statements: &[store::STATEMENTS],
    checks: audit::AUDIT,
    ..web::Module::named("payment")
};
