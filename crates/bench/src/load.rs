//! Closed-loop load: each connection sends its next request as soon as the last one is answered.

use crate::client::Client;
use hdrhistogram::Histogram;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    net::SocketAddr,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};
use tokio::task::LocalSet;

/// How hard and how long.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Connections, each with one request on its way.
    pub connections: usize,
    /// Time before counting starts.
    pub warm_up: Duration,
    /// Time that counts.
    pub time: Duration,
}

/// What one round did.
#[derive(Debug, Clone)]
pub struct Round {
    /// Units of work with the expected response within the counted time.
    pub done: u64,
    /// Units with another response, by status (0: the connection broke).
    pub failed: BTreeMap<u16, u64>,
    /// Counted time.
    pub time: Duration,
    /// Microseconds from request to answer.
    pub latency: Histogram<u64>,
}

/// Highest latency that the histogram can hold, in microseconds.
const LATENCY_MAX_US: u64 = 60_000_000;

impl Round {
    /// An empty round, which a measurement without HTTP fills itself.
    pub fn new() -> Round {
        let latency = Histogram::new_with_max(LATENCY_MAX_US, 3).expect("bounds are fixed");
        Round { done: 0, failed: BTreeMap::new(), time: Duration::ZERO, latency }
    }

    /// Units a second.
    pub fn rate(&self) -> f64 {
        if self.time.is_zero() { 0.0 } else { self.done as f64 / self.time.as_secs_f64() }
    }

    /// Counts one unit.
    pub fn count(&mut self, outcome: Result<(), u16>, took: Duration) {
        match outcome {
            Ok(()) => {
                self.done += 1;
                let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                self.latency.saturating_record(us.max(1));
            }
            Err(status) => *self.failed.entry(status).or_default() += 1,
        }
    }
}

/// Runs `unit` on every connection until the time is up, all on one thread. `unit` gets its connection, the index of the connection
/// and the number of the unit. It returns `Err(status)` for an unexpected response.
pub fn run<F>(load: Load, to: SocketAddr, unit: F) -> io::Result<Round>
where
    F: AsyncFn(&mut Client, usize, u64) -> io::Result<Result<(), u16>> + Send + 'static,
{
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, drive(load, to, unit))
    };
    let thread = thread::Builder::new().name("load".to_owned()).spawn(work)?;
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the load generator panicked")))
}

async fn drive<F>(load: Load, to: SocketAddr, unit: F) -> io::Result<Round>
where
    F: AsyncFn(&mut Client, usize, u64) -> io::Result<Result<(), u16>> + 'static,
{
    let unit = Rc::new(unit);
    let round = Rc::new(RefCell::new(Round::new()));
    let mut clients = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        clients.push(Client::connect(to).await?);
    }
    let start = Instant::now() + load.warm_up;
    let end = start + load.time;
    let mut tasks = Vec::with_capacity(load.connections);
    for (index, mut client) in clients.into_iter().enumerate() {
        let (unit, round) = (Rc::clone(&unit), Rc::clone(&round));
        tasks.push(tokio::task::spawn_local(async move {
            for n in 0.. {
                let sent = Instant::now();
                if sent >= end {
                    break;
                }
                let outcome = unit(&mut client, index, n).await;
                let answered = Instant::now();
                let broken = outcome.is_err();
                if answered >= start && answered < end {
                    round.borrow_mut().count(outcome.unwrap_or(Err(0)), answered - sent);
                }
                if broken {
                    break;
                }
            }
        }));
    }
    for task in tasks {
        task.await.map_err(io::Error::other)?;
    }
    let mut round = round.borrow().clone();
    round.time = load.time;
    Ok(round)
}
