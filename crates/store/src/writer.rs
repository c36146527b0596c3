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
/// A batch may end before everybody's job is in it when its jobs took so many times as long as a commit takes.
const COMMITS_IN_A_BATCH: u32 = 2;
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
    pub pace: Pace,
    /// The last field, so that its lock ends after the connection is closed.
    pub place: Place,
}

/// When a batch is committed although more jobs wait.
///
/// If each batch has the jobs of all callers, they all wait for its commit, and then the writer waits for them to come again. So where a
/// commit takes little of the time, a batch ends with the jobs of half of the callers: while they get their answers and send the next
/// request, the jobs of the others run.
pub(crate) struct Pace {
    /// Jobs of the batch before.
    jobs_before: usize,
    /// How long a commit takes, on average over the last few.
    commit_takes: Duration,
}

impl Default for Pace {
    /// Commits count as slow until one is measured.
    fn default() -> Pace {
        Pace { jobs_before: 0, commit_takes: BATCH_TIME_MAX }
    }
}

impl Pace {
    /// Whether a batch of so many jobs, which took so long, is to be committed. `waiting` jobs waited when it began.
    fn is_enough(&self, jobs: usize, took: Duration, waiting: usize) -> bool {
        let callers = self.jobs_before + 1 + waiting;
        let is_half = jobs * 2 >= callers && took >= self.commit_takes * COMMITS_IN_A_BATCH;
        is_half || jobs >= JOBS_PER_COMMIT_MAX || took >= BATCH_TIME_MAX
    }

    fn committed(&mut self, jobs: usize, took: Duration) {
        self.jobs_before = jobs;
        self.commit_takes = (self.commit_takes * 3 + took) / 4;
    }
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
        let waiting = requests.len();
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
            next = if self.pace.is_enough(batch.len(), now - started, waiting) {
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
        let began = Instant::now();
        if let Err(error) = self.conn.execute_fixed("commit") {
            return self.abort_batch(batch, &error, true);
        }
        self.pace.committed(batch.len(), began.elapsed());
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// The pace after many such batches.
    fn pace(jobs: usize, commit_takes: Duration) -> Pace {
        let mut pace = Pace::default();
        (0..50).for_each(|_| pace.committed(jobs, commit_takes));
        pace
    }

    #[test]
    fn where_commits_are_quick_a_batch_has_the_jobs_of_half_of_the_callers() {
        let pace = pace(32, MS / 2);
        assert!(!pace.is_enough(31, MS * 2, 31), "less than half of 64");
        assert!(pace.is_enough(32, MS * 2, 31));
        assert!(!pace.is_enough(32, MS * 2, 200), "more callers have come");
        assert!(pace.is_enough(117, MS * 5, 200));
    }

    #[test]
    fn where_commits_are_slow_a_batch_has_all_that_waits() {
        let pace = pace(32, MS * 3);
        assert!(!pace.is_enough(64, MS * 3, 31));
        assert!(pace.is_enough(64, MS * 7, 31));
        assert!(!Pace::default().is_enough(64, MS * 7, 31), "nothing is known of commits yet");
    }

    #[test]
    fn a_batch_ends_in_any_case() {
        for pace in [pace(1_000, MS * 100), pace(1, Duration::ZERO), Pace::default()] {
            assert!(pace.is_enough(JOBS_PER_COMMIT_MAX, MS, 10_000));
            assert!(pace.is_enough(1, BATCH_TIME_MAX, 10_000));
        }
    }

    #[test]
    fn one_slow_commit_is_not_how_long_commits_take() {
        let mut pace = pace(32, MS / 2);
        pace.committed(32, MS * 2);
        assert!(pace.is_enough(32, MS * 2, 31));
    }
}
