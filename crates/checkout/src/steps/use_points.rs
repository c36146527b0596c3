//! USE_POINTS: the buyer's points pay a part of the order.

use crate::flow::Checkout;
use kernel::{Money, Result};
use saga::Local;
use store::Tx;
use wallet::ops::points;

/// An order that uses no points does nothing here. Compensation puts them back where they came from, with the expiry that they had.
pub struct UsePoints;

impl Local for UsePoints {
    const NAME: &'static str = "USE_POINTS";
    type Saga = Checkout;
    /// How many were used.
    type Memory = Money;

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<Money> {
        let (order, wanted) = (&saga.order, saga.order.amounts.points_used);
        if wanted.is_positive() {
            points::spend(tx, &order.user, &order.number, wanted)?;
        }
        Ok(wanted)
    }

    fn compensate(tx: &mut Tx<'_>, saga: &Checkout, used: Money) -> Result<()> {
        if used.is_positive() { points::restore(tx, &saga.order.user, &saga.order.number).map(drop) } else { Ok(()) }
    }
}
