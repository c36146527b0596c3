//! Migrations.

use super::shop::*;
use crate::{Migration, args};

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

#[tokio::test]
async fn every_statement_of_the_store_can_be_prepared() {
    let shop = Shop::open().await;
    shop.db.prepare_all(crate::STATEMENTS.concat()).await.unwrap();
    let refused = shop.db.prepare_all(vec!["select nothing from jars"]).await.unwrap_err();
    assert!(format!("{refused:?}").contains("select nothing from jars"));
}
