//! Reading threads: each job sees one consistent state of the database and cannot write.

use crate::connection::{Connection, TxState, transaction_lost};
use crate::db::Shared;
use crate::job::{Job, Request};
use crate::requests::{NoRequest, Taker};
use crate::{DatabaseUrl, Limits, Tx, open};
use kernel::{Clock, Code, Random, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// A reading job that takes longer than this is logged: meanwhile the write-ahead log cannot be restarted, and a server
/// cannot remove old row versions.
const SLOW_READ: Duration = Duration::from_millis(250);
/// Wait before a lost connection is opened again.
const REOPEN_AFTER: Duration = Duration::from_millis(50);

pub(crate) struct Reader {
    pub url: DatabaseUrl,
    pub limits: Limits,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
}

impl Reader {
    /// Runs until it is asked to stop or until every [`crate::Db`] is dropped. If the connection breaks, it is opened again
    /// and the same job runs again, for as long as the limits allow.
    pub fn run(mut self, requests: &Taker) {
        let mut conn: Option<Box<dyn Connection>> = None;
        loop {
            let mut job = match requests.take_within(self.limits.idle) {
                Ok(Request::Run(job)) => job,
                Err(NoRequest::InTime) => {
                    conn = None;
                    continue;
                }
                Ok(Request::Stop) | Err(NoRequest::Ever) => return,
            };
            let started = Instant::now();
            let before = conn.as_ref().map_or((0, 0), |conn| (conn.statements(), conn.round_trips()));
            while let Err(error) = self.attempt(&mut conn, &mut job) {
                conn = None;
                if started.elapsed() >= self.limits.retry {
                    tracing::error!(error = ?error, "the database cannot be read");
                    job.fail(error);
                    break;
                }
                thread::sleep(REOPEN_AFTER);
            }
            let after = conn.as_ref().map_or(before, |conn| (conn.statements(), conn.round_trips()));
            let (statements, round_trips) = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
            self.shared.stats.ran(statements, round_trips);
            self.shared.stats.spent(job.name, statements, round_trips);
            job.finish(None);
            // the caller has its result; a failure here concerns only the next job, which opens a new connection
            if conn.as_mut().is_some_and(|conn| conn.end_reading().is_err()) {
                conn = None;
            }
        }
    }

    /// `Err` means that the connection is broken, not that the job failed.
    fn attempt(&mut self, conn: &mut Option<Box<dyn Connection>>, job: &mut Job) -> Result<()> {
        let conn = match conn {
            Some(open) => open,
            none => none.insert(open::reader(&self.url, &self.limits)?),
        };
        let started = Instant::now();
        if job.single { conn.begin_single() } else { conn.begin_reading() }?;
        let mut tx = Tx::new(&mut **conn, self.clock.now(), &mut self.random, false);
        if catch_unwind(AssertUnwindSafe(|| job.run(&mut tx))).is_err() {
            tracing::error!(job = job.name, "a reading job panicked");
            job.fail(Code::Internal.error().caused_by(format!("{} panicked", job.name)));
        }
        if started.elapsed() >= SLOW_READ {
            tracing::warn!(job = job.name, took_ms = started.elapsed().as_millis() as u64, "a slow read");
        }
        match conn.state() {
            TxState::Open => Ok(()),
            TxState::Retry(cause) | TxState::Lost(cause) => Err(transaction_lost(&cause)),
        }
    }
}
