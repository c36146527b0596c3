//! What can be done with payments and refunds: one function per verb.

use crate::payment::{Approval, NewPayment, Payment, Refund};
use kernel::{Money, OrderNumber, PaymentNumber, RefundId, Result, UserId};
use store::Tx;

fn later<T>() -> Result<T> {
    Err(kernel::Code::Internal.error())
}
/// Begins a payment in PROCESSING. S302 when the order has a live one, S306, S307.
pub fn begin(tx: &mut Tx<'_>, new: NewPayment) -> Result<Payment> {
    let _ = (tx, new);
    later()
}
/// The gateway approved. Repeated with the same transaction: no effect.
pub fn completed(tx: &mut Tx<'_>, number: &PaymentNumber, transaction: &str) -> Result<Approval> {
    let _ = (tx, number, transaction);
    later()
}
/// The gateway refused. Repeated: no effect; S302 when it is completed.
pub fn failed(tx: &mut Tx<'_>, number: &PaymentNumber, reason: &str) -> Result<Payment> {
    let _ = (tx, number, reason);
    later()
}
/// The buyer or the shop gave it up. Repeated: no effect; S312 when there is an outcome.
pub fn cancelled(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Payment> {
    let _ = (tx, number);
    later()
}
/// Claims `amount` of what was captured for a refund. S305 when nothing can be refunded, S306 when the amount is more than is left.
pub fn begin_refund(tx: &mut Tx<'_>, number: &PaymentNumber, amount: Money, reason: &str) -> Result<Refund> {
    let _ = (tx, number, amount, reason);
    later()
}
/// The gateway gave the money back. Repeated: no effect.
pub fn refund_completed(tx: &mut Tx<'_>, refund: RefundId, transaction: &str) -> Result<Refund> {
    let _ = (tx, refund, transaction);
    later()
}
/// The gateway refused the refund; the claim is given up. Repeated: no effect.
pub fn refund_failed(tx: &mut Tx<'_>, refund: RefundId, reason: &str) -> Result<Refund> {
    let _ = (tx, refund, reason);
    later()
}
/// The payment; S301.
pub fn find(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Payment> {
    let _ = (tx, number);
    later()
}
/// The caller's own payment; S301, S313.
pub fn own(tx: &mut Tx<'_>, number: &PaymentNumber, user: &UserId) -> Result<Payment> {
    let _ = (tx, number, user);
    later()
}
/// The refund; S301.
pub fn find_refund(tx: &mut Tx<'_>, refund: RefundId) -> Result<Refund> {
    let _ = (tx, refund);
    later()
}
/// Every payment of the order, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Payment>> {
    let _ = (tx, order);
    later()
}
/// Every refund of the order's payments, oldest first.
pub fn refunds_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Refund>> {
    let _ = (tx, order);
    later()
}
/// The order's live payment (PENDING, PROCESSING, COMPLETED or refunded), if it has one.
pub fn live(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Payment>> {
    let _ = (tx, order);
    later()
}
