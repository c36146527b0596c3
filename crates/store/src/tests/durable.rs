//! Jobs are answered when what they did, or saw, is on disk.

use super::shop::*;
use crate::{Db, Durability, Health};
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};
use tokio::task::JoinHandle;

async fn durable_shop() -> Shop {
    Shop::with(|settings| settings.durability = Durability::Full).await
}

/// Keeps every sync from beginning until the sender is dropped, and counts those that want to begin.
fn syncs_held(db: &Db) -> (mpsc::Sender<()>, Arc<AtomicU32>) {
    let (release, released) = mpsc::channel();
    let wanted = Arc::new(AtomicU32::new(0));
    let (released, counter) = (Mutex::new(released), Arc::clone(&wanted));
    db.before_sync(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        let _ = released.lock().recv();
        Ok(())
    });
    (release, wanted)
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn adding(db: &Db, label: impl Into<String>) -> JoinHandle<kernel::Result<i64>> {
    let (db, label) = (db.clone(), label.into());
    tokio::spawn(async move { db.write("add", move |tx| add(tx, &label)).await })
}

fn counting(db: &Db) -> JoinHandle<kernel::Result<i64>> {
    let db = db.clone();
    tokio::spawn(async move { db.read("count", |tx| tx.query_one(COUNT, crate::args![], |row| row.get(0))).await })
}

/// Another connection to the same file, to see what is committed whatever is on disk.
fn committed(shop: &Shop) -> i64 {
    let path = shop.db.url().file().unwrap().to_owned();
    rusqlite::Connection::open(path).unwrap().query_row(COUNT, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_caller_learns_what_is_not_on_disk() {
    if !embedded("a log that the program syncs") {
        return;
    }
    let shop = durable_shop().await;
    let (release, wanted) = syncs_held(&shop.db);
    let writing = adding(&shop.db, "first");
    until(|| wanted.load(Ordering::SeqCst) == 1).await;
    assert_eq!(committed(&shop), 1, "it is committed");
    let reading = counting(&shop.db);
    let refused = adding(&shop.db, "first");
    let more: Vec<_> = (0..5).map(|n| adding(&shop.db, format!("more{n}"))).collect();
    until(|| committed(&shop) == 6).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!writing.is_finished(), "a write is answered when it is on disk");
    assert!(!reading.is_finished(), "a read as well, when what it saw is");
    assert!(!refused.is_finished(), "and so is a refusal: its reason is not on disk");
    assert!(more.iter().all(|job| !job.is_finished()), "the next jobs run meanwhile, and are not answered");
    drop(release);
    writing.await.unwrap().unwrap();
    assert!(reading.await.unwrap().unwrap() >= 1);
    assert_eq!(code(refused.await.unwrap()), "C019");
    for job in more {
        job.await.unwrap().unwrap();
    }
    // the last commit may have been seen just before it was handed over
    assert!((2..=3).contains(&wanted.load(Ordering::SeqCst)), "one sync stores all that was committed during another");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_fails_leaves_its_commit_unknown_and_stops_all_writing_until_everything_is_in_the_file() {
    if !embedded("a log that the program syncs") {
        return;
    }
    let shop = durable_shop().await;
    shop.add("before").await.unwrap();
    let failing = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&failing);
    shop.db.before_sync(move || if fails.load(Ordering::SeqCst) { Err(io::Error::other("broken")) } else { Ok(()) });
    // a reader of this state keeps the log from being emptied
    let path = shop.db.url().file().unwrap().to_owned();
    let reader = rusqlite::Connection::open(path).unwrap();
    reader.execute_batch("begin").unwrap();
    let _: i64 = reader.query_row(COUNT, [], |row| row.get(0)).unwrap();
    assert_eq!(code(shop.add("unknown").await), "C018");
    assert!(matches!(shop.db.health(), Health::Failing(_)), "{:?}", shop.db.health());
    failing.store(false, Ordering::SeqCst);
    assert_eq!(code(shop.add("refused").await), "C013", "the log may have a gap, so nothing may follow");
    assert_eq!(shop.count().await, 2, "reading goes on");
    reader.execute_batch("rollback").unwrap();
    shop.add("after").await.unwrap();
    assert_eq!(shop.db.health(), Health::Good);
    assert_eq!(shop.labels().await, ["before", "unknown", "after"]);
}

/// The file and its log as they were at the last sync, as a power cut leaves them at worst.
#[derive(Default)]
struct Disk {
    file: Vec<u8>,
    log: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_survives_a_power_cut() {
    if !embedded("a log that the program syncs") {
        return;
    }
    let shop = durable_shop().await;
    let path = shop.db.url().file().unwrap().to_owned();
    let log = path.with_file_name(format!("{}-wal", path.file_name().unwrap().to_str().unwrap()));
    let disk = Arc::new(Mutex::new(Disk::default()));
    let (synced, from) = (Arc::clone(&disk), (path.clone(), log.clone()));
    // the system may write more than it must, but never less: what is in the file now is what this sync stores
    shop.db.before_sync(move || {
        *synced.lock() = Disk { file: fs::read(&from.0)?, log: fs::read(&from.1)? };
        Ok(())
    });
    for cut in 0..10 {
        let writers: Vec<_> = (0..40).map(|n| adding(&shop.db, format!("{cut}-{n}"))).collect();
        let mut confirmed = HashSet::new();
        for (n, writer) in writers.into_iter().enumerate() {
            writer.await.unwrap().unwrap();
            confirmed.insert(format!("{cut}-{n}"));
            if n % 13 == 0 {
                let seen: HashSet<_> = shop.labels().await.into_iter().collect();
                let folder = tempfile::tempdir().unwrap();
                let copy = folder.path().join("shop.db");
                {
                    let disk = disk.lock();
                    fs::write(&copy, &disk.file).unwrap();
                    fs::write(folder.path().join("shop.db-wal"), &disk.log).unwrap();
                }
                let left = rusqlite::Connection::open(&copy).unwrap();
                let mut labels = left.prepare("select label from jars").unwrap();
                let left: HashSet<String> =
                    labels.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
                assert!(left.is_superset(&confirmed), "lost: {:?}", confirmed.difference(&left));
                assert!(left.is_superset(&seen), "seen and lost: {:?}", seen.difference(&left));
            }
        }
    }
}
