//! Server-sent snapshots of what changes faster than people read, such as the stock of a hot product.
//!
//! All streams of one kind share one loop. At every tick it looks which of the watched things were invalidated in the
//! response cache since it looked last, reads the snapshots of those in one go, and sends each that changed to the streams
//! that watch it. A slow stream skips snapshots and gets the newest.

use crate::sse::{self, Message};
use crate::{App, CacheKey};
use axum::response::Response;
use futures_util::{
    FutureExt,
    future::BoxFuture,
    stream::{self, StreamExt},
};
use kernel::Result;
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

/// A snapshot is read again after this long even if no event invalidated it: the bound on any mistake in that.
const READ_AGAIN: Duration = Duration::from_secs(60);

/// A kind of snapshots; a domain declares it as a constant.
pub struct Ticker {
    /// Kind of the cache keys whose invalidation says that a snapshot may have changed.
    pub kind: &'static str,
    /// The event's name in the stream.
    pub event: &'static str,
    /// Pause between ticks.
    pub every: Duration,
    /// Reads the snapshots of things by their ids. Things that do not exist are left out.
    pub read: fn(App, Vec<i64>) -> Reading,
}

/// Snapshots that are being read.
pub type Reading = BoxFuture<'static, Result<Vec<Snapshot>>>;

/// How a thing is now.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The thing's id.
    pub of: i64,
    /// Grows with every change of the thing; with the thing's id it is the event's id in the stream.
    pub version: i64,
    /// JSON.
    pub data: Arc<str>,
}

impl Snapshot {
    /// The thing `of` as `data` shows it.
    pub fn new<T: Serialize>(of: i64, version: i64, data: &T) -> Snapshot {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
        Snapshot { of, version, data: data.into() }
    }
}

/// The loops of all kinds that streams watch.
#[derive(Default)]
pub(crate) struct Tickers {
    by_kind: Mutex<HashMap<&'static str, Arc<Hub>>>,
}

#[derive(Default)]
struct Hub {
    state: Mutex<State>,
    /// A stream has begun to watch something new.
    woken: Notify,
}

#[derive(Default)]
struct State {
    /// Whether the loop runs. It ends when nothing is watched.
    running: bool,
    watched: HashMap<i64, Watched>,
}

/// A thing that streams watch, as long as `latest` has receivers.
struct Watched {
    latest: watch::Sender<Option<Snapshot>>,
    read: Option<Read>,
}

/// When and at which generation of its cache key a thing was read last.
#[derive(Clone, Copy)]
struct Read {
    generation: u64,
    at: Instant,
}

/// A stream of the snapshots of these things: as they are now, then whenever one changes. There is nothing to resume: a
/// stream that comes back begins with the present.
pub fn stream(app: &App, ticker: &'static Ticker, ids: &[i64]) -> Response {
    let open = app.streams.count();
    let snapshots = stream::select_all(watch(app, ticker, ids).into_iter().map(changes));
    let frames = snapshots.map(move |snapshot| {
        let _ = &open; // counted until the stream is dropped
        let id = format!("{}-{}", snapshot.of, snapshot.version);
        Message { id, event: ticker.event, data: &snapshot.data }.into()
    });
    sse::response(frames, app.streams.closed())
}

fn changes(latest: watch::Receiver<Option<Snapshot>>) -> stream::BoxStream<'static, Snapshot> {
    stream::unfold(latest, |mut latest| async move {
        loop {
            latest.changed().await.ok()?;
            let snapshot = latest.borrow_and_update().clone();
            if let Some(snapshot) = snapshot {
                return Some((snapshot, latest));
            }
        }
    })
    .boxed()
}

/// Begins to watch, and starts the loop of the kind if it does not run.
fn watch(app: &App, ticker: &'static Ticker, ids: &[i64]) -> Vec<watch::Receiver<Option<Snapshot>>> {
    let hub = Arc::clone(app.streams.tickers().by_kind.lock().entry(ticker.kind).or_default());
    let mut state = hub.state.lock();
    let watch = |id: &i64| {
        let watched = state.watched.entry(*id);
        let watched = watched.or_insert_with(|| Watched { latest: watch::Sender::new(None), read: None });
        let mut receiver = watched.latest.subscribe();
        receiver.mark_changed(); // what is known already is sent at once
        receiver
    };
    let receivers = ids.iter().map(watch).collect();
    if !std::mem::replace(&mut state.running, true) {
        tokio::spawn(Arc::clone(&hub).run(app.clone(), ticker));
    }
    drop(state);
    hub.woken.notify_one();
    receivers
}

impl Hub {
    async fn run(self: Arc<Self>, app: App, ticker: &'static Ticker) {
        let closed = app.streams.closed().shared();
        while let Some(due) = self.due(&app, ticker) {
            if !due.is_empty() {
                self.read(&app, ticker, due).await;
            }
            tokio::select! {
                () = closed.clone() => return,
                () = self.woken.notified() => {}
                () = tokio::time::sleep(ticker.every) => {}
            }
        }
    }

    /// What has to be read now, with the generation seen before reading. `None` when nothing is watched any more.
    fn due(&self, app: &App, ticker: &Ticker) -> Option<HashMap<i64, Read>> {
        let mut state = self.state.lock();
        state.watched.retain(|_, watched| watched.latest.receiver_count() > 0);
        if state.watched.is_empty() {
            state.running = false;
            return None;
        }
        let at = Instant::now();
        let due = state.watched.iter().filter_map(|(id, watched)| {
            let generation = app.cache.generation(&CacheKey::new(ticker.kind, *id));
            let read = watched.read.filter(|read| read.generation == generation && at - read.at < READ_AGAIN);
            read.is_none().then_some((*id, Read { generation, at }))
        });
        Some(due.collect())
    }

    async fn read(&self, app: &App, ticker: &Ticker, due: HashMap<i64, Read>) {
        let read = (ticker.read)(app.clone(), due.keys().copied().collect()).await;
        // when the database cannot be read, the same are due at the next tick
        let Ok(snapshots) = read else { return };
        let mut state = self.state.lock();
        for snapshot in snapshots {
            if let Some(watched) = state.watched.get(&snapshot.of) {
                watched.latest.send_if_modified(|latest| {
                    let changed = latest.as_ref().is_none_or(|latest| latest.data != snapshot.data);
                    *latest = Some(snapshot);
                    changed
                });
            }
        }
        for (id, read) in due {
            if let Some(watched) = state.watched.get_mut(&id) {
                watched.read = Some(read);
            }
        }
    }
}
