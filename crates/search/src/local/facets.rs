//! Counts everything that was found: by category, brand, price, options and stock.

use super::kinds::{Kind, Kinds};
use super::shelf::Row;
use crate::query::{CategoryCount, Facets, OptionCount, PriceRange, ValueCount};
use kernel::{CategoryId, Money, text};
use std::{cmp::Reverse, collections::BTreeMap};

/// Most values of one facet.
const VALUES_MAX: usize = 50;
/// Most options.
const OPTIONS_MAX: usize = 10;
/// Ranges of prices with about as many products each.
const RANGES: usize = 5;

/// What was found, while it is counted. A search of a common word counts a large part of the shop, so a product is a few additions.
pub(super) struct Counting<'k> {
    kinds: &'k Kinds,
    /// By the numbers of `kinds`.
    counts: Vec<usize>,
    prices: Vec<i64>,
    in_stock: usize,
}

impl<'k> Counting<'k> {
    pub fn of(kinds: &'k Kinds) -> Counting<'k> {
        Counting { kinds, counts: vec![0; kinds.len()], prices: Vec::new(), in_stock: 0 }
    }

    pub fn add(&mut self, row: &Row) {
        for kind in row.kinds.iter() {
            self.counts[*kind as usize] += 1;
        }
        self.prices.push(row.cheapest);
        self.in_stock += usize::from(row.stock > 0);
    }

    pub fn facets(self) -> Facets {
        let found = self.prices.len();
        Facets {
            categories: self.below(None),
            brands: self.brands(),
            options: self.options(),
            in_stock: self.in_stock,
            sold_out: found - self.in_stock,
            price_ranges: ranges(self.prices),
        }
    }

    /// What was found, with how often.
    fn counted(&self) -> impl Iterator<Item = (&'k Kind, usize)> {
        self.kinds.all().iter().zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0)
    }

    fn brands(&self) -> Vec<ValueCount> {
        let brand = |(kind, count): (&'k Kind, usize)| match kind {
            Kind::Brand(name) => Some((&**name, count)),
            Kind::Category(_) | Kind::Option(..) => None,
        };
        most_frequent(self.counted().filter_map(brand).collect())
    }

    /// The categories right below this one, with what is below them.
    fn below(&self, parent: Option<u32>) -> Vec<CategoryCount> {
        let children = self.kinds.categories().filter(|(_, category)| category.parent == parent);
        let mut children: Vec<_> =
            children.map(|(n, category)| (n, category, self.counts[n as usize])).filter(|it| it.2 > 0).collect();
        children.sort_unstable_by_key(|(_, category, count)| (Reverse(*count), category.id));
        let node = |(n, category, count): (u32, &super::kinds::Category, usize)| CategoryCount {
            id: CategoryId::new(category.id),
            name: category.name.to_string(),
            path: self.kinds.path(n).join(" > "),
            count,
            children: self.below(Some(n)),
        };
        children.into_iter().map(node).collect()
    }

    fn options(&self) -> Vec<OptionCount> {
        let mut names: BTreeMap<String, Values<'k>> = BTreeMap::new();
        for (kind, count) in self.counted() {
            let Kind::Option(name, value) = kind else { continue };
            let of_name = names.entry(text::folded(name)).or_insert_with(|| (name.to_string(), Vec::new()));
            of_name.1.push((value, count));
        }
        let named = names.into_values().map(|(name, values)| OptionCount { name, values: most_frequent(values) });
        let mut all: Vec<OptionCount> = named.collect();
        all.sort_by_key(|one| Reverse(one.values.iter().map(|value| value.count).sum::<usize>()));
        all.truncate(OPTIONS_MAX);
        all
    }
}

/// An option as it is written, and how many products have each of its values.
type Values<'k> = (String, Vec<(&'k str, usize)>);

fn most_frequent(mut values: Vec<(&str, usize)>) -> Vec<ValueCount> {
    values.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    values.truncate(VALUES_MAX);
    values.into_iter().map(|(value, count)| ValueCount { value: value.to_owned(), count }).collect()
}

/// Ranges that begin at round amounts and have about as many products each.
fn ranges(mut prices: Vec<i64>) -> Vec<PriceRange> {
    let mut begins: Vec<i64> = Vec::new();
    if !prices.is_empty() {
        // only the prices at which ranges begin are put into their place
        let at = |n| prices.len() * n / RANGES;
        let places: Vec<usize> = (0..RANGES).map(at).collect();
        begins.extend(places.into_iter().map(|at| round(*prices.select_nth_unstable(at).1)));
        begins.dedup();
    }
    let below = |price: i64| prices.iter().filter(|one| **one < price).count();
    let mut made = Vec::new();
    for (n, begin) in begins.iter().enumerate() {
        let next = begins.get(n + 1);
        let to = next.map_or(prices.len(), |next| below(*next));
        let max = next.map(|next| Money::minor(next - 1));
        made.push(PriceRange { min: Money::minor(*begin), max, count: to - below(*begin) });
    }
    made
}

/// Down to two digits: a range that begins at 12,340 begins at 12,000.
fn round(price: i64) -> i64 {
    let mut unit = 1;
    while price / unit >= 100 {
        unit *= 10;
    }
    price / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_begin_at_round_amounts() {
        let found = ranges(vec![12_340, 19_900, 19_900, 45_000, 120_000, 123_456]);
        let found: Vec<_> = found.iter().map(|it| (it.min.as_minor(), it.max.map(Money::as_minor), it.count)).collect();
        assert_eq!(
            found,
            [(12_000, Some(18_999), 1), (19_000, Some(44_999), 2), (45_000, Some(119_999), 1), (120_000, None, 2)]
        );
        assert!(ranges(Vec::new()).is_empty());
    }

    proptest! {
        #[test]
        fn every_product_is_in_one_range(prices in proptest::collection::vec(0_i64..10_000_000, 0..80)) {
            let count = prices.len();
            let found = ranges(prices);
            prop_assert_eq!(found.iter().map(|range| range.count).sum::<usize>(), count);
            for pair in found.windows(2) {
                prop_assert_eq!(pair[0].max.map(|max| max.as_minor() + 1), Some(pair[1].min.as_minor()));
            }
        }
    }
}
