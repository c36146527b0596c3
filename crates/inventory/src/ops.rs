//! Operations on stock, one function per verb. Orders' operations are in this file, people's in [`keeping`], those of
//! what keeps stock apart in [`holding`].

mod holding;
mod keeping;

pub use crate::stock::{Level, Line, Opening, Shortage, Stock, StockStatus};
pub use holding::{CameBack, Holder, free, give_back, hold, send_held, take_back};
pub use keeping::{adjust, lock, open, open_or_set, receive, set_available, set_threshold};

use crate::Reservation;
use crate::events;
use crate::movement::{Kind, Movement};
use crate::stock::{self, Demand, StockRow};
use crate::store::{self, Cause, State};
use ::events::{Quantities, StockCommitted, StockReleased, StockReserved};
use ::store::{Arg, Tx};
use kernel::{Code, Cursor, OrderNumber, Page, PageRequest, ProductId, Result, UserId, VariantId};
use std::collections::BTreeMap;

/// Reserves stock for an order: all of it or, with S402 naming what is short, none. S401 for a variant without stock
/// rows. A second call for the same order has no effect.
pub fn reserve(tx: &mut Tx<'_>, order: &OrderNumber, user: &UserId, lines: &[Line]) -> Result<()> {
    let demands = stock::demands(lines);
    let variants = demands.iter().map(|demand| Arg::Int(demand.variant.raw())).collect();
    let (mut rows, already) = store::lock_variants(tx, variants, order.as_str())?;
    if already {
        return Ok(());
    }
    allocate(&mut rows, &demands)?;
    let by = user.to_string();
    if !store::move_units(tx, Kind::Reserved, Cause::order(order.as_str(), None, &by), &rows)? {
        return Err(Code::ConcurrentStockModification.error().retry_after(1));
    }
    store::insert_reservations(tx, order, &by, &rows)?;
    let mut reserved_quantities = Quantities::new();
    demands.iter().for_each(|demand| *reserved_quantities.entry(demand.product).or_default() += demand.units);
    tx.emit(&StockReserved { order_number: order.clone(), user_id: *user, reserved_quantities, reserved_at: tx.now() })
}

/// Decides which rows give the demanded units. Both lists are sorted by variant. S401, S402.
fn allocate(rows: &mut [StockRow], demands: &[Demand]) -> Result<()> {
    let mut available = BTreeMap::new();
    rows.iter().for_each(|row| *available.entry(row.variant).or_default() += row.available);
    let short = stock::shortages(&available, demands);
    if let Some(refusal) = Shortage::refusals(&short, Code::InsufficientStock).into_iter().next() {
        return Err(refusal);
    }
    for (places, demand) in rows.chunk_by_mut(|one, next| one.variant == next.variant).zip(demands) {
        let enough = stock::allocate(places, demand.units);
        assert!(enough, "a demand without shortage can be allocated");
    }
    Ok(())
}

/// What is short of `lines` at these levels, ascending by variant. The same variant on several lines is summed first.
pub fn shortage(levels: &[Level], lines: &[Line]) -> Vec<Shortage> {
    let available = levels.iter().map(|level| (level.variant, level.available)).collect();
    stock::shortages(&available, &stock::demands(lines))
}

/// The order is paid: its reserved units leave the total. Gives whether it had live reservations; without any it has no effect.
pub fn commit(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<bool> {
    let Some((rows, user)) = transition(tx, order, (State::Live, State::Committed), Kind::Committed, None)? else {
        return Ok(false);
    };
    let reserved_quantities = quantities(&rows);
    let committed_at = tx.now();
    tx.emit(&StockCommitted { order_number: order.clone(), user_id: user, reserved_quantities, committed_at })?;
    Ok(true)
}

/// The order ends unpaid: its reserved units become available again. No effect when it has no live reservations: the
/// units of a paid order are returned, not released.
pub fn release(tx: &mut Tx<'_>, order: &OrderNumber, reason: &str) -> Result<()> {
    let Some((rows, user)) = transition(tx, order, (State::Live, State::Released), Kind::Released, Some(reason))?
    else {
        return Ok(());
    };
    let reserved_quantities = quantities(&rows);
    tx.emit(&StockReleased {
        order_number: order.clone(),
        user_id: user,
        reserved_quantities,
        reason: reason.to_owned(),
        released_at: tx.now(),
    })
}

/// The goods of a paid order come back and can be sold again. No effect when the order bought nothing or returned it
/// before.
pub fn return_sold(tx: &mut Tx<'_>, order: &OrderNumber, reason: &str) -> Result<()> {
    let Some((rows, _)) = transition(tx, order, (State::Committed, State::Returned), Kind::Returned, Some(reason))?
    else {
        return Ok(());
    };
    let mut variants: Vec<VariantId> = rows.iter().map(|row| row.variant).collect();
    variants.dedup();
    for level in store::levels(tx, &variants)? {
        tx.emit(&events::changed(&level))?;
    }
    Ok(())
}

/// Moves all of the order's reservations from one state to the next, and their stock with them. `None` when there are
/// none.
fn transition(
    tx: &mut Tx<'_>,
    order: &OrderNumber,
    (from, to): (State, State),
    kind: Kind,
    reason: Option<&str>,
) -> Result<Option<(Vec<StockRow>, UserId)>> {
    let (rows, user) = store::lock_reserved(tx, order, from)?;
    let Some(user) = user else { return Ok(None) };
    let by = user.to_string();
    let cause = Cause::order(order.as_str(), reason, &by);
    if !store::transition(tx, order, to, &rows)? || !store::move_units(tx, kind, cause, &rows)? {
        let code = match to {
            State::Committed => Code::StockDeductionFailed,
            State::Released => Code::StockReleaseFailed,
            State::Returned | State::Live => Code::ConcurrentStockModification,
        };
        return Err(code.error().caused_by(format!("{order}: {} reservations do not fit the stock", rows.len())));
    }
    Ok(Some((rows, user)))
}

fn quantities(rows: &[StockRow]) -> Quantities {
    let mut sums = Quantities::new();
    rows.iter().for_each(|row| *sums.entry(row.product).or_default() += row.units);
    sums
}

/// The stock of these variants, ascending by variant; variants without stock rows are missing.
pub fn levels(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<Vec<Level>> {
    store::levels(tx, variants)
}

/// The stock of every variant of these products, ascending by product and variant.
pub fn levels_of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Level>> {
    store::levels_of_products(tx, products)
}

/// The stock of these products with its breakdown, ascending by product; products without stock rows are missing.
pub fn stock_of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Stock>> {
    store::stock(tx, products)
}

/// The stock of one product with its breakdown; S401 when it has none.
pub fn stock_of_product(tx: &mut Tx<'_>, product: ProductId) -> Result<Stock> {
    store::stock(tx, &[product])?.pop().ok_or_else(|| Code::InventoryNotFound.because(format!("product {product}")))
}

/// The product's movements, newest first: a numbered page, or what follows `after`. Empty for an unknown product.
pub fn movements(
    tx: &mut Tx<'_>,
    product: ProductId,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<Page<Movement>> {
    let (rows, total) = store::movements(tx, product, request, after)?;
    Ok(request.page_of(rows, total, after, |row| row.id))
}

/// The ledger's entries of one order, oldest first.
pub fn movements_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Movement>> {
    store::movements_of_order(tx, order)
}

/// The order's reservations in every state, in the order in which they were made.
pub fn reservations(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Reservation>> {
    store::reservations(tx, order)
}
