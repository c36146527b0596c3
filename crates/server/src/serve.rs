//! The running server: accepts connections within limits, and ends without losing anything.

mod activity;
mod connection;
mod connections;
pub(crate) mod limits;

use crate::assembly::Assembly;
use crate::background::Running;
use crate::config::{Fault, Settings};
use crate::measure;
use axum::Router;
use connection::{Protocols, Times};
use connections::Connections;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Pause after the system refuses to hand out a connection, usually for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Connections the system keeps for us until we accept them; a rush arrives at once.
const LISTEN_QUEUE: u32 = 4_096;

/// Connections at once to the address of the metrics, when it is apart.
const METRICS_CONNECTIONS_MAX: usize = 64;

/// The addresses of the server, taken. A program that cannot have them must end before it touches the database: one that
/// opened it first would take the lease from the program that runs.
pub struct Listeners {
    api: TcpListener,
    metrics: Option<TcpListener>,
}

impl Listeners {
    /// Takes the addresses that the settings name. Connections wait until [`Server::start`].
    pub fn bind(settings: &Settings) -> Result<Listeners, Fault> {
        let api = bind(settings.server.listen, "server.listen")?;
        let metrics = match settings.server.metrics_address()? {
            Some(address) => Some(bind(address, "server.metrics_listen")?),
            None => None,
        };
        Ok(Listeners { api, metrics })
    }
}

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
    /// Begins to serve at addresses that were taken before.
    pub async fn start(settings: &Settings, listeners: Listeners, assembly: Assembly) -> Result<Server, Fault> {
        let Listeners { api, metrics } = listeners;
        let address = local(&api, settings.server.listen);
        let metrics_address = metrics.as_ref().map(|listener| local(listener, settings.server.listen));
        let stop = CancellationToken::new();
        let limits = Limits::of(settings);
        let mut accepting = vec![tokio::spawn(accept(api, assembly.router, limits.clone(), stop.clone()))];
        if let Some(listener) = metrics {
            // monitors must get in when clients have all connections of the API
            let connections = Connections::new(METRICS_CONNECTIONS_MAX, METRICS_CONNECTIONS_MAX);
            let limits = Limits { connections, ..limits };
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
    connections: Connections,
    times: Times,
}

impl Limits {
    fn of(settings: &Settings) -> Limits {
        let server = &settings.server;
        let max = limits::fitted(server.connections_max);
        let times =
            Times { header: server.header_timeout, idle: server.idle_timeout, shutdown: server.shutdown_timeout };
        Limits { connections: Connections::new(max, server.connections_per_client), times }
    }
}

async fn accept(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let protocols = Arc::new(Protocols::new(limits.times));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // while all are used, others wait in the queue of the system
                let held = tokio::select! {
                    () = stop.cancelled() => break,
                    held = limits.connections.admit(peer) => held,
                };
                let Some(held) = held else {
                    measure::refused_connection();
                    continue;
                };
                let (protocols, router, stop) = (Arc::clone(&protocols), router.clone(), stop.clone());
                connections.spawn(async move { protocols.serve(stream, peer, router, stop, &held).await });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Folds samples into histograms, which otherwise happens only when somebody scrapes.
async fn fold() {
    loop {
        tokio::time::sleep(measure::FOLD_EVERY).await;
        measure::registry().run_upkeep();
    }
}
