//! The database as the rest of the program sees it: `write` and `read`.

use crate::reader::Reader;
use crate::wal::{self, Log};
use crate::writer::{Job, Typed, Writer};
use crate::{Migration, Tx, migrate, sqlite};
use crossbeam_channel::{Sender, TrySendError, bounded};
use kernel::{Clock, Code, Error, Random, Result};
use parking_lot::Mutex;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
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
pub(crate) struct Stats {
    commits: AtomicU64,
    jobs: AtomicU64,
}

impl Stats {
    pub fn committed(&self, jobs: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
    }
}

/// What a thread is asked for.
pub(crate) enum Request {
    Run(Box<dyn Job>),
    /// Finish what was asked before, then end.
    Stop,
}

pub(crate) struct Shared {
    pub health: Mutex<Health>,
    pub stats: Stats,
    pub newest_event: watch::Sender<i64>,
    closed: AtomicBool,
}

impl Shared {
    /// The storage worked, or failed with these words.
    pub fn note(&self, failure: Option<String>) {
        let mut health = self.health.lock();
        match failure {
            None if health.is_healthy() => {}
            None => {
                tracing::info!("the database can be written again");
                *health = Health::Good;
            }
            Some(words) => {
                if health.is_healthy() {
                    tracing::error!(error = words, "the database cannot be written");
                }
                *health = Health::Failing(words);
            }
        }
    }
}

/// The database. Cheap to clone. Its threads stop when the last clone is gone; [`Db::close`] also waits for them.
#[derive(Clone)]
pub struct Db {
    writes: Sender<Request>,
    reads: Sender<Request>,
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Db {
    /// Opens (or creates) the database. Apply migrations with [`Db::migrate`] before first use. C013 when the file cannot be
    /// opened or is no database.
    pub fn open(settings: Settings) -> Result<Db> {
        let synchronous = match settings.durability {
            Durability::Full => "full",
            Durability::ProcessOnly => "off",
        };
        let mut conn = sqlite::open_writer(&settings.path, synchronous)?;
        let (log, nudges) = Log::new();
        conn.when_committed(Arc::clone(&log))?;
        let shared = Arc::new(Shared {
            health: Mutex::new(Health::Good),
            stats: Stats::default(),
            newest_event: watch::Sender::new(0),
            closed: AtomicBool::new(false),
        });
        let mut random = settings.seed.map_or_else(Random::from_system, Random::seeded);
        let (writes, write_requests) = bounded(settings.queue.max(1));
        let (reads, read_requests) = bounded(settings.queue.max(1));
        let mut threads = Vec::new();
        for n in 0..settings.readers.max(1) {
            let clock = Arc::clone(&settings.clock);
            let reader = Reader { path: settings.path.clone(), clock, random: random.split() };
            let requests = read_requests.clone();
            threads.push(spawn(format!("reader-{n}"), move || reader.run(&requests))?);
        }
        let (path, weak) = (settings.path.clone(), Arc::downgrade(&log));
        threads.push(spawn("log-copier".to_owned(), move || wal::copier(&path, &weak, &nudges))?);
        let clock = Arc::clone(&settings.clock);
        let writer = Writer { conn, log, shared: Arc::clone(&shared), clock, random, stopping: false };
        threads.push(spawn("writer".to_owned(), move || writer.run(&write_requests))?);
        let threads = Arc::new(Mutex::new(threads));
        Ok(Db { writes, reads, shared, settings: Arc::new(settings), threads })
    }

    /// Takes no more jobs, finishes those that wait, copies the log into the database file and closes it. Later calls find
    /// nothing left to do. Jobs that come afterwards get C013.
    pub async fn close(&self) {
        let db = self.clone();
        if tokio::task::spawn_blocking(move || db.close_blocking()).await.is_err() {
            tracing::error!("closing the database panicked");
        }
    }

    /// [`Db::close`] for callers that are not async. Must not be called from async code.
    pub fn close_blocking(&self) {
        self.shared.closed.store(true, Ordering::Release);
        let threads = std::mem::take(&mut *self.threads.lock());
        if threads.is_empty() {
            return;
        }
        let _ = self.writes.send(Request::Stop);
        for _ in 0..self.settings.readers.max(1) {
            let _ = self.reads.send(Request::Stop);
        }
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the database had panicked");
            }
        }
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
        self.submit(&self.writes, name, work)?.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Runs `work` on a read connection: one consistent view, and no way to write.
    pub async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(&self.reads, name, work)?.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// [`Db::write`] for callers that are not async, such as the command line. Must not be called from async code.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(&self.writes, name, work)?.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// [`Db::read`] for callers that are not async. Must not be called from async code.
    pub fn read_blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(&self.reads, name, work)?.blocking_recv().unwrap_or_else(|_| Err(stopped()))
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

    fn submit<T: Send + 'static>(
        &self,
        queue: &Sender<Request>,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(stopped());
        }
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Typed { name, work, result: None, answer });
        match queue.try_send(Request::Run(job)) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => {
                Err(Code::Unavailable.because("too many requests are waiting").retry_after(1))
            }
            Err(TrySendError::Disconnected(_)) => Err(stopped()),
        }
    }
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(body).map_err(|e| Code::Internal.error().caused_by(e))
}

fn stopped() -> Error {
    Code::Unavailable.because("the database is closed").retry_after(1)
}
