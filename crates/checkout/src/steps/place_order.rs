//! PLACE_ORDER: the order's rows are written, and the cart it comes from is tied to it.

use crate::deal::units::DealUnits;
use crate::flow::{Checkout, order_subject};
use kernel::{CartId, Result};
use order::NewOrder;
use saga::{First, Subject};
use store::Tx;

/// The first step of an order. When every later step is compensated, [`crate::flow::ORDER`] closes the order.
pub struct PlaceOrder;

/// A priced order that nothing prevents.
#[derive(Debug, Clone)]
pub struct PricedOrder {
    pub new: NewOrder,
    /// The cart it comes from.
    pub cart: Option<CartId>,
    /// The time deal in which it buys.
    pub deal: Option<DealUnits>,
}

impl First for PlaceOrder {
    const NAME: &'static str = "PLACE_ORDER";
    type Input = PricedOrder;
    type Saga = Checkout;

    fn run(tx: &mut Tx<'_>, priced: PricedOrder) -> Result<Checkout> {
        let order = order::ops::place(tx, priced.new)?;
        if let Some(cart) = priced.cart {
            cart::ops::ordered(tx, cart, &order.number)?;
        }
        Ok(Checkout { order, payment: None, deal: priced.deal, begun: None })
    }

    fn subject(saga: &Checkout) -> Subject {
        order_subject(&saga.order.number)
    }

    fn event_key(saga: &Checkout) -> String {
        saga.order.number.to_string()
    }
}
