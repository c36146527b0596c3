//! The writers of a server: each with a connection of its own, one transaction a job.
//!
//! What others caused is not shown to the caller: a deadlock's victim, a transaction that could not be serialized and one
//! whose connection was lost before its commit are run again, because nothing of them is stored. Only a connection lost
//! while its commit was under way is an outcome nobody knows.

use crate::connection::{Committed, Server, Standing};
use crate::db::Shared;
use crate::job::{CommitFailure, Job, Request};
use crate::writer::PROBE;
use crate::{DatabaseUrl, Limits, Tx, args, connection, fault, open, outbox};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use kernel::{Clock, Code, Error, Random, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// How often an idle writer of an unhealthy database tries to write.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A job that takes longer than this is named in the log: others wait for its locks.
const SLOW_JOB: Duration = Duration::from_millis(500);
/// Pause before a job is run again; it doubles each time …
const PAUSE: Duration = Duration::from_millis(2);
/// … up to this. Each pause is drawn between nothing and that, so that those who met do not meet again.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// How often a job may be beaten by others before it runs alone.
const BEATEN_MAX: u32 = 2;

/// One writing thread.
pub(crate) struct Worker {
    pub url: DatabaseUrl,
    pub limits: Limits,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
}

/// The thread's connection, when it has one.
type Open = Option<Box<dyn Server>>;

/// What became of one run of a job.
enum Turn {
    /// Stored; whether it told an event.
    Stored { told: bool },
    /// Refused, failed or panicked: nothing is stored.
    Failed,
    /// Nothing is stored, and it may succeed if it is run again.
    Again(Error),
    /// Nobody knows.
    Unknown(Error),
}

impl Worker {
    /// Runs until told to stop or until every [`crate::Db`] is gone.
    pub fn run(mut self, requests: &Receiver<Request>) {
        let mut conn = None;
        loop {
            match requests.recv_timeout(PROBE_EVERY) {
                Ok(Request::Run(job)) => self.work(&mut conn, job),
                Err(RecvTimeoutError::Timeout) => self.idle(&mut conn),
                Ok(Request::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn work(&mut self, conn: &mut Open, mut job: Box<dyn Job>) {
        let started = Instant::now();
        let mut pause = PAUSE;
        let mut beaten = 0;
        let turn = loop {
            let turn = self.in_turn(conn, job.as_mut(), beaten >= BEATEN_MAX);
            let Turn::Again(error) = turn else { break turn };
            self.shared.stats.ran_again();
            // a lost connection is nobody's fault here, and running alone would not bring it back
            beaten += u32::from(conn.is_some());
            if started.elapsed() >= self.limits.again {
                tracing::warn!(job = job.name(), error = ?error, "a job was run again and again in vain");
                job.fail(error);
                break Turn::Failed;
            }
            let at_most = u64::try_from(pause.as_micros()).unwrap_or(u64::MAX);
            thread::sleep(Duration::from_micros(self.random.below(at_most.max(1))));
            pause = (pause * 2).min(PAUSE_MAX);
        };
        if started.elapsed() >= SLOW_JOB {
            tracing::warn!(job = job.name(), took_ms = started.elapsed().as_millis() as u64, "a slow job");
        }
        match turn {
            Turn::Stored { told } => {
                self.shared.note(None);
                self.shared.stats.committed(1);
                job.answer(None);
                if told {
                    self.shared.told();
                }
            }
            Turn::Failed | Turn::Again(_) => job.answer(None),
            Turn::Unknown(error) => {
                let cause = format!("{error:?}");
                self.shared.note(Some(cause.clone()));
                job.answer(Some(&CommitFailure { cause, at_commit: true }));
            }
        }
    }

    /// A job that others have beaten several times runs alone: none of this instance's jobs begins before it, and those that
    /// run end first. Otherwise many that cross each other could beat each other for ever, and PostgreSQL takes a second to
    /// notice each time.
    fn in_turn(&mut self, open: &mut Open, job: &mut dyn Job, alone: bool) -> Turn {
        let shared = Arc::clone(&self.shared);
        let _together = (!alone).then(|| shared.turns.read());
        let _alone = alone.then(|| shared.turns.write());
        self.turn(open, job)
    }

    fn turn(&mut self, open: &mut Open, job: &mut dyn Job) -> Turn {
        let conn = match self.begin(open) {
            Ok(conn) => conn,
            Err(error) => {
                *open = None;
                return Turn::Again(error);
            }
        };
        let before = (conn.statements(), conn.round_trips());
        let turn = once(conn, job, self.clock.as_ref(), &mut self.random);
        self.shared.stats.ran(conn.statements() - before.0, conn.round_trips() - before.1);
        let undone = match turn {
            Turn::Stored { .. } => Ok(()),
            Turn::Failed | Turn::Again(_) | Turn::Unknown(_) => conn.roll_back(),
        };
        if undone.is_err() || matches!(conn.standing(), Standing::Gone(_)) {
            *open = None;
        }
        turn
    }

    fn begin<'o>(&self, open: &'o mut Open) -> Result<&'o mut dyn Server> {
        if open.is_none() {
            let opened = open::writer(&self.url, &self.limits);
            *open = Some(opened.inspect_err(|error| self.shared.note(Some(format!("{error:?}"))))?);
        }
        let conn = open.as_deref_mut().ok_or_else(|| connection::gone("no connection"))?;
        conn.begin()?;
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
        let conn = self.begin(open)?;
        conn.exec(PROBE, args![1_i64, now])?;
        match conn.commit() {
            Committed::Done => Ok(()),
            Committed::Again(error) | Committed::Refused(error) | Committed::Unknown(error) => Err(error),
        }
    }
}

/// Runs the job in the transaction that was begun, and commits it if it succeeds.
fn once(conn: &mut dyn Server, job: &mut dyn Job, clock: &dyn Clock, random: &mut Random) -> Turn {
    let mut tx = Tx::new(conn, clock.now(), random, true);
    let finished = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
    let emitted = std::mem::take(&mut tx.emitted);
    let stored = match finished {
        Ok(true) => outbox::store(&mut tx, &emitted),
        Ok(false) => Ok(()),
        Err(_) => {
            tracing::error!(job = job.name(), "a job panicked; it was rolled back");
            job.fail(Code::Internal.error().caused_by(format!("{} panicked", job.name())));
            return Turn::Failed;
        }
    };
    // whatever the job made of it: its transaction is gone, so what it says rests on nothing
    if let Standing::Again(cause) | Standing::Gone(cause) = conn.standing() {
        return Turn::Again(connection::gone(&cause));
    }
    if let Err(error) = stored {
        job.fail(error);
        return Turn::Failed;
    }
    if !matches!(finished, Ok(true)) {
        return Turn::Failed;
    }
    fault::point("store.before-commit");
    match conn.commit() {
        Committed::Done => {
            fault::point("store.after-commit");
            Turn::Stored { told: !emitted.is_empty() }
        }
        Committed::Again(error) => Turn::Again(error),
        Committed::Refused(error) => {
            job.fail(error);
            Turn::Failed
        }
        Committed::Unknown(error) => Turn::Unknown(error),
    }
}
