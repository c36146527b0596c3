//! The SQLite driver: opening connections, binding arguments, turning its failures into ours.

use crate::connection::{Connection, Each, Savepoint, Standing};
use crate::rendered::Rendered;
use crate::row::{Column, Inner};
use crate::wal::Log;
use crate::{Arg, Dialect, Row};
use kernel::{Code, Error, Result};
use rusqlite::{
    ErrorCode, OpenFlags, Statement,
    config::DbConfig,
    ffi::{SQLITE_CONSTRAINT_CHECK, SQLITE_CONSTRAINT_NOTNULL},
    types::ValueRef,
};
use std::{
    cell::{Cell, RefCell},
    path::Path,
    sync::Arc,
    time::Duration,
};

/// Distinct prepared statements kept per connection; the whole program has a few hundred.
const STATEMENTS_CACHED: usize = 512;
/// Page cache of the writer, in KiB.
const WRITER_CACHE_KIB: i64 = 64 << 10;
/// Page cache of a reader, in KiB. Every commit empties it, so more would not help.
const READER_CACHE_KIB: i64 = 8 << 10;
/// How long a connection waits for another process's lock.
const BUSY: Duration = Duration::from_secs(5);

/// A connection with its rendered statements.
pub(crate) struct Connected {
    pub raw: rusqlite::Connection,
    rendered: RefCell<Rendered>,
    trouble: RefCell<Option<String>>,
    statements: Cell<u64>,
}

/// How thoroughly the log is copied.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Checkpoint {
    /// What can be copied without disturbing anybody.
    Passive,
    /// Everything, and the next commit starts the log anew.
    Restart,
    /// Everything, and the log is empty.
    Truncate,
}

/// What a checkpoint found and did.
pub(crate) struct Checkpointed {
    /// Pages in the log.
    pub pages: u32,
    /// Of these, pages that are in the database file now.
    pub copied: u32,
}

pub(crate) fn open_writer(path: &Path, synchronous: &str) -> Result<Connected> {
    private_file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = open(path, flags)?;
    let mode: String =
        conn.raw.query_row("pragma journal_mode = wal", [], |row| row.get(0)).map_err(|e| cannot_open(path, e))?;
    if mode != "wal" {
        return Err(cannot_open(path, format!("this file system cannot keep a log beside it (journal mode {mode})")));
    }
    pragma(&conn.raw, "synchronous", synchronous)?;
    pragma(&conn.raw, "cache_size", &(-WRITER_CACHE_KIB).to_string())?;
    // copying is the copier's work, off the path of those who wait for a commit
    pragma(&conn.raw, "wal_autocheckpoint", "0")?;
    Ok(conn)
}

pub(crate) fn open_reader(path: &Path) -> Result<Connected> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    pragma(&conn.raw, "query_only", "on")?;
    pragma(&conn.raw, "cache_size", &(-READER_CACHE_KIB).to_string())?;
    Ok(conn)
}

/// A connection that only copies the log.
pub(crate) fn open_copier(path: &Path) -> Result<Connected> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    pragma(&conn.raw, "wal_autocheckpoint", "0")?;
    Ok(conn)
}

// No memory map: a read error of the disk would then be a signal that ends the process, not an error that fails one job.
fn open(path: &Path, flags: OpenFlags) -> Result<Connected> {
    let raw = rusqlite::Connection::open_with_flags(path, flags).map_err(|e| cannot_open(path, e))?;
    raw.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    raw.busy_timeout(BUSY).map_err(failed)?;
    // without this SQLite plans a statement anew whenever a value for its `limit` is bound, which costs more than running it
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    pragma(&raw, "foreign_keys", "on")?;
    pragma(&raw, "temp_store", "memory")?;
    let rendered = RefCell::new(Rendered::new(Dialect::Sqlite));
    Ok(Connected { raw, rendered, trouble: RefCell::default(), statements: Cell::new(0) })
}

/// Creates the file so that only its owner can read it: it holds people's names, addresses and password hashes.
fn private_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(cannot_open(path, error)),
    }
}

fn cannot_open(path: &Path, error: impl std::fmt::Display) -> Error {
    Code::Unavailable.because("the database cannot be opened").caused_by(format!("{}: {error}", path.display()))
}

fn pragma(raw: &rusqlite::Connection, name: &str, value: &str) -> Result<()> {
    raw.query_row(&format!("pragma {name} = {value}"), [], |_| Ok(())).or_else(|e| match e {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(failed(other)),
    })
}

impl Connected {
    /// Tells `log` after every commit how long it has become.
    pub fn when_committed(&mut self, log: Arc<Log>) -> Result<()> {
        let hook = move |_: &mut rusqlite::hooks::Wal, pages| {
            log.grew(u32::try_from(pages).unwrap_or(0));
            Ok(())
        };
        self.raw.wal_hook(Some(hook)).map_err(failed)
    }

    /// Statement texts kept, for the test that they stay few.
    #[cfg(test)]
    pub fn texts_kept(&self) -> usize {
        self.rendered.borrow().len()
    }

    /// Whether a transaction is open. After a full disk, an I/O error or a lack of memory SQLite may have rolled it back
    /// by itself; whatever ran now would be stored at once and alone.
    pub fn in_transaction(&self) -> bool {
        !self.raw.is_autocommit()
    }

    /// The storage failure since the last call, if there was one: it says something about the disk, not about the job.
    pub fn take_trouble(&self) -> Option<String> {
        self.trouble.take()
    }

    /// Copies the log into the database file.
    pub fn checkpoint(&self, how: Checkpoint) -> Result<Checkpointed> {
        let sql = match how {
            Checkpoint::Passive => "pragma wal_checkpoint(passive)",
            Checkpoint::Restart => "pragma wal_checkpoint(restart)",
            Checkpoint::Truncate => "pragma wal_checkpoint(truncate)",
        };
        let pages = |row: &rusqlite::Row<'_>, n| row.get::<_, i64>(n).map(|pages| u32::try_from(pages).unwrap_or(0));
        self.raw
            .query_row(sql, [], |row| Ok(Checkpointed { pages: pages(row, 1)?, copied: pages(row, 2)? }))
            .map_err(failed)
    }

    /// [`Connected::checkpoint`], waiting for readers no longer than `wait`.
    pub fn checkpoint_within(&self, how: Checkpoint, wait: Duration) -> Result<Checkpointed> {
        self.raw.busy_timeout(wait).map_err(failed)?;
        let done = self.checkpoint(how);
        self.raw.busy_timeout(BUSY).map_err(failed)?;
        done
    }

    /// Runs a fixed text without arguments, such as `begin`.
    pub fn words(&self, sql: &str) -> Result<()> {
        let mut statement = self.raw.prepare_cached(sql).map_err(|e| self.fail(e))?;
        statement.raw_execute().map(|_| ()).map_err(|e| self.fail(e))
    }

    fn prepared<T>(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
        run: impl FnOnce(&mut Statement<'_>) -> Result<T>,
    ) -> Result<T> {
        self.statements.set(self.statements.get() + 1);
        let (text, keep) = self.rendered.borrow_mut().text(sql, args);
        if keep {
            let mut statement = self.raw.prepare_cached(&text).map_err(|e| self.fail(e))?;
            bind_all(&mut statement, args)?;
            run(&mut statement)
        } else {
            let mut statement = self.raw.prepare(&text).map_err(|e| self.fail(e))?;
            bind_all(&mut statement, args)?;
            run(&mut statement)
        }
    }

    fn fail(&self, error: rusqlite::Error) -> Error {
        let error = failed(error);
        if error.code() == Code::Unavailable {
            self.trouble.replace(Some(format!("{error:?}")));
        }
        error
    }
}

impl Connection for Connected {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        self.prepared(sql, args, |statement| statement.raw_execute().map(|rows| rows as u64).map_err(|e| self.fail(e)))
    }

    fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>> {
        let inserted = self.exec(sql, args)?;
        Ok((inserted == 1).then(|| self.raw.last_insert_rowid()))
    }

    fn insert_all(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<()> {
        self.exec(sql, &[Arg::Rows(rows)]).map(|_| ())
    }

    fn query(&mut self, sql: &'static str, args: &[Arg<'_>], each: Each<'_>) -> Result<()> {
        self.prepared(sql, args, |statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|e| self.fail(e))? {
                if !each(&Row::new(Inner::Sqlite(row)))? {
                    break;
                }
            }
            Ok(())
        })
    }

    fn run(&mut self, words: &str) -> Result<()> {
        self.words(words)
    }

    fn begin_part(&mut self, words: &Savepoint) -> Result<()> {
        self.words(words.begin)
    }

    fn keep_part(&mut self, words: &Savepoint) -> Result<()> {
        self.words(words.release)
    }

    fn undo_part(&mut self, words: &Savepoint) -> Result<()> {
        let undone = self.words(words.rollback).and_then(|()| self.words(words.release));
        if undone.is_err() {
            // the job must not go on with half a part; without a transaction nothing it does succeeds any more
            let _ = self.words("rollback");
        }
        undone
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.words("begin")
    }

    fn end_reading(&mut self) -> Result<()> {
        self.words("rollback")
    }

    fn standing(&self) -> Standing {
        if self.in_transaction() { Standing::Open } else { Standing::Gone("the database rolled it back".to_owned()) }
    }

    fn prepare(&mut self, sql: &'static str) -> Result<()> {
        self.raw.prepare(&Dialect::Sqlite.render(sql, &[])).map(|_| ()).map_err(failed)
    }

    fn statements(&self) -> u64 {
        self.statements.get()
    }

    fn round_trips(&self) -> u64 {
        0
    }

    #[cfg(test)]
    fn embedded(&mut self) -> &mut Connected {
        self
    }
}

fn bind_all(statement: &mut Statement<'_>, args: &[Arg<'_>]) -> Result<()> {
    let mut at = 0;
    Arg::each_scalar(args, |arg| bind(statement, &mut at, arg))?;
    // what was bound last time is cleared, so a forgotten argument would silently be null
    if at == statement.parameter_count() {
        Ok(())
    } else {
        let why = format!("{at} values for {} places", statement.parameter_count());
        Err(Code::Internal.error().caused_by(why))
    }
}

fn bind(statement: &mut Statement<'_>, at: &mut usize, arg: &Arg<'_>) -> Result<()> {
    *at += 1;
    match arg {
        Arg::Null => statement.raw_bind_parameter(*at, rusqlite::types::Null),
        Arg::Int(value) => statement.raw_bind_parameter(*at, *value),
        Arg::Text(text) => statement.raw_bind_parameter(*at, *text),
        Arg::Owned(text) => statement.raw_bind_parameter(*at, text.as_str()),
        Arg::List(_) | Arg::Pairs(_) | Arg::Rows(_) => {
            return Err(Code::Internal.error().caused_by("a list inside a list"));
        }
    }
    .map_err(failed)
}

pub(crate) fn column<'a>(row: &'a rusqlite::Row<'a>, index: usize) -> Result<Column<'a>> {
    match row.get_ref(index).map_err(failed)? {
        ValueRef::Null => Ok(Column::Null),
        ValueRef::Integer(value) => Ok(Column::Int(value)),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes)
            .map(Column::Text)
            .map_err(|e| Code::Internal.error().caused_by(format!("column {index} is not UTF-8: {e}"))),
        ValueRef::Real(_) | ValueRef::Blob(_) => {
            Err(Code::Internal.error().caused_by(format!("column {index} is neither integer nor text")))
        }
    }
}

/// A driver's failure as ours: a broken unique key is a conflict, a full or failing disk is unavailability, the rest is
/// a bug. The driver's words stay private.
fn failed(error: rusqlite::Error) -> Error {
    let extended = error.sqlite_extended_error_code();
    let code = match error.sqlite_error_code() {
        // a missing value or a failed check is a mistake of ours
        Some(ErrorCode::ConstraintViolation)
            if !matches!(extended, Some(SQLITE_CONSTRAINT_NOTNULL | SQLITE_CONSTRAINT_CHECK)) =>
        {
            Code::Conflict
        }
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::OutOfMemory,
        ) => Code::Unavailable,
        _ => Code::Internal,
    };
    let retry = code == Code::Unavailable;
    let error = code.error().caused_by(error);
    if retry { error.retry_after(1) } else { error }
}
