//! CONFIRM_ORDER: the order is PAID.

use crate::flow::Checkout;
use kernel::{Code, PaymentNumber, Result};
use order::Order;
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
            Ok(None) => paid_as_changed(tx, &saga.order, payment),
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

/// For an order that was changed since it was read. C016 when it goes elsewhere now: its parcel has the old address.
fn paid_as_changed(tx: &mut Tx<'_>, read: &Order, payment: Option<&PaymentNumber>) -> Result<()> {
    let order = order::ops::lock(tx, &read.number)?;
    if (&order.address, &order.memo) != (&read.address, &read.memo) {
        return Err(Code::OutdatedVersion.because("the order was sent elsewhere at the same moment").retry_after(1));
    }
    order::ops::paid(tx, &read.number, payment).map(|_| ())
}
