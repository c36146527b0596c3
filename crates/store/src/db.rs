//! The database as the rest of the program sees it: [`Db::write`] and [`Db::read`].

use crate::file::{self, Place};
use crate::job::{Job, Request, Value, Work, stopped, typed, untyped};
use crate::news::{self, News};
use crate::pool::{SavepointsWanted, Worker};
use crate::reader::Reader;
use crate::requests::{Refused, Requests, Taker};
use crate::settings::{Durability, Limits, Settings};
use crate::wal::{self, Log};
use crate::writer::Writer;
use crate::{Backfill, DatabaseUrl, Emitted, Lease, Migration, Tx, migrate, open, sqlite};
use kernel::{Clock, Code, Random, Result};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};
use tokio::sync::{oneshot, watch};

/// Whether the database can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// The last commit succeeded.
    Good,
    /// The last commit failed. The text is for the log and the operator.
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
    retried: AtomicU64,
    /// What the jobs of each name cost, once someone asks for it.
    costs: OnceLock<Mutex<Costs>>,
}

/// What the jobs of each name have cost together.
pub type Costs = BTreeMap<&'static str, Cost>;

/// What jobs have cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// How often they ran; a job that is run again counts again.
    pub runs: u64,
    /// Without those that begin, end or nest transactions.
    pub statements: u64,
    /// How often a connection waited for its server.
    pub round_trips: u64,
}

impl Stats {
    /// Adds what one run of a job cost.
    pub fn spent(&self, job: &'static str, statements: u64, round_trips: u64) {
        if let Some(costs) = self.costs.get() {
            let mut costs = costs.lock();
            let cost = costs.entry(job).or_default();
            cost.runs += 1;
            cost.statements += statements;
            cost.round_trips += round_trips;
        }
    }

    pub fn committed(&self, jobs: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
    }

    pub fn ran(&self, statements: u64, round_trips: u64) {
        self.statements.fetch_add(statements, Ordering::Relaxed);
        self.round_trips.fetch_add(round_trips, Ordering::Relaxed);
    }

    pub fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the database has done since start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub commits: u64,
    /// Committed jobs. Divided by `commits` it is the number of jobs that shared one fsync.
    pub jobs: u64,
    /// Statements of reading and writing jobs.
    pub statements: u64,
    /// How often a connection waited for its server.
    pub round_trips: u64,
    /// Retries of jobs that failed because of other transactions.
    pub retried: u64,
}

type CommitHook = dyn Fn(&[Emitted]) + Send + Sync;

pub(crate) struct Shared {
    health: Mutex<Health>,
    pub stats: Stats,
    /// Each running job of a server holds it for reading. A job that had too many conflicts holds it for writing.
    pub running_jobs: RwLock<()>,
    newest_event: watch::Sender<u64>,
    pub savepoints: SavepointsWanted,
    /// What other instances have done.
    pub elsewhere: news::Elsewhere,
    /// Writing jobs outside any lease, which are those of requests.
    requests: AtomicU64,
    commit_hook: RwLock<Option<Arc<CommitHook>>>,
    closed: AtomicBool,
}

impl Shared {
    fn new() -> Arc<Shared> {
        Arc::new(Shared {
            health: Mutex::new(Health::Good),
            stats: Stats::default(),
            running_jobs: RwLock::new(()),
            newest_event: watch::Sender::new(0),
            savepoints: SavepointsWanted::default(),
            elsewhere: news::Elsewhere::default(),
            requests: AtomicU64::new(0),
            commit_hook: RwLock::new(None),
            closed: AtomicBool::new(false),
        })
    }

    /// See [`Db::newest_event`].
    pub fn newest_event(&self) -> watch::Receiver<u64> {
        self.newest_event.subscribe()
    }

    /// Whether the last commit succeeded.
    pub fn is_healthy(&self) -> bool {
        self.health.lock().is_healthy()
    }

    /// Calls the commit hook with events that were committed, or may have been, before their jobs finish.
    pub fn call_commit_hook(&self, events: &[Emitted]) {
        if events.is_empty() {
            return;
        }
        let hook = self.commit_hook.read().clone();
        if hook.is_some_and(|hook| catch_unwind(AssertUnwindSafe(|| hook(events))).is_err()) {
            tracing::error!("the commit hook panicked");
        }
    }

    /// Wakes the relay after a commit with events.
    pub fn events_committed(&self) {
        self.newest_event.send_modify(|commits| *commits += 1);
    }

    /// Records that the storage worked (`None`) or why it failed.
    pub fn note(&self, failure: Option<String>) {
        let mut health = self.health.lock();
        match failure {
            None if health.is_healthy() => {}
            None => {
                tracing::info!("the database can be written again");
                *health = Health::Good;
            }
            Some(cause) => {
                if health.is_healthy() {
                    tracing::error!(error = cause, "the database cannot be written");
                }
                *health = Health::Failing(cause);
            }
        }
    }
}

/// The database. Cheap to clone. Its threads stop when the last clone is dropped; [`Db::close`] also waits for them.
#[derive(Clone)]
pub struct Db {
    writes: Requests,
    reads: Requests,
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
        let (writes, reads) = (Requests::new(settings.queue.max(1)), Requests::new(settings.queue.max(1)));
        let mut threads = Vec::new();
        for n in 0..settings.readers {
            let reader = Reader {
                url: settings.url.clone(),
                limits: settings.limits(),
                shared: Arc::clone(&shared),
                clock: Arc::clone(&settings.clock),
                random: random.split(),
            };
            let requests = reads.taker();
            threads.push(spawn(format!("reader-{n}"), move || reader.run(&requests))?);
        }
        let writing = match settings.url.file() {
            Some(path) => writer_of_file(path, &settings, &shared, random, writes.taker())?,
            None => writers_of_server(&settings, &shared, &mut random, &writes)?,
        };
        threads.extend(writing);
        let threads = Arc::new(Mutex::new(threads));
        Ok(Db { writes, reads, shared, settings: Arc::new(settings), threads, lease: None })
    }

    /// The same database for the work of a leader: every writing job first checks that `lease` is still held, and fails with
    /// C013 if another instance has taken it over.
    pub fn under(&self, lease: Lease) -> Db {
        Db { lease: Some(lease), ..self.clone() }
    }

    /// Finishes the queued jobs, copies the log into the database file and closes it. Later jobs fail with C013. Closing twice
    /// has no effect.
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
            let _ = self.writes.put(Request::Stop);
        }
        for _ in 0..self.settings.readers {
            let _ = self.reads.put(Request::Stop);
        }
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the database panicked");
            }
        }
    }

    /// Applies the missing ones of `migrations`, in order, each in its own transaction. Returns their names.
    pub async fn migrate(&self, migrations: Vec<Migration>) -> Result<Vec<&'static str>> {
        migrate::apply(self, migrations).await
    }

    /// Fills what is missing in old rows. Run it after [`Db::migrate`].
    pub async fn backfill(&self, backfills: Vec<Backfill>) -> Result<()> {
        migrate::fill(self, backfills).await
    }

    /// Runs `work` in a transaction and returns when its effect is on disk. `name` is for logs and measurements.
    ///
    /// Errors: those of `work`, and nothing of it is stored; C013 when the queue is full or the database cannot be written;
    /// C018 when the commit itself failed, so that its effect may be stored or not.
    pub async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.count_request();
        typed(self.submit(&self.writes, name, false, self.lease, untyped(work))?.await)
    }

    /// [`Db::write`] for a job of one statement, without the check of a lease. It needs no transaction around it, so a server
    /// gets one request instead of three. If the connection is lost meanwhile, the statement may take effect twice.
    pub async fn write_single<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        typed(self.submit(&self.writes, name, true, None, untyped(work))?.await)
    }

    /// [`Db::read`] for a job of one statement: a server gets one request instead of three.
    pub async fn read_single<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        typed(self.submit(&self.reads, name, true, None, untyped(work))?.await)
    }

    /// Runs `work` on a read connection, where it sees one consistent state and cannot write.
    pub async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        typed(self.submit(&self.reads, name, false, None, untyped(work))?.await)
    }

    /// [`Db::write`] for callers that are not async, such as the command line. Must not be called from async code.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.count_request();
        typed(self.submit(&self.writes, name, false, self.lease, untyped(work))?.blocking_recv())
    }

    /// [`Db::read`] for callers that are not async. Must not be called from async code.
    pub fn read_blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        typed(self.submit(&self.reads, name, false, None, untyped(work))?.blocking_recv())
    }

    /// Calls `hook` with the events of every commit of this process, before the jobs that emitted them finish. It runs on the
    /// writing thread, so it has to be quick. There is one hook; a new one replaces it.
    pub fn on_commit(&self, hook: impl Fn(&[Emitted]) + Send + Sync + 'static) {
        *self.shared.commit_hook.write() = Some(Arc::new(hook));
    }

    /// Changes whenever a commit of this process put events into the outbox. The value counts those commits.
    pub fn newest_event(&self) -> watch::Receiver<u64> {
        self.shared.newest_event()
    }

    /// Whether the last commit succeeded.
    pub fn health(&self) -> Health {
        self.shared.health.lock().clone()
    }

    /// The counters since start.
    pub fn counts(&self) -> Counts {
        let stats = &self.shared.stats;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            commits: read(&stats.commits),
            jobs: read(&stats.jobs),
            statements: read(&stats.statements),
            round_trips: read(&stats.round_trips),
            retried: read(&stats.retried),
        }
    }

    /// What the jobs of each name have cost since the first call.
    pub fn costs(&self) -> Costs {
        self.shared.stats.costs.get_or_init(Mutex::default).lock().clone()
    }

    /// Whether events get their sequence numbers from the leader, after their commit.
    pub fn numbers_events_later(&self) -> bool {
        !self.settings.url.dialect().commits_in_order()
    }

    /// Begins to follow what this and other instances commit, for the reader of the outbox. See [`News`].
    pub fn news(&self) -> News {
        News::follow(&self.settings, &self.shared)
    }

    /// Wakes the reader of the outbox, because the row of a lease showed that there may be events.
    pub fn look_for_events(&self) {
        self.shared.elsewhere.wake_all();
    }

    /// Writing jobs of requests since start. While the number stands still, this instance is idle.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Whether other instances may work on the same database.
    pub fn is_shared(&self) -> bool {
        self.settings.shared
    }

    /// The same database with its own connections, so that a leader can renew its lease while many requests wait. Without
    /// other instances there is nothing to renew in time, and the connections are shared.
    pub fn with_own_connections(&self) -> Result<Db> {
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

    /// Threads that read.
    pub fn readers(&self) -> usize {
        self.settings.readers
    }

    /// Jobs waiting for the writer now.
    pub fn waiting(&self) -> usize {
        self.writes.len()
    }

    /// The clock behind `tx.now()`.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.settings.clock)
    }

    /// What the database's own check finds wrong with its pages, and what it cannot check. On PostgreSQL it installs the extension
    /// that checks, if the user may do that. The thorough check of a SQLite file compares every index with its table, too.
    pub async fn integrity(&self, thorough: bool) -> Result<crate::Integrity> {
        crate::integrity::look(self, thorough).await
    }

    /// Prepares every statement. The error contains the first one that cannot be prepared.
    pub async fn prepare_all(&self, statements: Vec<&'static str>) -> Result<()> {
        self.write("store.prepare", move |tx| {
            for sql in &statements {
                tx.conn.prepare(sql).map_err(|e| Code::Internal.error().caused_by(format!("{e:?} in: {sql}")))?;
            }
            Ok(())
        })
        .await
    }

    fn count_request(&self) {
        if self.lease.is_none() {
            self.shared.requests.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn submit(
        &self,
        queue: &Requests,
        name: &'static str,
        single: bool,
        lease: Option<Lease>,
        work: Work,
    ) -> Result<oneshot::Receiver<Result<Value>>> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(stopped());
        }
        let (reply_to, reply) = oneshot::channel();
        let job = Job { name, single, lease, work, result: None, reply_to };
        match queue.put(Request::Run(job)) {
            Ok(()) => Ok(reply),
            Err(Refused::Ended) => Err(stopped()),
            Err(Refused::Full) => Err(Code::Unavailable.because("too many requests are waiting").retry_after(1)),
        }
    }
}

/// The threads of a file: its one writer, and the copier of its log.
fn writer_of_file(
    path: &Path,
    settings: &Settings,
    shared: &Arc<Shared>,
    random: Random,
    requests: Taker,
) -> Result<Vec<JoinHandle<()>>> {
    let synchronous = match settings.durability {
        Durability::Full => "full",
        Durability::ProcessOnly => "off",
    };
    file::must_have_its_own_log(path)?;
    sqlite::private_file(path)?;
    let lock = if settings.alone { Some(file::lock(path)?) } else { None };
    let mut conn = sqlite::open_writer(path, synchronous)?;
    let place = Place::of(path, lock);
    let (log, nudges) = Log::new(conn.page_bytes()?);
    conn.when_committed(Arc::clone(&log))?;
    let (path, weak) = (path.to_owned(), Arc::downgrade(&log));
    let copier = spawn("log-copier".to_owned(), move || wal::copier(&path, &weak, &nudges))?;
    let (shared, clock) = (Arc::clone(shared), Arc::clone(&settings.clock));
    let writer = Writer { conn, log, shared, clock, random, stopping: false, counted: 0, place };
    Ok(vec![copier, spawn("writer".to_owned(), move || writer.run(&requests))?])
}

/// The writing threads of a server. One connection is tried before this returns, so that a wrong address is reported at once.
fn writers_of_server(
    settings: &Settings,
    shared: &Arc<Shared>,
    random: &mut Random,
    requests: &Requests,
) -> Result<Vec<JoinHandle<()>>> {
    // on another thread, because a driver must not block async code
    let opened = thread::scope(|scope| scope.spawn(|| open::writer(&settings.url, &settings.limits())).join());
    let opened = opened.unwrap_or_else(|_| Err(Code::Internal.error().caused_by("the driver panicked")))?;
    let opened = Arc::new(Mutex::new(Some(opened)));
    let workers = (0..settings.writers).map(|n| {
        let worker = Worker {
            url: settings.url.clone(),
            limits: settings.limits(),
            shared: Arc::clone(shared),
            clock: Arc::clone(&settings.clock),
            random: random.split(),
            opened: Arc::clone(&opened),
        };
        let requests = requests.taker();
        spawn(format!("writer-{n}"), move || worker.run(&requests))
    });
    workers.collect()
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(body).map_err(|e| Code::Internal.error().caused_by(e))
}
