//! An order before it is placed: what the request says, checked as far as that needs no reading.

use crate::{
    price::Rules,
    quote::Choice,
    request::{Item, OrderRequest, Source, memo},
};
use cart::Cart;
use coupon::ops::Named;
use kernel::{Address, CartId, Error, Money, Result, Together, UserId};
use store::Tx;

/// An order before it is placed.
#[derive(Debug)]
pub struct OrderDraft {
    source: Source,
    address: Option<Address>,
    pub(crate) memo: Option<String>,
    /// The coupon that it shall use.
    pub(crate) coupon: Option<Named>,
    /// How many points it shall use.
    pub(crate) points: Money,
    pub(crate) expected: Option<Money>,
    /// What is wrong with coupon, points, payment and address. Empty in a draft that is to be placed.
    pub(crate) problems: Vec<Error>,
}

impl OrderDraft {
    /// A draft to place: the first thing that is wrong with the request is its error. C002, S211, S307, S310.
    pub fn to_place(request: &OrderRequest) -> Result<OrderDraft> {
        let extras = request.extras().into_iter().reduce(Error::and).map_or(Ok(()), Err);
        let memo = memo(request.memo.as_deref());
        let (source, address, memo, ()) = (request.source(), request.address(), memo, extras).together()?;
        let (address, coupon, expected) = (Some(address), request.coupon()?, request.expected_amount);
        let points = request.points_to_use.unwrap_or_default();
        Ok(OrderDraft { source, address, memo, coupon, points, expected, problems: Vec::new() })
    }

    /// A draft to quote: it needs no address, and what is wrong is listed. C002 for lines that cannot be read.
    pub fn to_quote(request: &OrderRequest) -> Result<OrderDraft> {
        let source = request.source()?;
        let mut problems = request.extras();
        let address = request.shipping_address.as_ref().map(|_| request.address()).transpose();
        let address = address.unwrap_or_else(|wrong| {
            problems.push(wrong);
            None
        });
        problems.extend(memo(request.memo.as_deref()).err());
        // what is wrong with the coupon or the points is among the problems, so the rest is calculated without them
        let coupon = request.coupon().ok().flatten();
        let points = request.points_to_use.unwrap_or_default().max(Money::ZERO);
        Ok(OrderDraft { source, address, memo: None, coupon, points, expected: request.expected_amount, problems })
    }

    /// Where the order goes. A draft that is to be placed has an address, see [`OrderDraft::to_place`].
    pub(crate) fn address(&self) -> Result<Address> {
        self.address.clone().ok_or_else(|| kernel::Code::InvalidShippingAddress.error())
    }

    /// What is wanted beside lines and coupon.
    pub(crate) fn choice<'a>(&'a self, rules: &'a Rules) -> Choice<'a> {
        let zip_code = self.address.as_ref().map(|address| address.zip_code.as_str());
        Choice { rules, points: self.points, zip_code, expected: self.expected }
    }

    /// The lines to order, and the cart they come from. The cart stays locked. S101, S103, S104.
    pub(crate) fn lines_to_place(&self, tx: &mut Tx<'_>, user: &UserId) -> Result<(Option<CartId>, Vec<Item>)> {
        Ok(match &self.source {
            Source::Items(items) => (None, items.clone()),
            Source::Cart(id) => {
                let cart = cart::ops::for_order(tx, &(*user).into(), *id)?;
                (Some(cart.id), lines_of(&cart))
            }
        })
    }

    /// The lines to quote. Nothing is locked. S101, S103, S104.
    pub(crate) fn lines_to_quote(&self, tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<Item>> {
        Ok(match &self.source {
            Source::Items(items) => items.clone(),
            Source::Cart(id) => lines_of(&cart::ops::for_quote(tx, &(*user).into(), *id)?),
        })
    }
}

fn lines_of(cart: &Cart) -> Vec<Item> {
    let item = |line: &cart::CartLine| Item {
        product_id: Some(line.product),
        variant_id: Some(line.variant),
        quantity: line.quantity,
    };
    cart.lines.iter().map(item).collect()
}
