//! What the routes of searches answer.

use crate::highlight::Marking;
use crate::query::{Facets, Hit};
use catalog::product::Product;
use kernel::{CategoryId, Currency, Money, Page, ProductId, Timestamp};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A product that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    pub id: ProductId,
    pub sku: String,
    pub name: String,
    pub description: Option<String>,
    /// The normal price of one unit.
    pub price: Money,
    /// The price it is sold at instead.
    pub sale_price: Option<Money>,
    /// What one unit costs when it is bought by this id alone.
    pub effective_price: Money,
    /// What one unit of its cheapest variant on sale costs now.
    pub min_price: Money,
    /// What one unit of its dearest variant on sale costs now.
    pub max_price: Money,
    /// ISO 4217 code of all prices.
    pub currency: &'static str,
    /// The path of its category.
    pub category: Option<String>,
    pub category_id: Option<CategoryId>,
    pub brand: Option<String>,
    /// The first image.
    pub image_url: Option<String>,
    /// Units that can be sold now, over all variants that are on sale.
    pub stock: i64,
    /// The name as HTML, with `<em>` around what was found; `null` when nothing of it was.
    pub highlighted_name: Option<String>,
    /// The part of the description as HTML around what was found; `null` when nothing of it was.
    pub highlighted_description: Option<String>,
    /// How well it fits; `null` when the search is sorted otherwise.
    pub score: Option<f32>,
    pub created_at: Timestamp,
}

impl SearchHit {
    /// The product as it is now, with what one unit costs, and its hit.
    pub fn of(
        (product, effective_price): (Product, Money),
        hit: &Hit,
        marking: &mut Marking<'_>,
        currency: Currency,
        by_score: bool,
    ) -> SearchHit {
        let content = product.content;
        let description = content.description.as_deref();
        SearchHit {
            id: product.id,
            sku: product.sku,
            highlighted_name: marking.whole(&content.name),
            highlighted_description: description.and_then(|text| marking.part(text)),
            name: content.name,
            description: content.description,
            price: content.price,
            sale_price: content.sale_price,
            effective_price,
            min_price: hit.min_price,
            max_price: hit.max_price,
            currency: currency.code(),
            category: product.category,
            category_id: content.category_id,
            brand: content.brand,
            image_url: content.image_url,
            stock: hit.stock,
            score: by_score.then_some(hit.score),
            created_at: product.created_at,
        }
    }
}

/// A page of what was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    #[serde(flatten)]
    pub page: Page<SearchHit>,
    /// The same as `content`.
    pub results: Vec<SearchHit>,
    /// The same as `totalElements`.
    pub total_hits: i64,
    /// Whether what was found has every word of the search. When nothing has, what has the most of them is found.
    pub has_every_word: bool,
    /// How the search was understood, when not as it was typed: with a typing error, or with the wrong keyboard layout.
    pub did_you_mean: Option<String>,
    /// Everything found, counted; `null` when that was not asked for.
    #[schema(value_type = Option<Facets>)]
    pub facets: Option<Arc<Facets>>,
}

/// What a half-typed search may become.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Autocompletion {
    pub products: Vec<SuggestedProduct>,
    pub categories: Vec<SuggestedCategory>,
    /// Searches: popular ones that begin so, and what was typed with its last word completed.
    pub keywords: Vec<String>,
}

/// A product that is suggested.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SuggestedProduct {
    pub id: ProductId,
    pub name: String,
}

/// A category that is suggested.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SuggestedCategory {
    pub id: CategoryId,
    /// Names from the top.
    pub path: String,
}
