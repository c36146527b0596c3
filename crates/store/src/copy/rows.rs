//! Copies the rows of a table: one thread reads page by page, several threads write one page per transaction.

use super::Progress;
use super::plan::{Pages, TableCopy};
use crate::{Arg, Column, Db, Tx};
use crossbeam_channel::{Receiver, Sender, bounded};
use kernel::{Code, Error, Result};
use std::{
    fmt,
    hash::{DefaultHasher, Hasher},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

/// Most rows of a page, so that its transaction takes a few milliseconds.
const ROWS_MAX: usize = 1_000;
/// Most bytes of a page, except when one row has more.
const BYTES_MAX: u64 = 2 << 20;
/// Threads that write to a server: they mostly wait for it. A file has only one writer, so it gets one thread.
const WRITERS: usize = 4;

/// One value of a row.
enum Value {
    Null,
    Int(i64),
    Text(Box<str>),
}

impl Value {
    fn of(column: Column<'_>) -> Value {
        match column {
            Column::Null => Value::Null,
            Column::Int(value) => Value::Int(value),
            Column::Text(text) => Value::Text(text.into()),
        }
    }

    fn arg(&self) -> Arg<'_> {
        match self {
            Value::Null => Arg::Null,
            Value::Int(value) => Arg::Int(*value),
            Value::Text(text) => Arg::Text(text),
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Value::Null => 0,
            Value::Int(_) => 8,
            Value::Text(text) => text.len() as u64,
        }
    }

    fn hash(&self, into: &mut DefaultHasher) {
        match self {
            Value::Null => into.write_u8(0),
            Value::Int(value) => {
                into.write_u8(1);
                into.write_i64(*value);
            }
            Value::Text(text) => {
                into.write_u8(2);
                into.write_usize(text.len());
                into.write(text.as_bytes());
            }
        }
    }
}

/// A digest of the rows of a table in any order: their number, their bytes and the sum of their hashes. It detects mistakes,
/// not manipulation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub rows: u64,
    pub bytes: u64,
    sum: u64,
}

impl Digest {
    fn add(&mut self, row: &[Value]) {
        let mut hash = DefaultHasher::new();
        row.iter().for_each(|value| value.hash(&mut hash));
        self.rows += 1;
        self.bytes += row.iter().map(Value::bytes).sum::<u64>();
        self.sum = self.sum.wrapping_add(hash.finish());
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows of {} bytes with the sum {:016x}", self.rows, self.bytes, self.sum)
    }
}

/// Some consecutive rows of a table.
struct Page {
    width: usize,
    values: Vec<Value>,
}

impl Page {
    fn rows(&self) -> impl DoubleEndedIterator<Item = &[Value]> {
        self.values.chunks(self.width.max(1))
    }

    fn count(&self) -> usize {
        self.values.len() / self.width.max(1)
    }
}

/// Reads a table page by page.
struct Walk<'a> {
    pages: &'a Pages,
    key: &'a [usize],
    /// The arguments for the next page; `None` before the first one.
    after: Option<Vec<Arg<'static>>>,
    digest: Digest,
}

impl<'a> Walk<'a> {
    fn new(pages: &'a Pages, key: &'a [usize]) -> Walk<'a> {
        Walk { pages, key, after: None, digest: Digest::default() }
    }

    /// The next page; `None` after the last one.
    fn page(&mut self, tx: &mut Tx<'_>) -> Result<Option<Page>> {
        // fewer rows when rows are long, so that the database does not read rows that do not fit into the page
        let usual = self.digest.bytes / self.digest.rows.max(1);
        let limit = usize::try_from(BYTES_MAX / usual.max(1)).unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX);
        let mut args = self.after.clone().unwrap_or_default();
        args.push(Arg::Int(limit as i64));
        let sql = if self.after.is_none() { self.pages.first } else { self.pages.next };
        let (mut page, mut bytes) = (Page { width: 0, values: Vec::new() }, 0);
        tx.conn.query(sql, &args, &mut |row| {
            page.width = row.columns();
            let from = page.values.len();
            for n in 0..page.width {
                page.values.push(Value::of(row.column(n)?));
            }
            let row = &page.values[from..];
            self.digest.add(row);
            bytes += row.iter().map(Value::bytes).sum::<u64>();
            Ok(bytes < BYTES_MAX)
        })?;
        let Some(last) = page.rows().next_back() else { return Ok(None) };
        self.after = Some(behind(last, self.key));
        Ok(Some(page))
    }
}

/// The arguments for the condition that [`super::plan`] writes: each column of the key twice, the last one once.
fn behind(row: &[Value], key: &[usize]) -> Vec<Arg<'static>> {
    let mut args = Vec::new();
    for (n, at) in key.iter().enumerate() {
        let value = match &row[*at] {
            Value::Null => Arg::Null,
            Value::Int(value) => Arg::Int(*value),
            Value::Text(text) => Arg::Owned(text.to_string()),
        };
        if n + 1 < key.len() {
            args.push(value.clone());
        }
        args.push(value);
    }
    args
}

/// The digest of the target.
pub(super) fn digest(tx: &mut Tx<'_>, table: &TableCopy) -> Result<Digest> {
    let mut walk = Walk::new(&table.target, &table.key);
    while walk.page(tx)?.is_some() {}
    Ok(walk.digest)
}

/// The target, and the progress.
pub(super) struct Copying<'a> {
    target: &'a Db,
    written: AtomicU64,
    total: u64,
    watch: &'a (dyn Fn(Progress) + Send + Sync),
}

impl<'a> Copying<'a> {
    pub fn new(target: &'a Db, total: u64, watch: &'a (dyn Fn(Progress) + Send + Sync)) -> Copying<'a> {
        Copying { target, written: AtomicU64::new(0), total, watch }
    }

    /// Copies a table. Returns the digest of the rows that were read.
    pub fn table(&self, tx: &mut Tx<'_>, table: &TableCopy) -> Result<Digest> {
        let (pages, waiting) = bounded(1);
        let failed = AtomicBool::new(false);
        thread::scope(|scope| {
            let writers = if self.target.is_shared() { WRITERS } else { 1 };
            let writers: Vec<_> = (0..writers)
                .map(|_| {
                    let waiting = waiting.clone();
                    scope.spawn(|| self.write_all(waiting, table.insert, &failed))
                })
                .collect();
            drop(waiting);
            let read = read_all(tx, table, pages, &failed);
            let written = writers.into_iter().map(|writer| {
                let ended = writer.join();
                ended.unwrap_or_else(|_| Err(Code::Internal.error().caused_by("a writing thread panicked")))
            });
            let written = written.collect::<Vec<_>>().into_iter().collect::<Result<()>>();
            written.map_err(|error| at_table(table, "cannot be written", error))?;
            read.map_err(|error| at_table(table, "cannot be read", error))
        })
    }

    fn write_all(&self, waiting: Receiver<Page>, insert: &'static str, failed: &AtomicBool) -> Result<()> {
        for page in waiting {
            let rows = page.count() as u64;
            let write = move |tx: &mut Tx<'_>| {
                tx.insert_rows(insert, page.rows().map(|row| row.iter().map(Value::arg).collect()).collect())
            };
            self.target.write_blocking("copy.write", write).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            let rows = self.written.fetch_add(rows, Ordering::Relaxed) + rows;
            (self.watch)(Progress { rows, rows_total: self.total });
        }
        Ok(())
    }
}

/// Reads until the end of the table or the first failure of a writer. The writer returns the cause.
fn read_all(tx: &mut Tx<'_>, table: &TableCopy, pages: Sender<Page>, failed: &AtomicBool) -> Result<Digest> {
    let mut walk = Walk::new(&table.source, &table.key);
    while let Some(page) = walk.page(tx)? {
        if failed.load(Ordering::Relaxed) || pages.send(page).is_err() {
            break;
        }
    }
    Ok(walk.digest)
}

fn at_table(table: &TableCopy, what: &str, error: Error) -> Error {
    error.code().because(format!("{} {what}", table.name)).caused_by(error)
}
