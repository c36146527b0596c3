//! The one writer: runs what is waiting, each job in a savepoint, and commits them together.

use crate::db::{Request, Shared};
use crate::sqlite::Connected;
use crate::tx::SAVEPOINTS;
use crate::wal::Log;
use crate::{Tx, fault, outbox};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use kernel::{Clock, Code, Error, Random, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Most jobs in one commit: beyond it the fsync is already shared so widely that waiting longer only adds delay.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// Longest time jobs may run before those already done are committed.
const BATCH_TIME_MAX: Duration = Duration::from_millis(8);
/// How often an idle, unhealthy writer tries to write again.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A job that keeps everybody else waiting for longer than this is named in the log: it should work in chunks.
const SLOW_JOB: Duration = Duration::from_millis(50);

/// A job without its types: run once, answered once.
pub(crate) trait Job: Send {
    fn name(&self) -> &'static str;
    /// Runs the work and keeps its result; `false` when it failed and must be rolled back.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// The job failed with this, whatever its work said.
    fn fail(&mut self, error: Error);
    /// Answers the caller: the kept result, unless the commit failed.
    fn answer(self: Box<Self>, commit: Option<&CommitFailure>);
}

/// Why nothing of a batch is stored, as far as anybody knows.
pub(crate) struct CommitFailure {
    cause: String,
    at_commit: bool,
}

impl CommitFailure {
    /// For a job that succeeded: whether it is stored is unknown only if the commit itself failed.
    fn of_success(&self) -> Error {
        let code = if self.at_commit { Code::OutcomeUnknown } else { Code::Unavailable };
        code.error().retry_after(1).caused_by(self.cause.clone())
    }

    /// For a job that was refused: it stored nothing, but what it was refused for (the stock that an earlier job of the
    /// batch took, say) is gone too, so the refusal must not be told. Failures of our own stay as they are.
    fn of_refusal(&self, error: Error) -> Error {
        if error.code().status() >= 500 {
            error
        } else {
            Code::Unavailable.error().retry_after(1).caused_by(self.cause.clone())
        }
    }
}

/// The typed side of a job.
pub(crate) struct Typed<T, W> {
    pub name: &'static str,
    pub work: W,
    pub result: Option<Result<T>>,
    pub answer: oneshot::Sender<Result<T>>,
}

impl<T: Send, W: Fn(&mut Tx<'_>) -> Result<T> + Send> Job for Typed<T, W> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let result = (self.work)(tx);
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn fail(&mut self, error: Error) {
        self.result = Some(Err(error));
    }

    fn answer(mut self: Box<Self>, commit: Option<&CommitFailure>) {
        let result = match (self.result.take(), commit) {
            (Some(result), None) => result,
            (Some(Err(error)), Some(failure)) => Err(failure.of_refusal(error)),
            (Some(Ok(_)) | None, Some(failure)) => Err(failure.of_success()),
            (None, None) => Err(Code::Internal.error().caused_by(format!("{} was never run", self.name))),
        };
        // the caller may have gone away; what it asked for has happened all the same
        let _ = self.answer.send(result);
    }
}

pub(crate) struct Writer {
    pub conn: Connected,
    pub log: Arc<Log>,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    /// Told to stop: the thread ends after this batch.
    pub stopping: bool,
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
        if !self.shared.health.lock().is_healthy() {
            // a log that begins anew needs no new room on the disk
            self.log.restart(&self.conn);
            let probe = self.probe();
            self.shared.note(probe.err().map(|error| format!("{error:?}")));
        }
    }

    fn probe(&mut self) -> Result<()> {
        self.conn.run("begin immediate")?;
        let now = self.clock.now();
        let written = self.conn.exec(PROBE, crate::args![1_i64, now]).and_then(|_| self.conn.run("commit"));
        if written.is_err() {
            self.roll_back();
        }
        written
    }

    fn commit_batch(&mut self, first: Box<dyn Job>, requests: &Receiver<Request>, batch: &mut Vec<Box<dyn Job>>) {
        let began = self.conn.run("begin immediate");
        let ran = match began {
            Ok(()) => self.run_batch(first, requests, batch),
            Err(error) => {
                batch.push(first);
                Err(error)
            }
        };
        match ran {
            Ok(last_event) => self.commit(batch, last_event),
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
    ) -> Result<Option<i64>> {
        let started = Instant::now();
        let mut before = started;
        let mut last_event = None;
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
            last_event = outcome?.or(last_event);
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
        Ok(last_event)
    }

    /// Runs one job in its savepoint; gives the id of the last event it told. `Err` means that the transaction is lost, not
    /// that the job failed.
    fn run_one(&mut self, job: &mut dyn Job) -> Result<Option<i64>> {
        let words = &SAVEPOINTS[0];
        self.conn.run(words.begin)?;
        let mut tx = Tx::new(&self.conn, self.clock.now(), &mut self.random, true);
        let finished = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        if self.conn.in_transaction() && matches!(finished, Ok(true)) {
            let emitted = std::mem::take(&mut tx.emitted);
            match outbox::store(&mut tx, &emitted).and_then(|last| self.conn.run(words.release).map(|()| last)) {
                Ok(last) => return Ok(last),
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
        self.conn.run(words.rollback)?;
        self.conn.run(words.release)?;
        Ok(None)
    }

    fn commit(&mut self, batch: &mut Vec<Box<dyn Job>>, last_event: Option<i64>) {
        fault::point("store.before-commit");
        if let Err(error) = self.conn.run("commit") {
            return self.give_up(batch, &error, true);
        }
        fault::point("store.after-commit");
        // a job may have failed alone for lack of room while the rest could be stored
        self.shared.note(self.conn.take_trouble());
        self.shared.stats.committed(batch.len());
        batch.drain(..).for_each(|job| job.answer(None));
        if let Some(id) = last_event {
            self.shared.newest_event.send_replace(id);
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
            let _ = self.conn.run("rollback");
        }
        let _ = self.conn.take_trouble();
    }
}

const PROBE: &str =
    "insert into store_probe (id, written_at) values (?, ?) {on conflict (id): written_at = new.written_at}";
pub(crate) const STATEMENTS: &[&str] = &[PROBE];
