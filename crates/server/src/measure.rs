//! Measurements for Prometheus. Per-request series are looked up once and kept, so that a request costs two atomic additions.

use crate::assembly::MODULES;
use crate::relay::Progress;
use axum::http::{Method, StatusCode};
use kernel::Result;
use metrics::{Counter, Histogram, counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use parking_lot::RwLock;
use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use web::App;

/// Bounds of the latency histogram in seconds.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0];
/// How long a collector's request waits for the database, well below the ten seconds that collectors wait.
const READ_WITHIN: Duration = Duration::from_secs(2);
/// How often samples are folded into the histogram while no monitor reads it.
pub const FOLD_EVERY: Duration = Duration::from_secs(5);

/// The process's registry; made at first use, since there can be one only.
pub fn registry() -> &'static PrometheusHandle {
    static REGISTRY: OnceLock<PrometheusHandle> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // fails when something else records already; then our own answers stay empty, and nothing else breaks
        let _ = metrics::set_global_recorder(recorder);
        describe();
        handle
    })
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("holdfast_http_requests_total", "Requests answered, by route template, method and status.");
    describe_histogram!("holdfast_http_request_seconds", "Time until the answer's head, by route template and method.");
    describe_gauge!("holdfast_http_requests_running", "Requests being answered now.");
    describe_counter!("holdfast_connections_refused_total", "Connections of clients that use as many as they may.");
    describe_counter!("holdfast_connections_closed_for_others_total", "Silent connections closed to make room.");
    describe_gauge!("holdfast_store_waiting", "Jobs waiting for the writer.");
    describe_counter!("holdfast_store_commits_total", "Commits of the database.");
    describe_counter!(
        "holdfast_store_jobs_total",
        "Jobs committed; divided by commits it is how many shared one fsync."
    );
    describe_counter!("holdfast_store_statements_total", "Statements run.");
    describe_counter!("holdfast_store_round_trips_total", "Times a database server was waited for.");
    describe_counter!("holdfast_store_jobs_again_total", "Times a job was run again because of others.");
    describe_gauge!("holdfast_leader", "1 while this instance leads: it runs the reactions and the periodic tasks.");
    describe_gauge!("holdfast_store_healthy", "1 while the database answers and the last commit succeeded.");
    describe_counter!("holdfast_relay_events_total", "Events that the relay gave to its subscribers.");
    describe_counter!("holdfast_relay_reactions_total", "Transactions of reactions.");
    describe_counter!("holdfast_relay_failures_total", "Times a subscriber failed.");
    describe_gauge!(
        "holdfast_relay_lag_events",
        "Events that not every subscriber has handled; in a follower, those that its own streams have not got."
    );
    describe_gauge!("holdfast_relay_lag_seconds", "Age of the oldest of those.");
    describe_gauge!("holdfast_dead_letters", "Events that were set aside because a subscriber kept failing.");
    describe_counter!(
        "holdfast_gate_decisions_total",
        "What the gate said, by answer: through, sold-out, over-limit, crowded."
    );
    describe_counter!("holdfast_gate_breaker_openings_total", "Times the gate stopped asking Redis for a second.");
    describe_gauge!("holdfast_streams", "Open live streams.");
    for module in MODULES {
        module.gauges.iter().for_each(|gauge| describe_gauge!(gauge.name, gauge.help));
        module.counters.iter().for_each(|(name, help)| describe_counter!(*name, *help));
    }
    describe_counter!("holdfast_task_runs_total", "Runs of periodic tasks, by task and outcome.");
    describe_counter!("holdfast_task_work_total", "Things periodic tasks did, by task.");
    describe_gauge!("holdfast_audit_violations", "Broken promises found by the last audit.");
}

/// A silent connection was closed, because there was no room for another one.
pub fn closed_for_another() {
    counter!("holdfast_connections_closed_for_others_total").increment(1);
}

/// A connection was closed at once, because its client uses as many as it may.
pub fn refused_connection() {
    counter!("holdfast_connections_refused_total").increment(1);
}

struct Series {
    method: &'static str,
    status: StatusCode,
    count: Counter,
    seconds: Histogram,
}

/// What requests cost.
#[derive(Default)]
pub struct Requests {
    running: AtomicI64,
    routes: RwLock<HashMap<Box<str>, Vec<Series>>>,
}

/// Counts a request as running until it is dropped, even when its client goes away.
pub struct RunningRequest<'a>(&'a AtomicI64);

impl Drop for RunningRequest<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Requests {
    /// A request begins.
    pub fn started(&self) -> RunningRequest<'_> {
        self.running.fetch_add(1, Ordering::Relaxed);
        RunningRequest(&self.running)
    }

    /// A request ended.
    pub fn finished(&self, method: &Method, route: &str, status: StatusCode, taken: Duration) {
        let method = known(method);
        let routes = self.routes.read();
        let known = routes.get(route).and_then(|all| all.iter().find(|s| s.status == status && s.method == method));
        if let Some(series) = known {
            series.count.increment(1);
            series.seconds.record(taken.as_secs_f64());
            return;
        }
        drop(routes);
        let (count, seconds) = series(method, route, status);
        count.increment(1);
        seconds.record(taken.as_secs_f64());
        let series = Series { method, status, count, seconds };
        self.routes.write().entry(route.into()).or_default().push(series);
    }

    /// Requests being answered now.
    pub fn running(&self) -> i64 {
        self.running.load(Ordering::Relaxed)
    }
}

/// Methods are text of the client's choice; only those we know get a series.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn series(method: &'static str, route: &str, status: StatusCode) -> (Counter, Histogram) {
    let (route, status) = (route.to_owned(), status.as_u16().to_string());
    let count =
        counter!("holdfast_http_requests_total", "route" => route.clone(), "method" => method, "status" => status);
    (count, histogram!("holdfast_http_request_seconds", "route" => route, "method" => method))
}

/// Everything as Prometheus text; what is not counted as it happens is read now.
pub async fn render(app: &App, requests: &Arc<Requests>, progress: &Arc<Progress>) -> Result<String> {
    let counts = app.db.counts();
    counter!("holdfast_store_commits_total").absolute(counts.commits);
    counter!("holdfast_store_jobs_total").absolute(counts.jobs);
    counter!("holdfast_store_statements_total").absolute(counts.statements);
    counter!("holdfast_store_round_trips_total").absolute(counts.round_trips);
    counter!("holdfast_store_jobs_again_total").absolute(counts.retried);
    gauge!("holdfast_leader").set(f64::from(u8::from(progress.leads.load(Ordering::Relaxed))));
    gauge!("holdfast_store_waiting").set(app.db.waiting() as f64);
    gauge!("holdfast_http_requests_running").set(requests.running() as f64);
    gauge!("holdfast_streams").set(app.streams.open() as f64);
    let gate = app.memory::<web::gate::Counts>();
    for (answer, count) in gate.by_answer() {
        counter!("holdfast_gate_decisions_total", "answer" => answer).absolute(count);
    }
    counter!("holdfast_gate_breaker_openings_total").absolute(app.ports.gate.breaker_openings());
    counter!("holdfast_relay_events_total").absolute(progress.events.load(Ordering::Relaxed));
    counter!("holdfast_relay_reactions_total").absolute(progress.reactions.load(Ordering::Relaxed));
    counter!("holdfast_relay_failures_total").absolute(progress.all_failures());
    gauge!("holdfast_dead_letters").set(progress.dead_letters() as f64);
    gauge!("holdfast_relay_lag_seconds").set(progress.behind(app.now()).as_secs_f64());
    let modules = app.modules.clone();
    let read = move |tx: &mut store::Tx<'_>| {
        let gauges = modules.iter().flat_map(|module| module.gauges).map(|gauge| Ok((*gauge, (gauge.read)(tx)?)));
        let gauges = gauges.collect::<Result<Vec<_>>>()?;
        Ok((store::outbox::newest(tx)?, gauges))
    };
    // a database that does not answer is what a collector has to see: what it would say is left as it was
    let found = tokio::time::timeout(READ_WITHIN, app.db.read("metrics.read", read)).await;
    let found = found.ok().and_then(std::result::Result::ok);
    gauge!("holdfast_store_healthy").set(f64::from(u8::from(found.is_some() && app.db.health().is_healthy())));
    for (gauge, values) in found.iter().flat_map(|(_, gauges)| gauges) {
        for (label, value) in values {
            gauge!(gauge.name, gauge.label => *label).set(*value as f64);
        }
    }
    for one in &progress.subscribers {
        gauge!("holdfast_subscriber_lag_seconds", "subscriber" => one.name).set(one.behind(app.now()).as_secs_f64());
        counter!("holdfast_subscriber_failures_total", "subscriber" => one.name).absolute(one.failures());
        gauge!("holdfast_subscriber_dead_letters", "subscriber" => one.name).set(one.dead_letters() as f64);
    }
    if let Some((newest, _)) = found {
        let lag = newest - progress.dealt_with();
        gauge!("holdfast_relay_lag_events").set(lag.max(0) as f64);
    }
    Ok(registry().render())
}
