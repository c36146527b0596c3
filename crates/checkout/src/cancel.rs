//! Cancelling an order is compensating its saga: an unpaid order releases its stock, a paid one returns its money and goods.

use crate::{
    flow::{Checkout, lock_run_of_order},
    refund_account, rest,
};
use kernel::{Code, Error, OrderNumber, Result, UserId};
use order::{Kind, Order};
use saga::{Action, Cancellation, Record, Saga, Status};
use store::Tx;

/// Begins to cancel an order, for its buyer or for the shop (`owner` none). What can be compensated without
/// asking another system is compensated in this transaction.
///
/// S201 S212 the order; S203 when it is with the carrier or was cancelled before; C019 while a refund of a part is open; C002 when it was
/// paid by a deposit and no one has named the account to which that goes back.
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
        // the parcel decides: an older version could set an order to SHIPPING whose parcel is still here
        Kind::Paid | Kind::Shipping | Kind::Delivered => {
            if delivery::ops::lock_all_of_order(tx, &order.number)?.iter().any(|parcel| parcel.status.has_left()) {
                return Err(Code::OrderCannotBeCancelled.because("its parcel has left"));
            }
            rest::of_refunds(tx, &order.number)?;
            refund_account::required_of_order(tx, &order.number)
        }
        Kind::Cancelled | Kind::Refunded => Err(too_late(order)),
    }
}

fn too_late(order: &Order) -> Error {
    Code::OrderCannotBeCancelled.because(format!("an order in {} cannot be cancelled", order.status.kind()))
}
