//! RESERVE_INVENTORY: what is ordered cannot be sold to anybody else any more.

use super::GIVEN_UP;
use crate::{flow::Checkout, saga::Local};
use inventory::Line;
use kernel::Result;
use store::Tx;

/// All or nothing over the order's lines; undone, what is still held can be sold again.
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

    fn undo(tx: &mut Tx<'_>, saga: &Checkout, (): ()) -> Result<()> {
        inventory::ops::release(tx, &saga.order.number, GIVEN_UP)
    }
}
