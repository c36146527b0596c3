//! The database as the rest of the program sees it: `write` and `read`.

use crate::job::{Request, Typed};
use crate::pool::Worker;
use crate::reader::Reader;
use crate::wal::{self, Log};
use crate::writer::Writer;
use crate::{DatabaseUrl, Lease, Migration, Tx, migrate, open, sqlite};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use kernel::{Clock, Code, Error, Random, Result};
use parking_lot::{Mutex, RwLock};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::{oneshot, watch};

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is. The folder of a SQLite file must exist.
    pub url: DatabaseUrl,
    /// When a commit counts as done. A server decides that by itself.
    pub durability: Durability,
    /// Most jobs waiting for a writer; one more is answered 503 with `Retry-After`.
    pub queue: usize,
    /// Threads that read, each with its connection; 0 is what suits the database.
    pub readers: usize,
    /// Threads that write, each with its connection; 0 is what suits the database. A file always has one.
    pub writers: usize,
    /// How long connecting to a server may take.
    pub connect_timeout: Duration,
    /// How long a statement may take on a server; half of that it may wait for a lock.
    pub statement_timeout: Duration,
    /// Whether other instances may work on the same database. One that is alone waits for nobody's lease.
    pub shared: bool,
    /// Where `tx.now()` comes from.
    pub clock: Arc<dyn Clock>,
    /// A fixed seed for `tx.random()`; `None` asks the operating system.
    pub seed: Option<u64>,
}

impl Settings {
    /// A shop's database with everything else as most shops need it.
    pub fn of(url: DatabaseUrl, clock: Arc<dyn Clock>) -> Settings {
        Settings {
            shared: url.file().is_none(),
            url,
            durability: Durability::Full,
            queue: 10_000,
            readers: 0,
            writers: 0,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            clock,
            seed: None,
        }
    }

    /// A database that nobody needs afterwards, for tests: its commits outlive the program but not the machine, it is used by
    /// this program alone, by few threads, and chance repeats.
    pub fn throwaway(url: DatabaseUrl, clock: Arc<dyn Clock>) -> Settings {
        let durability = Durability::ProcessOnly;
        Settings { durability, readers: 1, writers: 4, shared: false, seed: Some(7), ..Settings::of(url, clock) }
    }

    fn limits(&self) -> Limits {
        let again = self.url.dialect().runs_again_for();
        Limits { connect: self.connect_timeout, statement: self.statement_timeout, again }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connecting.
    pub connect: Duration,
    /// One statement.
    pub statement: Duration,
    /// Running a job again and again that others keep from succeeding.
    pub again: Duration,
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
    statements: AtomicU64,
    round_trips: AtomicU64,
    ran_again: AtomicU64,
}

impl Stats {
    pub fn committed(&self, jobs: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
    }

    pub fn ran(&self, statements: u64, round_trips: u64) {
        self.statements.fetch_add(statements, Ordering::Relaxed);
        self.round_trips.fetch_add(round_trips, Ordering::Relaxed);
    }

    pub fn ran_again(&self) {
        self.ran_again.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the database has done since start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Commits.
    pub commits: u64,
    /// Jobs committed; divided by commits it is how many shared one fsync.
    pub jobs: u64,
    /// Statements of reading and writing jobs.
    pub statements: u64,
    /// Times a server was waited for.
    pub round_trips: u64,
    /// Times a job was run again because of others.
    pub ran_again: u64,
}

pub(crate) struct Shared {
    health: Mutex<Health>,
    pub stats: Stats,
    /// Held together by running jobs, and alone by one that others have beaten again and again.
    pub turns: RwLock<()>,
    newest_event: watch::Sender<u64>,
    closed: AtomicBool,
}

impl Shared {
    fn new() -> Arc<Shared> {
        Arc::new(Shared {
            health: Mutex::new(Health::Good),
            stats: Stats::default(),
            turns: RwLock::new(()),
            newest_event: watch::Sender::new(0),
            closed: AtomicBool::new(false),
        })
    }

    /// Whether the storage worked when it was last used.
    pub fn is_healthy(&self) -> bool {
        self.health.lock().is_healthy()
    }

    /// A commit told events.
    pub fn told(&self) {
        self.newest_event.send_modify(|commits| *commits += 1);
    }

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
    lease: Option<Lease>,
}

impl Db {
    /// Opens (or creates) the database. Apply migrations with [`Db::migrate`] before first use. C013 when the file cannot be
    /// opened or is no database, or when the server cannot be reached.
    pub fn open(mut settings: Settings) -> Result<Db> {
        let (readers, writers) = settings.url.dialect().threads();
        settings.readers = if settings.readers == 0 { readers } else { settings.readers };
        settings.writers = if settings.writers == 0 || writers == 1 { writers } else { settings.writers };
        let shared = Shared::new();
        let mut random = settings.seed.map_or_else(Random::from_system, Random::seeded);
        let (writes, write_requests) = bounded(settings.queue.max(1));
        let (reads, read_requests) = bounded(settings.queue.max(1));
        let mut threads = Vec::new();
        for n in 0..settings.readers {
            let reader = Reader {
                url: settings.url.clone(),
                limits: settings.limits(),
                shared: Arc::clone(&shared),
                clock: Arc::clone(&settings.clock),
                random: random.split(),
            };
            let requests = read_requests.clone();
            threads.push(spawn(format!("reader-{n}"), move || reader.run(&requests))?);
        }
        let writing = match settings.url.file() {
            Some(path) => writer_of_file(path, &settings, &shared, random, write_requests)?,
            None => writers_of_server(&settings, &shared, &mut random, &write_requests)?,
        };
        threads.extend(writing);
        let threads = Arc::new(Mutex::new(threads));
        Ok(Db { writes, reads, shared, settings: Arc::new(settings), threads, lease: None })
    }

    /// The same database for what may be done only under `lease`: every writing job first makes sure that it is still held,
    /// and fails with C013 when it is not.
    pub fn under(&self, lease: Lease) -> Db {
        Db { lease: Some(lease), ..self.clone() }
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
        for _ in 0..self.settings.writers {
            let _ = self.writes.send(Request::Stop);
        }
        for _ in 0..self.settings.readers {
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
        self.submit(&self.writes, name, fenced(self.lease, work))?.await.unwrap_or_else(|_| Err(stopped()))
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
        self.submit(&self.writes, name, fenced(self.lease, work))?.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// [`Db::read`] for callers that are not async. Must not be called from async code.
    pub fn read_blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(&self.reads, name, work)?.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// Wakes whenever a commit of this process put events into the outbox; the value counts those commits.
    pub fn newest_event(&self) -> watch::Receiver<u64> {
        self.shared.newest_event.subscribe()
    }

    /// Whether the last commit succeeded.
    pub fn health(&self) -> Health {
        self.shared.health.lock().clone()
    }

    /// What was done since start.
    pub fn counts(&self) -> Counts {
        let stats = &self.shared.stats;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            commits: read(&stats.commits),
            jobs: read(&stats.jobs),
            statements: read(&stats.statements),
            round_trips: read(&stats.round_trips),
            ran_again: read(&stats.ran_again),
        }
    }

    /// How often to look for what other instances have committed; one's own commits wake at once.
    pub fn looks_every(&self) -> Duration {
        self.settings.url.dialect().looks_every()
    }

    /// Whether other instances may work on the same database; if not, this one needs to wait for nobody.
    pub fn is_shared(&self) -> bool {
        self.settings.shared
    }

    /// The same database on connections of its own, for what must not wait behind a rush of requests: the beat of a lease.
    /// An instance that is alone needs none.
    pub fn apart(&self) -> Result<Db> {
        if !self.is_shared() {
            return Ok(self.clone());
        }
        Db::open(Settings { readers: 1, writers: 1, queue: 16, seed: None, ..(*self.settings).clone() })
    }

    pub(crate) fn url(&self) -> &DatabaseUrl {
        &self.settings.url
    }

    pub(crate) fn limits(&self) -> Limits {
        self.settings.limits()
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

/// `work`, if the lease is held.
fn fenced<T>(
    lease: Option<Lease>,
    work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static {
    move |tx| {
        lease.map_or(Ok(()), |lease| lease.check(tx))?;
        work(tx)
    }
}

/// The one writer of a file, and who copies its log.
fn writer_of_file(
    path: &Path,
    settings: &Settings,
    shared: &Arc<Shared>,
    random: Random,
    requests: Receiver<Request>,
) -> Result<Vec<JoinHandle<()>>> {
    let synchronous = match settings.durability {
        Durability::Full => "full",
        Durability::ProcessOnly => "off",
    };
    let mut conn = sqlite::open_writer(path, synchronous)?;
    let (log, nudges) = Log::new();
    conn.when_committed(Arc::clone(&log))?;
    let (path, weak) = (path.to_owned(), Arc::downgrade(&log));
    let copier = spawn("log-copier".to_owned(), move || wal::copier(&path, &weak, &nudges))?;
    let (shared, clock) = (Arc::clone(shared), Arc::clone(&settings.clock));
    let writer = Writer { conn, log, shared, clock, random, stopping: false, counted: 0 };
    Ok(vec![copier, spawn("writer".to_owned(), move || writer.run(&requests))?])
}

/// The writers of a server. The first connects before this returns, so that a wrong address is said at once.
fn writers_of_server(
    settings: &Settings,
    shared: &Arc<Shared>,
    random: &mut Random,
    requests: &Receiver<Request>,
) -> Result<Vec<JoinHandle<()>>> {
    // on a thread of its own, because a driver may not wait inside async code
    let first = thread::scope(|scope| scope.spawn(|| open::writer(&settings.url, &settings.limits()).map(drop)).join());
    first.unwrap_or_else(|_| Err(Code::Internal.error().caused_by("the driver panicked")))?;
    let workers = (0..settings.writers).map(|n| {
        let worker = Worker {
            url: settings.url.clone(),
            limits: settings.limits(),
            shared: Arc::clone(shared),
            clock: Arc::clone(&settings.clock),
            random: random.split(),
        };
        let requests = requests.clone();
        spawn(format!("writer-{n}"), move || worker.run(&requests))
    });
    workers.collect()
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(body).map_err(|e| Code::Internal.error().caused_by(e))
}

fn stopped() -> Error {
    Code::Unavailable.because("the database is closed").retry_after(1)
}
