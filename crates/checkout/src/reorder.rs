//! Ordering again: the buyer's cart is filled from an order with what can be bought now.

use crate::{
    cart_view::{self, CartResponse, Shopper},
    obstacle::{Problem, Stock, Unavailable},
    quote::{not_on_sale, unit_price},
};
use cart::{Cart, LeftOut, NewLine, cart::LINES_MAX};
use catalog::ops::{ItemRef, Sellable};
use kernel::{Code, Error, OrderNumber, Quantity, Result, UserId, VariantId};
use order::Line;
use serde::Serialize;
use store::Tx;
use utoipa::ToSchema;

/// The buyer's cart after it was filled from an order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReorderResponse)]
pub struct Reordered {
    /// The cart.
    #[serde(flatten)]
    pub cart: CartResponse,
    /// Units of the order that were not added to the cart, each with the reason.
    pub not_added: Vec<Unavailable>,
}

/// Units of a line that are not added.
struct Rest {
    name: ItemRef,
    quantity: Quantity,
    reason: Error,
}

impl Rest {
    fn of(line: &Line, quantity: Quantity, reason: Error) -> Rest {
        Rest { name: name(line), quantity, reason }
    }

    fn shown(self, shopper: &Shopper) -> Unavailable {
        Unavailable {
            item_id: None,
            product_id: self.name.product,
            variant_id: self.name.variant,
            quantity: self.quantity,
            reason: Problem::of(&self.reason, &shopper.context),
        }
    }
}

/// Fills the buyer's cart with the lines of one of the buyer's orders at today's prices, with as many units of each as are left.
/// Variants that are in the cart already stay as they are there. S201 S212 the order.
pub fn reorder(tx: &mut Tx<'_>, shopper: &Shopper, user: &UserId, number: &OrderNumber) -> Result<Reordered> {
    let order = order::ops::own(tx, number, user)?;
    let cart = cart::ops::current(tx, &shopper.owner)?;
    let names: Vec<ItemRef> = order.lines.iter().map(name).collect();
    let variants: Vec<VariantId> = order.lines.iter().map(|line| line.variant).collect();
    let found = catalog::ops::find(tx, &names)?;
    let mut stock = Stock::of(&inventory::ops::levels(tx, &variants)?);
    let (mut lines, mut rest) = (Vec::new(), Vec::new());
    for (line, sellable) in order.lines.iter().zip(&found) {
        let (again, not_added) = again(&cart, line, sellable.as_ref(), &mut stock);
        lines.extend(again);
        rest.extend(not_added);
    }
    for (variant, why) in cart::ops::fill(tx, &shopper.owner, lines)? {
        rest.extend(order.lines.iter().filter(|line| line.variant == variant).map(|line| left_out(line, why)));
    }
    let cart = cart::ops::current(tx, &shopper.owner)?;
    let cart = cart_view::shown(tx, cart, shopper)?;
    Ok(Reordered { cart, not_added: rest.into_iter().map(|rest| rest.shown(shopper)).collect() })
}

fn name(line: &Line) -> ItemRef {
    ItemRef { product: Some(line.product), variant: Some(line.variant) }
}

/// What of a line is added to the cart, and what is not.
fn again(cart: &Cart, line: &Line, sellable: Option<&Sellable>, stock: &mut Stock) -> (Option<NewLine>, Option<Rest>) {
    let none = |reason: Error| (None, Some(Rest::of(line, line.quantity, reason)));
    if cart.line_of(line.variant).is_some() {
        return (None, Some(left_out(line, LeftOut::AlreadyThere)));
    }
    let Some(sellable) = sellable else { return none(catalog::ops::not_found(&[&name(line)])) };
    if let Some(refusal) = not_on_sale([sellable].into_iter()) {
        return none(refusal);
    }
    let (units, short) = stock.take_some(sellable, line.quantity);
    let new = |quantity| NewLine {
        product: sellable.product,
        variant: sellable.variant,
        product_name: sellable.product_name.clone(),
        price: unit_price(sellable),
        quantity,
    };
    let missing = Quantity::new(line.quantity.as_i64() - units).ok();
    let rest = missing.zip(short).map(|(quantity, reason)| Rest::of(line, quantity, reason));
    (Quantity::new(units).ok().map(new), rest)
}

fn left_out(line: &Line, why: LeftOut) -> Rest {
    let reason = match why {
        LeftOut::AlreadyThere => Code::CartItemAlreadyExists.error(),
        LeftOut::Full => Code::InvalidInput.because(format!("a cart has at most {LINES_MAX} lines")),
    };
    Rest::of(line, line.quantity, reason)
}
