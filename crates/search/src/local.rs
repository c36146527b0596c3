//! The index in the process: texts in Tantivy, on the local disk or in memory; what is filtered, counted and sorted by in memory.
//!
//! Price, stock and units sold change with every order, and Tantivy would have to write a product anew for each. So they are not in
//! it: an order costs a search nothing, and is seen at once.

mod answers;
#[cfg(test)]
mod doubt;
mod facets;
mod folder;
mod generation;
mod kinds;
mod picking;
mod rank;
mod scores;
mod shelf;
mod texts;

use crate::document::Document;
use crate::language::synonyms::Synonyms;
use crate::port::{Generation as Which, SearchIndex, Size, Units};
use crate::query::{Found, Query, Suggestions};
use async_trait::async_trait;
use folder::Folder;
use generation::Generation;
use kernel::{Code, ProductId, Result};
use parking_lot::{Mutex, RwLock};
use std::{collections::HashMap, path::Path, sync::Arc, thread};
use texts::Commit;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The index in the process.
#[derive(Clone)]
pub struct Local(Arc<Inner>);

struct Inner {
    /// `None`: in memory.
    folder: Option<Folder>,
    serving: RwLock<Arc<Generation>>,
    next: Mutex<Option<Arc<Generation>>>,
    synonyms: RwLock<Arc<Synonyms>>,
    /// As many searches work at once as there are cores: more of them would end no sooner, and each takes memory.
    turns: Semaphore,
}

impl Local {
    /// An empty index in memory.
    pub fn in_memory(synonyms: Arc<Synonyms>) -> Result<Local> {
        let serving = Generation::in_memory(&synonyms)?;
        Ok(Local::of(None, serving, synonyms))
    }

    /// The index in this folder, or an empty one when there is none or it is damaged; and whether it was damaged.
    pub fn open(folder: &Path, synonyms: Arc<Synonyms>) -> Result<(Local, bool)> {
        let folder = Folder::open(folder)?;
        let (serving, damaged) = match folder.current().map(|path| Generation::open(&path, &synonyms)) {
            Some(Ok(found)) => (found, false),
            Some(Err(error)) => {
                tracing::warn!(?error, "the search index is damaged; it is built anew");
                (Generation::create(&folder.begin()?, &synonyms)?, true)
            }
            None => (Generation::create(&folder.begin()?, &synonyms)?, false),
        };
        if let Some(path) = serving.path() {
            folder.serve(path)?;
        }
        Ok((Local::of(Some(folder), serving, synonyms), damaged))
    }

    fn of(folder: Option<Folder>, serving: Generation, synonyms: Arc<Synonyms>) -> Local {
        let (serving, synonyms) = (RwLock::new(Arc::new(serving)), RwLock::new(synonyms));
        let turns = Semaphore::new(thread::available_parallelism().map_or(1, usize::from));
        Local(Arc::new(Inner { folder, serving, next: Mutex::default(), synonyms, turns }))
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        self.0.turns.acquire().await.map_err(|e| Code::SearchFailed.error().caused_by(e))
    }

    fn generation(&self, which: Which) -> Result<Arc<Generation>> {
        match which {
            Which::Serving => Ok(Arc::clone(&self.0.serving.read())),
            Which::Next => {
                let next = self.0.next.lock().clone();
                next.ok_or_else(|| Code::Internal.error().caused_by("no search index was begun"))
            }
        }
    }
}

/// No search reads the index that is built beside the one that serves, so it needs no commit before it is complete.
fn commit(which: Which) -> Commit {
    match which {
        Which::Serving => Commit::Now,
        Which::Next => Commit::AtTheEnd,
    }
}

/// Work that keeps a core busy or waits for the disk, away from the threads that serve requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Code::SearchFailed.error().caused_by(e))?
}

#[async_trait]
impl SearchIndex for Local {
    async fn put(&self, to: Which, documents: Vec<Document>) -> Result<usize> {
        let generation = self.generation(to)?;
        aside(move || generation.put(&documents, commit(to))).await
    }

    async fn set_units(&self, units: Vec<Units>) -> Result<()> {
        for which in [Some(self.generation(Which::Serving)?), self.0.next.lock().clone()].into_iter().flatten() {
            which.set_units(&units);
        }
        Ok(())
    }

    async fn set_sold(&self, sold: Arc<HashMap<ProductId, i64>>) -> Result<()> {
        let generations = [Some(self.generation(Which::Serving)?), self.0.next.lock().clone()];
        aside(move || {
            generations.into_iter().flatten().for_each(|one| one.set_sold(&sold));
            Ok(())
        })
        .await
    }

    async fn remove(&self, from: Which, products: Vec<ProductId>) -> Result<()> {
        let generation = self.generation(from)?;
        aside(move || generation.remove(&products, commit(from))).await
    }

    async fn products(&self, of: Which) -> Result<Vec<ProductId>> {
        self.generation(of)?.products()
    }

    async fn search(&self, query: Query) -> Result<Found> {
        let generation = self.generation(Which::Serving)?;
        if let Some(found) = generation.found_before(&query) {
            return Ok(found);
        }
        let _turn = self.turn().await?;
        // somebody before may have asked the same
        if let Some(found) = generation.found_before(&query) {
            return Ok(found);
        }
        let epoch = generation.epoch();
        let synonyms = Arc::clone(&self.0.synonyms.read());
        aside(move || generation.search(query, epoch, &synonyms)).await
    }

    async fn suggest(&self, text: String, most: usize) -> Result<Suggestions> {
        let (generation, asked) = (self.generation(Which::Serving)?, (text, most));
        if let Some(suggested) = generation.suggested_before(&asked) {
            return Ok(suggested);
        }
        let _turn = self.turn().await?;
        if let Some(suggested) = generation.suggested_before(&asked) {
            return Ok(suggested);
        }
        let epoch = generation.epoch();
        let synonyms = Arc::clone(&self.0.synonyms.read());
        aside(move || generation.suggest(asked, epoch, &synonyms)).await
    }

    async fn set_synonyms(&self, synonyms: Arc<Synonyms>) -> Result<()> {
        *self.0.synonyms.write() = Arc::clone(&synonyms);
        let generations = [Some(self.generation(Which::Serving)?), self.0.next.lock().clone()];
        aside(move || {
            generations.into_iter().flatten().for_each(|one| one.set_synonyms(&synonyms));
            Ok(())
        })
        .await
    }

    async fn begin(&self) -> Result<()> {
        let this = self.clone();
        aside(move || {
            let synonyms = Arc::clone(&this.0.synonyms.read());
            *this.0.next.lock() = None;
            let next = match &this.0.folder {
                Some(folder) => Generation::create(&folder.begin()?, &synonyms)?,
                None => Generation::in_memory(&synonyms)?,
            };
            *this.0.next.lock() = Some(Arc::new(next));
            Ok(())
        })
        .await
    }

    async fn swap(&self) -> Result<()> {
        let this = self.clone();
        aside(move || {
            let next = this.generation(Which::Next)?;
            next.finish()?;
            if let (Some(folder), Some(path)) = (&this.0.folder, next.path()) {
                folder.serve(path)?;
            }
            *this.0.serving.write() = next;
            *this.0.next.lock() = None;
            Ok(())
        })
        .await
    }

    async fn is_whole(&self) -> Result<bool> {
        let generation = self.generation(Which::Serving)?;
        aside(move || generation.is_whole()).await
    }

    fn size(&self) -> Size {
        self.0.serving.read().size()
    }
}
