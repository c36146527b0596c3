//! The write-ahead log: copied into the database file beside the writer, and started anew before it grows without end.
//!
//! SQLite appends every commit to the log; a checkpoint copies its pages into the database file. Left to SQLite this would
//! happen inside somebody's commit. Here a thread with its own connection copies while the writer goes on; only the last,
//! short piece, after which the log can be started from its beginning, has to be done between two commits.

use crate::sqlite::{self, Checkpoint, Connected};
use crossbeam_channel::{Receiver, Sender, bounded};
use kernel::Result;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

/// Pages (of 4 KiB) in the log that have not been copied, from which copying is worth its two fsyncs.
const COPY_FROM: u32 = 2_048;
/// Pages in the log from which it is started anew as soon as possible: 64 MiB, little enough to read through at start.
const RESTART_FROM: u32 = 16_384;
/// Pause after copying, so that a reader that pins an old part of the log does not make us try without end.
const COPY_PAUSE: Duration = Duration::from_millis(20);
/// How long the writer waits for readers to leave the old log. They are short; if one is not, the next try will do.
const RESTART_WAIT: Duration = Duration::from_millis(5);
/// The same when the database is closed.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// What writer and copier know of the log.
pub(crate) struct Log {
    pages: AtomicU32,
    copied: AtomicU32,
    restart: AtomicBool,
    nudge: Sender<()>,
}

impl Log {
    /// The log's state and where the copier hears that there is something to do.
    pub fn new() -> (Arc<Log>, Receiver<()>) {
        let (nudge, nudges) = bounded(1);
        let log = Log { pages: AtomicU32::new(0), copied: AtomicU32::new(0), restart: AtomicBool::new(false), nudge };
        (Arc::new(log), nudges)
    }

    /// A commit left `pages` in the log.
    pub fn grew(&self, pages: u32) {
        let before = self.pages.swap(pages, Ordering::Relaxed);
        if pages < before {
            self.copied.store(0, Ordering::Relaxed); // it was started anew
        }
        if pages.saturating_sub(self.copied.load(Ordering::Relaxed)) >= COPY_FROM {
            let _ = self.nudge.try_send(()); // full: it knows already
        }
    }

    fn copy(&self, conn: &Connected) -> Result<()> {
        let done = conn.checkpoint(Checkpoint::Passive)?;
        self.copied.store(done.copied, Ordering::Relaxed);
        if done.pages >= RESTART_FROM {
            self.restart.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// For the writer between two commits: starts the log anew if that is due.
    pub fn restart_if_due(&self, conn: &Connected) {
        if self.restart.swap(false, Ordering::Relaxed) {
            self.restart(conn);
        }
    }

    /// For the writer between two commits: copies what is left and lets the next commit begin a new log, unless a reader
    /// needs the old one for longer than we wait.
    pub fn restart(&self, conn: &Connected) {
        match conn.checkpoint_within(Checkpoint::Restart, RESTART_WAIT) {
            Ok(done) => self.copied.store(done.copied, Ordering::Relaxed),
            Err(error) => tracing::warn!(error = ?error, "the log could not be copied"),
        }
    }

    /// For the writer when it stops: leaves everything in the database file and the log empty, if no reader is in the way.
    pub fn finish(&self, conn: &Connected) {
        if let Err(error) = conn.checkpoint_within(Checkpoint::Truncate, CLOSE_WAIT) {
            tracing::warn!(error = ?error, "the log could not be copied at the end; it will be at the next start");
        }
    }
}

/// Copies whenever nudged, until the writer, who holds the nudging end, is gone.
pub(crate) fn copier(path: &Path, log: &std::sync::Weak<Log>, nudges: &Receiver<()>) {
    let mut conn = None;
    while nudges.recv().is_ok() {
        let Some(log) = log.upgrade() else { return };
        let copied = match &conn {
            Some(open) => log.copy(open),
            None => sqlite::open_copier(path).and_then(|open| log.copy(conn.insert(open))),
        };
        if let Err(error) = copied {
            tracing::warn!(error = ?error, "the log could not be copied");
            conn = None;
        }
        drop(log);
        thread::sleep(COPY_PAUSE);
    }
}
