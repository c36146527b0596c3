//! Operations on variants. Each is a change of its product and raises the product's version.

use crate::ops::products::{changed, draw_sku, lock_to_change, raced, sku_held};
use crate::product::{Author, Product};
use crate::store;
use crate::variant::{self, New, VARIANTS_MAX, Variant};
use ::store::Tx;
use events::Change;
use kernel::{Code, Money, ProductId, Result, VariantId, text};

/// The variants of these products that are not discontinued, grouped by product, oldest first.
pub fn of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Variant>> {
    store::variants::of_products(tx, products)
}

/// What one unit of each of these products costs now when it is bought by the product's id alone.
pub fn default_prices(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<(ProductId, Money)>> {
    store::variants::default_prices(tx, products)
}

impl From<Variant> for New {
    fn from(variant: Variant) -> New {
        New {
            sku: Some(variant.sku),
            name: variant.name,
            options: variant.options,
            price_adjustment: variant.price_adjustment,
            status: variant.status,
            is_default: variant.is_default,
        }
    }
}

/// Adds a variant. S002 when its sku is taken, C019 when one with these options exists, S004 when its price would not
/// be positive; S001, A002, C016, C002.
pub fn add(tx: &mut Tx<'_>, author: Author, product: ProductId, new: New, expected: Option<i64>) -> Result<Variant> {
    let new = new.checked()?;
    let product = lock_to_change(tx, author, product, expected)?;
    let siblings = of_products(tx, &[product.id])?;
    let id = insert(tx, author, &product, &siblings, &new)?;
    let product = changed(tx, product, Change::Updated)?;
    one(tx, product.id, id)
}

/// Checks and inserts one more variant. The caller raises the product's version.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    author: Author,
    product: &Product,
    siblings: &[Variant],
    new: &New,
) -> Result<VariantId> {
    must_have_room(siblings.len())?;
    variant::price(product.content.current_price(), new.price_adjustment)?;
    let sku = new.sku.clone().unwrap_or_else(|| draw_sku(tx));
    new.look(&sku).differs_from_all(siblings.iter().map(Variant::look))?;
    // the sku may be this product's own, but not another product's or any variant's, discontinued ones included
    let taken = store::skus_taken(tx, &[&sku])?;
    let by_product = usize::from(text::folded(&product.sku) == text::folded(&sku));
    if taken.len() > by_product {
        return Err(sku_held(tx, author, &sku)?);
    }
    if new.is_default {
        store::variants::clear_default(tx, product.id)?;
    }
    store::variants::insert(tx, product.id, &sku, new).map_err(raced)
}

/// Replaces a variant's content; its sku stays. The default mark can be given but not removed: give it to another
/// variant instead. C003 when the product has no such variant; C019, S004, S001, A002, C016, C002.
pub fn change(
    tx: &mut Tx<'_>,
    author: Author,
    product: ProductId,
    id: VariantId,
    new: New,
    expected: Option<i64>,
) -> Result<Variant> {
    let new = new.checked()?;
    let product = lock_to_change(tx, author, product, expected)?;
    let siblings = of_products(tx, &[product.id])?;
    let current = siblings.iter().find(|one| one.id == id).ok_or_else(|| unknown(id))?;
    if new.sku.as_ref().is_some_and(|sku| text::folded(sku) != text::folded(&current.sku)) {
        return Err(text::wrong("sku", "cannot be changed"));
    }
    save(tx, &product, &siblings, current, &new)?;
    let product = changed(tx, product, Change::Updated)?;
    one(tx, product.id, id)
}

/// Checks and stores a changed variant. The caller raises the product's version.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    product: &Product,
    siblings: &[Variant],
    current: &Variant,
    new: &New,
) -> Result<()> {
    variant::price(product.content.current_price(), new.price_adjustment)?;
    let look = new.look(&current.sku);
    // an old shop may have variants that look the same; their prices can still be changed
    if look != current.look() {
        look.differs_from_all(siblings.iter().filter(|one| one.id != current.id).map(Variant::look))?;
    }
    store::variants::save(tx, current.id, new)?;
    if new.is_default && !current.is_default {
        store::variants::make_default(tx, product.id, current.id)?;
    }
    Ok(())
}

/// Deletes a variant: it can no longer be bought; its sku stays taken. C019 for the default variant, C003 when the
/// product has no such variant; S001, A002, C016.
pub fn discontinue(
    tx: &mut Tx<'_>,
    author: Author,
    product: ProductId,
    id: VariantId,
    expected: Option<i64>,
) -> Result<()> {
    let product = lock_to_change(tx, author, product, expected)?;
    let current = one(tx, product.id, id)?;
    if current.is_default {
        return Err(Code::Conflict.because("make another variant the default first"));
    }
    store::variants::discontinue(tx, &current)?;
    changed(tx, product, Change::Updated).map(|_| ())
}

/// Brings a deleted variant back, off sale. Repeated: no effect. C019 when a buyer could not distinguish it from another variant by
/// now, C003 when the product never had it; S004, S001, A002, C016, C002.
pub fn restore(
    tx: &mut Tx<'_>,
    author: Author,
    product: ProductId,
    id: VariantId,
    expected: Option<i64>,
) -> Result<Variant> {
    let product = lock_to_change(tx, author, product, expected)?;
    let siblings = of_products(tx, &[product.id])?;
    if let Some(kept) = siblings.iter().find(|one| one.id == id) {
        return Ok(kept.clone());
    }
    let deleted = store::variants::deleted(tx, product.id, id)?.ok_or_else(|| unknown(id))?;
    must_have_room(siblings.len())?;
    variant::price(product.content.current_price(), deleted.price_adjustment)?;
    deleted.look().differs_from_all(siblings.iter().map(Variant::look))?;
    store::variants::save(tx, id, &New { status: variant::Status::Inactive, ..deleted.into() })?;
    let product = changed(tx, product, Change::Updated)?;
    one(tx, product.id, id)
}

fn must_have_room(count: usize) -> Result<()> {
    match count < VARIANTS_MAX {
        true => Ok(()),
        false => Err(text::wrong("variants", format!("must be at most {VARIANTS_MAX}"))),
    }
}

fn one(tx: &mut Tx<'_>, product: ProductId, id: VariantId) -> Result<Variant> {
    of_products(tx, &[product])?.into_iter().find(|one| one.id == id).ok_or_else(|| unknown(id))
}

fn unknown(id: VariantId) -> kernel::Error {
    Code::NotFound.because(format!("variant {id} not found"))
}
