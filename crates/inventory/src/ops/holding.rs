//! Stock that is kept for a purpose, such as a time deal, before any order wants it. Held units count as reserved, but belong
//! to no order: what an order wants of them is freed for it in its own transaction.

use super::allocate;
use super::keeping::{changed, of_variant, shortened};
use crate::movement::Kind;
use crate::stock::{self, Line};
use crate::store::{self, Cause};
use ::store::Tx;
use kernel::{Code, OrderNumber, Result};

/// Who holds units, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Such as `TIME_DEAL`; at most 20 characters.
    pub purpose: &'static str,
    /// The id of what holds them.
    pub id: i64,
}

/// Takes units out of what can be sold and keeps them for the holder. All of them or, with S402, none; S401 for a variant without
/// stock rows.
pub fn hold(tx: &mut Tx<'_>, holder: Holder, line: Line, by: &str) -> Result<()> {
    let mut rows = of_variant(tx, line.variant)?;
    allocate(&mut rows, &stock::demands(&[line]))?;
    let reference = holder.id.to_string();
    if !store::move_units(tx, Kind::Reserved, cause(&holder, &reference, by), &rows)? {
        return Err(Code::ConcurrentStockModification.error().retry_after(1));
    }
    store::add_held(tx, holder, &rows)?;
    changed(tx, &[line.variant])
}

/// Makes units that the holder keeps available again. The caller publishes what becomes of them. C001 when it keeps fewer.
pub fn free(tx: &mut Tx<'_>, holder: Holder, line: Line, by: &str) -> Result<()> {
    end(tx, holder, line, Kind::Released, by)
}

/// Units that the holder keeps leave the shop, and so the total. C001 when it keeps fewer.
pub fn send_held(tx: &mut Tx<'_>, holder: Holder, line: Line, by: &str) -> Result<()> {
    end(tx, holder, line, Kind::Committed, by)?;
    changed(tx, &[line.variant])
}

fn end(tx: &mut Tx<'_>, holder: Holder, line: Line, kind: Kind, by: &str) -> Result<()> {
    let mut rows = store::lock_held(tx, holder, line.variant)?;
    let mut missing = line.quantity.as_i64();
    for (row, held) in &mut rows {
        row.units = missing.min(*held);
        missing -= row.units;
    }
    let rows: Vec<_> = rows.into_iter().map(|(row, _)| row).collect();
    let reference = holder.id.to_string();
    let moved = missing == 0 && store::move_units(tx, kind, cause(&holder, &reference, by), &rows)?;
    if !moved || !store::take_held(tx, holder, &rows)? {
        let why =
            format!("{} {} does not hold {} of {}", holder.purpose, holder.id, line.quantity.as_i64(), line.variant);
        return Err(Code::Internal.error().caused_by(why));
    }
    Ok(())
}

/// Makes units that the holder keeps available to everybody again.
pub fn give_back(tx: &mut Tx<'_>, holder: Holder, line: Line, by: &str) -> Result<()> {
    free(tx, holder, line, by)?;
    changed(tx, &[line.variant])
}

/// Why sold goods are here again, of which an order keeps the rest.
#[derive(Debug, Clone, Copy)]
pub struct CameBack<'a> {
    /// What brought them, such as `RETURN`; at most 20 characters.
    pub by_what: &'static str,
    /// Its number.
    pub reference: &'a str,
    pub order: &'a OrderNumber,
    pub reason: &'a str,
    pub by: &'a str,
}

/// Units of a paid order came back and can be sold again; the order's reservation stays as it is. The caller remembers that they did:
/// a second call adds them once more. S401 for a variant without stock rows.
pub fn take_back(tx: &mut Tx<'_>, why: CameBack<'_>, lines: &[Line]) -> Result<()> {
    let mut variants = Vec::new();
    for demand in stock::demands(lines) {
        let mut rows = of_variant(tx, demand.variant)?;
        // where they were taken from is not remembered for each unit: they go where stock is taken from first
        let first = rows.first_mut().ok_or_else(|| Code::InventoryNotFound.error())?;
        first.units = demand.units;
        let cause = Cause {
            reference_type: why.by_what,
            reference: why.reference,
            correlation: why.order.as_str(),
            reason: Some(why.reason),
            by: shortened(why.by),
        };
        if !store::move_units(tx, Kind::Returned, cause, &rows)? {
            return Err(Code::ConcurrentStockModification.error().retry_after(1));
        }
        variants.push(demand.variant);
    }
    changed(tx, &variants)
}

fn cause<'a>(holder: &Holder, reference: &'a str, by: &'a str) -> Cause<'a> {
    Cause { reference_type: holder.purpose, reference, correlation: reference, reason: None, by: shortened(by) }
}
