//! The SQLite driver: opens connections, binds arguments, and maps its failures to our codes.

use crate::connection::{Connection, Each, Savepoint, TxState};
use crate::rendered::{ROW_VALUES_KEPT, Rendered};
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
    thread,
    time::{Duration, Instant},
};

/// Distinct prepared statements kept per connection; the whole program has a few hundred.
const STATEMENTS_CACHED: usize = 512;
/// Page cache of the writer, in KiB: what a commit changes, and the upper pages of every index. The system caches the rest of the file, and
/// four times as much here cost the same rows in random places of a file of 220 MB no less processor time. More costs every commit: when
/// SQLite sorts the pages of a split, it numbers one for a moment as the page behind 1 GiB, so the commit looks through the whole cache for
/// pages behind the end of a smaller file (`pcache1TruncateUnsafe`; with 64 MiB it took 8 % of the processor time of whole purchases).
const WRITER_CACHE_KIB: i64 = 16 << 10;
/// Page cache of a reader, in KiB. Every commit invalidates it, so a larger one would not help.
const READER_CACHE_KIB: i64 = 8 << 10;
/// Page size of a new file. A commit writes every page that it touched, and most pages of an order get one small entry, so small
/// pages are cheap to write. A file keeps its size for ever: those of the first releases have 4 KiB.
const PAGE_BYTES: u32 = 2_048;
/// How long a connection waits for another process's lock.
const BUSY: Duration = Duration::from_secs(5);
/// Pause before a connection asks again for what SQLite does not wait for.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// A connection with its rendered statements.
pub(crate) struct Connected {
    pub raw: rusqlite::Connection,
    rendered: RefCell<Rendered>,
    storage_failure: RefCell<Option<String>>,
    statements: Cell<u64>,
    changed: Cell<bool>,
}

/// How much of the log a checkpoint copies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Checkpoint {
    /// As much as possible without waiting for readers or writers.
    Passive,
    /// Everything, and the next commit begins the log from its start.
    Restart,
    /// Everything, and the log file is emptied.
    Truncate,
}

/// The result of a checkpoint.
pub(crate) struct Checkpointed {
    /// Pages in the log.
    pub pages: u32,
    /// How many of these are in the database file now.
    pub copied: u32,
}

/// Opens a file that exists.
pub(crate) fn open_writer(path: &Path, synchronous: &str) -> Result<Connected> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = open(path, flags)?;
    pragma(&conn.raw, "page_size", &PAGE_BYTES.to_string())?;
    let mode = write_ahead_log(&conn.raw).map_err(|e| cannot_open(path, e))?;
    if mode != "wal" {
        return Err(cannot_open(
            path,
            format!("this file system does not support a write-ahead log (journal mode {mode})"),
        ));
    }
    pragma(&conn.raw, "synchronous", synchronous)?;
    pragma(&conn.raw, "cache_size", &(-WRITER_CACHE_KIB).to_string())?;
    // the copier thread copies the log, so that no commit has to wait for it
    pragma(&conn.raw, "wal_autocheckpoint", "0")?;
    Ok(conn)
}

/// Gives the file a write-ahead log. Of several programs that open a new file at once, SQLite refuses all but one without waiting
/// for the busy timeout, so this waits itself.
fn write_ahead_log(raw: &rusqlite::Connection) -> rusqlite::Result<String> {
    let began = Instant::now();
    loop {
        match raw.query_row("pragma journal_mode = wal", [], |row| row.get(0)) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && began.elapsed() < BUSY => {
                thread::sleep(BUSY_PAUSE);
            }
            done => return done,
        }
    }
}

pub(crate) fn open_reader(path: &Path) -> Result<Connected> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    pragma(&conn.raw, "query_only", "on")?;
    pragma(&conn.raw, "cache_size", &(-READER_CACHE_KIB).to_string())?;
    Ok(conn)
}

/// A connection for the copier of the log.
pub(crate) fn open_copier(path: &Path) -> Result<Connected> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    pragma(&conn.raw, "wal_autocheckpoint", "0")?;
    Ok(conn)
}

// Without a memory map: with one, a read error of the disk is a signal that ends the process instead of failing one job.
fn open(path: &Path, flags: OpenFlags) -> Result<Connected> {
    let raw = rusqlite::Connection::open_with_flags(path, flags).map_err(|e| cannot_open(path, e))?;
    raw.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    raw.busy_timeout(BUSY).map_err(failed)?;
    // without this SQLite plans a statement again whenever a value for its `limit` is bound, which costs more than running it
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    pragma(&raw, "foreign_keys", "on")?;
    pragma(&raw, "temp_store", "memory")?;
    let rendered = RefCell::new(Rendered::new(Dialect::Sqlite));
    Ok(Connected {
        raw,
        rendered,
        storage_failure: RefCell::default(),
        statements: Cell::new(0),
        changed: Cell::new(false),
    })
}

/// Creates the file so that only its owner can read it, because it holds names, addresses and password hashes.
pub(crate) fn private_file(path: &Path) -> Result<()> {
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
    /// Reports the length of the log to `log` after every commit.
    pub fn when_committed(&mut self, log: Arc<Log>) -> Result<()> {
        let hook = move |_: &mut rusqlite::hooks::Wal, pages| {
            log.grew(u32::try_from(pages).unwrap_or(0));
            Ok(())
        };
        self.raw.wal_hook(Some(hook)).map_err(failed)
    }

    /// The size of a page of this file.
    pub fn page_bytes(&self) -> Result<u32> {
        self.raw.query_row("pragma page_size", [], |row| row.get(0)).map_err(failed)
    }

    /// The number of cached statement texts, for a test.
    #[cfg(test)]
    pub fn texts_kept(&self) -> usize {
        self.rendered.borrow().len()
    }

    /// Whether a transaction is open. When the disk is full, after an I/O error or for lack of memory, SQLite may have rolled
    /// it back. A statement that ran then would be committed at once, alone.
    pub fn in_transaction(&self) -> bool {
        !self.raw.is_autocommit()
    }

    /// From now on [`Connected::has_changed`] says whether a statement has changed anything.
    pub fn note_changes(&self) {
        self.changed.set(false);
    }

    /// Whether a statement may have changed something since [`Connected::note_changes`]. A guarded update whose guard does not hold
    /// has not, and neither has a row with a key that is taken: SQLite undoes such a statement.
    pub fn has_changed(&self) -> bool {
        self.changed.get()
    }

    fn note(&self, sql: &str, rows: &Result<u64>) {
        let nothing = match rows {
            Ok(0) => ["insert", "update", "delete"].iter().any(|verb| sql.starts_with(verb)),
            Ok(_) => false,
            Err(error) => error.code() == Code::Conflict,
        };
        if !nothing {
            self.changed.set(true);
        }
    }

    /// The storage failure since the last call, if there was one. It concerns the disk, not the job.
    pub fn take_storage_failure(&self) -> Option<String> {
        self.storage_failure.take()
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

    /// Runs a fixed text without arguments, such as `begin`. It is not counted as a statement.
    pub fn execute_fixed(&self, sql: &str) -> Result<()> {
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
            self.storage_failure.replace(Some(format!("{error:?}")));
        }
        error
    }
}

impl Connection for Connected {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        let run =
            |statement: &mut Statement<'_>| statement.raw_execute().map(|rows| rows as u64).map_err(|e| self.fail(e));
        let rows = self.prepared(sql, args, run);
        self.note(sql, &rows);
        rows
    }

    fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>> {
        let inserted = self.exec(sql, args)?;
        Ok((inserted == 1).then(|| self.raw.last_insert_rowid()))
    }

    fn insert_all(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<()> {
        self.exec_rows(sql, rows).map(|_| ())
    }

    /// Many rows go in by several runs of short texts that stay prepared, because planning a long one costs more than running it. They
    /// count as one statement.
    fn exec_rows(&mut self, sql: &'static str, mut rows: Vec<Vec<Arg<'_>>>) -> Result<u64> {
        let at_once = (ROW_VALUES_KEPT / rows.first().map_or(1, Vec::len).max(1)).max(1);
        let statements = self.statements.get();
        let mut changed = 0;
        while !rows.is_empty() {
            let rest = rows.split_off(at_once.min(rows.len()));
            changed += self.exec(sql, &[Arg::Rows(rows)])?;
            rows = rest;
        }
        self.statements.set(statements + 1);
        Ok(changed)
    }

    fn query(&mut self, sql: &'static str, args: &[Arg<'_>], each: Each<'_>) -> Result<()> {
        if !sql.starts_with("select") {
            self.changed.set(true);
        }
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

    fn run(&mut self, text: &str) -> Result<()> {
        self.changed.set(true);
        self.execute_fixed(text)
    }

    fn begin_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.execute_fixed(savepoint.begin)
    }

    fn release_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.execute_fixed(savepoint.release)
    }

    fn roll_back_to_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        let undone = self.execute_fixed(savepoint.rollback).and_then(|()| self.execute_fixed(savepoint.release));
        if undone.is_err() {
            // the job must not go on with half of the part: after this rollback every further statement fails
            let _ = self.execute_fixed("rollback");
        }
        undone
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.execute_fixed("begin")
    }

    /// Beginning and ending cost nothing here.
    fn begin_single(&mut self) -> Result<()> {
        self.begin_reading()
    }

    fn end_reading(&mut self) -> Result<()> {
        self.execute_fixed("rollback")
    }

    fn state(&self) -> TxState {
        if self.in_transaction() { TxState::Open } else { TxState::Lost("the database rolled it back".to_owned()) }
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
    // unbound parameters are null, so a forgotten argument would otherwise go unnoticed
    if at == statement.parameter_count() {
        Ok(())
    } else {
        let why = format!("{at} values for {} parameters", statement.parameter_count());
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

/// Maps a failure of the driver: a violated unique key is a conflict, a full or failing disk makes the database unavailable,
/// anything else is a bug. The text of the driver is a private cause.
fn failed(error: rusqlite::Error) -> Error {
    let extended = error.sqlite_extended_error_code();
    let code = match error.sqlite_error_code() {
        // a missing value or a failed check is a bug
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
