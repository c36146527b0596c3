//! RESERVE_INVENTORY: the ordered units are reserved, so no other order can have them. Units of a time deal come out of the deal in
//! the same transaction.

use super::ORDER_CANCELLED;
use crate::deal::units::{self, DealUnits};
use crate::flow::Checkout;
use inventory::Line;
use kernel::{Code, Result};
use saga::{Local, Record};
use serde::Deserialize;
use store::Tx;

/// All of the order's lines or none. Compensation releases what is still reserved.
pub struct ReserveInventory;

impl ReserveInventory {
    /// What a run remembers of the time deal in which its order buys.
    pub(crate) fn remembered(run: &Record) -> Result<Option<DealUnits>> {
        let memory = run.memory.get(Self::NAME).and_then(|entry| entry.memory.as_ref());
        let read = |memory| Option::<DealUnits>::deserialize(memory);
        memory.map_or(Ok(None), read).map_err(|e| Code::Internal.error().caused_by(e))
    }
}

impl Local for ReserveInventory {
    const NAME: &'static str = "RESERVE_INVENTORY";
    type Saga = Checkout;
    /// Nothing for an order that buys in no deal, as in runs that began before there were deals.
    type Memory = Option<DealUnits>;

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<Option<DealUnits>> {
        let order = &saga.order;
        if let Some(deal) = &saga.deal {
            units::take(tx, order, deal)?;
        }
        let lines: Vec<Line> = order
            .lines
            .iter()
            .map(|line| Line { variant: line.variant, product: line.product, quantity: line.quantity })
            .collect();
        inventory::ops::reserve(tx, &order.number, &order.user, &lines)?;
        Ok(saga.deal.clone())
    }

    fn compensate(tx: &mut Tx<'_>, saga: &Checkout, deal: Option<DealUnits>) -> Result<()> {
        let goods = |tx: &mut Tx<'_>| inventory::ops::release(tx, &saga.order.number, ORDER_CANCELLED);
        units::give_back(tx, &saga.order, deal.as_ref(), goods)
    }
}
