//! Operations on variants. Each is a change of its product and raises the product's version.

use crate::ops::products::{changed, draw_sku, lock_to_change, raced, sku_taken};
use crate::product::{Author, Product};
use crate::store;
use crate::variant::{self, New, VARIANTS_MAX, Variant};
use ::store::Tx;
use events::Change;
use kernel::{Code, ProductId, Result, VariantId, text};

/// The variants of these products that are not discontinued, grouped by product, oldest first.
pub fn of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Variant>> {
    store::variants::of_products(tx, products)
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
    let id = insert(tx, &product, &siblings, &new)?;
    let product = changed(tx, product, Change::Updated)?;
    one(tx, product.id, id)
}

/// Checks and inserts one more variant. The caller raises the product's version.
pub(crate) fn insert(tx: &mut Tx<'_>, product: &Product, siblings: &[Variant], new: &New) -> Result<VariantId> {
    if siblings.len() >= VARIANTS_MAX {
        return Err(text::wrong("variants", format!("must be at most {VARIANTS_MAX}")));
    }
    variant::price(product.content.current_price(), new.price_adjustment)?;
    variant::distinct(siblings.iter().map(|one| &one.options).chain([&new.options]))?;
    let sku = new.sku.clone().unwrap_or_else(|| draw_sku(tx));
    // the sku may be this product's own, but not another product's or any variant's, discontinued ones included
    let taken = store::skus_taken(tx, &[&sku])?;
    let by_product = usize::from(product.sku == sku);
    if taken.len() > by_product {
        return Err(sku_taken(&sku));
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
    if new.sku.as_ref().is_some_and(|sku| *sku != current.sku) {
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
    let others = siblings.iter().filter(|one| one.id != current.id).map(|one| &one.options);
    variant::distinct(others.chain([&new.options]))?;
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

fn one(tx: &mut Tx<'_>, product: ProductId, id: VariantId) -> Result<Variant> {
    of_products(tx, &[product])?.into_iter().find(|one| one.id == id).ok_or_else(|| unknown(id))
}

fn unknown(id: VariantId) -> kernel::Error {
    Code::NotFound.because(format!("variant {id} not found"))
}
