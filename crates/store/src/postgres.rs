//! The PostgreSQL driver. Statements whose result is not needed (`begin`, savepoints, plain inserts) are deferred and sent
//! together with the next statement whose result is needed, so that an order costs about half as many round trips as statements.

mod notices;
mod open;
mod value;

pub(crate) use notices::exchange as exchange_notices;
pub(crate) use open::open;
pub(crate) use value::column;

use crate::connection::{Committed, Connection, Each, Savepoint, Server, TxState, transaction_lost};
use crate::rendered::Rendered;
use crate::row::Inner;
use crate::{Arg, Dialect, Row};
use futures_util::future::{join, join_all};
use kernel::{Code, Error, Result};
use std::{collections::HashMap, mem, sync::Arc, time::Duration};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Statement, error::SqlState, types::ToSql};
use value::Scalar;

/// Distinct prepared statements of one generation; at most two generations are kept.
const STATEMENTS_KEPT: usize = 512;
/// Most deferred statements; when there are as many, they are sent.
const DEFERRED_MAX: usize = 16;
/// How much longer than the server's own time limit this side waits before the connection counts as lost.
const GRACE: Duration = Duration::from_secs(5);

const BEGIN: &str = "begin isolation level read committed read write";
const BEGIN_READING: &str = "begin isolation level repeatable read read only";

/// A connection with its prepared statements.
pub(crate) struct Connected {
    /// Runs on the thread that runs the job, because the job is synchronous and the driver is not.
    runtime: Runtime,
    client: Client,
    rendered: Rendered,
    prepared: Prepared,
    deferred: Vec<Deferred>,
    state: TxState,
    /// For a job of one statement: whether it may still run.
    single: Option<bool>,
    /// A statement failed: PostgreSQL refuses further statements until the savepoint or the transaction is rolled back.
    statement_failed: bool,
    answer_timeout: Duration,
    statements: u64,
    round_trips: u64,
}

/// What is sent together with the next statement.
enum Deferred {
    Text(&'static str),
    Statement(Statement, Vec<Scalar>),
}

/// Prepared statements in two generations. A statement that is not used during a whole generation is dropped.
#[derive(Default)]
struct Prepared {
    new: HashMap<Arc<str>, Statement>,
    old: HashMap<Arc<str>, Statement>,
}

/// Why a statement failed.
enum Failure {
    /// The statement is wrong or refused. The savepoint or the transaction can be rolled back.
    Statement(Error),
    /// Other transactions were the cause. The job may succeed if it runs again.
    Retry(String),
    /// The connection is lost.
    Lost(String),
}

impl Deferred {
    async fn send(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        match self {
            Deferred::Text(text) => client.batch_execute(text).await,
            Deferred::Statement(statement, values) => {
                client.execute_raw(statement, parameters(values)).await.map(|_| ())
            }
        }
    }
}

fn parameters(values: &[Scalar]) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync))
}

fn scalars(args: &[Arg<'_>]) -> Result<Vec<Scalar>> {
    let mut values = Vec::new();
    Arg::each_scalar(args, |arg| {
        values.push(Scalar::of(arg));
        Ok(())
    })?;
    Ok(values)
}

impl Prepared {
    fn get(&mut self, text: &Arc<str>) -> Option<Statement> {
        if let Some(found) = self.new.get(text) {
            return Some(found.clone());
        }
        let found = self.old.remove(text)?;
        self.keep(text, &found);
        Some(found)
    }

    fn keep(&mut self, text: &Arc<str>, statement: &Statement) {
        if self.new.len() >= STATEMENTS_KEPT {
            self.old = mem::take(&mut self.new);
        }
        self.new.insert(Arc::clone(text), statement.clone());
    }
}

impl Connected {
    /// Sends the deferred statements and `main`, and waits for all results. The first failure in the order of sending counts.
    fn send_all<T>(
        &mut self,
        main: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> (Option<Failure>, Option<Result<T, Failure>>) {
        let deferred = mem::take(&mut self.deferred);
        self.round_trips += 1;
        let (client, answer_timeout) = (&self.client, self.answer_timeout);
        let answers = self.runtime.block_on(async {
            let before = join_all(deferred.iter().map(|one| one.send(client)));
            tokio::time::timeout(answer_timeout, join(before, main(client))).await
        });
        match answers {
            Err(_) => (Some(Failure::Lost("the server does not respond".to_owned())), None),
            Ok((before, main)) => {
                let first = before.into_iter().find_map(|answer| answer.err()).map(|error| failure(&error));
                (first, Some(main.map_err(|error| failure(&error))))
            }
        }
    }

    /// [`Connected::send_all`] inside a transaction: a failure changes the state of the transaction.
    fn send<T>(&mut self, main: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>) -> Result<T> {
        let (first, answer) = self.send_all(main);
        match (first, answer) {
            (None, Some(Ok(value))) => Ok(value),
            (Some(failure), _) | (None, Some(Err(failure))) => Err(self.failed(failure)),
            (None, None) => Err(self.failed(Failure::Lost("no response".to_owned()))),
        }
    }

    fn failed(&mut self, failure: Failure) -> Error {
        self.statement_failed = true;
        match failure {
            Failure::Statement(error) => error,
            Failure::Retry(cause) => self.set_lost(TxState::Retry(cause)),
            Failure::Lost(cause) => self.set_lost(TxState::Lost(cause)),
        }
    }

    fn set_lost(&mut self, state: TxState) -> Error {
        let (TxState::Retry(cause) | TxState::Lost(cause)) = &state else { return Code::Internal.error() };
        let error = transaction_lost(cause);
        self.state = state;
        error
    }

    fn must_be_usable(&self) -> Result<()> {
        self.state.clone().must_be_open()?;
        if self.statement_failed {
            return Err(Code::Internal.error().caused_by("a statement of this transaction has failed before"));
        }
        Ok(())
    }

    /// A job of one statement has none left after it.
    fn take_turn(&mut self) -> Result<()> {
        match self.single.as_mut().map(std::mem::take) {
            Some(false) => Err(Code::Internal.error().caused_by("a job of one statement ran a second one")),
            Some(true) | None => Ok(()),
        }
    }

    /// The prepared statement for this text. `keep`: later calls with the same text use it again.
    fn statement(&mut self, text: &Arc<str>, keep: bool) -> Result<Statement> {
        if let Some(found) = self.prepared.get(text) {
            return Ok(found);
        }
        // sent alone, because a failure of a deferred statement must not be taken for a failure of preparing
        let deferred = mem::take(&mut self.deferred);
        let prepared = self.send(async |client: &Client| client.prepare(text).await);
        self.deferred = deferred;
        let statement = prepared?;
        if keep {
            self.prepared.keep(text, &statement);
        }
        Ok(statement)
    }

    fn prepared_call(&mut self, sql: &'static str, args: &[Arg<'_>], ending: &str) -> Result<(Statement, Vec<Scalar>)> {
        self.must_be_usable()?;
        self.take_turn()?;
        self.statements += 1;
        let (mut text, keep) = self.rendered.text(sql, args);
        if !ending.is_empty() {
            text = format!("{text}{ending}").into();
        }
        let values = scalars(args)?;
        let statement = self.statement(&text, keep)?;
        let expected = statement.params().len();
        if values.len() != expected {
            return Err(Code::Internal.error().caused_by(format!("{} values for {expected} parameters", values.len())));
        }
        Ok((statement, values))
    }

    fn defer(&mut self, deferred: Deferred) -> Result<()> {
        self.deferred.push(deferred);
        if self.deferred.len() < DEFERRED_MAX && self.single.is_none() {
            return Ok(());
        }
        self.send(async |client: &Client| client.batch_execute("").await)
    }

    fn reuse(&mut self, begin: Option<&'static str>) -> Result<()> {
        if let TxState::Lost(cause) = &self.state {
            return Err(transaction_lost(cause));
        }
        (self.state, self.statement_failed) = (TxState::Open, false);
        self.single = begin.is_none().then_some(true);
        self.deferred.clear();
        self.deferred.extend(begin.map(Deferred::Text));
        Ok(())
    }
}

impl Connection for Connected {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        let (statement, values) = self.prepared_call(sql, args, "")?;
        self.send(async |client: &Client| client.execute_raw(&statement, parameters(&values)).await)
    }

    fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>> {
        let (statement, values) = self.prepared_call(sql, args, " returning id")?;
        let values: Vec<&(dyn ToSql + Sync)> = parameters(&values).collect();
        let rows = self.send(async |client: &Client| client.query(&statement, &values).await)?;
        rows.first().map(|row| Row::new(Inner::Postgres(row)).get(0)).transpose()
    }

    fn insert_all(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<()> {
        let (statement, values) = self.prepared_call(sql, &[Arg::Rows(rows)], "")?;
        self.defer(Deferred::Statement(statement, values))
    }

    fn exec_unseen(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<()> {
        let (statement, values) = self.prepared_call(sql, args, "")?;
        self.defer(Deferred::Statement(statement, values))
    }

    fn query(&mut self, sql: &'static str, args: &[Arg<'_>], each: Each<'_>) -> Result<()> {
        let (statement, values) = self.prepared_call(sql, args, "")?;
        let values: Vec<&(dyn ToSql + Sync)> = parameters(&values).collect();
        let rows = self.send(async |client: &Client| client.query(&statement, &values).await)?;
        for row in &rows {
            if !each(&Row::new(Inner::Postgres(row)))? {
                break;
            }
        }
        Ok(())
    }

    fn run(&mut self, text: &str) -> Result<()> {
        self.must_be_usable()?;
        self.send(async |client: &Client| client.batch_execute(text).await)
    }

    fn begin_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.must_be_usable()?;
        self.defer(Deferred::Text(savepoint.begin))
    }

    fn release_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.must_be_usable()?;
        self.send(async |client: &Client| client.batch_execute(savepoint.release).await)
    }

    fn roll_back_to_savepoint(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.state.clone().must_be_open()?;
        let (rollback, release) = (savepoint.rollback, savepoint.release);
        let both = async |client: &Client| client.batch_execute(&format!("{rollback}; {release}")).await;
        let (first, answer) = self.send_all(both);
        match (first, answer) {
            // a deferred statement failed, and its effect is rolled back with the rest of the part
            (None | Some(Failure::Statement(_)), Some(Ok(()))) => {
                self.statement_failed = false;
                Ok(())
            }
            (Some(failure @ (Failure::Retry(_) | Failure::Lost(_))), _) | (_, Some(Err(failure))) => {
                Err(self.failed(failure))
            }
            (_, None) => Err(self.failed(Failure::Lost("no response".to_owned()))),
        }
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.reuse(Some(BEGIN_READING))
    }

    fn begin_single(&mut self) -> Result<()> {
        self.reuse(None)
    }

    fn end_reading(&mut self) -> Result<()> {
        self.roll_back()
    }

    fn state(&self) -> TxState {
        self.state.clone()
    }

    fn prepare(&mut self, sql: &'static str) -> Result<()> {
        self.must_be_usable()?;
        let text: Arc<str> = Dialect::Postgres.render(sql, &[]).into();
        self.statement(&text, false).map(|_| ())
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
        self.reuse(Some(BEGIN))
    }

    fn commit(&mut self) -> Committed {
        if let Err(error) = self.must_be_usable() {
            // PostgreSQL rolls such a transaction back at its commit and reports success
            return Committed::Refused(error);
        }
        if self.single.is_some() {
            return Committed::Done;
        }
        let (first, answer) = self.send_all(async |client: &Client| client.batch_execute("commit").await);
        match (first, answer) {
            (None, Some(Ok(()))) => Committed::Done,
            // a deferred statement failed, so the commit rolled everything back
            (Some(Failure::Statement(error)), _) => Committed::Refused(error),
            (Some(Failure::Retry(cause)), _) | (None, Some(Err(Failure::Retry(cause)))) => {
                Committed::Retry(transaction_lost(&cause))
            }
            (None, Some(Err(Failure::Statement(error)))) => Committed::Refused(error),
            (Some(Failure::Lost(cause)), _) | (None, Some(Err(Failure::Lost(cause)))) => {
                Committed::Unknown(self.set_lost(TxState::Lost(cause)))
            }
            (None, None) => Committed::Unknown(self.set_lost(TxState::Lost("no response".to_owned()))),
        }
    }

    fn roll_back(&mut self) -> Result<()> {
        if let TxState::Lost(cause) = &self.state {
            return Err(transaction_lost(cause));
        }
        // a single statement that failed was rolled back by the server
        let nothing_open = self.single.is_some();
        let begun_only = matches!(self.deferred.as_slice(), [Deferred::Text(BEGIN | BEGIN_READING), ..]);
        self.deferred.clear();
        if !begun_only && !nothing_open {
            self.send(async |client: &Client| client.batch_execute("rollback").await)?;
        }
        (self.state, self.statement_failed) = (TxState::Open, false);
        Ok(())
    }
}

/// Maps a failure of the driver: a violated unique key is a conflict, a missing value or a failed check is a bug. The text of
/// the driver is a private cause.
fn failure(error: &tokio_postgres::Error) -> Failure {
    let Some(refused) = error.as_db_error() else {
        let is_bug =
            !error.is_closed() && std::error::Error::source(error).is_none_or(|why| !why.is::<std::io::Error>());
        return if is_bug {
            Failure::Statement(Code::Internal.error().caused_by(format!("{error:?}")))
        } else {
            Failure::Lost(format!("{error:?}"))
        };
    };
    let text = format!("{} {}", refused.code().code(), refused.message());
    let code = refused.code();
    let again = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE];
    if again.contains(code) {
        return Failure::Retry(text);
    }
    // the server ends the connection: shutdown, crash of another session, recovery, idle for too long in a transaction
    let fatal = refused.parsed_severity().is_some_and(|severity| {
        use tokio_postgres::error::Severity::{Fatal, Panic};
        matches!(severity, Fatal | Panic)
    });
    if fatal || ["08", "57P"].iter().any(|class| code.code().starts_with(class)) {
        return Failure::Lost(text);
    }
    let ours = match code.code() {
        "23502" | "23514" => Code::Internal,
        violation if violation.starts_with("23") => Code::Conflict,
        // no disk space, no memory, no more connections; out of time; read-only after a fail-over
        short if short.starts_with("53") => Code::Unavailable,
        "57014" | "25006" | "58030" => Code::Unavailable,
        _ => Code::Internal,
    };
    let error = ours.error().caused_by(text);
    Failure::Statement(if ours == Code::Unavailable { error.retry_after(1) } else { error })
}
