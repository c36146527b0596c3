//! Keeps the index of this instance: fills it at the start, follows the stream of events, compares it with the database on a schedule,
//! and builds it anew beside searches and sales.
//!
//! All of it reads the database and puts products in one after the other, under one lock, so that an older state never replaces a newer
//! one.

use crate::language::synonyms::{BUILT_IN, Synonyms};
use crate::local::Local;
use crate::port::{Generation, SearchIndex, Size};
use crate::rebuilds::{Progress, REPORTED_EVERY, SearchRebuild};
use crate::settings::Settings;
use crate::{source, store};
use ::store::Tx;
use kernel::{Code, Error, ProductId, Result, Timestamp};
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use utoipa::ToSchema;
use web::App;

/// Instances on one machine that share the setting of the folder.
const FOLDERS_MAX: u32 = 16;

/// Reads whose products are put in together while nothing is answered yet. Afterwards it is one, because what events say waits as long.
const READS_AT_START: usize = 10;
/// What was sold is read again at most so often.
const SOLD_EVERY: Duration = Duration::from_secs(600);

/// The index of this instance.
#[derive(Default)]
pub struct Keeper {
    index: RwLock<Option<Arc<dyn SearchIndex>>>,
    /// Whether every product is in it.
    complete: AtomicBool,
    /// Whether it is to be built anew.
    rebuild: AtomicBool,
    /// When an administrator last asked every instance for a rebuild, as far as this one knows; 0 for never.
    asked_at: AtomicI64,
    /// Whether it is to be compared with the database before its time.
    check: AtomicBool,
    /// Whether something was sold since that was read.
    sold: AtomicBool,
    work: tokio::sync::Mutex<Work>,
    report: Mutex<Report>,
}

/// What is being done to the index.
#[derive(Default)]
struct Work {
    stage: Stage,
    /// Held as long as the folder is ours.
    folder: Option<File>,
    /// The file of synonyms as it was read last.
    synonyms: Option<SystemTime>,
    /// What this instance is called beside others.
    name: String,
    /// When the others last learned how far a rebuild is.
    reported_at: Option<Timestamp>,
    /// When it was last read what was sold.
    sold_at: Option<Timestamp>,
}

#[derive(Default)]
enum Stage {
    #[default]
    Closed,
    Filling(Filling),
    Idle,
}

/// Every product is being read.
struct Filling {
    to: Generation,
    why: Why,
    after: ProductId,
    seen: HashSet<ProductId>,
    sold: Arc<HashMap<ProductId, i64>>,
    written: usize,
}

/// Why every product is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = SearchIndexWork)]
pub enum Why {
    Start,
    Check,
    Rebuild,
}

/// What was done last.
#[derive(Debug, Clone, Copy, Default)]
struct Report {
    running: Option<(Why, usize)>,
    /// When every product was read last, and how many texts differed then.
    compared: Option<(Timestamp, usize)>,
    rebuilt: Option<Timestamp>,
    failing: bool,
}

/// How the index of the instance that answers stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchIndexStatus {
    /// Whether every product is in it, so that searches are answered.
    pub ready: bool,
    pub products: usize,
    /// Different words of names, brands, categories and options, and of the synonyms.
    pub words: usize,
    /// Size of its files.
    pub bytes: u64,
    /// Why all products are being read now; `null` when they are not.
    pub running: Option<Why>,
    /// How many products have been read by that.
    pub done: usize,
    /// When every product was last compared with the database.
    pub compared_at: Option<Timestamp>,
    /// How many texts were missing or differed then.
    pub differences: Option<usize>,
    /// When it was built anew last, since the instance started.
    pub rebuilt_at: Option<Timestamp>,
    /// Whether changes cannot be written at the moment, such as to a full disk. Searches find what was there before.
    pub failing: bool,
    /// When every instance was last asked for a rebuild, as far as this one knows since its start.
    pub rebuild_asked_at: Option<Timestamp>,
    /// Every instance that takes part in the rebuild that was asked for last, and has begun.
    pub rebuilds: Vec<SearchRebuild>,
}

/// What events say has changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub products: BTreeSet<ProductId>,
    pub stock: BTreeSet<ProductId>,
    /// Something was sold.
    pub sold: bool,
    /// The names above products may have changed.
    pub categories: bool,
    /// An administrator asked every instance for a rebuild.
    pub asked_at: Option<Timestamp>,
}

impl Keeper {
    /// The index of this instance, when it is complete; S1003 until then. An index in memory is filled by the first search.
    pub async fn ready(&self, app: &App) -> Result<Arc<dyn SearchIndex>> {
        if !self.complete.load(Relaxed) && app.settings::<Settings>().folder.is_empty() {
            while !self.complete.load(Relaxed) {
                self.step(app).await?;
            }
        }
        let index = self.index.read().clone().filter(|_| self.complete.load(Relaxed));
        index.ok_or_else(|| Code::SearchIndexNotFound.error().retry_after(1))
    }

    /// Lets the task build the index anew, once for each time that it was asked for.
    pub fn rebuild(&self, asked_at: Timestamp) {
        if self.asked_at.fetch_max(asked_at.as_millis(), Relaxed) < asked_at.as_millis() {
            self.rebuild.store(true, Relaxed);
        }
    }

    /// Whether all products are being read beside searches, so that there is time.
    pub(crate) fn has_time(&self) -> bool {
        self.complete.load(Relaxed) && self.report.lock().running.is_some()
    }

    /// Whether there is an index, complete or not.
    pub(crate) fn is_open(&self) -> bool {
        self.index.read().is_some()
    }

    /// What the index of this instance holds, and what the keeper does with it now.
    pub fn status(&self) -> SearchIndexStatus {
        let size = self.index.read().as_ref().map_or_else(Size::default, |index| index.size());
        let report = *self.report.lock();
        let waiting = self.rebuild.load(Relaxed).then_some(Why::Rebuild);
        SearchIndexStatus {
            ready: self.complete.load(Relaxed),
            products: size.products,
            words: size.words,
            bytes: size.bytes,
            running: report.running.map(|(why, _)| why).or(waiting),
            done: report.running.map_or(0, |(_, done)| done),
            compared_at: report.compared.map(|(at, _)| at),
            differences: report.compared.map(|(_, differences)| differences),
            rebuilt_at: report.rebuilt,
            failing: report.failing,
            rebuild_asked_at: Some(self.asked_at.load(Relaxed)).filter(|at| *at > 0).map(Timestamp::from_millis),
            rebuilds: Vec::new(),
        }
    }

    /// A bounded piece of what is to be done. Gives whether there was something.
    pub async fn step(&self, app: &App) -> Result<bool> {
        let mut work = self.work.lock().await;
        let done = self.next(app, &mut work).await;
        if done.is_err() {
            // what was read so far may be missing in the index: all of it is read again
            let was = self.report.lock().running.take();
            if !matches!(work.stage, Stage::Closed) {
                work.stage = Stage::Idle;
                match was {
                    Some((Why::Rebuild, _)) => self.rebuild.store(true, Relaxed),
                    Some((Why::Start | Why::Check, _)) | None => self.check.store(true, Relaxed),
                }
            }
        }
        done
    }

    async fn next(&self, app: &App, work: &mut Work) -> Result<bool> {
        match &mut work.stage {
            Stage::Closed => {
                self.open(app, work).await?;
                self.fill(app, work, Generation::Serving, Why::Start).await?;
                Ok(true)
            }
            Stage::Filling(filling) => {
                let over = self.fill_on(app, filling).await?;
                if over {
                    self.filled(app, filling).await?;
                }
                let (why, done) = (filling.why, filling.seen.len());
                if over {
                    work.stage = Stage::Idle;
                }
                if why == Why::Rebuild {
                    self.report_progress(app, work, done, over).await;
                }
                Ok(true)
            }
            Stage::Idle => self.idle(app, work).await,
        }
    }

    async fn idle(&self, app: &App, work: &mut Work) -> Result<bool> {
        let index = self.index()?;
        if let Some(synonyms) = changed_synonyms(app, work) {
            index.set_synonyms(Arc::new(synonyms)).await?;
        }
        let checked = self.report.lock().compared.map(|(at, _)| at);
        let due = checked.is_none_or(|at| app.now().since(at) >= app.settings::<Settings>().check_every);
        if due && !index.is_whole().await? {
            tracing::error!("the search index on disk is damaged; it is built anew");
            self.rebuild.store(true, Relaxed);
        }
        let (to, why) = if self.rebuild.swap(false, Relaxed) {
            self.report.lock().running = Some((Why::Rebuild, 0));
            index.begin().await?;
            (Generation::Next, Why::Rebuild)
        } else if self.check.swap(false, Relaxed) || due {
            (Generation::Serving, Why::Check)
        } else {
            return self.read_sold(app, work).await;
        };
        self.fill(app, work, to, why).await?;
        if why == Why::Rebuild {
            work.reported_at = None;
            self.report_progress(app, work, 0, false).await;
        }
        Ok(true)
    }

    /// Reads again what was sold, when something was and it is time.
    async fn read_sold(&self, app: &App, work: &mut Work) -> Result<bool> {
        let due = work.sold_at.is_none_or(|at| app.now().since(at) >= SOLD_EVERY);
        if !due || !self.sold.swap(false, Relaxed) {
            return Ok(false);
        }
        let sold = self.sold_lately(app, work).await?;
        self.index()?.set_sold(sold).await?;
        Ok(true)
    }

    async fn sold_lately(&self, app: &App, work: &mut Work) -> Result<Arc<HashMap<ProductId, i64>>> {
        work.sold_at = Some(app.now());
        let zone = app.shop.zone.clone();
        Ok(Arc::new(app.db.read("search.sold", move |tx| source::sold(tx, &zone)).await?))
    }

    /// Stores how far a rebuild is that an administrator asked for, so that every instance can show it. Failing at that delays nothing.
    async fn report_progress(&self, app: &App, work: &mut Work, done: usize, over: bool) {
        let (asked_at, now) = (self.asked_at.load(Relaxed), app.now());
        let lately = work.reported_at.is_some_and(|at| now.since(at) < REPORTED_EVERY);
        if asked_at == 0 || (lately && !over) {
            return;
        }
        work.reported_at = Some(now);
        let products = self.index.read().as_ref().map_or(0, |index| index.size().products);
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let progress = Progress {
            instance: work.name.clone(),
            asked_at: Timestamp::from_millis(asked_at),
            done: count(done),
            products: count(products),
            finished_at: over.then_some(now),
        };
        let stored = app.db.write("search.rebuild-progress", move |tx| store::report_progress(tx, &progress)).await;
        if let Err(error) = stored {
            tracing::warn!(?error, "how far a rebuild of the search index is could not be stored");
        }
    }

    fn index(&self) -> Result<Arc<dyn SearchIndex>> {
        self.index.read().clone().ok_or_else(|| Code::SearchIndexNotFound.error().retry_after(1))
    }

    async fn open(&self, app: &App, work: &mut Work) -> Result<()> {
        let settings = app.settings::<Settings>();
        let synonyms = Arc::new(changed_synonyms(app, work).unwrap_or_else(Synonyms::built_in));
        let index = match settings.folder.as_str() {
            "" => Local::in_memory(synonyms)?,
            folder => {
                let (path, lock) = own_folder(Path::new(folder))?;
                let opened = tokio::task::spawn_blocking(move || Local::open(&path, synonyms)).await;
                let (index, _) = opened.map_err(|e| Code::SearchFailed.error().caused_by(e))??;
                work.folder = Some(lock);
                index
            }
        };
        // as the holder of the lease is called
        let name = |tx: &mut Tx<'_>| Ok(format!("{}-{:016x}", std::process::id(), tx.random().bits()));
        work.name = app.db.read("search.name", name).await?;
        *self.index.write() = Some(Arc::new(index));
        Ok(())
    }

    /// Begins to read every product.
    async fn fill(&self, app: &App, work: &mut Work, to: Generation, why: Why) -> Result<()> {
        self.report.lock().running = Some((why, 0));
        let sold = self.sold_lately(app, work).await?;
        let (after, seen) = (ProductId::new(0), HashSet::new());
        work.stage = Stage::Filling(Filling { to, why, after, seen, sold, written: 0 });
        Ok(())
    }

    /// Reads the next products. Gives whether they were the last.
    async fn fill_on(&self, app: &App, filling: &mut Filling) -> Result<bool> {
        let (mut all, mut more) = (Vec::new(), true);
        let reads = if filling.why == Why::Start { READS_AT_START } else { 1 };
        for _ in 0..reads {
            let (after, sold) = (filling.after, Arc::clone(&filling.sold));
            let read = app.db.read("search.read", move |tx| source::after(tx, after, &sold)).await?;
            filling.after = read.last;
            filling.seen.extend(read.documents.iter().map(|document| document.id));
            all.extend(read.documents);
            if !read.more {
                more = false;
                break;
            }
        }
        filling.written += self.index()?.put(filling.to, all).await?;
        self.report.lock().running = Some((filling.why, filling.seen.len()));
        Ok(!more)
    }

    async fn filled(&self, app: &App, filling: &Filling) -> Result<()> {
        let index = self.index()?;
        let mut gone = index.products(filling.to).await?;
        gone.retain(|id| !filling.seen.contains(id));
        let differences = filling.written + gone.len();
        if !gone.is_empty() {
            index.remove(filling.to, gone).await?;
        }
        if filling.to == Generation::Next {
            index.swap().await?;
        }
        let now = app.now();
        let mut report = self.report.lock();
        report.running = None;
        report.compared = Some((now, if filling.why == Why::Check { differences } else { 0 }));
        if filling.why == Why::Rebuild {
            report.rebuilt = Some(now);
        }
        if filling.why == Why::Check && differences > 0 {
            tracing::info!(differences, "the search index differed from the database");
        }
        self.complete.store(true, Relaxed);
        Ok(())
    }

    /// Follows what events say. Before the index is open there is nothing to do: filling it reads the present. Gives whether something
    /// was read for it.
    pub(crate) async fn follow(&self, app: &App, changes: Changes) -> Result<bool> {
        if self.index.read().is_none() {
            return Ok(false);
        }
        if let Some(asked_at) = changes.asked_at {
            self.rebuild(asked_at);
        }
        self.sold.fetch_or(changes.sold, Relaxed);
        let mut work = self.work.lock().await;
        let filling = match &mut work.stage {
            Stage::Filling(filling) => Some(filling),
            Stage::Closed | Stage::Idle => None,
        };
        let reads = !changes.stock.is_empty() || !changes.products.is_empty();
        let followed = self.take_over(app, changes, filling).await;
        self.report.lock().failing = followed.is_err();
        followed.map(|()| reads)
    }

    async fn take_over(&self, app: &App, changes: Changes, filling: Option<&mut Filling>) -> Result<()> {
        let index = self.index()?;
        if changes.categories {
            self.check.store(true, Relaxed);
        }
        let products: Vec<ProductId> = changes.products.iter().copied().collect();
        let stock: Vec<ProductId> = changes.stock.difference(&changes.products).copied().collect();
        for some in stock.chunks(source::AT_ONCE) {
            let some = some.to_vec();
            index.set_units(app.db.read("search.units", move |tx| source::units(tx, &some)).await?).await?;
        }
        if !products.is_empty() {
            let mut documents = Vec::new();
            for some in products.chunks(source::AT_ONCE) {
                let some = some.to_vec();
                documents.extend(app.db.read("search.changed", move |tx| source::documents(tx, &some)).await?);
            }
            let on_sale: HashSet<ProductId> = documents.iter().map(|document| document.id).collect();
            let gone: Vec<ProductId> = products.into_iter().filter(|id| !on_sale.contains(id)).collect();
            let next = filling.as_ref().map(|filling| filling.to).filter(|to| *to == Generation::Next);
            for generation in [Some(Generation::Serving), next].into_iter().flatten() {
                index.put(generation, documents.clone()).await?;
                index.remove(generation, gone.clone()).await?;
            }
            // one that comes back on sale behind the place of the reading is there, too
            if let Some(filling) = filling {
                filling.seen.extend(on_sale);
            }
        }
        Ok(())
    }
}

/// The list of synonyms, when it is another one than before. A file that cannot be read changes nothing.
fn changed_synonyms(app: &App, work: &mut Work) -> Option<Synonyms> {
    let path = PathBuf::from(&app.settings::<Settings>().synonyms);
    if path.as_os_str().is_empty() {
        return None;
    }
    let changed = path.metadata().and_then(|file| file.modified()).ok();
    if changed == work.synonyms {
        return None;
    }
    work.synonyms = changed;
    match read_synonyms(&path) {
        Ok(synonyms) => Some(synonyms),
        Err(error) => {
            tracing::warn!(?error, "search.synonyms cannot be read; the list before it stays");
            None
        }
    }
}

/// C002, with the line, for a file that is no list of synonyms or cannot be read.
pub fn check_synonyms(path: &Path) -> Result<()> {
    read_synonyms(path).map(drop)
}

fn read_synonyms(path: &Path) -> Result<Synonyms> {
    let failed = |why: String| -> Error { Code::InvalidInput.error().caused_by(format!("{}: {why}", path.display())) };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    Synonyms::parse(&text).map_err(|wrong| failed(format!("line {}: {}", wrong.line, wrong.why)))
}

/// The list of synonyms that the program brings, to begin an own one with.
pub fn built_in_synonyms() -> &'static str {
    BUILT_IN
}

/// The folder of this instance: the one of the settings, or one beside it while another instance on this machine has that. The file is
/// locked as long as it is open.
fn own_folder(wanted: &Path) -> Result<(PathBuf, File)> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| -> Error {
        Code::SearchFailed.error().caused_by(format!("{}: {error}", path.display()))
    };
    for n in 1..=FOLDERS_MAX {
        let mut name = wanted.as_os_str().to_owned();
        if n > 1 {
            name.push(format!("-{n}"));
        }
        let path = PathBuf::from(name);
        std::fs::create_dir_all(&path).map_err(|e| failed(&path, &e))?;
        let lock = path.join("lock");
        let file = File::create(&lock).map_err(|e| failed(&lock, &e))?;
        match file.try_lock() {
            Ok(()) => return Ok((path, file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(&lock, &error)),
        }
    }
    Err(failed(wanted, &"other instances on this machine have this folder and those beside it"))
}
