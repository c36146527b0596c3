//! The events of payments. They subscribe to none: `checkout` drives them.

use crate::payment::{Payment, Refund};
use events::{PaymentCompleted, PaymentFailed, PaymentRefunded};
use kernel::Timestamp;

pub(crate) fn completed(payment: &Payment) -> PaymentCompleted {
    PaymentCompleted {
        payment_number: payment.number.clone(),
        order_number: payment.order.clone(),
        user_id: payment.user,
        amount: payment.amount,
        payment_method: payment.method.name().to_owned(),
        pg_transaction_id: payment.transaction.clone(),
        paid_at: payment.updated_at,
    }
}

pub(crate) fn failed(payment: &Payment, reason: &str) -> PaymentFailed {
    PaymentFailed {
        payment_number: payment.number.clone(),
        order_number: payment.order.clone(),
        user_id: payment.user,
        amount: payment.amount,
        payment_method: payment.method.name().to_owned(),
        failure_reason: reason.to_owned(),
        failed_at: payment.updated_at,
    }
}

pub(crate) fn refunded(payment: &Payment, refund: &Refund, at: Timestamp) -> PaymentRefunded {
    PaymentRefunded {
        payment_number: payment.number.clone(),
        order_number: payment.order.clone(),
        user_id: payment.user,
        amount: refund.amount,
        refunded_amount: payment.refunded,
        payment_method: payment.method.name().to_owned(),
        reason: refund.reason.clone(),
        refunded_at: at,
    }
}
