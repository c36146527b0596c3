//! The routes of products and of stock: all of each family, also those that one domain could answer alone.

mod gallery;
mod inventory;
mod inventory_admin;
#[cfg(test)]
mod inventory_tests;
mod products;
mod products_admin;
#[cfg(test)]
mod tests;

use web::{Invalidation, Routes};

/// The handlers of this crate.
pub fn routes() -> Routes {
    Routes::new()
        .merge(products::routes())
        .merge(products_admin::routes())
        .merge(gallery::routes())
        .merge(crate::popular::routes())
        .merge(inventory::routes())
        .merge(inventory_admin::routes())
}

/// Which cached responses an event invalidates.
pub fn invalidates() -> Vec<Invalidation> {
    [products::invalidates(), inventory::invalidates(), crate::popular::invalidates()].into_iter().flatten().collect()
}
