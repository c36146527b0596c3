//! Products and categories.

use kernel::{CategoryId, ProductId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened to a product or a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Change {
    Created,
    /// Texts, prices, images, variants or the category above it changed.
    Updated,
    /// It went on sale.
    Published,
    /// It went off sale.
    Closed,
    /// It was deleted.
    Discontinued,
    /// It was deleted and came back, off sale.
    Restored,
}

/// A product changed in a way that a buyer could see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductChanged {
    pub product_id: ProductId,
    #[schema(inline)]
    pub change: Change,
}

/// A category changed: the category paths of all products below it may read differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryChanged {
    pub category_id: CategoryId,
    #[schema(inline)]
    pub change: Change,
}
