//! The subscriber of this instance: products, prices and stock that change are found within a moment.

use crate::keeper::{Changes, Keeper};
use async_trait::async_trait;
use events::{CategoryChanged, ProductChanged, Quantities, StockChanged, StockCommitted, StockReleased, StockReserved};
use kernel::{Event, Result};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use store::StoredEvent;
use web::{
    App,
    outside::{Outside, Rejected, Runs},
};

/// What it subscribes to.
const TOPICS: [&str; 6] = [
    ProductChanged::TOPIC,
    CategoryChanged::TOPIC,
    StockChanged::TOPIC,
    StockReserved::TOPIC,
    StockReleased::TOPIC,
    StockCommitted::TOPIC,
];

/// Follows the stream of events from the start of the instance on. What was before, the keeper reads.
pub struct Follower(App);

impl Follower {
    pub fn of(app: &App) -> Arc<dyn Outside> {
        Arc::new(Follower(app.clone()))
    }
}

#[async_trait]
impl Outside for Follower {
    fn name(&self) -> &'static str {
        "search"
    }

    fn wants(&self, topic: &str) -> bool {
        TOPICS.contains(&topic)
    }

    fn runs(&self) -> Runs {
        Runs::Everywhere
    }

    async fn deliver(&self, batch: &[StoredEvent]) -> Result<Vec<Rejected>> {
        let (mut changes, mut rejected) = (Changes::default(), Vec::new());
        for event in batch {
            if let Err(error) = changes.note(event) {
                rejected.push(Rejected { id: event.id, error });
            }
        }
        self.0.memory::<Keeper>().follow(&self.0, changes).await?;
        Ok(rejected)
    }
}

impl Changes {
    fn note(&mut self, event: &StoredEvent) -> Result<()> {
        if &*event.topic == ProductChanged::TOPIC {
            self.products.insert(event.read::<ProductChanged>()?.product_id);
        } else if &*event.topic == CategoryChanged::TOPIC {
            self.categories = true;
        } else if &*event.topic == StockChanged::TOPIC {
            self.stock.insert(event.read::<StockChanged>()?.product_id);
        } else if &*event.topic == StockReserved::TOPIC {
            self.moved(&quantities::<StockReserved>(event, |it| it.reserved_quantities)?);
        } else if &*event.topic == StockReleased::TOPIC {
            self.moved(&quantities::<StockReleased>(event, |it| it.reserved_quantities)?);
        } else if &*event.topic == StockCommitted::TOPIC {
            let sold = quantities::<StockCommitted>(event, |it| it.reserved_quantities)?;
            sold.iter().for_each(|(product, units)| *self.sold.entry(*product).or_default() += units);
        }
        Ok(())
    }

    fn moved(&mut self, quantities: &Quantities) {
        self.stock.extend(quantities.keys());
    }
}

fn quantities<E: DeserializeOwned>(event: &StoredEvent, of: impl Fn(E) -> Quantities) -> Result<Quantities> {
    event.read::<E>().map(of)
}
