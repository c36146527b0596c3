//! Bare group commit: one thread with one connection puts all waiting jobs into one transaction. It uses the same database settings as
//! the store, so that only the code between differs.

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Most jobs in one commit, as in the store.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// Longest time jobs may run before a commit, as in the store.
const BATCH_TIME_MAX: Duration = Duration::from_millis(8);
/// Jobs that may wait.
const QUEUE: usize = 10_000;

/// One job. `None` when its guard refused it; its changes are then undone.
pub trait Job: Send + 'static {
    /// The result for the caller.
    type Answer: Send;
    /// Writes the rows.
    fn write(&self, conn: &Connection) -> rusqlite::Result<Option<Self::Answer>>;
}

struct Waiting<J: Job> {
    job: J,
    answer: oneshot::Sender<Option<J::Answer>>,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    jobs: AtomicU64,
}

/// The bare writer.
pub struct Writer<J: Job> {
    jobs: Sender<Waiting<J>>,
    counters: Arc<Counters>,
}

impl<J: Job> Clone for Writer<J> {
    fn clone(&self) -> Self {
        Writer { jobs: self.jobs.clone(), counters: Arc::clone(&self.counters) }
    }
}

impl<J: Job> Writer<J> {
    /// Starts the writer on an existing database.
    pub fn open(path: &Path) -> rusqlite::Result<Writer<J>> {
        let conn = connect(path, "full")?;
        let counters = Arc::new(Counters::default());
        let (jobs, waiting) = bounded(QUEUE);
        let shared = Arc::clone(&counters);
        thread::spawn(move || write_all(&conn, &waiting, &shared));
        let (path, alive) = (path.to_owned(), Arc::downgrade(&counters));
        thread::spawn(move || checkpoint(&path, &alive));
        Ok(Writer { jobs, counters })
    }

    /// Writes one job durably. `None` when it was refused.
    pub async fn write(&self, job: J) -> Option<J::Answer> {
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Waiting { job, answer }).ok()?;
        answered.await.ok().flatten()
    }

    /// Commits and jobs since start.
    pub fn commits_and_jobs(&self) -> (u64, u64) {
        (self.counters.commits.load(Ordering::Relaxed), self.counters.jobs.load(Ordering::Relaxed))
    }
}

fn connect(path: &Path, synchronous: &str) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.set_prepared_statement_cache_capacity(128);
    conn.execute_batch(&format!(
        "pragma journal_mode = wal; pragma synchronous = {synchronous}; pragma cache_size = -65536;
         pragma wal_autocheckpoint = 0; pragma foreign_keys = on; pragma temp_store = memory; pragma mmap_size = 268435456;"
    ))?;
    Ok(conn)
}

fn write_all<J: Job>(conn: &Connection, waiting: &Receiver<Waiting<J>>, counters: &Counters) {
    let run = |sql: &str| conn.prepare_cached(sql).and_then(|mut s| s.execute([])).expect("the bare database works");
    let mut batch = Vec::with_capacity(JOBS_PER_COMMIT_MAX);
    while let Ok(first) = waiting.recv() {
        run("begin immediate");
        let started = Instant::now();
        let mut next = Some(first);
        while let Some(Waiting { job, answer }) = next {
            run("savepoint job");
            let written = job.write(conn).expect("the bare rows fit the schema");
            if written.is_none() {
                run("rollback to job");
            }
            run("release job");
            batch.push((answer, written));
            let full = batch.len() >= JOBS_PER_COMMIT_MAX || started.elapsed() >= BATCH_TIME_MAX;
            next = if full { None } else { waiting.try_recv().ok() };
        }
        run("commit");
        counters.commits.fetch_add(1, Ordering::Relaxed);
        counters.jobs.fetch_add(batch.len() as u64, Ordering::Relaxed);
        for (answer, written) in batch.drain(..) {
            let _ = answer.send(written);
        }
    }
}

/// Copies the log into the database off the writer's path, as the store does.
fn checkpoint(path: &Path, alive: &Weak<Counters>) {
    let Ok(conn) = connect(path, "normal") else { return };
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let mut copied_at = 0;
    while alive.upgrade().is_some() {
        thread::sleep(Duration::from_millis(100));
        let size = std::fs::metadata(&log).map_or(0, |meta| meta.len());
        if size >= 8 << 20 && size != copied_at {
            let mode = if size >= 64 << 20 { "restart" } else { "passive" };
            let _ = conn.query_row(&format!("pragma wal_checkpoint({mode})"), [], |_| Ok(()));
            copied_at = size;
        }
    }
}
