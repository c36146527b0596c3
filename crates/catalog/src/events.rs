//! The facts this domain tells. It hears none.

use kernel::{CategoryId, ProductId};
use serde::{Deserialize, Serialize};
use store::Event;

/// What happened to a product or a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Change {
    /// It was made.
    Created,
    /// Its texts, prices, images, variants or place changed.
    Updated,
    /// It went on sale.
    Published,
    /// It went off sale.
    Closed,
    /// It was deleted.
    Discontinued,
}

/// A product changed in a way a buyer could see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductChanged {
    /// Which.
    pub product_id: ProductId,
    /// How.
    pub change: Change,
}

impl Event for ProductChanged {
    const TOPIC: &'static str = "shopping.product.changed";
    fn key(&self) -> String {
        self.product_id.to_string()
    }
}

/// A category changed: the paths of all products below it may read differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryChanged {
    /// Which.
    pub category_id: CategoryId,
    /// How.
    pub change: Change,
}

impl Event for CategoryChanged {
    const TOPIC: &'static str = "shopping.category.changed";
    fn key(&self) -> String {
        format!("category-{}", self.category_id)
    }
}
