//! The writers of a server database: each has a connection of its own and runs each job in a transaction of its own.
//!
//! When a transaction fails because of other transactions or of the network, the job runs again and the caller does not
//! notice: a deadlock, a serialization failure, a connection that was lost before the commit. Nothing was stored in these
//! cases. Only when the connection is lost during the commit, the outcome is unknown, and the caller gets C018.

use crate::connection::{Committed, Server, TxState};
use crate::db::Shared;
use crate::job::{CommitFailure, Job, Request};
use crate::requests::{NoRequest, Taker};
use crate::tx::Attempts;
use crate::writer::PROBE;
use crate::{DatabaseUrl, Emitted, Limits, Tx, args, connection, fault, open, outbox};
use kernel::{Clock, Code, Error, Random, Result};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// How often an idle writer checks whether an unhealthy database can be written again.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A job that takes longer than this is logged, because others may wait for its locks.
const SLOW_JOB: Duration = Duration::from_millis(500);
/// Backoff before the first retry of a job. It doubles with each retry …
const BACKOFF_FIRST: Duration = Duration::from_millis(2);
/// … up to this. The real wait is random, between zero and the backoff, so that jobs that conflicted do not meet again.
const BACKOFF_MAX: Duration = Duration::from_millis(200);

/// After a job needed savepoints, so many jobs of its name have them from the beginning.
const WITH_SAVEPOINTS: u32 = 16;

/// A job that failed this often because of other transactions runs exclusively.
const CONFLICTS_MAX: u32 = 2;

/// One writing thread.
pub(crate) struct Worker {
    pub url: DatabaseUrl,
    pub limits: Limits,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    /// The connection with which the database was opened, for the thread that needs one first.
    pub opened: Arc<Mutex<Open>>,
}

/// The thread's connection; `None` before the first job and after it was lost.
pub(crate) type Open = Option<Box<dyn Server>>;

/// How one run of a job ended.
enum Outcome {
    /// Committed, with these events.
    Stored(Vec<Emitted>),
    /// Refused, failed or panicked: nothing is stored.
    Failed,
    /// Nothing is stored, and the job may succeed if it runs again.
    Retry(Error),
    /// Nothing is stored: the job has to run again with savepoints, because a part of it may fail without the whole.
    NeedsSavepoints,
    /// The commit may have happened or not, with these events.
    Unknown(Error, Vec<Emitted>),
}

impl Worker {
    /// Runs until it is asked to stop or until every [`crate::Db`] is dropped.
    pub fn run(mut self, requests: &Taker) {
        let mut conn = None;
        let mut worked = Instant::now();
        loop {
            match requests.take_within(PROBE_EVERY) {
                Ok(Request::Run(job)) => {
                    self.work(&mut conn, job);
                    worked = Instant::now();
                }
                Err(NoRequest::InTime) => {
                    if worked.elapsed() >= self.limits.idle {
                        conn = None;
                        *self.opened.lock() = None;
                    }
                    self.idle(&mut conn);
                }
                Ok(Request::Stop) | Err(NoRequest::Ever) => return,
            }
        }
    }

    fn work(&mut self, conn: &mut Open, mut job: Job) {
        let started = Instant::now();
        let mut backoff = BACKOFF_FIRST;
        let mut conflicts = 0;
        let mut savepoints = self.shared.savepoints.wanted(job.name);
        let outcome = loop {
            let outcome = self.run_with_fairness(conn, &mut job, conflicts >= CONFLICTS_MAX, savepoints);
            if matches!(outcome, Outcome::NeedsSavepoints) {
                savepoints = true;
                self.shared.savepoints.needed(job.name, WITH_SAVEPOINTS);
                continue;
            }
            let Outcome::Retry(error) = outcome else { break outcome };
            self.shared.stats.retried();
            // only conflicts count: running exclusively does not help against a lost connection
            conflicts += u32::from(conn.is_some());
            if started.elapsed() >= self.limits.retry {
                tracing::warn!(job = job.name, error = ?error, "a job failed at every retry");
                job.fail(error);
                break Outcome::Failed;
            }
            let at_most = u64::try_from(backoff.as_micros()).unwrap_or(u64::MAX);
            thread::sleep(Duration::from_micros(self.random.below(at_most.max(1))));
            backoff = (backoff * 2).min(BACKOFF_MAX);
        };
        if started.elapsed() >= SLOW_JOB {
            tracing::warn!(job = job.name, took_ms = started.elapsed().as_millis() as u64, "a slow job");
        }
        match outcome {
            Outcome::Stored(emitted) => {
                self.shared.note(None);
                self.shared.stats.committed(1);
                self.shared.call_commit_hook(&emitted);
                job.finish(None);
                if !emitted.is_empty() {
                    self.shared.events_committed();
                }
            }
            Outcome::Failed | Outcome::Retry(_) | Outcome::NeedsSavepoints => job.finish(None),
            Outcome::Unknown(error, emitted) => {
                self.shared.call_commit_hook(&emitted);
                let cause = format!("{error:?}");
                self.shared.note(Some(cause.clone()));
                job.finish(Some(&CommitFailure { cause, at_commit: true }));
            }
        }
    }

    /// Runs the job beside others, or exclusively when it had too many conflicts. An exclusive job waits until the running
    /// jobs of this instance have ended, and no other one begins meanwhile. Otherwise jobs that lock the same rows in different
    /// orders could make each other fail for ever, and PostgreSQL takes a second to detect each deadlock.
    fn run_with_fairness(&mut self, open: &mut Open, job: &mut Job, exclusively: bool, savepoints: bool) -> Outcome {
        let shared = Arc::clone(&self.shared);
        let _together = (!exclusively).then(|| shared.running_jobs.read());
        let _alone = exclusively.then(|| shared.running_jobs.write());
        self.run_once(open, job, savepoints)
    }

    fn run_once(&mut self, open: &mut Open, job: &mut Job, savepoints: bool) -> Outcome {
        let conn = match self.begin(open, job.single) {
            Ok(conn) => conn,
            Err(error) => {
                *open = None;
                return Outcome::Retry(error);
            }
        };
        let before = (conn.statements(), conn.round_trips());
        let outcome = run_and_commit(conn, job, self.clock.as_ref(), &mut self.random, savepoints);
        let (statements, round_trips) = (conn.statements() - before.0, conn.round_trips() - before.1);
        self.shared.stats.ran(statements, round_trips);
        self.shared.stats.spent(job.name, statements, round_trips);
        let undone = match outcome {
            Outcome::Stored(_) => Ok(()),
            Outcome::Failed | Outcome::Retry(_) | Outcome::NeedsSavepoints | Outcome::Unknown(..) => conn.roll_back(),
        };
        if undone.is_err() || matches!(conn.state(), TxState::Lost(_)) {
            *open = None;
        }
        outcome
    }

    fn begin<'o>(&self, open: &'o mut Open, single: bool) -> Result<&'o mut dyn Server> {
        if open.is_none() {
            *open = self.opened.lock().take();
        }
        if open.is_none() {
            let opened = open::writer(&self.url, &self.limits);
            *open = Some(opened.inspect_err(|error| self.shared.note(Some(format!("{error:?}"))))?);
        }
        let conn = open.as_deref_mut().ok_or_else(|| connection::transaction_lost("no connection"))?;
        if single { conn.begin_single() } else { conn.begin() }?;
        Ok(conn)
    }

    fn idle(&self, open: &mut Open) {
        if self.shared.is_healthy() {
            return;
        }
        let probed = self.probe(open);
        if probed.is_err() {
            *open = None;
        }
        self.shared.note(probed.err().map(|error| format!("{error:?}")));
    }

    fn probe(&self, open: &mut Open) -> Result<()> {
        let now = self.clock.now();
        let conn = self.begin(open, false)?;
        conn.exec(PROBE, args![1_i64, now])?;
        match conn.commit() {
            Committed::Done => Ok(()),
            Committed::Retry(error) | Committed::Refused(error) | Committed::Unknown(error) => Err(error),
        }
    }
}

/// Runs the job in the open transaction and commits it if the job succeeds. Without savepoints, a job that does not succeed
/// although it made an attempt has to run again with them.
fn run_and_commit(
    conn: &mut dyn Server,
    job: &mut Job,
    clock: &dyn Clock,
    random: &mut Random,
    savepoints: bool,
) -> Outcome {
    let mut tx = Tx::new(conn, clock.now(), random, true);
    tx.attempts = if savepoints { Attempts::Savepoints } else { Attempts::WITHOUT };
    let finished = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
    let emitted = std::mem::take(&mut tx.emitted);
    let (attempts, outdated) = (tx.attempts, tx.outdated);
    let stored = match &finished {
        Ok(true) if !attempts.failed() && outdated.is_none() => outbox::store(&mut tx, &emitted),
        Ok(_) | Err(_) => Ok(()),
    };
    // checked first: if the transaction is lost, the result of the job means nothing, not even a success
    if let (TxState::Retry(cause) | TxState::Lost(cause), Ok(_)) = (conn.state(), &finished) {
        return Outcome::Retry(connection::transaction_lost(&cause));
    }
    if let (Some(cause), Ok(_)) = (outdated, &finished) {
        return Outcome::Retry(connection::transaction_lost(cause));
    }
    let outcome = match (finished, stored) {
        (Ok(true), Ok(())) if !attempts.failed() => commit(conn, job, emitted),
        (Ok(true), Err(error)) => {
            job.fail(error);
            Outcome::Failed
        }
        (Ok(_), _) => Outcome::Failed,
        (Err(_), _) if attempts.skipped_any() => Outcome::Failed,
        (Err(_), _) => {
            tracing::error!(job = job.name, "a job panicked; it was rolled back");
            job.fail(Code::Internal.error().caused_by(format!("{} panicked", job.name)));
            Outcome::Failed
        }
    };
    if attempts.skipped_any() && matches!(outcome, Outcome::Failed) { Outcome::NeedsSavepoints } else { outcome }
}

fn commit(conn: &mut dyn Server, job: &mut Job, emitted: Vec<Emitted>) -> Outcome {
    fault::point("store.before-commit");
    match conn.commit() {
        Committed::Done => {
            fault::point("store.after-commit");
            Outcome::Stored(emitted)
        }
        Committed::Retry(error) => Outcome::Retry(error),
        Committed::Refused(error) => {
            job.fail(error);
            Outcome::Failed
        }
        Committed::Unknown(error) => Outcome::Unknown(error, emitted),
    }
}

/// Which jobs need savepoints: those of a name of which one needed them lately. A rush for the last unit refuses most of its
/// orders, and each would run twice.
#[derive(Default)]
pub(crate) struct SavepointsWanted {
    any: AtomicBool,
    /// How many more jobs of a name run with savepoints.
    left: Mutex<HashMap<&'static str, u32>>,
}

impl SavepointsWanted {
    /// A job of this name needed savepoints: so many of the next ones have them.
    pub fn needed(&self, name: &'static str, jobs: u32) {
        self.left.lock().insert(name, jobs);
        self.any.store(true, Relaxed);
    }

    /// Whether the next job of this name runs with savepoints.
    pub fn wanted(&self, name: &str) -> bool {
        if !self.any.load(Relaxed) {
            return false;
        }
        let mut left = self.left.lock();
        let Some(jobs) = left.get_mut(name) else { return false };
        *jobs -= 1;
        if *jobs == 0 {
            left.remove(name);
            self.any.store(!left.is_empty(), Relaxed);
        }
        true
    }
}
