//! The events of stock. Inventory subscribes to none.

use crate::Level;
use events::{StockChanged, StockCommitted, StockReleased, StockReserved};
use kernel::ProductId;
use web::{CacheKey, Invalidation};

/// The level of a variant now.
pub(crate) fn changed(level: &Level) -> StockChanged {
    let &Level { product, variant, available, reserved, .. } = level;
    StockChanged { product_id: product, variant_id: variant, available, reserved }
}

/// The cached responses that show the stock of a product: every event that changes stock invalidates those of this kind.
pub fn invalidations(kind: fn(ProductId) -> CacheKey) -> Vec<Invalidation> {
    vec![
        Invalidation::on(move |event: &StockReserved| event.reserved_quantities.keys().copied().map(kind).collect()),
        Invalidation::on(move |event: &StockCommitted| event.reserved_quantities.keys().copied().map(kind).collect()),
        Invalidation::on(move |event: &StockReleased| event.reserved_quantities.keys().copied().map(kind).collect()),
        Invalidation::on(move |event: &StockChanged| vec![kind(event.product_id)]),
    ]
}
