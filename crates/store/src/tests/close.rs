//! Closing a database, and the length of its log.

use super::shop::*;
use crate::{Db, args};
use std::time::{Duration, Instant};

#[tokio::test]
async fn closing_finishes_the_queued_jobs_and_takes_no_more() {
    let shop = Shop::with(|settings| (settings.readers, settings.writers) = (3, 1)).await;
    let held = shop.writer_held().await;
    let waiting: Vec<_> = (0..20)
        .map(|n| {
            let db = shop.db.clone();
            tokio::spawn(async move { db.write("add", move |tx| add(tx, &format!("jar{n}"))).await })
        })
        .collect();
    while shop.db.waiting() < 20 {
        tokio::task::yield_now().await;
    }
    let closing = tokio::spawn({
        let db = shop.db.clone();
        async move { db.close().await }
    });
    while code(shop.db.read("any", |_| Ok(())).await) == "ok" {
        tokio::task::yield_now().await;
    }
    assert_eq!(code(shop.add("late").await), "C013");
    drop(held);
    closing.await.unwrap();
    for job in waiting {
        job.await.unwrap().unwrap();
    }
    shop.db.close().await;
    let log = shop.space.folder().join("shop.db-wal");
    assert_eq!(std::fs::metadata(log).map_or(0, |log| log.len()), 0, "everything is in the database file");
    let again = shop.another();
    assert_eq!(again.read("count", |tx| tx.query_one(COUNT, args![], |row| row.get::<i64>(0))).await.unwrap(), 20);
}

#[tokio::test]
async fn dropping_the_last_clone_finishes_the_queued_jobs() {
    let shop = Shop::with(|settings| settings.writers = 1).await;
    let held = shop.writer_held().await;
    let waiting: Vec<_> = (0..5)
        .map(|n| {
            let db = shop.db.clone();
            tokio::spawn(async move { db.write("add", move |tx| add(tx, &format!("jar{n}"))).await })
        })
        .collect();
    while shop.db.waiting() < 5 {
        tokio::task::yield_now().await;
    }
    let Shop { db, space: _space, .. } = shop;
    drop(db);
    drop(held);
    for job in waiting {
        job.await.unwrap().unwrap();
    }
}

const SCRIBBLE: &str = "update pads set text = ? where id = ?";

/// Writes a megabyte into the log.
async fn scribble(db: &Db, pad: i64, n: u8) {
    let text = char::from(b'a' + n % 26).to_string().repeat(1 << 20);
    db.write("scribble", move |tx| tx.exec(SCRIBBLE, args![text, pad])).await.unwrap();
}

async fn shop_with_pads() -> Shop {
    let shop = Shop::with(|settings| settings.readers = 2).await;
    let made = shop.db.write("pad", |tx| {
        tx.exec("create table pads (id {id}, text {text}) {table}", args![])?;
        tx.exec("insert into pads (text) values ('blank'), ('blank'), ('blank'), ('blank')", args![])
    });
    made.await.unwrap();
    shop
}

#[tokio::test]
async fn the_log_is_restarted_before_it_grows_too_large() {
    if !embedded("a log that we copy") {
        return;
    }
    let shop = shop_with_pads().await;
    // several at once, so that the log always has pages that are not copied yet
    let writers: Vec<_> = (1..=4)
        .map(|pad| {
            let db = shop.db.clone();
            tokio::spawn(async move {
                for n in 0..100 {
                    scribble(&db, pad, n).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let log = std::fs::metadata(shop.space.folder().join("shop.db-wal")).unwrap().len();
    assert!(log < 300 << 20, "the log has {log} bytes after 400 MiB were written");
}

#[tokio::test]
async fn a_long_reader_does_not_block_the_writer() {
    if !embedded("a log that we copy") {
        return;
    }
    let shop = shop_with_pads().await;
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = parking_lot::Mutex::new(released);
    let reading = tokio::spawn({
        let db = shop.db.clone();
        async move {
            db.read("long", move |tx| {
                let before: i64 = tx.query_one(COUNT, args![], |row| row.get(0))?;
                let _ = released.lock().recv();
                Ok((before, tx.query_one(COUNT, args![], |row| row.get::<i64>(0))?))
            })
            .await
        }
    });
    shop.add("one").await.unwrap();
    let mut slowest = Duration::ZERO;
    for n in 0..120 {
        let started = Instant::now();
        scribble(&shop.db, 1, n).await;
        slowest = slowest.max(started.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "one write took {slowest:?}");
    drop(release);
    let (before, after) = reading.await.unwrap().unwrap();
    assert_eq!(before, after);
}
