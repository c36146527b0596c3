//! Payments and refunds. See the README.

mod audit;
pub mod deposit;
pub mod events;
pub mod ops;
mod part;
pub mod payment;
pub mod remote;
pub mod response;
pub mod store;
#[cfg(test)]
mod tests;
pub mod wrong;

use ::store::Stay;

pub use part::Part;
pub use payment::{
    Approval, Change, Kind, Method, NewPayment, Payment, Recorded, Recording, Records, Refund, RefundKind,
    RefundStatus, RefundedLine, Status,
};
pub use response::{DepositResponse, MethodName, PaymentDetail, PaymentResponse, RefundResponse, RefundedLineResponse};

/// Tables of this domain.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "payment/0001_payments", sql: include_str!("../migrations/0001_payments.sql") },
    ::store::Migration { name: "payment/0002_refund_lines", sql: include_str!("../migrations/0002_refund_lines.sql") },
    ::store::Migration { name: "payment/0003_method_sent", sql: include_str!("../migrations/0003_method_sent.sql") },
    ::store::Migration { name: "payment/0004_deposits", sql: include_str!("../migrations/0004_deposits.sql") },
];

/// What payments contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[
        ("payments", Stay::Records),
        ("refunds", Stay::Records),
        ("refund_lines", Stay::Records),
        ("deposit_accounts", Stay::Records),
        ("wrong_captures", Stay::Few("a gateway takes what it is asked for")),
    ],
    statements: &[store::STATEMENTS, deposit::STATEMENTS, wrong::STATEMENTS],
    checks: audit::AUDIT,
    ..web::Module::named("payment")
};
