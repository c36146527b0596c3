//! What is filtered, counted and sorted by, in memory: one row for each product.

use super::facets;
use super::kinds::Kinds;
use super::rank;
use crate::document::{Document, KnownWord, Words};
use crate::lexicon::{Counts, Known};
use crate::port::Units;
use crate::query::Filter;
use catalog::category::Choice;
use kernel::{Money, ProductId, VariantId, text};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
};

/// No row.
const NONE: u32 = u32::MAX;
/// Bytes of a name that are compared before the rest of it is looked at.
const HEAD: usize = 8;

/// A product. What a search reads of every product that it finds lies in the row itself.
#[derive(Debug)]
pub(super) struct Row {
    pub id: ProductId,
    pub name: Box<str>,
    /// Its name as names are compared; `None` when that is its ASCII letters in lower case.
    folded: Option<Box<str>>,
    /// How that begins, filled up with zeros.
    head: [u8; HEAD],
    /// Its brand, its categories and the values of its options, each once ([`Shelf::kinds`]).
    pub kinds: Box<[u32]>,
    /// What it has beside the words of a search, whatever they are.
    pub merit: f32,
    /// Of all variants. An order changes it beside searches.
    stock: AtomicI64,
    pub cheapest: i64,
    /// Where its cheapest price is counted.
    pub bucket: u16,
    pub dearest: i64,
    pub sold: i64,
    pub created_at: i64,
    pub digest: u64,
    /// Words of its name.
    words: u16,
    offers: Box<[Offer]>,
}

/// A variant on sale.
#[derive(Debug)]
struct Offer {
    variant: VariantId,
    price: i64,
    available: AtomicI64,
    /// Numbers in [`Shelf::kinds`].
    options: Box<[u32]>,
}

impl Row {
    /// What follows in its name after this text.
    pub fn after(&self, folded: &str) -> Option<&str> {
        let most = folded.len().min(HEAD);
        if self.head[..most] != folded.as_bytes()[..most] {
            return None;
        }
        match &self.folded {
            Some(own) => own.strip_prefix(folded),
            None => {
                let (begin, rest) = self.name.split_at_checked(folded.len())?;
                begin.eq_ignore_ascii_case(folded).then_some(rest)
            }
        }
    }

    pub fn stock(&self) -> i64 {
        self.stock.load(Relaxed)
    }

    fn sells(&mut self, sold: i64) {
        self.sold = sold.max(0);
        self.merit = rank::merit(self.sold, self.words);
    }
}

/// Every product.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Row numbers by product id: ids are given out one after the other.
    places: Vec<u32>,
    rows: Vec<Option<Row>>,
    free: Vec<u32>,
    pub counts: Counts,
    pub kinds: Kinds,
}

/// A product with what costs time to work out, so that the shelf is not locked meanwhile.
pub(super) struct Prepared<'d> {
    document: &'d Document,
    digest: u64,
    /// The words that it is found by, with the bits of their fields, and how many its name has; `None` when its texts are those
    /// that the shelf has.
    words: Option<(Vec<KnownWord>, u16)>,
    folded: String,
}

impl Prepared<'_> {
    /// Without `words`: its texts are those that the shelf has.
    pub fn of<'d>(document: &'d Document, digest: u64, words: Option<&Words>) -> Prepared<'d> {
        Prepared {
            document,
            digest,
            words: words.map(|words| (words.known(), words.of_name())),
            folded: text::folded(&document.name),
        }
    }
}

/// What a filter means on this shelf.
pub(super) struct Wanted {
    /// One of them must be among a product's categories.
    categories: Option<Vec<u32>>,
    /// `Some(None)`: a brand that no product has.
    brand: Option<Option<u32>>,
    lowest: i64,
    highest: i64,
    in_stock: bool,
    options: Vec<Option<u32>>,
    of_an_offer: bool,
}

impl Wanted {
    /// Whether a product counts: one of its variants must have all that is asked for.
    pub fn has(&self, row: &Row) -> bool {
        let category = self.categories.as_ref().is_none_or(|any| any.iter().any(|one| row.kinds.contains(one)));
        let brand = self.brand.is_none_or(|brand| brand.is_some_and(|brand| row.kinds.contains(&brand)));
        category && brand && (!self.of_an_offer || row.offers.iter().any(|offer| self.offers(offer)))
    }

    fn offers(&self, offer: &Offer) -> bool {
        (self.lowest..=self.highest).contains(&offer.price)
            && (!self.in_stock || offer.available.load(Relaxed) > 0)
            && self.options.iter().all(|option| option.is_some_and(|option| offer.options.contains(&option)))
    }
}

impl Shelf {
    pub fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    fn place(&self, id: ProductId) -> Option<usize> {
        let at = usize::try_from(id.raw()).ok()?;
        self.places.get(at).filter(|place| **place != NONE).map(|place| *place as usize)
    }

    pub fn row(&self, id: ProductId) -> Option<&Row> {
        self.rows.get(self.place(id)?)?.as_ref()
    }

    /// Puts a product in, or replaces it. Words that no product had are added to `new`.
    pub fn put(&mut self, prepared: Prepared<'_>, new: &mut Vec<Arc<Known>>) {
        let id = prepared.document.id;
        let words = prepared.words.iter().flat_map(|(words, _)| words);
        new.extend(words.filter_map(|(word, fields)| self.counts.add(word, *fields)));
        let row = self.row_of(prepared);
        let place = self.place(id).or_else(|| self.free.pop().map(|place| place as usize));
        let place = place.unwrap_or_else(|| {
            self.rows.push(None);
            self.rows.len() - 1
        });
        self.rows[place] = Some(row);
        let at = usize::try_from(id.raw()).unwrap_or(0);
        if self.places.len() <= at {
            self.places.resize(at + 1, NONE);
        }
        self.places[at] = u32::try_from(place).unwrap_or(NONE);
    }

    fn row_of(&mut self, prepared: Prepared<'_>) -> Row {
        let Prepared { document, digest, words, folded } = prepared;
        let before = self.row(document.id).map(|row| (row.sold, row.words)).unwrap_or_default();
        let sold = document.sold.unwrap_or(before.0);
        let words = words.map_or(before.1, |(_, of_name)| of_name);
        let mut kinds: Vec<u32> = document.brand.iter().map(|brand| self.kinds.brand(brand)).collect();
        let mut above = None;
        for (id, name) in &document.categories {
            above = Some(self.kinds.category(id.raw(), name, above));
            kinds.extend(above);
        }
        let mut offer = |offer: &crate::document::Offer| {
            let options = offer.options.iter().map(|(name, value)| self.kinds.option(name, value));
            let options: Box<[u32]> = options.collect();
            kinds.extend(options.iter().copied());
            let available = offer.available.into();
            Offer { variant: offer.variant, price: offer.price.as_minor(), available, options }
        };
        let offers: Box<[Offer]> = document.offers.iter().map(&mut offer).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut head = [0; HEAD];
        let most = folded.len().min(HEAD);
        head[..most].copy_from_slice(&folded.as_bytes()[..most]);
        let prices = || offers.iter().map(|offer| offer.price);
        let cheapest = prices().min().unwrap_or(0);
        let plain = document.name.is_ascii() && document.name.to_ascii_lowercase() == folded;
        Row {
            id: document.id,
            name: document.name.as_str().into(),
            folded: (!plain).then(|| folded.into()),
            head,
            kinds: kinds.into(),
            merit: rank::merit(sold, words),
            stock: document.offers.iter().map(|offer| offer.available).sum::<i64>().into(),
            cheapest,
            bucket: facets::bucket(cheapest),
            dearest: prices().max().unwrap_or(0),
            sold,
            created_at: document.created_at.as_millis(),
            digest,
            words,
            offers,
        }
    }

    pub fn remove(&mut self, id: ProductId) {
        let Some(place) = self.place(id) else { return };
        self.rows[place] = None;
        self.places[usize::try_from(id.raw()).unwrap_or(0)] = NONE;
        self.free.push(u32::try_from(place).unwrap_or(NONE));
    }

    /// Sets the stock of a variant. Gives whether that changes which products can be bought.
    pub fn set_units(&self, units: &Units) -> bool {
        let Some(row) = self.row(units.product) else { return false };
        let Some(offer) = row.offers.iter().find(|offer| offer.variant == units.variant) else { return false };
        let before = offer.available.swap(units.available, Relaxed);
        let stock = row.stock.fetch_add(units.available - before, Relaxed);
        let changes = |before: i64, now: i64| (before > 0) != (now > 0);
        changes(before, units.available) || changes(stock, stock + units.available - before)
    }

    /// What was sold of each product; nothing of the others.
    pub fn set_sold(&mut self, sold: &HashMap<ProductId, i64>) {
        for row in self.rows.iter_mut().flatten() {
            let now = sold.get(&row.id).copied().unwrap_or(0);
            if row.sold != now {
                row.sells(now);
            }
        }
    }

    /// What this filter means here.
    pub fn wanted(&self, filter: &Filter) -> Wanted {
        let Filter { usual, options } = filter;
        let money = |bound: Option<Money>, otherwise| bound.map_or(otherwise, Money::as_minor);
        let chosen = |category: &Choice| match category {
            Choice::Id(id) => self.kinds.find_category(id.raw()).into_iter().collect(),
            Choice::Words(words) => self.kinds.named(words),
        };
        Wanted {
            categories: usual.category.as_ref().map(chosen),
            brand: usual.brand.as_ref().map(|brand| self.kinds.find_brand(brand)),
            lowest: money(usual.min_price, i64::MIN),
            highest: money(usual.max_price, i64::MAX),
            in_stock: usual.in_stock,
            options: options.iter().map(|(name, value)| self.kinds.find_option(name, value)).collect(),
            of_an_offer: usual.in_stock
                || usual.min_price.is_some()
                || usual.max_price.is_some()
                || !options.is_empty(),
        }
    }
}
