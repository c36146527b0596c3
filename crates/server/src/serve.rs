//! The running server: accepts connections within limits, and ends without losing anything.

use crate::assembly::Assembly;
use crate::background::Running;
use crate::config::{Fault, Settings};
use crate::edge::Peer;
use crate::measure;
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Pause after the system refuses to hand out a connection, usually for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Connections the system keeps for us until we accept them; a rush arrives at once.
const LISTEN_QUEUE: u32 = 4_096;

/// A server that accepts requests.
pub struct Server {
    /// Where the API is.
    pub address: SocketAddr,
    /// Where the metrics are, when apart.
    pub metrics_address: Option<SocketAddr>,
    assembly: Parts,
    accepting: Vec<JoinHandle<()>>,
    folding: JoinHandle<()>,
    stop: CancellationToken,
    within: Duration,
}

struct Parts {
    app: web::App,
    closing: CancellationToken,
    running: Running,
}

impl Server {
    /// Binds the addresses and begins to serve.
    pub async fn start(settings: &Settings, assembly: Assembly) -> Result<Server, Fault> {
        let listener = bind(settings.server.listen, "server.listen")?;
        let apart = match settings.server.metrics_address()? {
            Some(address) => Some(bind(address, "server.metrics_listen")?),
            None => None,
        };
        let address = local(&listener, settings.server.listen);
        let metrics_address = apart.as_ref().map(|listener| local(listener, settings.server.listen));
        let stop = CancellationToken::new();
        let limits = Limits {
            connections: Arc::new(Semaphore::new(settings.server.connections_max)),
            header_timeout: settings.server.header_timeout,
        };
        let mut accepting = vec![tokio::spawn(accept(listener, assembly.router, limits.clone(), stop.clone()))];
        if let Some(listener) = apart {
            accepting.push(tokio::spawn(accept(listener, assembly.metrics, limits, stop.clone())));
        }
        let folding = tokio::spawn(fold());
        let running = assembly.background.spawn();
        let parts = Parts { app: assembly.app, closing: assembly.closing, running };
        let within = settings.server.shutdown_timeout;
        Ok(Server { address, metrics_address, assembly: parts, accepting, folding, stop, within })
    }

    /// Stops accepting, ends live streams, finishes requests, runs tasks to the end of their present run, hands on every
    /// event, and closes the database; all within `server.shutdown_timeout`. Gives whether it was in time.
    pub async fn stop(self) -> bool {
        let began = Instant::now();
        self.assembly.closing.cancel();
        self.stop.cancel();
        self.assembly.app.streams.close();
        let orderly = async {
            for accepting in self.accepting {
                let _ = accepting.await;
            }
            self.assembly.running.stop().await;
            self.assembly.app.db.close().await;
        };
        let in_time = tokio::time::timeout(self.within, orderly).await.is_ok();
        self.folding.abort();
        let ms = began.elapsed().as_millis() as u64;
        if in_time {
            tracing::info!(ms, "stopped");
        } else {
            tracing::warn!(ms, "stopped before everything was finished; nothing acknowledged is lost");
        }
        in_time
    }
}

/// Resolves when the operator wants the program to end: Ctrl-C, or SIGTERM.
pub async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupted.await;
            return;
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}

fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, Fault> {
    let open = || {
        let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
        // a restarted server must not wait for the connections of its predecessor
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(LISTEN_QUEUE)
    };
    open().map_err(|error: std::io::Error| {
        let remedy =
            format!("stop what uses it, or choose another address: -o {setting}=127.0.0.1:0 takes any free port");
        Fault::new(format!("cannot listen on {address}"), error.to_string(), remedy)
    })
}

fn local(listener: &TcpListener, otherwise: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(otherwise)
}

#[derive(Clone)]
struct Limits {
    connections: Arc<Semaphore>,
    header_timeout: Duration,
}

async fn accept(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
    http.http2().timer(TokioTimer::new()).max_concurrent_streams(256);
    let http = Arc::new(http);
    let graceful = GracefulShutdown::new();
    loop {
        let connection = tokio::select! {
            () = stop.cancelled() => break,
            connection = next(&listener, &limits.connections) => connection,
        };
        match connection {
            Ok((stream, peer, permit)) => serve(stream, peer, permit, &http, &router, &graceful),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}

fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    http: &Arc<auto::Builder<TokioExecutor>>,
    router: &Router,
    graceful: &GracefulShutdown,
) {
    let _ = stream.set_nodelay(true);
    let service = router.clone().map_request(move |mut request: axum::http::Request<_>| {
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        // a client that goes away in the middle of something is not worth a line
        let _ = watched.await;
        drop(permit);
    });
}

/// Folds samples into histograms, which otherwise happens only when somebody scrapes.
async fn fold() {
    loop {
        tokio::time::sleep(measure::FOLD_EVERY).await;
        measure::registry().run_upkeep();
    }
}
