//! How well each product fits a search, segment after segment, by the numbers that these give their products.
//!
//! A common word is in a large part of all products, so what is done for each of them is an addition in a list.

use super::texts::{Fields, Texts, failed};
use crate::document::Field as Text;
use crate::reading::{Alternative, Entry, Reading};
use kernel::Result;
use std::{ops::Range, sync::Arc};
use tantivy::{
    InvertedIndexReader, SegmentReader,
    postings::{BlockSegmentPostings, TermInfo},
    schema::IndexRecordOption,
};

/// Kept from one search to the next: for a large shop it is a megabyte, which each thread would otherwise take and keep.
#[derive(Default)]
pub(super) struct Scores {
    pub score: Vec<f32>,
    /// A bit for each part of the search that the product has.
    pub parts: Vec<u16>,
    /// What the part that is looked at is worth.
    best: Vec<f32>,
    /// What the words of a phrase are worth together, for the products that have all of those so far.
    all: Vec<f32>,
    one: Vec<f32>,
}

fn zeroed<T: Copy + Default>(list: &mut Vec<T>, length: usize) {
    list.resize(length, T::default());
    list.fill(T::default());
}

impl Scores {
    /// Scores every product of these segments.
    pub fn fill(&mut self, segments: &[SegmentReader], fields: &Fields, reading: &Reading) -> Result<()> {
        let documents = segments.iter().map(|segment| segment.max_doc() as usize).sum();
        zeroed(&mut self.score, documents);
        zeroed(&mut self.parts, documents);
        let mut begin = 0;
        for segment in segments {
            let end = begin + segment.max_doc() as usize;
            self.fill_in(begin..end, &Words::of(segment, fields)?, reading)?;
            begin = end;
        }
        Ok(())
    }

    fn fill_in(&mut self, place: Range<usize>, words: &Words, reading: &Reading) -> Result<()> {
        for (n, part) in reading.parts.iter().enumerate() {
            zeroed(&mut self.best, place.len());
            let mut some = false;
            for alternative in &part.alternatives {
                some |= self.raise(words, alternative)?;
            }
            if !some {
                continue;
            }
            let products = self.score[place.clone()].iter_mut().zip(&mut self.parts[place.clone()]);
            for ((score, parts), best) in products.zip(&self.best) {
                *score += best * part.weight;
                *parts |= u16::from(*best > 0.0) << n;
            }
        }
        Ok(())
    }

    /// Raises `best` to what this alternative is worth, for each product that has it. Gives whether one may have it.
    fn raise(&mut self, words: &Words, alternative: &Alternative) -> Result<bool> {
        let mut groups = Vec::with_capacity(alternative.all.len());
        for entries in &alternative.all {
            let found = words.find(entries)?;
            if found.is_empty() {
                return Ok(false);
            }
            groups.push(found);
        }
        let [first, others @ ..] = &groups[..] else { return Ok(false) };
        if others.is_empty() {
            for found in first {
                found.raise(&mut self.best, found.worth * alternative.quality)?;
            }
            return Ok(true);
        }
        // a product needs all of them, and is worth what it is for the average one
        let documents = self.best.len();
        zeroed(&mut self.all, documents);
        for found in first {
            found.raise(&mut self.all, found.worth)?;
        }
        for group in others {
            zeroed(&mut self.one, documents);
            for found in group {
                found.raise(&mut self.one, found.worth)?;
            }
            for (all, one) in self.all.iter_mut().zip(&self.one) {
                *all = if *all > 0.0 && *one > 0.0 { *all + *one } else { 0.0 };
            }
        }
        let count = groups.len() as f32;
        for (best, all) in self.best.iter_mut().zip(&self.all) {
            *best = best.max(all / count * alternative.quality);
        }
        Ok(true)
    }
}

/// The entries of a segment, by field.
struct Words([(Text, Arc<InvertedIndexReader>); 5]);

/// The products that have an entry in a field, and what that is worth.
struct Found<'w> {
    index: &'w InvertedIndexReader,
    term: TermInfo,
    worth: f32,
}

impl Words {
    fn of(segment: &SegmentReader, fields: &Fields) -> Result<Words> {
        let mut all = Vec::with_capacity(Text::ALL.len());
        for (text, field) in Text::ALL.into_iter().zip(fields.texts) {
            all.push((text, segment.inverted_index(field).map_err(failed)?));
        }
        all.try_into().map(Words).map_err(|_| failed("a field is missing"))
    }

    /// Where these entries are.
    fn find(&self, entries: &[Entry]) -> Result<Vec<Found<'_>>> {
        let mut found = Vec::new();
        for (text, index) in &self.0 {
            for entry in entries.iter().filter(|entry| entry.fields & text.bit() != 0) {
                if let Some(term) = index.terms().get(&entry.text).map_err(failed)? {
                    found.push(Found { index, term, worth: text.weight() * entry.quality });
                }
            }
        }
        Ok(found)
    }
}

impl Found<'_> {
    /// Raises what each of these products is worth to this.
    fn raise(&self, all: &mut [f32], worth: f32) -> Result<()> {
        let mut block = read(self.index, &self.term)?;
        while !block.docs().is_empty() {
            for document in block.docs() {
                let best = &mut all[*document as usize];
                *best = best.max(worth);
            }
            block.advance();
        }
        Ok(())
    }
}

fn read(index: &InvertedIndexReader, term: &TermInfo) -> Result<BlockSegmentPostings> {
    index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic).map_err(failed)
}

/// The products one of whose skus begins so, by the first so many of these skus, and whether that is the whole sku.
pub(super) fn with_sku(
    segments: &[SegmentReader],
    texts: &Texts,
    folded: &str,
    most: usize,
) -> Result<Vec<(i64, bool)>> {
    let mut found: Vec<(Vec<u8>, i64)> = Vec::new();
    for segment in segments {
        let (index, ids) = (segment.inverted_index(texts.fields().sku).map_err(failed)?, texts.ids(segment)?);
        let (mut skus, mut left) = (index.terms().range().ge(folded).into_stream().map_err(failed)?, most);
        while let Some((sku, term)) = skus.next().filter(|(sku, _)| left > 0 && sku.starts_with(folded.as_bytes())) {
            let mut block = read(&index, term)?;
            while left > 0 && !block.docs().is_empty() {
                let there = |document: &&u32| segment.alive_bitset().is_none_or(|all| all.is_alive(**document));
                for document in block.docs().iter().filter(there).take(left) {
                    found.push((sku.to_vec(), i64::from(ids[*document as usize])));
                    left -= 1;
                }
                block.advance();
            }
        }
    }
    found.sort_unstable();
    found.truncate(most);
    Ok(found.into_iter().map(|(sku, id)| (id, sku == folded.as_bytes())).collect())
}
