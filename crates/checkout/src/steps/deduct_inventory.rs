//! DEDUCT_INVENTORY: what was held leaves the house.

use super::GIVEN_UP;
use crate::{flow::Checkout, saga::Local};
use kernel::Result;
use store::Tx;

/// The reservations become sales; undone, the goods come back.
pub struct DeductInventory;

impl Local for DeductInventory {
    const NAME: &'static str = "DEDUCT_INVENTORY";
    type Saga = Checkout;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<()> {
        inventory::ops::commit(tx, &saga.order.number)
    }

    fn undo(tx: &mut Tx<'_>, saga: &Checkout, (): ()) -> Result<()> {
        inventory::ops::take_back(tx, &saga.order.number, GIVEN_UP)
    }
}
