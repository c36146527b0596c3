//! A server that dies, connections that break: no confirmed write is lost, nothing is done twice, and the store recovers by
//! itself.

use super::shop::*;
use crate::{Db, args};
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use testdb::{Kind, Proxy, Server, Space};

const WRITERS: usize = 8;
/// How long the store may take to recover once its database is back, and to notice that it is away.
const RECOVERS_WITHIN: Duration = Duration::from_secs(10);

/// A private server of the kind of this run; none on SQLite, which has no server that could fail.
fn server() -> Option<Server> {
    let kind = testdb::wanted();
    if kind == Kind::Sqlite {
        testdb::skip("SQLite has no server that can be killed");
        return None;
    }
    Some(Server::private(kind).expect("the named server is installed"))
}

/// The results that callers got while the database was killed, cut off and started again.
#[derive(Default)]
struct Results {
    stored: HashSet<String>,
    unknown: HashSet<String>,
    refused: usize,
    unexpected: Vec<String>,
}

/// Callers that write until they are stopped.
struct Load {
    results: Arc<Mutex<Results>>,
    stop: Arc<AtomicBool>,
    callers: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn on(db: &Db) -> Load {
        let (results, stop) = (Arc::new(Mutex::new(Results::default())), Arc::new(AtomicBool::new(false)));
        let callers = (0..WRITERS).map(|caller| {
            let (db, results, stop) = (db.clone(), Arc::clone(&results), Arc::clone(&stop));
            tokio::spawn(async move {
                for n in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let label = format!("{caller}-{n}");
                    let wanted = label.clone();
                    let outcome = db.write("add", move |tx| add_loudly(tx, &wanted)).await;
                    let mut results = results.lock();
                    match outcome.map_err(|error| (error.code().code(), error)) {
                        Ok(()) => _ = results.stored.insert(label),
                        Err(("C018", _)) => _ = results.unknown.insert(label),
                        Err(("C013", _)) => results.refused += 1,
                        Err((_, error)) => results.unexpected.push(format!("{label}: {error:?}")),
                    }
                }
            })
        });
        Load { callers: callers.collect(), results, stop }
    }

    fn stored(&self) -> usize {
        self.results.lock().stored.len()
    }

    /// Waits until `more` jobs were stored after this call.
    async fn stores(&self, more: usize) {
        let before = self.stored();
        until("jobs are stored again", || self.stored() >= before + more).await;
    }

    /// Waits until every writer is likely to have stored a job after this call.
    async fn goes_on(&self) {
        self.stores(2 * WRITERS).await;
    }

    async fn end(self) -> Arc<Mutex<Results>> {
        self.stop.store(true, Ordering::SeqCst);
        for caller in self.callers {
            caller.await.unwrap();
        }
        self.results
    }
}

/// Waits until this holds, but not longer than [`RECOVERS_WITHIN`].
async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < RECOVERS_WITHIN, "not after {RECOVERS_WITHIN:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Checks that every confirmed job is stored, once and with its event, and that no refused job is stored.
async fn check(db: &Db, results: &Results) {
    assert!(results.unexpected.is_empty(), "{:#?}", &results.unexpected[..results.unexpected.len().min(5)]);
    let (labels, events) = db
        .read("all", |tx| {
            let labels = tx.query("select label from jars", args![], |row| row.get::<String>(0))?;
            let events = tx.query("select payload from outbox", args![], |row| row.get::<String>(0))?;
            Ok((labels, events))
        })
        .await
        .unwrap();
    let stored: HashSet<String> = labels.iter().cloned().collect();
    assert_eq!(stored.len(), labels.len());
    let lost: Vec<_> = results.stored.difference(&stored).collect();
    assert!(lost.is_empty(), "confirmed and lost: {lost:?}");
    let refused: Vec<_> =
        stored.iter().filter(|label| !results.stored.contains(*label) && !results.unknown.contains(*label)).collect();
    assert!(refused.is_empty(), "refused and stored: {refused:?}");
    let expected: HashSet<String> = labels.iter().map(|label| format!(r#"{{"label":"{label}"}}"#)).collect();
    assert_eq!((events.len(), events.into_iter().collect::<HashSet<_>>()), (labels.len(), expected));
    println!("{} stored, {} unknown, {} refused", results.stored.len(), results.unknown.len(), results.refused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_or_restarted_under_load_loses_no_confirmed_job() {
    let Some(server) = server() else { return };
    let shop = Shop::at(server.space(), |settings| settings.writers = WRITERS).await;
    let load = Load::on(&shop.db);
    for round in 0..3 {
        load.goes_on().await;
        tokio::task::block_in_place(|| {
            if round % 2 == 0 {
                server.kill()
            } else {
                server.stop()
            }
            server.start();
        });
        load.goes_on().await;
    }
    assert!(shop.db.health().is_healthy());
    let results = load.end().await;
    let results = std::mem::take(&mut *results.lock());
    check(&shop.db, &results).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_under_load_lose_nothing_and_do_nothing_twice() {
    let Some(server) = server() else { return };
    let (space, proxy) = (server.space(), Proxy::before(server.port()));
    let through = proxy.url(space.url()).parse().unwrap();
    let shop = Shop::at(space, |settings| (settings.url, settings.writers) = (through, WRITERS)).await;
    let load = Load::on(&shop.db);
    for _ in 0..30 {
        load.stores(1).await;
        proxy.cut();
    }
    load.goes_on().await;
    proxy.refuse(true);
    proxy.cut();
    until("an operator sees that the database is away", || !shop.db.health().is_healthy()).await;
    proxy.refuse(false);
    load.goes_on().await;
    assert!(shop.db.health().is_healthy());
    let results = load.end().await;
    let results = std::mem::take(&mut *results.lock());
    check(&shop.db, &results).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_store_notices_that_its_database_is_back() {
    let Some(server) = server() else { return };
    let (space, proxy) = (server.space(), Proxy::before(server.port()));
    let through = proxy.url(space.url()).parse().unwrap();
    let shop = Shop::at(space, |settings| (settings.url, settings.writers) = (through, 1)).await;
    shop.add("before").await.unwrap();
    proxy.refuse(true);
    proxy.cut();
    let refused = shop.add("meanwhile").await;
    assert_eq!(code(refused), "C013", "it was retried for as long as the limits allow");
    proxy.refuse(false);
    until("the store is healthy again", || shop.db.health().is_healthy()).await;
    assert_eq!(shop.labels().await, ["before"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_for_a_silent_server_ends_when_its_connection_does() {
    let Some(server) = server() else { return };
    let (space, proxy) = (server.space(), Proxy::before(server.port()));
    let through = proxy.url(space.url()).parse().unwrap();
    let shop = Shop::at(space, |settings| (settings.url, settings.writers) = (through, 1)).await;
    shop.add("before").await.unwrap();
    proxy.stall(true);
    let waiting = tokio::spawn({
        let db = shop.db.clone();
        async move { db.write("add", |tx| add(tx, "stalled")).await }
    });
    until("the job waits for the server", || proxy.holds_back()).await;
    proxy.cut();
    proxy.stall(false);
    let outcome = waiting.await.unwrap();
    assert!(matches!(code(outcome), "ok" | "C018"));
    shop.add("after").await.unwrap();
}

/// Opens a database that cannot be reached.
fn away(url: &str) -> kernel::Result<Db> {
    Db::open(settings(&url.parse().unwrap(), hand()))
}

#[test]
fn a_database_that_cannot_be_reached_is_reported_at_once() {
    let space = Space::open();
    if space.kind() == Kind::Sqlite {
        return testdb::skip("SQLite has no address");
    }
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let scheme = space.url().split(':').next().unwrap();
    let refused = away(&format!("{scheme}://holdfast:geheim@127.0.0.1:{nowhere}/shop")).map(|_| ()).unwrap_err();
    assert_eq!((refused.code().code(), refused.detail()), ("C013", Some("the database cannot be reached")));
    assert!(!format!("{refused:?}").contains("geheim"));
    let wrong = space.url().replace("holdfast:", "nobody:");
    assert_eq!(code(away(&wrong).map(|_| ())), "C013");
}
