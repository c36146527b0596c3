//! What orders do to points: an order that was delivered earns some for its money, and money that goes back takes them back. Points that
//! an order has used come back when all of its money has gone back, also after its parcel left.

use events::{OrderCancelled, OrderStatusChanged, PaymentRefunded};
use kernel::{Money, OrderNumber, Result};
use order::Kind;
use payment::Method;
use store::{Reaction, Tx};
use wallet::ops::points;

/// The name under which points subscribe.
const SUBSCRIBER: &str = "points";

/// What happens to points because of orders. The events of one order come in order, so what goes back before the delivery earns
/// nothing.
pub fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::on::<OrderStatusChanged>(SUBSCRIBER, on_status_changed),
        Reaction::on::<PaymentRefunded>(SUBSCRIBER, on_refunded),
        Reaction::on::<OrderCancelled>(SUBSCRIBER, on_cancelled),
    ]
}

fn on_status_changed(tx: &mut Tx<'_>, event: &OrderStatusChanged) -> Result<()> {
    if event.status != Kind::Delivered.name() {
        return Ok(());
    }
    let money = money_of(tx, &event.order_number)?;
    if money.is_positive() { points::expect(tx, event.user_id, &event.order_number, money, event.at) } else { Ok(()) }
}

fn on_refunded(tx: &mut Tx<'_>, event: &PaymentRefunded) -> Result<()> {
    let money = money_of(tx, &event.order_number)?;
    points::rebase(tx, &event.order_number, money)
}

/// Usually USE_POINTS was compensated, and nothing is left to do here.
fn on_cancelled(tx: &mut Tx<'_>, event: &OrderCancelled) -> Result<()> {
    points::restore(tx, &event.user_id, &event.order_number).map(drop)
}

/// The money of an order that was taken here and not given back. What another sales channel took earns no points.
fn money_of(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Money> {
    let payments = payment::ops::of_order(tx, order)?;
    let live = payments.iter().filter(|payment| payment.status.is_live() && payment.method != Method::Channel);
    let left = live.map(|payment| Money::minor(payment.captured.as_minor() - payment.refunded.as_minor()));
    Money::sum(left)
}
