//! One index: its texts, its rows and its words.

use super::facets::Counting;
use super::rank;
use super::shelf::{Prepared, Row, Shelf, Wanted};
use super::texts::{Commit, FORMAT, Put, Texts};
use crate::document::{Document, Field, Words};
use crate::language::synonyms::Synonyms;
use crate::language::{keys, words};
use crate::lexicon::Lexicon;
use crate::port::{Size, Units};
use crate::query::{Found, Hit, Marks, Query, Suggestions};
use crate::reading::{Alternative, Part, Reader, Reading};
use kernel::{CategoryId, ProductId, Result};
use parking_lot::RwLock;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

/// Products found by their sku, beside those found by words.
const BY_SKU_MAX: usize = 20;
/// Shortest text that is looked for among skus.
const SKU_LENGTH: usize = 3;
/// Products that are put on the shelf at once: searches wait for less than a millisecond.
const SHELVED_AT_ONCE: usize = 200;

pub(super) struct Generation {
    texts: Texts,
    shelf: RwLock<Shelf>,
    lexicon: RwLock<Arc<Lexicon>>,
    /// What the texts on disk were when they were opened, until a product is put in.
    stored: RwLock<HashMap<u64, u64>>,
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

    fn of(texts: Texts, synonyms: &Synonyms) -> Result<Generation> {
        let stored = RwLock::new(texts.digests()?);
        let shelf = Shelf::default();
        let lexicon = RwLock::new(Arc::new(Lexicon::of(&shelf.counts, synonyms)));
        Ok(Generation { texts, shelf: RwLock::new(shelf), lexicon, stored })
    }

    pub fn path(&self) -> Option<&Path> {
        self.texts.path()
    }

    pub fn put(&self, documents: &[Document], commit: Commit) -> Result<usize> {
        let looked: Vec<Looked<'_>> = self.look(documents);
        let missing = looked.iter().filter(|one| !one.on_disk);
        let written: Vec<Put<'_>> = missing
            .filter_map(|one| Some(Put { document: one.document, words: one.words.as_ref()?, digest: one.digest }))
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
        Ok(written.len())
    }

    /// Which texts are new. All that costs time is done before anything is locked.
    fn look<'d>(&self, documents: &'d [Document]) -> Vec<Looked<'d>> {
        let digests: Vec<u64> = documents.iter().map(|document| document.digest() ^ FORMAT).collect();
        let known: Vec<(bool, bool)> = {
            let (shelf, stored) = (self.shelf.read(), self.stored.read());
            let is_known = |(document, digest): (&Document, &u64)| match shelf.row(document.id) {
                Some(row) => (row.digest == *digest, row.digest == *digest),
                None => (false, stored.get(&document.id.raw().unsigned_abs()) == Some(digest)),
            };
            documents.iter().zip(&digests).map(is_known).collect()
        };
        let looked = |((document, digest), (on_shelf, on_disk)): ((&'d Document, u64), (bool, bool))| Looked {
            document,
            digest,
            words: (!on_shelf).then(|| document.words()),
            on_disk,
        };
        documents.iter().zip(digests).zip(known).map(looked).collect()
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
    }

    pub fn set_units(&self, units: &[Units]) {
        let mut shelf = self.shelf.write();
        units.iter().for_each(|units| shelf.set_units(units));
    }

    pub fn set_sold(&self, sold: &HashMap<ProductId, i64>) {
        self.shelf.write().set_sold(sold);
    }

    pub fn remove(&self, products: &[ProductId], commit: Commit) -> Result<()> {
        let ids: Vec<u64> = products.iter().map(|id| id.raw().unsigned_abs()).collect();
        self.texts.write(&[], &ids, commit)?;
        {
            let mut shelf = self.shelf.write();
            products.iter().for_each(|id| shelf.remove(*id));
        }
        self.forget_stored(products.iter().copied());
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

    pub fn search(&self, query: &Query, synonyms: &Synonyms) -> Result<Found> {
        let shelf = self.shelf.read();
        let reading = self.read(&query.keyword, synonyms, shelf.len(), false);
        let wanted = shelf.wanted(&query.filter);
        let (mut fits, mut reading) = (self.fitting(&shelf, &reading, &query.keyword)?, reading);
        if fits.rows.is_empty() && !reading.parts.is_empty() {
            reading = self.read(&query.keyword, synonyms, shelf.len(), true);
            fits = self.fitting(&shelf, &reading, &query.keyword)?;
        }
        let mut found = collect(&shelf, &fits, &wanted, query);
        found.has_every_word = fits.has_every_word;
        found.understood = (reading.corrected && found.total > 0).then(|| reading.shown());
        found.marks = marks(&reading);
        Ok(found)
    }

    /// The rows that have every word of a search; when there are none, those that have the most.
    fn fitting<'s>(&self, shelf: &'s Shelf, reading: &Reading, keyword: &str) -> Result<Fits<'s>> {
        if reading.parts.is_empty() {
            let all = if keyword.trim().is_empty() { shelf.rows().map(|row| (row, 0.0)).collect() } else { Vec::new() };
            return Ok(Fits { rows: all, has_every_word: true });
        }
        let folded = kernel::text::folded(keyword);
        let mut by_sku: HashMap<ProductId, f32> = HashMap::new();
        if folded.chars().count() >= SKU_LENGTH {
            for (id, whole) in shelf.with_sku(&folded, BY_SKU_MAX) {
                by_sku.insert(id, if whole { rank::WHOLE_SKU } else { rank::BEGINNING_OF_SKU });
            }
        }
        let every = u16::MAX >> (16 - reading.parts.len());
        let weights: f32 = reading.parts.iter().map(|part| part.weight).sum();
        let (mut rows, mut most) = (Vec::new(), by_sku.is_empty().then_some(0_u32));
        let searcher = self.texts.searcher();
        for segment in searcher.segment_readers() {
            let scores = self.texts.scores(segment, reading)?;
            let (ids, alive) = (Texts::ids(segment)?, segment.alive_bitset());
            for (doc, parts) in (0_u32..).zip(&scores.parts) {
                let count = parts.count_ones();
                if count == 0 || (most.is_none_or(|most| count < most) && *parts != every) {
                    continue;
                }
                if alive.is_some_and(|alive| !alive.is_alive(doc)) {
                    continue;
                }
                let id = ProductId::new(i64::try_from(ids.get_val(doc)).unwrap_or(i64::MAX));
                let Some(row) = shelf.row(id) else { continue };
                if most.is_some_and(|most| count > most) {
                    rows.clear();
                    most = Some(count);
                }
                let sku = by_sku.remove(&id).unwrap_or(0.0);
                rows.push((row, rank::score(scores.score[doc as usize] / weights, row, &folded, sku)));
            }
        }
        for (id, sku) in by_sku {
            rows.extend(shelf.row(id).map(|row| (row, rank::score(0.0, row, &folded, sku))));
        }
        let has_every_word = most.is_none_or(|most| most == every.count_ones());
        Ok(Fits { rows, has_every_word })
    }

    pub fn suggest(&self, text: &str, most: usize, synonyms: &Synonyms) -> Result<Suggestions> {
        let shelf = self.shelf.read();
        let reading = without_descriptions(self.read(text, synonyms, shelf.len(), false));
        if reading.parts.is_empty() {
            return Ok(Suggestions::default());
        }
        let fits = self.fitting(&shelf, &reading, text)?;
        let query = Query { most: most * 4, ..Query::default() };
        let found = match fits.has_every_word {
            true => collect(&shelf, &fits, &shelf.wanted(&query.filter), &query),
            false => Found::default(),
        };
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
    on_disk: bool,
}

/// Rows that fit, each with how well.
struct Fits<'s> {
    rows: Vec<(&'s Row, f32)>,
    has_every_word: bool,
}

/// What of it counts, in order.
fn collect(shelf: &Shelf, fits: &Fits<'_>, wanted: &Wanted, query: &Query) -> Found {
    let mut counting = query.facets.then(|| Counting::of(&shelf.kinds));
    let mut all: Vec<(i64, i64, (usize, f32))> = Vec::new();
    for (n, (row, score)) in fits.rows.iter().enumerate().filter(|(_, (row, _))| wanted.has(row)) {
        if let Some(counting) = &mut counting {
            counting.add(row);
        }
        all.push((rank::rank(row, query.sort, *score, query.sold_out_among), row.id.raw(), (n, *score)));
    }
    let total = all.len();
    let hit = |(rank, _, (n, score)): (i64, i64, (usize, f32))| -> Hit { rank::hit(fits.rows[n].0, rank, score) };
    let hits = rank::part(all, query.from, query.most).into_iter().map(hit).collect();
    Found { hits, total, facets: counting.map(Counting::facets), ..Found::default() }
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
    let has = |entries: &HashSet<String>, part: &Part| {
        let fits = |one: &Alternative| one.all.iter().all(|any| any.iter().any(|entry| entries.contains(&entry.text)));
        part.alternatives.iter().any(fits)
    };
    let fits = |entries: &HashSet<String>| reading.parts.iter().all(|part| has(entries, part));
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
