//! The order of what was found: a number for each product, larger ones first. Pure.

use super::shelf::Row;
use crate::query::{From, Hit, Sort};
use kernel::Money;

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
pub(super) fn score(words: f32, row: &Row, keyword: &str, sku: f32) -> f32 {
    let named = match row.after(keyword) {
        Some("") => WHOLE_NAME,
        Some(_) => BEGINNING_OF_NAME,
        None => 0.0,
    };
    words + sku + named + row.merit
}

/// What a product has beside the words of a search: units sold, and a short name.
pub(super) fn merit(sold: i64, words_of_name: u16) -> f32 {
    let popularity = ((1.0 + sold.max(0) as f32).ln() / 10_001_f32.ln()).min(1.0);
    BEST_SELLER * popularity + SHORT_NAME / f32::from(words_of_name.max(1))
}

/// The number by which a product is sorted.
pub(super) fn rank(row: &Row, sort: Sort, score: f32, sold_out_among: bool) -> i64 {
    let value = match sort {
        Sort::Relevance => (score.clamp(0.0, 100.0) * PRECISION) as i64,
        Sort::Cheapest => TOP - 1 - row.cheapest.clamp(0, TOP - 1),
        Sort::Dearest => row.dearest.clamp(0, TOP - 1),
        Sort::Newest => row.created_at.clamp(0, TOP - 1),
        Sort::Popular => row.sold.clamp(0, TOP - 1),
    };
    if sold_out_among || row.stock > 0 { IN_STOCK + value } else { value }
}

/// A product that was found and its number.
pub(super) fn hit(row: &Row, rank: i64, score: f32) -> Hit {
    Hit {
        id: row.id,
        rank,
        score,
        min_price: Money::minor(row.cheapest),
        max_price: Money::minor(row.dearest),
        stock: row.stock,
    }
}

/// The part of `all`, (rank, id, …), that begins at `from` and has at most `most`, in order.
pub(super) fn part<T: Copy>(mut all: Vec<(i64, i64, T)>, from: From, most: usize) -> Vec<(i64, i64, T)> {
    let key = |one: &(i64, i64, T)| std::cmp::Reverse((one.0, one.1));
    let skipped = match from {
        From::After { rank, id } => {
            all.retain(|one| (one.0, one.1) < (rank, id.raw()));
            0
        }
        From::Offset(offset) => offset,
    };
    let end = skipped.saturating_add(most);
    if end < all.len() && end > 0 {
        all.select_nth_unstable_by_key(end - 1, key);
        all.truncate(end);
    }
    all.sort_unstable_by_key(key);
    all.drain(..skipped.min(all.len()));
    all.truncate(most);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ProductId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pages_by_number_and_by_cursor_are_the_whole_in_order(
            ranks in proptest::collection::vec(0_i64..20, 0..60), most in 1_usize..9,
        ) {
            let all: Vec<(i64, i64, ())> = ranks.iter().zip(1..).map(|(rank, id)| (*rank, id, ())).collect();
            let whole = part(all.clone(), From::Offset(0), usize::MAX);
            let (mut numbered, mut cursors) = (Vec::new(), Vec::new());
            let mut from = From::Offset(0);
            for page in 0..=all.len() / most {
                numbered.extend(part(all.clone(), From::Offset(page * most), most));
                let next = part(all.clone(), from, most);
                from = next.last().map_or(from, |last| From::After { rank: last.0, id: ProductId::new(last.1) });
                cursors.extend(next);
            }
            prop_assert_eq!(&numbered, &whole);
            cursors.truncate(whole.len());
            prop_assert_eq!(&cursors, &whole);
            prop_assert!(whole.is_sorted_by_key(|one| std::cmp::Reverse((one.0, one.1))));
        }
    }
}
