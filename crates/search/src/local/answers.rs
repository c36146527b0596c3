//! Answers that are given again: most people search for the same few things, and what they find changes seldom.
//!
//! An answer is true as long as nothing has changed that it was made from. Each change begins an epoch, and an answer belongs to the
//! epoch that was before it was worked out. Units that are sold are no such change, unless something sells out or comes back: how many
//! are left is read anew for each answer.

use crate::query::{CategoryCount, Facets, Found, Query, Suggestions};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

/// Bytes of all answers of one kind, about; then they are forgotten together, because those that are wanted come again at once.
const BYTES_MAX: usize = 4 << 20;
/// Bytes of one answer without what is in it, of a product that was found, and of a value that was counted or marked, about.
const ANSWER_BYTES: usize = 500;
const HIT_BYTES: usize = 64;
const VALUE_BYTES: usize = 128;

/// What was answered in this epoch.
#[derive(Default)]
pub(super) struct Answers {
    epoch: AtomicU64,
    found: Mutex<Kept<Query, Found>>,
    suggested: Mutex<Kept<(String, usize), Suggestions>>,
}

struct Kept<K, V> {
    epoch: u64,
    bytes: usize,
    all: HashMap<K, Arc<V>>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Kept<K, V> {
        Kept { epoch: 0, bytes: 0, all: HashMap::new() }
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    fn get(&self, epoch: u64, key: &K) -> Option<Arc<V>> {
        self.all.get(key).filter(|_| self.epoch == epoch).map(Arc::clone)
    }

    fn keep(&mut self, epoch: u64, key: K, answer: Arc<V>, bytes: usize) {
        if epoch < self.epoch {
            return;
        }
        if epoch > self.epoch || self.bytes + bytes > BYTES_MAX {
            *self = Kept { epoch, ..Kept::default() };
        }
        self.bytes += bytes;
        self.all.insert(key, answer);
    }
}

impl Answers {
    /// To be read before anything that an answer is made from.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(SeqCst)
    }

    /// Something has changed that answers were made from.
    pub fn forget(&self) {
        self.epoch.fetch_add(1, SeqCst);
    }

    pub fn found(&self, query: &Query) -> Option<Arc<Found>> {
        self.found.lock().get(self.epoch(), query)
    }

    pub fn keep_found(&self, epoch: u64, query: Query, found: &Arc<Found>) {
        let bytes = ANSWER_BYTES + bytes(found);
        self.found.lock().keep(epoch, query, Arc::clone(found), bytes);
    }

    pub fn suggested(&self, asked: &(String, usize)) -> Option<Arc<Suggestions>> {
        self.suggested.lock().get(self.epoch(), asked)
    }

    pub fn keep_suggested(&self, epoch: u64, asked: (String, usize), suggested: &Arc<Suggestions>) {
        let values = suggested.products.len() + suggested.categories.len() + suggested.keywords.len();
        self.suggested.lock().keep(epoch, asked, Arc::clone(suggested), ANSWER_BYTES + values * VALUE_BYTES);
    }
}

fn bytes(found: &Found) -> usize {
    let values = found.marks.stems.len() + found.marks.parts.len() + found.facets.as_deref().map_or(0, values);
    found.hits.len() * HIT_BYTES + values * VALUE_BYTES
}

fn values(facets: &Facets) -> usize {
    fn categories(all: &[CategoryCount]) -> usize {
        all.iter().map(|one| 1 + categories(&one.children)).sum()
    }
    let options: usize = facets.options.iter().map(|option| option.values.len()).sum();
    categories(&facets.categories) + facets.brands.len() + facets.price_ranges.len() + options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(keyword: &str) -> Query {
        Query { keyword: keyword.to_owned(), ..Query::default() }
    }

    fn found(total: usize) -> Arc<Found> {
        Arc::new(Found { total, ..Found::default() })
    }

    #[test]
    fn an_answer_is_given_again_until_something_changes() {
        let answers = Answers::default();
        let before = answers.epoch();
        answers.keep_found(before, query("shoe"), &found(3));
        assert_eq!(answers.found(&query("shoe")).map(|found| found.total), Some(3));
        assert_eq!(answers.found(&Query { most: 2, ..query("shoe") }), None);
        answers.forget();
        assert_eq!(answers.found(&query("shoe")), None);
        // one that was begun before the change comes too late
        answers.keep_found(before, query("shoe"), &found(3));
        assert_eq!(answers.found(&query("shoe")), None);
        answers.keep_found(answers.epoch(), query("shoe"), &found(4));
        answers.keep_found(before, query("belt"), &found(3));
        assert_eq!(answers.found(&query("shoe")).map(|found| found.total), Some(4));
        assert_eq!(answers.found(&query("belt")), None);
    }

    #[test]
    fn searches_that_never_come_again_take_no_more_than_their_room() {
        let answers = Answers::default();
        for n in 0..3 * BYTES_MAX / ANSWER_BYTES {
            answers.keep_found(0, query(&n.to_string()), &found(0));
            assert!(answers.found.lock().bytes <= BYTES_MAX);
        }
        assert!(answers.found.lock().all.len() <= BYTES_MAX / ANSWER_BYTES);
    }
}
