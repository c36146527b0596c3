//! A search as a typed value, and what it finds. No index's own syntax is in it.

use kernel::{CategoryId, Money, ProductId};
use serde::Serialize;
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};
use utoipa::ToSchema;

/// A search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What was typed; blank finds everything that the filter allows.
    pub keyword: String,
    pub filter: Filter,
    pub sort: Sort,
    /// What cannot be bought now comes among the others.
    pub sold_out_among: bool,
    pub from: From,
    pub most: usize,
    /// Whether everything found is counted by category, brand and so on.
    pub facets: bool,
}

/// A part of it is enough to distinguish most searches.
impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Filter { usual, options } = &self.filter;
        (&self.keyword, options, &usual.brand, usual.min_price, usual.max_price).hash(state);
        (self.sort, self.from, self.most).hash(state);
    }
}

/// Which products count. Price, options and stock are those of one variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// What lists of products are filtered by, too.
    pub usual: catalog::filter::Filter,
    /// Option name and value, in any spelling; all of them.
    pub options: Vec<(String, String)>,
}

/// The order of what was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    #[default]
    Relevance,
    /// By the cheapest variant.
    Cheapest,
    /// By the dearest variant.
    Dearest,
    Newest,
    /// By units that were sold lately.
    Popular,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum From {
    /// After so many.
    Offset(usize),
    /// Behind this one.
    After { rank: i64, id: ProductId },
}

impl Default for From {
    fn default() -> From {
        From::Offset(0)
    }
}

/// A product that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: ProductId,
    /// Its value in the order of the search; larger ones come first, equal ones the newer product.
    pub rank: i64,
    /// How well it fits; 0 without a keyword.
    pub score: f32,
    pub min_price: Money,
    pub max_price: Money,
    pub stock: i64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// At most as many as were asked for, and one more when there are further ones.
    pub hits: Vec<Hit>,
    pub total: usize,
    /// Whether they have every word of the search; otherwise those come that have the most.
    pub has_every_word: bool,
    /// How the search was understood, when not as it was typed.
    pub understood: Option<String>,
    pub facets: Option<Arc<Facets>>,
    pub marks: Arc<Marks>,
}

/// What is marked in texts: stems of words, and parts of Korean words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    pub stems: Vec<String>,
    pub parts: Vec<String>,
}

/// How many of all products found are of which kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchFacets)]
pub struct Facets {
    /// From the top; a category counts what is below it.
    pub categories: Vec<CategoryCount>,
    /// The most frequent first; at most 50.
    pub brands: Vec<ValueCount>,
    /// By the cheapest variant.
    pub price_ranges: Vec<PriceRange>,
    /// By the names of options; at most 10.
    pub options: Vec<OptionCount>,
    /// Products that can be bought now.
    pub in_stock: usize,
    /// Products that are sold out.
    pub sold_out: usize,
}

/// A category with what was found in it and below.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchCategoryCount)]
pub struct CategoryCount {
    pub id: CategoryId,
    pub name: String,
    /// Names from the top.
    pub path: String,
    pub count: usize,
    #[schema(no_recursion)]
    pub children: Vec<CategoryCount>,
}

/// A value with how many products have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchValueCount)]
pub struct ValueCount {
    pub value: String,
    pub count: usize,
}

/// Products from one price to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchPriceRange)]
pub struct PriceRange {
    /// From this price on.
    pub min: Money,
    /// Up to and including this one; `null`: without an end.
    pub max: Option<Money>,
    pub count: usize,
}

/// An option with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchOptionCount)]
pub struct OptionCount {
    /// Such as `color`.
    pub name: String,
    /// The most frequent first; at most 50.
    pub values: Vec<ValueCount>,
}

/// What a half-typed search may become.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// Products with their names.
    pub products: Vec<(ProductId, String)>,
    /// Categories with their paths.
    pub categories: Vec<(CategoryId, String)>,
    /// What was typed, with its last word completed.
    pub keywords: Vec<String>,
}
