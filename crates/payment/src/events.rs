//! What payments say. They listen to nobody: `checkout` drives them.

use crate::payment::{Method, Payment, Refund};
use kernel::{Money, OrderNumber, PaymentNumber, Timestamp, UserId};
use serde::Serialize;
use store::Event;

/// Money was taken for an order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCompleted<'a> {
    payment_number: &'a PaymentNumber,
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    amount: Money,
    payment_method: Method,
    pg_transaction_id: Option<&'a str>,
    paid_at: Timestamp,
}

impl<'a> PaymentCompleted<'a> {
    pub(crate) fn of(payment: &'a Payment) -> PaymentCompleted<'a> {
        PaymentCompleted {
            payment_number: &payment.number,
            order_number: &payment.order,
            user_id: &payment.user,
            amount: payment.amount,
            payment_method: payment.method,
            pg_transaction_id: payment.transaction.as_deref(),
            paid_at: payment.updated_at,
        }
    }
}

impl Event for PaymentCompleted<'_> {
    const TOPIC: &'static str = "shopping.payment.completed";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// A payment was refused, or given up before there was an outcome (`failureReason` then begins with `CANCELLED`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFailed<'a> {
    payment_number: &'a PaymentNumber,
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    amount: Money,
    payment_method: Method,
    /// `CODE: text`.
    failure_reason: &'a str,
    failed_at: Timestamp,
}

impl<'a> PaymentFailed<'a> {
    pub(crate) fn of(payment: &'a Payment, reason: &'a str) -> PaymentFailed<'a> {
        PaymentFailed {
            payment_number: &payment.number,
            order_number: &payment.order,
            user_id: &payment.user,
            amount: payment.amount,
            payment_method: payment.method,
            failure_reason: reason,
            failed_at: payment.updated_at,
        }
    }
}

impl Event for PaymentFailed<'_> {
    const TOPIC: &'static str = "shopping.payment.failed";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// A part or all of a payment went back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded<'a> {
    payment_number: &'a PaymentNumber,
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    /// What went back now.
    amount: Money,
    /// What went back in all.
    refunded_amount: Money,
    payment_method: Method,
    reason: &'a str,
    refunded_at: Timestamp,
}

impl<'a> PaymentRefunded<'a> {
    pub(crate) fn of(payment: &'a Payment, refund: &'a Refund, at: Timestamp) -> PaymentRefunded<'a> {
        PaymentRefunded {
            payment_number: &payment.number,
            order_number: &payment.order,
            user_id: &payment.user,
            amount: refund.amount,
            refunded_amount: payment.refunded,
            payment_method: payment.method,
            reason: &refund.reason,
            refunded_at: at,
        }
    }
}

impl Event for PaymentRefunded<'_> {
    const TOPIC: &'static str = "shopping.payment.refunded";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}
