//! Migrations.

use super::shop::*;
use crate::{Migration, args, migrate::newer};

const FIRST: Migration = Migration {
    name: "test/0002_first",
    sql: "
-- what a shop's shelf holds; the apostrophe is part of the test
create table shelves (id {id}, note {text}) {table};
insert into shelves (note) values ('a; b');
create index shelves_note on shelves (note);
",
};
const SECOND: Migration = Migration { name: "test/0003_second", sql: "insert into shelves (note) values ('second');" };
const BROKEN: Migration = Migration {
    name: "test/0004_broken",
    sql: "create table half (id {id}) {table};\ninsert into shelves (note) values ('half');\ninsert into nowhere (a) values (1);\n",
};

#[tokio::test]
async fn each_migration_is_applied_once_and_in_order() {
    let shop = Shop::open().await;
    assert_eq!(shop.db.migrate(vec![FIRST, SECOND]).await.unwrap(), [FIRST.name, SECOND.name]);
    assert!(shop.db.migrate(vec![TABLES, FIRST, SECOND]).await.unwrap().is_empty());
    let notes = shop
        .db
        .read("notes", |tx| tx.query("select note from shelves order by id", args![], |row| row.get::<String>(0)));
    assert_eq!(notes.await.unwrap(), ["a; b", "second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_start_together_apply_each_migration_once() {
    let shop = Shop::open().await;
    let started: Vec<_> = (0..5)
        .map(|_| {
            let db = shop.another();
            tokio::spawn(async move { db.migrate(vec![TABLES, FIRST, SECOND]).await })
        })
        .collect();
    let mut done = Vec::new();
    for one in started {
        done.extend(one.await.unwrap().unwrap());
    }
    done.sort_unstable();
    assert_eq!(done, [FIRST.name, SECOND.name]);
}

#[test]
fn what_a_newer_program_applied_is_named() {
    let applied = ["test/0002_first", "test/0003_second#1", "other/0001_new", "test/0009_late#0"];
    let applied = applied.map(str::to_owned).into();
    assert_eq!(newer(&applied, &[FIRST, SECOND]), ["other/0001_new", "test/0009_late#0"]);
    assert_eq!(newer(&["test/0002_first".to_owned()].into(), &[FIRST]), [""; 0]);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_and_can_be_applied_later() {
    let shop = Shop::open().await;
    let refused = shop.db.migrate(vec![FIRST, BROKEN, SECOND]).await.unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("test/0004_broken") && cause.contains("nowhere"), "{cause}");
    let half = shop.db.read("half", |tx| tx.query("select id from half", args![], |row| row.get::<i64>(0)));
    let left = half.await.is_ok();
    let notes = shop.db.read("notes", |tx| tx.query("select note from shelves", args![], |row| row.get::<String>(0)));
    // a database that cannot roll back a change of its schema records the step, and goes on after it
    let records_steps = testdb::wanted() == testdb::Kind::MySql;
    assert_eq!(left, records_steps, "its own half does not stay");
    assert_eq!(notes.await.unwrap(), ["a; b"], "the step before it stays");
    let repaired = Migration {
        name: BROKEN.name,
        sql: "create table half (id {id}) {table};\ninsert into shelves (note) values ('repaired');",
    };
    assert_eq!(shop.db.migrate(vec![FIRST, repaired, SECOND]).await.unwrap(), [BROKEN.name, SECOND.name]);
}

/// What a shop does whose rows shall lie in the order of their key.
const TOGETHER: Migration = Migration {
    name: "test/0005_together",
    sql: "
{sqlite: alter table places rename to places_before};
{sqlite: create table places (shelf bigint not null, place bigint not null, jar varchar(20), primary key (shelf, place))
    without rowid};
{sqlite: insert into places select * from places_before order by shelf, place};
{sqlite: drop table if exists places_before};
create index places_taken on places (jar) {where: jar is not null};
",
};

#[tokio::test]
async fn rows_are_carried_into_a_table_that_has_them_in_the_order_of_their_key() {
    let shop = Shop::open().await;
    let before = Migration {
        name: "test/0002_places",
        sql: "create table places (shelf bigint not null, place bigint not null, jar varchar(20), primary key (shelf, place)) {table};
insert into places (shelf, place, jar) values (2, 1, 'beans'), (1, 2, null), (1, 1, 'salt');",
    };
    shop.db.migrate(vec![before]).await.unwrap();
    let all = [crate::MIGRATIONS, &[TABLES, before, TOGETHER]].concat();
    assert_eq!(shop.db.migrate(all.clone()).await.unwrap(), [TOGETHER.name]);
    let carried = shop.db.read("places", |tx| {
        tx.query("select shelf, place, coalesce(jar, '-') from places order by shelf, place", args![], |row| {
            Ok(format!("{}.{} {}", row.next::<i64>()?, row.next::<i64>()?, row.next::<String>()?))
        })
    });
    assert_eq!(carried.await.unwrap(), ["1.1 salt", "1.2 -", "2.1 beans"]);
    assert_eq!(crate::schema::compare(&shop.db, all).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn every_statement_of_the_store_can_be_prepared() {
    let shop = Shop::open().await;
    shop.db.prepare_all(crate::STATEMENTS.concat()).await.unwrap();
    let refused = shop.db.prepare_all(vec!["select nothing from jars"]).await.unwrap_err();
    assert!(format!("{refused:?}").contains("select nothing from jars"));
}
