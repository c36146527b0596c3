//! The declared schema compared with the found one.

use super::shop::*;
use crate::{Db, Migration, schema};
use testdb::{Kind, Space};

pub const SHELVES: Migration = Migration {
    name: "test/0002_shelves",
    sql: "
-- everything that a migration may contain; the shop's own words
create table rooms (id {id}, name varchar(50) not null unique, note {text}) {table};

create table shelves (
    room bigint not null,
    place bigint not null check (place > 0),
    holder varchar(36),
    label varchar(20) not null,
    weight bigint not null,
    primary key (room, place),
    unique (holder, label),
    foreign key (room) references rooms (id)
) {table};

create index shelves_label on shelves (label, place);

create unique index shelves_holder on shelves (holder, weight);

create index shelves_held on shelves (weight) {where: holder is not null};

create table tags (shelf bigint not null, tag varchar(20) not null, primary key (shelf, tag)) {clustered};

create table visits (room bigint not null, at bigint not null primary key, foreign key (room) references rooms (id)) {table};

alter table shelves add column colour varchar(10);

{servers: alter table rooms add column position bigint};

insert into rooms (name) values ('attic');
",
};

fn all() -> Vec<Migration> {
    [crate::MIGRATIONS, &[TABLES, SHELVES]].concat()
}

/// A space on every database that is installed.
pub fn spaces() -> Vec<Space> {
    let kinds = [Kind::Sqlite, Kind::Postgres, Kind::MySql];
    let found = kinds.map(|kind| Space::on(kind).inspect_err(|missing| testdb::skip(missing)));
    found.into_iter().flatten().collect()
}

async fn shelved(space: &Space) -> Db {
    let db = Db::open(settings(&space.url().parse().unwrap(), hand())).unwrap();
    db.migrate(all()).await.unwrap();
    db
}

async fn by_hand(db: &Db, statement: &'static str) {
    db.write("by hand", move |tx| tx.conn.run(statement)).await.unwrap();
}

#[tokio::test]
async fn a_migrated_database_has_the_declared_schema() {
    for space in spaces() {
        let db = shelved(&space).await;
        assert!(schema::compare(&db, all()).await.unwrap().is_empty(), "{:?}", space.kind());
    }
}

#[tokio::test]
async fn each_difference_is_a_sentence() {
    for space in spaces() {
        let db = shelved(&space).await;
        let mysql = space.kind() == Kind::MySql;
        by_hand(&db, if mysql { "drop index shelves_label on shelves" } else { "drop index shelves_label" }).await;
        by_hand(&db, if mysql { "drop index shelves_holder on shelves" } else { "drop index shelves_holder" }).await;
        by_hand(&db, "create index shelves_holder on shelves (weight, holder)").await;
        by_hand(&db, "create unique index shelves_colour on shelves (colour)").await;
        by_hand(&db, "alter table jars drop column beans").await;
        by_hand(&db, "alter table rooms add column owner varchar(36)").await;
        by_hand(&db, "create table foo (bar bigint)").await;
        by_hand(&db, "drop table visits").await;
        let differences = schema::compare(&db, all()).await.unwrap();
        let expected = [
            "table jars has no column beans",
            "rooms.owner is in no migration",
            "index shelves_holder is on (weight, holder) instead of (holder, weight)",
            "index shelves_holder is not unique",
            "index shelves_label is missing",
            "unique key shelves_colour of table shelves on (colour) is in no migration",
            "table visits is missing",
            "table foo is in no migration",
        ];
        let (mut sorted, mut expected) = (differences.clone(), expected.map(str::to_owned).to_vec());
        sorted.sort();
        expected.sort();
        assert_eq!(sorted, expected, "{:?}", space.kind());
    }
}

/// The differences when the declaration changes and the database stays.
async fn declared_as(db: &Db, before: &str, after: &str) -> Vec<String> {
    assert!(SHELVES.sql.contains(before), "{before}");
    let sql = String::leak(SHELVES.sql.replace(before, after));
    let changed = Migration { name: SHELVES.name, sql };
    schema::compare(db, [crate::MIGRATIONS, &[TABLES, changed]].concat()).await.unwrap()
}

#[tokio::test]
async fn types_lengths_and_keys_are_compared() {
    for space in spaces() {
        let db = shelved(&space).await;
        for (before, after, sentence) in [
            ("label varchar(20)", "label varchar(30)", "shelves.label is varchar(20) instead of varchar(30)"),
            ("weight bigint", "weight varchar(9)", "shelves.weight is bigint instead of varchar(9)"),
            ("note {text}", "note varchar(500)", "rooms.note is text instead of varchar(500)"),
            ("note {text}", "note {text} not null", "rooms.note may be null"),
            ("label varchar(20) not null", "label varchar(20)", "shelves.label may not be null"),
            (
                "primary key (room, place)",
                "primary key (place, room)",
                "the primary key of shelves is (room, place) instead of (place, room)",
            ),
            ("at bigint not null primary key", "at {id}", "visits.at is bigint instead of an automatic id"),
            ("unique (holder, label)", "unique (holder, place)", "table shelves has no unique key on (holder, place)"),
        ] {
            let differences = declared_as(&db, before, after).await;
            assert_eq!(
                differences.first().map(String::as_str),
                Some(sentence),
                "{differences:?} on {:?}",
                space.kind()
            );
        }
        let differences = declared_as(
            &db,
            "at bigint not null primary key, foreign key (room)",
            "at bigint not null primary key, foreign key (at)",
        )
        .await;
        let sentences = [
            "table visits has no foreign key (at) to rooms (id)",
            "foreign key (room) to rooms (id) of table visits is in no migration",
        ];
        assert!(differences.ends_with(&sentences.map(str::to_owned)), "{differences:?} on {:?}", space.kind());
    }
}

#[tokio::test]
async fn an_index_of_some_rows_is_not_one_of_all() {
    for space in spaces().iter().filter(|space| space.kind() != Kind::MySql) {
        let db = shelved(space).await;
        by_hand(&db, "drop index shelves_held").await;
        by_hand(&db, "create index shelves_held on shelves (weight)").await;
        let differences = schema::compare(&db, all()).await.unwrap();
        assert_eq!(differences, ["index shelves_held has all rows"], "{:?}", space.kind());
    }
}

#[tokio::test]
async fn a_column_with_another_collation_is_a_difference() {
    let Ok(space) = Space::on(Kind::MySql) else { return testdb::skip("MySQL is not installed") };
    let db = shelved(&space).await;
    by_hand(&db, "alter table rooms modify name varchar(50) character set utf8mb4 collate utf8mb4_general_ci not null")
        .await;
    let differences = schema::compare(&db, all()).await.unwrap();
    assert_eq!(differences, ["rooms.name is varchar(50) collate utf8mb4_general_ci instead of varchar(50)"]);
}
