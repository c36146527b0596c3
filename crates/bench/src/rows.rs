//! Compares what one order adds on each side: rows and bytes per table.

use rusqlite::{Connection, OpenFlags};
use std::{collections::BTreeMap, path::Path};

/// How the names of the read models begin. Reactions write them after an order, and no baseline has them.
pub const READ_MODELS: &str = "mv_";

/// Rows and their bytes, as text, per table.
pub type Counts = BTreeMap<String, (i64, i64)>;

/// Tables that the running server touches on its own.
const LEFT_OUT: &[&str] = &["store_probe", "consumer_positions", "schema_migrations"];

/// Counts every table of the file.
pub fn count(path: &Path) -> rusqlite::Result<Counts> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut names = conn.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let ours = names.into_iter().filter(|name| !LEFT_OUT.contains(&name.as_str()));
    ours.map(|name| {
        let mut columns = conn.prepare(&format!("select name from pragma_table_info('{name}')"))?;
        let columns = columns.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let lengths: Vec<String> = columns.iter().map(|column| format!("coalesce(length({column}), 0)")).collect();
        let sql = format!("select count(*), coalesce(sum({}), 0) from {name}", lengths.join(" + "));
        let counted = conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((name, counted))
    })
    .collect()
}

/// What was added between two counts. Bytes that only grew because a counter has more digits are not counted.
pub fn added(before: &Counts, after: &Counts) -> Counts {
    let grown = after.iter().map(|(name, (rows, bytes))| {
        let (rows_before, bytes_before) = before.get(name).copied().unwrap_or_default();
        (name.clone(), (rows - rows_before, bytes - bytes_before))
    });
    grown.filter(|(_, (rows, _))| *rows != 0).collect()
}

/// The rows of the order itself, and those of the read models.
pub fn parted(added: Counts) -> (Counts, Counts) {
    added.into_iter().partition(|(name, _)| !name.starts_with(READ_MODELS))
}

/// Whether both added the same rows of about the same size.
pub fn alike(one: &Counts, other: &Counts) -> bool {
    let rows = |counts: &Counts| counts.iter().map(|(name, (rows, _))| (name.clone(), *rows)).collect::<Vec<_>>();
    let bytes = |counts: &Counts| counts.values().map(|(_, bytes)| *bytes).sum::<i64>();
    let (one_bytes, other_bytes) = (bytes(one), bytes(other));
    rows(one) == rows(other) && (one_bytes - other_bytes).abs() * 20 <= one_bytes
}

/// What was added, in words.
pub fn shown(added: &Counts) -> String {
    let parts: Vec<String> = added.iter().map(|(name, (rows, bytes))| format!("{name} {rows} ({bytes} B)")).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, i64, i64)]) -> Counts {
        all.iter().map(|(name, rows, bytes)| ((*name).to_owned(), (*rows, *bytes))).collect()
    }

    #[test]
    fn read_models_are_no_part_of_the_order() {
        let (order, views) = parted(counts(&[("mv_orders", 1, 150), ("order_items", 3, 300), ("orders", 1, 200)]));
        assert!(alike(&order, &counts(&[("order_items", 3, 310), ("orders", 1, 195)])));
        assert_eq!(shown(&views), "mv_orders 1 (150 B)");
        assert!(!alike(&order, &counts(&[("order_items", 2, 310), ("orders", 1, 195)])), "a line is missing");
        assert!(!alike(&order, &counts(&[("order_items", 3, 600), ("orders", 1, 195)])), "twice as large");
    }
}
