//! Counts everything that was found: by category, brand, price, options and stock.

use super::shelf::{Row, Shelf};
use crate::query::{CategoryCount, Facets, OptionCount, PriceRange, ValueCount};
use kernel::{CategoryId, Money};
use std::collections::{BTreeMap, HashMap};

/// Most values of one facet.
const VALUES_MAX: usize = 50;
/// Most options.
const OPTIONS_MAX: usize = 10;
/// Ranges of prices with about as many products each.
const RANGES: usize = 5;

/// What was found, while it is counted.
pub(super) struct Counting<'a> {
    shelf: &'a Shelf,
    categories: HashMap<i64, usize>,
    brands: Vec<usize>,
    options: Vec<usize>,
    /// The product that was counted last for each option: several variants may have it.
    counted: Vec<usize>,
    prices: Vec<i64>,
    in_stock: usize,
}

impl<'a> Counting<'a> {
    pub fn of(shelf: &'a Shelf) -> Counting<'a> {
        Counting {
            shelf,
            categories: HashMap::new(),
            brands: vec![0; shelf.brands.len()],
            options: vec![0; shelf.options.len()],
            counted: vec![0; shelf.options.len()],
            prices: Vec::new(),
            in_stock: 0,
        }
    }

    pub fn add(&mut self, row: &Row) {
        for category in &row.categories {
            *self.categories.entry(*category).or_default() += 1;
        }
        if let Some(brand) = row.brand {
            self.brands[brand as usize] += 1;
        }
        self.prices.push(row.cheapest());
        self.in_stock += usize::from(row.stock() > 0);
        let product = self.prices.len();
        for option in row.offers.iter().flat_map(|offer| &offer.options) {
            let option = *option as usize;
            if self.counted[option] != product {
                self.counted[option] = product;
                self.options[option] += 1;
            }
        }
    }

    pub fn facets(self) -> Facets {
        let shelf = self.shelf;
        let brands = (0_u32..).zip(&self.brands).filter(|(_, count)| **count > 0);
        let brands = brands.map(|(n, count)| (shelf.brands.shown(n), *count)).collect();
        let found = self.prices.len();
        Facets {
            categories: tree(shelf, &self.categories, None),
            brands: most_frequent(brands),
            options: options(shelf, &self.options),
            price_ranges: ranges(self.prices),
            in_stock: self.in_stock,
            sold_out: found - self.in_stock,
        }
    }
}

fn most_frequent(mut values: Vec<(&str, usize)>) -> Vec<ValueCount> {
    values.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    values.truncate(VALUES_MAX);
    values.into_iter().map(|(value, count)| ValueCount { value: value.to_owned(), count }).collect()
}

fn tree(shelf: &Shelf, counts: &HashMap<i64, usize>, parent: Option<i64>) -> Vec<CategoryCount> {
    let of_parent = |id: &i64| shelf.categories.get(id).is_some_and(|named| named.parent == parent);
    let mut ids: Vec<(i64, usize)> =
        counts.iter().filter(|(id, _)| of_parent(id)).map(|(id, count)| (*id, *count)).collect();
    ids.sort_unstable_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    let node = |(id, count): (i64, usize)| {
        let path = shelf.path(id);
        CategoryCount {
            id: CategoryId::new(id),
            name: path.last().map(|name| (*name).to_owned()).unwrap_or_default(),
            path: path.join(" > "),
            count,
            children: tree(shelf, counts, Some(id)),
        }
    };
    ids.into_iter().map(node).collect()
}

/// An option as it is written, and how many products have each of its values.
type Values<'s> = (String, Vec<(&'s str, usize)>);

fn options(shelf: &Shelf, counts: &[usize]) -> Vec<OptionCount> {
    let mut names: BTreeMap<String, Values<'_>> = BTreeMap::new();
    for (n, count) in (0_u32..).zip(counts).filter(|(_, count)| **count > 0) {
        let (name, value) = shelf.option(n);
        let of_name = names.entry(kernel::text::folded(name)).or_insert_with(|| (name.to_owned(), Vec::new()));
        of_name.1.push((value, *count));
    }
    let named = names.into_values().map(|(name, values)| OptionCount { name, values: most_frequent(values) });
    let mut all: Vec<OptionCount> = named.collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.values.iter().map(|value| value.count).sum::<usize>()));
    all.truncate(OPTIONS_MAX);
    all
}

/// Ranges that begin at round amounts and have about as many products each.
fn ranges(mut prices: Vec<i64>) -> Vec<PriceRange> {
    prices.sort_unstable();
    let mut begins: Vec<i64> =
        (0..RANGES).filter_map(|n| prices.get(prices.len() * n / RANGES)).map(|p| round(*p)).collect();
    begins.dedup();
    let mut made = Vec::new();
    for (n, begin) in begins.iter().enumerate() {
        let next = begins.get(n + 1);
        let from = prices.partition_point(|price| price < begin);
        let to = next.map_or(prices.len(), |next| prices.partition_point(|price| price < next));
        let max = next.map(|next| Money::minor(next - 1));
        made.push(PriceRange { min: Money::minor(*begin), max, count: to - from });
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
