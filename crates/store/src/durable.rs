//! Which commits of a SQLite file are on disk. A commit puts its pages into the log; a thread syncs the log, and only then answers the
//! jobs of that commit. Meanwhile the writer runs the next jobs, so the processor does not wait for the disk.
//!
//! What is committed can be read before it is on disk. So that no client learns what a power cut could take back, a reading job is
//! answered when every commit that it may have seen is on disk.
//!
//! A sync stores everything that was written before it began, so one stores all commits that wait.

use crate::db::{self, Shared};
use crate::job::{CommitFailure, Job};
use crate::{Emitted, fault};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use kernel::Result;
use parking_lot::Mutex;
use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

/// Why a commit after a failed sync is not confirmed, for the log.
const UNKNOWN: &str = "an earlier sync has failed";

/// Commits are numbered from 1. Without a [`Syncer`] all of this stays empty, and no job waits.
#[derive(Default)]
pub(crate) struct Durable {
    /// The last commit that the writer has begun; readers may see it.
    begun: AtomicU64,
    /// This commit and all before it are on disk.
    on_disk: AtomicU64,
    /// A sync has failed, so it is unknown what is on disk since.
    unknown: AtomicBool,
    /// Reading jobs that are done, each with the last commit that it may have seen.
    reads: Mutex<Vec<(u64, Job)>>,
    /// What a test does instead of a sync, or before it.
    #[cfg(test)]
    pub before_sync: Mutex<Option<BeforeSync>>,
}

#[cfg(test)]
pub(crate) type BeforeSync = Box<dyn FnMut() -> io::Result<()> + Send>;

impl Durable {
    /// The number of the commit that begins now.
    pub fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Answers a reading job as soon as what it has seen is on disk. When that is unknown, it is answered at once: what can be read
    /// is then all that there is to know.
    pub fn finish_read(&self, job: Job) {
        let seen = self.begun.load(Ordering::SeqCst);
        if self.is_answerable(seen) {
            return job.finish(None);
        }
        self.reads.lock().push((seen, job));
        // it may have come to the disk since, and then the thread that syncs does not look again
        if self.is_answerable(seen) {
            self.finish_reads();
        }
    }

    fn is_answerable(&self, seen: u64) -> bool {
        self.on_disk.load(Ordering::SeqCst) >= seen || self.is_unknown()
    }

    fn finish_reads(&self) {
        let answerable: Vec<_> = self.reads.lock().extract_if(.., |(seen, _)| self.is_answerable(*seen)).collect();
        answerable.into_iter().for_each(|(_, job)| job.finish(None));
    }

    /// This commit and all before it are on disk.
    fn reached(&self, commit: u64) {
        self.on_disk.fetch_max(commit, Ordering::SeqCst);
        self.finish_reads();
    }

    fn lost_sight(&self) {
        self.unknown.store(true, Ordering::SeqCst);
        self.finish_reads();
    }

    /// Whether a sync has failed since everything was known to be on disk.
    pub fn is_unknown(&self) -> bool {
        self.unknown.load(Ordering::SeqCst)
    }

    /// Called by the writer between two commits: everything is on disk.
    pub fn known_again(&self) {
        self.unknown.store(false, Ordering::SeqCst);
        self.reached(self.begun.load(Ordering::SeqCst));
    }
}

/// The jobs of one commit, run and not answered yet.
pub(crate) struct Batch {
    pub number: u64,
    pub jobs: Vec<Job>,
    pub emitted: Vec<Emitted>,
    /// Whether the commit has added anything to the log.
    pub logged: bool,
}

impl Batch {
    /// Its jobs; a commit that failed has none and still has its turn.
    fn weight(&self) -> usize {
        self.jobs.len().max(1)
    }

    /// Answers the jobs: they are stored, or may be.
    pub fn finish(self, shared: &Shared, failure: Option<&CommitFailure>) {
        if failure.is_none() && !self.jobs.is_empty() {
            fault::point("store.after-commit");
            shared.stats.committed(self.jobs.len());
        }
        shared.call_commit_hook(&self.emitted);
        self.jobs.into_iter().for_each(|job| job.finish(failure));
        if !self.emitted.is_empty() {
            shared.events_committed();
        }
    }
}

/// The writer's hold on the thread that syncs. Dropping it waits until that has answered everything.
pub(crate) struct Syncer {
    batches: Option<Sender<Batch>>,
    /// Jobs whose commits are not on disk yet.
    jobs: Arc<AtomicUsize>,
    /// A message after each sync.
    pub synced: Receiver<()>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// Starts the thread for the log of the file at `path`.
    pub fn start(path: &Path, shared: &Arc<Shared>) -> Result<Syncer> {
        let (batches, committed) = unbounded();
        let (done, synced) = bounded(1);
        let jobs = Arc::new(AtomicUsize::new(0));
        let work = Work { log: LogFile::of(path), shared: Arc::clone(shared), jobs: Arc::clone(&jobs), done };
        let thread = db::spawn("syncer".to_owned(), move || work.run(&committed))?;
        Ok(Syncer { batches: Some(batches), jobs, synced, shared: Arc::clone(shared), thread: Some(thread) })
    }

    /// Jobs whose commits are not on disk yet.
    pub fn jobs(&self) -> usize {
        self.jobs.load(Ordering::SeqCst)
    }

    /// Answers the jobs of the batch when it and all batches before it are on disk.
    pub fn finish(&self, batch: Batch) {
        if !batch.logged && self.jobs() == 0 && !self.shared.durable.is_unknown() {
            self.shared.durable.reached(batch.number);
            return batch.finish(&self.shared, None);
        }
        self.jobs.fetch_add(batch.weight(), Ordering::SeqCst);
        if let Some(batches) = &self.batches {
            // fails only if the thread has panicked; the jobs then end with an error, because they are dropped
            let _ = batches.send(batch);
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.batches = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that syncs the log panicked");
        }
    }
}

/// The thread that syncs.
struct Work {
    log: LogFile,
    shared: Arc<Shared>,
    jobs: Arc<AtomicUsize>,
    done: Sender<()>,
}

impl Work {
    fn run(mut self, committed: &Receiver<Batch>) {
        while let Ok(first) = committed.recv() {
            let mut group = vec![first];
            group.extend(committed.try_iter());
            let failure = self
                .store(&group)
                .err()
                .map(|error| CommitFailure { cause: format!("the log could not be synced: {error}"), at_commit: true });
            match &failure {
                None => self.shared.durable.reached(group.last().map_or(0, |batch| batch.number)),
                Some(failure) => {
                    self.shared.note(Some(failure.cause.clone()));
                    self.shared.durable.lost_sight();
                }
            }
            self.jobs.fetch_sub(group.iter().map(Batch::weight).sum(), Ordering::SeqCst);
            let _ = self.done.try_send(()); // full: the writer will see that one
            group.into_iter().for_each(|batch| batch.finish(&self.shared, failure.as_ref()));
        }
    }

    fn store(&mut self, group: &[Batch]) -> io::Result<()> {
        if self.shared.durable.is_unknown() {
            return Err(io::Error::other(UNKNOWN));
        }
        if !group.iter().any(|batch| batch.logged) {
            return Ok(());
        }
        #[cfg(test)]
        if let Some(before) = &mut *self.shared.durable.before_sync.lock() {
            before()?;
        }
        self.log.sync()
    }
}

/// The log beside the database file. SQLite keeps one and the same file while the writer's connection is open.
struct LogFile {
    path: PathBuf,
    open: Option<File>,
}

impl LogFile {
    fn of(database: &Path) -> LogFile {
        let mut path = OsString::from(database);
        path.push("-wal");
        LogFile { path: path.into(), open: None }
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(OpenOptions::new().write(true).open(&self.path)?);
        }
        self.open.as_ref().map_or(Ok(()), File::sync_data)
    }
}
