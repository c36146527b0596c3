//! What the variants of a row cost, as a price of their product and what each costs more.

use super::is_same_sku;
use super::row::{Given, Row};
use crate::product::Product;
use crate::variant::Variant;
use kernel::{Money, Result, text};

/// Turns the prices that the row's variants have of their own into the product's price and adjustments.
///
/// The price of a new product is that of its default variant. The price of a stored product changes only when the row gives a price
/// for each of its variants; otherwise it would change what the others cost.
pub(super) fn settle(row: &mut Row, product: Option<&Product>, siblings: &[Variant]) -> Result<()> {
    let stored = |sku: &str| siblings.iter().find(|one| is_same_sku(&one.sku, sku));
    let is_named =
        |one: &Variant| row.variants.iter().any(|given| is_same_sku(&given.sku, &one.sku) && given.price.is_some());
    if row.variants.iter().any(|one| one.price.is_some()) {
        let base = match product {
            Some(product) if !siblings.iter().all(is_named) => Some(product.content.price),
            _ => {
                let marked = row.variants.iter().position(|one| one.is_default);
                let kept = || row.variants.iter().position(|one| stored(&one.sku).is_some_and(|one| one.is_default));
                let default = &row.variants[marked.or_else(kept).unwrap_or(0)];
                let more = default.price_adjustment.unwrap_or_default();
                default.price.map(|price| price.minus(more)).transpose()?
            }
        };
        let base = base.ok_or_else(|| text::wrong("price", "of the default variant is missing"))?;
        for one in &mut row.variants {
            let Some(price) = one.price.take() else { continue };
            let more = price.minus(base)?;
            if one.price_adjustment.is_some_and(|given| given != more) {
                return Err(text::wrong("priceAdjustment", format!("of {} is not what its price says", one.sku)));
            }
            one.price_adjustment = Some(more);
        }
        row.price = Some(base);
    }
    if let Some(first) = row.variants.first_mut() {
        let more = first.price_adjustment.or_else(|| stored(&first.sku).map(|one| one.price_adjustment));
        match std::mem::take(&mut first.sale_price) {
            Given::Absent => {}
            Given::Cleared => row.sale_price = Given::Cleared,
            Given::Value(sale) => row.sale_price = Given::Value(sale.minus(more.unwrap_or(Money::ZERO))?),
        }
    }
    Ok(())
}
