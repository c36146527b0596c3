//! Buying in a time deal places an order of one line at the deal's price.

use super::units::DealUnits;
use crate::{
    flow::Checkout,
    place::{self, OrderSettings, Placed},
    quote::Calculation,
    request::Item,
    steps::PricedOrder,
};
use ::timedeal::{Purchase, ops as deals};
use kernel::{Address, Code, Detail, Error, Money, Quantity, Result, TimeDealProductId, UserId};
use order::NewOrder;
use saga::Saga;
use store::Tx;

/// What a user wants to buy in a deal.
#[derive(Debug, Clone)]
pub struct DealOrder {
    pub product: TimeDealProductId,
    pub units: Quantity,
    /// Where it goes. Without it the order waits for an address until it is paid.
    pub address: Option<Address>,
    pub memo: Option<String>,
    pub expected: Option<Money>,
}

/// Places the order. When anything is wrong, nothing is written.
///
/// S706, S702, S703 the deal; S001, S003 its product; S210 the expected amount; S211 when it costs nothing and so has to go
/// somewhere at once; then S705 the user's limit, S704 the deal's units, S401, S402 the stock.
pub fn buy(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    settings: &OrderSettings,
    user: &UserId,
    wanted: &DealOrder,
) -> Result<(Placed, Purchase)> {
    let offered = deals::offered(tx, wanted.product)?;
    offered.deal.is_open(tx.now())?;
    let offer = offered.product.offer;
    let item = Item { product_id: Some(offer.product), variant_id: Some(offer.variant), quantity: wanted.units };
    let priced = Calculation::priced(tx, &[item])?.in_deal(&offer).accepted()?;
    let (lines, amounts) = priced.totalled(wanted.expected)?.accepted()?.into_order();
    if wanted.address.is_none() && !amounts.payable.is_positive() {
        return Err(without_address());
    }
    let new = NewOrder {
        user: *user,
        lines,
        address: wanted.address.clone(),
        memo: wanted.memo.clone(),
        amounts,
        coupon: None,
        currency: settings.currency,
        pay_within: settings.pay_within,
        zone: settings.zone.clone(),
    };
    let placed = place::begin(tx, saga, PricedOrder { new, cart: None, deal: Some(DealUnits::of(&offered)) })?;
    let purchase = deals::purchase_of(tx, &placed.order.number)?;
    Ok((placed, purchase))
}

/// S211: an order without an address can neither be paid nor sent.
pub(crate) fn without_address() -> Error {
    let missing = Detail::field("shippingAddress", "is required before the order is paid");
    Error::of_fields(Code::InvalidShippingAddress, vec![missing])
}
