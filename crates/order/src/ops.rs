//! Operations on orders, one function per verb.

pub use crate::store::lists::{Filter, LOOKED_AT_MAX, Search};

use crate::events;
use crate::order::{Amounts, Change, Kind, LINES_MAX, Milestones, NewOrder, Order, Status};
use crate::store::{self, lists};
use ::store::Tx;
use kernel::{
    Address, Code, Cursor, Error, OrderNumber, Page, PageRequest, PaymentNumber, ProductId, Random, Result, Timestamp,
    UserId, page::COUNTED_MAX, text,
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Places an order in CONFIRMED: draws its number, stores it with its lines, emits [`::events::OrderCreated`]. C002 when it has
/// no lines or more than [`LINES_MAX`].
pub fn place(tx: &mut Tx<'_>, new: NewOrder) -> Result<Order> {
    if new.lines.is_empty() || new.lines.len() > LINES_MAX {
        return Err(text::wrong("items", format!("must be 1 to {LINES_MAX} lines")));
    }
    // the audit looks for the same; here it is found before the buyer pays
    if Amounts::of(&new.lines, new.amounts.shipping_fee, new.amounts.tax)? != new.amounts {
        return Err(Code::Internal.error().caused_by("the amounts of a new order are not the sums of its lines"));
    }
    let now = tx.now();
    let status = Status::Confirmed { pay_by: now.after(new.pay_within) };
    let draw = |random: &mut Random, now| OrderNumber::draw_on(random, now, &new.zone);
    let (number, id) = tx.insert_drawn(draw, |tx, number| {
        Ok(store::insert(tx, number, &new, &status)?.map(|id| (number.clone(), id)))
    })?;
    let order = Order {
        id,
        number,
        user: new.user,
        status,
        milestones: Milestones::default(),
        lines: store::numbered(new.lines)?,
        amounts: new.amounts,
        currency: new.currency,
        coupon: new.coupon,
        address: new.address,
        memo: new.memo,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    store::insert_lines(tx, &order)?;
    tx.emit(&events::created(&order))?;
    Ok(order)
}

/// The order; S201 when there is none.
pub fn find(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Order> {
    store::find(tx, number)?.ok_or_else(|| Code::OrderNotFound.error())
}

/// The order, locked until the job ends, for decisions that depend on its status. S201 when there is none.
pub fn lock(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Order> {
    store::lock(tx, number)?.ok_or_else(|| Code::OrderNotFound.error())
}

/// Sets until when a CONFIRMED order can be paid; an order in another status stays as it is.
pub fn pay_until(tx: &mut Tx<'_>, number: &OrderNumber, pay_by: Timestamp) -> Result<()> {
    store::set_pay_by(tx, number, pay_by)
}

/// The caller's own order; S201 when there is none, S212 when it is someone else's.
pub fn own(tx: &mut Tx<'_>, number: &OrderNumber, user: &UserId) -> Result<Order> {
    let order = find(tx, number)?;
    if order.user == *user { Ok(order) } else { Err(Code::OrderUserMismatch.error()) }
}

/// A page of the user's own orders, newest first, or what follows the cursor `after`.
pub fn own_page(
    tx: &mut Tx<'_>,
    user: &UserId,
    filter: &Filter,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<Page<Order>> {
    let found = lists::own_page(tx, user, filter, request, after)?;
    Ok(request.page_of(found.orders, found.total, after, |order| order.id.raw()))
}

/// A page of all orders, newest first, or what follows the cursor `after`. A search looks at [`LOOKED_AT_MAX`] orders for one page;
/// where it looked at no more, the page may be short or empty and its cursor goes on.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, request: PageRequest, after: Option<Cursor>) -> Result<Page<Order>> {
    let found = lists::page(tx, filter, request, after)?;
    Ok(request.page_of(found.orders, found.total, after, |order| order.id.raw()).read_until(found.until))
}

/// Orders of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    pub from: Timestamp,
    /// How many were placed, counted to [`COUNTED_MAX`].
    pub orders: i64,
    pub is_exact: bool,
}

/// The orders of each of the last `count` minutes before now, the oldest minute first. The last one ends now.
pub fn minutes(tx: &mut Tx<'_>, count: u32) -> Result<Vec<Minute>> {
    // an order of this very moment counts
    let end = tx.now().after(Duration::from_millis(1));
    let minute = |back: u32| {
        let (from, to) = (end.before(MINUTE * (back + 1)), end.before(MINUTE * back));
        let placed = lists::placed(tx, from, to)?;
        Ok(Minute { from, orders: placed.min(COUNTED_MAX), is_exact: placed <= COUNTED_MAX })
    };
    (0..count).rev().map(minute).collect()
}

/// CONFIRMED → PAID; emits [`::events::OrderConfirmed`]. `payment` is `None` for an order that costs nothing. S204, S209.
pub fn paid(tx: &mut Tx<'_>, number: &OrderNumber, payment: Option<&PaymentNumber>) -> Result<Order> {
    let order = lock(tx, number)?;
    paid_as_read(tx, order, payment)?.ok_or_else(changed_meanwhile)
}

/// [`paid`] for an order that this transaction has read already: the guard finds out whether it is still so. `None` when it has
/// changed since; then nothing is written.
pub fn paid_as_read(tx: &mut Tx<'_>, order: Order, payment: Option<&PaymentNumber>) -> Result<Option<Order>> {
    let at = tx.now();
    let Some(Stepped { order, .. }) = step_from(tx, order, &Change::Paid { at })? else { return Ok(None) };
    tx.emit(&events::confirmed(&order, payment, at))?;
    Ok(Some(order))
}

/// CONFIRMED → CANCELLED; emits [`::events::OrderCancelled`]. `by` is the author, stored in the event. S203.
pub fn cancelled(tx: &mut Tx<'_>, number: &OrderNumber, reason: &str, by: &str) -> Result<Order> {
    let (at, reason) = (tx.now(), text::required_paragraph("reason", reason, text::REASON_MAX)?);
    end(tx, number, &Change::Cancelled { at, reason }, by)
}

/// PAID, SHIPPING or DELIVERED → REFUNDED; emits [`::events::OrderCancelled`]. The caller refunds the money. S203.
pub fn refunded(tx: &mut Tx<'_>, number: &OrderNumber, reason: &str, by: &str) -> Result<Order> {
    let (at, reason) = (tx.now(), text::required_paragraph("reason", reason, text::REASON_MAX)?);
    end(tx, number, &Change::Refunded { at, reason }, by)
}

fn end(tx: &mut Tx<'_>, number: &OrderNumber, change: &Change, by: &str) -> Result<Order> {
    let order = step(tx, number, change)?.order;
    tx.emit(&events::cancelled(&order, by))?;
    Ok(order)
}

/// The parcel left: PAID → SHIPPING; emits [`::events::OrderStatusChanged`]. S205, S206, S207, S209.
pub fn shipped(tx: &mut Tx<'_>, number: &OrderNumber, reason: Option<&str>, by: &str) -> Result<Order> {
    moved(tx, number, &Change::Shipped, reason, by)
}

/// The parcel arrived: SHIPPING → DELIVERED; emits [`::events::OrderStatusChanged`]. S205, S207, S209.
pub fn delivered(tx: &mut Tx<'_>, number: &OrderNumber, reason: Option<&str>, by: &str) -> Result<Order> {
    let at = tx.now();
    moved(tx, number, &Change::Delivered { at }, reason, by)
}

/// The order goes elsewhere, or its memo changes, and costs this; emits [`::events::OrderReaddressed`]. The caller decides whether its
/// parcel is still here, and changes the amounts of an unpaid order only. S201; the address must have passed [`kernel::Address::checked`].
pub fn readdress(
    tx: &mut Tx<'_>,
    number: &OrderNumber,
    address: Address,
    memo: Option<String>,
    amounts: Amounts,
    by: &str,
) -> Result<Order> {
    let (mut order, now) = (lock(tx, number)?, tx.now());
    order.address = Some(address);
    order.memo = memo;
    order.amounts = amounts;
    if !store::readdress(tx, &order, now)? {
        return Err(changed_meanwhile());
    }
    order.updated_at = now;
    order.version += 1;
    tx.emit(&events::readdressed(&order, by))?;
    Ok(order)
}

/// Whether an unfinished order has a line of this product. Such a product cannot be deleted (S009).
pub fn has_live_of(tx: &mut Tx<'_>, product: ProductId) -> Result<bool> {
    store::has_live_of(tx, product)
}

/// Whether the user has ordered before. An order that was cancelled before it was paid does not count.
pub fn has_ordered(tx: &mut Tx<'_>, user: &UserId) -> Result<bool> {
    store::has_ordered(tx, user)
}

fn moved(tx: &mut Tx<'_>, number: &OrderNumber, change: &Change, reason: Option<&str>, by: &str) -> Result<Order> {
    let Stepped { order, from } = step(tx, number, change)?;
    tx.emit(&events::status_changed(&order, from, reason, by))?;
    Ok(order)
}

fn changed_meanwhile() -> Error {
    Code::OutdatedVersion.because("the order changed at the same moment").retry_after(1)
}

struct Stepped {
    order: Order,
    from: Kind,
}

/// Load, decide, save. The statement compares the status and version that the decision was made on.
fn step(tx: &mut Tx<'_>, number: &OrderNumber, change: &Change) -> Result<Stepped> {
    let order = lock(tx, number)?;
    step_from(tx, order, change)?.ok_or_else(changed_meanwhile)
}

/// Decide and save; `None` when the order has changed since it was read.
fn step_from(tx: &mut Tx<'_>, mut order: Order, change: &Change) -> Result<Option<Stepped>> {
    let (from, next, now) = (order.status.kind(), order.status.step(change)?, tx.now());
    let milestones = order.milestones.with(&next, now);
    if !store::save(tx, &order, &next, milestones, now)? {
        return Ok(None);
    }
    order.status = next;
    order.milestones = milestones;
    order.updated_at = now;
    order.version += 1;
    Ok(Some(Stepped { order, from }))
}
