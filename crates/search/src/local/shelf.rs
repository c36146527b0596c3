//! What is filtered, counted and sorted by, in memory: one row for each product.

use crate::document::{Document, Field};
use crate::lexicon::Counts;
use crate::port::Units;
use crate::query::{Category, Filter};
use kernel::{Money, ProductId, VariantId, text};
use std::collections::{BTreeMap, HashMap};

/// No row, no brand.
const NONE: u32 = u32::MAX;

/// A product.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub id: ProductId,
    pub name: Box<str>,
    /// Its name as names are compared.
    pub folded: Box<str>,
    /// Words of its name.
    pub words: u16,
    /// Its number in [`Shelf::brands`].
    pub brand: Option<u32>,
    /// From the top.
    pub categories: Box<[i64]>,
    pub offers: Box<[OfferRow]>,
    pub sold: i64,
    pub created_at: i64,
    pub digest: u64,
    /// Its own and those of its variants, folded.
    skus: Box<[Box<str>]>,
}

/// A variant on sale.
#[derive(Debug, Clone)]
pub(super) struct OfferRow {
    pub variant: VariantId,
    pub price: i64,
    pub available: i64,
    /// Numbers in [`Shelf::options`].
    pub options: Box<[u32]>,
}

impl Row {
    pub fn stock(&self) -> i64 {
        self.offers.iter().map(|offer| offer.available).sum()
    }

    pub fn cheapest(&self) -> i64 {
        self.offers.iter().map(|offer| offer.price).min().unwrap_or(0)
    }

    pub fn dearest(&self) -> i64 {
        self.offers.iter().map(|offer| offer.price).max().unwrap_or(0)
    }
}

/// Texts with numbers; the first spelling of each is shown.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    numbers: HashMap<Box<str>, u32>,
    shown: Vec<Box<str>>,
}

impl Numbered {
    fn of(&mut self, folded: &str, shown: &str) -> u32 {
        if let Some(number) = self.numbers.get(folded) {
            return *number;
        }
        let number = u32::try_from(self.shown.len()).unwrap_or(NONE);
        self.numbers.insert(folded.into(), number);
        self.shown.push(shown.into());
        number
    }

    pub fn find(&self, folded: &str) -> Option<u32> {
        self.numbers.get(folded).copied()
    }

    pub fn shown(&self, number: u32) -> &str {
        self.shown.get(number as usize).map_or("", |shown| shown)
    }

    pub fn len(&self) -> usize {
        self.shown.len()
    }
}

/// A category as products name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub name: String,
    pub parent: Option<i64>,
}

/// Every product.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Row numbers by product id: ids are given out one after the other.
    places: Vec<u32>,
    rows: Vec<Option<Row>>,
    free: Vec<u32>,
    pub counts: Counts,
    pub brands: Numbered,
    /// `name \0 value`.
    pub options: Numbered,
    pub categories: HashMap<i64, Named>,
    /// Folded skus of products and variants.
    skus: BTreeMap<Box<str>, ProductId>,
}

/// Between the name and the value of an option.
const BETWEEN: char = '\0';

/// An option as it is numbered.
fn option_key(name: &str, value: &str) -> String {
    format!("{name}{BETWEEN}{value}")
}

/// What a filter means on this shelf.
pub(super) struct Wanted {
    /// One of them must be among a product's categories.
    categories: Option<Vec<i64>>,
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
        let category = self.categories.as_ref().is_none_or(|any| any.iter().any(|id| row.categories.contains(id)));
        let brand = self.brand.is_none_or(|brand| brand.is_some() && row.brand == brand);
        category && brand && (!self.of_an_offer || row.offers.iter().any(|offer| self.offers(offer)))
    }

    fn offers(&self, offer: &OfferRow) -> bool {
        (self.lowest..=self.highest).contains(&offer.price)
            && (!self.in_stock || offer.available > 0)
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

    fn row_mut(&mut self, id: ProductId) -> Option<&mut Row> {
        let place = self.place(id)?;
        self.rows.get_mut(place)?.as_mut()
    }

    /// Puts a product in, or replaces it. Gives whether a word is new.
    pub fn put(&mut self, document: &Document, digest: u64) -> bool {
        let before = self.row(document.id).map(|row| row.digest);
        let mut new = false;
        if before != Some(digest) {
            for field in [Field::Name, Field::Brand, Field::Category, Field::Options] {
                for word in document.words(field) {
                    new |= self.counts.add(&word.folded, field.bit());
                }
            }
        }
        self.forget_skus(document.id);
        let row = self.row_of(document, digest);
        self.skus.extend(row.skus.iter().map(|sku| (sku.clone(), document.id)));
        let place = self.place(document.id).or_else(|| self.free.pop().map(|place| place as usize));
        let place = place.unwrap_or_else(|| {
            self.rows.push(None);
            self.rows.len() - 1
        });
        self.rows[place] = Some(row);
        let at = usize::try_from(document.id.raw()).unwrap_or(0);
        if self.places.len() <= at {
            self.places.resize(at + 1, NONE);
        }
        self.places[at] = u32::try_from(place).unwrap_or(NONE);
        new
    }

    fn row_of(&mut self, document: &Document, digest: u64) -> Row {
        let sold = document.sold.unwrap_or_else(|| self.row(document.id).map_or(0, |row| row.sold));
        let mut above = None;
        for (id, name) in &document.categories {
            self.categories.insert(id.raw(), Named { name: name.clone(), parent: above });
            above = Some(id.raw());
        }
        let brand = document.brand.as_deref().map(|brand| self.brands.of(&text::folded(brand), brand));
        let options = &mut self.options;
        let mut offer = |offer: &crate::document::Offer| OfferRow {
            variant: offer.variant,
            price: offer.price.as_minor(),
            available: offer.available,
            options: {
                let number = |(name, value): &(String, String)| {
                    options.of(&option_key(&text::folded(name), &text::folded(value)), &option_key(name, value))
                };
                offer.options.iter().map(number).collect()
            },
        };
        let skus = std::iter::once(&document.sku).chain(document.offers.iter().map(|offer| &offer.sku));
        let mut skus: Vec<Box<str>> = skus.map(|sku| text::folded(sku).into()).collect();
        skus.sort_unstable();
        skus.dedup();
        Row {
            skus: skus.into(),
            id: document.id,
            name: document.name.as_str().into(),
            folded: text::folded(&document.name).into(),
            words: u16::try_from(document.words(Field::Name).len()).unwrap_or(u16::MAX),
            brand,
            categories: document.categories.iter().map(|(id, _)| id.raw()).collect(),
            offers: document.offers.iter().map(&mut offer).collect(),
            sold,
            created_at: document.created_at.as_millis(),
            digest,
        }
    }

    pub fn remove(&mut self, id: ProductId) {
        let Some(place) = self.place(id) else { return };
        self.forget_skus(id);
        self.rows[place] = None;
        self.places[usize::try_from(id.raw()).unwrap_or(0)] = NONE;
        self.free.push(u32::try_from(place).unwrap_or(NONE));
    }

    fn forget_skus(&mut self, id: ProductId) {
        let skus = self.row_mut(id).map(|row| std::mem::take(&mut row.skus)).unwrap_or_default();
        for sku in skus {
            if self.skus.get(&sku) == Some(&id) {
                self.skus.remove(&sku);
            }
        }
    }

    pub fn set_units(&mut self, units: &Units) {
        let Some(row) = self.row_mut(units.product) else { return };
        if let Some(offer) = row.offers.iter_mut().find(|offer| offer.variant == units.variant) {
            offer.available = units.available;
        }
    }

    pub fn add_sold(&mut self, id: ProductId, units: i64) {
        if let Some(row) = self.row_mut(id) {
            row.sold = row.sold.saturating_add(units).max(0);
        }
    }

    /// The products whose sku, or one of whose variants', begins so; and whether it is the whole sku.
    pub fn with_sku(&self, folded: &str, most: usize) -> Vec<(ProductId, bool)> {
        let from = self.skus.range::<str, _>((std::ops::Bound::Included(folded), std::ops::Bound::Unbounded));
        let begin = from.take_while(|(sku, _)| sku.starts_with(folded)).take(most);
        begin.map(|(sku, id)| (*id, **sku == *folded)).collect()
    }

    /// What this filter means here.
    pub fn wanted(&self, filter: &Filter) -> Wanted {
        let money = |bound: Option<Money>, otherwise| bound.map_or(otherwise, Money::as_minor);
        let option = |(name, value): &(String, String)| {
            self.options.find(&option_key(&text::folded(name), &text::folded(value)))
        };
        Wanted {
            categories: filter.category.as_ref().map(|category| self.chosen(category)),
            brand: filter.brand.as_ref().map(|brand| self.brands.find(&text::folded(brand))),
            lowest: money(filter.min_price, i64::MIN),
            highest: money(filter.max_price, i64::MAX),
            in_stock: filter.in_stock,
            options: filter.options.iter().map(option).collect(),
            of_an_offer: filter.in_stock
                || filter.min_price.is_some()
                || filter.max_price.is_some()
                || !filter.options.is_empty(),
        }
    }

    fn chosen(&self, category: &Category) -> Vec<i64> {
        match category {
            Category::Id(id) => vec![id.raw()],
            Category::Words(words) => {
                let wanted: Vec<String> = words.split('>').map(text::folded).collect();
                let is = |id: &i64| match &wanted[..] {
                    [name] => self.categories.get(id).is_some_and(|it| text::folded(&it.name) == *name),
                    path => self.path(*id).iter().map(|name| text::folded(name)).eq(path.iter().cloned()),
                };
                self.categories.keys().copied().filter(is).collect()
            }
        }
    }

    /// The names from the top.
    pub fn path(&self, id: i64) -> Vec<&str> {
        let above = |id: &i64| self.categories.get(id)?.parent;
        let upwards = std::iter::successors(Some(id), above).take(16);
        let mut names: Vec<&str> =
            upwards.filter_map(|id| self.categories.get(&id)).map(|named| named.name.as_str()).collect();
        names.reverse();
        names
    }

    /// The name and the value of an option.
    pub fn option(&self, number: u32) -> (&str, &str) {
        self.options.shown(number).split_once(BETWEEN).unwrap_or_default()
    }
}
