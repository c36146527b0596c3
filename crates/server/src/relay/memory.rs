//! What every instance has in memory: the response cache and the streams. Both follow what happens from now on, and neither
//! ever waits, so they share a loop: a response is invalidated before a stream says that something changed.

use super::feed::{BATCH, Feed};
use super::progress::{Kind, Standing};
use super::subscriber::Subscriber;
use kernel::Result;
use std::{sync::Arc, time::Duration};
use store::Lease;
use web::App;

pub(super) struct Memory {
    app: App,
    feed: Arc<Feed>,
    pub standing: Arc<Standing>,
}

impl Memory {
    pub fn new(app: &App, feed: &Arc<Feed>) -> Memory {
        let standing = Standing::new("memory", Kind::Memory, false, feed.newest());
        Memory { app: app.clone(), feed: Arc::clone(feed), standing }
    }
}

impl Subscriber for Memory {
    fn linger(&self) -> Duration {
        Duration::ZERO
    }

    fn standing(&self) -> &Standing {
        &self.standing
    }

    async fn step(&mut self, _: Option<Lease>) -> Result<usize> {
        let events = self.feed.after(self.standing.position(), BATCH as usize).await?;
        self.standing.begins_with(events.first());
        let Some(last) = events.last() else { return Ok(0) };
        // the instance that committed an event has invalidated at commit; it does so again here, because an event does not
        // say which instance it comes from, and a response made once more is cheap
        self.app.cache.invalidate_by(events.iter().map(|event| (&*event.topic, &*event.payload)));
        events.iter().for_each(|event| self.app.streams.publish(event));
        self.standing.moved(last.id);
        Ok(events.len())
    }

    async fn retry(&mut self, _: Option<Lease>) -> Result<usize> {
        Ok(0)
    }

    fn backoff(_: u32) -> Duration {
        super::PAUSE
    }
}
