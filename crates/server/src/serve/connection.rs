//! One connection, from its first byte to its end. A client that says nothing, says it too slowly or does not read what it
//! gets must neither keep others out nor hold up the end of the program, whatever version of HTTP it speaks.

use super::activity::{Activity, Watched};
use super::connections::Held;
use crate::edge::Peer;
use crate::opening::clock_must_be_set;
use axum::{Router, body::Body};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How an HTTP/2 connection begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long a client may take to read the rest of its responses once the program ends.
const DRAIN: Duration = Duration::from_secs(2);
/// Streams of one HTTP/2 connection at once; browsers open about a hundred.
const STREAMS_MAX: u32 = 256;

/// How long a connection may be silent.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Until its first request is there as a whole, and between two requests on HTTP/1.
    pub header: Duration,
    /// Without a request that runs and without progress of a response.
    pub idle: Duration,
    /// For everything at the end of the program.
    pub shutdown: Duration,
}

/// Serves connections.
pub struct Protocols {
    http1: auto::Builder<TokioExecutor>,
    http2: auto::Builder<TokioExecutor>,
    times: Times,
}

impl Protocols {
    pub fn new(times: Times) -> Protocols {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(times.header);
        http.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
        Protocols { http1: http.clone().http1_only(), http2: http.http2_only(), times }
    }

    /// Serves a connection until it ends, until `stop` and a little longer, or until it has to make room for another one.
    pub async fn serve(
        &self,
        mut stream: TcpStream,
        peer: SocketAddr,
        router: Router,
        stop: CancellationToken,
        held: &Held,
    ) {
        if let Err(fault) = clock_must_be_set() {
            tracing::error!(%fault, "a connection is closed");
            return;
        }
        prepare(&stream, self.times.idle);
        let begun = tokio::select! {
            () = stop.cancelled() => return,
            () = held.needed() => return,
            begun = tokio::time::timeout(self.times.header, first_bytes(&mut stream)) => begun,
        };
        let Ok(Ok(Some(first))) = begun else { return };
        let http = if first == PREFACE { &self.http2 } else { &self.http1 };
        let (reads, writes) = stream.into_split();
        let stream = tokio::io::join(std::io::Cursor::new(first).chain(reads), writes);
        self.run(http, stream, peer, router, stop, held).await;
    }

    async fn run(
        &self,
        http: &auto::Builder<TokioExecutor>,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        peer: SocketAddr,
        router: Router,
        stop: CancellationToken,
        held: &Held,
    ) {
        let activity = held.activity();
        let service = TowerToHyperService::new(service(router, peer, Arc::clone(activity)));
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let mut end: Option<End> = None;
        loop {
            let look_at = match &end {
                None => activity.silent_from(self.times),
                Some(end) => end.look_at(activity),
            };
            tokio::select! {
                // a client that goes away in the middle of something is not worth a line
                _ = connection.as_mut() => return,
                () = stop.cancelled(), if end.is_none() => {
                    end = Some(End::begins(self.times.shutdown / 2));
                    connection.as_mut().graceful_shutdown();
                }
                () = held.needed(), if end.is_none() => {
                    if !activity.is_running() {
                        return;
                    }
                    // a request came at the same moment
                    end = Some(End::begins(DRAIN));
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(look_at) => match &end {
                    Some(end) if end.is_over(activity) => return,
                    None if activity.is_silent(self.times) => {
                        end = Some(End::begins(DRAIN));
                        connection.as_mut().graceful_shutdown();
                    }
                    _ => {}
                },
            }
        }
    }
}

/// A connection that accepts no further requests.
struct End {
    began: Instant,
    /// When it is cut although its client still reads.
    latest: Instant,
}

impl End {
    fn begins(within: Duration) -> End {
        let began = Instant::now();
        End { began, latest: began + within }
    }

    fn look_at(&self, activity: &Activity) -> Instant {
        let quiet = activity.last().max(self.began) + DRAIN;
        // a running request is awaited: it ends by its own time limit
        if activity.is_running() { Instant::now() + DRAIN / 4 } else { quiet.min(self.latest.max(Instant::now())) }
    }

    /// Whether its client does not read, or reads too slowly, what is left.
    fn is_over(&self, activity: &Activity) -> bool {
        let now = Instant::now();
        let quiet = now >= activity.last().max(self.began) + DRAIN;
        !activity.is_running() && (quiet || now >= self.latest)
    }
}

/// Small packets leave at once, and the system closes the connection of a peer that no longer acknowledges anything.
fn prepare(stream: &TcpStream, idle: Duration) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(idle));
    #[cfg(not(target_os = "linux"))]
    let _ = idle;
}

/// Reads until the version of HTTP is known: the whole preface of HTTP/2, or what cannot become it. `None` when the client
/// closed before.
async fn first_bytes(stream: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut first = vec![0; PREFACE.len()];
    let mut filled = 0;
    while filled < PREFACE.len() {
        let read = stream.read(&mut first[filled..]).await?;
        if read == 0 {
            return Ok(None);
        }
        filled += read;
        if first[..filled] != PREFACE[..filled] {
            break;
        }
    }
    first.truncate(filled);
    Ok(Some(first))
}

/// The router for one connection: adds the peer to requests, and notes when something happens.
fn service(
    router: Router,
    peer: SocketAddr,
    activity: Arc<Activity>,
) -> impl tower::Service<
    axum::http::Request<hyper::body::Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send + 'static,
> + Clone {
    tower::service_fn(move |mut request: axum::http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let running = Activity::begin(&activity);
        let mut router = router.clone();
        async move {
            let response = tower::Service::call(&mut router, request).await?;
            Ok(response.map(|body| Body::new(Watched::new(body, running.ended()))))
        }
    })
}
