//! Which products fit a search, and what is picked of them.

use super::facets::Counting;
use super::rank::{self, Top};
use super::scores::{Scores, with_sku};
use super::shelf::{Beginning, Item, Shelf, ShelfQuery};
use super::texts::Texts;
use crate::query::{Found, Query};
use crate::reading::Reading;
use kernel::Result;
use std::{collections::HashMap, sync::Arc};
use tantivy::Searcher;

/// Products found by their sku, beside those found by words.
const BY_SKU_MAX: usize = 20;
/// Shortest text that is looked for among skus.
const SKU_LENGTH: usize = 3;

/// What is wanted of everything that fits: a page in order, and how many there are of what.
pub(super) struct Picking<'s> {
    wanted: ShelfQuery<'s>,
    query: &'s Query,
    counting: Option<Counting<'s>>,
    top: Top<(Item<'s>, f32)>,
    /// Whether something fits, wanted or not.
    pub some: bool,
    total: usize,
}

impl<'s> Picking<'s> {
    pub fn of(shelf: &'s Shelf, query: &'s Query) -> Picking<'s> {
        Picking {
            wanted: ShelfQuery::of(&query.filter, shelf),
            query,
            counting: query.facets.then(|| Counting::of(&shelf.kinds, &shelf.sets)),
            top: Top::of(query.from, query.most),
            some: false,
            total: 0,
        }
    }

    fn add(&mut self, item: Item<'s>, score: f32) {
        self.some = true;
        if !self.wanted.has(&item) {
            return;
        }
        if let Some(counting) = &mut self.counting {
            counting.add(item.front);
        }
        self.total += 1;
        let rank = rank::rank(&item, self.query.sort, score, self.query.sold_out_among);
        self.top.add((rank, item.id), (item, score));
    }

    pub fn found(self) -> Found {
        let hits = self.top.part().into_iter().map(|((rank, _), (item, score))| rank::hit(&item, rank, score));
        let facets = self.counting.map(|counting| Arc::new(counting.facets()));
        Found { hits: hits.collect(), total: self.total, facets, ..Found::default() }
    }
}

/// Where products are looked for.
pub(super) struct Fitting<'s> {
    shelf: &'s Shelf,
    texts: &'s Texts,
    searcher: Searcher,
}

impl<'s> Fitting<'s> {
    pub fn of(shelf: &'s Shelf, texts: &'s Texts) -> Fitting<'s> {
        Fitting { shelf, texts, searcher: texts.searcher() }
    }

    /// Picks the products that have every word of a search; when there are none, those that have the most. Gives whether they have
    /// every word.
    pub fn pick(
        &self,
        reading: &Reading,
        keyword: &str,
        scores: &mut Scores,
        picking: &mut Picking<'s>,
    ) -> Result<bool> {
        if reading.parts.is_empty() {
            if keyword.trim().is_empty() {
                self.shelf.items().for_each(|item| picking.add(item, 0.0));
            }
            return Ok(true);
        }
        let folded = kernel::text::folded(keyword);
        let (mut by_sku, begin) = (self.by_sku(&folded)?, Beginning::of(&folded));
        scores.fill(self.searcher.segment_readers(), self.texts.fields(), reading)?;
        let weights: f32 = reading.parts.iter().map(|part| part.weight).sum();
        let every = u16::MAX >> (16 - reading.parts.len());
        let whole = |parts: u16| parts == every;
        self.visit(scores, whole, |_, words, item| {
            let sku = if by_sku.is_empty() { None } else { by_sku.remove(&item.id) };
            picking.add(item, rank::score(words / weights, &item, &begin, sku.unwrap_or(0.0)));
        })?;
        for (id, sku) in by_sku {
            if let Some(item) = self.shelf.item(id) {
                picking.add(item, rank::score(0.0, &item, &begin, sku));
            }
        }
        if picking.some {
            return Ok(true);
        }
        let mut most = 0;
        self.visit(scores, |parts| parts != 0, |parts, _, _| most = most.max(parts.count_ones()))?;
        let longest = |parts: u16| parts != 0 && parts.count_ones() == most;
        self.visit(scores, longest, |_, words, item| {
            picking.add(item, rank::score(words / weights, &item, &begin, 0.0));
        })?;
        Ok(false)
    }

    fn by_sku(&self, folded: &str) -> Result<HashMap<i64, f32>> {
        if folded.chars().count() < SKU_LENGTH {
            return Ok(HashMap::new());
        }
        let found = with_sku(self.searcher.segment_readers(), self.texts, folded, BY_SKU_MAX)?;
        let worth = |(id, whole)| (id, if whole { rank::WHOLE_SKU } else { rank::BEGINNING_OF_SKU });
        let mut by_sku = HashMap::new();
        for (id, worth) in found.into_iter().filter(|(id, _)| self.shelf.item(*id).is_some()).map(worth) {
            let best: &mut f32 = by_sku.entry(id).or_default();
            *best = best.max(worth);
        }
        Ok(by_sku)
    }

    /// Every product that has wanted parts of the search: those parts, how well it fits, and its row.
    fn visit(
        &self,
        scores: &Scores,
        wanted: impl Fn(u16) -> bool,
        mut found: impl FnMut(u16, f32, Item<'s>),
    ) -> Result<()> {
        let (mut begin, mut those) = (0, Vec::new());
        for segment in self.searcher.segment_readers() {
            let (ids, alive) = (self.texts.ids(segment)?, segment.alive_bitset());
            let end = begin + segment.max_doc() as usize;
            let (parts, score) = (&scores.parts[begin..end], &scores.score[begin..end]);
            // first which they are, so that the processor fetches the fronts of several of them at once
            those.clear();
            those.extend((0_u32..).zip(parts).filter(|(_, parts)| wanted(**parts)).map(|(document, _)| document));
            for document in &those {
                let at = *document as usize;
                if alive.is_some_and(|alive| !alive.is_alive(*document)) {
                    continue;
                }
                if let Some(item) = self.shelf.item(i64::from(ids[at])) {
                    found(parts[at], score[at], item);
                }
            }
            begin = end;
        }
        Ok(())
    }
}
