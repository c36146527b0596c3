//! What an instance asks of its database while nothing happens, and how soon it learns what another instance did.

use super::relay::{MODULES, Rang};
use super::{ports, running::get};
use crate::background::{Background, Running};
use crate::config::Config;
use crate::relay::Progress;
use crate::{Listeners, Server, assemble, assembly};
use ::ports::SystemClock;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use store::{Db, args};
use testdb::{Kind, Proxy, Space, wanted};

/// After the start the pauses of the tasks grow for so long.
const CALM_AFTER: Duration = Duration::from_secs(15);
const COUNTED_FOR: Duration = Duration::from_secs(10);
/// Statements a second, with those that begin and end transactions.
const STATEMENTS_MAX: f64 = 1.0;

/// A database that other instances may use, too.
fn shared(url: &str) -> Db {
    let url = url.parse().expect("the address of a database");
    Db::open(store::Settings {
        shared: wanted() != Kind::Sqlite,
        ..store::Settings::throwaway(url, Arc::new(SystemClock))
    })
    .expect("it can be opened")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_instance_runs_at_most_one_statement_a_second() {
    let space = Space::open();
    let proxy = (wanted() != Kind::Sqlite).then(|| Proxy::counting_before(wanted(), space.url()));
    let url = proxy.as_ref().map_or_else(|| space.url().to_owned(), |proxy| proxy.url(space.url()));
    let db = shared(&url);
    db.migrate(assembly::migrations()).await.unwrap();
    let options = [("server.listen", "127.0.0.1:0"), ("search.folder", ""), ("media.folder", "")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let settings = Config::of(None, [], &options).unwrap().settings;
    let listeners = Listeners::bind(&settings).unwrap();
    let assembly = assemble(&settings, db.clone(), ports()).await.unwrap();
    let server = Server::start(&settings, listeners, assembly).await.unwrap();
    assert!(get(server.address, "/readyz").await.starts_with("HTTP/1.1 200"));

    tokio::time::sleep(CALM_AFTER).await;
    let statements = || proxy.as_ref().map_or_else(|| db.counts().statements, Proxy::statements);
    let (before, began) = (statements(), Instant::now());
    tokio::time::sleep(COUNTED_FOR).await;
    let (count, seconds) = (statements() - before, began.elapsed().as_secs_f64());
    println!("{count} statements in {seconds:.1} s");
    assert!(count > 0, "the lease is renewed");
    assert!(count as f64 / seconds <= STATEMENTS_MAX, "{count} statements in {seconds:.1} s");
    assert!(server.stop().await);
}

/// An instance that runs, with its own connections.
struct Instance {
    db: Db,
    progress: Arc<Progress>,
    running: Running,
}

impl Instance {
    async fn start(url: &str) -> Instance {
        let db = shared(url);
        let mut parts = assembly::parts(&Config::defaults().settings, db.clone(), ports()).unwrap();
        parts.modules = MODULES.into();
        (parts.cache, parts.streams) = (web::ResponseCache::of(MODULES), web::Streams::of(MODULES));
        let background = Background::open(&web::App::from(parts), Vec::new(), |_| Vec::new()).await.unwrap();
        let progress = background.progress();
        Instance { db, progress, running: background.spawn() }
    }

    /// How long after a commit here the other instance has read its event.
    async fn until_read_by(&self, other: &Instance, n: i64) -> Duration {
        let before = other.progress.events.load(Relaxed);
        self.db.write("ring", move |tx| tx.emit(&Rang { n })).await.unwrap();
        let committed = Instant::now();
        while other.progress.events.load(Relaxed) == before {
            assert!(committed.elapsed() < Duration::from_secs(20), "the other instance never reads it");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        committed.elapsed()
    }

    async fn stop(self) {
        self.running.stop().await;
        self.db.close().await;
    }
}

async fn two_instances(space: &Space) -> (Instance, Instance) {
    let db = shared(space.url());
    let migrations = store::MIGRATIONS.iter().chain(MODULES[0].migrations).copied().collect();
    db.migrate(migrations).await.unwrap();
    db.close().await;
    let first = Instance::start(space.url()).await;
    let second = Instance::start(space.url()).await;
    assert!(first.progress.leads.load(Relaxed) && !second.progress.leads.load(Relaxed));
    (first, second)
}

/// The median time of deliveries from the leader to the follower and back, each after a rest.
async fn delays(leader: &Instance, follower: &Instance, from: i64, rest: Duration) -> (Duration, Duration) {
    let (mut down, mut up) = (Vec::new(), Vec::new());
    for n in from..from + 5 {
        tokio::time::sleep(rest).await;
        down.push(leader.until_read_by(follower, n).await);
        tokio::time::sleep(rest).await;
        up.push(follower.until_read_by(leader, n).await);
    }
    [&mut down, &mut up].into_iter().for_each(|times| times.sort());
    println!("to the follower {down:?}, to the leader {up:?}");
    (down[2], up[2])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_another_instance_arrives_soon_in_an_idle_shop_and_at_once_in_a_busy_one() {
    if wanted() == Kind::Sqlite {
        return testdb::skip("a SQLite file has one instance");
    }
    let space = Space::open();
    let (leader, follower) = two_instances(&space).await;
    let busy = delays(&leader, &follower, 0, Duration::from_millis(10)).await;
    assert!(busy.0.max(busy.1) < Duration::from_millis(200), "{busy:?}");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let idle = delays(&leader, &follower, 10, Duration::from_millis(300)).await;
    let limit = if wanted() == Kind::Postgres { Duration::from_millis(100) } else { store::lease::RENEW_EVERY * 2 };
    assert!(idle.0.max(idle.1) < limit, "{idle:?}");
    follower.stop().await;
    leader.stop().await;
}

async fn number(db: &Db, sql: &'static str) -> i64 {
    db.write("number", move |tx| tx.query_one(sql, args![], |row| row.get(0))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_still_arrive_after_the_connection_for_notifications_was_killed() {
    if wanted() != Kind::Postgres {
        return testdb::skip("only PostgreSQL has notifications");
    }
    const CONNECTED: &str = "select count(*) from pg_stat_activity
        where application_name = 'holdfast notices' and datname = current_database()";
    const KILL: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where application_name = 'holdfast notices' and datname = current_database()";
    // on a server of its own, because other tests must keep their connections
    let server = testdb::Server::private(Kind::Postgres).expect("the named server is installed");
    let space = server.space();
    let (leader, follower) = two_instances(&space).await;
    for round in 0..3 {
        leader.until_read_by(&follower, round).await;
        let began = Instant::now();
        while number(&leader.db, CONNECTED).await < 2 {
            assert!(began.elapsed() < Duration::from_secs(10), "both instances have such a connection again");
        }
        assert!(number(&leader.db, KILL).await >= 2);
        // the instances look by themselves while they connect again
        let (down, up) = (leader.until_read_by(&follower, round).await, follower.until_read_by(&leader, round).await);
        let limit = store::lease::RENEW_EVERY * 2;
        assert!(down.max(up) < limit, "{down:?} {up:?}");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = delays(&leader, &follower, 10, Duration::from_millis(300)).await;
    assert!(after.0.max(after.1) < Duration::from_millis(100), "notifications arrive again: {after:?}");
    follower.stop().await;
    leader.stop().await;
}
