//! CLOSE_ORDER: an order all of whose money went back while its parcel was on the way is REFUNDED.

use crate::{flow::GivingBack, saga::Local};
use kernel::Result;
use order::Kind;
use store::Tx;

/// After a refund of a part nothing changes for the order.
pub struct CloseOrder;

impl Local for CloseOrder {
    const NAME: &'static str = "CLOSE_ORDER";
    type Saga = GivingBack;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &GivingBack) -> Result<()> {
        let payment = payment::ops::find(tx, &saga.payment.number)?;
        let number = &payment.order;
        // held: the parcel may arrive at the same moment
        match order::ops::lock(tx, number)?.status.kind() {
            Kind::Shipping if payment.refunded == payment.captured => {
                order::ops::refunded(tx, number, &saga.refund.reason, &saga.by).map(|_| ())
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

    fn undo(_: &mut Tx<'_>, _: &GivingBack, (): ()) -> Result<()> {
        Ok(())
    }
}
