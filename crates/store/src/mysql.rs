//! The driver for MySQL and MariaDB.

mod open;

pub(crate) use open::open;

use crate::connection::{Committed, Connection, Each, Savepoint, Server, TxState, transaction_lost};
use crate::rendered::Rendered;
use crate::row::Inner;
use crate::{Arg, Column, Dialect, Row};
use ::mysql::{Conn, Params, Value, consts::ColumnType, prelude::Queryable};
use kernel::{Code, Error, Result};
use std::time::Duration;

/// Distinct prepared statements kept per connection. By default a server accepts 16,382 of all its clients together
/// (`max_prepared_stmt_count`). An instance has 26 connections, so four instances fit.
const STATEMENTS_KEPT: usize = 150;
/// How much longer than the server's own time limit this side waits before the connection counts as lost.
const GRACE: Duration = Duration::from_secs(5);

/// A connection. It runs with autocommit off: the first statement after a commit begins a transaction implicitly, which
/// saves a round trip. Only for jobs of one statement it is switched on, and it stays on until another kind of job comes.
pub(crate) struct Connected {
    conn: Conn,
    rendered: Rendered,
    state: TxState,
    autocommit: bool,
    /// For a job of one statement: whether it may still run.
    single: Option<bool>,
    statements: u64,
    round_trips: u64,
}

/// What a statement changed.
struct Changed {
    rows: u64,
    id: Option<i64>,
}

impl Connected {
    fn new(conn: Conn) -> Connected {
        let rendered = Rendered::new(Dialect::MySql);
        Connected {
            conn,
            rendered,
            state: TxState::Open,
            autocommit: false,
            single: None,
            statements: 0,
            round_trips: 0,
        }
    }

    fn changed(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Changed> {
        let (statement, values) = self.prepared(sql, args)?;
        let answer = self.conn.exec_iter(&statement, values).map(|result| {
            let matched = matched(&result.info_str());
            let id = result.last_insert_id().and_then(|id| i64::try_from(id).ok());
            Changed { rows: matched.unwrap_or(result.affected_rows()), id }
        });
        self.checked(answer)
    }

    fn prepared(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(::mysql::Statement, Params)> {
        self.state.clone().must_be_open()?;
        if self.single.as_mut().map(std::mem::take) == Some(false) {
            return Err(Code::Internal.error().caused_by("a job of one statement ran a second one"));
        }
        self.statements += 1;
        self.round_trips += 1;
        let (text, _) = self.rendered.text(sql, args);
        let mut values = Vec::new();
        Arg::each_scalar(args, |arg| {
            values.push(value(arg));
            Ok(())
        })?;
        let prepared = self.conn.prep(&*text);
        let statement = self.checked(prepared)?;
        let parameters = usize::from(statement.num_params());
        if values.len() != parameters {
            return Err(Code::Internal
                .error()
                .caused_by(format!("{} values for {parameters} parameters", values.len())));
        }
        let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        Ok((statement, params))
    }

    fn execute_fixed(&mut self, text: &str) -> Result<()> {
        self.round_trips += 1;
        let answer = self.conn.query_drop(text);
        self.checked(answer)
    }

    fn checked<T>(&mut self, answer: Result<T, ::mysql::Error>) -> Result<T> {
        answer.map_err(|error| {
            let (state, error) = failure(&error);
            if state != TxState::Open {
                self.state = state;
            }
            error
        })
    }

    /// Makes the connection ready for the next job: one of a single statement, or one with a transaction.
    fn reuse(&mut self, single: bool) -> Result<()> {
        if let TxState::Lost(cause) = &self.state {
            return Err(transaction_lost(cause));
        }
        self.state = TxState::Open;
        self.single = single.then_some(true);
        if self.autocommit != single {
            self.execute_fixed(if single { "set autocommit = 1" } else { "set autocommit = 0" })?;
            self.autocommit = single;
        }
        Ok(())
    }
}

impl Connection for Connected {
    fn dialect(&self) -> Dialect {
        Dialect::MySql
    }

    fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        let rows = self.changed(sql, args)?.rows;
        // MySQL counts a row twice if an upsert changed it
        Ok(if rows == 2 && sql.contains("{on conflict (") { 1 } else { rows })
    }

    fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>> {
        let changed = self.changed(sql, args)?;
        Ok(changed.id.filter(|_| changed.rows == 1))
    }

    fn insert_all(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<()> {
        self.changed(sql, &[Arg::Rows(rows)]).map(|_| ())
    }

    fn query(&mut self, sql: &'static str, args: &[Arg<'_>], each: Each<'_>) -> Result<()> {
        let (statement, values) = self.prepared(sql, args)?;
        let mut broken = None;
        let outcome = match self.conn.exec_iter(&statement, values) {
            Ok(result) => {
                let mut outcome = Ok(());
                for row in result {
                    match row {
                        Ok(row) => match each(&Row::new(Inner::MySql(&row))) {
                            Ok(true) => {}
                            Ok(false) => break,
                            Err(error) => {
                                outcome = Err(error);
                                break;
                            }
                        },
                        Err(error) => {
                            broken = Some(error);
                            break;
                        }
                    }
                }
                outcome
            }
            Err(error) => {
                broken = Some(error);
                Ok(())
            }
        };
        self.checked(broken.map_or(Ok(()), Err))?;
        outcome
    }

    fn run(&mut self, text: &str) -> Result<()> {
        self.state.clone().must_be_open()?;
        self.execute_fixed(text)
    }

    fn begin_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.run(savepoint.begin)
    }

    /// Sends nothing: the next savepoint of this name replaces it, and the commit removes it.
    fn release_savepoint(&mut self, _: &Savepoint) -> Result<()> {
        self.state.clone().must_be_open()
    }

    fn roll_back_to_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        let undone = self.run(savepoint.rollback);
        if let Err(error) = &undone
            && self.state == TxState::Open
        {
            // the job must not go on with half of the part
            self.state = TxState::Retry(format!("a savepoint could not be rolled back: {error:?}"));
        }
        undone
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.reuse(false)
    }

    fn begin_single(&mut self) -> Result<()> {
        self.reuse(true)
    }

    fn end_reading(&mut self) -> Result<()> {
        self.roll_back()
    }

    fn state(&self) -> TxState {
        self.state.clone()
    }

    fn prepare(&mut self, sql: &'static str) -> Result<()> {
        let text = Dialect::MySql.render(sql, &[]);
        self.round_trips += 1;
        let prepared = self.conn.prep(text).and_then(|statement| self.conn.close(statement));
        self.checked(prepared)
    }

    fn statements(&self) -> u64 {
        self.statements
    }

    fn round_trips(&self) -> u64 {
        self.round_trips
    }
}

impl Server for Connected {
    fn begin(&mut self) -> Result<()> {
        self.reuse(false)
    }

    fn commit(&mut self) -> Committed {
        if let Err(error) = self.state.clone().must_be_open() {
            return Committed::Refused(error);
        }
        if self.single.is_some() {
            return Committed::Done;
        }
        self.round_trips += 1;
        let Err(error) = self.conn.query_drop("commit") else { return Committed::Done };
        let (state, failure) = failure(&error);
        match state {
            // a cluster that checks conflicts at the commit refuses like this
            TxState::Retry(_) => Committed::Retry(failure),
            TxState::Open | TxState::Lost(_) => {
                self.state = TxState::Lost(format!("{error:?}"));
                Committed::Unknown(failure)
            }
        }
    }

    fn roll_back(&mut self) -> Result<()> {
        if let TxState::Lost(cause) = &self.state {
            return Err(transaction_lost(cause));
        }
        self.state = TxState::Open;
        // a single statement that failed was rolled back by the server
        if self.single.is_some() { Ok(()) } else { self.execute_fixed("rollback") }
    }
}

fn value(arg: &Arg<'_>) -> Value {
    match arg {
        Arg::Int(value) => Value::Int(*value),
        Arg::Text(text) => Value::Bytes(text.as_bytes().to_vec()),
        Arg::Owned(text) => Value::Bytes(text.as_bytes().to_vec()),
        // `each_scalar` splits lists
        Arg::Null | Arg::List(_) | Arg::Pairs(_) | Arg::Rows(_) => Value::NULL,
    }
}

/// How many rows an update matched: "Rows matched: 1  Changed: 0  Warnings: 0", as MySQL's `mysql_info` documents it. The
/// count of changed rows leaves out rows that had the new values before, so a guard would seem to have failed.
fn matched(info: &str) -> Option<u64> {
    info.strip_prefix("Rows matched: ")?.split(' ').next()?.parse().ok()
}

/// The value in column `index`.
pub(crate) fn column(row: &::mysql::Row, index: usize) -> Result<Column<'_>> {
    let wrong = |why: &str| Code::Internal.error().caused_by(format!("column {index}: {why}"));
    let value = row.as_ref(index).ok_or_else(|| wrong("there is none"))?;
    match value {
        Value::NULL => Ok(Column::Null),
        Value::Int(value) => Ok(Column::Int(*value)),
        Value::UInt(value) => i64::try_from(*value).map(Column::Int).map_err(|_| wrong("too large")),
        Value::Bytes(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| wrong("not UTF-8"))?;
            let kind = row.columns_ref()[index].column_type();
            // the type of a `sum` of whole numbers
            if matches!(kind, ColumnType::MYSQL_TYPE_NEWDECIMAL | ColumnType::MYSQL_TYPE_DECIMAL) {
                return text.parse().map(Column::Int).map_err(|_| wrong("no whole number"));
            }
            Ok(Column::Text(text))
        }
        Value::Float(_) | Value::Double(_) | Value::Date(..) | Value::Time(..) => {
            Err(wrong("neither integer nor text"))
        }
    }
}

/// Maps a failure of the driver: the state of the transaction after it, and our error. The text of the driver is a private cause.
fn failure(error: &::mysql::Error) -> (TxState, Error) {
    let ::mysql::Error::MySqlError(refused) = error else {
        let lost =
            matches!(error, ::mysql::Error::IoError(_) | ::mysql::Error::CodecError(_) | ::mysql::Error::TlsError(_));
        let cause = format!("{error:?}");
        return if lost {
            (TxState::Lost(cause.clone()), transaction_lost(&cause))
        } else {
            (TxState::Open, Code::Internal.error().caused_by(cause))
        };
    };
    let cause = format!("{} {}", refused.code, refused.message);
    match refused.code {
        // lock wait timeout, deadlock, changed since it was read
        1205 | 1213 | 1020 => (TxState::Retry(cause.clone()), transaction_lost(&cause)),
        // shutting down, gone away, killed, idle for too long in a transaction
        1053 | 1077 | 1079 | 1317 | 1927 | 2006 | 2013 | 4031 => {
            (TxState::Lost(cause.clone()), transaction_lost(&cause))
        }
        // a unique or foreign key is violated; a table, column or index exists already, or an index is dropped already
        1050 | 1060 | 1061 | 1062 | 1091 | 1169 | 1216 | 1217 | 1451 | 1452 => {
            (TxState::Open, Code::Conflict.error().caused_by(cause))
        }
        // no disk space, no memory, no more connections, out of time, read-only
        1021 | 1037 | 1038 | 1040 | 1041 | 1114 | 1203 | 1290 | 1836 | 1969 | 3024 => {
            (TxState::Open, Code::Unavailable.error().retry_after(1).caused_by(cause))
        }
        _ => (TxState::Open, Code::Internal.error().caused_by(cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::matched;

    #[test]
    fn an_update_counts_what_it_matched() {
        assert_eq!(matched("Rows matched: 12  Changed: 0  Warnings: 0"), Some(12));
        assert_eq!(matched("Records: 3  Duplicates: 1  Warnings: 0"), None);
        assert_eq!(matched(""), None);
    }
}
