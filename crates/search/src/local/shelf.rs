//! What is filtered, counted and sorted by, in memory: one row for each product.

use super::facets;
use super::kinds::{Kinds, Sets};
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

/// What a search reads of every product that it finds. It is small, and those of all products lie one behind the other.
#[derive(Debug)]
pub(super) struct Front {
    /// How its name begins as names are compared, filled up with zeros.
    head: u64,
    pub cheapest: i64,
    /// Of all variants. An order changes it beside searches.
    stock: AtomicI64,
    /// What it has beside the words of a search, whatever they are.
    pub merit: f32,
    /// Its brand, its categories and the values of its options, as one of [`Shelf::sets`].
    pub set: u32,
    /// Where its cheapest price is counted.
    pub bucket: u16,
    has_offers: bool,
}

impl Front {
    pub fn stock(&self) -> i64 {
        self.stock.load(Relaxed)
    }
}

/// The rest of a product.
#[derive(Debug)]
pub(super) struct Row {
    pub id: ProductId,
    pub name: Box<str>,
    /// Its name as names are compared; `None` when only ASCII letters differ, by their case.
    folded: Option<Box<str>>,
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
    /// One of [`Shelf::sets`].
    options: u32,
}

impl Row {
    /// What follows in its name after this text.
    fn after(&self, folded: &str) -> Option<&str> {
        match &self.folded {
            Some(own) => own.strip_prefix(folded),
            None => {
                let (begin, rest) = self.name.split_at_checked(folded.len())?;
                begin.eq_ignore_ascii_case(folded).then_some(rest)
            }
        }
    }

    fn sells(&mut self, sold: i64) {
        self.sold = sold.max(0);
    }
}

/// The first bytes of a text as one number.
fn head(folded: &str) -> u64 {
    let (mut head, most) = ([0; HEAD], folded.len().min(HEAD));
    head[..most].copy_from_slice(&folded.as_bytes()[..most]);
    u64::from_le_bytes(head)
}

/// A text with which names may begin.
pub(super) struct Beginning<'t> {
    folded: &'t str,
    head: u64,
    /// The bytes of a head that it has.
    mask: u64,
}

impl<'t> Beginning<'t> {
    pub fn of(folded: &'t str) -> Beginning<'t> {
        let bits = 8 * u32::try_from(HEAD - folded.len().min(HEAD)).unwrap_or(0);
        Beginning { folded, head: head(folded), mask: u64::MAX.checked_shr(bits).unwrap_or(0) }
    }
}

/// Every product, at a place of its own.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Places by product id: ids are given out one after the other.
    places: Vec<u32>,
    fronts: Vec<Front>,
    rows: Vec<Option<Row>>,
    free: Vec<u32>,
    pub counts: Counts,
    pub kinds: Kinds,
    pub sets: Sets,
}

/// A product on the shelf.
#[derive(Clone, Copy)]
pub(super) struct Item<'s> {
    shelf: &'s Shelf,
    pub id: i64,
    place: u32,
    pub front: &'s Front,
}

impl<'s> Item<'s> {
    /// What else there is of it: further away in memory.
    pub fn row(&self) -> Option<&'s Row> {
        self.shelf.rows[self.place as usize].as_ref()
    }

    /// What follows in its name after this text.
    pub fn after(&self, text: &Beginning<'_>) -> Option<&'s str> {
        if (self.front.head ^ text.head) & text.mask != 0 {
            return None;
        }
        self.row()?.after(text.folded)
    }
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

impl Shelf {
    pub fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    /// Every product, ascending by id.
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        (0..self.places.len()).filter_map(|id| self.item(i64::try_from(id).unwrap_or(-1)))
    }

    pub fn item(&self, id: i64) -> Option<Item<'_>> {
        let place = *self.places.get(usize::try_from(id).ok()?)?;
        Some(Item { shelf: self, id, place, front: self.fronts.get(place as usize)? })
    }

    pub fn row(&self, id: ProductId) -> Option<&Row> {
        self.item(id.raw())?.row()
    }

    /// Puts a product in, or replaces it. Words that no product had are added to `new`.
    pub fn put(&mut self, prepared: Prepared<'_>, new: &mut Vec<Arc<Known>>) {
        let id = prepared.document.id;
        let words = prepared.words.iter().flat_map(|(words, _)| words);
        new.extend(words.filter_map(|(word, fields)| self.counts.add(word, *fields)));
        let (front, row) = self.product(prepared);
        let place = self.item(id.raw()).map(|item| item.place).or_else(|| self.free.pop());
        if let Some(place) = place {
            (self.fronts[place as usize], self.rows[place as usize]) = (front, Some(row));
        } else {
            self.fronts.push(front);
            self.rows.push(Some(row));
        }
        let at = usize::try_from(id.raw()).unwrap_or(0);
        if self.places.len() <= at {
            self.places.resize(at + 1, NONE);
        }
        self.places[at] = place.unwrap_or_else(|| u32::try_from(self.rows.len() - 1).unwrap_or(NONE));
    }

    fn product(&mut self, prepared: Prepared<'_>) -> (Front, Row) {
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
            let options: Vec<u32> = options.collect();
            kinds.extend(options.iter().copied());
            let (price, available) = (offer.price.as_minor(), offer.available.into());
            Offer { variant: offer.variant, price, available, options: self.sets.number(options) }
        };
        let offers: Box<[Offer]> = document.offers.iter().map(&mut offer).collect();
        let prices = || offers.iter().map(|offer| offer.price);
        let cheapest = prices().min().unwrap_or(0);
        let front = Front {
            head: head(&folded),
            cheapest,
            stock: document.offers.iter().map(|offer| offer.available).sum::<i64>().into(),
            merit: rank::merit(sold, words),
            set: self.sets.number(kinds),
            bucket: facets::bucket(cheapest),
            has_offers: !offers.is_empty(),
        };
        let row = Row {
            id: document.id,
            name: document.name.as_str().into(),
            folded: (!document.name.eq_ignore_ascii_case(&folded)).then(|| folded.into()),
            dearest: prices().max().unwrap_or(0),
            sold,
            created_at: document.created_at.as_millis(),
            digest,
            words,
            offers,
        };
        (front, row)
    }

    pub fn remove(&mut self, id: ProductId) {
        let Some(place) = self.item(id.raw()).map(|item| item.place) else { return };
        self.rows[place as usize] = None;
        self.places[usize::try_from(id.raw()).unwrap_or(0)] = NONE;
        self.free.push(place);
    }

    /// Sets the stock of a variant. Gives whether that changes which products can be bought.
    pub fn set_units(&self, units: &Units) -> bool {
        let Some(item) = self.item(units.product.raw()) else { return false };
        let offers = item.row().into_iter().flat_map(|row| &row.offers);
        let Some(offer) = offers.into_iter().find(|offer| offer.variant == units.variant) else { return false };
        let before = offer.available.swap(units.available, Relaxed);
        let stock = item.front.stock.fetch_add(units.available - before, Relaxed);
        let changes = |before: i64, now: i64| (before > 0) != (now > 0);
        changes(before, units.available) || changes(stock, stock + units.available - before)
    }

    /// What was sold of each product; nothing of the others.
    pub fn set_sold(&mut self, sold: &HashMap<ProductId, i64>) {
        for (row, front) in self.rows.iter_mut().zip(&mut self.fronts) {
            let Some(row) = row else { continue };
            let now = sold.get(&row.id).copied().unwrap_or(0);
            if row.sold != now {
                row.sells(now);
                front.merit = rank::merit(row.sold, row.words);
            }
        }
    }
}

/// What a filter means on a shelf.
pub(super) struct ShelfQuery<'s> {
    sets: &'s Sets,
    /// One of them must be among a product's categories.
    categories: Option<Vec<u32>>,
    /// `Some(None)`: a brand that no product has.
    brand: Option<Option<u32>>,
    lowest: i64,
    highest: i64,
    in_stock: bool,
    options: Vec<Option<u32>>,
}

impl ShelfQuery<'_> {
    /// What this filter means here.
    pub fn of<'s>(filter: &Filter, shelf: &'s Shelf) -> ShelfQuery<'s> {
        let (Filter { usual, options }, kinds) = (filter, &shelf.kinds);
        let money = |bound: Option<Money>, otherwise| bound.map_or(otherwise, Money::as_minor);
        let chosen = |category: &Choice| match category {
            Choice::Id(id) => kinds.find_category(id.raw()).into_iter().collect(),
            Choice::Words(words) => kinds.named(words),
        };
        ShelfQuery {
            sets: &shelf.sets,
            categories: usual.category.as_ref().map(chosen),
            brand: usual.brand.as_ref().map(|brand| kinds.find_brand(brand)),
            lowest: money(usual.min_price, i64::MIN),
            highest: money(usual.max_price, i64::MAX),
            in_stock: usual.in_stock,
            options: options.iter().map(|(name, value)| kinds.find_option(name, value)).collect(),
        }
    }

    /// Whether a product counts: one of its variants must have all that is asked for. Most products are decided by their fronts.
    pub fn has(&self, item: &Item<'_>) -> bool {
        let front = item.front;
        if self.categories.is_some() || self.brand.is_some() || !self.options.is_empty() {
            let kinds = self.sets.kinds(front.set);
            let category = self.categories.as_ref().is_none_or(|any| any.iter().any(|one| kinds.contains(one)));
            let brand = self.brand.is_none_or(|brand| brand.is_some_and(|brand| kinds.contains(&brand)));
            if !category || !brand || !self.has_options(kinds) {
                return false;
            }
        }
        let whatever = self.options.is_empty() && !self.in_stock;
        let unbounded = self.lowest == i64::MIN && self.highest == i64::MAX;
        if whatever && (unbounded || front.has_offers && (self.lowest..=self.highest).contains(&front.cheapest)) {
            return true;
        }
        front.cheapest <= self.highest
            && item.row().is_some_and(|row| row.offers.iter().any(|offer| self.offers(offer)))
    }

    fn has_options(&self, kinds: &[u32]) -> bool {
        self.options.iter().all(|option| option.is_some_and(|option| kinds.contains(&option)))
    }

    fn offers(&self, offer: &Offer) -> bool {
        (self.lowest..=self.highest).contains(&offer.price)
            && (!self.in_stock || offer.available.load(Relaxed) > 0)
            && self.has_options(self.sets.kinds(offer.options))
    }
}
