//! A bare event stream: what axum and hyper cost for a stream that waits, and how fast all of them get a message.

use axum::{
    Router,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::get,
};
use futures_util::stream;
use std::convert::Infallible;
use tokio::sync::watch;

/// Sends positions to every stream.
pub type Positions = watch::Sender<u64>;

/// A router that answers `GET /events` with a stream of what `positions` sends.
pub fn router(positions: Positions) -> Router {
    Router::new().route("/events", get(events)).with_state(positions)
}

async fn events(State(positions): State<Positions>) -> Response {
    let mut receiver = positions.subscribe();
    receiver.mark_changed();
    let events = stream::unfold(receiver, |mut receiver| async move {
        receiver.changed().await.ok()?;
        let position = *receiver.borrow_and_update();
        let message = format!("you are number {position}; it takes about 86400 seconds");
        let place = format!(r#""position":{position},"estimatedWaitSeconds":86400,"totalWaiting":{position}"#);
        let data = format!(r#"{{"entryToken":"{:0>96}","status":"WAITING",{place},"message":"{message}"}}"#, 0);
        let event = Event::default().id(position.to_string()).event("queue-status").data(data);
        Some((Ok::<_, Infallible>(event), receiver))
    });
    Sse::new(events).into_response()
}
