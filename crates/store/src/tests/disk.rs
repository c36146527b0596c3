//! A disk that is full or fails.

use super::shop::*;
use crate::{Arg, Db, Health, Integrity, Tx, args};
use std::time::Duration;

const MANY: &str = "insert into jars (label, beans) values [(?, ?)]";
const FILL: &str = "insert into jars (label, beans) values (?, 1)";

#[tokio::test]
async fn a_full_database_refuses_jobs_and_recovers_when_there_is_space() {
    if !embedded("a limit for the size of the file") {
        return;
    }
    let shop = Shop::open().await;
    shop.add("before").await.unwrap();
    let limit = |pages: i64| {
        shop.db.write("limit", move |tx| {
            tx.conn.embedded().raw.query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(())).unwrap();
            Ok(())
        })
    };
    limit(1).await.unwrap(); // the present size: not one page more
    let mut stored = 1;
    let refused = loop {
        match shop.db.write("fill", move |tx| tx.exec(FILL, args![format!("{stored:0>500}")])).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 10_000, "the limit does nothing");
    };
    assert_eq!((refused.code().code(), refused.retry_after_s()), ("C013", Some(1)));
    assert!(matches!(shop.db.health(), Health::Failing(_)), "{:?}", shop.db.health());
    assert_eq!(shop.count().await, stored, "confirmed jobs are stored, refused ones are not");
    // many rows in one statement: SQLite can roll back this statement alone, so only this job fails
    let many = shop.db.write("many", |tx| {
        let rows = (0..100).map(|n| vec![Arg::Owned(format!("many{n:0>500}")), Arg::Int(1)]).collect();
        tx.insert_rows(MANY, rows)
    });
    assert_eq!(code(many.await), "C013");
    assert!(matches!(shop.db.health(), Health::Failing(_)), "{:?}", shop.db.health());
    assert_eq!(shop.count().await, stored);
    limit(1_000_000).await.unwrap();
    shop.add("after").await.unwrap();
    assert_eq!(shop.db.health(), Health::Good);
    assert_eq!(shop.count().await, stored + 1);
}

#[tokio::test]
async fn a_damaged_page_is_found() {
    if !embedded("a file that a test can damage") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = file(folder.path());
    let open = || Db::open(settings(&url, hand())).unwrap();
    let db = open();
    db.migrate([crate::MIGRATIONS, &[TABLES]].concat()).await.unwrap();
    let fill = |tx: &mut Tx<'_>| {
        let rows = (0..500).map(|n| vec![Arg::Owned(format!("{n:0>40}")), Arg::Int(1)]).collect();
        tx.insert_rows(MANY, rows)
    };
    db.write("fill", fill).await.unwrap();
    assert_eq!(db.integrity(false).await.unwrap(), Integrity::default());
    db.close().await;
    let path = folder.path().join("shop.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // the header of the file says it
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let last = bytes.len() - page;
    bytes[last..last + 200].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let db = open();
    for thorough in [false, true] {
        let found = db.integrity(thorough).await;
        assert!(found.as_ref().map_or(true, |found| !found.wrong.is_empty()), "{found:?}");
    }
    db.close().await;
}

#[tokio::test]
async fn a_database_that_is_whole_passes_its_own_check() {
    let shop = Shop::open().await;
    shop.add("beans").await.unwrap();
    assert_eq!(shop.db.integrity(false).await.unwrap(), Integrity::default());
}

#[tokio::test]
async fn a_damaged_index_on_postgresql_is_found() {
    if testdb::wanted() != testdb::Kind::Postgres {
        return testdb::skip("only PostgreSQL checks indexes by an extension");
    }
    let shop = Shop::open().await;
    let run = async |sql: &'static str| shop.db.write("damage", move |tx| tx.exec(sql, args![])).await.unwrap();
    // not in SQL, which PostgreSQL would copy into the index
    run("create function jars_key(bigint) returns bigint language plpgsql immutable as 'begin return $1; end'").await;
    for n in 0..50 {
        shop.add(&format!("jar {n}")).await.unwrap();
    }
    run("update jars set beans = id").await;
    run("create index jars_damaged on jars (jars_key(beans))").await;
    assert_eq!(shop.db.integrity(false).await.unwrap(), Integrity::default());
    // entries that belong elsewhere now: what an update of the system's collations does to an index of names
    run("create or replace function jars_key(bigint) returns bigint language plpgsql immutable
         as 'begin return $1 + 1000; end'")
    .await;
    let found = shop.db.integrity(false).await.unwrap();
    assert!(found.wrong.len() == 1 && found.wrong[0].contains("jars_damaged"), "{found:?}");
    run("drop index jars_damaged").await;
    assert_eq!(shop.db.integrity(false).await.unwrap(), Integrity::default());
}

/// The child process of the test below: no file may grow beyond a limit there.
#[tokio::test]
#[ignore = "started by a test, as a process of its own"]
async fn child_on_a_small_disk() {
    let folder = std::env::var("STORE_TEST_FOLDER").unwrap();
    let mut settings = settings(&file(folder.as_ref()), hand());
    settings.durability = crate::Durability::Full;
    let db = Db::open(settings).unwrap();
    db.migrate([crate::MIGRATIONS, &[TABLES]].concat()).await.unwrap();
    let mut failures = 0;
    for n in 0..3_000 {
        match db.write("add", move |tx| add(tx, &format!("jar{n}"))).await {
            Ok(_) => println!("confirmed jar{n}"),
            Err(error) => {
                assert!(["C013", "C018"].contains(&error.code().code()), "{error:?}");
                assert!(matches!(db.health(), Health::Failing(_)), "{:?}", db.health());
                failures += 1;
                // the idle writer probes, and the log has space again after it was copied
                for _ in 0..100 {
                    if db.health() == Health::Good {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                assert_eq!(db.health(), Health::Good, "no recovery");
            }
        }
        if failures == 2 {
            break;
        }
    }
    println!("failures {failures}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_that_cannot_grow_loses_nothing_confirmed_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\""]) // 500 or 1000 KiB
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "tests::disk::child_on_a_small_disk", "--ignored", "--nocapture"])
        .env("STORE_TEST_FOLDER", folder.path())
        .output()
        .unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output_text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(output_text.contains("failures 2"), "{output_text}");
    let confirmed: Vec<&str> = output_text.lines().filter_map(|line| line.strip_prefix("confirmed ")).collect();
    assert!(confirmed.len() > 20, "{output_text}");
    let db = Db::open(settings(&file(folder.path()), hand())).unwrap();
    let stored =
        db.read("labels", |tx| tx.query("select label from jars", args![], |row| row.get::<String>(0))).await.unwrap();
    let lost: Vec<_> = confirmed.iter().filter(|label| !stored.iter().any(|jar| jar == *label)).collect();
    assert!(lost.is_empty(), "confirmed and lost: {lost:?}");
}
