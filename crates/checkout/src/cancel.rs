//! Cancelling an order is undoing its saga: an unpaid order gives its stock back, a paid one its money and its goods too.

use crate::{
    flow::{Checkout, REFUND},
    saga::{self, Ending, Record, Saga, Status, Todo},
};
use kernel::{Code, Error, OrderNumber, Result, UserId};
use order::{Kind, Order};
use store::Tx;

/// What beginning to undo an order led to.
#[derive(Debug)]
pub struct Undoing {
    /// The order as it was before.
    pub order: Order,
    /// Its saga.
    pub record: Record,
    /// What is to be done now.
    pub todo: Todo,
}

/// Begins to cancel an order, for its buyer or for the shop (`owner` none). Whatever can be undone without asking anybody is
/// undone in this transaction.
///
/// S201 S212 the order; S203 when it is with the carrier or was given up before; C019 while a refund of a part is open.
pub fn begin(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    number: &OrderNumber,
    owner: Option<&UserId>,
    ending: &Ending,
) -> Result<Undoing> {
    // the run first, then the order, so that neither changes while it is decided; that there is no run says less than that
    // there is no order
    let record = saga::store::lock_of_order(tx, number, saga.name);
    let order = order::ops::lock(tx, number)?;
    if owner.is_some_and(|user| order.user != *user) {
        return Err(Code::OrderUserMismatch.error());
    }
    let mut record = record?;
    match record.status {
        Status::Started | Status::Completed => {}
        // someone was faster; how it goes on is told as it is
        Status::Compensating | Status::CompensationFailed => {
            let todo = Todo::Rest(record.status);
            return Ok(Undoing { order, record, todo });
        }
        Status::Failed => return Err(too_late(&order)),
    }
    cancellable(tx, &order)?;
    let todo = saga.turn_back(tx, &mut record, ending.clone())?;
    Ok(Undoing { order, record, todo })
}

fn cancellable(tx: &mut Tx<'_>, order: &Order) -> Result<()> {
    match order.status.kind() {
        Kind::Pending | Kind::Confirmed => Ok(()),
        Kind::Paid => {
            let left = delivery::ops::lock_of_order(tx, &order.number)?.is_some_and(|parcel| has_left(&parcel));
            if left {
                return Err(Code::OrderCannotBeCancelled.because("its parcel has left"));
            }
            if saga::store::of_order(tx, &order.number)?.iter().any(is_open_refund) {
                return Err(Code::Conflict.because("a refund of this order is open; try again later").retry_after(10));
            }
            Ok(())
        }
        Kind::Shipping | Kind::Delivered | Kind::Cancelled | Kind::Refunded => Err(too_late(order)),
    }
}

fn has_left(parcel: &delivery::Delivery) -> bool {
    match parcel.status.kind() {
        delivery::Kind::Preparing | delivery::Kind::Cancelled => false,
        delivery::Kind::Shipped | delivery::Kind::InTransit | delivery::Kind::Delivered | delivery::Kind::Returned => {
            true
        }
    }
}

/// Whether this is a refund of a part that nobody knows the outcome of.
pub fn is_open_refund(record: &Record) -> bool {
    record.name == REFUND.name && record.status.is_moving()
}

fn too_late(order: &Order) -> Error {
    Code::OrderCannotBeCancelled.because(format!("an order in {} cannot be cancelled", order.status.kind()))
}
