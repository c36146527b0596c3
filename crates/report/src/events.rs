//! What the read models follow. Of an event only what it is about counts: the rows are worked out anew from the records.
//!
//! Orders and products have a subscriber each: many orders are about the same few products, so a transaction of products takes
//! more events.

use crate::{ORDERS, PRODUCTS, ops};
use ::events::{
    OrderCancelled, OrderConfirmed, OrderCreated, OrderReaddressed, OrderStatusChanged, PaymentCompleted,
    PaymentFailed, PaymentRefunded, ProductChanged, StockChanged, StockReleased, StockReserved,
};
use kernel::{Event, ProductId, Result};
use store::{Reaction, StoredEvent};

/// The reactions: all of them work out anew what a batch of events is about.
pub fn reactions() -> Vec<Reaction> {
    vec![
        of_order::<OrderCreated>(),
        of_order::<OrderReaddressed>(),
        of_order::<OrderConfirmed>(),
        of_order::<OrderCancelled>(),
        of_order::<OrderStatusChanged>(),
        of_order::<PaymentCompleted>(),
        of_order::<PaymentFailed>(),
        of_order::<PaymentRefunded>(),
        of_products::<StockReserved>(),
        of_products::<StockReleased>(),
        of_products::<StockChanged>(),
        of_products::<ProductChanged>(),
    ]
}

fn of_order<E: Event>() -> Reaction {
    Reaction::works_out::<E, String>(ORDERS, order, ops::work_out_orders)
}

fn of_products<E: Event>() -> Reaction {
    Reaction::works_out::<E, ProductId>(PRODUCTS, products, ops::work_out_products)
}

/// The order that this event is about: the key of every event of an order is its number.
pub fn order(event: &StoredEvent) -> Result<Vec<String>> {
    Ok(vec![event.key.to_string()])
}

/// The products that this event is about.
pub fn products(event: &StoredEvent) -> Result<Vec<ProductId>> {
    Ok(match &*event.topic {
        StockReserved::TOPIC => event.read::<StockReserved>()?.reserved_quantities.into_keys().collect(),
        StockReleased::TOPIC => event.read::<StockReleased>()?.reserved_quantities.into_keys().collect(),
        StockChanged::TOPIC => vec![event.read::<StockChanged>()?.product_id],
        _ => vec![event.read::<ProductChanged>()?.product_id],
    })
}
