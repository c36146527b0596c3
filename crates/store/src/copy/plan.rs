//! Which tables are copied, in which order, and by which statements.

use crate::schema::{Kind, Schema, Table};
use kernel::{Code, Error, Result};

/// Tables whose rows belong to the instances and not to the shop.
const LEFT: &[&str] = &["leases", "lease_fences", "store_probe"];
/// The outbox, whose facts are known by their place in the stream. It is the id itself where commits land in the order of
/// ids, and a column of its own elsewhere; a copied fact has it as both.
const OUTBOX: &str = "outbox";
const PLACES: [&str; 2] = ["id", "position"];
const PLACE: &str = "{position}";

/// A table on its way.
pub(super) struct Moving {
    pub name: String,
    /// Where the columns of its primary key are in a row.
    pub key: Vec<usize>,
    /// The columns as the source has them.
    pub source: Pages,
    /// The same columns as the target has them.
    pub target: Pages,
    /// Puts rows into the target.
    pub insert: &'static str,
    /// How many rows the source has.
    pub count: &'static str,
    /// Whether the target has a row.
    pub any: &'static str,
    /// Empties the target.
    pub delete: &'static str,
    /// The column with automatic ids.
    pub automatic: Option<String>,
}

/// Reads a table in the order of its primary key: the first page takes the number of rows, the next ones take before it
/// what [`super::rows`] makes of the key of the last row.
pub(super) struct Pages {
    pub first: &'static str,
    pub next: &'static str,
}

/// Parents before the children of foreign keys.
pub(super) fn made(source: &Schema, target: &Schema) -> Result<Vec<Moving>> {
    let mut made: Vec<Moving> = Vec::new();
    let mut left: Vec<(&String, &Table)> =
        target.tables.iter().filter(|(name, _)| !LEFT.contains(&name.as_str())).collect();
    while !left.is_empty() {
        let waits = |table: &Table, name: &str| {
            let parents = table.references.iter().map(|reference| &reference.table);
            parents.into_iter().any(|parent| parent != name && !made.iter().any(|moving| moving.name == *parent))
        };
        let next = left.iter().position(|(name, table)| !waits(table, name));
        let (name, table) = left.remove(next.ok_or_else(|| wrong("foreign keys go in a circle"))?);
        made.push(moving(name, source.tables.get(name).ok_or_else(|| wrong(name))?, table)?);
    }
    Ok(made)
}

fn moving(name: &str, source: &Table, target: &Table) -> Result<Moving> {
    let place = |column: &str| name == OUTBOX && PLACES.contains(&column);
    let columns: Vec<&str> = target.columns.iter().map(|column| column.name.as_str()).collect();
    let here = source.columns.iter().map(|column| column.name.as_str());
    let same = columns.iter().copied().filter(|column| !place(column)).eq(here.filter(|column| !place(column)));
    if !same {
        return Err(wrong(&format!("{name} has other columns on the other side")));
    }
    let read: Vec<&str> = columns.iter().map(|column| if place(column) { PLACE } else { column }).collect();
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
    Ok(Moving {
        source: pages(name, &read, &key),
        target: pages(name, &columns, &key),
        insert: kept(format!("insert into {name} ({}) values [({questions})]", columns.join(", "))),
        count: kept(format!("select count(*) from {name}")),
        any: kept(format!("select 1 from {name} limit 1")),
        delete: kept(format!("delete from {name}")),
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
        first: kept(format!("select {columns} from {table} order by {order} limit ?")),
        next: kept(format!("select {columns} from {table} where {after} order by {order} limit ?")),
    }
}

/// Behind a key of several columns, in words that every database finds by its index: `a >= ? and (a > ? or b > ?)`.
fn after(key: &[&str]) -> String {
    match key {
        [] => String::new(),
        [last] => format!("{last} > ?"),
        [first, rest @ ..] => format!("{first} >= ? and ({first} > ? or ({}))", after(rest)),
    }
}

/// A statement is known by the address of its text, so that the text must stay where it is. A program copies once.
fn kept(text: String) -> &'static str {
    text.leak()
}

fn wrong(why: &str) -> Error {
    Code::Internal.error().caused_by(format!("this schema cannot be copied: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Migration};

    fn made_of(sql: &'static str, from: Dialect, to: Dialect) -> Result<Vec<Moving>> {
        let migrations = [crate::MIGRATIONS, &[Migration { name: "test/0001_one", sql }]].concat();
        made(&Schema::declared(from, &migrations)?, &Schema::declared(to, &migrations)?)
    }

    #[test]
    fn parents_come_before_children_and_leases_stay() {
        let sql = "create table b (id {id});\ncreate table a (id {id}, b bigint, foreign key (b) references b (id));";
        let plan = made_of(sql, Dialect::Sqlite, Dialect::Postgres).unwrap();
        let names: Vec<&str> = plan.iter().map(|moving| moving.name.as_str()).collect();
        assert_eq!(names, ["b", "a", "consumer_positions", "idempotency_records", "outbox", "parked_events"]);
        let circle = "create table a (id {id}, b bigint, foreign key (b) references b (id));
create table b (id {id}, a bigint, foreign key (a) references a (id));";
        let told = format!("{:?}", made_of(circle, Dialect::Sqlite, Dialect::MySql).err().unwrap());
        assert!(told.contains("circle"), "{told}");
    }

    #[test]
    fn a_fact_is_known_by_its_place() {
        let outbox =
            |from, to| made_of("", from, to).unwrap().into_iter().find(|moving| moving.name == OUTBOX).unwrap();
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
