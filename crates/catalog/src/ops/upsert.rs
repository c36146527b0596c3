//! Stores the rows of an import by their sku. One read per chunk loads everything that its rows need; then each row
//! is decided on its own.

use crate::ops::{images, products, variants};
use crate::product::{Author, Content, Product, Status};
use crate::store;
use crate::text::stored_sku;
use crate::variant::{self, Variant};
use ::store::Tx;
use events::{Change, ProductChanged};
use kernel::{CategoryId, Code, Money, ProductId, Result, VariantId, text};
use std::collections::HashMap;

/// One row of an import. Fields that an existing product has and the row omits stay unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Finds the product to change; an unknown sku makes a new one.
    pub sku: String,
    /// Required for a new product.
    pub name: Option<String>,
    /// Required for a new product.
    pub price: Option<Money>,
    pub sale_price: Option<Money>,
    pub description: Option<String>,
    pub category_id: Option<CategoryId>,
    pub brand: Option<String>,
    /// The whole gallery; empty leaves the gallery as it is.
    pub images: Vec<String>,
    /// The status of a new product. An existing product keeps its own.
    pub status: Status,
    /// Variants to add or change by their sku. Existing variants that are not named stay.
    pub variants: Vec<variant::New>,
}

/// How to treat a row whose name another product owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SameName {
    /// Store it and report it: the sku still distinguishes the two products.
    #[default]
    Store,
    /// Refuse it with S008, as for a product made through the API.
    Refuse,
}

/// Effect of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    /// The stored product already equals the row.
    Unchanged,
}

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub product: ProductId,
    pub outcome: Outcome,
    /// The row's variants in its order; the default variant when the row names none.
    pub variants: Vec<Stored>,
    /// The sku of the other product that owns this one's name.
    pub shares_name_with: Option<String>,
}

/// A variant of a stored row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub variant: VariantId,
    pub is_new: bool,
}

/// The stored products of a chunk of rows, updated as its rows are stored.
#[derive(Debug, Default)]
pub struct Known {
    products: HashMap<String, Product>,
    variants: HashMap<ProductId, Vec<Variant>>,
    skus: HashMap<String, ProductId>,
    names: HashMap<String, (ProductId, String)>,
}

/// Loads what is stored under these skus (of products and variants) and names, and locks the products until the end
/// of the job: five statements for any number of rows.
pub fn known<'a>(tx: &mut Tx<'_>, skus: &[&'a str], names: &[&'a str]) -> Result<Known> {
    // single rows are checked later, but PostgreSQL would refuse the whole query because of one NUL character
    let sound = |texts: &[&'a str]| texts.iter().copied().filter(|text| !text.contains('\0')).collect::<Vec<_>>();
    let (skus, names) = (&sound(skus)[..], &sound(names)[..]);
    let mut known = Known::default();
    for product in store::by_skus_locked(tx, skus)? {
        known.products.insert(product.sku.clone(), product);
    }
    let ids: Vec<ProductId> = known.products.values().map(|product| product.id).collect();
    for variant in store::variants::of_products(tx, &ids)? {
        known.variants.entry(variant.product_id).or_default().push(variant);
    }
    known.skus.extend(store::skus_taken(tx, skus)?);
    known.names.extend(store::names_held(tx, names)?.into_iter().map(|(name, id, sku)| (name, (id, sku))));
    Ok(known)
}

impl Known {
    /// The product that owns `name`, unless it is `own`, as (id, sku).
    fn holder(&self, name: &str, own: Option<ProductId>) -> Option<&(ProductId, String)> {
        self.names.get(name).filter(|(id, _)| Some(*id) != own)
    }

    /// The stored variants of the product with this sku, before this chunk's rows.
    pub fn variants_of(&self, sku: &str) -> &[Variant] {
        let product = self.products.get(&text::identity(sku));
        product.and_then(|product| self.variants.get(&product.id)).map_or(&[], Vec::as_slice)
    }

    fn note(&mut self, product: ProductId, sku: &str, name: &str, holds_name: bool) {
        self.skus.insert(sku.to_owned(), product);
        if holds_name {
            self.names.insert(name.to_owned(), (product, sku.to_owned()));
        }
    }
}

/// Stores one row: inserts a product or changes the one with its sku. If it fails, `known` is unchanged and nothing
/// is stored, provided the caller undoes the statements ([`Tx::attempt`]).
pub fn put(tx: &mut Tx<'_>, author: Author, same_name: SameName, known: &mut Known, row: Row) -> Result<Put> {
    let sku = stored_sku(&row.sku)?;
    match known.products.get(&sku).cloned() {
        Some(product) => update(tx, author, same_name, known, product, row),
        None => create(tx, author, same_name, known, sku, row),
    }
}

fn create(
    tx: &mut Tx<'_>,
    author: Author,
    same_name: SameName,
    known: &mut Known,
    sku: String,
    row: Row,
) -> Result<Put> {
    let gallery = images::gallery(None, Some(images::checked(row.images)?), &[])?;
    let content = Content {
        name: row.name.unwrap_or_default(),
        description: row.description,
        price: row.price.ok_or_else(|| text::wrong("price", "is missing"))?,
        sale_price: row.sale_price,
        category_id: row.category_id,
        brand: row.brand,
        image_url: gallery.first().cloned(),
    }
    .checked()?;
    let first = products::first_variants(tx, &sku, &content, row.variants)?;
    let mut all_skus: Vec<&str> = first.iter().map(|(sku, _)| sku.as_str()).collect();
    all_skus.sort_unstable();
    let twice = all_skus.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    if let Some(taken) =
        twice.or_else(|| all_skus.into_iter().chain([sku.as_str()]).find(|sku| known.skus.contains_key(*sku)))
    {
        return Err(products::sku_taken(taken));
    }
    let shares = shares_name(same_name, known, &content.name, None)?;
    let product =
        store::insert(tx, &sku, &content, shares.is_none(), row.status, author.seller()).map_err(products::raced)?;
    let made = products::insert_parts(tx, product, &first, &gallery)?;
    tx.emit(&ProductChanged { product_id: product, change: Change::Created })?;
    for (sku, _) in first {
        known.skus.insert(sku, product);
    }
    known.note(product, &sku, &content.name, shares.is_none());
    let variants = made.variants.into_iter().map(|variant| Stored { variant, is_new: true }).collect();
    Ok(Put { product, outcome: Outcome::Created, variants, shares_name_with: shares })
}

/// The sku of the product that owns the name, if the name may be shared; else S008.
fn shares_name(same_name: SameName, known: &Known, name: &str, own: Option<ProductId>) -> Result<Option<String>> {
    match (known.holder(name, own), same_name) {
        (None, _) => Ok(None),
        (Some((_, sku)), SameName::Store) => Ok(Some(sku.clone())),
        (Some((id, sku)), SameName::Refuse) => Err(products::name_taken(*id, sku)),
    }
}

fn update(
    tx: &mut Tx<'_>,
    author: Author,
    same_name: SameName,
    known: &mut Known,
    mut product: Product,
    row: Row,
) -> Result<Put> {
    if product.status == Status::Discontinued {
        return Err(Code::ProductAlreadyExists.because("this sku belongs to a discontinued product"));
    }
    author.may_change(product.seller)?;
    let before = product.content.clone();
    let (content, gallery) = overlay(tx, product.id, &before, &row)?;
    let renamed = content.name != before.name;
    let shares = match renamed || !product.holds_name {
        true => shares_name(if renamed { same_name } else { SameName::Store }, known, &content.name, Some(product.id))?,
        false => None,
    };
    if renamed {
        product.holds_name = shares.is_none();
    }
    if content.current_price() < before.current_price() {
        variant::price(content.current_price(), store::variants::lowest_adjustment(tx, product.id)?)?;
    }
    product.content = content;
    let (stored, variants_changed) = put_variants(tx, known, &product, row.variants)?;
    if let Some(gallery) = &gallery {
        store::variants::set_images(tx, product.id, gallery)?;
    }
    let unchanged = product.content == before && gallery.is_none() && !variants_changed;
    let outcome = if unchanged { Outcome::Unchanged } else { Outcome::Updated };
    if !unchanged {
        product = products::changed(tx, product, Change::Updated)?;
    }
    if renamed {
        known.names.retain(|_, (holder, _)| *holder != product.id);
        known.note(product.id, &product.sku, &product.content.name, product.holds_name);
    }
    Ok(Put { product: product.id, outcome, variants: stored, shares_name_with: shares })
}

/// The product's new content, and its new gallery if that changes.
fn overlay(tx: &mut Tx<'_>, id: ProductId, before: &Content, row: &Row) -> Result<(Content, Option<Vec<String>>)> {
    let given = images::gallery(None, Some(images::checked(row.images.clone())?), &[])?;
    let same_first = given.first() == before.image_url.as_ref();
    let gallery = match given.len() {
        0 => None,
        1 if same_first => None,
        _ if images::urls(tx, id)? == given => None,
        _ => Some(given),
    };
    let price = row.price.unwrap_or(before.price);
    let content = Content {
        name: row.name.clone().unwrap_or_else(|| before.name.clone()),
        description: row.description.clone().or_else(|| before.description.clone()),
        price,
        // a new price below the old sale price ends the sale, unless the row gives a sale price
        sale_price: row.sale_price.or(before.sale_price.filter(|sale| *sale <= price)),
        category_id: row.category_id.or(before.category_id),
        brand: row.brand.clone().or_else(|| before.brand.clone()),
        image_url: gallery.as_ref().map_or_else(|| before.image_url.clone(), |gallery| gallery.first().cloned()),
    };
    Ok((content.checked()?, gallery))
}

/// Adds or changes the row's variants. Also returns whether anything changed.
fn put_variants(
    tx: &mut Tx<'_>,
    known: &Known,
    product: &Product,
    given: Vec<variant::New>,
) -> Result<(Vec<Stored>, bool)> {
    let mut siblings = known.variants.get(&product.id).cloned().unwrap_or_default();
    if given.is_empty() {
        let default = siblings.iter().find(|one| one.is_default);
        return Ok((default.map(|one| Stored { variant: one.id, is_new: false }).into_iter().collect(), false));
    }
    let (mut stored, mut changed) = (Vec::with_capacity(given.len()), false);
    for one in given {
        let one = one.checked()?;
        let current = siblings.iter().find(|sibling| one.sku.as_ref() == Some(&sibling.sku)).cloned();
        let (variant, is_new) = match current {
            Some(current) => {
                let one = variant::New { is_default: one.is_default || current.is_default, ..one };
                if one != variant::New::from(current.clone()) {
                    variants::save(tx, product, &siblings, &current, &one)?;
                    changed = true;
                }
                (current.id, false)
            }
            None => {
                changed = true;
                (variants::insert(tx, product, &siblings, &one)?, true)
            }
        };
        if is_new || changed {
            siblings = store::variants::of_products(tx, &[product.id])?;
        }
        stored.push(Stored { variant, is_new });
    }
    Ok((stored, changed))
}
