//! Moving an order together with its parcels. One act moves both, or is refused, so that they cannot contradict each other.

use crate::{
    flow::lock_run_of_order,
    price::{self, Rules},
    quote::expect,
    request::RefundLine,
    rest,
};
use delivery::{Delivery, NewParcel, Packed, Purpose};
use inventory::ops::CameBack;
use kernel::{Address, Code, Error, Money, OrderNumber, Quantity, Result, TrackingNumber, UserId, Zone, text};
use order::{Amounts, Kind, Order};
use store::Tx;

/// The reason in the stock ledger when goods are back.
const CAME_BACK: &str = "the parcel came back";
/// The reason in the history of a parcel that is stopped because its order has ended.
const STOPPED: &str = "its order has ended";
/// The same of a replacement that the shop keeps after all.
const NOT_SENT: &str = "the replacement is not sent";

/// What brings goods back, in the stock ledger.
const PARCEL: &str = "PARCEL";

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

/// The parcel became what the report says, and its order follows: SHIPPED makes it SHIPPING, DELIVERED makes it DELIVERED once all of
/// its parcels have ended. The goods of a parcel that came back are in stock again.
///
/// S501 the parcel; S506 when it cannot become that, or its order or a return of its goods does not let it; C019 while the order is being
/// undone.
pub fn move_parcel(
    tx: &mut Tx<'_>,
    tracking: &TrackingNumber,
    report: &Report,
    by: &str,
    zone: &Zone,
) -> Result<Delivery> {
    let number = delivery::ops::find(tx, tracking)?.order;
    let order = lock(tx, &number)?;
    let parcels = delivery::ops::lock_all_of_order(tx, &number)?;
    let parcel = parcels.iter().find(|parcel| parcel.tracking == *tracking);
    let parcel = parcel.cloned().ok_or_else(|| Code::DeliveryNotFound.error())?;
    if let delivery::Kind::Cancelled = report.to {
        return stop(tx, &order, parcel, &parcels, by);
    }
    let (location, description) = (report.location.as_deref(), report.description.as_deref());
    if parcel.purpose == Purpose::Exchange {
        // the order has been delivered, and stays so whatever its replacement does
        let moved = delivery::ops::update(tx, tracking, report.to, location, description, zone)?;
        if report.to == delivery::Kind::Returned {
            put_back(tx, &order, &moved, &parcels, by)?;
        }
        return Ok(moved);
    }
    if report.to == delivery::Kind::Returned {
        no_return_of_it(tx, &order)?;
    }
    if report.to == delivery::Kind::Returned && order.status.kind() == Kind::Refunded {
        // an order that was refunded while its parcel was on its way lets it only come back
        on_its_way(tx, &parcel, zone)?;
    } else {
        parcel.status.step(report.to, tx.now())?;
        let_move(&order, report.to)?;
    }
    let moved = delivery::ops::update(tx, tracking, report.to, location, description, zone)?;
    follow(tx, &order, &moved, &parcels, by)?;
    Ok(moved)
}

/// S506 for a parcel of which something is sent back by a return: its goods must not come into stock twice.
fn no_return_of_it(tx: &mut Tx<'_>, order: &Order) -> Result<()> {
    let returns = returns::ops::of_order(tx, &order.number)?;
    match returns.iter().find(|one| one.status.kind().keeps_its_units()) {
        Some(one) => Err(Code::InvalidDeliveryStatus.because(format!("its goods come back by {}", one.number))),
        None => Ok(()),
    }
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

/// What the order and its goods do because one of its parcels, as they were before, has moved.
fn follow(tx: &mut Tx<'_>, order: &Order, moved: &Delivery, before: &[Delivery], by: &str) -> Result<()> {
    let number = &order.number;
    let was_paid = order.status.kind() == Kind::Paid;
    match moved.status.kind() {
        delivery::Kind::Shipped | delivery::Kind::InTransit if was_paid => {
            order::ops::shipped(tx, number, None, by).map(|_| ())
        }
        delivery::Kind::Delivered if others(moved, before).all(has_ended) => {
            if was_paid {
                order::ops::shipped(tx, number, None, by)?;
            }
            order::ops::delivered(tx, number, None, by).map(|_| ())
        }
        delivery::Kind::Returned if others(moved, before).next().is_none() => {
            inventory::ops::return_sold(tx, number, CAME_BACK)
        }
        delivery::Kind::Returned => {
            put_back(tx, order, moved, before, by)?;
            // the last one that was on its way came back: the others have arrived
            let arrived = |one: &Delivery| one.status.kind() == delivery::Kind::Delivered;
            let all_ended = others(moved, before).all(has_ended) && others(moved, before).any(arrived);
            if all_ended && order.status.kind() == Kind::Shipping {
                order::ops::delivered(tx, number, None, by)?;
            }
            Ok(())
        }
        delivery::Kind::Preparing
        | delivery::Kind::Shipped
        | delivery::Kind::InTransit
        | delivery::Kind::Delivered
        | delivery::Kind::Cancelled => Ok(()),
    }
}

/// The other parcels with goods of the order.
fn others<'a>(moved: &'a Delivery, all: &'a [Delivery]) -> impl Iterator<Item = &'a Delivery> {
    all.iter().filter(|other| other.purpose == Purpose::Order && other.id != moved.id)
}

fn has_ended(parcel: &Delivery) -> bool {
    match parcel.status.kind() {
        delivery::Kind::Delivered | delivery::Kind::Returned | delivery::Kind::Cancelled => true,
        delivery::Kind::Preparing | delivery::Kind::Shipped | delivery::Kind::InTransit => false,
    }
}

/// What was bought, line by line.
fn bought(order: &Order) -> Vec<Packed> {
    order.lines.iter().map(|line| Packed { line: line.number, units: line.quantity.as_i64() }).collect()
}

/// What is in a parcel of an order with several.
fn contents(order: &Order, parcel: &Delivery, all: &[Delivery]) -> Vec<Packed> {
    if parcel.parcel == 1 { delivery::delivery::rest(&bought(order), all) } else { parcel.lines.clone() }
}

/// The goods of one of several parcels are in stock again. A replacement is of the variant that its return names.
fn put_back(tx: &mut Tx<'_>, order: &Order, parcel: &Delivery, all: &[Delivery], by: &str) -> Result<()> {
    let returns =
        if parcel.purpose == Purpose::Exchange { returns::ops::of_order(tx, &order.number)? } else { Vec::new() };
    let is_its = |one: &&returns::Return| matches!(&one.status, returns::Status::Exchanged { parcel: sent, .. } if *sent == parcel.tracking);
    let exchange = returns.iter().find(is_its);
    let mut lines = Vec::new();
    for packed in contents(order, parcel, all) {
        let Some(line) = order.lines.iter().find(|line| line.number == packed.line) else { continue };
        let replaced = exchange.and_then(|one| one.lines.iter().find(|line| line.number == packed.line)?.replacement);
        let (variant, quantity) = (replaced.unwrap_or(line.variant), Quantity::new(packed.units)?);
        lines.push(inventory::Line { variant, product: line.product, quantity });
    }
    let reference = parcel.tracking.as_str();
    let why = CameBack { by_what: PARCEL, reference, order: &order.number, reason: CAME_BACK, by };
    inventory::ops::take_back(tx, why, &lines)
}

/// Puts some units of an order that is not sent yet into a parcel of their own.
///
/// S201 S209 the order, S502 when its first parcel has left; C002 for units that are not in it, and when nothing would be left in it; C019
/// while the order is being undone.
pub fn split(tx: &mut Tx<'_>, number: &OrderNumber, lines: &[RefundLine]) -> Result<Delivery> {
    let order = lock(tx, number)?;
    if !matches!(order.status.kind(), Kind::Paid | Kind::Shipping) {
        let why = format!("an order in {} has nothing to send", order.status.kind());
        return Err(Code::InvalidOrderStatus.because(why));
    }
    let parcels = delivery::ops::lock_all_of_order(tx, number)?;
    let first = parcels.first().ok_or_else(|| Code::DeliveryNotFound.because("the order has no parcel"))?;
    if first.status != delivery::Status::Preparing {
        return Err(Code::DeliveryAlreadyShipped.because(format!("it is {} already", first.status.kind())));
    }
    let mut left = delivery::delivery::rest(&bought(&order), &parcels);
    for (n, wanted) in lines.iter().enumerate() {
        let units = wanted.quantity.as_i64();
        let packed = left.iter_mut().find(|packed| packed.line == wanted.id && packed.units >= units);
        let packed =
            packed.ok_or_else(|| text::wrong(&format!("lines[{n}]"), "has fewer units in the first parcel"))?;
        packed.units -= units;
    }
    if left.iter().all(|packed| packed.units == 0) {
        return Err(text::wrong("lines", "must leave something in the first parcel"));
    }
    let address = first.address.clone();
    let new = NewParcel {
        order: number,
        user: &order.user,
        address: &address,
        memo: order.memo.as_deref(),
        purpose: Purpose::Order,
        lines: lines.iter().map(|line| Packed { line: line.id, units: line.quantity.as_i64() }).collect(),
    };
    delivery::ops::add(tx, new)
}

/// Cancels the parcels of an order that were not sent when all of its money had gone back, and returns their goods. Repeated: no effect.
pub fn stop_waiting(tx: &mut Tx<'_>, order: &Order, by: &str) -> Result<()> {
    let parcels = delivery::ops::lock_all_of_order(tx, &order.number)?;
    for parcel in parcels.iter().filter(|parcel| parcel.purpose == Purpose::Order) {
        // an order whose only parcel is here is cancelled instead
        if parcel.status == delivery::Status::Preparing && others(parcel, &parcels).next().is_some() {
            delivery::ops::cancel_parcel(tx, parcel.clone(), STOPPED)?;
            put_back(tx, order, parcel, &parcels, by)?;
        }
    }
    Ok(())
}

/// Stops the parcel of an order that ended without it, as an older version could leave it behind, or a replacement that has not left, and
/// returns its goods. Any other parcel is stopped by cancelling or refunding its order.
fn stop(tx: &mut Tx<'_>, order: &Order, parcel: Delivery, all: &[Delivery], by: &str) -> Result<Delivery> {
    let is_here = parcel.status.kind() == delivery::Kind::Preparing;
    let is_replacement = parcel.purpose == Purpose::Exchange;
    let why = match order.status.kind() {
        Kind::Cancelled | Kind::Refunded if is_here => STOPPED,
        Kind::Delivered if is_here && is_replacement => NOT_SENT,
        Kind::Pending
        | Kind::Confirmed
        | Kind::Paid
        | Kind::Shipping
        | Kind::Delivered
        | Kind::Cancelled
        | Kind::Refunded => {
            let why = if is_replacement {
                "a replacement that has left can only come back; set it to RETURNED then"
            } else {
                "cancel or refund the order; that cancels its delivery"
            };
            return Err(Code::InvalidDeliveryStatus.because(why));
        }
    };
    delivery::ops::cancel_parcel(tx, parcel.clone(), why)?;
    if !is_replacement && others(&parcel, all).next().is_none() {
        inventory::ops::return_sold(tx, &order.number, STOPPED)?;
    } else {
        put_back(tx, order, &parcel, all, by)?;
    }
    delivery::ops::find(tx, &parcel.tracking)
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
    let mut parcels = delivery::ops::lock_all_of_order(tx, number)?;
    parcels.retain(|parcel| parcel.purpose == Purpose::Order);
    let behind = all_behind(&parcels, to);
    let catches_up = order.status.kind() == to && behind.as_ref().is_ok_and(|steps| !steps.is_empty());
    let order = match to {
        _ if catches_up => order,
        Kind::Shipping => order::ops::shipped(tx, number, reason, by)?,
        Kind::Delivered => order::ops::delivered(tx, number, reason, by)?,
        Kind::Pending | Kind::Confirmed | Kind::Paid | Kind::Cancelled | Kind::Refunded => {
            return Err(Code::InvalidOrderStatus.because("only SHIPPING and DELIVERED move with a parcel"));
        }
    };
    if parcels.is_empty() {
        return Err(Code::DeliveryNotFound.because("the order has no parcel"));
    }
    for (tracking, step) in behind? {
        delivery::ops::update(tx, &tracking, step, None, reason, zone)?;
    }
    Ok(order)
}

/// The steps that the parcels of an order have to go until they are where an order in `to` has them. One of several that came back or was
/// cancelled stays where it is.
fn all_behind(parcels: &[Delivery], to: Kind) -> Result<Vec<(TrackingNumber, delivery::Kind)>> {
    use delivery::Kind::{Cancelled, Returned};
    let mut steps = Vec::new();
    for parcel in parcels {
        if parcels.len() > 1 && matches!(parcel.status.kind(), Returned | Cancelled) {
            continue;
        }
        steps.extend(steps_behind(parcel, to)?.iter().map(|step| (parcel.tracking.clone(), *step)));
    }
    Ok(steps)
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
    pub rules: &'a Rules,
    /// What the caller was shown that the order costs then.
    pub expected: Option<Money>,
}

/// Sends an order elsewhere, or changes its memo, before its parcel has left: its buyer, or the shop (`owner` none). An order that had no
/// address yet is not paid, and costs from now on what sending it there adds.
///
/// S201 S212 the order, S203 when its parcel has left or it has ended, S211 when its zip code cannot be one of the shop's, or when sending
/// it there costs more than its shipping fee has in it, S210 when another amount is expected; C019 while the order is being undone.
pub fn readdress(
    tx: &mut Tx<'_>,
    number: &OrderNumber,
    owner: Option<&UserId>,
    to: Readdressing<'_>,
    by: &str,
) -> Result<Order> {
    let Readdressing { address, memo, rules, expected } = to;
    let found = order::ops::find(tx, number)?;
    if owner.is_some_and(|user| found.user != *user) {
        return Err(Code::OrderUserMismatch.error());
    }
    let order = lock(tx, number)?;
    let parcels = delivery::ops::lock_all_of_order(tx, number)?;
    let left = parcels.iter().any(|parcel| parcel.status != delivery::Status::Preparing);
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
    rules.shipping.check(&address.zip_code)?;
    let amounts = amounts_there(&order, address, rules)?;
    expect("expectedAmount", expected, amounts.payable)?;
    let memo = memo.unwrap_or(order.memo);
    for parcel in parcels {
        delivery::ops::readdress(tx, parcel, address.clone(), memo.clone())?;
    }
    order::ops::readdress(tx, number, address.clone(), memo, amounts, by)
}

/// What an order costs that is sent to this address: with the surcharge of its first address, and otherwise what it costs. S211 when
/// sending it there costs more than its present address.
fn amounts_there(order: &Order, address: &Address, rules: &Rules) -> Result<Amounts> {
    let before = order.address.as_ref().map(|address| rules.shipping.surcharge(Some(&address.zip_code)));
    let now = rules.shipping.surcharge(Some(&address.zip_code));
    let (had, amounts) = (before.unwrap_or(Money::ZERO), order.amounts);
    if now <= had {
        return Ok(amounts);
    }
    let more = now.minus(had)?;
    if before.is_some() {
        let why = format!("sending it there costs {more} more; place another order");
        return Err(Code::InvalidShippingAddress.because(why));
    }
    let shipping_fee = amounts.shipping_fee.plus(more)?;
    let taxed = order.lines.iter().filter(|line| !line.tax_free).map(order::Line::paid);
    let tax = amounts.tax.map(|_| price::tax(rules, taxed, shipping_fee)).transpose()?;
    Ok(Amounts { shipping_fee, tax, payable: amounts.payable.plus(more)?, ..amounts })
}

/// The order with its run, both locked, which is at rest.
pub(crate) fn lock(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Order> {
    // the run is locked first, as in every transaction that changes an order; if both are missing, report the missing order
    let run = lock_run_of_order(tx, number);
    let order = order::ops::lock(tx, number)?;
    run?;
    rest::required(tx, number)?;
    Ok(order)
}
