//! Streams whose messages differ from reader to reader, such as everybody's place in a queue. All streams of one kind share one
//! loop, which looks regularly what has changed and beats for the streams that watch it; at a beat each stream makes its own
//! message, if it has one. A stream has no timer, and nothing is kept for one that reads slowly: it misses beats and goes on
//! with the newest.

use crate::App;
use crate::sse::{self, Message};
use axum::response::Response;
use futures_util::{
    future::BoxFuture,
    stream::{self, StreamExt},
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A kind of things that streams watch; a domain declares it as a constant.
pub struct Kind {
    /// The event's name in the stream.
    pub event: &'static str,
    /// Pause between two looks.
    pub every: Duration,
    /// After so long every stream sends something although nothing changed, so that proxies see that it is alive.
    pub silent_at_most: Duration,
    /// The versions of the things that there are now. The streams of a thing that is missing end.
    pub look: fn(App) -> BoxFuture<'static, HashMap<i64, i64>>,
}

/// What all streams are woken by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beat {
    /// Counts the beats; it is the id of their messages.
    pub number: u64,
    /// Every stream sends something.
    pub by_all: bool,
}

/// What a stream sends at a beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// JSON.
    pub data: String,
    /// Whether the stream ends with it.
    pub last: bool,
}

/// A stream of what `say` has to say about the thing `id`, now and at every beat. It ends after the last message, and when the
/// thing is gone.
pub fn stream<F>(app: &App, kind: &'static Kind, id: i64, say: F) -> Response
where
    F: FnMut(Beat) -> Option<Said> + Send + 'static,
{
    let open = app.streams.count();
    let mut beats = app.memory::<Drums>().of(app, kind, id);
    beats.mark_changed();
    let said = stream::unfold((beats, say, false), |(mut beats, mut say, ended)| async move {
        if ended {
            return None;
        }
        loop {
            beats.changed().await.ok()?;
            let beat = *beats.borrow_and_update();
            if let Some(said) = say(beat) {
                let last = said.last;
                return Some(((beat, said), (beats, say, last)));
            }
        }
    });
    let frames = said.map(move |(beat, said)| {
        let _ = &open; // counted until the stream is dropped
        Message { id: beat.number.to_string(), event: kind.event, data: &said.data }.into()
    });
    sse::steady(frames, app.streams.closed())
}

/// The things that open streams of this instance watch, by kind.
#[derive(Default)]
struct Drums(Mutex<HashMap<&'static str, HashMap<i64, Drum>>>);

/// What wakes the streams of one thing.
struct Drum {
    beat: watch::Sender<Beat>,
    /// The thing's version at the last beat.
    version: i64,
    by_all_at: Instant,
}

impl Drums {
    /// The beats of a thing; starts the loop of its kind if it does not run.
    fn of(self: Arc<Self>, app: &App, kind: &'static Kind, id: i64) -> watch::Receiver<Beat> {
        let mut drums = self.0.lock();
        let of_kind = drums.entry(kind.event).or_insert_with(|| {
            tokio::spawn(Arc::clone(&self).run(app.clone(), kind));
            HashMap::new()
        });
        let drum = of_kind.entry(id).or_insert_with(|| Drum {
            beat: watch::Sender::new(Beat::default()),
            version: 0,
            by_all_at: Instant::now(),
        });
        drum.beat.subscribe()
    }

    /// Beats until no stream of the kind is open.
    async fn run(self: Arc<Self>, app: App, kind: &'static Kind) {
        loop {
            tokio::time::sleep(kind.every).await;
            let versions = (kind.look)(app.clone()).await;
            let mut drums = self.0.lock();
            let Some(of_kind) = drums.get_mut(kind.event) else { return };
            // a thing that is gone loses its sender, which ends its streams
            of_kind.retain(|id, drum| {
                drum.beat.receiver_count() > 0
                    && versions.get(id).is_some_and(|version| drum.beats(*version, kind.silent_at_most))
            });
            if of_kind.is_empty() {
                drums.remove(kind.event);
                return;
            }
        }
    }
}

impl Drum {
    /// Beats if the thing changed or its streams were silent for long. Gives true.
    fn beats(&mut self, version: i64, silent_at_most: Duration) -> bool {
        let by_all = self.by_all_at.elapsed() >= silent_at_most;
        if by_all {
            self.by_all_at = Instant::now();
        }
        if by_all || version != self.version {
            self.version = version;
            self.beat.send_modify(|beat| *beat = Beat { number: beat.number + 1, by_all });
        }
        true
    }
}
