//! CONFIRM_ORDER: the order is PAID.

use crate::flow::Checkout;
use kernel::{Code, Result};
use saga::Local;
use store::Tx;

/// The last step of an order. Its compensation does nothing: the order becomes REFUNDED when the earlier steps are compensated
/// too, and CREATE_DELIVERY refuses that once the parcel has left.
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

    fn compensate(_: &mut Tx<'_>, _: &Checkout, (): ()) -> Result<()> {
        Ok(())
    }
}
