//! RESERVE_INVENTORY: the ordered units are reserved, so no other order can have them.

use super::ORDER_CANCELLED;
use crate::flow::Checkout;
use inventory::Line;
use kernel::Result;
use saga::Local;
use store::Tx;

/// All of the order's lines or none. Compensation releases what is still reserved.
pub struct ReserveInventory;

impl Local for ReserveInventory {
    const NAME: &'static str = "RESERVE_INVENTORY";
    type Saga = Checkout;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<()> {
        let order = &saga.order;
        let lines: Vec<Line> = order
            .lines
            .iter()
            .map(|line| Line { variant: line.variant, product: line.product, quantity: line.quantity })
            .collect();
        inventory::ops::reserve(tx, &order.number, &order.user, &lines)
    }

    fn compensate(tx: &mut Tx<'_>, saga: &Checkout, (): ()) -> Result<()> {
        inventory::ops::release(tx, &saga.order.number, ORDER_CANCELLED)
    }
}
