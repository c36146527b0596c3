//! The PostgreSQL driver. Statements whose answer nobody waits for (`begin`, savepoints, plain inserts) travel with the next
//! one that somebody does, so that an order costs about half as many round trips as statements.

mod open;
mod value;

pub(crate) use open::open;
pub(crate) use value::column;

use crate::connection::{Committed, Connection, Each, Savepoint, Server, Standing, gone};
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
/// Statements that wait for the next one; more are sent by themselves.
const WAITING_MAX: usize = 16;
/// What the server's own time limit is given before the connection counts as dead.
const GRACE: Duration = Duration::from_secs(5);

const BEGIN: &str = "begin isolation level read committed read write";
const BEGIN_READING: &str = "begin isolation level repeatable read read only";

/// A connection with its prepared statements.
pub(crate) struct Connected {
    /// Its own single thread: the one that runs the job.
    runtime: Runtime,
    client: Client,
    rendered: Rendered,
    prepared: Prepared,
    waiting: Vec<Waiting>,
    standing: Standing,
    /// A statement failed: PostgreSQL refuses everything until the part or the whole is undone.
    broken: bool,
    patience: Duration,
    statements: u64,
    round_trips: u64,
}

/// Something to send together with the next statement.
enum Waiting {
    Words(&'static str),
    Statement(Statement, Vec<Scalar>),
}

/// Prepared statements in two generations: what was not used for a whole one is given up.
#[derive(Default)]
struct Prepared {
    young: HashMap<Arc<str>, Statement>,
    old: HashMap<Arc<str>, Statement>,
}

/// Why something failed.
enum Failure {
    /// The statement is wrong or refused; the transaction can be undone in part or as a whole.
    Statement(Error),
    /// Others were in the way; run again it may succeed.
    Again(String),
    /// The connection is gone.
    Lost(String),
}

impl Waiting {
    async fn send(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        match self {
            Waiting::Words(words) => client.batch_execute(words).await,
            Waiting::Statement(statement, values) => client.execute_raw(statement, places(values)).await.map(|_| ()),
        }
    }
}

fn places(values: &[Scalar]) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
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
        if let Some(found) = self.young.get(text) {
            return Some(found.clone());
        }
        let found = self.old.remove(text)?;
        self.keep(text, &found);
        Some(found)
    }

    fn keep(&mut self, text: &Arc<str>, statement: &Statement) {
        if self.young.len() >= STATEMENTS_KEPT {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(Arc::clone(text), statement.clone());
    }
}

impl Connected {
    /// Sends what waits and `main`, and waits for all answers. The first failure in the order of sending counts.
    fn together<T>(
        &mut self,
        main: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> (Option<Failure>, Option<Result<T, Failure>>) {
        let waiting = mem::take(&mut self.waiting);
        self.round_trips += 1;
        let (client, patience) = (&self.client, self.patience);
        let answers = self.runtime.block_on(async {
            let before = join_all(waiting.iter().map(|one| one.send(client)));
            tokio::time::timeout(patience, join(before, main(client))).await
        });
        match answers {
            Err(_) => (Some(Failure::Lost("the server does not answer".to_owned())), None),
            Ok((before, main)) => {
                let first = before.into_iter().find_map(|answer| answer.err()).map(|error| failure(&error));
                (first, Some(main.map_err(|error| failure(&error))))
            }
        }
    }

    /// [`Connected::together`] inside a transaction: a failure is remembered in how it stands.
    fn ask<T>(&mut self, main: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>) -> Result<T> {
        let (first, answer) = self.together(main);
        match (first, answer) {
            (None, Some(Ok(value))) => Ok(value),
            (Some(failure), _) | (None, Some(Err(failure))) => Err(self.failed(failure)),
            (None, None) => Err(self.failed(Failure::Lost("no answer".to_owned()))),
        }
    }

    fn failed(&mut self, failure: Failure) -> Error {
        self.broken = true;
        match failure {
            Failure::Statement(error) => error,
            Failure::Again(cause) => self.stands(Standing::Again(cause)),
            Failure::Lost(cause) => self.stands(Standing::Gone(cause)),
        }
    }

    fn stands(&mut self, standing: Standing) -> Error {
        let (Standing::Again(cause) | Standing::Gone(cause)) = &standing else { return Code::Internal.error() };
        let error = gone(cause);
        self.standing = standing;
        error
    }

    fn ready(&self) -> Result<()> {
        self.standing.clone().must_be_open()?;
        if self.broken {
            return Err(Code::Internal.error().caused_by("a statement of this transaction has failed before"));
        }
        Ok(())
    }

    /// The statement, prepared before if its text comes again.
    fn statement(&mut self, text: &Arc<str>, keep: bool) -> Result<Statement> {
        if let Some(found) = self.prepared.get(text) {
            return Ok(found);
        }
        // not together with what waits: a failure here must not be taken for one of those
        let waiting = mem::take(&mut self.waiting);
        let prepared = self.ask(async |client: &Client| client.prepare(text).await);
        self.waiting = waiting;
        let statement = prepared?;
        if keep {
            self.prepared.keep(text, &statement);
        }
        Ok(statement)
    }

    fn made(&mut self, sql: &'static str, args: &[Arg<'_>], ending: &str) -> Result<(Statement, Vec<Scalar>)> {
        self.ready()?;
        self.statements += 1;
        let (mut text, keep) = self.rendered.text(sql, args);
        if !ending.is_empty() {
            text = format!("{text}{ending}").into();
        }
        let values = scalars(args)?;
        let statement = self.statement(&text, keep)?;
        let places = statement.params().len();
        if values.len() != places {
            return Err(Code::Internal.error().caused_by(format!("{} values for {places} places", values.len())));
        }
        Ok((statement, values))
    }

    fn later(&mut self, waiting: Waiting) -> Result<()> {
        self.waiting.push(waiting);
        if self.waiting.len() < WAITING_MAX {
            return Ok(());
        }
        self.ask(async |client: &Client| client.batch_execute("").await)
    }

    fn anew(&mut self, words: &'static str) -> Result<()> {
        if let Standing::Gone(cause) = &self.standing {
            return Err(gone(cause));
        }
        (self.standing, self.broken) = (Standing::Open, false);
        self.waiting.clear();
        self.waiting.push(Waiting::Words(words));
        Ok(())
    }
}

impl Connection for Connected {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        let (statement, values) = self.made(sql, args, "")?;
        self.ask(async |client: &Client| client.execute_raw(&statement, places(&values)).await)
    }

    fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>> {
        let (statement, values) = self.made(sql, args, " returning id")?;
        let values: Vec<&(dyn ToSql + Sync)> = places(&values).collect();
        let rows = self.ask(async |client: &Client| client.query(&statement, &values).await)?;
        rows.first().map(|row| Row::new(Inner::Postgres(row)).get(0)).transpose()
    }

    fn insert_all(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<()> {
        let (statement, values) = self.made(sql, &[Arg::Rows(rows)], "")?;
        self.later(Waiting::Statement(statement, values))
    }

    fn exec_unseen(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<()> {
        let (statement, values) = self.made(sql, args, "")?;
        self.later(Waiting::Statement(statement, values))
    }

    fn query(&mut self, sql: &'static str, args: &[Arg<'_>], each: Each<'_>) -> Result<()> {
        let (statement, values) = self.made(sql, args, "")?;
        let values: Vec<&(dyn ToSql + Sync)> = places(&values).collect();
        let rows = self.ask(async |client: &Client| client.query(&statement, &values).await)?;
        for row in &rows {
            if !each(&Row::new(Inner::Postgres(row)))? {
                break;
            }
        }
        Ok(())
    }

    fn run(&mut self, words: &str) -> Result<()> {
        self.ready()?;
        self.ask(async |client: &Client| client.batch_execute(words).await)
    }

    fn begin_part(&mut self, words: &Savepoint) -> Result<()> {
        self.ready()?;
        self.later(Waiting::Words(words.begin))
    }

    fn keep_part(&mut self, words: &Savepoint) -> Result<()> {
        self.ready()?;
        self.ask(async |client: &Client| client.batch_execute(words.release).await)
    }

    fn undo_part(&mut self, words: &Savepoint) -> Result<()> {
        self.standing.clone().must_be_open()?;
        let (rollback, release) = (words.rollback, words.release);
        let both = async |client: &Client| client.batch_execute(&format!("{rollback}; {release}")).await;
        let (first, answer) = self.together(both);
        match (first, answer) {
            // what failed is undone with the rest of the part
            (None | Some(Failure::Statement(_)), Some(Ok(()))) => {
                self.broken = false;
                Ok(())
            }
            (Some(failure @ (Failure::Again(_) | Failure::Lost(_))), _) | (_, Some(Err(failure))) => {
                Err(self.failed(failure))
            }
            (_, None) => Err(self.failed(Failure::Lost("no answer".to_owned()))),
        }
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.anew(BEGIN_READING)
    }

    fn end_reading(&mut self) -> Result<()> {
        self.roll_back()
    }

    fn standing(&self) -> Standing {
        self.standing.clone()
    }

    fn prepare(&mut self, sql: &'static str) -> Result<()> {
        self.ready()?;
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
        self.anew(BEGIN)
    }

    fn commit(&mut self) -> Committed {
        if let Err(error) = self.ready() {
            // PostgreSQL would answer a commit of such a transaction with success, having rolled it back
            return Committed::Refused(error);
        }
        let (first, answer) = self.together(async |client: &Client| client.batch_execute("commit").await);
        match (first, answer) {
            (None, Some(Ok(()))) => Committed::Done,
            // something before the commit failed, so the commit rolled back
            (Some(Failure::Statement(error)), _) => Committed::Refused(error),
            (Some(Failure::Again(cause)), _) | (None, Some(Err(Failure::Again(cause)))) => {
                Committed::Again(gone(&cause))
            }
            (None, Some(Err(Failure::Statement(error)))) => Committed::Refused(error),
            (Some(Failure::Lost(cause)), _) | (None, Some(Err(Failure::Lost(cause)))) => {
                Committed::Unknown(self.stands(Standing::Gone(cause)))
            }
            (None, None) => Committed::Unknown(self.stands(Standing::Gone("no answer".to_owned()))),
        }
    }

    fn roll_back(&mut self) -> Result<()> {
        if let Standing::Gone(cause) = &self.standing {
            return Err(gone(cause));
        }
        let begun_only = matches!(self.waiting.as_slice(), [Waiting::Words(BEGIN | BEGIN_READING), ..]);
        self.waiting.clear();
        if !begun_only {
            self.ask(async |client: &Client| client.batch_execute("rollback").await)?;
        }
        (self.standing, self.broken) = (Standing::Open, false);
        Ok(())
    }
}

/// A failure as ours: a broken unique key is a conflict, a missing value or a failed check a mistake of ours. The driver's
/// words stay private.
fn failure(error: &tokio_postgres::Error) -> Failure {
    let Some(told) = error.as_db_error() else {
        let mistake =
            !error.is_closed() && std::error::Error::source(error).is_none_or(|why| !why.is::<std::io::Error>());
        return if mistake {
            Failure::Statement(Code::Internal.error().caused_by(format!("{error:?}")))
        } else {
            Failure::Lost(format!("{error:?}"))
        };
    };
    let words = format!("{} {}", told.code().code(), told.message());
    let code = told.code();
    let again = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE];
    if again.contains(code) {
        return Failure::Again(words);
    }
    // told with the connection's end: shutdown, crash of another session, recovery, idle for too long in a transaction
    let fatal = told.parsed_severity().is_some_and(|severity| {
        use tokio_postgres::error::Severity::{Fatal, Panic};
        matches!(severity, Fatal | Panic)
    });
    if fatal || ["08", "57P"].iter().any(|class| code.code().starts_with(class)) {
        return Failure::Lost(words);
    }
    let ours = match code.code() {
        "23502" | "23514" => Code::Internal,
        broken if broken.starts_with("23") => Code::Conflict,
        // no room, no memory, no more connections; out of time; read only after a fail-over
        short if short.starts_with("53") => Code::Unavailable,
        "57014" | "25006" | "58030" => Code::Unavailable,
        _ => Code::Internal,
    };
    let error = ours.error().caused_by(words);
    Failure::Statement(if ours == Code::Unavailable { error.retry_after(1) } else { error })
}
