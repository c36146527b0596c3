//! Server-sent events made from the shop's events. An event becomes messages once, and every stream that subscribes to a
//! message's key gets the same bytes. A stream resumes by `Last-Event-ID`: what it missed is read from the outbox.

use crate::sse::{self, Message};
use crate::{App, Failure, Module, sent_once, ticks::Tickers};
use axum::{http::HeaderMap, response::Response};
use futures_util::stream::{self, StreamExt};
use kernel::{Code, Event, Result};
use parking_lot::Mutex;
use serde::Serialize;
use std::{
    collections::HashMap,
    fmt,
    num::ParseIntError,
    panic::{AssertUnwindSafe, catch_unwind},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use store::{StoredEvent, Tx, outbox};
use tokio::sync::{mpsc, watch};

/// Messages that a slow reader may be behind before its stream is ended; it then resumes by `Last-Event-ID`.
const BEHIND_MAX: usize = 256;
/// Events read at once when a stream resumes.
const REPLAY_PAGE: i64 = 500;
/// Events that a resuming stream may have missed; beyond it, the stream says so and begins with the present.
const REPLAY_MAX: i64 = 50_000;

/// What a stream subscribes to, such as one order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StreamKey {
    /// Such as `order`.
    pub kind: &'static str,
    /// Such as the order's number.
    pub id: String,
}

impl StreamKey {
    /// The key of this kind with the printed form of `id`.
    pub fn new(kind: &'static str, id: impl fmt::Display) -> StreamKey {
        StreamKey { kind, id: id.to_string() }
    }
}

/// What the streams of one key are sent.
#[derive(Debug, Clone)]
pub struct StreamMessage {
    pub key: StreamKey,
    /// The event's name in the stream.
    pub event: &'static str,
    /// JSON.
    pub data: Arc<str>,
}

impl StreamMessage {
    /// `event` with `data` for the streams of `key`.
    pub fn new<T: Serialize>(key: StreamKey, event: &'static str, data: &T) -> StreamMessage {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
        StreamMessage { key, event, data: data.into() }
    }
}

type Messages = dyn Fn(&StoredEvent) -> Result<Vec<StreamMessage>> + Send + Sync;

/// The messages that one kind of event becomes.
#[derive(Clone)]
pub struct StreamSource {
    pub topic: &'static str,
    messages: Arc<Messages>,
}

impl StreamSource {
    /// Every event of the type `E` becomes the messages that `messages` gives.
    pub fn on<E: Event>(messages: fn(&E) -> Vec<StreamMessage>) -> StreamSource {
        StreamSource { topic: E::TOPIC, messages: Arc::new(move |event| Ok(messages(&event.read()?))) }
    }
}

impl fmt::Debug for StreamSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream source on {}", self.topic)
    }
}

/// The open streams. Cheap to clone.
#[derive(Clone)]
pub struct Streams {
    hub: Arc<Hub>,
}

struct Hub {
    sources: HashMap<&'static str, Vec<StreamSource>>,
    subscribers: Mutex<HashMap<StreamKey, Vec<Subscriber>>>,
    open: AtomicUsize,
    ids: AtomicU64,
    closed: watch::Sender<bool>,
    tickers: Tickers,
}

struct Subscriber {
    id: u64,
    sender: mpsc::Sender<Sent>,
}

/// The id of a message: `57-2` is the second message of event 57, and `57` the end of that event. The order of ids is the order
/// of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId {
    event: i64,
    part: u32,
}

impl MessageId {
    const fn end_of(event: i64) -> MessageId {
        MessageId { event, part: u32::MAX }
    }

    /// The event after which reading finds everything that follows this message.
    const fn read_after(self) -> i64 {
        if self.part == u32::MAX { self.event } else { self.event - 1 }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            u32::MAX => write!(f, "{}", self.event),
            part => write!(f, "{}-{part}", self.event),
        }
    }
}

impl FromStr for MessageId {
    type Err = ParseIntError;
    fn from_str(text: &str) -> Result<MessageId, ParseIntError> {
        Ok(match text.split_once('-') {
            Some((event, part)) => MessageId { event: event.parse()?, part: part.parse()? },
            None => MessageId::end_of(text.parse()?),
        })
    }
}

/// A message with its id.
#[derive(Debug, Clone)]
struct Sent {
    id: MessageId,
    event: &'static str,
    data: Arc<str>,
}

impl Streams {
    /// No stream yet; the sources are those of these modules.
    pub fn of(modules: &[Module]) -> Streams {
        let mut sources: HashMap<&'static str, Vec<StreamSource>> = HashMap::new();
        for source in modules.iter().flat_map(|module| (module.streams)()) {
            sources.entry(source.topic).or_default().push(source);
        }
        let hub = Hub {
            sources,
            subscribers: Mutex::default(),
            open: AtomicUsize::new(0),
            ids: AtomicU64::new(0),
            closed: watch::Sender::new(false),
            tickers: Tickers::default(),
        };
        Streams { hub: Arc::new(hub) }
    }

    /// Streams open now, with those of ticks.
    pub fn open(&self) -> usize {
        self.hub.open.load(Ordering::Relaxed)
    }

    /// Ends every stream: the program is shutting down, and clients resume elsewhere by `Last-Event-ID`.
    pub fn close(&self) {
        self.hub.closed.send_replace(true);
    }

    /// Completes once [`Streams::close`] was called.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut closed = self.hub.closed.subscribe();
        async move {
            let _ = closed.wait_for(|closed| *closed).await;
        }
    }

    pub(crate) fn tickers(&self) -> &Tickers {
        &self.hub.tickers
    }

    /// Counts a stream as open until it is dropped.
    pub(crate) fn count(&self) -> OpenStream {
        self.hub.open.fetch_add(1, Ordering::Relaxed);
        OpenStream(Arc::clone(&self.hub))
    }

    /// The messages that `event` becomes. An event that cannot be read becomes none.
    pub fn messages(&self, event: &StoredEvent) -> Vec<StreamMessage> {
        let sources = self.hub.sources.get(&*event.topic).into_iter().flatten();
        let made = sources.flat_map(|source| {
            let made = catch_unwind(AssertUnwindSafe(|| (source.messages)(event)));
            made.unwrap_or_else(|_| Err(Code::Internal.error().caused_by("it panicked"))).unwrap_or_else(|error| {
                tracing::error!(event = event.id, topic = %event.topic, ?error, "an event becomes no message");
                Vec::new()
            })
        });
        made.collect()
    }

    /// The messages of `event` with their ids, which are the same whenever they are made.
    fn sent(&self, event: &StoredEvent) -> impl Iterator<Item = (StreamKey, Sent)> {
        let event_id = event.id;
        self.messages(event).into_iter().zip(1..).map(move |(message, part)| {
            let id = MessageId { event: event_id, part };
            (message.key, Sent { id, event: message.event, data: message.data })
        })
    }

    /// Sends the messages of `event` to the streams that subscribe to their keys. Called by the relay for each event, in order.
    pub fn publish(&self, event: &StoredEvent) {
        if self.hub.subscribers.lock().is_empty() {
            return;
        }
        for (key, sent) in self.sent(event) {
            let mut subscribers = self.hub.subscribers.lock();
            if let Some(of_key) = subscribers.get_mut(&key) {
                // a subscriber that is too far behind loses its sender, which ends its stream
                of_key.retain(|subscriber| subscriber.sender.try_send(sent.clone()).is_ok());
            }
        }
    }

    fn subscribe(&self, key: StreamKey) -> Subscription {
        let (sender, receiver) = mpsc::channel(BEHIND_MAX);
        let id = self.hub.ids.fetch_add(1, Ordering::Relaxed);
        self.hub.subscribers.lock().entry(key.clone()).or_default().push(Subscriber { id, sender });
        Subscription { open: self.count(), key, id, receiver }
    }
}

/// An open stream.
pub(crate) struct OpenStream(Arc<Hub>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream's subscription, which ends when the stream does.
struct Subscription {
    open: OpenStream,
    key: StreamKey,
    id: u64,
    receiver: mpsc::Receiver<Sent>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut subscribers = self.open.0.subscribers.lock();
        if let Some(of_key) = subscribers.get_mut(&self.key) {
            of_key.retain(|subscriber| subscriber.id != self.id);
            if of_key.is_empty() {
                subscribers.remove(&self.key);
            }
        }
    }
}

/// The `Last-Event-ID` of a stream that resumes. C002 when there are two.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<MessageId>> {
    let sent = sent_once(headers, "Last-Event-ID")?.and_then(|value| value.to_str().ok());
    Ok(sent.and_then(|text| text.trim().parse().ok()).filter(|id: &MessageId| id.event >= 0))
}

/// A stream of the messages for `key`. A new stream begins with `present`, made in the same view of the database that the
/// stream goes on from, so that nothing is missed in between; one that resumes begins with what it missed. Either way a
/// stream has an id at once, so that a client that loses it before the first message can resume.
pub async fn stream(
    app: &App,
    key: StreamKey,
    last_event_id: Option<MessageId>,
    present: impl Fn(&mut Tx<'_>) -> Result<Vec<StreamMessage>> + Send + 'static,
) -> Result<Response, Failure> {
    // the subscription begins before the past is read, so that nothing is missed in between
    let subscription = app.streams.subscribe(key.clone());
    let (position, opening) = past(app, key, last_event_id, present).await?;
    let coming = stream::unfold(subscription, move |mut subscription| async move {
        loop {
            let sent = subscription.receiver.recv().await?;
            if sent.id > position {
                return Some((sent, subscription));
            }
        }
    });
    let mark = opening.is_empty().then(|| sse::mark(position.to_string()));
    let events = stream::iter(opening).chain(coming);
    let frames = events.map(|sent| Message { id: sent.id.to_string(), event: sent.event, data: &sent.data }.into());
    let frames = stream::iter(mark).chain(frames);
    Ok(sse::response(frames, app.streams.closed()))
}

/// Where the stream goes on from, and what it begins with.
async fn past(
    app: &App,
    key: StreamKey,
    last_event_id: Option<MessageId>,
    present: impl Fn(&mut Tx<'_>) -> Result<Vec<StreamMessage>> + Send + 'static,
) -> Result<(MessageId, Vec<Sent>)> {
    let streams = app.streams.clone();
    let read = move |tx: &mut Tx<'_>| {
        let newest = outbox::newest(tx)?;
        match last_event_id.filter(|id| id.event <= newest) {
            Some(last) if newest - last.event <= REPLAY_MAX => missed(tx, &streams, &key, last),
            behind => {
                let present = behind.map(too_far_behind).into_iter().chain(present(tx)?);
                Ok((MessageId::end_of(newest), numbered(newest, present.collect())))
            }
        }
    };
    app.db.read("streams.replay", read).await
}

/// The messages with which a stream begins. The last one has the id of everything up to now; those before it count down to
/// it, so that no two ids are the same.
fn numbered(newest: i64, present: Vec<StreamMessage>) -> Vec<Sent> {
    let count = present.len();
    let id = |n: usize| MessageId { event: newest, part: u32::MAX - u32::try_from(count - 1 - n).unwrap_or(0) };
    let sent = |(n, message): (usize, StreamMessage)| Sent { id: id(n), event: message.event, data: message.data };
    present.into_iter().enumerate().map(sent).collect()
}

/// What a stream missed since `last`, and the message after which it goes on.
fn missed(tx: &mut Tx<'_>, streams: &Streams, key: &StreamKey, last: MessageId) -> Result<(MessageId, Vec<Sent>)> {
    let (mut position, mut read_after, mut missed) = (last, last.read_after(), Vec::new());
    loop {
        let events = outbox::after(tx, read_after, REPLAY_PAGE)?;
        let Some(newest) = events.last() else { return Ok((position, missed)) };
        read_after = newest.id;
        position = position.max(MessageId::end_of(newest.id));
        for event in &events {
            let of_key = streams.sent(event).filter(|(of, sent)| of == key && sent.id > last);
            missed.extend(of_key.map(|(_, sent)| sent));
        }
    }
}

/// Says that a stream was away for longer than it can be replayed: the client reads the present state again.
fn too_far_behind(last: MessageId) -> StreamMessage {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Missed {
        last_event_id: String,
    }
    let key = StreamKey::new("any", "");
    StreamMessage::new(key, "events-missed", &Missed { last_event_id: last.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_and_ordered() {
        let ids = ["7-1", "7-2", "7", "8-1"].map(|text| text.parse::<MessageId>().unwrap());
        assert!(ids.is_sorted(), "{ids:?}");
        assert_eq!(ids.map(|id| id.to_string()), ["7-1", "7-2", "7", "8-1"]);
        assert_eq!(ids.map(MessageId::read_after), [6, 6, 7, 7]);
        for text in ["", "x", "7-", "7-x", "-"] {
            assert!(text.parse::<MessageId>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_messages_of_the_beginning_have_ids_of_their_own() {
        let message = |event| StreamMessage::new(StreamKey::new("order", 1), event, &1);
        let sent = numbered(9, vec![message("a"), message("b")]);
        assert_eq!(sent[1].id, MessageId::end_of(9));
        assert!(sent[0].id < sent[1].id);
    }
}
