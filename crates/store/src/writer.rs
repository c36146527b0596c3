//! The one writer of a file: runs what is waiting, each job in a savepoint, and commits them together.

use crate::connection::{Connection, SAVEPOINTS};
use crate::db::Shared;
use crate::job::{CommitFailure, Job, Request};
use crate::sqlite::Connected;
use crate::wal::Log;
use crate::{Tx, fault, outbox};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use kernel::{Clock, Code, Error, Random, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

/// Most jobs in one commit: beyond it the fsync is already shared so widely that waiting longer only adds delay.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// Longest time jobs may run before those already done are committed.
const BATCH_TIME_MAX: Duration = Duration::from_millis(8);
/// How often an idle, unhealthy writer tries to write again.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A job that keeps everybody else waiting for longer than this is named in the log: it should work in chunks.
const SLOW_JOB: Duration = Duration::from_millis(50);

pub(crate) struct Writer {
    pub conn: Connected,
    pub log: Arc<Log>,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    /// Told to stop: the thread ends after this batch.
    pub stopping: bool,
    /// Statements that were counted already.
    pub counted: u64,
}

impl Writer {
    /// Runs until told to stop or until every [`crate::Db`] is gone. What was asked before that is done first.
    pub fn run(mut self, requests: &Receiver<Request>) {
        let mut batch = Vec::with_capacity(JOBS_PER_COMMIT_MAX);
        while !self.stopping {
            match requests.recv_timeout(PROBE_EVERY) {
                Ok(Request::Run(first)) => self.commit_batch(first, requests, &mut batch),
                Err(RecvTimeoutError::Timeout) => self.idle(),
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => self.stopping = true,
            }
        }
        self.log.finish(&self.conn);
    }

    fn idle(&mut self) {
        self.log.restart_if_due(&self.conn);
        if !self.shared.is_healthy() {
            // a log that begins anew needs no new room on the disk
            self.log.restart(&self.conn);
            let probe = self.probe();
            self.shared.note(probe.err().map(|error| format!("{error:?}")));
        }
    }

    fn probe(&mut self) -> Result<()> {
        self.conn.words("begin immediate")?;
        let now = self.clock.now();
        let written = self.conn.exec(PROBE, crate::args![1_i64, now]).and_then(|_| self.conn.words("commit"));
        if written.is_err() {
            self.roll_back();
        }
        written
    }

    fn commit_batch(&mut self, first: Box<dyn Job>, requests: &Receiver<Request>, batch: &mut Vec<Box<dyn Job>>) {
        let began = self.conn.words("begin immediate");
        let ran = match began {
            Ok(()) => self.run_batch(first, requests, batch),
            Err(error) => {
                batch.push(first);
                Err(error)
            }
        };
        match ran {
            Ok(told) => self.commit(batch, told),
            Err(error) => self.give_up(batch, &error, false),
        }
        self.log.restart_if_due(&self.conn);
    }

    /// Runs jobs until none waits or the batch is full. `Err` means that the transaction is lost, and all of them with it.
    fn run_batch(
        &mut self,
        first: Box<dyn Job>,
        requests: &Receiver<Request>,
        batch: &mut Vec<Box<dyn Job>>,
    ) -> Result<bool> {
        let started = Instant::now();
        let mut before = started;
        let mut told = false;
        let mut next = Some(first);
        while let Some(mut job) = next {
            let outcome = self.run_one(job.as_mut());
            let now = Instant::now();
            if now - before >= SLOW_JOB {
                tracing::warn!(
                    job = job.name(),
                    took_ms = (now - before).as_millis() as u64,
                    "a job kept the writer from others"
                );
            }
            before = now;
            batch.push(job);
            told |= outcome?;
            next = if batch.len() >= JOBS_PER_COMMIT_MAX || now - started >= BATCH_TIME_MAX {
                None
            } else {
                match requests.try_recv() {
                    Ok(Request::Run(job)) => Some(job),
                    Ok(Request::Stop) => {
                        self.stopping = true;
                        None
                    }
                    Err(_) => None,
                }
            };
        }
        Ok(told)
    }

    /// Runs one job in its savepoint; gives whether it told an event. `Err` means that the transaction is lost, not that the
    /// job failed.
    fn run_one(&mut self, job: &mut dyn Job) -> Result<bool> {
        let words = &SAVEPOINTS[0];
        self.conn.words(words.begin)?;
        let mut tx = Tx::new(&mut self.conn, self.clock.now(), &mut self.random, true);
        let finished = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        if matches!(finished, Ok(true)) && tx.is_open() {
            let emitted = std::mem::take(&mut tx.emitted);
            match outbox::store(&mut tx, &emitted).and_then(|()| self.conn.words(words.release)) {
                Ok(()) => return Ok(!emitted.is_empty()),
                Err(error) => job.fail(error),
            }
        }
        if finished.is_err() {
            tracing::error!(job = job.name(), "a job panicked; it was rolled back alone");
            job.fail(Code::Internal.error().caused_by(format!("{} panicked", job.name())));
        }
        if !self.conn.in_transaction() {
            let cause = self.conn.take_trouble().unwrap_or_else(|| "the transaction is gone".to_owned());
            return Err(Code::Unavailable.error().caused_by(cause));
        }
        self.conn.words(words.rollback)?;
        self.conn.words(words.release)?;
        Ok(false)
    }

    fn commit(&mut self, batch: &mut Vec<Box<dyn Job>>, told: bool) {
        fault::point("store.before-commit");
        if let Err(error) = self.conn.words("commit") {
            return self.give_up(batch, &error, true);
        }
        fault::point("store.after-commit");
        // a job may have failed alone for lack of room while the rest could be stored
        self.shared.note(self.conn.take_trouble());
        self.shared.stats.committed(batch.len());
        let statements = self.conn.statements();
        self.shared.stats.ran(statements - std::mem::replace(&mut self.counted, statements), 0);
        batch.drain(..).for_each(|job| job.answer(None));
        if told {
            self.shared.told();
        }
    }

    fn give_up(&mut self, batch: &mut Vec<Box<dyn Job>>, error: &Error, at_commit: bool) {
        self.roll_back();
        let failure = CommitFailure { cause: format!("{error:?}"), at_commit };
        self.shared.note(Some(failure.cause.clone()));
        batch.drain(..).for_each(|job| job.answer(Some(&failure)));
    }

    fn roll_back(&self) {
        if self.conn.in_transaction() {
            let _ = self.conn.words("rollback");
        }
        let _ = self.conn.take_trouble();
    }
}

/// Writes something, to see whether that is possible.
pub(crate) const PROBE: &str =
    "insert into store_probe (id, written_at) values (?, ?) {on conflict (id): written_at = new.written_at}";
pub(crate) const STATEMENTS: &[&str] = &[PROBE];
