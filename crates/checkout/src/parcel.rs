//! Moving an order together with its parcel. One act moves both, or is refused, so that they cannot contradict each other.

use crate::{flow::lock_run_of_order, price::Shipping, rest};
use delivery::Delivery;
use kernel::{Address, Code, Error, OrderNumber, Result, TrackingNumber, UserId, Zone};
use order::{Kind, Order};
use store::Tx;

/// The reason in the stock ledger when goods are back.
const CAME_BACK: &str = "the parcel came back";
/// The reason in the history of a parcel that is stopped because its order has ended.
const STOPPED: &str = "its order has ended";

/// What a person reports about a parcel.
#[derive(Debug, Clone)]
pub struct Report {
    pub to: delivery::Kind,
    pub location: Option<String>,
    pub description: Option<String>,
}

impl Report {
    /// C002 naming every text that is too long or not one line.
    pub fn check(&self) -> Result<()> {
        delivery::ops::texts(self.location.as_deref(), self.description.as_deref()).map(drop)
    }
}

/// The parcel became what the report says, and its order follows: SHIPPED makes it SHIPPING, DELIVERED makes it DELIVERED. The
/// goods of a parcel that came back are in stock again.
///
/// S501 the parcel; S506 when it cannot become that, or its order does not let it; C019 while the order is being undone.
pub fn move_parcel(
    tx: &mut Tx<'_>,
    tracking: &TrackingNumber,
    report: &Report,
    by: &str,
    zone: &Zone,
) -> Result<Delivery> {
    let number = delivery::ops::find(tx, tracking)?.order;
    let order = lock(tx, &number)?;
    let parcel = delivery::ops::lock(tx, tracking)?;
    if let delivery::Kind::Cancelled = report.to {
        return stop(tx, &order, parcel);
    }
    if report.to == delivery::Kind::Returned && order.status.kind() == Kind::Refunded {
        // an order that was refunded while its parcel was on its way lets it only come back
        on_its_way(tx, &parcel, zone)?;
    } else {
        parcel.status.step(report.to, tx.now())?;
        let_move(&order, report.to)?;
    }
    let (location, description) = (report.location.as_deref(), report.description.as_deref());
    let moved = delivery::ops::update(tx, tracking, report.to, location, description, zone)?;
    follow(tx, &order, report.to, by)?;
    Ok(moved)
}

/// Whether the order lets its parcel become `to`: S506.
fn let_move(order: &Order, to: delivery::Kind) -> Result<()> {
    use delivery::Kind::{Cancelled, Delivered, InTransit, Preparing, Returned, Shipped};
    let allowed = match (to, order.status.kind()) {
        // an order of an older version may be PAID although its parcel has left: the event that moves it is on its way
        (Shipped | InTransit | Delivered | Returned, Kind::Paid | Kind::Shipping) => true,
        (Returned, Kind::Delivered | Kind::Refunded) => true,
        (Shipped | InTransit | Delivered, Kind::Delivered | Kind::Refunded) => false,
        (Shipped | InTransit | Delivered | Returned, Kind::Pending | Kind::Confirmed | Kind::Cancelled) => false,
        (Preparing | Cancelled, _) => false,
    };
    if allowed { Ok(()) } else { Err(refused(order, to)) }
}

fn refused(order: &Order, to: delivery::Kind) -> Error {
    let why = format!("a parcel whose order is {} cannot become {to}", order.status.kind());
    Code::InvalidDeliveryStatus.because(why)
}

/// A parcel that was handed over and is not on its way yet passes through IN_TRANSIT, because only then it can arrive or come back.
fn on_its_way(tx: &mut Tx<'_>, parcel: &Delivery, zone: &Zone) -> Result<()> {
    if parcel.status.kind() == delivery::Kind::Shipped {
        delivery::ops::update(tx, &parcel.tracking, delivery::Kind::InTransit, None, None, zone)?;
    }
    Ok(())
}

/// What the order and its goods do because the parcel became `to`.
fn follow(tx: &mut Tx<'_>, order: &Order, to: delivery::Kind, by: &str) -> Result<()> {
    let number = &order.number;
    let was_paid = order.status.kind() == Kind::Paid;
    match to {
        delivery::Kind::Shipped | delivery::Kind::InTransit if was_paid => {
            order::ops::shipped(tx, number, None, by).map(|_| ())
        }
        delivery::Kind::Delivered => {
            if was_paid {
                order::ops::shipped(tx, number, None, by)?;
            }
            order::ops::delivered(tx, number, None, by).map(|_| ())
        }
        delivery::Kind::Returned => inventory::ops::return_sold(tx, number, CAME_BACK),
        delivery::Kind::Preparing | delivery::Kind::Shipped | delivery::Kind::InTransit | delivery::Kind::Cancelled => {
            Ok(())
        }
    }
}

/// Stops the parcel of an order that ended without it, as an older version could leave it behind, and returns its goods. Any
/// other parcel is stopped by cancelling or refunding its order.
fn stop(tx: &mut Tx<'_>, order: &Order, parcel: Delivery) -> Result<Delivery> {
    match order.status.kind() {
        Kind::Cancelled | Kind::Refunded if parcel.status.kind() == delivery::Kind::Preparing => {
            delivery::ops::cancel(tx, &order.number, STOPPED)?;
            inventory::ops::return_sold(tx, &order.number, STOPPED)?;
            delivery::ops::find(tx, &parcel.tracking)
        }
        Kind::Pending
        | Kind::Confirmed
        | Kind::Paid
        | Kind::Shipping
        | Kind::Delivered
        | Kind::Cancelled
        | Kind::Refunded => {
            Err(Code::InvalidDeliveryStatus.because("cancel or refund the order; that cancels its delivery"))
        }
    }
}

/// An administrator sets the order to SHIPPING or DELIVERED, and its parcel follows. An order whose parcel an older version left
/// behind can be set to the status it has: then only the parcel moves.
///
/// S201 S205 S206 S207 S209 the order; S501 S506 its parcel; C019 while the order is being undone.
pub fn move_order(
    tx: &mut Tx<'_>,
    number: &OrderNumber,
    to: Kind,
    reason: Option<&str>,
    by: &str,
    zone: &Zone,
) -> Result<Order> {
    let order = lock(tx, number)?;
    let parcel = delivery::ops::lock_of_order(tx, number)?;
    let behind = parcel.as_ref().map_or(Ok(&[][..]), |parcel| steps_behind(parcel, to));
    let catches_up = order.status.kind() == to && behind.as_ref().is_ok_and(|steps| !steps.is_empty());
    let order = match to {
        _ if catches_up => order,
        Kind::Shipping => order::ops::shipped(tx, number, reason, by)?,
        Kind::Delivered => order::ops::delivered(tx, number, reason, by)?,
        Kind::Pending | Kind::Confirmed | Kind::Paid | Kind::Cancelled | Kind::Refunded => {
            return Err(Code::InvalidOrderStatus.because("only SHIPPING and DELIVERED move with a parcel"));
        }
    };
    let parcel = parcel.ok_or_else(|| Code::DeliveryNotFound.because("the order has no parcel"))?;
    for step in behind? {
        delivery::ops::update(tx, &parcel.tracking, *step, None, reason, zone)?;
    }
    Ok(order)
}

/// The steps that the parcel has to go until it is where an order in `to` has it.
fn steps_behind(parcel: &Delivery, to: Kind) -> Result<&'static [delivery::Kind]> {
    use delivery::Kind::{Cancelled, Delivered, InTransit, Preparing, Returned, Shipped};
    const WAY: &[delivery::Kind] = &[Shipped, InTransit, Delivered];
    let gone = match parcel.status.kind() {
        Preparing => 0,
        Shipped => 1,
        InTransit => 2,
        Delivered => 3,
        Returned | Cancelled => {
            let why = format!("the parcel is {}: its order cannot become {to}", parcel.status.kind());
            return Err(Code::InvalidDeliveryStatus.because(why));
        }
    };
    let until = if to == Kind::Delivered { WAY.len() } else { 1 };
    Ok(&WAY[gone.min(until)..until])
}

/// Where an order shall go.
#[derive(Debug, Clone)]
pub struct Readdressing<'a> {
    pub address: &'a Address,
    /// `None` keeps the old one.
    pub memo: Option<Option<String>>,
    /// What sending costs now.
    pub shipping: &'a Shipping,
}

/// Sends an order elsewhere, or changes its memo, before its parcel has left: its buyer, or the shop (`owner` none).
///
/// S201 S212 the order, S203 when its parcel has left or it has ended, S211 when sending it there costs more than its shipping fee
/// has in it; C019 while the order is being undone.
pub fn readdress(
    tx: &mut Tx<'_>,
    number: &OrderNumber,
    owner: Option<&UserId>,
    to: Readdressing<'_>,
    by: &str,
) -> Result<Order> {
    let Readdressing { address, memo, shipping } = to;
    let found = order::ops::find(tx, number)?;
    if owner.is_some_and(|user| found.user != *user) {
        return Err(Code::OrderUserMismatch.error());
    }
    let order = lock(tx, number)?;
    let parcel = delivery::ops::lock_of_order(tx, number)?;
    let left = parcel.as_ref().is_some_and(|parcel| parcel.status != delivery::Status::Preparing);
    match order.status.kind() {
        Kind::Pending | Kind::Confirmed | Kind::Paid if !left => {}
        kind @ (Kind::Pending
        | Kind::Confirmed
        | Kind::Paid
        | Kind::Shipping
        | Kind::Delivered
        | Kind::Cancelled
        | Kind::Refunded) => {
            return Err(
                Code::OrderCannotBeCancelled.because(format!("the address of an order in {kind} cannot change"))
            );
        }
    }
    let before = order.address.as_ref().map(|address| address.zip_code.as_str());
    let (before, now) = (shipping.surcharge(before), shipping.surcharge(Some(&address.zip_code)));
    if now > before {
        let more = now.minus(before)?;
        let why = format!("sending it there costs {more} more; place another order");
        return Err(Code::InvalidShippingAddress.because(why));
    }
    let memo = memo.unwrap_or(order.memo);
    if let Some(parcel) = parcel {
        delivery::ops::readdress(tx, parcel, address.clone(), memo.clone())?;
    }
    order::ops::readdress(tx, number, address.clone(), memo, by)
}

/// The order with its run, both locked, which is at rest.
fn lock(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Order> {
    // the run is locked first, as in every transaction that changes an order; if both are missing, report the missing order
    let run = lock_run_of_order(tx, number);
    let order = order::ops::lock(tx, number)?;
    run?;
    rest::required(tx, number)?;
    Ok(order)
}
