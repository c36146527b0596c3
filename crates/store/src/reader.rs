//! Reading threads: each job gets one consistent view and cannot write.

use crate::Tx;
use crate::db::Request;
use crate::sqlite::{self, Connected};
use crate::writer::Job;
use crossbeam_channel::Receiver;
use kernel::{Clock, Code, Random, Result};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// A reader that takes longer than this is named in the log: while it reads, the write-ahead log cannot start anew.
const SLOW_READ: Duration = Duration::from_millis(250);

pub(crate) struct Reader {
    pub path: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
}

impl Reader {
    /// Runs until told to stop or until every [`crate::Db`] is gone. A broken connection is opened again for the next job.
    pub fn run(mut self, requests: &Receiver<Request>) {
        let mut conn = None;
        while let Ok(Request::Run(mut job)) = requests.recv() {
            if conn.is_none() {
                match sqlite::open_reader(&self.path) {
                    Ok(open) => conn = Some(open),
                    Err(error) => {
                        tracing::error!(error = ?error, "no read connection");
                        job.fail(error);
                    }
                }
            }
            if let Some(open) = &conn
                && let Err(error) = self.run_one(open, job.as_mut())
            {
                tracing::error!(error = ?error, "a read connection broke");
                job.fail(error);
                conn = None;
            }
            job.answer(None);
        }
    }

    /// `Err` means that the connection is broken, not that the job failed.
    fn run_one(&mut self, conn: &Connected, job: &mut dyn Job) -> Result<()> {
        let started = Instant::now();
        conn.run("begin")?;
        let mut tx = Tx::new(conn, self.clock.now(), &mut self.random, false);
        if catch_unwind(AssertUnwindSafe(|| job.run(&mut tx))).is_err() {
            tracing::error!(job = job.name(), "a reading job panicked");
            job.fail(Code::Internal.error().caused_by(format!("{} panicked", job.name())));
        }
        if started.elapsed() >= SLOW_READ {
            tracing::warn!(job = job.name(), took_ms = started.elapsed().as_millis() as u64, "a slow read");
        }
        conn.run("rollback")
    }
}
