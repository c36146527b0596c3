//! What people do with stock: open, receive, adjust.

use crate::Location;
use crate::events::StockChanged;
use crate::movement::Kind;
use crate::stock::{self, LOW_STOCK_THRESHOLD, Opening, StockRow};
use crate::store::{self, Cause};
use ::store::{Arg, Tx};
use kernel::{Code, Error, ProductId, Quantity, Result, VariantId, text};

/// The first event of every stock row; being unique per row, it can be told only once.
const OPENING: &str = "OPENING";
/// Rows opened by one set of statements; an import's chunk.
const OPENINGS_AT_ONCE: usize = 500;
/// Longest name of who did it, in bytes: a user id, SYSTEM, or the name of an import.
const BY_MAX: usize = 100;

/// Begins to keep stock of a variant at `MAIN`. S407 when that is done already, S406 for a negative quantity.
pub fn open(tx: &mut Tx<'_>, product: ProductId, variant: VariantId, quantity: i64, by: &str) -> Result<()> {
    open_many(tx, &[(product, variant, quantity)], by)
}

/// Begins to keep stock of many variants at `MAIN`: all or, with S407 naming who is in the way, none.
pub fn open_many(tx: &mut Tx<'_>, openings: &[(ProductId, VariantId, i64)], by: &str) -> Result<()> {
    let at_main = |&(product, variant, quantity): &(ProductId, VariantId, i64)| Opening {
        product,
        variant,
        location: Location::main(),
        quantity,
        threshold: LOW_STOCK_THRESHOLD,
    };
    open_all(tx, &openings.iter().map(at_main).collect::<Vec<_>>(), None, by)
}

/// Begins to keep stock of many variants, wherever: all or none. S407, S406 as [`open`]; S406 also when a variant is said
/// to be of another product than before.
pub fn open_all(tx: &mut Tx<'_>, openings: &[Opening], reason: Option<&str>, by: &str) -> Result<()> {
    let reason = text::optional("reason", reason, text::REASON_MAX)?;
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

/// Goods arrive at a place where stock is kept already: S401 when it is not.
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

/// Stock is counted, breaks or is found: `delta` is the change of what can be sold. S401; S406 when it is 0 or more would
/// be gone than can be sold.
pub fn adjust(
    tx: &mut Tx<'_>,
    product: ProductId,
    variant: VariantId,
    location: &str,
    delta: i64,
    reason: &str,
    by: &str,
) -> Result<()> {
    if delta == 0 || delta.unsigned_abs() > Quantity::MAX.unsigned_abs() {
        return Err(Code::InvalidStockQuantity.because(format!("delta must not be 0 nor beyond {}", Quantity::MAX)));
    }
    let (mut rows, at) = place(tx, product, variant, location)?;
    rows[at].units = delta;
    moved(tx, Kind::Adjusted, &mut rows, reason, by)
}

/// Makes `quantity` units of a variant available, over all its locations: `MAIN` gets what is missing; what is too much
/// goes from `MAIN` first. What orders hold stays. S401, S406.
pub fn set_available(tx: &mut Tx<'_>, variant: VariantId, quantity: i64, by: &str) -> Result<()> {
    let wanted = stock::checked(quantity)?;
    let mut rows = of_variant(tx, variant)?;
    let delta = wanted - rows.iter().map(|row| row.available).sum::<i64>();
    if delta == 0 {
        return Ok(());
    }
    if delta > 0 {
        let at = rows.iter().position(|row| row.location.is_main()).unwrap_or(0);
        rows[at].units = delta;
    } else {
        let enough = stock::allocate(&mut rows, -delta);
        assert!(enough.is_ok(), "what is above a quantity of at least 0 is available");
        rows.iter_mut().for_each(|row| row.units = -row.units);
    }
    moved(tx, Kind::Adjusted, &mut rows, "set", by)
}

/// Holds the stock of these variants until the end of the job, ascending, as orders do. Whoever changes the stock of several
/// variants one after the other takes them first, or an order and it could wait for each other.
pub fn lock(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<()> {
    let variants = variants.iter().map(|variant| Arg::Int(variant.raw())).collect();
    store::lock_variants(tx, variants, "").map(|_| ())
}

/// Sets at or below how many available units a place counts as low. S401, S406.
pub fn set_threshold(tx: &mut Tx<'_>, variant: VariantId, location: &str, threshold: i64) -> Result<()> {
    let threshold = stock::checked(threshold)?;
    if !store::set_threshold(tx, variant, &Location::checked(location)?, threshold)? {
        return Err(Code::InventoryNotFound.because(format!("variant {variant}")));
    }
    changed(tx, &[variant])
}

fn of_variant(tx: &mut Tx<'_>, variant: VariantId) -> Result<Vec<StockRow>> {
    let (rows, _) = store::lock_variants(tx, vec![Arg::Int(variant.raw())], "")?;
    if rows.is_empty() {
        return Err(Code::InventoryNotFound.because(format!("variant {variant}")));
    }
    Ok(rows)
}

/// All rows of the variant, and which of them lies at `location`.
fn place(tx: &mut Tx<'_>, product: ProductId, variant: VariantId, location: &str) -> Result<(Vec<StockRow>, usize)> {
    let location = Location::checked(location)?;
    let rows = of_variant(tx, variant)?;
    let at = rows.iter().position(|row| row.location == location && row.product == product);
    let at = at.ok_or_else(|| Code::InventoryNotFound.error().with(stock::unknown(product, variant)))?;
    Ok((rows, at))
}

/// Moves what `rows` say and tells it. `rows` are all of one variant, so that the sums in the event are right.
fn moved(tx: &mut Tx<'_>, kind: Kind, rows: &mut [StockRow], reason: &str, by: &str) -> Result<()> {
    let reason = text::optional("reason", Some(reason), text::REASON_MAX)?;
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

fn changed(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<()> {
    store::levels(tx, variants)?.iter().try_for_each(|level| tx.emit(&StockChanged::of(level)))
}

fn shortened(by: &str) -> &str {
    by.char_indices().nth(BY_MAX).map_or(by, |(at, _)| &by[..at])
}
