//! The SQLite driver: opening connections, binding arguments, turning its failures into ours.

use crate::row::{Column, Inner};
use crate::{Arg, Dialect, Row};
use kernel::{Code, Error, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, types::ValueRef};
use std::{cell::{Cell, RefCell}, collections::HashMap, path::Path, sync::Arc, time::Duration};

/// Distinct prepared statements kept per connection; the whole program has a few hundred.
const STATEMENTS_CACHED: usize = 512;
/// Memory map of the database file, in bytes: reads of hot pages then need no system call.
const MMAP_BYTES: i64 = 256 << 20;
/// Page cache of the writer, in KiB.
const WRITER_CACHE_KIB: i64 = 64 << 10;
/// How long a connection waits for another process's lock.
const BUSY: Duration = Duration::from_secs(5);

/// A connection with its rendered statements.
pub(crate) struct Connected {
    pub raw: Connection,
    rendered: RefCell<HashMap<Shape, Arc<str>>>,
    statements: Cell<u64>,
}

/// A statement's text is a literal, so its address identifies it; list lengths decide its form.
#[derive(PartialEq, Eq, Hash)]
struct Shape {
    sql: (usize, usize),
    lengths: u64,
}

pub(crate) fn open_writer(path: &Path, synchronous: &str) -> Result<Connected> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let raw = open(path, flags)?;
    pragma(&raw, "journal_mode", "wal")?;
    pragma(&raw, "synchronous", synchronous)?;
    pragma(&raw, "cache_size", &(-WRITER_CACHE_KIB).to_string())?;
    // checkpoints are the checkpointer's work, off the path of those who wait for a commit
    pragma(&raw, "wal_autocheckpoint", "0")?;
    Ok(Connected { raw, rendered: RefCell::default(), statements: Cell::new(0) })
}

pub(crate) fn open_reader(path: &Path) -> Result<Connected> {
    let raw = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    pragma(&raw, "query_only", "on")?;
    Ok(Connected { raw, rendered: RefCell::default(), statements: Cell::new(0) })
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let raw = Connection::open_with_flags(path, flags).map_err(|e| cannot_open(path, e))?;
    raw.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    raw.busy_timeout(BUSY).map_err(failed)?;
    // without this SQLite plans a statement anew whenever a value for `limit` or an ordered equality is bound, which costs
    // more than running it
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    pragma(&raw, "foreign_keys", "on")?;
    pragma(&raw, "temp_store", "memory")?;
    pragma(&raw, "mmap_size", &MMAP_BYTES.to_string())?;
    Ok(raw)
}

fn cannot_open(path: &Path, error: rusqlite::Error) -> Error {
    Code::Unavailable.because("the database cannot be opened").caused_by(format!("{}: {error}", path.display()))
}

fn pragma(raw: &Connection, name: &str, value: &str) -> Result<()> {
    raw.query_row(&format!("pragma {name} = {value}"), [], |_| Ok(())).or_else(|e| match e {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(failed(other)),
    })
}

impl Connected {
    /// Statements this connection has run, its own `begin` and `savepoint` not counted.
    pub fn statements(&self) -> u64 {
        self.statements.get()
    }

    fn text(&self, sql: &'static str, args: &[Arg<'_>]) -> Arc<str> {
        let shape = Shape { sql: (sql.as_ptr() as usize, sql.len()), lengths: lengths(args) };
        if let Some(text) = self.rendered.borrow().get(&shape) {
            return Arc::clone(text);
        }
        let text: Arc<str> = Dialect::Sqlite.render(sql, args).into();
        self.rendered.borrow_mut().insert(shape, Arc::clone(&text));
        text
    }

    pub fn exec(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        self.statements.set(self.statements.get() + 1);
        let text = self.text(sql, args);
        let mut statement = self.raw.prepare_cached(&text).map_err(failed)?;
        bind_all(&mut statement, args)?;
        statement.raw_execute().map(|rows| rows as u64).map_err(failed)
    }

    pub fn query<T>(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.statements.set(self.statements.get() + 1);
        let text = self.text(sql, args);
        let mut statement = self.raw.prepare_cached(&text).map_err(failed)?;
        bind_all(&mut statement, args)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            found.push(read(&Row { inner: Inner::Sqlite(row) })?);
        }
        Ok(found)
    }

    /// Runs a fixed text without arguments, such as `begin`.
    pub fn run(&self, sql: &str) -> Result<()> {
        let mut statement = self.raw.prepare_cached(sql).map_err(failed)?;
        statement.raw_execute().map(|_| ()).map_err(failed)
    }

    /// Whether the statement can be prepared, for the test that prepares them all.
    pub fn prepare(&self, sql: &'static str) -> Result<()> {
        self.raw.prepare(&Dialect::Sqlite.render(sql, &[])).map(|_| ()).map_err(failed)
    }
}

fn lengths(args: &[Arg<'_>]) -> u64 {
    args.iter().fold(0, |shape, arg| {
        let len = match arg {
            Arg::List(values) => crate::dialect::padded(values.len()),
            Arg::Pairs(pairs) => crate::dialect::padded(pairs.len()),
            Arg::Rows(rows) => rows.len(),
            Arg::Null | Arg::Int(_) | Arg::Text(_) | Arg::Owned(_) => return shape,
        };
        shape.wrapping_mul(1_000_003).wrapping_add(len as u64)
    })
}

fn bind_all(statement: &mut rusqlite::Statement<'_>, args: &[Arg<'_>]) -> Result<()> {
    let mut at = 0;
    for arg in args {
        match arg {
            Arg::List(values) => {
                let last = values.last().unwrap_or(&Arg::Null);
                for n in 0..crate::dialect::padded(values.len()) {
                    bind(statement, &mut at, values.get(n).unwrap_or(last))?;
                }
            }
            Arg::Pairs(pairs) => {
                let last = pairs.last().ok_or_else(|| Code::Internal.error().caused_by("no pairs for a case"))?;
                for n in 0..crate::dialect::padded(pairs.len()) {
                    let (when, then) = pairs.get(n).unwrap_or(last);
                    bind(statement, &mut at, &Arg::Int(*when))?;
                    bind(statement, &mut at, &Arg::Int(*then))?;
                }
            }
            Arg::Rows(rows) => {
                for value in rows.iter().flatten() {
                    bind(statement, &mut at, value)?;
                }
            }
            scalar => bind(statement, &mut at, scalar)?,
        }
    }
    Ok(())
}

fn bind(statement: &mut rusqlite::Statement<'_>, at: &mut usize, arg: &Arg<'_>) -> Result<()> {
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
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => Code::Conflict,
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
