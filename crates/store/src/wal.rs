//! The write-ahead log of a SQLite file: a thread copies it into the database file, and the writer restarts it before it
//! grows too large.
//!
//! SQLite appends every commit to the log, and a checkpoint copies its pages into the database file. By default SQLite does
//! this inside a commit, which then takes long. Here a thread with its own connection copies while the writer goes on. Only
//! the last, short piece has to be copied between two commits; after it the next commit begins the log from its start.

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

/// From this number of uncopied bytes on, copying is worth its two fsyncs.
const COPY_FROM: u32 = 8 << 20;
/// From this number of bytes on, the log is restarted as soon as possible; a starting program reads so much quickly.
const RESTART_FROM: u32 = 64 << 20;
/// Wait after copying. A reader may keep an old part of the log in use, and trying again at once would not help.
const COPY_PAUSE: Duration = Duration::from_millis(20);
/// How long the writer waits for readers of the old log. They are short; if one is not, the next attempt succeeds.
const RESTART_WAIT: Duration = Duration::from_millis(5);
/// The same wait when the database is closed.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// The state of the log, shared by the writer and the copier.
pub(crate) struct Log {
    page_bytes: u32,
    pages: AtomicU32,
    copied: AtomicU32,
    restart: AtomicBool,
    wake: Sender<()>,
}

impl Log {
    /// The state of a log of pages of this size, and the channel that wakes the copier.
    pub fn new(page_bytes: u32) -> (Arc<Log>, Receiver<()>) {
        let (wake, wakes) = bounded(1);
        let (pages, copied) = (AtomicU32::new(0), AtomicU32::new(0));
        (Arc::new(Log { page_bytes, pages, copied, restart: AtomicBool::new(false), wake }), wakes)
    }

    fn pages_of(&self, bytes: u32) -> u32 {
        bytes / self.page_bytes
    }

    /// A commit left `pages` in the log.
    pub fn grew(&self, pages: u32) {
        let before = self.pages.swap(pages, Ordering::Relaxed);
        if pages < before {
            self.copied.store(0, Ordering::Relaxed); // it was restarted
        }
        if pages.saturating_sub(self.copied.load(Ordering::Relaxed)) >= self.pages_of(COPY_FROM) {
            let _ = self.wake.try_send(()); // full: the copier is awake already
        }
    }

    fn copy(&self, conn: &Connected) -> Result<()> {
        let done = conn.checkpoint(Checkpoint::Passive)?;
        self.copied.store(done.copied, Ordering::Relaxed);
        if done.pages >= self.pages_of(RESTART_FROM) {
            self.restart.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Called by the writer between two commits: restarts the log if it has become too large.
    pub fn restart_if_due(&self, conn: &Connected) {
        if self.restart.swap(false, Ordering::Relaxed) {
            self.restart(conn);
        }
    }

    /// Called by the writer between two commits: copies the rest, so that the next commit begins the log from its start. No
    /// effect if a reader uses the old log for longer than [`RESTART_WAIT`].
    pub fn restart(&self, conn: &Connected) {
        match conn.checkpoint_within(Checkpoint::Restart, RESTART_WAIT) {
            Ok(done) => self.copied.store(done.copied, Ordering::Relaxed),
            Err(error) => tracing::warn!(error = ?error, "the log could not be copied"),
        }
    }

    /// Called by the writer when it stops: copies everything into the database file and empties the log.
    pub fn finish(&self, conn: &Connected) {
        if let Err(error) = conn.checkpoint_within(Checkpoint::Truncate, CLOSE_WAIT) {
            tracing::warn!(error = ?error, "the log could not be copied at the end; the next start copies it");
        }
    }
}

/// The copier: copies whenever the writer asks for it, until the writer has ended.
pub(crate) fn copier(path: &Path, log: &std::sync::Weak<Log>, wakes: &Receiver<()>) {
    let mut conn = None;
    while wakes.recv().is_ok() {
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
