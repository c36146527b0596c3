//! Server-sent pictures of the present, for what changes faster than anybody can read, such as the stock of a hot product.
//! A stream looks from time to time and sends what changed; what it looks at is a page in memory that all streams share, so a
//! thousand orders a second and ten thousand streams cost a handful of reads, and nobody falls behind.

use crate::App;
use axum::{
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use std::{collections::VecDeque, convert::Infallible, future::Future, time::Duration};

/// Pause between heartbeat comments (docs/RULES.md).
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Something that looks different than before.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The event's id in the stream; grows with every change of what it shows.
    pub id: i64,
    /// The event's name.
    pub event: &'static str,
    /// Its data, as JSON.
    pub data: Box<str>,
}

/// A stream of what `look` gives: at once, then after every pause of `every`. `look` is given what it kept the last time, and
/// gives everything the first time and later only what changed. There is nothing to resume: a stream that comes back
/// begins with the present.
pub fn stream<S, L, F>(app: &App, every: Duration, kept: S, look: L) -> Response
where
    S: Send + 'static,
    L: Fn(S) -> F + Send + 'static,
    F: Future<Output = (S, Vec<Picture>)> + Send,
{
    let begin = (kept, look, VecDeque::new(), Duration::ZERO, app.live.until_closed());
    let pictures = stream::unfold(begin, move |(mut kept, look, mut seen, mut pause, mut end)| async move {
        loop {
            if let Some(picture) = seen.pop_front() {
                return Some((Ok::<_, Infallible>(frame(&picture)), (kept, look, seen, pause, end)));
            }
            tokio::select! {
                () = end.closed() => return None,
                () = tokio::time::sleep(pause) => {}
            }
            pause = every;
            let changed;
            (kept, changed) = look(kept).await;
            seen.extend(changed);
        }
    });
    let mut response =
        Sse::new(pictures).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("heartbeat")).into_response();
    // proxies that buffer would hold events back
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn frame(picture: &Picture) -> Event {
    Event::default().id(picture.id.to_string()).event(picture.event).data(&*picture.data)
}
