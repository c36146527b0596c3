//! Forward-only migrations, embedded in the binary. One text serves all databases; each migration is applied once.

use crate::connection::{Committed, Server};
use crate::{Db, Limits, Settings, Tx, args, file, open, schema::Schema};
use kernel::{Code, Error, Random, Result};
use std::{collections::HashSet, time::Duration};

/// One step of the schema. Never change a published one; add the next.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `domain/0001_what`: unique, because `schema_migrations` records it.
    pub name: &'static str,
    /// Statements separated by `;` at the end of a line, with the tokens of [`crate::dialect`].
    pub sql: &'static str,
}

/// Fills a new column of old rows with what only the program can work out, such as a folded name. The rows say themselves what
/// is missing, so it runs at every start, finds nothing in the usual case, and also fills what an older instance wrote while
/// a newer one was running.
#[derive(Debug, Clone, Copy)]
pub struct Backfill {
    /// `domain.what`, for logs.
    pub name: &'static str,
    /// Fills the next few hundred rows with an id above `after`, and returns the last id; `None` when there are no more.
    pub chunk: fn(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>>,
}

/// Attempts at one chunk: another instance that serves already may take a unique key first.
const BACKFILL_ATTEMPTS: usize = 5;

/// Runs the backfills in order, chunk by chunk. A chunk that was stored is not done again after a crash.
pub(crate) async fn fill(db: &Db, backfills: Vec<Backfill>) -> Result<()> {
    for Backfill { name, chunk } in backfills {
        let (mut after, mut failures, mut filled) = (0, 0, false);
        loop {
            match db.write(name, move |tx| chunk(tx, after)).await {
                Ok(Some(last)) => (after, filled) = (last, true),
                Ok(None) => break,
                Err(error) if error.code() == Code::Conflict && failures < BACKFILL_ATTEMPTS => failures += 1,
                Err(error) => return Err(error),
            }
        }
        if filled {
            tracing::info!(name, "old rows filled");
        }
    }
    Ok(())
}

/// Whether migrations were ever applied to the database, that is, whether it is a shop's. It only reads: opening a [`Db`] would make
/// a file that is missing, and turn an empty one into a database. Blocking: call it from a thread of its own, never from async code.
pub fn holds_a_shop(settings: &Settings) -> Result<bool> {
    if let Some(path) = settings.url.file() {
        if matches!(path.try_exists(), Ok(false)) {
            return Ok(false);
        }
        file::must_have_its_own_log(path)?;
    }
    let mut conn = open::reader(&settings.url, &settings.limits())?;
    conn.begin_reading()?;
    let mut random = Random::from_system();
    let found = Schema::found(&mut Tx::new(&mut *conn, settings.clock.now(), &mut random, false))?;
    conn.end_reading()?;
    Ok(found.tables.contains_key(TABLE))
}

/// The table that records which migrations were applied.
pub(crate) const TABLE: &str = "schema_migrations";

const APPLIED_TABLE: &str = "create table if not exists schema_migrations (
    name varchar(120) not null primary key,
    applied_at bigint not null
) {table}";
const APPLIED: &str = "select name from schema_migrations";
const RECORD: &str = "insert into schema_migrations (name, applied_at) values (?, ?)";

const DELETE_STEPS: &str = "delete from schema_migrations where name <> ? and name {like} ?";

pub(crate) const STATEMENTS: &[&str] = &[APPLIED_TABLE, APPLIED, RECORD, DELETE_STEPS];

/// How long one step may take on a server: creating an index on a large table takes long.
const STEP_MAX: Duration = Duration::from_secs(3_600);

/// Applies the missing migrations in order, each in its own transaction where the database supports that. Returns the names
/// that this call applied.
pub(crate) async fn apply(db: &Db, migrations: Vec<Migration>) -> Result<Vec<&'static str>> {
    let Some(lock) = db.url().dialect().schema_lock() else { return by_the_writer(db, migrations).await };
    let db = db.clone();
    let applied = tokio::task::spawn_blocking(move || on_a_server(&db, lock, &migrations)).await;
    applied.map_err(|e| Code::Internal.error().caused_by(e))?
}

async fn by_the_writer(db: &Db, migrations: Vec<Migration>) -> Result<Vec<&'static str>> {
    let before = db.write("store.migrations", applied).await?;
    warn_of_newer(&before, &migrations);
    let mut done = Vec::new();
    for migration in migrations.into_iter().filter(|migration| !before.contains(migration.name)) {
        // another process may have applied it since
        let apply = move |tx: &mut Tx<'_>| {
            let is_missing = !applied(tx)?.contains(migration.name);
            if is_missing { apply_one(tx, &migration, &HashSet::new()).map(|()| true) } else { Ok(false) }
        };
        if db.write("store.migrate", apply).await? {
            tracing::info!(migration = migration.name, "schema changed");
            done.push(migration.name);
        }
    }
    Ok(done)
}

/// Says in the log which migrations this program does not know. It can serve, because an older instance goes on beside newer ones while
/// these are started one after the other; but what a newer program stored it may read wrongly.
fn warn_of_newer(applied: &HashSet<String>, migrations: &[Migration]) {
    for name in newer(applied, migrations) {
        tracing::warn!(
            migration = name,
            "a newer program has changed the schema; this one may read wrongly what it stored"
        );
    }
}

/// The migrations that were applied and are none of these, in order. Steps are named after their migration.
pub(crate) fn newer<'a>(applied: &'a HashSet<String>, migrations: &[Migration]) -> Vec<&'a str> {
    let is_known = |name: &str| migrations.iter().any(|one| Some(one.name) == name.split('#').next());
    let mut newer: Vec<&str> = applied.iter().map(String::as_str).filter(|name| !is_known(name)).collect();
    newer.sort_unstable();
    newer
}

/// C001 for a database that counts bytes instead of characters.
fn must_count_characters(tx: &mut Tx<'_>) -> Result<()> {
    let Some(query) = tx.conn.dialect().encoding() else { return Ok(()) };
    let encoding: String = tx.query_one(query, args![], |row| row.get(0))?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(Code::Internal
        .error()
        .caused_by(format!("the encoding of the database is {encoding}; make one with encoding UTF8")))
}

/// Uses a connection of its own and a lock that ends with it. If several instances start together, the first one applies the
/// migrations while the others wait.
fn on_a_server(db: &Db, lock: &'static str, migrations: &[Migration]) -> Result<Vec<&'static str>> {
    let limits = Limits { statement: STEP_MAX, ..db.limits() };
    let mut conn = open::writer(db.url(), &limits)?;
    let mut in_transaction = |work: &mut dyn FnMut(&mut Tx<'_>) -> Result<()>| {
        let mut random = Random::from_system();
        conn.begin()?;
        work(&mut Tx::new(&mut *conn, db.clock().now(), &mut random, true))?;
        committed(&mut *conn)
    };
    in_transaction(&mut |tx| tx.query(lock, args![], |_| Ok(())).map(|_| ()))?;
    let mut before = HashSet::new();
    in_transaction(&mut must_count_characters)?;
    in_transaction(&mut |tx| applied(tx).map(|found| before = found))?;
    warn_of_newer(&before, migrations);
    let mut done = Vec::new();
    for migration in migrations.iter().filter(|migration| !before.contains(migration.name)) {
        in_transaction(&mut |tx| apply_one(tx, migration, &before))?;
        tracing::info!(migration = migration.name, "schema changed");
        done.push(migration.name);
    }
    Ok(done)
}

fn committed(conn: &mut dyn Server) -> Result<()> {
    match conn.commit() {
        Committed::Done => Ok(()),
        Committed::Retry(error) | Committed::Refused(error) | Committed::Unknown(error) => Err(error),
    }
}

fn applied(tx: &mut Tx<'_>) -> Result<HashSet<String>> {
    tx.exec(APPLIED_TABLE, args![])?;
    Ok(tx.query(APPLIED, args![], |row| row.get::<String>(0))?.into_iter().collect())
}

/// Applies one migration. Where the database cannot roll back a change of the schema, each step is recorded under the
/// migration's name and its number. `before` then holds the steps that a process finished before it ended early. That process
/// may also have ended between a step and its record, so the first step here may find that it is done already.
fn apply_one(tx: &mut Tx<'_>, migration: &Migration, before: &HashSet<String>) -> Result<()> {
    let dialect = tx.conn.dialect();
    let text = dialect.render(migration.sql, &[]);
    let steps = steps(&text);
    let name = |n: usize| format!("{}#{n}", migration.name);
    let now = tx.now();
    if dialect.changes_schema_in_transactions() {
        for step in steps {
            tx.conn.run(&dialect.schema_step(step)).map_err(|e| failed(migration, step, &e))?;
        }
    } else {
        let mut first = true;
        for (n, step) in steps.enumerate().filter(|(n, _)| !before.contains(&name(*n))) {
            match tx.conn.run(&dialect.schema_step(step)) {
                Err(error) if first && error.code() == Code::Conflict => {}
                taken => taken.map_err(|e| failed(migration, step, &e))?,
            }
            first = false;
            tx.exec(RECORD, args![name(n), now])?;
        }
        tx.exec(DELETE_STEPS, args![migration.name, format!("{}#%", migration.name)])?;
    }
    tx.exec(RECORD, args![migration.name, now]).map(|_| ())
}

/// The statements of a rendered migration.
pub(crate) fn steps(text: &str) -> impl Iterator<Item = &str> {
    text.split(";\n").map(str::trim).map(|step| step.trim_end_matches(';')).filter(|step| !step.is_empty())
}

fn failed(migration: &Migration, step: &str, error: &Error) -> Error {
    Code::Internal.error().caused_by(format!("{}: {error:?} in: {step}", migration.name))
}
