//! Counts everything that was found: by category, brand, price, options and stock.

use super::kinds::{Category, Kind, Kinds, Sets};
use super::shelf::Front;
use crate::query::{CategoryCount, Facets, OptionCount, PriceRange, ValueCount};
use kernel::{CategoryId, Money, text};
use std::{cmp::Reverse, collections::HashMap};

/// Most values of one facet.
const VALUES_MAX: usize = 50;
/// Most options.
const OPTIONS_MAX: usize = 10;
/// Ranges of prices with about as many products each.
const RANGES: usize = 5;

/// Prices that a range can begin at: those with two digits and zeros behind them.
const BUCKETS: usize = 100 + 17 * 90;

/// What was found, while it is counted. A search of a common word counts a large part of the shop, so a product is three additions.
pub(super) struct Counting<'k> {
    kinds: &'k Kinds,
    sets: &'k Sets,
    /// By the numbers of `sets`.
    found: Vec<u32>,
    /// By the [`bucket`] of the cheapest price.
    prices: Vec<usize>,
    in_stock: usize,
}

impl<'k> Counting<'k> {
    pub fn of(kinds: &'k Kinds, sets: &'k Sets) -> Counting<'k> {
        Counting { kinds, sets, found: vec![0; sets.len()], prices: vec![0; BUCKETS], in_stock: 0 }
    }

    pub fn add(&mut self, product: &Front) {
        self.found[product.set as usize] += 1;
        self.prices[usize::from(product.bucket)] += 1;
        self.in_stock += usize::from(product.stock() > 0);
    }

    pub fn facets(self) -> Facets {
        let mut counts = vec![0; self.kinds.len()];
        for (kinds, found) in self.sets.all().zip(&self.found).filter(|(_, found)| **found > 0) {
            kinds.iter().for_each(|kind| counts[*kind as usize] += *found as usize);
        }
        Counted { kinds: self.kinds, counts }.facets(&self.prices, self.in_stock)
    }
}

/// What was found, by its kinds.
struct Counted<'k> {
    kinds: &'k Kinds,
    /// By the numbers of `kinds`.
    counts: Vec<usize>,
}

impl<'k> Counted<'k> {
    fn facets(&self, prices: &[usize], in_stock: usize) -> Facets {
        let found: usize = prices.iter().sum();
        let mut below: HashMap<Option<u32>, Vec<Numbered<'k>>> = HashMap::new();
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
            in_stock,
            sold_out: found - in_stock,
            price_ranges: ranges(prices),
        }
    }

    /// What was found, with its number and how often.
    fn counted(&self) -> impl Iterator<Item = (u32, &'k Kind, usize)> {
        let counts = self.counts.iter().copied();
        (0..).zip(self.kinds.all()).zip(counts).map(|((n, kind), count)| (n, kind, count)).filter(|one| one.2 > 0)
    }

    fn brands(&self) -> Vec<ValueCount> {
        let brand = |(number, kind, count): (u32, &'k Kind, usize)| match kind {
            Kind::Brand(name) => Some(self.value(number, name, count)),
            Kind::Category(_) | Kind::Option(..) => None,
        };
        most_frequent(self.counted().filter_map(brand).collect())
    }

    fn value(&self, number: u32, shown: &'k str, count: usize) -> Value<'k> {
        Value { count, sort_key: self.kinds.sort_key(number), shown }
    }

    /// The categories right below this one, with what is below them.
    fn below(&self, parent: Option<u32>, below: &HashMap<Option<u32>, Vec<Numbered<'k>>>) -> Vec<CategoryCount> {
        let mut children = below.get(&parent).cloned().unwrap_or_default();
        let order = |number| (self.kinds.sort_key(number), number);
        children.sort_unstable_by_key(|(number, _, count)| (Reverse(*count), order(*number)));
        let node = |(number, category, count): Numbered<'k>| CategoryCount {
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
        for (number, kind, count) in self.counted() {
            let Kind::Option(name, value) = kind else { continue };
            let place = *places.entry(name).or_insert_with(|| {
                spellings.push((name.to_string(), Vec::new()));
                spellings.len() - 1
            });
            spellings[place].1.push(self.value(number, value, count));
        }
        let mut names: HashMap<String, Values<'k>> = HashMap::new();
        for (name, values) in spellings {
            names.entry(text::folded(&name)).or_insert_with(|| (name, Vec::new())).1.extend(values);
        }
        let named = names.into_values().map(|(name, values)| OptionCount { name, values: most_frequent(values) });
        let mut all: Vec<OptionCount> = named.collect();
        all.sort_by_cached_key(|one| {
            let count: usize = one.values.iter().map(|value| value.count).sum();
            (Reverse(count), text::sort_key(&one.name), one.name.clone())
        });
        all.truncate(OPTIONS_MAX);
        all
    }
}

/// A category that has something of what was found, by its number, and how much.
type Numbered<'k> = (u32, &'k Category, usize);

/// An option as it is written, and its values.
type Values<'k> = (String, Vec<Value<'k>>);

/// A brand or a value of an option, and how many products have it.
#[derive(Clone, Copy)]
struct Value<'k> {
    count: usize,
    sort_key: &'k str,
    shown: &'k str,
}

/// The most frequent first; those of which there are as many in the order of names.
fn most_frequent(mut values: Vec<Value<'_>>) -> Vec<ValueCount> {
    fn order<'k>(value: &Value<'k>) -> (Reverse<usize>, &'k str, &'k str) {
        (Reverse(value.count), value.sort_key, value.shown)
    }
    if values.len() > VALUES_MAX {
        values.select_nth_unstable_by(VALUES_MAX, |one, other| order(one).cmp(&order(other)));
        values.truncate(VALUES_MAX);
    }
    values.sort_unstable_by(|one, other| order(one).cmp(&order(other)));
    values.into_iter().map(|value| ValueCount { value: value.shown.to_owned(), count: value.count }).collect()
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
    fn what_is_as_frequent_comes_in_the_order_of_names() {
        let (mut kinds, names) = (Kinds::default(), ["Zoo", "éclair", "나무", "apple", "Äpfel"]);
        for (name, id) in names.into_iter().zip(1..) {
            kinds.brand(name);
            kinds.category(id, name, None);
            kinds.option("colour", name);
            kinds.option(name, "x");
        }
        let mut counts = vec![1; kinds.len()];
        counts[kinds.find_brand("zoo").unwrap() as usize] = 2;
        let found = Counted { kinds: &kinds, counts }.facets(&[0; BUCKETS], 0);
        let shown =
            |values: &[ValueCount]| values.iter().map(|value| value.value.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(shown(&found.brands), "Zoo Äpfel apple éclair 나무");
        assert_eq!(shown(&found.options[0].values), "Äpfel apple éclair Zoo 나무");
        let options: Vec<&str> = found.options.iter().map(|option| option.name.as_str()).collect();
        assert_eq!(options, ["colour", "Äpfel", "apple", "éclair", "Zoo", "나무"]);
        let categories: Vec<&str> = found.categories.iter().map(|category| category.name.as_str()).collect();
        assert_eq!(categories, ["Äpfel", "apple", "éclair", "Zoo", "나무"]);
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
