//! Buying in a time deal places an order of one line at the deal's price.

use super::units::DealUnits;
use crate::{
    flow::Checkout,
    place::{self, OrderSettings, Placed},
    quote::{Calculation, Choice},
    request::Item,
    steps::PricedOrder,
};
use ::timedeal::{Purchase, ops as deals};
use kernel::{Address, Code, Detail, Error, Money, Quantity, Result, TimeDealId, TimeDealProductId, UserId};
use saga::Saga;
use store::Tx;
use web::{Turnstile, Visitor};

/// What a user wants to buy in a deal.
#[derive(Debug, Clone)]
pub struct DealOrder {
    pub product: TimeDealProductId,
    pub units: Quantity,
    /// Where it goes. Without it the order waits for an address until it is paid.
    pub address: Option<Address>,
    pub memo: Option<String>,
    pub expected: Option<Money>,
    /// The entry token of the deal's waiting queue.
    pub queue_token: Option<String>,
}

impl DealOrder {
    /// The user before the waiting queue of the deal, if it has one.
    pub fn visitor(&self, deal: TimeDealId, user: UserId) -> Visitor<'_> {
        Visitor { event_type: timedeal::QUEUE, event_id: deal.raw(), user, token: self.queue_token.as_deref() }
    }
}

/// Places the order. When anything is wrong, nothing is written.
///
/// S706, S702, S703 the deal; S803 to S807 its waiting queue; S001, S003 its product; S210 the expected amount; S211 when it costs nothing and so has to go
/// somewhere at once; then S705 the user's limit, S704 the deal's units, S401, S402 the stock.
pub fn buy(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    settings: &OrderSettings,
    user: &UserId,
    wanted: &DealOrder,
    turnstile: Turnstile,
) -> Result<(Placed, Purchase)> {
    let offered = deals::offered(tx, wanted.product)?;
    offered.deal.is_open(tx.now())?;
    (turnstile.pass)(tx, &wanted.visitor(offered.deal.id, *user))?;
    let offer = offered.product.offer;
    let item = Item { product_id: Some(offer.product), variant_id: Some(offer.variant), quantity: wanted.units };
    let priced = Calculation::priced(tx, &[item])?.in_deal(&offer).accepted()?;
    let zip_code = wanted.address.as_ref().map(|address| address.zip_code.as_str());
    let choice = Choice { rules: &settings.prices, points: Money::ZERO, zip_code, expected: wanted.expected };
    let priced = priced.totalled(&choice)?.accepted()?.into_order()?;
    if wanted.address.is_none() && !priced.amounts.payable.is_positive() {
        return Err(without_address());
    }
    let new = place::new_order(settings, user, priced, wanted.address.clone(), wanted.memo.clone());
    let priced = PricedOrder { new, cart: None, deal: Some(DealUnits::of(&offered)) };
    let placed = place::begin(tx, saga, priced, &user.to_string())?;
    let purchase = deals::purchase_of(tx, &placed.order.number)?;
    Ok((placed, purchase))
}

/// S211: an order without an address can neither be paid nor sent.
pub(crate) fn without_address() -> Error {
    let missing = Detail::field("shippingAddress", "is required before the order is paid");
    Error::of_fields(Code::InvalidShippingAddress, vec![missing])
}
