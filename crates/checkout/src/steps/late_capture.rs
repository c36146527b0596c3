//! LATE_CAPTURE: the gateway took money for a charge that had been abandoned. The step is completed when its run begins;
//! compensating it gives the money back.

use super::refund_payment::{GatewayRefund, Refunding};
use crate::{flow::LateCapture, refund_account};
use kernel::Result;
use saga::{Next, NoCall, Remote, Undo};
use store::Tx;

/// What was taken late.
pub struct CaptureLate;

impl Remote for CaptureLate {
    const NAME: &'static str = "LATE_CAPTURE";
    type Saga = LateCapture;
    type Forward = NoCall<LateCapture, Option<String>>;
    type Backward = Refunding<LateCapture>;

    fn prepare(_: &mut Tx<'_>, saga: &LateCapture) -> Result<Next<(), Option<String>>> {
        Ok(Next::Complete(saga.payment.transaction.clone()))
    }

    fn prepare_compensation(tx: &mut Tx<'_>, saga: &LateCapture, _: Option<String>) -> Result<Undo<GatewayRefund>> {
        let number = &saga.payment.number;
        refund_account::undo(tx, number, |tx| GatewayRefund::of_rest(tx, number))
    }
}
