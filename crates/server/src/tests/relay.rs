use super::{Shop, shop};
use crate::background::Background;
use crate::leader::Leader;
use crate::relay::{Relay, subscribers};
use kernel::{Code, Event, Result};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use store::{Migration, Reaction, Tx, args};
use testdb::{Kind, wanted};
use tokio_util::sync::CancellationToken;
use web::{CacheKey, Invalidation, Module, StreamKey, StreamMessage, StreamSource, Task};

#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Rang {
    pub n: i64,
}
impl Event for Rang {
    const TOPIC: &'static str = "test.rang";
    fn key(&self) -> String {
        format!("bell-{}", self.n % 2)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Passed;
impl Event for Passed {
    const TOPIC: &'static str = "test.passed";
    fn key(&self) -> String {
        "street".to_owned()
    }
}

/// Nothing emits it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Never;
impl Event for Never {
    const TOPIC: &'static str = "test.never";
    fn key(&self) -> String {
        String::new()
    }
}

static BROKEN: AtomicBool = AtomicBool::new(false);

fn write_down(tx: &mut Tx<'_>, rang: &Rang) -> Result<()> {
    tx.exec("insert into noted (n) values (?)", args![rang.n])?;
    if rang.n == 213 && BROKEN.load(Ordering::SeqCst) {
        return Err(Code::Internal.error().caused_by("unlucky"));
    }
    Ok(())
}

pub(super) const MODULES: &[Module] = &[Module {
    migrations: &[Migration { name: "bells/0001", sql: "create table noted (id {id}, n bigint not null) {table};\n" }],
    reactions: || vec![Reaction::on::<Rang>("bells", write_down), Reaction::on::<Never>("idle", |_, _| Ok(()))],
    invalidates: || vec![Invalidation::on(|_: &Rang| vec![CacheKey::new("bell", 1)])],
    streams: || vec![StreamSource::on(|rang: &Rang| vec![StreamMessage::new(StreamKey::new("bell", 1), "rang", rang)])],
    tasks: |_| vec![Task::on_leader("bells.count-down", Duration::from_secs(1), count_down)],
    ..Module::named("bells")
}];

/// Removes one row above 1000 a run.
async fn count_down(app: web::App) -> Result<u64> {
    app.db
        .write("bells.count-down", |tx| {
            let one = tx.query_first("select n from noted where n > 1000 order by n limit 1", args![], |row| {
                row.get::<i64>(0)
            })?;
            one.map_or(Ok(0), |n| tx.exec("delete from noted where n = ?", args![n]))
        })
        .await
}

pub(super) async fn ring(shop: &Shop, numbers: impl IntoIterator<Item = i64>) {
    for n in numbers {
        shop.app.db.write("ring", move |tx| tx.emit(&Rang { n })).await.unwrap();
    }
}

async fn leading(shop: &Shop) -> Relay {
    let held = *Leader::stand(&shop.app.db).await.unwrap().held().borrow();
    let mut relay = Relay::open(&shop.app, Vec::new()).await.unwrap();
    relay.lead(held);
    relay
}

pub(super) async fn noted(shop: &Shop) -> Vec<i64> {
    let all = shop.app.db.read("noted", |tx| tx.query("select n from noted order by id", args![], |row| row.get(0)));
    all.await.unwrap()
}

pub(super) async fn position(shop: &Shop, consumer: &'static str) -> i64 {
    shop.app.db.read("position", move |tx| store::subscriber::position(tx, consumer)).await.unwrap().unwrap_or(0)
}

#[tokio::test]
async fn every_event_takes_effect_once_and_in_order() {
    let shop = shop(MODULES).await;
    let mut background = Background::open(&shop.app, Vec::new(), |_| Vec::new()).await.unwrap();
    ring(&shop, 1..=90).await;
    assert_eq!(background.relay().await.unwrap(), 90);
    assert_eq!(background.relay().await.unwrap(), 0);
    assert_eq!(noted(&shop).await, (1..=90).collect::<Vec<_>>());
    // a second relay over the same shop, as after a restart, has nothing left to do
    let mut again = Background::open(&shop.app, Vec::new(), |_| Vec::new()).await.unwrap();
    ring(&shop, [91]).await;
    again.relay().await.unwrap();
    assert!(!background.stand().await.unwrap(), "only one leads");
    background.relay().await.unwrap();
    assert_eq!(noted(&shop).await.len(), 91);
}

#[tokio::test]
async fn a_consumer_that_is_not_concerned_costs_no_write() {
    let shop = shop(MODULES).await;
    let mut relay = leading(&shop).await;
    ring(&shop, 1..=5).await;
    shop.app.db.write("pass", |tx| tx.emit(&Passed)).await.unwrap();
    relay.step().await.unwrap();
    assert_eq!((position(&shop, "bells").await, position(&shop, "idle").await), (6, 0));
    let before = shop.app.db.counts().jobs;
    shop.app.db.write("pass", |tx| tx.emit(&Passed)).await.unwrap();
    assert_eq!(relay.step().await.unwrap(), 1);
    // on a server an event also gets its sequence number
    let places = u64::from(wanted() != Kind::Sqlite);
    assert_eq!(shop.app.db.counts().jobs - before, 1 + places, "only the emission itself wrote");
    relay.upkeep().await.unwrap();
    assert_eq!((position(&shop, "bells").await, position(&shop, "idle").await), (7, 7));
}

#[tokio::test]
async fn a_poison_event_blocks_its_key_alone_and_is_tried_again() {
    let shop = shop(MODULES).await;
    BROKEN.store(true, Ordering::SeqCst);
    let mut background = Background::open(&shop.app, Vec::new(), |_| Vec::new()).await.unwrap();
    ring(&shop, [211, 212, 213, 214, 215]).await;
    background.settle().await.unwrap();
    assert_eq!(noted(&shop).await, [211, 212, 214], "213 fails, 215 waits behind it on its key");
    assert_eq!(background.progress().dead_letters(), 2);
    BROKEN.store(false, Ordering::SeqCst);
    background.settle().await.unwrap();
    assert_eq!(noted(&shop).await.len(), 3, "not due yet");
    shop.clock.advance(Duration::from_secs(60));
    background.settle().await.unwrap();
    assert_eq!(noted(&shop).await, [211, 212, 214, 213, 215], "in order per key");
    assert_eq!(background.progress().dead_letters(), 0);
}

#[tokio::test]
async fn settling_runs_tasks_until_they_find_nothing() {
    let shop = shop(MODULES).await;
    let mut background = Background::open(&shop.app, Vec::new(), |_| Vec::new()).await.unwrap();
    ring(&shop, [1, 1001, 1002, 1003]).await;
    background.settle().await.unwrap();
    assert_eq!(noted(&shop).await, [1]);
    assert_eq!(background.task_names(), ["bells.count-down"]);
    assert_eq!(background.run_task("bells.count-down").await.unwrap(), 0);
    assert!(background.run_task("no.such-task").await.is_err());
}

#[tokio::test]
async fn a_response_is_invalidated_by_the_event_that_says_so() {
    let shop = shop(MODULES).await;
    let mut background = Background::open(&shop.app, Vec::new(), |_| Vec::new()).await.unwrap();
    let page = |n: i32| shop.app.cache.get(CacheKey::new("bell", 1), move || async move { Ok(n) });
    let first = page(1).await.unwrap();
    assert_eq!(page(2).await.unwrap(), first);
    ring(&shop, [1]).await;
    background.relay().await.unwrap();
    assert_ne!(page(3).await.unwrap(), first);
}

#[tokio::test]
async fn a_running_relay_is_woken_by_commits_and_drains_before_it_ends() {
    let shop = shop(MODULES).await;
    let leader = Leader::stand(&shop.app.db).await.unwrap();
    let relay = Relay::open(&shop.app, Vec::new()).await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(relay.run(leader.held(), stop.clone()));
    ring(&shop, [1]).await;
    let woken = std::time::Instant::now();
    while noted(&shop).await.is_empty() {
        tokio::task::yield_now().await;
        assert!(woken.elapsed() < Duration::from_secs(5), "the relay was not woken");
    }
    ring(&shop, 2..=50).await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!(noted(&shop).await.len(), 50);
    assert_eq!((position(&shop, "bells").await, position(&shop, "idle").await), (50, 50));
}

#[test]
fn subscribers_are_listed_with_their_topics() {
    let twice = [(MODULES[0].reactions)(), (MODULES[0].reactions)()].concat();
    assert_eq!(subscribers(&twice), [("bells", vec!["test.rang"]), ("idle", vec!["test.never"])]);
}

/// `cargo test --release -p server what_an_event_costs -- --ignored --nocapture`: time per event of the real modules, with the
/// event of an order that invalidates responses and that has no reaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn what_an_event_costs() {
    const EVENTS: i64 = 200_000;
    let shop = shop(crate::assembly::MODULES).await;
    let mut background = Background::open(&shop.app, Vec::new(), |_| Vec::new()).await.unwrap();
    for start in (0..EVENTS).step_by(10_000) {
        let emit = move |tx: &mut Tx<'_>| {
            (start..start + 10_000).try_for_each(|n| {
                let reserved_quantities =
                    (0..3).map(|line| (kernel::ProductId::new((n * 7 + line) % 5_000 + 1), 2)).collect();
                tx.emit(&events::StockReserved {
                    order_number: format!("ORD-20260206-{n:08}").parse()?,
                    user_id: "0b1f2c3d-0000-4000-8000-000000000001".parse()?,
                    reserved_quantities,
                    reserved_at: tx.now(),
                })
            })
        };
        shop.app.db.write("emit", emit).await.unwrap();
    }
    let began = std::time::Instant::now();
    assert_eq!(background.relay().await.unwrap() as i64, EVENTS);
    let taken = began.elapsed();
    println!("{:.2} µs an event", taken.as_secs_f64() * 1e6 / EVENTS as f64);
}
