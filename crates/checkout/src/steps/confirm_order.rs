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
        let payment = saga.payment.as_ref();
        let paid = match order::ops::paid_as_read(tx, saga.order.clone(), payment) {
            // the order was changed since this transaction read it
            Ok(None) => order::ops::paid(tx, &saga.order.number, payment).map(|_| ()),
            outcome => outcome.map(|_| ()),
        };
        match paid {
            Err(error) if error.code() == Code::OrderAlreadyPaid => Ok(()),
            outcome => outcome,
        }
    }

    fn compensate(_: &mut Tx<'_>, _: &Checkout, (): ()) -> Result<()> {
        Ok(())
    }
}
