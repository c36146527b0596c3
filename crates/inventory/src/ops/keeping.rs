//! Operations of people: open, receive, adjust.

use crate::Location;
use crate::events;
use crate::movement::Kind;
use crate::stock::{self, Decision, Opening, StockRow};
use crate::store::{self, Cause};
use ::events::StockChanged;
use ::store::{Arg, Tx};
use kernel::{Code, Error, ProductId, Quantity, Result, VariantId, text};

/// Reference of every stock row's first event. References are unique per row, so a row is opened only once.
const OPENING: &str = "OPENING";
/// Rows opened by one set of statements; the size of an import's chunk.
const OPENINGS_AT_ONCE: usize = 500;
/// Longest name of an author, in bytes: a user id, SYSTEM, or the name of an import.
const BY_MAX: usize = 100;

/// Opens stock of variants at any locations: all or none. S407 naming the one that is open already; S406 for an
/// invalid quantity or threshold, and when a variant has stock under another product.
pub fn open(tx: &mut Tx<'_>, openings: &[Opening], reason: Option<&str>, by: &str) -> Result<()> {
    let reason = text::paragraph("reason", reason, text::REASON_MAX)?;
    for chunk in openings.chunks(OPENINGS_AT_ONCE) {
        chunk.iter().try_for_each(|o| stock::checked(o.quantity).and(stock::checked(o.threshold)).map(|_| ()))?;
        let variants: Vec<VariantId> = chunk.iter().map(|o| o.variant).collect();
        for (variant, product, location) in store::opened(tx, &variants)? {
            let taken = chunk.iter().find(|o| o.variant == variant && (o.location == location || o.product != product));
            if let Some(opening) = taken {
                return Err(exists(opening));
            }
        }
        let cause = Cause {
            reference_type: "SYSTEM",
            reference: OPENING,
            correlation: OPENING,
            reason: reason.as_deref(),
            by: shortened(by),
        };
        if store::open(tx, chunk, cause)? != chunk.len() {
            return Err(Code::InventoryAlreadyExists.error());
        }
        changed(tx, &variants)?;
    }
    Ok(())
}

fn exists(opening: &Opening) -> Error {
    let detail = stock::unknown(opening.product, opening.variant).with("locationCode", opening.location.as_str());
    let message = "stock is kept already".to_owned();
    Code::InventoryAlreadyExists.error().with(kernel::Detail { message, ..detail })
}

/// Goods arrive at a location where the variant's stock is open: S401 when it is not.
pub fn receive(
    tx: &mut Tx<'_>,
    product: ProductId,
    variant: VariantId,
    location: &str,
    quantity: Quantity,
    reason: &str,
    by: &str,
) -> Result<()> {
    let (mut rows, at) = place(tx, product, variant, location)?;
    rows[at].units = quantity.as_i64();
    moved(tx, Kind::Received, &mut rows, reason, by)
}

/// Stock at a location was counted again, broke or was found. S401; C016 when it is not what was seen; S406 when more units
/// would go than are available.
pub fn adjust(
    tx: &mut Tx<'_>,
    product: ProductId,
    variant: VariantId,
    location: &str,
    decision: Decision,
    reason: &str,
    by: &str,
) -> Result<()> {
    let (mut rows, at) = place(tx, product, variant, location)?;
    rows[at].units = decision.delta(rows[at].available, rows[at].version)?;
    match rows[at].units {
        0 => Ok(()),
        _ => moved(tx, Kind::Adjusted, &mut rows, reason, by),
    }
}

/// Changes the available units of a variant over all its locations: missing units are added to `MAIN`; surplus units are
/// removed from `MAIN` first. Reserved units stay. S401; C016 when the stock is not what was seen; S406.
pub fn set_available(tx: &mut Tx<'_>, variant: VariantId, decision: Decision, by: &str) -> Result<()> {
    let mut rows = of_variant(tx, variant)?;
    let available = rows.iter().map(|row| row.available).sum::<i64>();
    let delta = decision.delta(available, rows.iter().map(|row| row.version).sum())?;
    stock::checked(available + delta)?;
    if delta == 0 {
        return Ok(());
    }
    if delta > 0 {
        let at = rows.iter().position(|row| row.location.is_main()).unwrap_or(0);
        rows[at].units = delta;
    } else {
        let enough = stock::allocate(&mut rows, -delta);
        assert!(enough, "what is above a quantity of at least 0 is available");
        rows.iter_mut().for_each(|row| row.units = -row.units);
    }
    moved(tx, Kind::Adjusted, &mut rows, "set", by)
}

/// Changes the available units of a variant over all its locations; opens its stock, which then had 0 units, if it has none.
/// False when so many are available already. The errors of [`open`] and [`set_available`].
pub fn open_or_set(tx: &mut Tx<'_>, opening: Opening, decision: Decision, by: &str) -> Result<bool> {
    match store::levels(tx, &[opening.variant])?.first() {
        None => open(tx, &[Opening { quantity: decision.delta(0, 0)?, ..opening }], None, by)?,
        Some(level) if decision == Decision::to(level.available) => return Ok(false),
        Some(_) => set_available(tx, opening.variant, decision, by)?,
    }
    Ok(true)
}

/// Locks the stock of these variants until the end of the job, in ascending order as orders do. A job that changes
/// the stock of several variants one by one must call this first, or it could deadlock with an order.
pub fn lock(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<()> {
    let variants = variants.iter().map(|variant| Arg::Int(variant.raw())).collect();
    store::lock_variants(tx, variants, "").map(|_| ())
}

/// Sets the low-stock threshold of a variant at a location. S401, S406.
pub fn set_threshold(tx: &mut Tx<'_>, variant: VariantId, location: &str, threshold: i64) -> Result<()> {
    let threshold = stock::checked(threshold)?;
    if !store::set_threshold(tx, variant, &Location::checked(location)?, threshold)? {
        return Err(Code::InventoryNotFound.because(format!("variant {variant}")));
    }
    changed(tx, &[variant])
}

pub(super) fn of_variant(tx: &mut Tx<'_>, variant: VariantId) -> Result<Vec<StockRow>> {
    let (rows, _) = store::lock_variants(tx, vec![Arg::Int(variant.raw())], "")?;
    if rows.is_empty() {
        return Err(Code::InventoryNotFound.because(format!("variant {variant}")));
    }
    Ok(rows)
}

/// All rows of the variant, and the index of the one at `location`.
fn place(tx: &mut Tx<'_>, product: ProductId, variant: VariantId, location: &str) -> Result<(Vec<StockRow>, usize)> {
    let location = Location::checked(location)?;
    let rows = of_variant(tx, variant)?;
    let at = rows.iter().position(|row| row.location == location && row.product == product);
    let at = at.ok_or_else(|| Code::InventoryNotFound.error().with(stock::unknown(product, variant)))?;
    Ok((rows, at))
}

/// Moves the `units` of `rows` and emits [`StockChanged`]. All `rows` must be of one variant, so that the sums in the
/// event are right.
fn moved(tx: &mut Tx<'_>, kind: Kind, rows: &mut [StockRow], reason: &str, by: &str) -> Result<()> {
    let reason = text::paragraph("reason", Some(reason), text::REASON_MAX)?;
    rows.iter().try_for_each(|row| stock::checked(row.available + row.units).map(|_| ()))?;
    let reference = format!("{:016x}", tx.random().bits());
    let cause = Cause {
        reference_type: "ADMIN",
        reference: &reference,
        correlation: &reference,
        reason: reason.as_deref(),
        by: shortened(by),
    };
    if !store::move_units(tx, kind, cause, rows)? {
        return Err(Code::ConcurrentStockModification.error().retry_after(1));
    }
    let first = &rows[0];
    tx.emit(&StockChanged {
        product_id: first.product,
        variant_id: first.variant,
        available: rows.iter().map(|row| row.available + row.units).sum(),
        reserved: rows.iter().map(|row| row.reserved).sum(),
    })
}

pub(super) fn changed(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<()> {
    store::levels(tx, variants)?.iter().try_for_each(|level| tx.emit(&events::changed(level)))
}

pub(super) fn shortened(by: &str) -> &str {
    by.char_indices().nth(BY_MAX).map_or(by, |(at, _)| &by[..at])
}
