//! Lists of products: filters, sorting, pages.

use crate::page::{self, ProductPage, Viewer};
use crate::store::{self, Terms};
use catalog::ops::categories;
use catalog::product::Status;
use kernel::money::MONEY_MAX_MINOR;
use kernel::{Code, Currency, Money, Page, PageRequest, Result, UserId, text};
use store_crate::Tx;

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// When the product was made.
    CreatedAt,
    /// What one unit costs now.
    Price,
    /// Its name.
    Name,
}

/// The sortable fields as the API names them.
pub const SORTS: &[(&str, Column)] =
    &[("createdAt", Column::CreatedAt), ("price", Column::Price), ("name", Column::Name)];
/// Newest first when the caller does not say.
pub const SORT_DEFAULT: (Column, bool) = (Column::CreatedAt, true);

/// Which products a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A category by id, path or name, with everything below it.
    pub category: Option<String>,
    /// Exactly this brand.
    pub brand: Option<String>,
    /// What one unit costs now, at least.
    pub min_price: Option<Money>,
    /// What one unit costs now, at most.
    pub max_price: Option<Money>,
    /// Only what can be bought now. False is no filter: that is what an unticked box sends.
    pub in_stock: bool,
}

/// A page of what `filter` lets through: ACTIVE products for the public; for an owner those in `status` (all but deleted
/// ones when `None`), a seller's own only. C002 for prices in the wrong order. A category nobody knows shows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which products.
    pub filter: Filter,
    /// In which state; `None`: ACTIVE for the public, everything but DISCONTINUED for an owner.
    pub status: Option<Status>,
    /// Only this seller's.
    pub seller: Option<UserId>,
    /// Who looks.
    pub viewer: Viewer,
    /// Column, and whether it falls.
    pub sort: (Column, bool),
    /// Which page.
    pub request: PageRequest,
}
