//! What happens on one connection: requests that run, and progress of responses.

use super::connection::Times;
use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// After so long without progress a client no longer reads its response. Event streams send something every 15 seconds.
const STALLED: Duration = Duration::from_secs(20);

/// What happened on a connection, and when for the last time.
pub struct Activity {
    began: Instant,
    running: AtomicUsize,
    /// Responses whose bodies are not at their end.
    responding: AtomicUsize,
    requests: AtomicU64,
    /// Milliseconds after `began`.
    last: AtomicU64,
}

impl Activity {
    pub fn new() -> Activity {
        let (requests, last) = (AtomicU64::new(0), AtomicU64::new(0));
        let (running, responding) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Activity { began: Instant::now(), running, responding, requests, last }
    }

    /// A request has come.
    pub fn begin(activity: &Arc<Activity>) -> Running {
        activity.running.fetch_add(1, Ordering::Relaxed);
        activity.requests.fetch_add(1, Ordering::Relaxed);
        activity.note();
        Running(Arc::clone(activity))
    }

    fn note(&self) {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(ms, Ordering::Relaxed);
    }

    /// Whether a request has no response yet.
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed) > 0
    }

    /// Whether the connection may be closed without harm: it has no request, and no response whose client reads.
    pub fn may_be_closed(&self) -> bool {
        let responds = self.responding.load(Ordering::Relaxed) > 0;
        !self.is_running() && (!responds || self.last().elapsed() > STALLED)
    }

    /// When something happened for the last time.
    pub fn last(&self) -> Instant {
        self.began + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }

    /// From when on the connection is silent, if nothing happens until then.
    pub fn silent_from(&self, times: Times) -> Instant {
        let none_yet = self.requests.load(Ordering::Relaxed) == 0;
        let from = self.last() + if none_yet { times.header } else { times.idle };
        // while a request runs, this is asked again later
        if self.is_running() { from.max(Instant::now() + times.idle) } else { from }
    }

    /// Whether nothing runs and nothing has happened for too long.
    pub fn is_silent(&self, times: Times) -> bool {
        !self.is_running() && Instant::now() >= self.silent_from(times)
    }
}

/// A request without a response. Dropping it says that there will be none.
pub struct Running(Arc<Activity>);

impl Running {
    /// The response is there.
    pub fn ended(self) -> Arc<Activity> {
        self.0.note();
        Arc::clone(&self.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of a response, which notes its progress: its next piece is asked for when its client has read enough.
pub struct Watched {
    body: Body,
    activity: Arc<Activity>,
}

impl Watched {
    pub fn new(body: Body, activity: Arc<Activity>) -> Watched {
        activity.responding.fetch_add(1, Ordering::Relaxed);
        Watched { body, activity }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.activity.note();
        self.activity.responding.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_ready() {
            self.activity.note();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
