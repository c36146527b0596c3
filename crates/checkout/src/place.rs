//! Placing an order: one transaction from the cart to the waiting saga.

use crate::{
    discount,
    draft::OrderDraft,
    flow::Checkout,
    price::Rules,
    quote::{Calculation, Priced},
    steps::{PlaceOrder, PricedOrder},
};
use kernel::{Address, Code, Currency, Result, UserId, Zone};
use order::{NewOrder, Order};
use saga::{Record, Saga, Status};
use std::time::Duration;
use store::Tx;
use web::App;

/// The settings that an order depends on.
#[derive(Debug, Clone)]
pub struct OrderSettings {
    pub currency: Currency,
    /// How long the buyer has to pay.
    pub pay_within: Duration,
    /// The order number contains the day in this zone.
    pub zone: Zone,
    /// What an order costs beside its goods.
    pub prices: Rules,
}

impl OrderSettings {
    /// The settings that `app` runs with.
    pub fn of(app: &App) -> OrderSettings {
        let settings = app.settings::<crate::Settings>();
        OrderSettings {
            currency: app.shop.currency,
            pay_within: settings.pay_within,
            zone: app.shop.zone.clone(),
            prices: settings.prices(),
        }
    }
}

/// A placed order.
#[derive(Debug, Clone)]
pub struct Placed {
    /// In CONFIRMED, or in PAID when it costs nothing.
    pub order: Order,
    pub saga: Record,
}

/// Places an order at the prices of this moment. When anything is wrong, nothing is written.
///
/// The stages are those of a quote, and the first problem is the refusal: S101 S103 S104 the cart, S001 S003 the products, S608 S609
/// S610 S613 S612 S611 the coupon, S210 the expected amount. The stock is read only if the amount is refused: RESERVE_INVENTORY
/// locks the stock rows anyway and refuses with the same S401 and S402.
pub fn place(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    settings: &OrderSettings,
    user: &UserId,
    draft: &OrderDraft,
) -> Result<Placed> {
    let (cart, items) = draft.lines_to_place(tx, user)?;
    let priced = Calculation::priced(tx, &items)?.accepted()?;
    let discounted = priced.with_coupon(tx, user, draft.coupon.as_ref())?.accepted()?;
    if let Some(offer) = discounted.offer() {
        discount::must_be_first(tx, user, offer)?;
    }
    let mut totalled = discounted.totalled(&draft.choice(&settings.prices))?;
    if !totalled.is_accepted() {
        // carts and quotes count what is in stock, so an amount of one of them differs because something is short
        totalled = totalled.with_stock(tx)?;
    }
    let priced = totalled.accepted()?.into_order()?;
    let (address, memo) = (Some(draft.address()?), draft.memo.clone());
    let new = new_order(settings, user, priced, address, memo);
    begin(tx, saga, PricedOrder { new, cart, deal: None }, &user.to_string())
}

/// The order as it is stored.
pub(crate) fn new_order(
    settings: &OrderSettings,
    user: &UserId,
    priced: Priced,
    address: Option<Address>,
    memo: Option<String>,
) -> NewOrder {
    let Priced { lines, amounts, coupon } = priced;
    NewOrder {
        user: *user,
        lines,
        address,
        memo,
        amounts,
        coupon,
        currency: settings.currency,
        pay_within: settings.pay_within,
        zone: settings.zone.clone(),
    }
}

/// Begins the run of an order that nothing prevents; `by` places it.
pub(crate) fn begin(tx: &mut Tx<'_>, saga: &Saga<Checkout>, priced: PricedOrder, by: &str) -> Result<Placed> {
    let (placed, record, _) = saga.begin_with::<PlaceOrder>(tx, priced, by)?;
    match record.status {
        Status::Started => Ok(Placed { order: placed.order, saga: record }),
        // it costs nothing, so no gateway had to be asked and it is PAID already
        Status::Completed => Ok(Placed { order: order::ops::find(tx, &placed.order.number)?, saga: record }),
        Status::Compensating | Status::Failed | Status::CompensationFailed => {
            Err(Code::OrderCreationFailed.error().caused_by(record.last_error.unwrap_or_default()))
        }
    }
}
