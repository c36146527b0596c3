//! The database as the rest of the program sees it: `write` and `read`.

use crate::sqlite::{self, Connected};
use crate::writer::{Job, Typed, Writer};
use crate::{Migration, Tx, migrate};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use kernel::{Clock, Code, Error, Random, Result};
use parking_lot::Mutex;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::sync::{oneshot, watch};

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The SQLite file. Its folder must exist.
    pub path: PathBuf,
    /// When a commit counts as done.
    pub durability: Durability,
    /// Most jobs waiting for the writer; one more is answered 503 with `Retry-After`.
    pub queue: usize,
    /// Read connections, each with its own thread.
    pub readers: usize,
    /// Where `tx.now()` comes from.
    pub clock: Arc<dyn Clock>,
    /// A fixed seed for `tx.random()`; `None` asks the operating system.
    pub seed: Option<u64>,
}

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// On disk (fsync). The only choice for a shop.
    Full,
    /// Handed to the operating system: survives a crash of the program, not of the machine. For tests.
    ProcessOnly,
}

/// Whether the database can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// The last commit succeeded.
    Good,
    /// The last commit failed; the words are for the log and the operator.
    Failing(String),
}

impl Health {
    /// Whether the last commit succeeded.
    pub fn is_healthy(&self) -> bool {
        matches!(self, Health::Good)
    }
}

/// Counters since start.
#[derive(Debug, Default)]
pub struct Stats {
    pub(crate) commits: AtomicU64,
    pub(crate) jobs: AtomicU64,
}

pub(crate) struct Shared {
    pub health: Mutex<Health>,
    pub stats: Stats,
    pub newest_event: watch::Sender<i64>,
    pub restart_wal: AtomicBool,
}

impl Shared {
    pub fn note(&self, error: Option<Error>) {
        let mut health = self.health.lock();
        match error {
            None if health.is_healthy() => {}
            None => {
                tracing::info!("the database can be written again");
                *health = Health::Good;
            }
            Some(error) => {
                if health.is_healthy() {
                    tracing::error!(error = ?error, "the database cannot be written");
                }
                *health = Health::Failing(format!("{error:?}"));
            }
        }
    }
}

/// The database. Cheap to clone; the writer stops when the last clone is gone.
#[derive(Clone)]
pub struct Db {
    writes: Sender<Box<dyn Job>>,
    reads: Sender<Box<dyn Job>>,
    shared: Arc<Shared>,
    settings: Arc<Settings>,
}

impl Db {
    /// Opens (or creates) the database. Apply migrations with [`Db::migrate`] before first use.
    pub fn open(settings: Settings) -> Result<Db> {
        let synchronous = match settings.durability {
            Durability::Full => "full",
            Durability::ProcessOnly => "off",
        };
        let conn = sqlite::open_writer(&settings.path, synchronous)?;
        let shared = Arc::new(Shared {
            health: Mutex::new(Health::Good),
            stats: Stats::default(),
            newest_event: watch::Sender::new(0),
            restart_wal: AtomicBool::new(false),
        });
        let mut random = settings.seed.map_or_else(Random::from_system, Random::seeded);
        let (writes, write_jobs) = bounded(settings.queue);
        let (reads, read_jobs) = bounded(settings.queue);
        for n in 0..settings.readers.max(1) {
            let (path, jobs) = (settings.path.clone(), read_jobs.clone());
            let (clock, random) = (Arc::clone(&settings.clock), random.split());
            spawn(format!("reader-{n}"), move || read_loop(&path, &jobs, clock.as_ref(), random))?;
        }
        let writer = Writer { conn, shared: Arc::clone(&shared), settings: settings.clone(), random };
        spawn("writer".to_owned(), move || writer.run(&write_jobs))?;
        let (path, weak) = (settings.path.clone(), Arc::downgrade(&shared));
        spawn("checkpointer".to_owned(), move || crate::db::checkpoint_loop(&path, &weak))?;
        Ok(Db { writes, reads, shared, settings: Arc::new(settings) })
    }

    /// Applies what is missing of `migrations`, in order, each in its own transaction. Gives the names applied.
    pub async fn migrate(&self, migrations: Vec<Migration>) -> Result<Vec<&'static str>> {
        migrate::apply(self, migrations).await
    }

    /// Runs `work` in a transaction and answers when its effect is on disk. `name` is for logs and measurements.
    ///
    /// Errors: those of `work`, with nothing of it stored; C013 when the queue is full or the database cannot be
    /// written; C018 when the commit itself failed, so that nobody knows whether it would survive a crash.
    pub async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        submit(&self.writes, name, work)?.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Runs `work` on a read connection: one consistent view, and no way to write.
    pub async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        submit(&self.reads, name, work)?.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// [`Db::write`] for callers that are not async, such as the command line. Must not be called from async code.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        submit(&self.writes, name, work)?.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// [`Db::read`] for callers that are not async. Must not be called from async code.
    pub fn read_blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        submit(&self.reads, name, work)?.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// Wakes whenever a commit put events into the outbox; the value is the newest id of this process, 0 before the first.
    pub fn newest_event(&self) -> watch::Receiver<i64> {
        self.shared.newest_event.subscribe()
    }

    /// Whether the last commit succeeded.
    pub fn health(&self) -> Health {
        self.shared.health.lock().clone()
    }

    /// Commits and jobs since start; jobs ÷ commits is how many shared one fsync.
    pub fn commits_and_jobs(&self) -> (u64, u64) {
        let stats = &self.shared.stats;
        (stats.commits.load(Ordering::Relaxed), stats.jobs.load(Ordering::Relaxed))
    }

    /// Jobs waiting for the writer now.
    pub fn waiting(&self) -> usize {
        self.writes.len()
    }

    /// The clock behind `tx.now()`.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.settings.clock)
    }

    /// Prepares every statement; the error names the first that cannot be.
    pub async fn prepare_all(&self, statements: Vec<&'static str>) -> Result<()> {
        self.write("store.prepare", move |tx| {
            for sql in &statements {
                tx.conn.prepare(sql).map_err(|e| Code::Internal.error().caused_by(format!("{e:?} in: {sql}")))?;
            }
            Ok(())
        })
        .await
    }
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new().name(name).spawn(body).map(|_| ()).map_err(|e| Code::Internal.error().caused_by(e))
}

fn submit<T: Send + 'static>(
    queue: &Sender<Box<dyn Job>>,
    name: &'static str,
    work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> Result<oneshot::Receiver<Result<T>>> {
    let (answer, answered) = oneshot::channel();
    let job = Box::new(Typed { name, work, result: None, answer });
    match queue.try_send(job) {
        Ok(()) => Ok(answered),
        Err(TrySendError::Full(_)) => Err(Code::Unavailable.because("too much is waiting to be written").retry_after(1)),
        Err(TrySendError::Disconnected(_)) => Err(stopped()),
    }
}

fn stopped() -> Error {
    Code::Unavailable.because("the database is closed").retry_after(1)
}

fn read_loop(path: &Path, jobs: &Receiver<Box<dyn Job>>, clock: &dyn Clock, mut random: Random) {
    let mut conn: Option<Connected> = None;
    while let Ok(mut job) = jobs.recv() {
        if conn.is_none() {
            conn = sqlite::open_reader(path).inspect_err(|e| tracing::error!(error = ?e, "no read connection")).ok();
        }
        let Some(open) = &conn else {
            job.panicked();
            job.answer(None);
            continue;
        };
        let began = open.run("begin");
        let mut tx = Tx::new(open, clock.now(), &mut random, false);
        if began.is_err() || catch_unwind(AssertUnwindSafe(|| job.run(&mut tx))).is_err() {
            job.panicked();
        }
        let ended = open.run("rollback");
        job.answer(None);
        if began.is_err() || ended.is_err() {
            conn = None;
        }
    }
}

/// How often the checkpointer looks at the log.
const CHECKPOINT_LOOK: Duration = Duration::from_millis(100);
/// Log size, in bytes, from which its pages are copied into the database file.
const CHECKPOINT_FROM: u64 = 8 << 20;
/// Log size, in bytes, from which the writer starts the log anew as soon as it can.
const RESTART_FROM: u64 = 64 << 20;

fn checkpoint_loop(path: &Path, shared: &std::sync::Weak<Shared>) {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let Ok(conn) = sqlite::open_writer(path, "normal") else { return };
    let mut copied_at = 0;
    loop {
        thread::sleep(CHECKPOINT_LOOK);
        let Some(shared) = shared.upgrade() else { return };
        let size = std::fs::metadata(&log).map_or(0, |meta| meta.len());
        if size < copied_at {
            copied_at = 0;
        }
        if size >= CHECKPOINT_FROM && size != copied_at {
            let _ = conn.run("pragma wal_checkpoint(passive)");
            copied_at = size;
        }
        if size >= RESTART_FROM {
            shared.restart_wal.store(true, Ordering::Relaxed);
        }
    }
}
