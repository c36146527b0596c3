//! Server-sent events. One fan-out for the whole program: an event is turned into notices once, and every stream gets the
//! same bytes. A stream resumes by `Last-Event-ID`: what it missed is read from the outbox, then it goes on live.

use crate::{App, Failure, Module};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{self, Stream, StreamExt};
use kernel::{Code, Result};
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::{StoredEvent, Tx, outbox};
use tokio::sync::mpsc;

/// Notices a slow reader may be behind before its stream is ended; it then resumes by `Last-Event-ID`.
const BEHIND_MAX: usize = 256;
/// Pause between heartbeat comments (docs/RULES.md).
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Facts read at once when a stream catches up.
const REPLAY_PAGE: i64 = 500;
/// Facts a returning stream may have missed; beyond it, the stream starts anew with a fresh picture.
const REPLAY_MAX: i64 = 50_000;
/// Channels one stream may listen to.
pub const CHANNELS_MAX: usize = 100;

/// Something to tell to the streams of one channel.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Who is told, such as `order:ORD-…`, `user:…`, `inventory:7`.
    pub channel: String,
    /// The event's name in the stream.
    pub event: &'static str,
    /// Its data, as JSON.
    pub data: Arc<str>,
}

impl Notice {
    /// `event` with `data` for `channel`.
    pub fn new<T: Serialize>(channel: impl Into<String>, event: &'static str, data: &T) -> Notice {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
        Notice { channel: channel.into(), event, data: data.into() }
    }
}

/// A notice with the id of the fact it tells of.
#[derive(Debug, Clone)]
struct Told {
    id: i64,
    event: &'static str,
    data: Arc<str>,
}

/// The fan-out.
#[derive(Clone, Default)]
pub struct Live {
    hub: Arc<Hub>,
}

#[derive(Default)]
struct Hub {
    channels: Mutex<HashMap<String, Vec<Listener>>>,
    listening: AtomicUsize,
    names: AtomicU64,
}

struct Listener {
    name: u64,
    sender: mpsc::Sender<Told>,
}

impl Live {
    /// Whether anybody listens at all; if not, facts need not be turned into notices.
    pub fn is_idle(&self) -> bool {
        self.hub.listening.load(Ordering::Relaxed) == 0
    }

    /// Streams open now.
    pub fn listening(&self) -> usize {
        self.hub.listening.load(Ordering::Relaxed)
    }

    /// Ends every open stream: the program is shutting down, and clients come back elsewhere by `Last-Event-ID`.
    pub fn close(&self) {
        self.hub.channels.lock().clear();
    }

    /// Tells `fact` to everyone concerned. Called by the relay for each fact, in order.
    pub fn tell(&self, modules: &[Module], fact: &StoredEvent) {
        if self.is_idle() {
            return;
        }
        for notice in notices(modules, fact) {
            let mut channels = self.hub.channels.lock();
            if let Some(listeners) = channels.get_mut(&notice.channel) {
                let told = Told { id: fact.id, event: notice.event, data: Arc::clone(&notice.data) };
                // a listener that is too far behind loses its sender, which ends its stream
                listeners.retain(|listener| listener.sender.try_send(told.clone()).is_ok());
            }
        }
    }

    /// For a stream that is told nothing here and only has to end when the program does.
    pub(crate) fn until_closed(&self) -> Ending {
        Ending(self.listen(&[String::new()]))
    }

    fn listen(&self, channels: &[String]) -> Listening {
        let (sender, receiver) = mpsc::channel(BEHIND_MAX);
        let name = self.hub.names.fetch_add(1, Ordering::Relaxed);
        self.hub.listening.fetch_add(1, Ordering::Relaxed);
        let mut all = self.hub.channels.lock();
        for channel in channels {
            all.entry(channel.clone()).or_default().push(Listener { name, sender: sender.clone() });
        }
        Listening { hub: Arc::clone(&self.hub), channels: channels.to_vec(), name, receiver }
    }
}

fn notices(modules: &[Module], fact: &StoredEvent) -> Vec<Notice> {
    modules.iter().flat_map(|module| (module.live)(fact)).collect()
}

/// One stream's place in the hub, given up when the stream ends.
struct Listening {
    hub: Arc<Hub>,
    channels: Vec<String>,
    name: u64,
    receiver: mpsc::Receiver<Told>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.hub.listening.fetch_sub(1, Ordering::Relaxed);
        let mut all = self.hub.channels.lock();
        for channel in &self.channels {
            if let Some(listeners) = all.get_mut(channel) {
                listeners.retain(|listener| listener.name != self.name);
                if listeners.is_empty() {
                    all.remove(channel);
                }
            }
        }
    }
}

/// Waits for the end of every stream.
pub(crate) struct Ending(Listening);

impl Ending {
    /// Comes back once [`Live::close`] was called.
    pub async fn closed(&mut self) {
        while self.0.receiver.recv().await.is_some() {}
    }
}

/// The `Last-Event-ID` of a returning stream.
pub fn last_event_id(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.trim().parse().ok().filter(|id| *id > 0)
}

/// A stream of everything told to `channels`. A new stream begins with `first` (a picture of the present); a returning
/// one begins with what it missed. `last` says after which event name the stream is over, if any. What happens between
/// the making of `first` and this call is not told; where that matters, use [`stream_from`].
pub async fn stream(
    app: &App,
    channels: Vec<String>,
    returning: Option<i64>,
    first: Vec<Notice>,
    last: fn(&str) -> bool,
) -> Result<Response, Failure> {
    stream_from(app, channels, returning, move |_| Ok(first.clone()), last).await
}

/// Like [`stream`], with the picture of the present made in the same view of the database that the stream goes on from,
/// so that nothing falls between.
pub async fn stream_from(
    app: &App,
    channels: Vec<String>,
    returning: Option<i64>,
    first: impl Fn(&mut Tx<'_>) -> Result<Vec<Notice>> + Send + 'static,
    last: fn(&str) -> bool,
) -> Result<Response, Failure> {
    if channels.is_empty() || channels.len() > CHANNELS_MAX {
        return Err(Code::InvalidInput.because(format!("listen to 1 to {CHANNELS_MAX} things at once")).into());
    }
    // listening starts before the past is read, so that nothing falls between
    let listening = app.live.listen(&channels);
    let (position, opening) = past(app, channels, returning, first).await?;
    let live = stream::unfold(listening, move |mut listening| async move {
        loop {
            let told = listening.receiver.recv().await?;
            if told.id > position {
                return Some((told, listening));
            }
        }
    });
    let events = until(stream::iter(opening).chain(live), last).map(|told| Ok::<_, Infallible>(frame(&told)));
    let mut response =
        Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("heartbeat")).into_response();
    // proxies that buffer would hold events back
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn frame(told: &Told) -> Event {
    Event::default().id(told.id.to_string()).event(told.event).data(&*told.data)
}

/// The stream up to and including the first event for which `last` holds.
fn until(told: impl Stream<Item = Told>, last: fn(&str) -> bool) -> impl Stream<Item = Told> {
    let mut over = false;
    told.take_while(move |told| {
        let go_on = !over;
        over = over || last(told.event);
        std::future::ready(go_on)
    })
}

/// Where the stream stands, and what it begins with: what a returning one missed, or the picture for one that is new or
/// has missed too much.
async fn past(
    app: &App,
    channels: Vec<String>,
    returning: Option<i64>,
    first: impl Fn(&mut Tx<'_>) -> Result<Vec<Notice>> + Send + 'static,
) -> Result<(i64, Vec<Told>)> {
    let modules = Arc::clone(&app.modules);
    app.db
        .read("live.replay", move |tx| {
            let newest = outbox::newest(tx)?;
            let Some(mut position) = returning.filter(|id| *id <= newest && newest - *id <= REPLAY_MAX) else {
                let picture = first(tx)?.into_iter();
                return Ok((newest, picture.map(|n| Told { id: newest, event: n.event, data: n.data }).collect()));
            };
            let mut missed = Vec::new();
            loop {
                let facts = outbox::after(tx, position, REPLAY_PAGE)?;
                let Some(newest) = facts.last().map(|fact| fact.id) else { break };
                for fact in &facts {
                    let told = notices(&modules, fact).into_iter().filter(|notice| channels.contains(&notice.channel));
                    missed.extend(told.map(|notice| Told { id: fact.id, event: notice.event, data: notice.data }));
                }
                position = newest;
            }
            Ok((position, missed))
        })
        .await
}
