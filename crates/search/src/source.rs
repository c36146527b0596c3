//! What is read from the database for the index: products on sale as documents.

use crate::document::{Document, Offer};
use crate::port::Units;
use catalog::category::Tree;
use catalog::ops::{categories, products, variants};
use catalog::product::{Product, Status};
use catalog::variant::{self, Variant};
use kernel::{CategoryId, ProductId, Result, VariantId, Zone};
use std::{collections::HashMap, time::Duration};
use store::{Tx, args};

/// Products that are read at once: other readers wait for some milliseconds.
pub const AT_ONCE: usize = 200;
/// How far back units count as sold lately.
const SOLD_WITHIN: Duration = Duration::from_secs(30 * 86_400);
/// Best sellers whose units are known; the others sold next to nothing.
const BEST_SELLERS: i64 = 10_000;

// Without the status: an index by status has the products of a large shop in another order, and they would be sorted for every part.
const AFTER: &str = "select id from products where id > ? order by id limit ?";

pub(crate) const STATEMENTS: &[&str] = &[AFTER];

/// A part of all products.
pub struct Read {
    pub documents: Vec<Document>,
    /// The next part begins after this one.
    pub last: ProductId,
    pub more: bool,
}

/// Those on sale among the next products after this id.
pub fn after(tx: &mut Tx<'_>, id: ProductId, sold: &HashMap<ProductId, i64>) -> Result<Read> {
    let ids: Vec<ProductId> = tx.query(AFTER, args![id, AT_ONCE as i64], |row| row.get(0))?;
    let more = ids.len() >= AT_ONCE;
    let mut documents = documents(tx, &ids)?;
    documents.iter_mut().for_each(|document| document.sold = Some(sold.get(&document.id).copied().unwrap_or(0)));
    Ok(Read { documents, last: ids.last().copied().unwrap_or(id), more })
}

/// Those of these products that are on sale. What they sold is left as it is.
pub fn documents(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Document>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut on_sale = products::products(tx, ids)?;
    on_sale.retain(|product| product.status == Status::Active);
    let mut offers: HashMap<ProductId, Vec<Variant>> = HashMap::new();
    for variant in variants::of_products(tx, ids)? {
        if variant.status == variant::Status::Active {
            offers.entry(variant.product_id).or_default().push(variant);
        }
    }
    let levels = inventory::ops::levels_of_products(tx, ids)?;
    let levels: HashMap<VariantId, i64> = levels.into_iter().map(|level| (level.variant, level.available)).collect();
    let tree = categories::tree(tx)?;
    let document = |product: Product| {
        let offers = offers.remove(&product.id).unwrap_or_default();
        document(product, offers, &levels, &tree)
    };
    Ok(on_sale.into_iter().map(document).collect())
}

fn document(product: Product, offers: Vec<Variant>, levels: &HashMap<VariantId, i64>, tree: &Tree) -> Document {
    let offer = |variant: Variant| Offer {
        variant: variant.id,
        sku: variant.sku,
        price: variant.price,
        available: levels.get(&variant.id).copied().unwrap_or(0),
        options: variant.options.0.into_iter().collect(),
    };
    let mut path: Vec<(CategoryId, String)> = match product.content.category_id {
        Some(id) => tree.upwards(id).into_iter().map(|category| (category.id, category.name.clone())).collect(),
        None => Vec::new(),
    };
    path.reverse();
    Document {
        id: product.id,
        sku: product.sku,
        name: product.content.name,
        brand: product.content.brand,
        categories: path,
        description: product.content.description,
        offers: offers.into_iter().map(offer).collect(),
        sold: None,
        created_at: product.created_at,
    }
}

/// The units of every variant of these products.
pub fn units(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Units>> {
    let levels = inventory::ops::levels_of_products(tx, ids)?;
    let units = levels.into_iter().map(|level| Units {
        product: level.product,
        variant: level.variant,
        available: level.available,
    });
    Ok(units.collect())
}

/// Units sold lately, of the best sellers, by the shop's days.
pub fn sold(tx: &mut Tx<'_>, zone: &Zone) -> Result<HashMap<ProductId, i64>> {
    let now = tx.now();
    let day = |at| zone.compact_day(at).parse().unwrap_or(0);
    let days = (day(now.before(SOLD_WITHIN)), day(now));
    let best = report::goods::best_sellers(tx, days, BEST_SELLERS)?;
    Ok(best.into_iter().map(|sold| (sold.product, sold.quantity)).collect())
}
