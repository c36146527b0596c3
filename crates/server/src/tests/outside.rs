//! Subscribers outside the shop: what they get when they are slow, fail, refuse an event or are killed.

use super::relay::{MODULES, Rang, noted, position, ring};
use super::{Shop, shop};
use crate::background::Background;
use crate::event_log::{EventLog, Settings};
use crate::leader::Leader;
use crate::relay::Relay;
use kernel::{Code, Event, Result};
use parking_lot::Mutex;
use std::{path::Path, sync::Arc, time::Duration};
use store::{StoredEvent, dead_letter};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use web::{
    CacheKey,
    outside::{Outside, Rejected, Runs},
};

/// Deliveries that a system takes at once.
const PERMITS: u32 = 100;

/// Another system, which does what the test says.
struct System {
    runs: Runs,
    /// Deliveries that may go through.
    permits: Semaphore,
    delivered: Mutex<Vec<i64>>,
    down: Mutex<bool>,
    rejects: Mutex<Option<i64>>,
}

impl System {
    fn new(runs: Runs) -> Arc<System> {
        let permits = Semaphore::new(PERMITS as usize);
        Arc::new(System {
            runs,
            permits,
            delivered: Mutex::default(),
            down: Mutex::default(),
            rejects: Mutex::default(),
        })
    }

    fn delivered(&self) -> Vec<i64> {
        self.delivered.lock().clone()
    }
}

#[async_trait::async_trait]
impl Outside for System {
    fn name(&self) -> &'static str {
        "system"
    }

    fn wants(&self, topic: &str) -> bool {
        topic == Rang::TOPIC
    }

    fn runs(&self) -> Runs {
        self.runs
    }

    async fn deliver(&self, batch: &[StoredEvent]) -> Result<Vec<Rejected>> {
        let _permit = self.permits.acquire().await;
        if *self.down.lock() {
            return Err(Code::Unavailable.because("down"));
        }
        let rejects = *self.rejects.lock();
        let numbers = batch.iter().map(|event| Ok((event.id, event.read::<Rang>()?.n))).collect::<Result<Vec<_>>>()?;
        let (refused, taken): (Vec<_>, Vec<_>) = numbers.into_iter().partition(|(_, n)| Some(*n) == rejects);
        self.delivered.lock().extend(taken.into_iter().map(|(_, n)| n));
        Ok(refused.into_iter().map(|(id, _)| Rejected { id, error: Code::InvalidInput.because("refused") }).collect())
    }
}

async fn background(shop: &Shop, outside: Arc<dyn Outside>) -> Background {
    Background::open(&shop.app, vec![outside], |_| Vec::new()).await.unwrap()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = std::time::Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_slow_system_delays_no_other_subscriber() {
    let shop = shop(MODULES).await;
    let system = System::new(Runs::InLeader);
    let held = system.permits.acquire_many(PERMITS).await.unwrap();
    let leader = Leader::stand(&shop.app.db).await.unwrap();
    let relay = Relay::open(&shop.app, vec![system.clone()]).await.unwrap();
    let progress = relay.progress();
    let stop = CancellationToken::new();
    let running = tokio::spawn(relay.run(leader.held(), stop.clone()));
    ring(&shop, 1..=20).await;
    until("reactions wait for the system", async || noted(&shop).await.len() == 20).await;
    assert!(system.delivered().is_empty());
    assert!(progress.removable() < 20, "the outbox waits for the system");
    drop(held);
    stop.cancel();
    running.await.unwrap();
    assert_eq!(system.delivered(), (1..=20).collect::<Vec<_>>());
    assert_eq!(position(&shop, "system").await, 20);
}

#[tokio::test]
async fn a_system_that_is_down_gets_everything_later_and_the_shop_stays_ready() {
    let shop = shop(MODULES).await;
    let system = System::new(Runs::InLeader);
    let mut background = background(&shop, system.clone()).await;
    *system.down.lock() = true;
    ring(&shop, 1..=3).await;
    background.settle().await.unwrap();
    shop.clock.advance(Duration::from_secs(600));
    let progress = background.progress();
    assert_eq!((noted(&shop).await.len(), progress.behind(shop.app.now())), (3, Duration::ZERO));
    assert_eq!(position(&shop, "system").await, 0);
    *system.down.lock() = false;
    background.settle().await.unwrap();
    assert_eq!((system.delivered(), position(&shop, "system").await), (vec![1, 2, 3], 3));
}

#[tokio::test]
async fn an_event_that_a_system_refuses_becomes_a_dead_letter_with_those_behind_it() {
    let shop = shop(MODULES).await;
    let system = System::new(Runs::InLeader);
    let mut background = background(&shop, system.clone()).await;
    *system.rejects.lock() = Some(11);
    ring(&shop, [11, 12]).await;
    background.settle().await.unwrap();
    ring(&shop, [13, 14]).await;
    background.settle().await.unwrap();
    assert_eq!(system.delivered(), [12, 14], "13 waits behind 11 on its key");
    assert_eq!(background.progress().dead_letters(), 2);
    *system.rejects.lock() = None;
    shop.clock.advance(Duration::from_secs(60));
    background.settle().await.unwrap();
    assert_eq!(system.delivered(), [12, 14, 11, 13]);
    let left = shop.app.db.read("left", |tx| dead_letter::count(tx, "system")).await.unwrap();
    assert_eq!((left, background.progress().dead_letters()), (0, 0));
}

#[tokio::test]
async fn a_system_of_every_instance_begins_with_what_happens_from_now_on() {
    let shop = shop(MODULES).await;
    ring(&shop, [1]).await;
    background(&shop, System::new(Runs::InLeader)).await.settle().await.unwrap();
    let system = System::new(Runs::Everywhere);
    let mut follower = background(&shop, system.clone()).await;
    let mut leader = background(&shop, System::new(Runs::InLeader)).await;
    assert!(!follower.stand().await.unwrap(), "the other one leads now");
    ring(&shop, [2]).await;
    leader.settle().await.unwrap();
    follower.relay().await.unwrap();
    assert_eq!(system.delivered(), [2]);
}

fn log(path: &Path) -> Arc<EventLog> {
    Arc::new(EventLog::new(Settings { file: path.to_owned(), max_bytes: u64::MAX, keep: 1 }))
}

fn numbers(path: &Path) -> Vec<i64> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["payload"]["n"].as_i64();
    text.lines().filter_map(number).collect()
}

#[tokio::test]
async fn the_event_log_has_every_event_once_although_the_process_died_before_the_position_was_stored() {
    let shop = shop(MODULES).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let mut first = background(&shop, log(&path)).await;
    ring(&shop, 1..=3).await;
    first.relay().await.unwrap(); // positions are stored by the upkeep, which does not come
    assert_eq!((numbers(&path), position(&shop, "event-log").await), (vec![1, 2, 3], 0));
    drop(first);
    let mut second = background(&shop, log(&path)).await;
    ring(&shop, 4..=5).await;
    second.settle().await.unwrap();
    assert_eq!((numbers(&path), position(&shop, "event-log").await), (vec![1, 2, 3, 4, 5], 5));
}

#[tokio::test]
async fn a_full_disk_stops_the_event_log_alone() {
    let shop = shop(MODULES).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later").join("events.ndjson");
    let mut background = background(&shop, log(&path)).await;
    ring(&shop, 1..=3).await;
    background.settle().await.unwrap();
    assert_eq!(noted(&shop).await.len(), 3);
    std::fs::create_dir(folder.path().join("later")).unwrap();
    background.settle().await.unwrap();
    assert_eq!(numbers(&path), [1, 2, 3]);
}

#[tokio::test]
async fn a_response_after_a_commit_never_shows_the_state_before_it() {
    let shop = shop(MODULES).await;
    for n in 1..=50 {
        let before = shop.app.cache.get(CacheKey::new("bell", 1), || async { Ok(2 * n) }).await.unwrap();
        ring(&shop, [n]).await;
        let after = shop.app.cache.get(CacheKey::new("bell", 1), || async { Ok(2 * n + 1) }).await.unwrap();
        assert_ne!(before, after, "no relay has run");
    }
}
