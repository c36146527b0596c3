//! The events of stock, and which products an event concerns. Inventory subscribes to none.

use crate::Level;
use events::{Quantities, StockChanged, StockCommitted, StockReleased, StockReserved};
use kernel::{Event, ProductId};
use store::StoredEvent;

/// The level of a variant now.
pub(crate) fn changed(level: &Level) -> StockChanged {
    let &Level { product, variant, available, reserved, .. } = level;
    StockChanged { product_id: product, variant_id: variant, available, reserved }
}

/// The products whose stock `event` changed.
pub fn products_of(event: &StoredEvent) -> Vec<ProductId> {
    let products = |quantities: Quantities| quantities.into_keys().collect();
    match &*event.topic {
        StockReserved::TOPIC => event.read().map(|it: StockReserved| products(it.reserved_quantities)),
        StockCommitted::TOPIC => event.read().map(|it: StockCommitted| products(it.reserved_quantities)),
        StockReleased::TOPIC => event.read().map(|it: StockReleased| products(it.reserved_quantities)),
        StockChanged::TOPIC => event.read().map(|it: StockChanged| vec![it.product_id]),
        _ => Ok(Vec::new()),
    }
    .unwrap_or_default()
}
