//! Payments and refunds: attempts to pay an order, and the money's way back. See the README.

pub mod ops;
pub mod payment;
pub mod remote;

pub use payment::{Approval, Kind, Method, NewPayment, Payment, Refund, RefundStatus, Status};
