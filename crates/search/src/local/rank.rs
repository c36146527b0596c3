//! The order of what was found: a number for each product, larger ones first. Pure.

use super::shelf::{Beginning, Item};
use crate::query::{From, Hit, Sort};
use kernel::{Money, ProductId};
use std::cmp::Reverse;

/// What is in stock comes before everything else.
const IN_STOCK: i64 = 1 << 60;
/// Above every amount and every time.
const TOP: i64 = 1 << 59;
/// Relevance in whole numbers, so that a cursor can hold it.
const PRECISION: f32 = 1_000_000.0;

/// What is added to how well the words fit, which is at most 1.
pub const WHOLE_SKU: f32 = 2.0;
pub const BEGINNING_OF_SKU: f32 = 1.0;
const WHOLE_NAME: f32 = 0.3;
const BEGINNING_OF_NAME: f32 = 0.08;
/// For ten thousand units sold and more.
const BEST_SELLER: f32 = 0.1;
/// For a name of one word: a short name says that a product is what was looked for, not something for it.
const SHORT_NAME: f32 = 0.05;

/// How well a product fits: `words` is how well its words do, from 0 to 1.
pub(super) fn score(words: f32, item: &Item<'_>, keyword: &Beginning<'_>, sku: f32) -> f32 {
    let named = match item.after(keyword) {
        Some("") => WHOLE_NAME,
        Some(_) => BEGINNING_OF_NAME,
        None => 0.0,
    };
    words + sku + named + item.front.merit
}

/// What a product has beside the words of a search: units sold, and a short name.
pub(super) fn merit(sold: i64, words_of_name: u16) -> f32 {
    let popularity = ((1.0 + sold.max(0) as f32).ln() / 10_001_f32.ln()).min(1.0);
    BEST_SELLER * popularity + SHORT_NAME / f32::from(words_of_name.max(1))
}

/// The number by which a product is sorted.
pub(super) fn rank(item: &Item<'_>, sort: Sort, score: f32, sold_out_among: bool) -> i64 {
    let value = match sort {
        Sort::Relevance => (score.clamp(0.0, 100.0) * PRECISION) as i64,
        Sort::Cheapest => TOP - 1 - item.front.cheapest.clamp(0, TOP - 1),
        Sort::Dearest => item.row().map_or(0, |row| row.dearest).clamp(0, TOP - 1),
        Sort::Newest => item.row().map_or(0, |row| row.created_at).clamp(0, TOP - 1),
        Sort::Popular => item.row().map_or(0, |row| row.sold).clamp(0, TOP - 1),
    };
    if sold_out_among || item.front.stock() > 0 { IN_STOCK + value } else { value }
}

/// A product that was found and its number.
pub(super) fn hit(item: &Item<'_>, rank: i64, score: f32) -> Hit {
    Hit {
        id: ProductId::new(item.id),
        rank,
        score,
        min_price: Money::minor(item.front.cheapest),
        max_price: Money::minor(item.row().map_or(0, |row| row.dearest)),
        stock: item.front.stock(),
    }
}

/// What is kept before the best of it are looked for.
const ROOM: usize = 64;

/// The part of everything that is added that begins at some place and has at most so many, in order. It never holds more than twice of
/// what comes up to its end.
pub(super) struct Top<T> {
    after: Option<(i64, i64)>,
    skipped: usize,
    most: usize,
    kept: Vec<((i64, i64), T)>,
    /// What is not above this is none of them.
    least: Option<(i64, i64)>,
}

impl<T> Top<T> {
    pub fn of(from: From, most: usize) -> Top<T> {
        let (after, skipped) = match from {
            From::After { rank, id } => (Some((rank, id.raw())), 0),
            From::Offset(offset) => (None, offset),
        };
        Top { after, skipped, most, kept: Vec::new(), least: None }
    }

    /// Adds one by its rank and its id, which no other has.
    pub fn add(&mut self, key: (i64, i64), value: T) {
        if self.after.is_some_and(|after| key >= after) || self.least.is_some_and(|least| key < least) {
            return;
        }
        self.kept.push((key, value));
        if self.kept.len() >= self.end().saturating_mul(2).max(ROOM) {
            self.cut();
        }
    }

    fn end(&self) -> usize {
        self.skipped.saturating_add(self.most)
    }

    fn cut(&mut self) {
        let end = self.end();
        if end > 0 && end < self.kept.len() {
            let (_, last, _) = self.kept.select_nth_unstable_by_key(end - 1, |one| Reverse(one.0));
            self.least = Some(last.0);
        }
        self.kept.truncate(end);
    }

    pub fn part(mut self) -> Vec<((i64, i64), T)> {
        self.cut();
        self.kept.sort_unstable_by_key(|one| Reverse(one.0));
        self.kept.drain(..self.skipped.min(self.kept.len()));
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(all: &[(i64, i64)], from: From, most: usize) -> Vec<(i64, i64)> {
        let mut top = Top::of(from, most);
        all.iter().for_each(|key| top.add(*key, ()));
        top.part().into_iter().map(|(key, ())| key).collect()
    }

    proptest! {
        #[test]
        fn pages_by_number_and_by_cursor_are_the_whole_in_order(
            ranks in proptest::collection::vec(0_i64..20, 0..150), most in 1_usize..9,
        ) {
            let all: Vec<(i64, i64)> = ranks.iter().copied().zip(1..).collect();
            let whole = part(&all, From::Offset(0), usize::MAX);
            let (mut numbered, mut cursors) = (Vec::new(), Vec::new());
            let mut from = From::Offset(0);
            for page in 0..=all.len() / most {
                numbered.extend(part(&all, From::Offset(page * most), most));
                let next = part(&all, from, most);
                from = next.last().map_or(from, |last| From::After { rank: last.0, id: ProductId::new(last.1) });
                cursors.extend(next);
            }
            prop_assert_eq!(&numbered, &whole);
            cursors.truncate(whole.len());
            prop_assert_eq!(&cursors, &whole);
            prop_assert!(whole.is_sorted_by_key(|one| Reverse(*one)) && whole.len() == all.len());
        }
    }
}
