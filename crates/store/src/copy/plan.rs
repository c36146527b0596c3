//! The plan of a copy: the tables, their order, and their statements.

use crate::schema::{Kind, Schema, Table};
use kernel::{Code, Error, Result};

/// Tables that belong to the instances and not to the shop.
const NOT_COPIED: &[&str] = &["leases", "lease_fences", "store_probe"];
/// The outbox. The sequence number of an event is its id where commits become visible in the order of ids, and a column of its
/// own on other databases. A copied event has it in both columns.
const OUTBOX: &str = "outbox";
const NUMBER_COLUMNS: [&str; 2] = ["id", "position"];
const NUMBER: &str = "{position}";

/// The copy of one table.
pub(super) struct TableCopy {
    pub name: String,
    /// The positions of the primary key's columns in a row.
    pub key: Vec<usize>,
    /// Reads the source.
    pub source: Pages,
    /// Reads the same columns of the target.
    pub target: Pages,
    pub insert: &'static str,
    /// Counts the rows of the source.
    pub count: &'static str,
    /// Finds one row of the target.
    pub any: &'static str,
    pub delete: &'static str,
    /// The column with automatic ids, if there is one.
    pub automatic: Option<String>,
}

/// Reads a table in the order of its primary key. The argument of the first page is the number of rows. The next pages have
/// the key of the last row before it, as [`super::rows`] writes it.
pub(super) struct Pages {
    pub first: &'static str,
    pub next: &'static str,
}

/// The copies of all tables. A table comes after the tables that its foreign keys refer to.
pub(super) fn made(source: &Schema, target: &Schema) -> Result<Vec<TableCopy>> {
    let mut made: Vec<TableCopy> = Vec::new();
    let mut left: Vec<(&String, &Table)> =
        target.tables.iter().filter(|(name, _)| !NOT_COPIED.contains(&name.as_str())).collect();
    while !left.is_empty() {
        let waits = |table: &Table, name: &str| {
            let parents = table.references.iter().map(|reference| &reference.table);
            parents
                .into_iter()
                .any(|parent| parent != name && !made.iter().any(|table_copy| table_copy.name == *parent))
        };
        let next = left.iter().position(|(name, table)| !waits(table, name));
        let (name, table) = left.remove(next.ok_or_else(|| wrong("foreign keys go in a circle"))?);
        made.push(table_copy(name, source.tables.get(name).ok_or_else(|| wrong(name))?, table)?);
    }
    Ok(made)
}

fn table_copy(name: &str, source: &Table, target: &Table) -> Result<TableCopy> {
    let is_number = |column: &str| name == OUTBOX && NUMBER_COLUMNS.contains(&column);
    let columns: Vec<&str> = target.columns.iter().map(|column| column.name.as_str()).collect();
    let here = source.columns.iter().map(|column| column.name.as_str());
    let same = columns.iter().copied().filter(|column| !is_number(column)).eq(here.filter(|column| !is_number(column)));
    if !same {
        return Err(wrong(&format!("{name} has other columns on the other side")));
    }
    let read: Vec<&str> = columns.iter().map(|column| if is_number(column) { NUMBER } else { column }).collect();
    let mut key = Vec::new();
    for column in &target.primary_key {
        let at = columns.iter().position(|name| name == column);
        key.push(at.ok_or_else(|| wrong(&format!("{name} has no column {column}")))?);
    }
    if key.is_empty() {
        return Err(wrong(&format!("{name} has no primary key")));
    }
    let questions = vec!["?"; columns.len()].join(", ");
    let automatic = target.columns.iter().find(|column| column.kind == Kind::Automatic);
    Ok(TableCopy {
        source: pages(name, &read, &key),
        target: pages(name, &columns, &key),
        insert: static_text(format!("insert into {name} ({}) values [({questions})]", columns.join(", "))),
        count: static_text(format!("select count(*) from {name}")),
        any: static_text(format!("select 1 from {name} limit 1")),
        delete: static_text(format!("delete from {name}")),
        automatic: automatic.map(|column| column.name.clone()),
        name: name.to_owned(),
        key,
    })
}

fn pages(table: &str, columns: &[&str], key: &[usize]) -> Pages {
    let key: Vec<&str> = key.iter().map(|n| columns[*n]).collect();
    let (columns, order) = (columns.join(", "), key.join(", "));
    let after = after(&key);
    Pages {
        first: static_text(format!("select {columns} from {table} order by {order} limit ?")),
        next: static_text(format!("select {columns} from {table} where {after} order by {order} limit ?")),
    }
}

/// The condition for rows behind a key, in a form for which every database uses the index: `a >= ? and (a > ? or b > ?)`.
fn after(key: &[&str]) -> String {
    match key {
        [] => String::new(),
        [last] => format!("{last} > ?"),
        [first, rest @ ..] => format!("{first} >= ? and ({first} > ? or ({}))", after(rest)),
    }
}

/// Leaks the text, because statements are cached by the address of their text. A program copies only once.
fn static_text(text: String) -> &'static str {
    text.leak()
}

fn wrong(why: &str) -> Error {
    Code::Internal.error().caused_by(format!("this schema cannot be copied: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Migration};

    fn made_of(sql: &'static str, from: Dialect, to: Dialect) -> Result<Vec<TableCopy>> {
        let migrations = [crate::MIGRATIONS, &[Migration { name: "test/0001_one", sql }]].concat();
        made(&Schema::declared(from, &migrations)?, &Schema::declared(to, &migrations)?)
    }

    #[test]
    fn parents_come_before_children_and_leases_are_not_copied() {
        let sql = "create table b (id {id});\ncreate table a (id {id}, b bigint, foreign key (b) references b (id));";
        let plan = made_of(sql, Dialect::Sqlite, Dialect::Postgres).unwrap();
        let names: Vec<&str> = plan.iter().map(|table_copy| table_copy.name.as_str()).collect();
        assert_eq!(names, ["b", "a", "consumer_positions", "idempotency_records", "outbox", "parked_events"]);
        let circle = "create table a (id {id}, b bigint, foreign key (b) references b (id));
create table b (id {id}, a bigint, foreign key (a) references a (id));";
        let error = format!("{:?}", made_of(circle, Dialect::Sqlite, Dialect::MySql).err().unwrap());
        assert!(error.contains("circle"), "{error}");
    }

    #[test]
    fn an_event_keeps_its_sequence_number() {
        let outbox =
            |from, to| made_of("", from, to).unwrap().into_iter().find(|table_copy| table_copy.name == OUTBOX).unwrap();
        let there = outbox(Dialect::Sqlite, Dialect::Postgres);
        let rest = "topic, event_key, payload, trace, created_at";
        assert_eq!(
            there.source.first,
            format!("select {{position}}, {rest}, {{position}} from outbox order by {{position}} limit ?")
        );
        assert_eq!(there.target.first, format!("select id, {rest}, position from outbox order by id limit ?"));
        assert_eq!(there.insert, format!("insert into outbox (id, {rest}, position) values [(?, ?, ?, ?, ?, ?, ?)]"));
        let back = outbox(Dialect::MySql, Dialect::Sqlite);
        assert_eq!(back.source.first, format!("select {{position}}, {rest} from outbox order by {{position}} limit ?"));
        assert_eq!(back.insert, format!("insert into outbox (id, {rest}) values [(?, ?, ?, ?, ?, ?)]"));
    }

    #[test]
    fn the_next_page_begins_behind_the_last_row() {
        assert_eq!(after(&["a"]), "a > ?");
        assert_eq!(after(&["a", "b"]), "a >= ? and (a > ? or (b > ?))");
        assert_eq!(after(&["a", "b", "c"]), "a >= ? and (a > ? or (b >= ? and (b > ? or (c > ?))))");
    }

    #[test]
    fn a_table_that_cannot_be_copied_is_a_bug_found_at_once() {
        let without_key = made_of("create table notes (note {text});", Dialect::Sqlite, Dialect::Postgres);
        assert!(format!("{:?}", without_key.err().unwrap()).contains("notes has no primary key"));
        let sql = "create table notes (id {id});\n{servers: alter table notes add column note varchar(9)};";
        let other = made_of(sql, Dialect::Sqlite, Dialect::MySql);
        assert!(format!("{:?}", other.err().unwrap()).contains("notes has other columns"));
    }
}
