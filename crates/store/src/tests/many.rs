//! Many writers at once, as on a server. With the one writer of SQLite the same holds trivially.

use super::shop::*;
use crate::{Arg, Db, Settings, Tx, args, outbox};
use kernel::{Code, Result};
use std::{
    sync::{Arc, Barrier, mpsc},
    time::{Duration, Instant},
};

const BEANS: &str = "select beans from jars where label = ? {for update}";
const TAKE: &str = "update jars set beans = beans - 1 where label = ? and beans >= 1";
const PUT: &str = "update jars set beans = beans + ? where label = ?";

/// Runs `work` with 0 to `count` − 1 at once and returns all results.
async fn at_once<T: Send + 'static>(
    db: &Db,
    count: i64,
    work: impl Fn(&mut Tx<'_>, i64) -> Result<T> + Clone + Send + 'static,
) -> Vec<Result<T>> {
    let running: Vec<_> = (0..count)
        .map(|n| {
            let (db, work) = (db.clone(), work.clone());
            tokio::spawn(async move { db.write("at once", move |tx| work(tx, n)).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for one in running {
        outcomes.push(one.await.unwrap());
    }
    outcomes
}

async fn beans(shop: &Shop, label: &'static str) -> i64 {
    let read = shop.db.read("beans", move |tx| {
        tx.query_one("select beans from jars where label = ?", args![label], |row| row.get(0))
    });
    read.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_bean_is_taken_once() {
    let shop = Shop::open().await;
    shop.add("jar").await.unwrap();
    let outcomes = at_once(&shop.db, 50, |tx, _| tx.exec(TAKE, args!["jar"])).await;
    assert_eq!(outcomes.into_iter().map(Result::unwrap).sum::<u64>(), 1);
    assert_eq!(beans(&shop, "jar").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_row_is_not_changed_by_others() {
    let shop = Shop::open().await;
    shop.add("jar").await.unwrap();
    let outcomes = at_once(&shop.db, 40, |tx, _| {
        let now: i64 = tx.query_one(BEANS, args!["jar"], |row| row.get(0))?;
        tx.exec("update jars set beans = ? where label = ?", args![now + 1, "jar"])
    });
    outcomes.await.into_iter().for_each(|outcome| assert_eq!(outcome.unwrap(), 1));
    assert_eq!(beans(&shop, "jar").await, 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_read_what_another_one_changed_runs_again() {
    let shop = Shop::open().await;
    shop.add("jar").await.unwrap();
    let outcomes = at_once(&shop.db, 40, |tx, _| {
        let seen: i64 = tx.query_one("select beans from jars where label = ?", args!["jar"], |row| row.get(0))?;
        let put = tx.exec("update jars set beans = ? where label = ? and beans = ?", args![seen + 1, "jar", seen])?;
        if put == 1 {
            return Ok(());
        }
        // also when the job goes on as if nothing had happened
        let _ = tx.run_again("the beans were counted before");
        add(tx, "a job that runs again stores nothing").map(drop)
    });
    outcomes.await.into_iter().for_each(|outcome| outcome.unwrap());
    assert_eq!((beans(&shop, "jar").await, shop.labels().await.len()), (41, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_caller_sees_a_deadlock() {
    let shop = Shop::open().await;
    for n in 0..4 {
        shop.add(format!("jar{n}")).await.unwrap();
    }
    let outcomes = at_once(&shop.db, 60, |tx, n| {
        // each locks all four, in different orders
        for step in 0..4 {
            let jar = if n % 2 == 0 { (n + step) % 4 } else { (n + 4 - step) % 4 };
            tx.exec(PUT, args![1_i64, format!("jar{jar}")])?;
        }
        Ok(())
    });
    outcomes.await.into_iter().for_each(|outcome| outcome.unwrap());
    assert_eq!(beans(&shop, "jar0").await + beans(&shop, "jar3").await, 122);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_does_not_hide_a_deadlock() {
    let shop = Shop::open().await;
    for label in ["left", "right"] {
        shop.add(label).await.unwrap();
    }
    let outcomes = at_once(&shop.db, 30, |tx, n| {
        let (one, other) = if n % 2 == 0 { ("left", "right") } else { ("right", "left") };
        tx.exec(PUT, args![1_i64, one])?;
        // a reaction runs in an attempt, and its failures become dead letters: a deadlock must not count as such a failure
        let tried = tx.attempt(|tx| tx.exec(PUT, args![1_i64, other]));
        Ok(tried.is_ok())
    });
    let outcomes: Vec<bool> = outcomes.await.into_iter().map(Result::unwrap).collect();
    assert!(outcomes.iter().all(|both| *both), "{outcomes:?}");
    assert_eq!((beans(&shop, "left").await, beans(&shop, "right").await), (31, 31));
}

#[tokio::test]
async fn a_unique_key_is_kept_by_every_way_of_inserting() {
    let shop = Shop::open().await;
    shop.add("jar").await.unwrap();
    let rows = |label: &'static str| vec![vec![Arg::Text(label), Arg::Int(1)], vec![Arg::Text("other"), Arg::Int(1)]];
    let many =
        shop.db.write("many", move |tx| tx.insert_rows("insert into jars (label, beans) values [(?, ?)]", rows("jar")));
    assert_eq!(code(many.await), "C019");
    let kept = shop.db.write("kept", move |tx| {
        let refused = tx.attempt(|tx| tx.insert_rows("insert into jars (label, beans) values [(?, ?)]", rows("jar")));
        assert_eq!(code(refused), "C019", "an attempt waits for the results of all its statements");
        add(tx, "afterwards")
    });
    kept.await.unwrap();
    assert_eq!(shop.labels().await, ["jar", "afterwards"]);
}

#[tokio::test]
async fn every_database_counts_rows_in_the_same_way() {
    const UPSERT: &str = "insert into jars (label, beans) values (?, ?) {on conflict (label): beans = new.beans}";
    const IGNORE: &str = "insert into jars (label, beans) values (?, ?) {on conflict ignore: label}";
    const IGNORE_MANY: &str = "insert into jars (label, beans) values [(?, ?)] {on conflict ignore: label}";
    let shop = Shop::open().await;
    let counted = shop.db.write("counts", |tx| {
        let first = tx.insert_new(IGNORE, args!["a", 1_i64])?;
        let second = tx.insert_new(IGNORE, args!["a", 2_i64])?;
        let upserts = [tx.exec(UPSERT, args!["b", 1_i64])?, tx.exec(UPSERT, args!["b", 7_i64])?];
        let same = tx.exec("update jars set beans = 7 where label = ?", args!["b"])?;
        let rows = ["a", "b", "c", "d"].iter().map(|label| vec![Arg::Text(label), Arg::Int(1)]).collect();
        let many = tx.insert_rows(IGNORE_MANY, rows)?;
        let sum = tx.query_one("select sum(beans), count(*), 1 = 1 from jars", args![], |row| {
            Ok((row.next::<i64>()?, row.next::<i64>()?, row.next::<bool>()?))
        })?;
        Ok((first.is_some(), second, upserts, same, many, sum))
    });
    assert_eq!(counted.await.unwrap(), (true, None, [1, 1], 1, 2, (10, 4, true)));
}

#[tokio::test]
async fn a_job_that_ignores_a_failure_does_not_commit_half_of_itself() {
    let shop = Shop::open().await;
    shop.add("jar").await.unwrap();
    let outcome = shop.db.write("swallows", |tx| {
        add(tx, "before")?;
        let _ = add(tx, "jar");
        Ok(())
    });
    // PostgreSQL would confirm the commit and store nothing; the others roll back the one statement
    match outcome.await {
        Ok(()) => assert_eq!(shop.labels().await, ["jar", "before"]),
        Err(error) => {
            assert_eq!(error.code(), Code::Internal);
            assert_eq!(shop.labels().await, ["jar"]);
        }
    }
}

/// A job that has stored its event and does not commit until the returned sender is dropped.
fn lingering(
    shop: &Shop,
    label: &'static str,
) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>, Arc<Barrier>) {
    let (release, released) = mpsc::channel::<()>();
    let released = parking_lot::Mutex::new(released);
    let stored = Arc::new(Barrier::new(2));
    let (db, inside) = (shop.db.clone(), Arc::clone(&stored));
    let job = tokio::spawn(async move {
        db.write("lingers", move |tx| {
            let row = vec![Arg::Text("test.jar.added"), Arg::Text(label), Arg::Text("{}"), Arg::Int(1)];
            tx.insert_rows(outbox::STORE, vec![row])?;
            // deferred statements are sent together with this one
            tx.query_one(COUNT, args![], |row| row.get::<i64>(0))?;
            inside.wait();
            let _ = released.lock().recv();
            Ok(())
        })
        .await
    });
    (release, job, stored)
}

fn keys(events: &[crate::StoredEvent]) -> Vec<&str> {
    events.iter().map(|event| &*event.key).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_commits_after_one_with_a_higher_id_gets_the_higher_sequence_number() {
    if testdb::wanted() == testdb::Kind::Sqlite {
        testdb::skip("the one writer of SQLite commits in the order of ids");
        return;
    }
    let shop = Shop::open().await;
    let (release, slow, stored) = lingering(&shop, "slow");
    tokio::task::spawn_blocking(move || stored.wait()).await.unwrap();
    shop.db.write("quick", |tx| add_loudly(tx, "quick-1")).await.unwrap();
    let before = shop.all_events().await;
    assert_eq!(keys(&before), ["quick"]);
    drop(release);
    slow.await.unwrap().unwrap();
    shop.db.write("later", |tx| add_loudly(tx, "later-1")).await.unwrap();
    let after = shop.all_events().await;
    assert_eq!(keys(&after), ["quick", "slow", "later"], "in the order in which they became visible");
    assert_eq!(after.iter().map(|event| event.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(before[0].id, after[0].id, "a sequence number never changes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_one_key_keep_the_order_of_the_transactions_that_emitted_them() {
    let shop = Shop::open().await;
    shop.add("jar").await.unwrap();
    // each waits for the lock of the key's row, as in a saga, and emits how many were before it
    let emitted = at_once(&shop.db, 40, |tx, _| {
        let before: i64 = tx.query_one(BEANS, args!["jar"], |row| row.get(0))?;
        tx.exec(PUT, args![1_i64, "jar"])?;
        tx.emit(&JarAdded { label: format!("jar-{before}") })
    });
    let (emitted, numbered) = (emitted.await, shop.all_events().await);
    emitted.into_iter().for_each(|outcome| outcome.unwrap());
    let labels: Vec<String> = numbered.iter().map(|event| event.payload.to_string()).collect();
    let expected: Vec<String> = (1..=40).map(|n| format!(r#"{{"label":"jar-{n}"}}"#)).collect();
    assert_eq!(labels, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_that_assign_sequence_numbers_assign_each_event_one() {
    let shop = Shop::open().await;
    let labels_from = |from: i64| (from..from + 100).map(|n| format!("a-{n}")).collect::<Vec<_>>();
    for round in 0..5 {
        let labels = labels_from(round * 100);
        shop.db.write("emit", move |tx| labels.iter().try_for_each(|label| add_loudly(tx, label))).await.unwrap();
        // without leases: one of the two may fail, but no event gets two numbers or none
        let _ = at_once(&shop.db, 2, |tx, _| outbox::assign_sequence_numbers(tx, 1_000)).await;
    }
    let events = shop.all_events().await;
    assert_eq!(events.len(), 500);
    assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), (1..=500).collect::<Vec<i64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_start_together_migrate_once() {
    let space = testdb::Space::open();
    let url: crate::DatabaseUrl = space.url().parse().unwrap();
    let embedded = url.file().is_some();
    let starting: Vec<_> = (0..4)
        .map(|_| {
            let settings = settings(&url, hand());
            tokio::spawn(async move {
                let db = Db::open(settings).unwrap();
                db.migrate([crate::MIGRATIONS, &[TABLES]].concat()).await
            })
        })
        .collect();
    let mut applied = Vec::new();
    for one in starting {
        match one.await.unwrap() {
            Ok(names) => applied.extend(names),
            // two processes on one file: SQLite may refuse one of them, which then starts again
            Err(error) => assert!(embedded, "{error:?}"),
        }
    }
    applied.sort_unstable();
    let all: Vec<&str> = crate::MIGRATIONS.iter().chain(&[TABLES]).map(|migration| migration.name).collect();
    assert!(applied == all || embedded, "{applied:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequence_numbers_given_while_others_commit_keep_the_order_of_each_key() {
    const KEYS: i64 = 4;
    const EACH: i64 = 40;
    let shop = Shop::open().await;
    for key in 0..KEYS {
        shop.add(format!("jar{key}")).await.unwrap();
    }
    let emit_all = |db: Db, writer: i64| async move {
        for n in 0..EACH {
            let jar = format!("jar{}", (writer + n) % KEYS);
            let emit = move |tx: &mut Tx<'_>| {
                let number: i64 = tx.query_one(BEANS, args![&jar], |row| row.next())?;
                tx.exec(PUT, args![1_i64, &jar])?;
                tx.emit(&JarAdded { label: format!("{jar}-{number}") })
            };
            db.write("emit", emit).await.unwrap();
        }
    };
    let writers: Vec<_> = (0..8).map(|writer| tokio::spawn(emit_all(shop.db.clone(), writer))).collect();
    let (mut seen, mut over): (Vec<crate::StoredEvent>, bool) = (Vec::new(), false);
    while !over {
        // what commits after this is numbered and read in one more round
        over = writers.iter().all(tokio::task::JoinHandle::is_finished);
        loop {
            let numbered = shop.db.write("number", |tx| outbox::assign_sequence_numbers(tx, 1_000)).await.unwrap();
            let after = seen.last().map_or(0, |event| event.id);
            let next = shop.db.read("follow", move |tx| outbox::after(tx, after, 1_000)).await.unwrap();
            let is_last = numbered == 0 && next.is_empty();
            seen.extend(next);
            if is_last {
                break;
            }
        }
    }
    let ids: Vec<i64> = seen.iter().map(|event| event.id).collect();
    assert_eq!(ids, (1..=8 * EACH).collect::<Vec<i64>>(), "each event once, in the order of its sequence number");
    for key in 0..KEYS {
        let of_key = seen.iter().filter(|event| *event.key == *format!("jar{key}"));
        let payloads: Vec<&str> = of_key.map(|event| &*event.payload).collect();
        let expected: Vec<String> = (1..=payloads.len()).map(|n| format!(r#"{{"label":"jar{key}-{n}"}}"#)).collect();
        assert_eq!(payloads, expected);
    }
}

/// How many connections this user has to the database of `tx`, its own included.
fn connections(tx: &mut Tx<'_>) -> Result<i64> {
    let sessions = match testdb::wanted() {
        testdb::Kind::Postgres => {
            "select count(*) from pg_stat_activity where datname = current_database() and usename = current_user"
        }
        _ => "select count(*) from information_schema.processlist where db = database()",
    };
    tx.query_one(sessions, &[], |row| row.get(0))
}

/// Waits until `watching` has the only connection, because a server notices late that one is closed.
async fn until_all_are_closed(watching: &Db) {
    let began = Instant::now();
    while watching.write("sessions", connections).await.unwrap() != 1 {
        assert!(began.elapsed() < Duration::from_secs(60), "connections stay open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_opened_when_it_is_needed_and_closed_when_it_is_not() {
    if testdb::wanted() == testdb::Kind::Sqlite {
        testdb::skip("SQLite has no connections that cost a server something");
        return;
    }
    // other spaces of PostgreSQL are in one database, so their connections would be counted
    let space = testdb::Space::prepared("without other users", |_| {});
    let watching = Settings { writers: 1, ..settings(&space.url().parse().unwrap(), hand()) };
    let watching = Db::open(watching).unwrap();
    let counted = watching.write("sessions", connections).await.unwrap();
    assert_eq!(counted, 1, "the first job has the connection of the opening");
    let shop = Shop::at(space, |settings| settings.idle_timeout = Duration::from_secs(2)).await;
    until_all_are_closed(&watching).await;
    let together = Arc::new(Barrier::new(4));
    let outcomes = at_once(&shop.db, 4, move |tx, _| {
        together.wait();
        let counted = connections(tx);
        together.wait();
        counted
    });
    for counted in outcomes.await {
        assert_eq!(counted.unwrap(), 1 + 4, "and that of `watching`");
    }
    until_all_are_closed(&watching).await;
    // A thread whose caller is faster than itself is replaced by another one. On a busy machine that may happen to several threads,
    // but not each time.
    let began = Instant::now();
    loop {
        for _ in 0..20 {
            shop.db.write("alone", |_| Ok(())).await.unwrap();
        }
        if watching.write("sessions", connections).await.unwrap() < 1 + 4 {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "all connections are opened for one job after another");
        until_all_are_closed(&watching).await;
    }
}
