//! Group commit.

use super::shop::*;
use crate::{Health, args};
use kernel::Code;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

#[tokio::test]
async fn jobs_that_wait_together_share_one_commit() {
    if !embedded("group commit") {
        return;
    }
    let shop = Shop::open().await;
    let before = shop.db.counts();
    let held = shop.writer_held().await;
    let waiting: Vec<_> = (0..100)
        .map(|n| {
            let db = shop.db.clone();
            tokio::spawn(async move { db.write("add", move |tx| add(tx, &format!("jar{n}"))).await })
        })
        .collect();
    while shop.db.waiting() < 100 {
        tokio::task::yield_now().await;
    }
    drop(held);
    for job in waiting {
        job.await.unwrap().unwrap();
    }
    let after = shop.db.counts();
    assert_eq!(after.jobs - before.jobs, 101);
    let commits = after.commits - before.commits;
    assert!(commits <= 3, "{commits} commits for 100 waiting jobs");
    assert_eq!(shop.count().await, 100);
}

#[tokio::test]
async fn a_job_that_fails_or_panics_rolls_back_alone() {
    let shop = Shop::with(|settings| settings.writers = 1).await;
    let held = shop.writer_held().await;
    let db = shop.db.clone();
    let good = |label: &'static str| {
        let db = db.clone();
        tokio::spawn(async move { db.write("good", move |tx| add(tx, label)).await })
    };
    let first = good("first");
    while shop.db.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    let fails = tokio::spawn({
        let db = db.clone();
        async move {
            db.write("fails", |tx| {
                add_loudly(tx, "never-1")?;
                Err::<(), _>(refused())
            })
            .await
        }
    });
    let panics = tokio::spawn({
        let db = db.clone();
        async move {
            db.write("panics", |tx| {
                add_loudly(tx, "never-2")?;
                if tx.now().as_millis() > 0 {
                    panic!("on purpose");
                }
                Ok(())
            })
            .await
        }
    });
    while shop.db.waiting() < 3 {
        tokio::task::yield_now().await;
    }
    let last = good("last");
    while shop.db.waiting() < 4 {
        tokio::task::yield_now().await;
    }
    drop(held);
    first.await.unwrap().unwrap();
    assert_eq!(code(fails.await.unwrap()), "C002");
    assert_eq!(code(panics.await.unwrap()), "C001");
    last.await.unwrap().unwrap();
    assert_eq!(shop.labels().await, ["first", "last"]);
    assert!(shop.all_events().await.is_empty(), "events of failed jobs are not stored");
    assert!(shop.db.health().is_healthy());
}

/// Runs three jobs in one batch, of which the second one fails, and says how often the first one ran.
async fn runs_beside_a_failure(
    shop: &Shop,
    [label, name]: [&'static str; 2],
    fails: fn(&mut crate::Tx<'_>) -> kernel::Result<()>,
) -> u32 {
    let runs = Arc::new(AtomicU32::new(0));
    let held = shop.writer_held().await;
    let (db, counter) = (shop.db.clone(), Arc::clone(&runs));
    let first = tokio::spawn(async move {
        db.write("first", move |tx| {
            let run = counter.fetch_add(1, Ordering::SeqCst);
            add_loudly(tx, &format!("{label} {run}"))
        })
        .await
    });
    while shop.db.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    let db = shop.db.clone();
    let failing = tokio::spawn(async move { db.write(name, fails).await });
    while shop.db.waiting() < 2 {
        tokio::task::yield_now().await;
    }
    let db = shop.db.clone();
    let last = tokio::spawn(async move { db.write("last", move |tx| add_loudly(tx, &format!("{label} last"))).await });
    while shop.db.waiting() < 3 {
        tokio::task::yield_now().await;
    }
    drop(held);
    first.await.unwrap().unwrap();
    assert!(failing.await.unwrap().is_err());
    last.await.unwrap().unwrap();
    runs.load(Ordering::SeqCst)
}

#[tokio::test]
async fn jobs_run_again_only_when_one_of_their_batch_failed_after_a_change() {
    if !embedded("group commit") {
        return;
    }
    let shop = Shop::open().await;
    let early: fn(&mut crate::Tx<'_>) -> kernel::Result<()> = |tx| {
        assert_eq!(tx.exec("update jars set beans = beans - 9 where beans >= 9", args![])?, 0);
        tx.query(COUNT, args![], |row| row.get::<i64>(0))?;
        Err(refused())
    };
    assert_eq!(runs_beside_a_failure(&shop, ["early", "early"], early).await, 1, "it has changed nothing");
    let late: fn(&mut crate::Tx<'_>) -> kernel::Result<()> = |tx| {
        add_loudly(tx, "never")?;
        Err(refused())
    };
    assert_eq!(runs_beside_a_failure(&shop, ["late", "late"], late).await, 2);
    assert_eq!(runs_beside_a_failure(&shop, ["later", "late"], late).await, 1, "it has a savepoint now");
    let table: fn(&mut crate::Tx<'_>) -> kernel::Result<()> = |tx| {
        tx.exec("create table lids (id {id}) {table}", args![])?;
        Err(refused())
    };
    assert_eq!(runs_beside_a_failure(&shop, ["table", "table"], table).await, 2, "a table is a change");
    let made = shop.db.write("looks", |tx| tx.query("select id from lids", args![], |row| row.get::<i64>(0)));
    assert!(made.await.is_err(), "there is no such table");
    let panics: fn(&mut crate::Tx<'_>) -> kernel::Result<()> = |tx| {
        add_loudly(tx, "never")?;
        panic!("on purpose")
    };
    assert_eq!(runs_beside_a_failure(&shop, ["panics", "panics"], panics).await, 2);
    let labels = shop.labels().await;
    let once = [
        "early 0",
        "early last",
        "late 1",
        "late last",
        "later 0",
        "later last",
        "table 1",
        "table last",
        "panics 1",
        "panics last",
    ];
    assert_eq!(labels, once);
    let events: Vec<_> = shop.all_events().await.iter().map(|event| event.payload.to_string()).collect();
    let reported: Vec<_> = labels.iter().map(|label| format!(r#"{{"label":"{label}"}}"#)).collect();
    assert_eq!(events, reported, "the events of what is stored, each once");
}

#[tokio::test]
async fn no_caller_gets_a_result_before_the_commit() {
    if !embedded("group commit") {
        return;
    }
    let shop = Shop::open().await;
    let has_result = Arc::new(AtomicBool::new(false));
    let held = shop.writer_held().await;
    let early = tokio::spawn({
        let (db, has_result) = (shop.db.clone(), Arc::clone(&has_result));
        async move {
            let outcome = db.write("early", |tx| add(tx, "early")).await;
            has_result.store(true, Ordering::SeqCst);
            outcome
        }
    });
    while shop.db.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    // runs next in the same batch, while nothing is committed yet
    let (seen, seeing) = std::sync::mpsc::channel();
    let seen = parking_lot::Mutex::new(seen);
    let looks = tokio::spawn({
        let (db, has_result) = (shop.db.clone(), Arc::clone(&has_result));
        async move {
            db.write("looks", move |tx| {
                std::thread::sleep(std::time::Duration::from_millis(5));
                let inside = tx.query_one(COUNT, args![], |row| row.get::<i64>(0))?;
                let _ = seen.lock().send((inside, has_result.load(Ordering::SeqCst)));
                Ok(())
            })
            .await
        }
    });
    while shop.db.waiting() < 2 {
        tokio::task::yield_now().await;
    }
    drop(held);
    looks.await.unwrap().unwrap();
    early.await.unwrap().unwrap();
    assert_eq!(seeing.recv().unwrap(), (1, false), "stored in the transaction, and the caller has no result yet");
}

#[tokio::test]
async fn a_full_queue_refuses_a_job_and_says_when_to_retry() {
    let shop = Shop::with(|settings| (settings.queue, settings.writers) = (2, 1)).await;
    let held = shop.writer_held().await;
    let waiting: Vec<_> = (0..2)
        .map(|n| {
            let db = shop.db.clone();
            tokio::spawn(async move { db.write("add", move |tx| add(tx, &format!("jar{n}"))).await })
        })
        .collect();
    while shop.db.waiting() < 2 {
        tokio::task::yield_now().await;
    }
    let refused = shop.add("one too many").await.unwrap_err();
    assert_eq!((refused.code().code(), refused.code().status(), refused.retry_after_s()), ("C013", 503, Some(1)));
    drop(held);
    for job in waiting {
        job.await.unwrap().unwrap();
    }
    assert_eq!(shop.count().await, 2);
}

#[tokio::test]
async fn after_a_failed_commit_the_outcome_of_its_jobs_is_unknown() {
    if !embedded("group commit") {
        return;
    }
    let shop = Shop::open().await;
    shop.db
        .write("tables", |tx| {
            tx.exec(
                "create table lids (id {id}, jar bigint references jars (id) deferrable initially deferred) {table}",
                args![],
            )
        })
        .await
        .unwrap();
    // SQLite checks a deferred key only when it commits
    let orphan = |tx: &mut crate::Tx<'_>| tx.insert("insert into lids (jar) values (?)", args![404_i64]);
    let held = shop.writer_held().await;
    let (a, b, c) = (shop.db.clone(), shop.db.clone(), shop.db.clone());
    let succeeds = tokio::spawn(async move { a.write("succeeds", |tx| add(tx, "good")).await });
    let breaks = tokio::spawn(async move { b.write("breaks", orphan).await });
    let fails = tokio::spawn(async move { c.write("fails", |_| Err::<(), _>(refused())).await });
    while shop.db.waiting() < 3 {
        tokio::task::yield_now().await;
    }
    drop(held);
    assert_eq!(code(succeeds.await.unwrap()), "C018");
    assert_eq!(code(breaks.await.unwrap()), "C018");
    assert_eq!(code(fails.await.unwrap()), "C013", "it may have been refused because of a job that was not stored");
    assert!(matches!(shop.db.health(), Health::Failing(_)));
    assert_eq!(shop.count().await, 0);
    shop.add("afterwards").await.unwrap();
    assert_eq!(shop.db.health(), Health::Good);
}

#[tokio::test]
async fn an_attempt_rolls_back_only_itself_even_when_it_panics() {
    let shop = Shop::open().await;
    let outcome = shop.db.write("attempts", |tx| {
        add_loudly(tx, "kept-1")?;
        let failed = tx.attempt(|tx| {
            add_loudly(tx, "undone-1")?;
            tx.attempt(|tx| add_loudly(tx, "undone-2"))?;
            Err::<(), _>(refused())
        });
        assert_eq!(code(failed), "C002");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            tx.attempt(|tx| {
                add_loudly(tx, "undone-3").unwrap();
                tx.attempt(|_| -> kernel::Result<()> { panic!("deep inside") })
            })
        }));
        assert!(panicked.is_err());
        let too_deep = tx.attempt(|tx| tx.attempt(|tx| tx.attempt(|tx| tx.attempt(|_| Ok(())))));
        assert_eq!(code(too_deep), "C001");
        tx.attempt(|tx| tx.attempt(|tx| tx.attempt(|tx| add_loudly(tx, "kept-2"))))
    });
    outcome.await.unwrap();
    assert_eq!(shop.labels().await, ["kept-1", "kept-2"]);
    let payloads: Vec<_> = shop.all_events().await.iter().map(|event| event.payload.to_string()).collect();
    assert_eq!(payloads, [r#"{"label":"kept-1"}"#, r#"{"label":"kept-2"}"#]);
}

#[tokio::test]
async fn a_job_whose_transaction_is_lost_cannot_go_on_without_it() {
    if !embedded("statements that roll back the transaction") {
        return;
    }
    let shop = Shop::open().await;
    let held = shop.writer_held().await;
    let (a, b) = (shop.db.clone(), shop.db.clone());
    let before = tokio::spawn(async move { a.write("before", |tx| add(tx, "before")).await });
    while shop.db.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    let stubborn = tokio::spawn(async move {
        b.write("stubborn", |tx| {
            // SQLite does this when the disk is full or after an I/O error
            tx.conn.embedded().execute_fixed("rollback")?;
            assert_eq!(code(add(tx, "outside")), "C013");
            assert_eq!(code(tx.query(COUNT, args![], |row| row.get::<i64>(0))), "C013");
            assert_eq!(code(tx.attempt(|_| Ok(()))), "C013");
            Ok(())
        })
        .await
    });
    while shop.db.waiting() < 2 {
        tokio::task::yield_now().await;
    }
    drop(held);
    assert_eq!(code(before.await.unwrap()), "C013", "its work was rolled back with the transaction");
    assert_eq!(code(stubborn.await.unwrap()), "C013");
    assert!(!shop.db.health().is_healthy());
    assert_eq!(shop.count().await, 0);
    shop.add("afterwards").await.unwrap();
    assert!(shop.db.health().is_healthy());
}

#[tokio::test]
async fn a_job_runs_even_if_its_caller_stops_waiting() {
    let shop = Shop::with(|settings| settings.writers = 1).await;
    let held = shop.writer_held().await;
    let caller = tokio::spawn({
        let db = shop.db.clone();
        async move { db.write("add", |tx| add(tx, "left")).await }
    });
    while shop.db.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    drop(held);
    shop.add("next").await.unwrap();
    assert_eq!(shop.labels().await, ["left", "next"]);
}

#[tokio::test]
async fn time_and_random_numbers_come_from_the_settings() {
    let one_writer = |settings: &mut crate::Settings| settings.writers = 1;
    let (a, b) = (Shop::with(one_writer).await, Shop::with(one_writer).await);
    let draw = |tx: &mut crate::Tx<'_>| {
        assert_eq!(tx.now(), tx.now());
        Ok((tx.now(), tx.random().bits()))
    };
    assert_eq!(a.db.write("draw", draw).await.unwrap(), b.db.write("draw", draw).await.unwrap());
    assert_ne!(a.db.write("draw", draw).await.unwrap().1, b.db.read("draw", draw).await.unwrap().1);
}

#[tokio::test]
async fn a_violated_key_is_a_conflict_and_a_violated_check_is_a_bug() {
    let shop = Shop::open().await;
    shop.add("one").await.unwrap();
    assert_eq!(code(shop.add("one").await), "C019");
    let negative = shop.db.write("negative", |tx| tx.exec(ADD, args!["two", -1_i64]));
    assert_eq!(negative.await.unwrap_err().code(), Code::Internal);
    let missing = shop.db.write("missing", |tx| tx.exec(ADD, args!["two", Option::<i64>::None]));
    assert_eq!(missing.await.unwrap_err().code(), Code::Internal);
}

#[tokio::test]
async fn a_shop_waits_for_the_disk_and_only_a_test_need_not() {
    if !embedded("a setting for the durability") {
        return;
    }
    for (durability, level) in [(crate::Durability::Full, 2), (crate::Durability::ProcessOnly, 0)] {
        let shop = Shop::with(|settings| settings.durability = durability).await;
        let found = shop.db.write("level", |tx| tx.query_one("pragma synchronous", args![], |row| row.get::<i64>(0)));
        assert_eq!(found.await.unwrap(), level);
    }
}
