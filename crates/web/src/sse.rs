//! A response of server-sent events: its headers, its heartbeat and its end.

use axum::{
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{Stream, StreamExt};
use std::{convert::Infallible, time::Duration};

/// Pause between heartbeat comments (docs/RULES.md).
const HEARTBEAT: Duration = Duration::from_secs(15);

/// One event of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Message<'a> {
    /// No other event of the stream has it.
    pub id: String,
    pub event: &'static str,
    /// JSON.
    pub data: &'a str,
}

impl From<Message<'_>> for Event {
    fn from(message: Message<'_>) -> Event {
        Event::default().id(message.id).event(message.event).data(message.data)
    }
}

/// An id without an event: a client that loses the connection resumes after it, and shows nothing now.
pub(crate) fn mark(id: String) -> Event {
    Event::default().id(id)
}

/// The response that sends `events` until they end or `closed` completes, and a heartbeat while there are none.
pub(crate) fn response<S, C>(events: S, closed: C) -> Response
where
    S: Stream<Item = Event> + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    beating(events, closed, HEARTBEAT)
}

fn beating<S, C>(events: S, closed: C, every: Duration) -> Response
where
    S: Stream<Item = Event> + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    let events = events.take_until(Box::pin(closed)).map(Ok::<_, Infallible>);
    let heartbeat = KeepAlive::new().interval(every).text("heartbeat");
    for_proxies(Sse::new(events).keep_alive(heartbeat).into_response())
}

/// The same for `events` that come so often that they need no heartbeat, and so no timer of their own.
pub(crate) fn steady<S, C>(events: S, closed: C) -> Response
where
    S: Stream<Item = Event> + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    for_proxies(Sse::new(events.take_until(Box::pin(closed)).map(Ok::<_, Infallible>)).into_response())
}

fn for_proxies(mut response: Response) -> Response {
    // proxies that buffer would hold events back
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::future::pending;

    #[tokio::test]
    async fn a_stream_in_which_nothing_happens_shows_proxies_that_it_is_alive() {
        let silent = beating(stream::pending(), pending(), Duration::from_millis(1));
        let mut frames = silent.into_body().into_data_stream();
        for _ in 0..3 {
            assert_eq!(frames.next().await.unwrap().unwrap(), ": heartbeat\n\n");
        }
    }
}
