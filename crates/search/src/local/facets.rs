//! Counts everything that was found: by category, brand, price, options and stock.

use super::kinds::{Category, Kind, Kinds};
use super::shelf::Row;
use crate::query::{CategoryCount, Facets, OptionCount, PriceRange, ValueCount};
use kernel::{CategoryId, Money, text};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// Most values of one facet.
const VALUES_MAX: usize = 50;
/// Most options.
const OPTIONS_MAX: usize = 10;
/// Ranges of prices with about as many products each.
const RANGES: usize = 5;

/// Prices that a range can begin at: those with two digits and zeros behind them.
const BUCKETS: usize = 100 + 17 * 90;

/// What was found, while it is counted. A search of a common word counts a large part of the shop, so a product is a few additions.
pub(super) struct Counting<'k> {
    kinds: &'k Kinds,
    /// By the numbers of `kinds`.
    counts: Vec<usize>,
    /// By the [`bucket`] of the cheapest price.
    prices: Vec<usize>,
    in_stock: usize,
}

impl<'k> Counting<'k> {
    pub fn of(kinds: &'k Kinds) -> Counting<'k> {
        Counting { kinds, counts: vec![0; kinds.len()], prices: vec![0; BUCKETS], in_stock: 0 }
    }

    pub fn add(&mut self, row: &Row) {
        for kind in row.kinds.iter() {
            self.counts[*kind as usize] += 1;
        }
        self.prices[usize::from(row.bucket)] += 1;
        self.in_stock += usize::from(row.stock() > 0);
    }

    pub fn facets(self) -> Facets {
        let found: usize = self.prices.iter().sum();
        let mut below: HashMap<Option<u32>, Vec<Counted<'k>>> = HashMap::new();
        for (number, category) in self.kinds.categories() {
            let count = self.counts[number as usize];
            if count > 0 {
                below.entry(category.parent).or_default().push((number, category, count));
            }
        }
        Facets {
            categories: self.below(None, &below),
            brands: self.brands(),
            options: self.options(),
            in_stock: self.in_stock,
            sold_out: found - self.in_stock,
            price_ranges: ranges(&self.prices),
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
    fn below(&self, parent: Option<u32>, below: &HashMap<Option<u32>, Vec<Counted<'k>>>) -> Vec<CategoryCount> {
        let mut children = below.get(&parent).cloned().unwrap_or_default();
        children.sort_unstable_by_key(|(_, category, count)| (Reverse(*count), category.id));
        let node = |(number, category, count): Counted<'k>| CategoryCount {
            id: CategoryId::new(category.id),
            name: category.name.to_string(),
            path: self.kinds.path(number).join(" > "),
            count,
            children: self.below(Some(number), below),
        };
        children.into_iter().map(node).collect()
    }

    fn options(&self) -> Vec<OptionCount> {
        let (mut spellings, mut places): (Vec<Values<'k>>, HashMap<&str, usize>) = (Vec::new(), HashMap::new());
        for (kind, count) in self.counted() {
            let Kind::Option(name, value) = kind else { continue };
            let place = *places.entry(name).or_insert_with(|| {
                spellings.push((name.to_string(), Vec::new()));
                spellings.len() - 1
            });
            spellings[place].1.push((value, count));
        }
        let mut names: BTreeMap<String, Values<'k>> = BTreeMap::new();
        for (name, values) in spellings {
            names.entry(text::folded(&name)).or_insert_with(|| (name, Vec::new())).1.extend(values);
        }
        let named = names.into_values().map(|(name, values)| OptionCount { name, values: most_frequent(values) });
        let mut all: Vec<OptionCount> = named.collect();
        all.sort_by_key(|one| Reverse(one.values.iter().map(|value| value.count).sum::<usize>()));
        all.truncate(OPTIONS_MAX);
        all
    }
}

/// A category that has something of what was found, by its number, and how much.
type Counted<'k> = (u32, &'k Category, usize);

/// An option as it is written, and how many products have each of its values.
type Values<'k> = (String, Vec<(&'k str, usize)>);

fn most_frequent(mut values: Vec<(&str, usize)>) -> Vec<ValueCount> {
    values.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    values.truncate(VALUES_MAX);
    values.into_iter().map(|(value, count)| ValueCount { value: value.to_owned(), count }).collect()
}

/// Where a price is counted: at the price of two digits that it is not below. 12,340 is counted at 12,000.
pub(super) fn bucket(price: i64) -> u16 {
    let (mut digits, mut bucket) = (price.max(0), 0);
    while digits >= 100 {
        digits /= 10;
        bucket += 90;
    }
    bucket + u16::try_from(digits).unwrap_or(0)
}

/// The lowest price that is counted here.
fn begin(bucket: usize) -> i64 {
    let zeros = bucket.saturating_sub(10) / 90;
    let digits = i64::try_from(bucket - 90 * zeros).unwrap_or(0);
    (0..zeros).fold(digits, |price, _| price.saturating_mul(10))
}

/// Ranges that begin at round amounts and have about as many products each.
fn ranges(prices: &[usize]) -> Vec<PriceRange> {
    let all: usize = prices.iter().sum();
    if all == 0 {
        return Vec::new();
    }
    let (mut begins, mut bucket, mut below): (Vec<usize>, usize, usize) = (Vec::new(), 0, 0);
    for place in (0..RANGES).map(|n| all * n / RANGES) {
        // the price at this place of all prices in order
        while below + prices[bucket] <= place {
            below += prices[bucket];
            bucket += 1;
        }
        begins.push(bucket);
    }
    begins.dedup();
    let range = |(n, from): (usize, &usize)| {
        let next = begins.get(n + 1);
        let count = prices[*from..next.map_or(prices.len(), |next| *next)].iter().sum();
        PriceRange { min: Money::minor(begin(*from)), max: next.map(|next| Money::minor(begin(*next) - 1)), count }
    };
    begins.iter().enumerate().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges_of(prices: &[i64]) -> Vec<PriceRange> {
        let mut counts = vec![0; BUCKETS];
        prices.iter().for_each(|price| counts[usize::from(bucket(*price))] += 1);
        ranges(&counts)
    }

    #[test]
    fn ranges_begin_at_round_amounts() {
        let found = ranges_of(&[12_340, 19_900, 19_900, 45_000, 120_000, 123_456]);
        let found: Vec<_> = found.iter().map(|it| (it.min.as_minor(), it.max.map(Money::as_minor), it.count)).collect();
        assert_eq!(
            found,
            [(12_000, Some(18_999), 1), (19_000, Some(44_999), 2), (45_000, Some(119_999), 1), (120_000, None, 2)]
        );
        assert!(ranges_of(&[]).is_empty());
        assert!(ranges_of(&[0, i64::MAX]).len() == 2);
    }

    proptest! {
        #[test]
        fn every_product_is_in_one_range(prices in proptest::collection::vec(0_i64..10_000_000, 0..80)) {
            let found = ranges_of(&prices);
            prop_assert_eq!(found.iter().map(|range| range.count).sum::<usize>(), prices.len());
            for range in &found {
                let inside = |price: &&i64| **price >= range.min.as_minor() && range.max.is_none_or(|max| **price <= max.as_minor());
                prop_assert_eq!(prices.iter().filter(inside).count(), range.count);
            }
            for pair in found.windows(2) {
                prop_assert_eq!(pair[0].max.map(|max| max.as_minor() + 1), Some(pair[1].min.as_minor()));
            }
        }
    }
}
