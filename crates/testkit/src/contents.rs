//! What is in the database, table by table, so that a test can say "and nothing was written".

use crate::shop::Inner;
use kernel::Result;
use parking_lot::Mutex;
use server::assembly;
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, LazyLock},
};
use store::{Column, Row, Tx, args};

/// Tables whose rows say nothing about the shop: what the store and its instances write for themselves.
const LEFT_OUT: &[&str] = &["store_probe", "schema_migrations", "leases"];

/// A look at the shop's rows below its code.
pub struct Window {
    shop: Arc<Inner>,
}

/// Rows and their digest per table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents(BTreeMap<&'static str, (usize, u64)>);

impl Window {
    pub(crate) fn of(shop: Arc<Inner>) -> Window {
        Window { shop }
    }

    /// Changes with every commit of the shop; two equal values mean that nothing was written in between.
    pub fn version(&self) -> u64 {
        self.shop.app().db.counts().commits
    }

    /// Everything, to be compared with everything later.
    pub fn contents(&self) -> Contents {
        let all = |tx: &mut Tx<'_>| TABLES.iter().map(|table| Ok((*table, digest(tx, table)?))).collect();
        Contents(self.read("every table", all))
    }

    /// The first column of the first row, as a number.
    pub fn number(&self, sql: &str) -> i64 {
        let sql = kept(sql);
        self.read(sql, move |tx| tx.query_one(sql, args![], |row| row.get(0)))
    }

    /// The first column of every row, as text.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let sql = kept(sql);
        self.read(sql, move |tx| tx.query(sql, args![], |row| row.get(0)))
    }

    /// Every row of a query as one line of text, columns separated by ` | `.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        let sql = kept(sql);
        self.read(sql, move |tx| tx.query(sql, args![], line))
    }

    fn read<T: Send + 'static>(&self, what: &str, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
        let db = self.shop.app().db.clone();
        fixture::wait(db.read("test.look", work)).unwrap_or_else(|error| panic!("{error:?} in {what}"))
    }
}

/// The tables of the shop, as its migrations make them, without those whose rows say nothing about the shop. They are looked for once:
/// a test of bad bodies asks for all contents a thousand times.
pub static TABLES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let made = assembly::migrations().into_iter().flat_map(|migration| migration.sql.split("create table ").skip(1));
    let names = made.map(|rest| rest.split([' ', '(', '\n']).next().unwrap_or_default());
    let dropped = |name: &str| {
        assembly::migrations().iter().any(|one| one.sql.contains(&format!("drop table if exists {name};")))
    };
    names.filter(|name| !LEFT_OUT.contains(name) && !dropped(name)).collect()
});

fn digest(tx: &mut Tx<'_>, table: &str) -> Result<(usize, u64)> {
    let mut lines = tx.query(kept(&format!("select * from {table}")), args![], line)?;
    // a server gives rows in the order that it likes
    lines.sort();
    let mut hash = DefaultHasher::new();
    lines.hash(&mut hash);
    Ok((lines.len(), hash.finish()))
}

fn line(row: &Row<'_>) -> Result<String> {
    let columns = (0..row.columns()).map(|n| row.column(n).map(shown));
    columns.collect::<Result<Vec<String>>>().map(|columns| columns.join(" | "))
}

fn shown(column: Column<'_>) -> String {
    match column {
        Column::Null => "null".to_owned(),
        Column::Int(n) => n.to_string(),
        Column::Text(text) => text.to_owned(),
    }
}

/// The same text for as long as the program runs, which is what statements have to be.
fn kept(sql: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = KEPT.lock();
    if let Some(known) = all.get(sql) {
        return known;
    }
    let text: &'static str = Box::leak(sql.into());
    all.insert(text);
    text
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
        self.0.retain(|table, _| !tables.contains(table));
        self
    }
}
