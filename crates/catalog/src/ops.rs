//! Operations on the catalogue. This file has the lookups of the order path, the hottest of the shop; the files below
//! have one function per verb of merchandisers.

pub mod categories;
pub mod images;
pub mod products;
pub mod upsert;
pub mod variants;

use crate::store;
use ::store::Tx;
use kernel::{Code, Detail, Error, Money, ProductId, Result, UserId, VariantId, text};
use std::collections::HashMap;

/// A product as a buyer names it: by variant, or by product alone, which means the default variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemRef {
    /// Optional beside a variant; if given, it must be that variant's product.
    pub product: Option<ProductId>,
    pub variant: Option<VariantId>,
}

impl ItemRef {
    /// C002 unless it names something; `outer` is where the request has it, such as `items[2].`.
    pub fn checked(&self, outer: &str) -> Result<()> {
        match (self.product, self.variant) {
            (None, None) => Err(kernel::text::wrong(&format!("{outer}productId"), "or variantId must be given")),
            (Some(_), _) | (None, Some(_)) => Ok(()),
        }
    }
}

/// A sellable unit, as orders, carts and quotes need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sellable {
    pub variant: VariantId,
    pub product: ProductId,
    pub sku: String,
    pub product_name: String,
    /// What the variant is called ([`crate::variant::called`]); `None` when it has neither a name nor options.
    pub variant_name: Option<String>,
    pub image_url: Option<String>,
    /// Price of one unit now: the sale price if there is one, plus the variant's adjustment.
    pub price: Money,
    /// Whether product and variant are ACTIVE.
    pub on_sale: bool,
    /// Whether the product is a DRAFT, of which only its seller and administrators may know.
    pub is_draft: bool,
    /// `None` for the shop's own products.
    pub seller: Option<UserId>,
    /// Whether its price contains no value added tax.
    pub tax_free: bool,
}

/// The sellable units of `wanted`, in the same order. S001 naming everything that does not exist or is discontinued,
/// C002 for an item that names neither product nor variant.
pub fn resolve(tx: &mut Tx<'_>, wanted: &[ItemRef]) -> Result<Vec<Sellable>> {
    let found = find(tx, wanted)?;
    all_of(wanted, found)
}

/// Like [`resolve`], for anyone: a DRAFT does not exist.
pub fn resolve_public(tx: &mut Tx<'_>, wanted: &[ItemRef]) -> Result<Vec<Sellable>> {
    let found = find_public(tx, wanted)?;
    all_of(wanted, found)
}

/// Like [`find`], for anyone: a DRAFT does not exist.
pub fn find_public(tx: &mut Tx<'_>, wanted: &[ItemRef]) -> Result<Vec<Option<Sellable>>> {
    Ok(find(tx, wanted)?.into_iter().map(|found| found.filter(|one| !one.is_draft)).collect())
}

fn all_of(wanted: &[ItemRef], found: Vec<Option<Sellable>>) -> Result<Vec<Sellable>> {
    let mut missing = Vec::new();
    let mut resolved = Vec::with_capacity(wanted.len());
    for (line, found) in wanted.iter().zip(found) {
        match found {
            Some(sellable) => resolved.push(sellable),
            None => missing.push(line),
        }
    }
    if missing.is_empty() { Ok(resolved) } else { Err(not_found(&missing)) }
}

/// Like [`resolve`], but items that do not exist are `None`.
pub fn find(tx: &mut Tx<'_>, wanted: &[ItemRef]) -> Result<Vec<Option<Sellable>>> {
    let (mut variants, mut products) = (Vec::with_capacity(wanted.len()), Vec::new());
    for (n, line) in wanted.iter().enumerate() {
        line.checked(&format!("items[{n}]."))?;
        match (line.variant, line.product) {
            (Some(variant), _) => variants.push(variant),
            (None, Some(product)) => products.push(product),
            (None, None) => {}
        }
    }
    let found = store::resolve(tx, &variants, &products)?;
    let by_variant: HashMap<VariantId, &Sellable> = found.iter().map(|(_, one)| (one.variant, one)).collect();
    let by_product: HashMap<ProductId, &Sellable> =
        found.iter().filter_map(|(default_of, one)| default_of.map(|product| (product, one))).collect();
    let pick = |line: &ItemRef| match (line.variant, line.product) {
        (Some(variant), product) => {
            by_variant.get(&variant).filter(|one| product.is_none_or(|product| product == one.product))
        }
        (None, Some(product)) => by_product.get(&product),
        (None, None) => None,
    };
    Ok(wanted.iter().map(|line| pick(line).map(|one| (*one).clone())).collect())
}

/// The variants with these skus, in the same order; `None` where no variant has one. A product is named by a sku only while it is its
/// only variant's.
pub fn by_sku(tx: &mut Tx<'_>, skus: &[&str]) -> Result<Vec<Option<VariantId>>> {
    let found = store::variants_of_skus(tx, skus)?;
    let by_key: HashMap<String, VariantId> = found.iter().map(|(sku, id)| (text::folded(sku), *id)).collect();
    let pick = |sku: &&str| {
        // in a shop of an older version two skus may differ in case only
        let exact = found.iter().find(|(known, _)| known == sku).map(|(_, id)| *id);
        exact.or_else(|| by_key.get(&text::folded(sku)).copied())
    };
    Ok(skus.iter().map(pick).collect())
}

/// S001 naming everything that is missing.
pub fn not_found(missing: &[&ItemRef]) -> Error {
    let mut error = Code::ProductNotFound.error();
    for line in missing {
        let mut detail = Detail::note("does not exist");
        if let Some(product) = line.product {
            detail = detail.with("productId", product.raw());
        }
        if let Some(variant) = line.variant {
            detail = detail.with("variantId", variant.raw());
        }
        error = error.with(detail);
    }
    error
}

/// Those of `variants` that exist, on sale or not, in no particular order.
pub fn sellables(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<Vec<Sellable>> {
    store::sellables(tx, variants)
}
