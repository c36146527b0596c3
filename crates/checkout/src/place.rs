//! Placing an order: one transaction from the cart to the waiting saga.

use crate::{
    flow::Checkout,
    request::{OrderRequest, Source},
    steps::{PlaceOrder, PricedOrder},
};
use cart::Cart;
use catalog::ops::{ItemRef, Sellable};
use kernel::{Address, CartId, Code, Currency, Detail, Error, Money, Quantity, Result, UserId, Zone};
use order::{Amounts, NewLine, NewOrder, Order};
use saga::{Record, Saga, Status};
use std::time::Duration;
use store::Tx;

/// Settings of the shop that an order depends on.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The currency of every amount.
    pub currency: Currency,
    /// How long the buyer has to pay.
    pub pay_within: Duration,
    /// What a day is.
    pub zone: Zone,
}

/// An order that is about to be placed: everything that can be checked without reading is.
#[derive(Debug, Clone)]
pub struct Wish {
    source: Source,
    address: Address,
    expected: Option<Money>,
}

impl Wish {
    /// The first thing that is wrong with the request, if anything is.
    pub fn of(request: &OrderRequest) -> Result<Wish> {
        let source = request.source()?;
        let address = request.address()?;
        match request.extras().into_iter().next() {
            Some(error) => Err(error),
            None => Ok(Wish { source, address, expected: request.expected_amount }),
        }
    }
}

/// What is wanted, and how much of it.
pub(crate) type Line = (ItemRef, Quantity);

/// A placed order.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The order, in CONFIRMED, or in PAID when it costs nothing.
    pub order: Order,
    /// Its saga.
    pub saga: Record,
}

/// Places an order. The prices are those of this moment; nothing is written when anything is wrong.
///
/// S001 S003 what is ordered, S101 S103 S104 the cart, S210 the expected amount, S401 S402 the stock.
pub fn place(tx: &mut Tx<'_>, saga: &Saga<Checkout>, terms: &Terms, user: &UserId, wish: &Wish) -> Result<Placed> {
    let (cart, wanted) = wanted(tx, user, &wish.source)?;
    let lines = priced(tx, &wanted)?;
    expect(wish.expected, Amounts::of(&lines, Money::ZERO, Money::ZERO)?.payable)?;
    let new = NewOrder {
        user: *user,
        lines,
        address: wish.address.clone(),
        coupon_discount: Money::ZERO,
        coupon: None,
        points_used: Money::ZERO,
        currency: terms.currency,
        pay_within: terms.pay_within,
        zone: terms.zone.clone(),
    };
    begin(tx, saga, PricedOrder { new, cart })
}

fn begin(tx: &mut Tx<'_>, saga: &Saga<Checkout>, priced: PricedOrder) -> Result<Placed> {
    let by = priced.new.user.to_string();
    let (placed, record, _) = saga.begin_with::<PlaceOrder>(tx, priced, &by)?;
    match record.status {
        Status::Started => Ok(Placed { order: placed.order, saga: record }),
        // it costs nothing, so no gateway had to be asked and it is PAID already
        Status::Completed => Ok(Placed { order: order::ops::find(tx, &placed.order.number)?, saga: record }),
        Status::Compensating | Status::Failed | Status::CompensationFailed => {
            Err(Code::OrderCreationFailed.error().caused_by(record.last_error.unwrap_or_default()))
        }
    }
}

/// What is to be ordered, and the cart it comes from.
fn wanted(tx: &mut Tx<'_>, user: &UserId, source: &Source) -> Result<(Option<CartId>, Vec<Line>)> {
    Ok(match source {
        Source::Items(_) => (None, named(source)),
        Source::Cart(id) => {
            let cart = cart::ops::for_order(tx, user, *id)?;
            (Some(cart.id), of_cart(&cart))
        }
    })
}

/// What a quote would order; reads only.
pub(crate) fn quoted(tx: &mut Tx<'_>, user: &UserId, source: &Source) -> Result<Vec<Line>> {
    Ok(match source {
        Source::Items(_) => named(source),
        Source::Cart(id) => of_cart(&cart::ops::for_quote(tx, user, *id)?),
    })
}

fn named(source: &Source) -> Vec<Line> {
    let Source::Items(items) = source else { return Vec::new() };
    items.iter().map(|item| (ItemRef { product: item.product_id, variant: item.variant_id }, item.quantity)).collect()
}

fn of_cart(cart: &Cart) -> Vec<Line> {
    cart.lines
        .iter()
        .map(|line| (ItemRef { product: Some(line.product), variant: Some(line.variant) }, line.quantity))
        .collect()
}

/// The order's lines at the prices of this moment.
fn priced(tx: &mut Tx<'_>, wanted: &[Line]) -> Result<Vec<NewLine>> {
    let names: Vec<ItemRef> = wanted.iter().map(|(wanted, _)| *wanted).collect();
    let sellables = catalog::ops::resolve(tx, &names)?;
    let unsold: Vec<&Sellable> = sellables.iter().filter(|sellable| !sellable.on_sale).collect();
    if !unsold.is_empty() {
        return Err(not_on_sale(&unsold));
    }
    Ok(sellables.into_iter().zip(wanted).map(|(sellable, (_, quantity))| line(sellable, *quantity)).collect())
}

/// An order line of `quantity` units.
pub(crate) fn line(sellable: Sellable, quantity: Quantity) -> NewLine {
    NewLine {
        product: sellable.product,
        variant: sellable.variant,
        sku: sellable.sku,
        product_name: sellable.product_name,
        variant_name: sellable.variant_name,
        unit_price: sellable.price,
        quantity,
    }
}

/// S003 naming everything that is not on sale.
pub(crate) fn not_on_sale(unsold: &[&Sellable]) -> Error {
    unsold.iter().fold(Code::ProductInactive.error(), |error, sellable| {
        let detail = Detail::note("is not on sale")
            .with("productId", sellable.product.raw())
            .with("variantId", sellable.variant.raw());
        error.with(detail)
    })
}

/// S210 unless the order costs what the caller was shown.
pub(crate) fn expect(expected: Option<Money>, payable: Money) -> Result<()> {
    match expected {
        Some(expected) if expected != payable => Err(Code::OrderAmountMismatch.error().with(
            Detail::field("expectedAmount", format!("the order costs {payable}"))
                .with("expectedAmount", expected.as_minor())
                .with("actualAmount", payable.as_minor()),
        )),
        Some(_) | None => Ok(()),
    }
}
