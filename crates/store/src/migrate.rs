//! Forward-only migrations, embedded in the binary. One text for all databases; every one is applied once.

use crate::{Db, Dialect, Tx, args};
use kernel::{Code, Result};

/// One step of the schema. Never change a published one; add the next.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `domain/0001_what`: unique, and how it is remembered.
    pub name: &'static str,
    /// Statements separated by `;` at the end of a line, with the tokens of [`crate::dialect`].
    pub sql: &'static str,
}

const APPLIED_TABLE: &str = "create table if not exists schema_migrations (
    name varchar(120) not null primary key,
    applied_at bigint not null
) {table}";
const APPLIED: &str = "select name from schema_migrations";
const REMEMBER: &str = "insert into schema_migrations (name, applied_at) values (?, ?)";

pub(crate) const STATEMENTS: &[&str] = &[APPLIED_TABLE, APPLIED, REMEMBER];

pub(crate) async fn apply(db: &Db, migrations: Vec<Migration>) -> Result<Vec<&'static str>> {
    let applied = db
        .write("store.migrations", |tx| {
            tx.exec(APPLIED_TABLE, args![])?;
            tx.query(APPLIED, args![], |row| row.get::<String>(0))
        })
        .await?;
    let missing: Vec<Migration> =
        migrations.into_iter().filter(|m| !applied.iter().any(|name| name == m.name)).collect();
    for migration in &missing {
        let migration = *migration;
        db.write("store.migrate", move |tx| one(tx, &migration)).await?;
        tracing::info!(migration = migration.name, "schema changed");
    }
    Ok(missing.iter().map(|m| m.name).collect())
}

fn one(tx: &mut Tx<'_>, migration: &Migration) -> Result<()> {
    let text = Dialect::Sqlite.render(migration.sql, &[]);
    for statement in text.split(";\n").map(str::trim).filter(|s| !s.is_empty()) {
        let statement = statement.trim_end_matches(';');
        tx.conn
            .run(statement)
            .map_err(|e| Code::Internal.error().caused_by(format!("{}: {e:?} in: {statement}", migration.name)))?;
    }
    let now = tx.now();
    tx.exec(REMEMBER, args![migration.name, now]).map(|_| ())
}
