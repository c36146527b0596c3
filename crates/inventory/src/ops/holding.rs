//! Stock that is kept for a purpose, such as a time deal, before any order wants it. Held units count as reserved, but belong
//! to no order: what an order wants of them is freed for it in its own transaction.

use super::allocate;
use super::keeping::{changed, of_variant, shortened};
use crate::movement::Kind;
use crate::stock::{self, Line};
use crate::store::{self, Cause};
use ::store::Tx;
use kernel::{Code, Result};

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
    let mut rows = store::lock_held(tx, holder, line.variant)?;
    let mut missing = line.quantity.as_i64();
    for (row, held) in &mut rows {
        row.units = missing.min(*held);
        missing -= row.units;
    }
    let rows: Vec<_> = rows.into_iter().map(|(row, _)| row).collect();
    let reference = holder.id.to_string();
    let moved = missing == 0 && store::move_units(tx, Kind::Released, cause(&holder, &reference, by), &rows)?;
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

fn cause<'a>(holder: &Holder, reference: &'a str, by: &'a str) -> Cause<'a> {
    Cause { reference_type: holder.purpose, reference, correlation: reference, reason: None, by: shortened(by) }
}
