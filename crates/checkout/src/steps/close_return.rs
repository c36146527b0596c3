//! CLOSE_RETURN: what was sent back is REFUNDED once all of its money has gone back.

use crate::{flow::PartialRefund, returning};
use kernel::Result;
use saga::Local;
use store::Tx;

/// Most refunds belong to no return.
pub struct CloseReturn;

impl Local for CloseReturn {
    const NAME: &'static str = "CLOSE_RETURN";
    type Saga = PartialRefund;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &PartialRefund) -> Result<()> {
        returning::refund_came(tx, &saga.refund, &saga.by)
    }

    fn compensate(_: &mut Tx<'_>, _: &PartialRefund, (): ()) -> Result<()> {
        Ok(())
    }
}
