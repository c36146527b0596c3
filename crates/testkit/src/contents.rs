//! What is in the database, table by table, read beside the store so that a test can say "and nothing was written".

use rusqlite::{Connection, OpenFlags, types::ValueRef};
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

/// Tables whose rows say nothing about the shop: what the store writes to see whether it can write.
const LEFT_OUT: &[&str] = &["store_probe", "schema_migrations"];

/// A second connection to the shop's file.
pub struct Window {
    conn: Connection,
}

/// Rows and their digest per table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents(BTreeMap<String, (u64, u64)>);

impl Window {
    /// Opens the file for reading.
    pub fn open(path: &Path) -> Window {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags).expect("the shop's file opens");
        conn.busy_timeout(std::time::Duration::from_secs(5)).expect("a timeout can be set");
        Window { conn }
    }

    /// Changes whenever anybody else commits a change; two equal values mean that nothing was written in between.
    pub fn version(&self) -> i64 {
        self.number("pragma data_version")
    }

    /// The tables of the shop.
    pub fn tables(&self) -> Vec<String> {
        let sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name";
        let names = self.texts(sql);
        names.into_iter().filter(|name| !LEFT_OUT.contains(&name.as_str())).collect()
    }

    /// Everything, to be compared with everything later.
    pub fn contents(&self) -> Contents {
        Contents(self.tables().into_iter().map(|table| (table.clone(), self.digest(&table))).collect())
    }

    /// Rows per table.
    pub fn counts(&self) -> BTreeMap<String, i64> {
        self.tables()
            .into_iter()
            .map(|table| (table.clone(), self.number(&format!("select count(*) from {table}"))))
            .collect()
    }

    /// The first column of the first row, as a number.
    pub fn number(&self, sql: &str) -> i64 {
        self.conn.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{error} in {sql}"))
    }

    /// The first column of every row, as text.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.conn.prepare(sql).unwrap_or_else(|error| panic!("{error} in {sql}"));
        let rows = statement.query_map([], |row| row.get(0)).expect("a query runs");
        rows.map(|text| text.expect("text")).collect()
    }

    /// Every row of a query as one line of text, columns separated by ` | `.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        let mut statement = self.conn.prepare(sql).unwrap_or_else(|error| panic!("{error} in {sql}"));
        let columns = statement.column_count();
        let mut rows = statement.query([]).expect("a query runs");
        let mut found = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            let texts: Vec<String> = (0..columns).map(|n| shown(row.get_ref(n).expect("a column"))).collect();
            found.push(texts.join(" | "));
        }
        found
    }

    fn digest(&self, table: &str) -> (u64, u64) {
        let mut hash = DefaultHasher::new();
        let lines = self.lines(&format!("select * from {table}"));
        lines.hash(&mut hash);
        (lines.len() as u64, hash.finish())
    }
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

impl Contents {
    /// The tables in which `other` differs, with rows here and there.
    pub fn differences(&self, other: &Contents) -> Vec<String> {
        let rows = |of: &Contents, table: &str| of.0.get(table).map_or(0, |(rows, _)| *rows);
        let changed = self.0.iter().filter(|(table, digest)| other.0.get(*table) != Some(*digest));
        changed.map(|(table, _)| format!("{table}: {} rows, then {}", rows(self, table), rows(other, table))).collect()
    }

    /// Leaves tables out of the comparison.
    pub fn without(mut self, tables: &[&str]) -> Contents {
        self.0.retain(|table, _| !tables.contains(&table.as_str()));
        self
    }
}
