//! The database's own check of its pages: rows can be damaged in a way that every query of an audit overlooks.

use crate::dialect::{Extension, OwnCheck};
use crate::{Db, Row, Tx, args, kept::kept};
use kernel::Result;
use std::time::{Duration, Instant};

/// How long tables and indexes are checked one by one; those that are left then are not begun.
const CHECKED_FOR: Duration = Duration::from_secs(10);
/// Tables and indexes with fewer bytes are checked all at once: in a small shop, asking for one costs more than checking it. All of
/// the program's together stay below 40 MB.
const SMALL: i64 = 128 * 1024;
/// Names of what was not checked that a report lists.
const NAMED_MAX: usize = 5;

/// What the database says about itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Integrity {
    /// What is wrong; empty when nothing is.
    pub wrong: Vec<String>,
    /// What it could not check, and why.
    pub not_checked: Vec<String>,
}

/// What the database finds wrong with itself. An error when it cannot be asked. The thorough check of a SQLite file also compares
/// every index with its table, which takes ten times as long.
pub(crate) async fn look(db: &Db, thorough: bool) -> Result<Integrity> {
    let wrong = match db.url().dialect().own_check() {
        OwnCheck::Pages(names) => pages(db, names, thorough).await?,
        OwnCheck::Tables(sql) => db.read("store.integrity", move |tx| tables(tx, sql)).await?,
        OwnCheck::Extension(extension) => return with_extension(db, &extension).await,
    };
    Ok(Integrity { wrong, not_checked: Vec::new() })
}

async fn with_extension(db: &Db, extension: &Extension) -> Result<Integrity> {
    let sql = extension.counted;
    let counted = move |tx: &mut Tx<'_>| {
        tx.query(sql, args![], |row| Ok(format!("{} pages with a wrong checksum were read", row.next::<i64>()?)))
    };
    let mut found = Integrity { wrong: db.read("store.integrity", counted).await?, not_checked: Vec::new() };
    let Some(schema) = schema_of(db, extension).await? else {
        let why = "tables and indexes: PostgreSQL has no amcheck that this user may use; an administrator of the database can \
                   run: create extension amcheck";
        found.not_checked.push(why.to_owned());
        return Ok(found);
    };
    let relations = match small_together(db, &schema).await {
        Some(larger) => larger,
        // what is wrong, and where, is found one by one
        None => {
            let sql = extension.relations;
            db.read("store.integrity", move |tx| tx.query(sql, args![0_i64], relation)).await?
        }
    };
    let (began, mut left) = (Instant::now(), Vec::new());
    for (id, name, is_index) in relations {
        if began.elapsed() >= CHECKED_FOR {
            left.push(name);
            continue;
        }
        let sql = kept(Extension::check(&schema, is_index));
        // each in a transaction of its own, because PostgreSQL ends one with the first error
        match db.read("store.integrity", move |tx| tx.query(sql, args![id], |row| row.next::<String>())).await {
            Ok(lines) => {
                found.wrong.extend(lines.iter().filter(|line| !line.is_empty()).map(|line| format!("{name}: {line}")));
            }
            Err(error) if Extension::is_damage(&error.stored()) => {
                found.wrong.push(format!("{name}: {}", error.stored()));
            }
            // out of time, or it no longer exists
            Err(error) => {
                tracing::warn!(relation = name, ?error, "an integrity check could not be done");
                left.push(name);
            }
        }
    }
    if !left.is_empty() {
        let (count, some) = (left.len(), left.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", "));
        found.not_checked.push(format!("{count} tables and indexes in the time for it, such as {some}"));
    }
    Ok(found)
}

/// Checks everything small at once, and gives the rest. `None` when something is wrong.
async fn small_together(db: &Db, schema: &str) -> Option<Vec<(i64, String, bool)>> {
    let sql = kept(Extension::check_small(schema));
    let look = move |tx: &mut Tx<'_>| {
        tx.query(sql, args![SMALL], |row| {
            Ok((row.next::<i64>()?, row.next::<Option<String>>()?, row.next::<i64>()? == 1))
        })
    };
    let larger = db.read("store.integrity", look).await.ok()?;
    larger.into_iter().map(|(id, name, is_index)| Some((id, name?, is_index))).collect()
}

fn relation(row: &Row<'_>) -> Result<(i64, String, bool)> {
    Ok((row.next()?, row.next()?, row.next::<i64>()? == 1))
}

/// The schema with the functions of the extension, which is installed if that is allowed.
async fn schema_of(db: &Db, extension: &Extension) -> Result<Option<String>> {
    let found = db.read("store.integrity", one(extension.installed)).await?;
    if found.is_some() || db.read("store.integrity", one(extension.available)).await?.is_none() {
        return Ok(found);
    }
    let install = extension.install;
    match db.write("store.install-check", move |tx| tx.exec(install, args![]).map(|_| ())).await {
        Ok(()) => db.read("store.integrity", one(extension.installed)).await,
        Err(error) => {
            tracing::debug!(?error, "amcheck cannot be installed");
            Ok(None)
        }
    }
}

fn one(sql: &'static str) -> impl Fn(&mut Tx<'_>) -> Result<Option<String>> + Clone + Send + 'static {
    move |tx| tx.query_first(sql, args![], |row| row.next())
}

/// One table after the other, each in a read of its own, because the log cannot be cut back during a read.
async fn pages(db: &Db, names: &'static str, thorough: bool) -> Result<Vec<String>> {
    let tables = db.read("store.integrity", move |tx| tx.query(names, args![], |row| row.next::<String>())).await?;
    let check = if thorough { "integrity_check" } else { "quick_check" };
    let mut wrong = Vec::new();
    for table in tables {
        let sql = kept(format!("pragma {check}('{table}')"));
        match db.read("store.integrity", move |tx| tx.query(sql, args![], |row| row.next::<String>())).await {
            Ok(lines) => wrong.extend(lines.into_iter().filter(|line| line != "ok")),
            // a file that is damaged badly ends its own check
            Err(error) => wrong.push(format!("the check of {table} failed: {}", error.stored())),
        }
    }
    Ok(wrong)
}

fn tables(tx: &mut Tx<'_>, sql: &'static str) -> Result<Vec<String>> {
    let tables = tx.query(sql, args![], |row| Ok((row.next::<String>()?, row.next::<i64>()?)))?;
    let (small, large): (Vec<_>, Vec<_>) = tables.into_iter().partition(|(_, bytes)| *bytes < SMALL);
    let small: Vec<String> = small.into_iter().map(|(name, _)| name).collect();
    let lists =
        [small.join(", ")].into_iter().filter(|list| !list.is_empty()).chain(large.into_iter().map(|(name, _)| name));
    let mut wrong = Vec::new();
    for list in lists {
        let found = tx.query(kept(format!("check table {list}")), args![], |row| {
            let [table, _operation, kind, text] = [row.next()?, row.next()?, row.next()?, row.next()?];
            Ok::<(String, String, String), _>((table, kind, text))
        })?;
        let bad = found.into_iter().filter(|(_, kind, text)| text != "OK" && kind != "note");
        wrong.extend(bad.map(|(table, kind, text)| format!("{table}: {kind}: {text}")));
    }
    Ok(wrong)
}
