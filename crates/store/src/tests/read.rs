//! Read connections.

use super::shop::*;
use crate::args;
use std::sync::mpsc;

#[tokio::test]
async fn a_reading_job_cannot_write_in_any_way() {
    let shop = Shop::open().await;
    for sql in [ADD, "delete from jars where label = ? and beans = ?"] {
        let outcome = shop.db.read("writes", move |tx| tx.exec(sql, args!["x", 1_i64]));
        assert_eq!(code(outcome.await), "C001");
        let outcome = shop.db.read("sneaks", move |tx| tx.query(sql, args!["x", 1_i64], |_| Ok(())));
        assert!(outcome.await.is_err(), "{sql}");
    }
    assert_eq!(code(shop.db.read("emits", |tx| tx.emit(&JarAdded { label: "x".to_owned() })).await), "C001");
    assert_eq!(code(shop.db.read("attempts", |tx| tx.attempt(|_| Ok(()))).await), "C001");
    assert_eq!(shop.count().await, 0);
}

#[tokio::test]
async fn a_reading_job_sees_one_state_with_everything_confirmed_before() {
    let shop = Shop::with(|settings| settings.readers = 2).await;
    shop.add("before").await.unwrap();
    let (at_first, first_seen) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (at_first, may_go_on) = (parking_lot::Mutex::new(at_first), parking_lot::Mutex::new(may_go_on));
    let reading = tokio::spawn({
        let db = shop.db.clone();
        async move {
            db.read("twice", move |tx| {
                let first: i64 = tx.query_one(COUNT, args![], |row| row.get(0))?;
                let _ = at_first.lock().send(());
                let _ = may_go_on.lock().recv();
                Ok((first, tx.query_one(COUNT, args![], |row| row.get::<i64>(0))?))
            })
            .await
        }
    });
    tokio::task::spawn_blocking(move || first_seen.recv()).await.unwrap().unwrap();
    shop.add("meanwhile").await.unwrap();
    assert_eq!(shop.count().await, 2, "another reader sees it at once");
    drop(go_on);
    assert_eq!(reading.await.unwrap().unwrap(), (1, 1));
}

#[tokio::test]
async fn a_panic_in_a_reading_job_is_one_failed_job() {
    let shop = Shop::open().await;
    let outcome = shop.db.read("panics", |tx| -> kernel::Result<i64> {
        tx.query_one(COUNT, args![], |_| panic!("while a statement steps"))
    });
    assert_eq!(code(outcome.await), "C001");
    assert_eq!(shop.count().await, 0);
}

#[tokio::test]
async fn a_reader_that_cannot_open_the_database_fails_its_jobs_and_retries() {
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().join("shop.db");
    let db = crate::Db::open(settings(&file(folder.path()), hand())).unwrap();
    let hidden = folder.path().join("hidden.db");
    std::fs::rename(&shown, &hidden).unwrap();
    let refused = db.read("count", |tx| tx.query_one("select 1", args![], |row| row.get::<i64>(0))).await.unwrap_err();
    assert_eq!((refused.code().code(), refused.detail()), ("C013", Some("the database cannot be opened")));
    std::fs::rename(&hidden, &shown).unwrap();
    assert_eq!(db.read("one", |tx| tx.query_one("select 1", args![], |row| row.get::<i64>(0))).await.unwrap(), 1);
}

#[test]
fn a_file_that_is_no_database_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let open = |clock| crate::Db::open(settings(&file(folder.path()), clock)).map(|_| ());
    std::fs::write(folder.path().join("shop.db"), "a letter to a friend, long enough to be read as a header of pages")
        .unwrap();
    assert_eq!(code(open(hand())), "C013");
    let nowhere = crate::Db::open(settings(&file(&folder.path().join("missing")), hand())).map(|_| ());
    assert_eq!(code(nowhere), "C013");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_file() {
    if !embedded("a file") {
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::open().await;
    shop.add("x").await.unwrap();
    for name in ["shop.db", "shop.db-wal"] {
        let mode = std::fs::metadata(shop.space.folder().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_job_of_one_statement_needs_no_transaction_and_runs_no_second_one() {
    let shop = Shop::open().await;
    const ADD: &str = "insert into jars (label, beans) values (?, 1)";
    let added = shop.db.write_single("add", |tx| tx.exec(ADD, crate::args!["alone"])).await;
    assert_eq!(added.unwrap(), 1);
    let refused = shop.db.write_single("add", |tx| tx.exec(ADD, crate::args!["alone"])).await;
    assert_eq!(code(refused), "C019", "and a refused one leaves nothing behind");
    let read = shop.db.read_single("labels", |tx| tx.query("select label from jars", &[], |row| row.get::<String>(0)));
    assert_eq!(read.await.unwrap(), ["alone"]);
    if testdb::wanted() != testdb::Kind::Sqlite {
        let two = shop.db.read_single("two", |tx| {
            tx.query("select label from jars", &[], |row| row.get::<String>(0))?;
            tx.query("select label from jars", &[], |row| row.get::<String>(0))
        });
        assert_eq!(code(two.await), "C001");
    }
    shop.add("later").await.unwrap();
    assert_eq!(shop.labels().await, ["alone", "later"], "the connections serve other jobs as before");
}
