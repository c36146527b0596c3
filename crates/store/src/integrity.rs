//! The database's own check of its pages: rows can be damaged in a way that every query of an audit overlooks.

use crate::{Db, Dialect, Tx, args};
use kernel::Result;
use parking_lot::Mutex;
use std::collections::BTreeSet;

const SQLITE: &str = "pragma integrity_check(100)";
/// What pages whose checksum was wrong were counted since the server started; null when checksums are off.
const POSTGRES: &str = "select checksum_failures from pg_stat_database
    where datname = current_database() and checksum_failures > 0";
const MYSQL_TABLES: &str = "select table_name from information_schema.tables
    where table_schema = database() and table_type = 'BASE TABLE' order by table_name";

/// What the database finds wrong with itself; empty when it finds nothing, or has no check.
///
/// SQLite reads every page and compares indexes with their tables; MySQL and MariaDB check every table; PostgreSQL has counted
/// wrong checksums of the pages that were read.
pub(crate) async fn look(db: &Db) -> Result<Vec<String>> {
    db.read("store.integrity", |tx| match tx.conn.dialect() {
        Dialect::Sqlite => sqlite(tx),
        Dialect::Postgres => tx.query(POSTGRES, args![], |row| {
            Ok(format!("{} pages with a wrong checksum were read", row.get::<i64>(0)?))
        }),
        Dialect::MySql => mysql(tx),
    })
    .await
}

fn sqlite(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let mut found = tx.query(SQLITE, args![], |row| row.get::<String>(0))?;
    found.retain(|line| line != "ok");
    Ok(found)
}

fn mysql(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let tables = tx.query(MYSQL_TABLES, args![], |row| row.get::<String>(0))?;
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let checked = tx.query(kept(format!("check table {}", tables.join(", "))), args![], |row| {
        Ok((row.get::<String>(0)?, row.get::<String>(2)?, row.get::<String>(3)?))
    })?;
    let wrong = |(table, kind, text): (String, String, String)| {
        let good = text == "OK" || kind == "note" || text == "Table is already up to date";
        (!good).then(|| format!("{table}: {kind}: {text}"))
    };
    Ok(checked.into_iter().filter_map(wrong).collect())
}

/// The text for as long as the program runs, because connections keep their prepared statements. There is one for each schema.
fn kept(text: String) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock();
    if let Some(known) = texts.get(text.as_str()) {
        return known;
    }
    let new: &'static str = text.leak();
    texts.insert(new);
    new
}
