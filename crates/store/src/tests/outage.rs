//! A server that dies, connections that break: nothing acknowledged is lost, nothing is done twice, and it goes on by itself.

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
/// How long the shop may take to answer again once its database does.
const RECOVERS_WITHIN: Duration = Duration::from_secs(10);

/// A private server of the kind this run is about; none on SQLite, whose outages are its disk's and its process's.
fn server() -> Option<Server> {
    let kind = testdb::wanted();
    if kind == Kind::Sqlite {
        eprintln!("skipped: SQLite has no server that could go away");
        return None;
    }
    Server::private(kind).inspect_err(|missing| eprintln!("skipped: {missing}")).ok()
}

/// What callers were told while the database came and went.
#[derive(Default)]
struct Told {
    stored: HashSet<String>,
    unknown: HashSet<String>,
    refused: usize,
    strange: Vec<String>,
}

/// Callers that write until they are stopped.
struct Load {
    told: Arc<Mutex<Told>>,
    stop: Arc<AtomicBool>,
    callers: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn on(db: &Db) -> Load {
        let (told, stop) = (Arc::new(Mutex::new(Told::default())), Arc::new(AtomicBool::new(false)));
        let callers = (0..WRITERS).map(|caller| {
            let (db, told, stop) = (db.clone(), Arc::clone(&told), Arc::clone(&stop));
            tokio::spawn(async move {
                for n in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let label = format!("{caller}-{n}");
                    let wanted = label.clone();
                    let outcome = db.write("add", move |tx| add_loudly(tx, &wanted)).await;
                    let mut told = told.lock();
                    match outcome.map_err(|error| (error.code().code(), error)) {
                        Ok(()) => _ = told.stored.insert(label),
                        Err(("C018", _)) => _ = told.unknown.insert(label),
                        Err(("C013", _)) => told.refused += 1,
                        Err((_, error)) => told.strange.push(format!("{label}: {error:?}")),
                    }
                }
            })
        });
        Load { callers: callers.collect(), told, stop }
    }

    fn stored(&self) -> usize {
        self.told.lock().stored.len()
    }

    /// Waits until more was stored than now.
    async fn goes_on(&self) {
        let (before, began) = (self.stored(), Instant::now());
        while self.stored() < before + 2 * WRITERS {
            assert!(began.elapsed() < RECOVERS_WITHIN, "nothing is stored {RECOVERS_WITHIN:?} after the outage");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn end(self) -> Arc<Mutex<Told>> {
        self.stop.store(true, Ordering::SeqCst);
        for caller in self.callers {
            caller.await.unwrap();
        }
        self.told
    }
}

/// Everything acknowledged is there, once and with its fact; nothing is there that was refused.
async fn check(db: &Db, told: &Told) {
    assert!(told.strange.is_empty(), "{:#?}", &told.strange[..told.strange.len().min(5)]);
    let (labels, facts) = db
        .read("all", |tx| {
            let labels = tx.query("select label from jars", args![], |row| row.get::<String>(0))?;
            let facts = tx.query("select payload from outbox", args![], |row| row.get::<String>(0))?;
            Ok((labels, facts))
        })
        .await
        .unwrap();
    let stored: HashSet<String> = labels.iter().cloned().collect();
    assert_eq!(stored.len(), labels.len());
    let lost: Vec<_> = told.stored.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let unasked: Vec<_> =
        stored.iter().filter(|label| !told.stored.contains(*label) && !told.unknown.contains(*label)).collect();
    assert!(unasked.is_empty(), "refused and stored: {unasked:?}");
    let expected: HashSet<String> = labels.iter().map(|label| format!(r#"{{"label":"{label}"}}"#)).collect();
    assert_eq!((facts.len(), facts.into_iter().collect::<HashSet<_>>()), (labels.len(), expected));
    println!("{} stored, {} unknown, {} refused", told.stored.len(), told.unknown.len(), told.refused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_or_restarted_under_load_loses_nothing_acknowledged() {
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
    let told = load.end().await;
    let told = std::mem::take(&mut *told.lock());
    check(&shop.db, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_under_load_lose_nothing_and_do_nothing_twice() {
    let Some(server) = server() else { return };
    let (space, proxy) = (server.space(), Proxy::before(server.port()));
    let through = proxy.url(space.url()).parse().unwrap();
    let shop = Shop::at(space, |settings| (settings.url, settings.writers) = (through, WRITERS)).await;
    let load = Load::on(&shop.db);
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(40)).await;
        proxy.cut();
    }
    load.goes_on().await;
    proxy.refuse(true);
    proxy.cut();
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!shop.db.health().is_healthy(), "an operator sees that the database is away");
    proxy.refuse(false);
    load.goes_on().await;
    assert!(shop.db.health().is_healthy());
    let told = load.end().await;
    let told = std::mem::take(&mut *told.lock());
    check(&shop.db, &told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_shop_finds_out_by_itself_that_its_database_is_back() {
    let Some(server) = server() else { return };
    let (space, proxy) = (server.space(), Proxy::before(server.port()));
    let through = proxy.url(space.url()).parse().unwrap();
    let shop = Shop::at(space, |settings| (settings.url, settings.writers) = (through, 1)).await;
    shop.add("before").await.unwrap();
    proxy.refuse(true);
    proxy.cut();
    let refused = shop.add("meanwhile").await;
    assert_eq!(code(refused), "C013", "it was tried for as long as the limits allow");
    proxy.refuse(false);
    let began = Instant::now();
    while !shop.db.health().is_healthy() {
        assert!(began.elapsed() < RECOVERS_WITHIN);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(shop.labels().await, ["before"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_nothing_more_is_left_after_the_time_limit() {
    let Some(server) = server() else { return };
    let (space, proxy) = (server.space(), Proxy::before(server.port()));
    let through = proxy.url(space.url()).parse().unwrap();
    let change = |settings: &mut crate::Settings| {
        (settings.url, settings.writers, settings.statement_timeout) = (through, 1, Duration::from_secs(1));
    };
    let shop = Shop::at(space, change).await;
    shop.add("before").await.unwrap();
    proxy.stall(true);
    let waiting = tokio::spawn({
        let db = shop.db.clone();
        async move { db.write("add", |tx| add(tx, "stalled")).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    proxy.cut();
    proxy.stall(false);
    let outcome = waiting.await.unwrap();
    assert!(matches!(code(outcome), "ok" | "C018"));
    shop.add("after").await.unwrap();
}

/// Opens a database that is not there.
fn away(url: &str) -> kernel::Result<Db> {
    Db::open(settings(&url.parse().unwrap(), hand()))
}

#[test]
fn a_database_that_cannot_be_reached_is_said_at_once() {
    let space = Space::open();
    if space.kind() == Kind::Sqlite {
        eprintln!("skipped: SQLite has no address");
        return;
    }
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let scheme = space.url().split(':').next().unwrap();
    let refused = away(&format!("{scheme}://holdfast:geheim@127.0.0.1:{nowhere}/shop")).map(|_| ()).unwrap_err();
    assert_eq!((refused.code().code(), refused.detail()), ("C013", Some("the database cannot be reached")));
    assert!(!format!("{refused:?}").contains("geheim"));
    let wrong = space.url().replace("holdfast:", "nobody:");
    assert_eq!(code(away(&wrong).map(|_| ())), "C013");
}
