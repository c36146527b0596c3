//! The database's own check of its pages: rows can be damaged in a way that every query of an audit overlooks.

use crate::{Db, Tx, args, dialect::OwnCheck};
use kernel::Result;
use parking_lot::Mutex;
use std::collections::BTreeSet;

/// What the database finds wrong with itself; empty when it finds nothing. An error when it cannot be asked.
pub(crate) async fn look(db: &Db) -> Result<Vec<String>> {
    db.read("store.integrity", |tx| match tx.conn.dialect().own_check() {
        OwnCheck::Pages(sql) => Ok(pages(tx, sql)),
        OwnCheck::Tables(sql) => tables(tx, sql),
        OwnCheck::Counted(sql) => {
            tx.query(sql, args![], |row| Ok(format!("{} pages with a wrong checksum were read", row.get::<i64>(0)?)))
        }
    })
    .await
}

fn pages(tx: &mut Tx<'_>, sql: &'static str) -> Vec<String> {
    match tx.query(sql, args![], |row| row.get::<String>(0)) {
        Ok(lines) => lines.into_iter().filter(|line| line != "ok").collect(),
        // a file that is damaged badly ends its own check
        Err(error) => vec![format!("the check failed: {}", error.stored())],
    }
}

fn tables(tx: &mut Tx<'_>, sql: &'static str) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for table in tx.query(sql, args![], |row| row.get::<String>(0))? {
        let found = tx.query(kept(format!("check table {table}")), args![], |row| {
            Ok((row.get::<String>(2)?, row.get::<String>(3)?))
        })?;
        let bad = found.into_iter().filter(|(kind, text)| text != "OK" && kind != "note");
        wrong.extend(bad.map(|(kind, text)| format!("{table}: {kind}: {text}")));
    }
    Ok(wrong)
}

/// The text for as long as the program runs, because connections keep their prepared statements. There is one for each table.
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
