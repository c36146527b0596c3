//! CLOSE_ORDER: an order is REFUNDED if all of its money went back after its parcel had left. Money that was captured late, for a payment
//! that had failed or was cancelled, is not the order's.

use crate::{flow::PartialRefund, parcel, parts::Shares};
use kernel::Result;
use order::Kind;
use saga::Local;
use store::Tx;

/// After a refund of a part nothing changes for the order.
pub struct CloseOrder;

impl Local for CloseOrder {
    const NAME: &'static str = "CLOSE_ORDER";
    type Saga = PartialRefund;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &PartialRefund) -> Result<()> {
        let number = &saga.payment.order;
        let shares = Shares::of(tx, number, &saga.payment.number)?;
        // locked, because the parcel may arrive at the same moment
        match order::ops::lock(tx, number)?.status.kind() {
            Kind::Paid | Kind::Shipping | Kind::Delivered
                if shares.first().status.is_live() && shares.is_refunded() =>
            {
                let order = order::ops::refunded(tx, number, &saga.refund.reason, &saga.by)?;
                parcel::stop_waiting(tx, &order, &saga.by)
            }
            Kind::Pending
            | Kind::Confirmed
            | Kind::Paid
            | Kind::Shipping
            | Kind::Delivered
            | Kind::Cancelled
            | Kind::Refunded => Ok(()),
        }
    }

    fn compensate(_: &mut Tx<'_>, _: &PartialRefund, (): ()) -> Result<()> {
        Ok(())
    }
}
