//! The transaction: all that domain code may do with the database, and nothing else.

use crate::connection::{Connection, SAVEPOINTS};
use crate::outbox::{Emitted, Event};
use crate::{Arg, Row};
use kernel::{Code, Random, Result, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Most values in one statement; longer row lists are cut into several statements.
const VALUES_MAX: usize = 8_000;
/// Longest key of an event, as its column allows.
const EVENT_KEY_BYTES_MAX: usize = 100;

/// One job's view of the database. On a read connection everything that writes fails with C001.
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
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: &'c mut dyn Connection, now: Timestamp, random: &'c mut Random, writes: bool) -> Tx<'c> {
        Tx { conn, now, random, emitted: Vec::new(), depth: 0, writes }
    }

    /// The instant of this job. Every call of one job gives the same.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The job's source of chance.
    pub fn random(&mut self) -> &mut Random {
        self.random
    }

    /// Statements this connection has run so far: the difference over a request is what it cost, which must not grow with
    /// the number of its lines.
    pub fn statements(&self) -> u64 {
        self.conn.statements()
    }

    /// Times this connection has waited for the database's answer so far; always 0 on the embedded one.
    pub fn round_trips(&self) -> u64 {
        self.conn.round_trips()
    }

    /// Every row of a query, read by `read`.
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

    /// Runs a statement and says how many rows it changed. C019 when it breaks a unique key; on server databases that
    /// also dooms the transaction, so where a duplicate is expected write `{on conflict ignore: …}` and look at the count.
    pub fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        self.must_write()?;
        self.conn.exec(sql, args)
    }

    /// Runs a statement whose row count nobody needs. On a server it may travel with the next statement or with the commit,
    /// and a failure then comes from there.
    pub fn exec_unseen(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<()> {
        self.must_write()?;
        self.conn.exec_unseen(sql, args)
    }

    /// Inserts one row and gives its automatic id. Not for `{on conflict …}` statements: there the count is the answer.
    pub fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<i64> {
        self.insert_new(sql, args)?.ok_or_else(|| Code::Internal.error().caused_by(format!("no id from: {sql}")))
    }

    /// Inserts one row by a statement that ends in `{on conflict ignore: …}` and gives its automatic id; `None` when a
    /// unique key was taken and nothing was inserted.
    pub fn insert_new(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>> {
        self.must_write()?;
        self.conn.insert(sql, args)
    }

    /// Inserts many rows by a statement that ends in `values [(?, …)]` and takes nothing else. Rows beyond a statement's
    /// limit of values go into further statements. Gives the number of rows inserted, which is fewer than given only for
    /// `{on conflict ignore: …}`. C019 when one breaks a unique key; on a server that may come with a later statement or
    /// with the commit, because the rows travel with it.
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
                inserted += self.conn.exec(sql, &[Arg::Rows(rows)])?;
            }
            rows = rest;
        }
        Ok(inserted)
    }

    /// Puts a fact into the outbox. It becomes visible to others only if this job commits, in the order of emission.
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

    /// Runs `part` so that its failure, even a panic, undoes only what it did; the job may then go on.
    pub fn attempt<T>(&mut self, part: impl FnOnce(&mut Tx<'c>) -> Result<T>) -> Result<T> {
        self.must_write()?;
        let words = SAVEPOINTS.get(self.depth + 1).ok_or_else(too_deep)?;
        self.conn.begin_part(words)?;
        self.depth += 1;
        let mark = self.emitted.len();
        let outcome = catch_unwind(AssertUnwindSafe(|| part(self)));
        self.depth -= 1;
        let outcome = match outcome {
            Ok(Ok(value)) => {
                self.must_be_open()?;
                Ok(self.conn.keep_part(words).map(|()| value))
            }
            other => other,
        };
        if !matches!(outcome, Ok(Ok(_))) {
            self.emitted.truncate(mark);
            // when that fails the transaction is gone, and the job cannot go on with half a part
            let _ = self.conn.undo_part(words);
        }
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Whether transactions become visible in the order of their ids.
    pub(crate) fn commits_in_order(&self) -> bool {
        self.conn.dialect().commits_in_order()
    }

    /// Whether the transaction is still there.
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
        self.conn.standing().must_be_open()
    }
}

fn too_deep() -> kernel::Error {
    Code::Internal.error().caused_by("attempts are nested too deeply")
}
