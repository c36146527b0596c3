//! What the read models follow. Of an event only what it is about counts: the rows are worked out anew from the records.

use crate::{SUBSCRIBER, ops};
use ::events::{
    OrderCancelled, OrderConfirmed, OrderCreated, OrderStatusChanged, PaymentCompleted, PaymentFailed, PaymentRefunded,
    ProductChanged, StockChanged, StockReleased, StockReserved,
};
use kernel::{Event, ProductId, Result};
use std::collections::BTreeSet;
use store::{Reaction, StoredEvent, Tx};

/// What some events are about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Orders, with their payments.
    pub orders: BTreeSet<String>,
    pub products: BTreeSet<ProductId>,
}

/// The reactions: all of them work out anew what a batch of events is about.
pub fn reactions() -> Vec<Reaction> {
    vec![
        on::<OrderCreated>(),
        on::<OrderConfirmed>(),
        on::<OrderCancelled>(),
        on::<OrderStatusChanged>(),
        on::<PaymentCompleted>(),
        on::<PaymentFailed>(),
        on::<PaymentRefunded>(),
        on::<StockReserved>(),
        on::<StockReleased>(),
        on::<StockChanged>(),
        on::<ProductChanged>(),
    ]
}

fn on<E: Event>() -> Reaction {
    Reaction::in_batches::<E>(SUBSCRIBER, follow)
}

fn follow(tx: &mut Tx<'_>, events: &[StoredEvent]) -> Result<()> {
    ops::work_out(tx, &touched(events)?).map(|_| ())
}

/// What these events are about.
pub fn touched(events: &[StoredEvent]) -> Result<Touched> {
    let mut touched = Touched::default();
    for event in events {
        match &*event.topic {
            StockReserved::TOPIC => {
                touched.products.extend(event.read::<StockReserved>()?.reserved_quantities.into_keys());
            }
            StockReleased::TOPIC => {
                touched.products.extend(event.read::<StockReleased>()?.reserved_quantities.into_keys());
            }
            StockChanged::TOPIC => {
                touched.products.insert(event.read::<StockChanged>()?.product_id);
            }
            ProductChanged::TOPIC => {
                touched.products.insert(event.read::<ProductChanged>()?.product_id);
            }
            // the key of every event of an order is its number
            _ => {
                touched.orders.insert(event.key.to_string());
            }
        }
    }
    Ok(touched)
}
