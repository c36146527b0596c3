//! The subscriber of this instance: products, prices and stock that change are found within a moment.

use crate::keeper::{Changes, Keeper};
use async_trait::async_trait;
use events::{
    CategoryChanged, ProductChanged, Quantities, SearchRebuildAsked, StockChanged, StockCommitted, StockReleased,
    StockReserved,
};
use kernel::{Event, Result};
use std::{sync::Arc, time::Duration};
use store::StoredEvent;
use web::{
    App,
    outside::{Outside, Rejected, Runs},
};

/// What it subscribes to.
const TOPICS: [&str; 7] = [
    ProductChanged::TOPIC,
    CategoryChanged::TOPIC,
    StockChanged::TOPIC,
    StockReserved::TOPIC,
    StockReleased::TOPIC,
    StockCommitted::TOPIC,
    SearchRebuildAsked::TOPIC,
];

/// What happens so soon after a change is read from the database together with what follows: many orders change the same stock, and
/// searches wait for the same few connections.
const TOGETHER: Duration = Duration::from_millis(50);
/// Each delivery is a commit of the index: after a large import many products are put in by each.
const AT_ONCE: usize = 4_000;
/// With so many events at once there is more to come already.
const MANY: usize = 100;

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

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn deliver(&self, batch: &[StoredEvent]) -> Result<Vec<Rejected>> {
        let (mut changes, mut rejected) = (Changes::default(), Vec::new());
        for event in batch {
            if let Err(error) = changes.note(event) {
                rejected.push(Rejected { id: event.id, error });
            }
        }
        let followed = self.0.memory::<Keeper>().follow(&self.0, changes).await?;
        if followed && batch.len() < MANY {
            tokio::time::sleep(TOGETHER).await;
        }
        Ok(rejected)
    }
}

impl Changes {
    /// Of an event only what it is about counts: the state of now is read. So an event may come again, and late.
    fn note(&mut self, event: &StoredEvent) -> Result<()> {
        match &*event.topic {
            ProductChanged::TOPIC => {
                self.products.insert(event.read::<ProductChanged>()?.product_id);
            }
            CategoryChanged::TOPIC => self.categories = true,
            StockChanged::TOPIC => {
                self.stock.insert(event.read::<StockChanged>()?.product_id);
            }
            StockReserved::TOPIC => self.moved(&event.read::<StockReserved>()?.reserved_quantities),
            StockReleased::TOPIC => self.moved(&event.read::<StockReleased>()?.reserved_quantities),
            StockCommitted::TOPIC => self.sold = true,
            SearchRebuildAsked::TOPIC => {
                self.asked_at = self.asked_at.max(Some(event.read::<SearchRebuildAsked>()?.asked_at));
            }
            _ => {}
        }
        Ok(())
    }

    fn moved(&mut self, quantities: &Quantities) {
        self.stock.extend(quantities.keys());
    }
}
