//! DEDUCT_INVENTORY: what was held leaves the house.

use super::GIVEN_UP;
use crate::{flow::Checkout, saga::Local};
use kernel::{Code, Result};
use store::Tx;

/// The state of a reservation whose goods are sold.
const COMMITTED: &str = "COMMITTED";

/// The reservations become sales; undone, the goods come back.
pub struct DeductInventory;

impl Local for DeductInventory {
    const NAME: &'static str = "DEDUCT_INVENTORY";
    type Saga = Checkout;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<()> {
        let order = &saga.order.number;
        inventory::ops::commit(tx, order)?;
        // committing nothing is no error for inventory, but a paid order without goods must never be
        let held = inventory::ops::reservations(tx, order)?;
        let sold = !held.is_empty() && held.iter().all(|one| one.state == COMMITTED);
        if sold { Ok(()) } else { Err(Code::StockDeductionFailed.because("the goods of this order are gone")) }
    }

    fn undo(tx: &mut Tx<'_>, saga: &Checkout, (): ()) -> Result<()> {
        inventory::ops::return_sold(tx, &saga.order.number, GIVEN_UP)
    }
}
