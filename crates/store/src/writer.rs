//! The one writer: runs what is waiting, each job in a savepoint, and commits them together.

use crate::db::{Settings, Shared};
use crate::sqlite::Connected;
use crate::tx::SAVEPOINTS;
use crate::{Tx, fault, outbox};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use kernel::{Code, Error, Random, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Most jobs in one commit: beyond it the fsync is already shared so widely that waiting longer only adds delay.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// Longest time jobs may run before those already done are committed.
const BATCH_TIME_MAX: Duration = Duration::from_millis(8);
/// How often an idle, unhealthy writer tries to write again.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// A job without its types: run once, answered once.
pub(crate) trait Job: Send {
    fn name(&self) -> &'static str;
    /// Runs the work and keeps its result; `false` when it failed and must be rolled back.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// The work panicked.
    fn panicked(&mut self);
    /// Answers the caller: the kept result, or `commit`'s failure for work that had succeeded.
    fn answer(self: Box<Self>, commit: Option<&CommitFailure>);
}

pub(crate) struct CommitFailure {
    pub cause: String,
    pub at_commit: bool,
}

impl CommitFailure {
    fn error(&self) -> Error {
        let code = if self.at_commit { Code::OutcomeUnknown } else { Code::Unavailable };
        code.error().retry_after(1).caused_by(self.cause.clone())
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

    fn panicked(&mut self) {
        self.result = Some(Err(Code::Internal.error().caused_by(format!("{} panicked", self.name))));
    }

    fn answer(mut self: Box<Self>, commit: Option<&CommitFailure>) {
        let kept = self.result.take();
        let result = match (kept, commit) {
            (Some(Err(error)), _) => Err(error),
            (_, Some(failure)) => Err(failure.error()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(Code::Internal.error().caused_by(format!("{} was never run", self.name))),
        };
        // the caller may have gone away; what it asked for has happened all the same
        let _ = self.answer.send(result);
    }
}

pub(crate) struct Writer {
    pub conn: Connected,
    pub shared: Arc<Shared>,
    pub settings: Settings,
    pub random: Random,
}

impl Writer {
    /// Runs until every [`crate::Db`] is gone.
    pub fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        let mut batch = Vec::with_capacity(JOBS_PER_COMMIT_MAX);
        loop {
            match jobs.recv_timeout(PROBE_EVERY) {
                Ok(first) => self.commit_batch(first, jobs, &mut batch),
                Err(RecvTimeoutError::Timeout) => self.idle(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    fn idle(&mut self) {
        if self.shared.restart_wal.swap(false, Ordering::Relaxed) {
            // the checkpointer has copied all but the newest pages; starting the log anew is then quick
            let _ = self.conn.run("pragma wal_checkpoint(restart)");
        }
        if !self.shared.health.lock().is_healthy() {
            let probe = self.probe();
            self.shared.note(probe.err());
        }
    }

    fn probe(&mut self) -> Result<()> {
        self.conn.run("begin immediate")?;
        let now = self.settings.clock.now();
        let written = self
            .conn
            .exec(PROBE, crate::args![1_i64, now])
            .and_then(|_| self.conn.run("commit"));
        if written.is_err() {
            let _ = self.conn.run("rollback");
        }
        written
    }

    fn commit_batch(&mut self, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>, batch: &mut Vec<Box<dyn Job>>) {
        if let Err(error) = self.conn.run("begin immediate") {
            self.refuse(first, &error);
            return;
        }
        let started = Instant::now();
        let mut last_event = None;
        let mut next = Some(first);
        while let Some(mut job) = next {
            let outcome = self.run_one(job.as_mut());
            batch.push(job);
            match outcome {
                Ok(event) => last_event = event.or(last_event),
                Err(broken) => {
                    self.abandon(batch, &broken);
                    return;
                }
            }
            let full = batch.len() >= JOBS_PER_COMMIT_MAX || started.elapsed() >= BATCH_TIME_MAX;
            next = if full { None } else { jobs.try_recv().ok() };
        }
        fault::point("store.before-commit");
        match self.conn.run("commit") {
            Ok(()) => {
                fault::point("store.after-commit");
                self.committed(batch, last_event);
            }
            Err(error) => {
                let _ = self.conn.run("rollback");
                let failure = CommitFailure { cause: format!("{error:?}"), at_commit: true };
                self.shared.note(Some(error));
                batch.drain(..).for_each(|job| job.answer(Some(&failure)));
            }
        }
    }

    fn committed(&mut self, batch: &mut Vec<Box<dyn Job>>, last_event: Option<i64>) {
        self.shared.note(None);
        self.shared.stats.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.stats.jobs.fetch_add(batch.len() as u64, Ordering::Relaxed);
        batch.drain(..).for_each(|job| job.answer(None));
        if let Some(id) = last_event {
            self.shared.newest_event.send_replace(id);
        }
        if self.shared.restart_wal.swap(false, Ordering::Relaxed) {
            let _ = self.conn.run("pragma wal_checkpoint(restart)");
        }
    }

    /// Runs one job in its savepoint. `Err` means the connection itself is broken, not the job.
    fn run_one(&mut self, job: &mut dyn Job) -> Result<Option<i64>> {
        let words = &SAVEPOINTS[0];
        self.conn.run(words.begin)?;
        let now = self.settings.clock.now();
        let mut tx = Tx::new(&self.conn, now, &mut self.random, true);
        let finished = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        let emitted = std::mem::take(&mut tx.emitted);
        match finished {
            Ok(true) => {
                let last = outbox::store(&mut tx, &emitted)?;
                self.conn.run(words.release)?;
                return Ok(last);
            }
            Ok(false) => {}
            Err(_) => {
                tracing::error!(job = job.name(), "a job panicked; it was rolled back alone");
                job.panicked();
            }
        }
        self.conn.run(words.rollback)?;
        self.conn.run(words.release)?;
        Ok(None)
    }

    /// The connection failed in the middle of a batch: nothing of it is stored.
    fn abandon(&mut self, batch: &mut Vec<Box<dyn Job>>, error: &Error) {
        let _ = self.conn.run("rollback");
        let failure = CommitFailure { cause: format!("{error:?}"), at_commit: false };
        self.shared.note(Some(Code::Unavailable.error().caused_by(failure.cause.clone())));
        batch.drain(..).for_each(|job| job.answer(Some(&failure)));
    }

    fn refuse(&mut self, job: Box<dyn Job>, error: &Error) {
        let _ = self.conn.run("rollback");
        let failure = CommitFailure { cause: format!("{error:?}"), at_commit: false };
        self.shared.note(Some(Code::Unavailable.error().caused_by(failure.cause.clone())));
        job.answer(Some(&failure));
    }
}

const PROBE: &str = "insert into store_probe (id, written_at) values (?, ?) {on conflict (id): written_at = new.written_at}";
