//! The transaction: all that domain code may do with the database, and nothing else.

use crate::connection::{Connection, SAVEPOINTS, transaction_lost};
use crate::outbox::Emitted;
use crate::{Arg, Row};
use kernel::{Code, Error, Event, Random, Result, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Most values in one statement. Longer lists of rows are split into several statements.
const VALUES_MAX: usize = 8_000;
/// Longest key of an event, as its column allows.
const EVENT_KEY_BYTES_MAX: usize = 100;

/// The transaction of one job. On a read connection every writing function fails with C001.
///
/// A job may run more than once (server databases retry it), so it may depend only on its arguments, [`Tx::now`] and
/// [`Tx::random`].
pub struct Tx<'c> {
    pub(crate) conn: &'c mut dyn Connection,
    pub(crate) now: Timestamp,
    pub(crate) random: &'c mut Random,
    pub(crate) emitted: Vec<Emitted>,
    pub(crate) depth: usize,
    pub(crate) writes: bool,
    pub(crate) attempts: Attempts,
    /// Why the job has to run again.
    pub(crate) outdated: Option<&'static str>,
}

/// How [`Tx::attempt`] keeps the changes of a part apart from those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempts {
    /// By savepoints.
    Savepoints,
    /// Not at all, because parts seldom fail and a savepoint costs requests. If one fails, the job runs again with savepoints.
    Skipped { any: bool, failed: bool },
}

impl Attempts {
    /// No savepoint yet, and none needed so far.
    pub const WITHOUT: Attempts = Attempts::Skipped { any: false, failed: false };

    /// Whether a job that did not succeed has to run again with savepoints, because it could have gone on with them.
    pub fn skipped_any(self) -> bool {
        matches!(self, Attempts::Skipped { any: true, .. })
    }

    /// Whether a part failed without a savepoint: then nothing of the job counts.
    pub fn failed(self) -> bool {
        matches!(self, Attempts::Skipped { failed: true, .. })
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: &'c mut dyn Connection, now: Timestamp, random: &'c mut Random, writes: bool) -> Tx<'c> {
        Tx { conn, now, random, emitted: Vec::new(), depth: 0, writes, attempts: Attempts::Savepoints, outdated: None }
    }

    /// Another job changed what this one had read, before this one could lock it: this one runs again from its beginning, whatever it
    /// makes of the error, which is C013. Only on server databases; on the embedded one, where no other job writes meanwhile, it just fails.
    pub fn run_again(&mut self, cause: &'static str) -> Error {
        self.outdated = Some(cause);
        transaction_lost(cause)
    }

    /// The time of this job. It is the same at every call.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The job's random numbers.
    pub fn random(&mut self) -> &mut Random {
        self.random
    }

    /// Statements that this connection has run so far. Tests compare two values: the number of statements of an order must
    /// not grow with the number of its lines.
    pub fn statements(&self) -> u64 {
        self.conn.statements()
    }

    /// How often this connection has waited for its server so far; always 0 for the embedded database.
    pub fn round_trips(&self) -> u64 {
        self.conn.round_trips()
    }

    /// Every row of a query, read by `read`. See [`Row::next`](crate::Row::next) for reading rows of many columns.
    pub fn query<T>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.must_be_open()?;
        let mut found = Vec::new();
        self.conn.query(sql, args, &mut |row| {
            found.push(read(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// The first row, if there is one.
    pub fn query_first<T>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.must_be_open()?;
        let mut found = None;
        self.conn.query(sql, args, &mut |row| {
            found = Some(read(row)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// The first row; C001 when there is none. For counts, sums and rows that must exist.
    pub fn query_one<T>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.query_first(sql, args, read)?
            .ok_or_else(|| Code::Internal.error().caused_by(format!("no row from: {sql}")))
    }

    /// Runs a statement and returns how many rows it changed. C019 when it violates a unique key. On a server the whole job
    /// then fails, so where a duplicate is expected write `{on conflict ignore: …}` and look at the count.
    pub fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        self.must_write()?;
        self.conn.exec(sql, args)
    }

    /// Runs a statement without returning the number of rows. On a server it may be sent together with the next statement or
    /// with the commit, which saves a round trip; that statement or the commit then returns its failure.
    pub fn exec_unseen(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<()> {
        self.must_write()?;
        self.conn.exec_unseen(sql, args)
    }

    /// Inserts one row and returns its automatic id. Not for `{on conflict …}` statements, which may insert nothing.
    pub fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<i64> {
        self.insert_new(sql, args)?.ok_or_else(|| Code::Internal.error().caused_by(format!("no id from: {sql}")))
    }

    /// Inserts one row by a statement that ends in `{on conflict ignore: …}` and returns its automatic id; `None` when a
    /// unique key is taken and nothing was inserted.
    pub fn insert_new(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>> {
        self.must_write()?;
        self.conn.insert(sql, args)
    }

    /// Inserts many rows by a statement that ends in `values [(?, …)]` and has no other arguments. Rows beyond the limit of
    /// values go into further statements. Returns the number of inserted rows, which is smaller than the number of `rows` only
    /// for `{on conflict ignore: …}`. C019 when one violates a unique key; on a server a later statement or the commit may
    /// return that, because the rows are sent together with it.
    pub fn insert_rows(&mut self, sql: &'static str, mut rows: Vec<Vec<Arg<'_>>>) -> Result<u64> {
        self.must_write()?;
        let all_new = !sql.contains("{on conflict");
        let mut inserted = 0;
        while let Some(first) = rows.first() {
            let chunk = (VALUES_MAX / first.len().max(1)).clamp(1, rows.len());
            let rest = rows.split_off(chunk);
            if all_new {
                inserted += rows.len() as u64;
                self.conn.insert_all(sql, rows)?;
            } else {
                inserted += self.conn.exec_rows(sql, rows)?;
            }
            rows = rest;
        }
        Ok(inserted)
    }

    /// Stores an event in the outbox. It is published only if this job commits. Events of one job keep their order.
    pub fn emit<E: Event>(&mut self, event: &E) -> Result<()> {
        self.must_write()?;
        let payload = serde_json::to_string(event).map_err(|e| Code::Internal.error().caused_by(e))?;
        let key = event.key();
        if key.len() > EVENT_KEY_BYTES_MAX {
            return Err(Code::Internal.error().caused_by(format!("the key of a {} is too long: {key}", E::TOPIC)));
        }
        self.emitted.push(Emitted { topic: E::TOPIC, key, payload });
        Ok(())
    }

    /// Runs `part` in a savepoint: if it fails or panics, only its own changes are rolled back, and the job can go on. The
    /// job may run a first time without savepoints, and then again with them if a part failed.
    pub fn attempt<T>(&mut self, part: impl FnOnce(&mut Tx<'c>) -> Result<T>) -> Result<T> {
        let mark = self.begin_attempt()?;
        let outcome = catch_unwind(AssertUnwindSafe(|| part(self)));
        let ended = self.end_attempt(mark, matches!(outcome, Ok(Ok(_))));
        match outcome {
            Ok(Ok(value)) => ended.map(|()| value),
            Ok(Err(error)) => Err(error),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// How many events the transaction has emitted so far.
    fn begin_attempt(&mut self) -> Result<usize> {
        self.must_write()?;
        if matches!(self.attempts, Attempts::Skipped { .. }) {
            return Ok(self.emitted.len());
        }
        let savepoint = SAVEPOINTS.get(self.depth + 1).ok_or_else(too_deep)?;
        self.conn.begin_savepoint(savepoint)?;
        self.depth += 1;
        Ok(self.emitted.len())
    }

    /// Keeps what was done since [`Tx::begin_attempt`], or takes it back.
    fn end_attempt(&mut self, mark: usize, succeeded: bool) -> Result<()> {
        if let Attempts::Skipped { failed, .. } = self.attempts {
            self.attempts = Attempts::Skipped { any: true, failed: failed || !succeeded };
            return Ok(());
        }
        let savepoint = SAVEPOINTS.get(self.depth).ok_or_else(too_deep)?;
        self.depth -= 1;
        let mut released = Ok(());
        if succeeded {
            self.must_be_open()?;
            released = self.conn.release_savepoint(savepoint);
        }
        if !succeeded || released.is_err() {
            self.emitted.truncate(mark);
            // if this fails, the transaction is lost, so the job cannot go on with half of the part
            let _ = self.conn.roll_back_to_savepoint(savepoint);
        }
        released
    }

    /// Whether transactions become visible in the order of their ids.
    pub(crate) fn commits_in_order(&self) -> bool {
        self.conn.dialect().commits_in_order()
    }

    /// Whether a statement that sees a transaction sees every one that had committed before it.
    pub(crate) fn snapshots_follow_commits(&self) -> bool {
        self.conn.dialect().snapshots_follow_commits()
    }

    /// Whether the transaction can go on.
    pub(crate) fn is_open(&self) -> bool {
        self.must_be_open().is_ok()
    }

    fn must_write(&self) -> Result<()> {
        if !self.writes {
            return Err(Code::Internal.error().caused_by("a reading job tried to write"));
        }
        self.must_be_open()
    }

    fn must_be_open(&self) -> Result<()> {
        if self.attempts.failed() {
            return Err(transaction_lost("the job runs again with savepoints"));
        }
        self.conn.state().must_be_open()
    }
}

fn too_deep() -> kernel::Error {
    Code::Internal.error().caused_by("attempts are nested too deeply")
}
