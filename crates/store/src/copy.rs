//! Copies a shop from one database to another: it reads every row in one consistent view of the source, and compares both
//! sides afterwards.
//!
//! One reading job reads the source, table by table, page by page in the order of the primary key. Nothing in the source
//! changes, except that events without a sequence number get one before ([`Transfer::assign_sequence_numbers`]). The target
//! is written in many transactions: when a copy fails half-way, the target must be emptied before the next attempt. No
//! instance may run on either side meanwhile. [`Transfer::side_in_use`] detects one, and an event that is emitted on the
//! source during the copy makes it fail.
//!
//! Two things are not copied: the leases, which belong to the instances, and the record of applied migrations, which both
//! sides have.

mod plan;
mod rows;

use crate::{Db, Migration, Tx, args, migrate, outbox, schema};
use kernel::{Code, Error, Result};
use plan::TableCopy;
use rows::Digest;
use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

const APPLIED: &str = "select name from schema_migrations order by name";
const HEARTBEATS: &str = "select name, fence, beat from leases order by name";
const NEWEST: &str = "select coalesce(max(id), 0) from outbox";

const MARK: &str = "insert into store_probe (id, written_at) values (?, ?)";
const MARKED: &str = "select written_at from store_probe where id = ?";
const UNMARK: &str = "delete from store_probe where id = ?";

pub(crate) const STATEMENTS: &[&str] = &[APPLIED, HEARTBEATS, NEWEST, MARK, MARKED, UNMARK];

/// Events that get their sequence numbers in one job.
const NUMBERED_AT_ONCE: i64 = 1_000;

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The database that is read.
    Source,
    /// The database that is written.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Source => "source",
            Side::Target => "target",
        })
    }
}

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub rows: u64,
    pub rows_total: u64,
}

/// Receives the progress, from the threads that copy.
pub type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// What was copied and is the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In the order in which they were copied.
    pub tables: Vec<Copied>,
}

/// The copy of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    pub rows: u64,
    /// The bytes of all texts, and eight for each number.
    pub bytes: u64,
}

impl Report {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Bytes of all tables.
    pub fn bytes(&self) -> u64 {
        self.tables.iter().map(|table| table.bytes).sum()
    }
}

/// The copy of a shop. Its functions block, so they must not be called from async code.
pub struct Transfer {
    source: Db,
    target: Db,
    migrations: Vec<Migration>,
    tables: Arc<[TableCopy]>,
}

impl Transfer {
    /// A copy from `source` to `target`, which must both have the schema of `migrations`. C001 when a migration cannot be read.
    pub fn new(source: Db, target: Db, migrations: Vec<Migration>) -> Result<Transfer> {
        let declared = |db: &Db| schema::Schema::declared(db.url().dialect(), &migrations);
        let tables = plan::made(&declared(&source)?, &declared(&target)?)?.into();
        Ok(Transfer { source, target, migrations, tables })
    }

    /// Why a side does not have the schema of this program, as sentences; empty if it has.
    pub fn schema_problems(&self, side: Side) -> Result<Vec<String>> {
        let migrations = self.migrations.clone();
        self.side(side).read_blocking("copy.schema", move |tx| schema_problems(tx, &migrations))
    }

    /// Whether both addresses lead to the same database, so that emptying one side would empty the other. It writes a mark
    /// into the target, looks for it in the source, and removes it.
    pub fn is_same_database(&self) -> Result<bool> {
        let mark = self.target.write_blocking("copy.mark", |tx| {
            // negative, because the probe of the writers uses the row 1
            let mark = -i64::try_from(tx.random().bits() >> 2).unwrap_or(i64::MAX) - 1;
            let now = tx.now();
            tx.exec(MARK, args![mark, now]).map(|_| mark)
        })?;
        let seen = self.source.read_blocking("copy.seen", move |tx| tx.query_first(MARKED, args![mark], |_| Ok(())));
        self.target.write_blocking("copy.unmark", move |tx| tx.exec(UNMARK, args![mark]))?;
        Ok(seen?.is_some())
    }

    /// The side on which an instance is running: one of its leases is renewed during `watched_for`. An instance on a SQLite
    /// file writes no heartbeats, so it is not detected.
    pub fn side_in_use(&self, watched_for: Duration) -> Result<Option<Side>> {
        let heartbeats = || Ok::<_, Error>([heartbeats(&self.source)?, heartbeats(&self.target)?]);
        let before = heartbeats()?;
        thread::sleep(watched_for);
        let after = heartbeats()?;
        let alive = [Side::Source, Side::Target].into_iter().zip(before.iter().zip(&after));
        Ok(alive.into_iter().find(|(_, (before, after))| before != after).map(|(side, _)| side))
    }

    /// Assigns a sequence number to every event of the source that has none. Returns how many these were.
    pub fn assign_sequence_numbers(&self) -> Result<usize> {
        let mut assigned = 0;
        loop {
            match self
                .source
                .write_blocking("copy.assign", |tx| outbox::assign_sequence_numbers(tx, NUMBERED_AT_ONCE))?
            {
                0 => return Ok(assigned),
                some => assigned += some,
            }
        }
    }

    /// The tables of the target that have rows.
    pub fn tables_with_rows(&self) -> Result<Vec<String>> {
        let tables = Arc::clone(&self.tables);
        self.target.read_blocking("copy.tables-with-rows", move |tx| {
            let mut found = Vec::new();
            for table in tables.iter() {
                if tx.query_first(table.any, args![], |_| Ok(()))?.is_some() {
                    found.push(table.name.clone());
                }
            }
            Ok(found)
        })
    }

    /// Deletes every row of the target.
    pub fn empty_target(&self) -> Result<()> {
        for n in (0..self.tables.len()).rev() {
            let tables = Arc::clone(&self.tables);
            self.target.write_blocking("copy.empty", move |tx| tx.exec(tables[n].delete, args![]))?;
        }
        Ok(())
    }

    /// Copies every row and compares both sides. C019 when the target has rows, when an event of the source has no sequence
    /// number, or when the sides differ in the end.
    pub fn run(&self, watch: Watch) -> Result<Report> {
        let not_empty = self.tables_with_rows()?;
        if !not_empty.is_empty() {
            return Err(Code::Conflict.because(format!("the target has rows in {}", not_empty.join(", "))));
        }
        let newest = |tx: &mut Tx<'_>| tx.query_one(NEWEST, args![], |row| row.get::<i64>(0));
        let (before, read) = self.copy(watch, newest)?;
        self.advance_automatic_ids()?;
        let tables = Arc::clone(&self.tables);
        let written = self.target.read_blocking("copy.compare", move |tx| {
            tables.iter().map(|table| rows::digest(tx, table)).collect::<Result<Vec<Digest>>>()
        })?;
        if self.source.read_blocking("copy.newest", newest)? != before {
            return Err(Code::Conflict.because("the source was changed while it was copied"));
        }
        let mut copied = Vec::new();
        for (table, (read, written)) in self.tables.iter().zip(read.iter().zip(&written)) {
            if read != written {
                let difference = format!("{} differs: {read} in the source, {written} in the target", table.name);
                return Err(Code::Conflict.because(difference));
            }
            copied.push(Copied { table: table.name.clone(), rows: read.rows, bytes: read.bytes });
        }
        Ok(Report { tables: copied })
    }

    /// Reads the source in one job and writes the target. Returns the id of the newest event and the digest of each table.
    fn copy(
        &self,
        watch: Watch,
        newest: impl Fn(&mut Tx<'_>) -> Result<i64> + Send + 'static,
    ) -> Result<(i64, Vec<Digest>)> {
        let (tables, target) = (Arc::clone(&self.tables), self.target.clone());
        let begun = AtomicBool::new(false);
        self.source.read_blocking("copy.read", move |tx| {
            // a reading job is retried when its connection breaks, but a part of the target is written already
            if begun.swap(true, Ordering::Relaxed) {
                return Err(Code::Unavailable.because("the connection to the source was lost"));
            }
            if outbox::has_unnumbered(tx)? {
                return Err(Code::Conflict.because("events of the source have no sequence number yet"));
            }
            let newest = newest(tx)?;
            let mut total = 0;
            for table in tables.iter() {
                total += tx.query_one(table.count, args![], |row| row.get::<i64>(0))?;
            }
            let copying = rows::Copying::new(&target, u64::try_from(total).unwrap_or(0), &*watch);
            let digests = tables.iter().map(|table| copying.table(tx, table)).collect::<Result<_>>()?;
            Ok((newest, digests))
        })
    }

    fn advance_automatic_ids(&self) -> Result<()> {
        let tables = Arc::clone(&self.tables);
        self.target.write_blocking("copy.ids", move |tx| {
            let dialect = tx.conn.dialect();
            for table in tables.iter() {
                let statement =
                    table.automatic.as_ref().and_then(|column| dialect.advance_automatic_ids(&table.name, column));
                statement.map_or(Ok(()), |statement| tx.conn.run(&statement))?;
            }
            Ok(())
        })
    }

    fn side(&self, side: Side) -> &Db {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}

fn schema_problems(tx: &mut Tx<'_>, migrations: &[Migration]) -> Result<Vec<String>> {
    if !schema::Schema::found(tx)?.tables.contains_key(migrate::TABLE) {
        return Ok(vec!["there is no shop in it".to_owned()]);
    }
    let applied: BTreeSet<String> = tx.query(APPLIED, args![], |row| row.get(0))?.into_iter().collect();
    let known = |name: &str| migrations.iter().any(|migration| migration.name == name);
    let missing = migrations.iter().filter(|migration| !applied.contains(migration.name));
    let mut sentences: Vec<String> =
        missing.map(|migration| format!("migration {} is not applied", migration.name)).collect();
    let unknown = applied.iter().filter(|name| !known(name));
    sentences.extend(unknown.map(|name| format!("migration {name} is unknown to this program")));
    if sentences.is_empty() {
        sentences = schema::differences(tx, migrations)?;
    }
    Ok(sentences)
}

type Heartbeat = (String, i64, i64);

fn heartbeats(db: &Db) -> Result<Vec<Heartbeat>> {
    db.read_blocking("copy.heartbeats", |tx| {
        tx.query(HEARTBEATS, args![], |row| Ok((row.next()?, row.next()?, row.next()?)))
    })
}
