//! What the goods of orders, carts and deals look like.

use catalog::ops::images;
use kernel::{ProductId, Result};
use media::response::{Source, sources};
use serde::Serialize;
use std::collections::HashSet;
use store::Tx;
use utoipa::ToSchema;

/// The first uploaded image of a product, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoodsImage {
    /// The product.
    pub product_id: ProductId,
    /// What it shows, for people who do not see it.
    pub alternative_text: Option<String>,
    /// Its files, smallest first.
    pub sources: Vec<Source>,
}

/// The images of those of `products` that have an uploaded one, in no particular order. One statement, none for no products.
pub fn of(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<GoodsImage>> {
    if products.is_empty() {
        return Ok(Vec::new());
    }
    let (all, mut seen) = (images::of_products(tx, products)?, HashSet::new());
    let uploaded = all.into_iter().filter_map(|(product_id, image)| {
        let sources = sources(&image.url);
        let first = !sources.is_empty() && seen.insert(product_id);
        first.then_some(GoodsImage { product_id, alternative_text: image.alternative_text, sources })
    });
    Ok(uploaded.collect())
}
