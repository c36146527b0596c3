//! DEDUCT_INVENTORY: reserved stock becomes sold stock.

use super::ORDER_CANCELLED;
use crate::deal::units;
use crate::flow::Checkout;
use kernel::{Code, Result};
use saga::Local;
use store::Tx;

/// The state of a reservation whose goods are sold.
const COMMITTED: &str = "COMMITTED";

/// The reservations become sales. Compensation returns the goods.
pub struct DeductInventory;

impl Local for DeductInventory {
    const NAME: &'static str = "DEDUCT_INVENTORY";
    type Saga = Checkout;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<()> {
        let order = &saga.order.number;
        if inventory::ops::commit(tx, order)? {
            return Ok(());
        }
        // committing nothing is no error for inventory, but a paid order without goods must never be
        let held = inventory::ops::reservations(tx, order)?;
        let sold = !held.is_empty() && held.iter().all(|one| one.state == COMMITTED);
        if sold { Ok(()) } else { Err(Code::StockDeductionFailed.because("the goods of this order are gone")) }
    }

    fn compensate(tx: &mut Tx<'_>, saga: &Checkout, (): ()) -> Result<()> {
        let goods = |tx: &mut Tx<'_>| inventory::ops::return_sold(tx, &saga.order.number, ORDER_CANCELLED);
        units::give_back(tx, &saga.order, saga.deal.as_ref(), goods)
    }
}
