//! Whether ours and bare leave the same rows behind: counted per table before and after one order on each side.

use rusqlite::{Connection, OpenFlags};
use std::{collections::BTreeMap, path::Path};

/// Rows per table.
pub type Counts = BTreeMap<String, i64>;

/// Tables that the running server touches on its own.
const LEFT_OUT: &[&str] = &["store_probe", "consumer_positions", "schema_migrations"];

/// Counts every table of the file.
pub fn count(path: &Path) -> rusqlite::Result<Counts> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut names = conn.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let ours = names.into_iter().filter(|name| !LEFT_OUT.contains(&name.as_str()));
    ours.map(|name| {
        let rows = conn.query_row(&format!("select count(*) from {name}"), [], |row| row.get(0))?;
        Ok((name, rows))
    })
    .collect()
}

/// What was added between two counts.
pub fn added(before: &Counts, after: &Counts) -> Counts {
    let grown = after.iter().map(|(name, rows)| (name.clone(), rows - before.get(name).copied().unwrap_or(0)));
    grown.filter(|(_, rows)| *rows != 0).collect()
}

/// What was added, in words.
pub fn shown(added: &Counts) -> String {
    let parts: Vec<String> = added.iter().map(|(name, rows)| format!("{name} {rows}")).collect();
    parts.join(", ")
}
