//! The events of stock. Inventory subscribes to none.

use crate::Level;
use events::{StockChanged, StockCommitted, StockReleased, StockReserved};
use kernel::ProductId;
use serde::{Deserialize, de::IgnoredAny};
use std::collections::BTreeMap;
use web::{CacheKey, Invalidation};

/// The level of a variant now.
pub(crate) fn changed(level: &Level) -> StockChanged {
    let &Level { product, variant, available, reserved, .. } = level;
    StockChanged { product_id: product, variant_id: variant, available, reserved }
}

/// Of an event of an order's stock: whose stock it is. The rest of the event is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Touched {
    reserved_quantities: BTreeMap<ProductId, IgnoredAny>,
}

/// The cached responses that show the stock of a product: every event that changes stock invalidates those of this kind.
pub fn invalidations(kind: fn(ProductId) -> CacheKey) -> Vec<Invalidation> {
    let touched = move |event: &Touched| event.reserved_quantities.keys().copied().map(kind).collect();
    vec![
        Invalidation::by::<StockReserved, Touched>(touched),
        Invalidation::by::<StockCommitted, Touched>(touched),
        Invalidation::by::<StockReleased, Touched>(touched),
        Invalidation::on(move |event: &StockChanged| vec![kind(event.product_id)]),
    ]
}
