//! Load over HTTP, in one of two ways. Closed: each connection sends its next request when the last one is answered. Open:
//! requests arrive at a constant rate whether or not the server is ready, and each latency counts from the arrival, so
//! that waiting is part of it.

use crate::client::Client;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::LocalSet};

/// How hard and how long.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Load {
    /// Connections, each with at most one request on its way.
    pub connections: usize,
    /// Time before counting starts.
    pub warm_up: Duration,
    /// Time that counts.
    pub time: Duration,
    /// Arrivals a second; `None` for a closed loop.
    pub rate: Option<f64>,
    /// So many units in all, each number once, however long they take and without a warm-up; `None` for as many as the time
    /// allows. Only in a closed loop.
    pub units: Option<u64>,
    /// Whether a latency ends with the first byte of the response instead of with the whole unit.
    pub first_byte: bool,
}

impl Load {
    /// So many units, one after the other on each of these connections.
    pub fn once(units: u64, connections: usize) -> Load {
        let none = Duration::ZERO;
        Load { connections, warm_up: none, time: none, rate: None, units: Some(units), first_byte: false }
    }
}

/// What is counted while a round runs.
#[derive(Debug)]
pub struct Round {
    all: u64,
    done: u64,
    failed: BTreeMap<u16, u64>,
    latency: Histogram<u64>,
}

/// What one round did. Latencies are in microseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Units a second with the expected response, within the counted time.
    pub rate: f64,
    pub p50_us: u64,
    pub p95_us: u64,
    pub p99_us: u64,
    /// Units with another response, by status (0: the connection broke).
    pub failed: BTreeMap<u16, u64>,
    /// All units, with those of the warm-up.
    pub all: u64,
    /// Arrivals of an open loop that still waited for a connection when the time was up.
    pub waiting: u64,
}

/// How long a given number of units may take.
const UNITS_WITHIN: Duration = Duration::from_secs(600);
/// Highest latency that the histogram can hold, in microseconds.
const LATENCY_MAX_US: u64 = 60_000_000;

impl Round {
    /// An empty round, which a measurement without HTTP fills itself.
    pub fn new() -> Round {
        let latency = Histogram::new_with_max(LATENCY_MAX_US, 3).expect("bounds are fixed");
        Round { all: 0, done: 0, failed: BTreeMap::new(), latency }
    }

    /// One unit has ended, in the time that counts or not.
    pub fn ended(&mut self) {
        self.all += 1;
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

    /// The result after `time` that counted.
    pub fn summary(&self, time: Duration, waiting: u64) -> Summary {
        let at = |quantile| self.latency.value_at_quantile(quantile);
        Summary {
            rate: if time.is_zero() { 0.0 } else { self.done as f64 / time.as_secs_f64() },
            p50_us: at(0.50),
            p95_us: at(0.95),
            p99_us: at(0.99),
            failed: self.failed.clone(),
            all: self.all,
            waiting,
        }
    }
}

/// Runs `unit` on every connection until the time is up, all on one thread. `unit` gets its connection, the index of the connection
/// and the number of the unit. It returns `Err(status)` for an unexpected response.
pub fn run<F>(load: Load, to: SocketAddr, unit: F) -> io::Result<Summary>
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

/// Gives the connections their units.
struct Arrivals {
    begin: Instant,
    end: Instant,
    rate: Option<f64>,
    units: Option<u64>,
    next: Cell<u64>,
    /// A permit for each arrival of an open loop that is there.
    there: Arc<Semaphore>,
}

/// When arrival number `n` is there.
fn arrival(begin: Instant, rate: f64, n: u64) -> Instant {
    begin + Duration::from_secs_f64(n as f64 / rate)
}

impl Arrivals {
    /// Arrivals of an open loop come from a thread that does nothing else, because the timers of the runtime are good to a millisecond
    /// only, which would be a part of each latency.
    fn of(load: &Load, begin: Instant, end: Instant) -> io::Result<Arrivals> {
        let there = Arc::new(Semaphore::new(0));
        if let Some(rate) = load.rate {
            let there = Arc::clone(&there);
            let come = move || {
                for at in (0..).map(|n| arrival(begin, rate, n)).take_while(|at| *at < end) {
                    thread::sleep(at.saturating_duration_since(Instant::now()));
                    there.add_permits(1);
                }
            };
            thread::Builder::new().name("arrivals".to_owned()).spawn(come)?;
        }
        Ok(Arrivals { begin, end, rate: load.rate, units: load.units, next: Cell::new(0), there })
    }

    /// The next unit of a connection whose last one was number `last`, and when it arrived; `None` when the time is up.
    async fn next(&self, last: Option<u64>) -> Option<(u64, Instant)> {
        let counted = || self.next.replace(self.next.get() + 1);
        let (n, arrived) = match (self.rate, self.units) {
            (Some(rate), _) => {
                let n = counted();
                (n, arrival(self.begin, rate, n))
            }
            (None, Some(units)) => (Some(counted()).filter(|n| *n < units)?, Instant::now()),
            (None, None) => (last.map_or(0, |n| n + 1), Instant::now()),
        };
        if arrived >= self.end || Instant::now() >= self.end {
            return None;
        }
        if self.rate.is_some() {
            // connections wait in the order of their numbers
            self.there.acquire().await.ok()?.forget();
        }
        Some((n, arrived))
    }

    /// Arrivals that no connection took.
    fn waiting(&self) -> u64 {
        let all = self.rate.map_or(0.0, |rate| rate * (self.end - self.begin).as_secs_f64());
        (all as u64).saturating_sub(self.next.get())
    }
}

async fn drive<F>(load: Load, to: SocketAddr, unit: F) -> io::Result<Summary>
where
    F: AsyncFn(&mut Client, usize, u64) -> io::Result<Result<(), u16>> + 'static,
{
    let unit = Rc::new(unit);
    let round = Rc::new(RefCell::new(Round::new()));
    let mut clients = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        clients.push(Client::connect(to).await?);
    }
    let begin = Instant::now();
    let (start, end) = match load.units {
        Some(_) => (begin, begin + UNITS_WITHIN),
        None => (begin + load.warm_up, begin + load.warm_up + load.time),
    };
    let arrivals = Rc::new(Arrivals::of(&load, begin, end)?);
    let mut tasks = Vec::with_capacity(load.connections);
    for (index, mut client) in clients.into_iter().enumerate() {
        let (unit, round, arrivals) = (Rc::clone(&unit), Rc::clone(&round), Rc::clone(&arrivals));
        tasks.push(tokio::task::spawn_local(async move {
            let mut last = None;
            while let Some((n, arrived)) = arrivals.next(last).await {
                last = Some(n);
                let outcome = unit(&mut client, index, n).await;
                let answered = client.first_byte.filter(|_| load.first_byte).unwrap_or_else(Instant::now);
                let broken = outcome.is_err();
                round.borrow_mut().ended();
                if answered >= start && answered < end {
                    round.borrow_mut().count(outcome.unwrap_or(Err(0)), answered - arrived);
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
    let time = if load.units.is_some() { begin.elapsed() } else { load.time };
    let summary = round.borrow().summary(time, arrivals.waiting());
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn arrivals_of_an_open_loop_do_not_wait_for_answers() {
        let begin = Instant::now();
        let end = begin + Duration::from_secs(60);
        let load = Load { rate: Some(1_000.0), units: None, time: end - begin, ..Load::once(0, 1) };
        let arrivals = Arrivals::of(&load, begin, end).unwrap();
        let mut taken = Vec::new();
        for _ in 0..3 {
            let (n, arrived) = arrivals.next(taken.last().map(|(n, _)| *n)).await.unwrap();
            assert!(Instant::now() >= arrived, "no request is sent before its arrival");
            taken.push((n, arrived - begin));
        }
        let ms = |n: u64| (n, Duration::from_millis(n));
        assert_eq!(taken, [ms(0), ms(1), ms(2)]);
        assert_eq!(arrivals.waiting(), 60_000 - 3);
    }
}
