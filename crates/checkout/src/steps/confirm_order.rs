//! CONFIRM_ORDER: the order is PAID.

use crate::flow::Checkout;
use kernel::{Code, Result};
use order::Kind;
use saga::Local;
use store::Tx;

/// The last step of an order. Its compensation does nothing: the order becomes REFUNDED when the earlier steps are compensated
/// too.
pub struct ConfirmOrder;

impl Local for ConfirmOrder {
    const NAME: &'static str = "CONFIRM_ORDER";
    type Saga = Checkout;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<()> {
        match order::ops::paid(tx, &saga.order.number, saga.payment.as_ref()) {
            Err(error) if error.code() == Code::OrderAlreadyPaid => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    fn compensate(_: &mut Tx<'_>, saga: &Checkout, (): ()) -> Result<()> {
        match saga.order.status.kind() {
            Kind::Delivered => Err(Code::OrderCannotBeCancelled.because("it has arrived")),
            Kind::Pending | Kind::Confirmed | Kind::Paid | Kind::Shipping | Kind::Cancelled | Kind::Refunded => Ok(()),
        }
    }
}
