//! The one writer of a SQLite file: runs all waiting jobs and commits them together (group commit).
//!
//! A savepoint for each job would copy every page that it changes. Most jobs succeed, so they run without: when one fails that has
//! changed something, the transaction is rolled back, and all of its jobs run again, each in a savepoint. Refusals come in crowds, so
//! the next jobs of that name have savepoints from the beginning.

use crate::connection::{Connection, SAVEPOINTS};
use crate::db::Shared;
use crate::file::Place;
use crate::job::{CommitFailure, Job, Request};
use crate::requests::{NoRequest, Taker};
use crate::sqlite::Connected;
use crate::tx::Attempts;
use crate::wal::Log;
use crate::{Emitted, Tx, fault, outbox};
use kernel::{Clock, Code, Error, Random, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

/// Most jobs in one commit. More would add delay and save nearly nothing, because the fsync is already shared by many.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// When the jobs of a batch have run for this long, they are committed.
const BATCH_TIME_MAX: Duration = Duration::from_millis(8);
/// How often an idle writer checks whether an unhealthy database can be written again.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A job that takes longer than this is logged, because all other writing jobs wait for it: it should work in chunks.
const SLOW_JOB: Duration = Duration::from_millis(50);
/// After a job had to be taken back, so many jobs of its name have a savepoint each: running a batch again costs as much as some
/// hundred savepoints.
const JOBS_APART: u32 = 500;

pub(crate) struct Writer {
    pub conn: Connected,
    pub log: Arc<Log>,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    /// The thread ends after the present batch.
    pub stopping: bool,
    /// Statements that are in the statistics already.
    pub counted: u64,
    /// The last field, so that its lock ends after the connection is closed.
    pub place: Place,
}

/// What became of one run of a job.
enum Ran {
    /// It did its work, and emitted these events.
    Stored(Vec<Emitted>),
    /// It failed, and nothing of it is left.
    Nothing,
    /// It failed, and what it did is in the transaction with the work of other jobs.
    Spoilt,
}

impl Writer {
    /// Runs until it is asked to stop or until every [`crate::Db`] is dropped. It runs the jobs that were queued before.
    pub fn run(mut self, requests: &Taker) {
        let mut batch = Vec::with_capacity(JOBS_PER_COMMIT_MAX);
        while !self.stopping {
            match requests.take_within(PROBE_EVERY) {
                Ok(Request::Run(first)) => self.commit_batch(first, requests, &mut batch),
                Err(NoRequest::InTime) => self.idle(),
                Ok(Request::Stop) | Err(NoRequest::Ever) => self.stopping = true,
            }
        }
        self.log.finish(&self.conn);
    }

    fn idle(&mut self) {
        if let Err(lost) = self.place.check() {
            return self.shared.note(Some(lost));
        }
        self.log.restart_if_due(&self.conn);
        if !self.shared.is_healthy() {
            // the disk may be full, and a restarted log needs no further space
            self.log.restart(&self.conn);
            let probe = self.probe();
            self.shared.note(probe.err().map(|error| format!("{error:?}")));
        }
    }

    fn probe(&mut self) -> Result<()> {
        self.conn.execute_fixed("begin immediate")?;
        let now = self.clock.now();
        let written = self.conn.exec(PROBE, crate::args![1_i64, now]).and_then(|_| self.conn.execute_fixed("commit"));
        if written.is_err() {
            self.roll_back();
        }
        written
    }

    fn commit_batch(&mut self, first: Job, requests: &Taker, batch: &mut Vec<Job>) {
        let began = self.conn.execute_fixed("begin immediate");
        let ran = match began {
            Ok(()) => self.run_batch(first, requests, batch),
            Err(error) => {
                batch.push(first);
                Err(error)
            }
        };
        match ran {
            Ok(emitted) => self.commit(batch, &emitted),
            Err(error) => self.abort_batch(batch, &error, false),
        }
        self.log.restart_if_due(&self.conn);
    }

    /// Runs jobs until no job waits or the batch is full, and returns the events that they emitted. `Err` means that the
    /// transaction is lost with all of its jobs.
    fn run_batch(&mut self, first: Job, requests: &Taker, batch: &mut Vec<Job>) -> Result<Vec<Emitted>> {
        let started = Instant::now();
        let mut before = started;
        let mut emitted = Vec::new();
        let mut next = Some(first);
        while let Some(mut job) = next {
            let apart = self.shared.savepoints.wanted(job.name);
            let ran = self.run_one(&mut job, apart);
            let now = Instant::now();
            if now - before >= SLOW_JOB {
                tracing::warn!(
                    job = job.name,
                    took_ms = (now - before).as_millis() as u64,
                    "a slow job blocked the writer"
                );
            }
            before = now;
            batch.push(job);
            match ran? {
                Ran::Stored(events) => emitted.extend(events),
                Ran::Nothing => {}
                Ran::Spoilt => emitted = self.run_again(batch)?,
            }
            next = if batch.len() >= JOBS_PER_COMMIT_MAX || now - started >= BATCH_TIME_MAX {
                None
            } else {
                match requests.take_waiting() {
                    Some(Request::Run(job)) => Some(job),
                    Some(Request::Stop) => {
                        self.stopping = true;
                        None
                    }
                    None => None,
                }
            };
        }
        Ok(emitted)
    }

    /// Takes back what the jobs of the batch did and runs them again, each in a savepoint, because the last one failed without one.
    fn run_again(&mut self, batch: &mut [Job]) -> Result<Vec<Emitted>> {
        if let Some(failed) = batch.last() {
            self.shared.savepoints.needed(failed.name, JOBS_APART);
        }
        self.conn.execute_fixed("rollback")?;
        self.conn.execute_fixed("begin immediate")?;
        let mut emitted = Vec::new();
        for job in batch {
            if let Ran::Stored(events) = self.run_one(job, true)? {
                emitted.extend(events);
            }
        }
        Ok(emitted)
    }

    /// Runs one job, `apart` from the others in a savepoint or not. `Err` means that the transaction is lost, not that the job failed.
    fn run_one(&mut self, job: &mut Job, apart: bool) -> Result<Ran> {
        let statements = self.conn.statements();
        let ran = if apart { self.run_apart(job) } else { self.run_together(job) };
        self.shared.stats.spent(job.name, self.conn.statements() - statements, 0);
        ran
    }

    /// Runs the job in its savepoint, and so do its parts.
    fn run_apart(&mut self, job: &mut Job) -> Result<Ran> {
        let savepoint = &SAVEPOINTS[0];
        self.conn.execute_fixed(savepoint.begin)?;
        let mut tx = Tx::new(&mut self.conn, self.clock.now(), &mut self.random, true);
        let finished = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        if matches!(finished, Ok(true)) && tx.is_open() {
            let emitted = std::mem::take(&mut tx.emitted);
            match outbox::store(&mut tx, &emitted).and_then(|()| self.conn.execute_fixed(savepoint.release)) {
                Ok(()) => return Ok(Ran::Stored(emitted)),
                Err(error) => job.fail(error),
            }
        }
        if finished.is_err() {
            tracing::error!(job = job.name, "a job panicked; it was rolled back alone");
            job.fail(panicked(job));
        }
        self.must_be_in_transaction()?;
        self.conn.execute_fixed(savepoint.rollback)?;
        self.conn.execute_fixed(savepoint.release)?;
        self.shared.savepoints.needed(job.name, JOBS_APART);
        Ok(Ran::Nothing)
    }

    /// Runs the job without savepoints. If it fails after it has changed something, or a part of it fails, the batch is spoilt.
    fn run_together(&mut self, job: &mut Job) -> Result<Ran> {
        self.conn.note_changes();
        let mut tx = Tx::new(&mut self.conn, self.clock.now(), &mut self.random, true);
        tx.attempts = Attempts::WITHOUT;
        let finished = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        if matches!(finished, Ok(true)) && tx.is_open() {
            let emitted = std::mem::take(&mut tx.emitted);
            match outbox::store(&mut tx, &emitted) {
                Ok(()) => return Ok(Ran::Stored(emitted)),
                Err(error) => job.fail(error),
            }
        }
        let attempted = tx.attempts.skipped_any();
        self.must_be_in_transaction()?;
        if attempted || self.conn.has_changed() {
            return Ok(Ran::Spoilt);
        }
        if finished.is_err() {
            tracing::error!(job = job.name, "a job panicked; it had changed nothing");
            job.fail(panicked(job));
        }
        Ok(Ran::Nothing)
    }

    fn must_be_in_transaction(&self) -> Result<()> {
        if self.conn.in_transaction() {
            return Ok(());
        }
        let cause = self.conn.take_storage_failure().unwrap_or_else(|| "the transaction is lost".to_owned());
        Err(Code::Unavailable.error().caused_by(cause))
    }

    fn commit(&mut self, batch: &mut Vec<Job>, emitted: &[Emitted]) {
        if let Err(lost) = self.place.check() {
            let error = Code::Unavailable.error().retry_after(1).caused_by(lost);
            return self.abort_batch(batch, &error, false);
        }
        fault::point("store.before-commit");
        if let Err(error) = self.conn.execute_fixed("commit") {
            return self.abort_batch(batch, &error, true);
        }
        fault::point("store.after-commit");
        // one job may have failed because the disk is full, although the others could be stored
        self.shared.note(self.conn.take_storage_failure());
        self.shared.stats.committed(batch.len());
        let statements = self.conn.statements();
        self.shared.stats.ran(statements - std::mem::replace(&mut self.counted, statements), 0);
        self.shared.call_commit_hook(emitted);
        batch.drain(..).for_each(|job| job.finish(None));
        if !emitted.is_empty() {
            self.shared.events_committed();
        }
    }

    fn abort_batch(&mut self, batch: &mut Vec<Job>, error: &Error, at_commit: bool) {
        self.roll_back();
        let failure = CommitFailure { cause: format!("{error:?}"), at_commit };
        self.shared.note(Some(failure.cause.clone()));
        batch.drain(..).for_each(|job| job.finish(Some(&failure)));
    }

    fn roll_back(&self) {
        if self.conn.in_transaction() {
            let _ = self.conn.execute_fixed("rollback");
        }
        let _ = self.conn.take_storage_failure();
    }
}

fn panicked(job: &Job) -> Error {
    Code::Internal.error().caused_by(format!("{} panicked", job.name))
}

/// Writes one row, to see whether the database can be written.
pub(crate) const PROBE: &str =
    "insert into store_probe (id, written_at) values (?, ?) {on conflict (id): written_at = new.written_at}";
pub(crate) const STATEMENTS: &[&str] = &[PROBE];
