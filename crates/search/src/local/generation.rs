//! One index: its texts, its rows and its words.

use super::answers::Answers;
use super::picking::{Fitting, Picking};
use super::scores::Scores;
use super::shelf::{Prepared, Shelf};
use super::texts::{Commit, FORMAT, Put, Texts};
use crate::document::{Document, Field, Words};
use crate::language::synonyms::Synonyms;
use crate::language::{keys, words};
use crate::lexicon::Lexicon;
use crate::port::{Size, Units};
use crate::query::{Found, Marks, Query, Suggestions};
use crate::reading::{Alternative, Part, Reader, Reading};
use kernel::{CategoryId, ProductId, Result};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

/// Products that are put on the shelf at once: searches wait for less than a millisecond.
const SHELVED_AT_ONCE: usize = 200;

pub(super) struct Generation {
    texts: Texts,
    shelf: RwLock<Shelf>,
    lexicon: RwLock<Arc<Lexicon>>,
    /// What the texts on disk were when they were opened, until a product is put in.
    stored: RwLock<HashMap<u64, u64>>,
    answers: Answers,
    /// What searches need while they work, for each that works at the same time.
    scores: Mutex<Vec<Scores>>,
}

impl Generation {
    pub fn in_memory(synonyms: &Synonyms) -> Result<Generation> {
        Generation::of(Texts::in_memory()?, synonyms)
    }

    pub fn create(path: &Path, synonyms: &Synonyms) -> Result<Generation> {
        Generation::of(Texts::create(path)?, synonyms)
    }

    /// What is on disk. It finds nothing until its products are put in: only texts that have changed are then written.
    pub fn open(path: &Path, synonyms: &Synonyms) -> Result<Generation> {
        Generation::of(Texts::open(path)?, synonyms)
    }

    pub fn of(texts: Texts, synonyms: &Synonyms) -> Result<Generation> {
        let stored = RwLock::new(texts.digests()?);
        let shelf = Shelf::default();
        let lexicon = RwLock::new(Arc::new(Lexicon::of(&shelf.counts, synonyms)));
        let (answers, scores) = (Answers::default(), Mutex::default());
        Ok(Generation { texts, shelf: RwLock::new(shelf), lexicon, stored, answers, scores })
    }

    pub fn path(&self) -> Option<&Path> {
        self.texts.path()
    }

    pub fn put(&self, documents: &[Document], commit: Commit) -> Result<usize> {
        let looked: Vec<Looked<'_>> = self.look(documents);
        let missing = looked.iter().filter(|one| !one.on_disk);
        let written: Vec<Put<'_>> = missing
            .filter_map(|one| {
                let Looked { document, digest, replaces, .. } = *one;
                Some(Put { document, words: one.words.as_ref()?, digest, replaces })
            })
            .collect();
        // a full disk stops here: rows and texts stay as they were
        self.texts.write(&written, &[], commit)?;
        let prepared = looked.iter().map(|one| Prepared::of(one.document, one.digest, one.words.as_ref()));
        let (mut prepared, mut new) = (prepared.collect::<Vec<_>>().into_iter(), Vec::new());
        while !prepared.as_slice().is_empty() {
            let mut shelf = self.shelf.write();
            prepared.by_ref().take(SHELVED_AT_ONCE).for_each(|one| shelf.put(one, &mut new));
        }
        self.forget_stored(documents.iter().map(|document| document.id));
        if !new.is_empty() {
            let lexicon = self.lexicon.read().with(new);
            *self.lexicon.write() = Arc::new(lexicon);
        }
        self.answers.forget();
        Ok(written.len())
    }

    /// Which texts are new. All that costs time is done before anything is locked.
    fn look<'d>(&self, documents: &'d [Document]) -> Vec<Looked<'d>> {
        let digests: Vec<u64> = documents.iter().map(|document| document.digest() ^ FORMAT).collect();
        let mut looked: Vec<Looked<'d>> = {
            let (shelf, stored) = (self.shelf.read(), self.stored.read());
            let look = |(document, digest): (&'d Document, u64)| {
                let (row, stored) = (shelf.row(document.id), stored.get(&document.id.raw().unsigned_abs()));
                let before = row.map(|row| row.digest).or(stored.copied());
                let on_disk = before == Some(digest);
                let (on_shelf, replaces) = (on_disk && row.is_some(), before.is_some());
                Looked { document, digest, words: None, on_shelf, on_disk, replaces }
            };
            documents.iter().zip(digests).map(look).collect()
        };
        for one in looked.iter_mut().filter(|one| !one.on_shelf) {
            one.words = Some(one.document.words());
        }
        looked
    }

    fn forget_stored(&self, products: impl Iterator<Item = ProductId>) {
        let mut stored = self.stored.write();
        products.for_each(|id| {
            stored.remove(&id.raw().unsigned_abs());
        });
        if stored.is_empty() {
            *stored = HashMap::new();
        }
    }

    /// What was put in without a commit is found from now on; an error when a part of it was lost.
    pub fn finish(&self) -> Result<()> {
        self.texts.finish()
    }

    pub fn set_synonyms(&self, synonyms: &Synonyms) {
        let lexicon = Lexicon::of(&self.shelf.read().counts, synonyms);
        *self.lexicon.write() = Arc::new(lexicon);
        self.answers.forget();
    }

    pub fn set_units(&self, units: &[Units]) {
        let (shelf, mut changes) = (self.shelf.read(), false);
        for units in units {
            changes |= shelf.set_units(units);
        }
        if changes {
            self.answers.forget();
        }
    }

    pub fn set_sold(&self, sold: &HashMap<ProductId, i64>) {
        self.shelf.write().set_sold(sold);
        self.answers.forget();
    }

    pub fn remove(&self, products: &[ProductId], commit: Commit) -> Result<()> {
        let ids: Vec<u64> = products.iter().map(|id| id.raw().unsigned_abs()).collect();
        self.texts.write(&[], &ids, commit)?;
        {
            let mut shelf = self.shelf.write();
            products.iter().for_each(|id| shelf.remove(*id));
        }
        self.forget_stored(products.iter().copied());
        self.answers.forget();
        Ok(())
    }

    /// What is in memory or on disk.
    pub fn products(&self) -> Result<Vec<ProductId>> {
        let shelf = self.shelf.read();
        let stored = self.texts.digests()?.into_keys().map(|id| ProductId::new(i64::try_from(id).unwrap_or(i64::MAX)));
        let all: HashSet<ProductId> = stored.chain(shelf.rows().map(|row| row.id)).collect();
        Ok(all.into_iter().collect())
    }

    pub fn is_whole(&self) -> Result<bool> {
        self.texts.is_whole()
    }

    pub fn size(&self) -> Size {
        let products = self.shelf.read().len();
        Size { products, words: self.lexicon.read().size(), bytes: self.texts.bytes() }
    }

    fn read(&self, text: &str, synonyms: &Synonyms, products: usize, lenient: bool) -> Reading {
        let lexicon = Arc::clone(&self.lexicon.read());
        let products = u32::try_from(products).unwrap_or(u32::MAX);
        Reader { lexicon: &lexicon, synonyms, products, lenient }.read(text)
    }

    /// An answer that was given before and is still true, with the stock of now.
    pub fn found_before(&self, query: &Query) -> Option<Found> {
        let mut found = Found::clone(&*self.answers.found(query)?);
        let shelf = self.shelf.read();
        for hit in &mut found.hits {
            hit.stock = shelf.item(hit.id.raw()).map_or(hit.stock, |item| item.front.stock());
        }
        Some(found)
    }

    /// Names the state that an answer is made from; to be asked before the synonyms are read.
    pub fn epoch(&self) -> u64 {
        self.answers.epoch()
    }

    pub fn search(&self, query: Query, epoch: u64, synonyms: &Synonyms) -> Result<Found> {
        let shelf = self.shelf.read();
        let fitting = Fitting::of(&shelf, &self.texts);
        let (mut scores, mut picking) = (self.scores.lock().pop().unwrap_or_default(), Picking::of(&shelf, &query));
        let mut reading = self.read(&query.keyword, synonyms, shelf.len(), false);
        let mut has_every_word = fitting.pick(&reading, &query.keyword, &mut scores, &mut picking)?;
        if !picking.some && !reading.parts.is_empty() {
            reading = self.read(&query.keyword, synonyms, shelf.len(), true);
            has_every_word = fitting.pick(&reading, &query.keyword, &mut scores, &mut picking)?;
        }
        self.scores.lock().push(scores);
        let mut found = picking.found();
        found.has_every_word = has_every_word;
        found.understood = (reading.corrected && found.total > 0).then(|| keys::as_typed(&reading.shown()));
        found.marks = Arc::new(marks(&reading));
        let found = Arc::new(found);
        self.answers.keep_found(epoch, query, &found);
        Ok(Arc::unwrap_or_clone(found))
    }

    /// Suggestions that were made before and are still true.
    pub fn suggested_before(&self, asked: &(String, usize)) -> Option<Suggestions> {
        self.answers.suggested(asked).map(|suggested| Suggestions::clone(&suggested))
    }

    pub fn suggest(&self, asked: (String, usize), epoch: u64, synonyms: &Synonyms) -> Result<Suggestions> {
        let suggested = Arc::new(self.suggestions(&asked.0, asked.1, synonyms)?);
        self.answers.keep_suggested(epoch, asked, &suggested);
        Ok(Arc::unwrap_or_clone(suggested))
    }

    fn suggestions(&self, text: &str, most: usize, synonyms: &Synonyms) -> Result<Suggestions> {
        let shelf = self.shelf.read();
        let reading = without_descriptions(self.read(text, synonyms, shelf.len(), false));
        if reading.parts.is_empty() {
            return Ok(Suggestions::default());
        }
        let query = Query { most: most * 4, ..Query::default() };
        let (mut scores, mut picking) = (self.scores.lock().pop().unwrap_or_default(), Picking::of(&shelf, &query));
        let has_every_word = Fitting::of(&shelf, &self.texts).pick(&reading, text, &mut scores, &mut picking)?;
        self.scores.lock().push(scores);
        let found = if has_every_word { picking.found() } else { Found::default() };
        let mut products: Vec<(ProductId, String)> = Vec::new();
        for hit in found.hits {
            let Some(row) = shelf.row(hit.id) else { continue };
            if products.len() < most && products.iter().all(|(_, name)| **name != *row.name) {
                products.push((row.id, row.name.to_string()));
            }
        }
        Ok(Suggestions {
            products,
            categories: categories(&shelf, &reading, most),
            keywords: self.completed(text, &reading, most),
        })
    }

    /// What was typed with its last word completed in the commonest ways.
    fn completed(&self, text: &str, reading: &Reading, most: usize) -> Vec<String> {
        let typed = words(text);
        let Some(last) = typed.last() else { return Vec::new() };
        let lexicon = Arc::clone(&self.lexicon.read());
        let before: String =
            text.get(..last.at.start).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let hangul = last.is_hangul();
        let key = keys::keys(&last.folded);
        let mut completed: Vec<&crate::lexicon::Known> = match keys::consonants(&last.folded).filter(|it| it.len() > 1)
        {
            Some(first) => lexicon.with_initials(&first, most),
            None => lexicon.beginning(&key, hangul, most),
        };
        if completed.is_empty() && reading.corrected {
            completed = lexicon.beginning(&keys::keys_as_typed(&last.typed), !hangul, most);
            completed.splice(0..0, lexicon.exact(&key).into_iter().filter(|known| known.is_hangul != hangul));
        }
        let whole = completed.iter().take(most).map(|known| format!("{before} {}", known.word).trim().to_owned());
        whole.collect()
    }
}

/// A product that is to be put in.
struct Looked<'d> {
    document: &'d Document,
    digest: u64,
    /// `None`: its texts are those on the shelf.
    words: Option<Words>,
    /// Whether its texts of now are on the shelf, and in the index.
    on_shelf: bool,
    on_disk: bool,
    /// Whether there are other texts of it.
    replaces: bool,
}

/// The same search without looking into descriptions: what is suggested is what is seen.
fn without_descriptions(mut reading: Reading) -> Reading {
    for entry in reading.parts.iter_mut().flat_map(|part| &mut part.alternatives).flat_map(|one| &mut one.all).flatten()
    {
        entry.fields &= !Field::Description.bit();
    }
    reading
}

/// The categories whose names have every part of the search, those nearest to the top first.
fn categories(shelf: &Shelf, reading: &Reading, most: usize) -> Vec<(CategoryId, String)> {
    let texts = |part: &Part| -> HashSet<String> {
        part.alternatives.iter().flat_map(|one| &one.all).flatten().map(|entry| entry.text.clone()).collect()
    };
    let parts: Vec<(&Part, HashSet<String>)> = reading.parts.iter().map(|part| (part, texts(part))).collect();
    let has = |entries: &HashSet<String>, (part, texts): &(&Part, HashSet<String>)| {
        let fits = |one: &Alternative| one.all.iter().all(|any| any.iter().any(|entry| entries.contains(&entry.text)));
        // a name has few entries and a part many, so most names are decided by their own
        entries.iter().any(|entry| texts.contains(entry)) && part.alternatives.iter().any(fits)
    };
    let fits = |entries: &HashSet<String>| parts.iter().all(|part| has(entries, part));
    let named = shelf.kinds.categories().filter(|(_, category)| fits(&category.entries));
    let mut found: Vec<(usize, i64, u32)> =
        named.map(|(number, category)| (shelf.kinds.path(number).len(), category.id, number)).collect();
    found.sort_unstable();
    found.truncate(most);
    found.into_iter().map(|(_, id, number)| (CategoryId::new(id), shelf.kinds.path(number).join(" > "))).collect()
}

/// What is marked in the texts of what was found.
fn marks(reading: &Reading) -> Marks {
    let mut marks = Marks::default();
    for part in &reading.parts {
        for entry in part.alternatives.iter().flat_map(|one| &one.all).flatten() {
            if entry.text.chars().all(|c| !c.is_control()) {
                marks.stems.push(entry.text.clone());
            }
        }
        marks.parts.extend(words(&part.shown).into_iter().filter(|word| word.is_hangul()).map(|word| word.folded));
    }
    marks.stems.sort_unstable();
    marks.stems.dedup();
    marks
}
