//! Cancelling an order is compensating its saga: an unpaid order releases its stock, a paid one returns its money and goods.

use crate::flow::{Checkout, REFUND, lock_run_of_order};
use kernel::{Code, Error, OrderNumber, Result, UserId};
use order::{Kind, Order};
use saga::{Action, Cancellation, Record, Saga, Status};
use store::Tx;

/// Begins to cancel an order, for its buyer or for the shop (`owner` none). What can be compensated without
/// asking another system is compensated in this transaction.
///
/// S201 S212 the order; S203 when it is with the carrier or was cancelled before; C019 while a refund of a part is open.
pub fn begin(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    number: &OrderNumber,
    owner: Option<&UserId>,
    why: &Cancellation,
) -> Result<(Record, Action)> {
    // the run is locked first, then the order, so that neither changes while this decides; if both are missing, report the
    // missing order: the caller can act on it
    let record = lock_run_of_order(tx, number);
    let order = order::ops::lock(tx, number)?;
    if owner.is_some_and(|user| order.user != *user) {
        return Err(Code::OrderUserMismatch.error());
    }
    let mut record = record?;
    match record.status {
        Status::Started | Status::Completed => {}
        // another request was faster
        Status::Compensating | Status::CompensationFailed => {
            let action = Action::Rest(record.status);
            return Ok((record, action));
        }
        Status::Failed => return Err(too_late(&order)),
    }
    cancellable(tx, &order)?;
    let action = saga.cancel(tx, &mut record, why.clone())?;
    Ok((record, action))
}

fn cancellable(tx: &mut Tx<'_>, order: &Order) -> Result<()> {
    match order.status.kind() {
        Kind::Pending | Kind::Confirmed => Ok(()),
        Kind::Paid => {
            let left = delivery::ops::lock_of_order(tx, &order.number)?.is_some_and(|parcel| has_left(&parcel));
            if left {
                return Err(Code::OrderCannotBeCancelled.because("its parcel has left"));
            }
            if saga::store::of_key(tx, order.number.as_str())?.iter().any(is_open_refund) {
                return Err(Code::Conflict.because("a refund of this order is open; try again later").retry_after(10));
            }
            Ok(())
        }
        Kind::Shipping | Kind::Delivered | Kind::Cancelled | Kind::Refunded => Err(too_late(order)),
    }
}

/// Whether the parcel was handed to the carrier.
pub fn has_left(parcel: &delivery::Delivery) -> bool {
    match parcel.status.kind() {
        delivery::Kind::Preparing | delivery::Kind::Cancelled => false,
        delivery::Kind::Shipped | delivery::Kind::InTransit | delivery::Kind::Delivered | delivery::Kind::Returned => {
            true
        }
    }
}

/// Whether this is a refund of a part whose outcome is not known.
pub fn is_open_refund(record: &Record) -> bool {
    record.family == REFUND.family() && record.status.is_moving()
}

fn too_late(order: &Order) -> Error {
    Code::OrderCannotBeCancelled.because(format!("an order in {} cannot be cancelled", order.status.kind()))
}
