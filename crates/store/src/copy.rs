//! Moves a shop from one database to another: every row, in one consistent view of the source, compared afterwards.
//!
//! The source is read inside one reading job, page after page of each table's primary key, and never changed, except that
//! facts without a place in the stream get theirs before ([`Transfer::place_facts`]). The target is written in many
//! transactions, so that a run that failed half-way leaves a target that must be emptied before the next. Nothing may
//! serve either of them meanwhile; [`Transfer::served`] sees an instance that is alive, and a fact that was told on the
//! source during the copy fails it.
//!
//! Not moved are the leases, which belong to the instances, and what is remembered of migrations, which both sides have.

mod plan;
mod rows;

use crate::{Db, Migration, Tx, args, migrate, outbox, schema};
use kernel::{Code, Error, Result};
use plan::Moving;
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
const BEATS: &str = "select name, fence, beat from leases order by name";
const NEWEST: &str = "select coalesce(max(id), 0) from outbox";

const MARK: &str = "insert into store_probe (id, written_at) values (?, ?)";
const MARKED: &str = "select written_at from store_probe where id = ?";
const UNMARK: &str = "delete from store_probe where id = ?";

pub(crate) const STATEMENTS: &[&str] = &[APPLIED, BEATS, NEWEST, MARK, MARKED, UNMARK];

/// Facts that get their places at once.
const PLACED_AT_ONCE: i64 = 1_000;

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where the shop is.
    Source,
    /// Where it goes.
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
    /// Rows written.
    pub rows: u64,
    /// Rows there are.
    pub rows_total: u64,
}

/// Who is told how far it has come, from the threads that copy.
pub type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// What was copied, and found the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Every table, in the order it was copied in.
    pub tables: Vec<Copied>,
}

/// What was copied of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Bytes of their texts, and eight for each number.
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

/// A shop on its way. Its functions block, so they must not be called from async code.
pub struct Transfer {
    source: Db,
    target: Db,
    migrations: Vec<Migration>,
    tables: Arc<[Moving]>,
}

impl Transfer {
    /// From `source` to `target`, which both have what `migrations` declare. C001 when a migration is not understood.
    pub fn new(source: Db, target: Db, migrations: Vec<Migration>) -> Result<Transfer> {
        let declared = |db: &Db| schema::Schema::declared(db.url().dialect(), &migrations);
        let tables = plan::made(&declared(&source)?, &declared(&target)?)?.into();
        Ok(Transfer { source, target, migrations, tables })
    }

    /// Why one side does not have the schema of this program, a sentence for each reason.
    pub fn unready(&self, side: Side) -> Result<Vec<String>> {
        let migrations = self.migrations.clone();
        self.side(side).read_blocking("copy.schema", move |tx| unready(tx, &migrations))
    }

    /// Whether both sides are the same database under two addresses, so that emptying one would empty the other: a mark
    /// that is put into the target for a moment is seen in the source.
    pub fn to_itself(&self) -> Result<bool> {
        let mark = self.target.write_blocking("copy.mark", |tx| {
            // far from the one row that looks whether the database can be written
            let mark = -i64::try_from(tx.random().bits() >> 2).unwrap_or(i64::MAX) - 1;
            let now = tx.now();
            tx.exec(MARK, args![mark, now]).map(|_| mark)
        })?;
        let seen = self.source.read_blocking("copy.seen", move |tx| tx.query_first(MARKED, args![mark], |_| Ok(())));
        self.target.write_blocking("copy.unmark", move |tx| tx.exec(UNMARK, args![mark]))?;
        Ok(seen?.is_some())
    }

    /// The side that an instance is alive on: one of its leases beats while this looks at it. An instance on a file is alone
    /// and does not beat, so it is not seen.
    pub fn served(&self, looking: Duration) -> Result<Option<Side>> {
        let beats = || Ok::<_, Error>([beats(&self.source)?, beats(&self.target)?]);
        let before = beats()?;
        thread::sleep(looking);
        let after = beats()?;
        let alive = [Side::Source, Side::Target].into_iter().zip(before.iter().zip(&after));
        Ok(alive.into_iter().find(|(_, (before, after))| before != after).map(|(side, _)| side))
    }

    /// Gives every fact of the source its place in the stream. Gives how many had none.
    pub fn place_facts(&self) -> Result<usize> {
        let mut placed = 0;
        loop {
            match self.source.write_blocking("copy.place", |tx| outbox::assign_sequence_numbers(tx, PLACED_AT_ONCE))? {
                0 => return Ok(placed),
                some => placed += some,
            }
        }
    }

    /// The target's tables that have rows.
    pub fn occupied(&self) -> Result<Vec<String>> {
        let tables = Arc::clone(&self.tables);
        self.target.read_blocking("copy.occupied", move |tx| {
            let mut found = Vec::new();
            for table in tables.iter() {
                if tx.query_first(table.any, args![], |_| Ok(()))?.is_some() {
                    found.push(table.name.clone());
                }
            }
            Ok(found)
        })
    }

    /// Deletes every row of the target's tables.
    pub fn empty_target(&self) -> Result<()> {
        for n in (0..self.tables.len()).rev() {
            let tables = Arc::clone(&self.tables);
            self.target.write_blocking("copy.empty", move |tx| tx.exec(tables[n].delete, args![]))?;
        }
        Ok(())
    }

    /// Copies every row, and compares both sides. C019 when the target has rows, when a fact of the source has no place,
    /// or when both sides are not the same in the end.
    pub fn run(&self, watch: Watch) -> Result<Report> {
        let occupied = self.occupied()?;
        if !occupied.is_empty() {
            return Err(Code::Conflict.because(format!("the target has rows in {}", occupied.join(", "))));
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
                let told = format!("{} differs: {read} were read, {written} are there", table.name);
                return Err(Code::Conflict.because(told));
            }
            copied.push(Copied { table: table.name.clone(), rows: read.rows, bytes: read.bytes });
        }
        Ok(Report { tables: copied })
    }

    /// Reads the source in one job and writes the target. Gives the newest fact's id, and each table's digest.
    fn copy(
        &self,
        watch: Watch,
        newest: impl Fn(&mut Tx<'_>) -> Result<i64> + Send + 'static,
    ) -> Result<(i64, Vec<Digest>)> {
        let (tables, target) = (Arc::clone(&self.tables), self.target.clone());
        let begun = AtomicBool::new(false);
        self.source.read_blocking("copy.read", move |tx| {
            // a job whose connection broke is run again, but half of the target is written
            if begun.swap(true, Ordering::Relaxed) {
                return Err(Code::Unavailable.because("the connection to the source was lost"));
            }
            if outbox::has_unnumbered(tx)? {
                return Err(Code::Conflict.because("facts of the source have no place in the stream yet"));
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
                let words =
                    table.automatic.as_ref().and_then(|column| dialect.advance_automatic_ids(&table.name, column));
                words.map_or(Ok(()), |words| tx.conn.run(&words))?;
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

fn unready(tx: &mut Tx<'_>, migrations: &[Migration]) -> Result<Vec<String>> {
    if !schema::Schema::found(tx)?.tables.contains_key(migrate::TABLE) {
        return Ok(vec!["there is no shop in it".to_owned()]);
    }
    let applied: BTreeSet<String> = tx.query(APPLIED, args![], |row| row.get(0))?.into_iter().collect();
    let known = |name: &str| migrations.iter().any(|migration| migration.name == name);
    let missing = migrations.iter().filter(|migration| !applied.contains(migration.name));
    let mut sentences: Vec<String> =
        missing.map(|migration| format!("migration {} is not applied", migration.name)).collect();
    let strange = applied.iter().filter(|name| !known(name));
    sentences.extend(strange.map(|name| format!("migration {name} is not of this program")));
    if sentences.is_empty() {
        sentences = schema::differences(tx, migrations)?;
    }
    Ok(sentences)
}

type Beat = (String, i64, i64);

fn beats(db: &Db) -> Result<Vec<Beat>> {
    db.read_blocking("copy.beats", |tx| tx.query(BEATS, args![], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))))
}
