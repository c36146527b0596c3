//! CREATE_DELIVERY: the parcel is being packed.

use super::ORDER_CANCELLED;
use crate::deal::buy::without_address;
use crate::flow::Checkout;
use kernel::{Result, TrackingNumber};
use saga::Local;
use store::Tx;

/// One delivery for the order. Compensation cancels it, which is impossible once it has left.
pub struct CreateDelivery;

impl Local for CreateDelivery {
    const NAME: &'static str = "CREATE_DELIVERY";
    type Saga = Checkout;
    type Memory = TrackingNumber;

    fn run(tx: &mut Tx<'_>, saga: &Checkout) -> Result<TrackingNumber> {
        let order = &saga.order;
        // no payment of an order without an address is begun
        let address = order.address.as_ref().ok_or_else(without_address)?;
        Ok(delivery::ops::create(tx, &order.number, &order.user, address, order.memo.as_deref())?.tracking)
    }

    fn compensate(tx: &mut Tx<'_>, saga: &Checkout, _: TrackingNumber) -> Result<()> {
        delivery::ops::cancel(tx, &saga.order.number, ORDER_CANCELLED)
    }
}
