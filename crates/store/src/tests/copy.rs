//! A shop that moves from one database to another.

use super::schema::{SHELVES, spaces};
use super::shop::*;
use crate::copy::{Progress, Report, Side, Transfer, Watch};
use crate::{Arg, Db, Migration, StoredEvent, Tx, args, outbox, subscriber};
use kernel::{Error, Result};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use testdb::{Kind, Space};

const JARS: i64 = 2_500;
const MANY_JARS: &str = "insert into jars (label, beans) values [(?, ?)]";
const ROOM: &str = "insert into rooms (id, name, note) values (?, ?, ?)";
const NEXT_ROOM: &str = "insert into rooms (name) values (?)";
const SHELF: &str = "insert into shelves (room, place, holder, label, weight, colour) values [(?, ?, ?, ?, ?, ?)]";
const NOTES: &str = "select note from rooms where note is not null order by id";

/// No table but the outbox has other columns on servers.
fn migrations() -> Vec<Migration> {
    let alike = SHELVES.sql.replace("{servers: alter table rooms add column position bigint};", "");
    [crate::MIGRATIONS, &[TABLES, Migration { name: SHELVES.name, sql: alike.leak() }]].concat()
}

async fn opened(space: &Space) -> Db {
    let db = Db::open(settings(&space.url().parse().unwrap(), hand())).unwrap();
    db.migrate(migrations()).await.unwrap();
    // the migration put a room into it
    db.write("sweep", |tx| tx.exec("delete from rooms", args![])).await.unwrap();
    db
}

/// Rooms, shelves that refer to them, jars for several pages, and events, of which some are long.
fn fill(tx: &mut Tx<'_>) -> Result<()> {
    tx.exec(ROOM, args![7_i64, "다락방", "한글, 'quotes', 🫘 and\nlines \\ %_"])?;
    tx.exec(ROOM, args![40_i64, "cellar", None::<String>])?;
    let shelf = |room: i64, place: i64| {
        let holder = (place % 3 == 0).then(|| format!("h{place}"));
        let holder = holder.map_or(Arg::Null, Arg::Owned);
        vec![Arg::Int(room), Arg::Int(place), holder, Arg::Text(""), Arg::Int(i64::MIN + place), Arg::Null]
    };
    let shelves = (1..=1_500).map(|place| shelf(if place % 2 == 0 { 7 } else { 40 }, place));
    tx.insert_rows(SHELF, shelves.collect())?;
    tx.insert_rows(MANY_JARS, (1..=JARS).map(|n| vec![Arg::Owned(format!("jar {n}")), Arg::Int(n)]).collect())?;
    subscriber::set_position(tx, "mail", 3)?;
    for n in 0..60 {
        add_loudly(tx, &format!("f{n}-1"))?;
    }
    Ok(())
}

/// Events with payloads so long that few fill a page.
async fn emit_long_events(db: &Db) {
    const LONG: &str = "insert into outbox (topic, event_key, payload, created_at) values [(?, ?, ?, ?)]";
    let text = Arc::new("x".repeat(300_000));
    db.write("long events", move |tx| {
        let row = |n: i64| vec![Arg::Text("test.gossip"), Arg::Text("g"), Arg::Text(&text), Arg::Int(n)];
        tx.insert_rows(LONG, (0..20).map(row).collect())
    })
    .await
    .unwrap();
}

fn transfer(from: &Db, to: &Db) -> Transfer {
    Transfer::new(from.clone(), to.clone(), migrations()).unwrap()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn unseen() -> Watch {
    Arc::new(|_| {})
}

/// Copies all, as the command does it.
async fn copied(from: &Db, to: &Db) -> Result<Report> {
    let transfer = transfer(from, to);
    blocking(move || {
        transfer.assign_sequence_numbers()?;
        transfer.run(unseen())
    })
    .await
}

async fn events(db: &Db) -> Vec<StoredEvent> {
    db.read("events", |tx| outbox::after(tx, 0, 1_000)).await.unwrap()
}

fn alike(one: &[StoredEvent], other: &[StoredEvent]) {
    let values = |events: &[StoredEvent]| -> Vec<_> {
        events.iter().map(|f| (f.id, f.topic.clone(), f.key.clone(), f.payload.clone(), f.at)).collect()
    };
    assert!(values(one) == values(other), "{} and {} events are not the same", one.len(), other.len());
}

fn cause(error: &Error) -> String {
    format!("{error:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_goes_round_all_databases_and_comes_back_the_same() {
    let mut spaces = spaces();
    spaces.push(Space::on(Kind::Sqlite).unwrap());
    let first = opened(&spaces[0]).await;
    first.write("fill", fill).await.unwrap();
    emit_long_events(&first).await;
    let (mut from, mut rooms) = (first, 40);
    for (n, space) in spaces.iter().enumerate().skip(1) {
        let to = opened(space).await;
        let report = copied(&from, &to).await.unwrap();
        let rows = |table: &str| report.tables.iter().find(|copied| copied.table == table).map(|copied| copied.rows);
        assert_eq!(rows("jars"), Some(JARS as u64 + 59 + n as u64), "{:?}", space.kind());
        assert_eq!((rows("shelves"), rows("rooms")), (Some(1_500), Some(1 + n as u64)));
        assert_eq!((rows("leases"), rows("store_probe"), rows("schema_migrations")), (None, None, None));
        alike(&events(&from).await, &events(&to).await);
        let notes = to.read("notes", |tx| tx.query(NOTES, args![], |row| row.get::<String>(0))).await.unwrap();
        assert_eq!(notes, ["한글, 'quotes', 🫘 and\nlines \\ %_"]);
        // new rows get ids after the largest one, and new events numbers after the newest one
        let name = format!("room {n}");
        let id = to.write("next", move |tx| tx.insert(NEXT_ROOM, args![name])).await.unwrap();
        assert_eq!(id, rooms + 1, "{:?}", space.kind());
        rooms = id;
        let newest = to.read("newest", outbox::newest).await.unwrap();
        let lost: Result<()> = to.write("lost", |tx| add_loudly(tx, "lost").and(Err(refused()))).await;
        lost.unwrap_err();
        let label = format!("later-{n}");
        to.write("later", move |tx| add_loudly(tx, &label)).await.unwrap();
        to.write("place", |tx| outbox::assign_sequence_numbers(tx, 1)).await.unwrap();
        assert_eq!(to.read("newest", outbox::newest).await.unwrap(), newest + 1);
        from = to;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_rows_is_refused_until_it_is_emptied() {
    for space in spaces() {
        let home = Space::on(Kind::Sqlite).unwrap();
        let (from, to) = (opened(&home).await, opened(&space).await);
        from.write("fill", fill).await.unwrap();
        to.write("fill", fill).await.unwrap();
        to.write("more", |tx| add_loudly(tx, "more")).await.unwrap();
        let refused = copied(&from, &to).await.unwrap_err();
        assert!(cause(&refused).contains("the target has rows in consumer_positions, jars, outbox"), "{refused:?}");
        let again = transfer(&from, &to);
        let report = blocking(move || {
            again.empty_target()?;
            assert!(again.tables_with_rows()?.is_empty());
            again.run(unseen())
        });
        assert!(report.await.unwrap().rows() > 4_000, "{:?}", space.kind());
        alike(&events(&from).await, &events(&to).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_target_cannot_store_fails_the_copy_and_the_next_one_succeeds() {
    for space in spaces().into_iter().filter(|space| space.kind() != Kind::Sqlite) {
        let home = Space::on(Kind::Sqlite).unwrap();
        let (from, to) = (opened(&home).await, opened(&space).await);
        from.write("fill", fill).await.unwrap();
        // SQLite does not check the declared length
        from.write("long", |tx| add(tx, &"x".repeat(41))).await.unwrap();
        let error = cause(&copied(&from, &to).await.unwrap_err());
        assert!(error.contains("jars cannot be written"), "{error}");
        from.write("short", |tx| tx.exec("delete from jars where beans = 1", args![])).await.unwrap();
        let again = transfer(&from, &to);
        blocking(move || again.empty_target().and_then(|()| again.run(unseen()))).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_side_without_the_migrations_has_schema_problems() {
    let (home, bare) = (Space::on(Kind::Sqlite).unwrap(), Space::on(Kind::Sqlite).unwrap());
    let from = opened(&home).await;
    let to = Db::open(settings(&bare.url().parse().unwrap(), hand())).unwrap();
    let schema_problems_of = async |side| {
        let transfer = transfer(&from, &to);
        blocking(move || transfer.schema_problems(side)).await.unwrap()
    };
    assert!(schema_problems_of(Side::Source).await.is_empty());
    assert_eq!(schema_problems_of(Side::Target).await, ["there is no shop in it"]);
    to.migrate(crate::MIGRATIONS.to_vec()).await.unwrap();
    let problems = schema_problems_of(Side::Target).await;
    assert_eq!(problems, ["migration test/0001_jars is not applied", "migration test/0002_shelves is not applied"]);
    to.migrate(migrations()).await.unwrap();
    to.write("by hand", |tx| tx.conn.run("drop index shelves_label")).await.unwrap();
    assert_eq!(schema_problems_of(Side::Target).await, ["index shelves_label is missing"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_instance_is_detected() {
    for space in spaces().into_iter().filter(|space| space.kind() != Kind::Sqlite) {
        let home = Space::on(Kind::Sqlite).unwrap();
        let (from, to) = (opened(&space).await, opened(&home).await);
        let mut candidate = crate::lease::Candidate::new("background", "another", false);
        candidate.tick(&from).await.unwrap();
        let look = |db: &Db, other: &Db| {
            let transfer = transfer(db, other);
            blocking(move || transfer.side_in_use(Duration::from_millis(300)).unwrap())
        };
        assert_eq!(look(&from, &to).await, None, "an instance without heartbeats is not running");
        let renewed = from.clone();
        let renewing = tokio::spawn(async move {
            loop {
                candidate.tick(&renewed).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert_eq!(look(&from, &to).await, Some(Side::Source));
        assert_eq!(look(&to, &from).await, Some(Side::Target));
        renewing.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_without_a_sequence_number_and_events_emitted_meanwhile_fail_a_copy() {
    for space in spaces() {
        let home = Space::on(Kind::Sqlite).unwrap();
        let (from, to) = (opened(&space).await, opened(&home).await);
        from.write("fill", fill).await.unwrap();
        if from.is_shared() {
            let hasty = transfer(&from, &to);
            let error = cause(&blocking(move || hasty.run(unseen())).await.unwrap_err());
            assert!(error.contains("no sequence number yet"), "{error}");
        }
        let (transfer, meanwhile) = (transfer(&from, &to), Mutex::new(Some(from.clone())));
        let watch = move |progress: Progress| {
            assert!(progress.rows <= progress.rows_total);
            if let Some(from) = meanwhile.lock().take() {
                from.write_blocking("meanwhile", |tx| add_loudly(tx, "meanwhile")).unwrap();
            }
        };
        let outcome = blocking(move || {
            transfer.assign_sequence_numbers()?;
            transfer.run(Arc::new(watch))
        });
        let error = cause(&outcome.await.unwrap_err());
        assert!(error.contains("the source was changed while it was copied"), "{error} on {:?}", space.kind());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_differs_in_the_end_is_found() {
    for space in spaces() {
        let home = Space::on(Kind::Sqlite).unwrap();
        let (from, to) = (opened(&home).await, opened(&space).await);
        from.write("fill", fill).await.unwrap();
        let (transfer, tampered) = (transfer(&from, &to), to.clone());
        let watch = move |progress: Progress| {
            if progress.rows == progress.rows_total {
                let one = "update shelves set weight = weight + 1 where room = 7 and place = 2";
                assert_eq!(tampered.write_blocking("tamper", move |tx| tx.exec(one, args![])).unwrap(), 1);
            }
        };
        let error = cause(&blocking(move || transfer.run(Arc::new(watch))).await.unwrap_err());
        assert!(error.contains("shelves differs: 1500 rows of"), "{error} on {:?}", space.kind());
    }
}
