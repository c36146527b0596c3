//! A product as searches see it: what it is found by, and what it is filtered and sorted by.

use crate::language::{Stems, Word, entries, words};
use kernel::{CategoryId, Money, ProductId, Timestamp, VariantId, text};
use sha2::{Digest, Sha256};

/// The texts by which a product is found, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Brand,
    Category,
    Options,
    Description,
}

impl Field {
    pub const ALL: [Field; 5] = [Field::Name, Field::Brand, Field::Category, Field::Options, Field::Description];

    /// How much a word counts that is found here.
    pub const fn weight(self) -> f32 {
        match self {
            Field::Name => 1.0,
            Field::Brand => 0.9,
            Field::Category => 0.7,
            Field::Options => 0.5,
            Field::Description => 0.3,
        }
    }

    /// Its bit in a set of fields.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Every field.
pub const EVERY_FIELD: u8 = 0b1_1111;

/// A variant that is on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub variant: VariantId,
    pub sku: String,
    pub price: Money,
    /// Units that can be sold now.
    pub available: i64,
    /// Option name and value, such as `color` and `Navy`.
    pub options: Vec<(String, String)>,
}

/// A product that is on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub id: ProductId,
    pub sku: String,
    pub name: String,
    pub brand: Option<String>,
    /// From the top to its own category.
    pub categories: Vec<(CategoryId, String)>,
    pub description: Option<String>,
    pub offers: Vec<Offer>,
    /// Units that were sold lately; `None` leaves what the index has.
    pub sold: Option<i64>,
    pub created_at: Timestamp,
}

impl Document {
    /// Its texts in a field.
    pub fn texts(&self, field: Field) -> Vec<&str> {
        match field {
            Field::Name => vec![&self.name],
            Field::Brand => self.brand.iter().map(String::as_str).collect(),
            Field::Category => self.categories.iter().map(|(_, name)| name.as_str()).collect(),
            Field::Options => {
                let mut values: Vec<&str> =
                    self.offers.iter().flat_map(|offer| &offer.options).map(|(_, value)| value.as_str()).collect();
                values.sort_unstable();
                values.dedup();
                values
            }
            Field::Description => self.description.iter().map(String::as_str).collect(),
        }
    }

    /// The words of all its texts.
    pub fn words(&self) -> Words {
        Words(Field::ALL.map(|field| self.texts(field).into_iter().map(words).collect()))
    }

    /// Its own sku and those of its variants, as they are compared.
    pub fn skus(&self) -> Vec<String> {
        let skus = std::iter::once(&self.sku).chain(self.offers.iter().map(|offer| &offer.sku));
        let mut skus: Vec<String> = skus.map(|sku| text::folded(sku)).collect();
        skus.sort_unstable();
        skus.dedup();
        skus
    }

    /// Differs when its texts or its skus differ, so that what did not change is not written again.
    pub fn digest(&self) -> u64 {
        let mut hash = Sha256::new();
        for field in Field::ALL {
            for text in self.texts(field) {
                hash.update(text.as_bytes());
                hash.update([0]);
            }
            hash.update([1]);
        }
        for sku in std::iter::once(&self.sku).chain(self.offers.iter().map(|offer| &offer.sku)) {
            hash.update(sku.as_bytes());
            hash.update([0]);
        }
        let bytes = hash.finalize();
        u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }
}

/// A word with the bits of the fields that have it.
pub type KnownWord = (Box<str>, u8);

/// The words of a product, by field and text.
#[derive(Debug, Clone)]
pub struct Words([Vec<Vec<Word>>; 5]);

impl Words {
    /// What the index finds a field by.
    pub fn entries(&self, field: Field, stems: &mut Stems) -> Vec<String> {
        let mut all: Vec<String> = self.0[field as usize].iter().flat_map(|words| entries(words, stems)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The words that people may mean, each once with the bits of its fields. Descriptions say too much to be meant.
    pub fn known(&self) -> Vec<KnownWord> {
        let mut all: Vec<KnownWord> = Vec::new();
        for field in Field::ALL.into_iter().filter(|field| *field != Field::Description) {
            let words = self.0[field as usize].iter().flatten();
            all.extend(words.map(|word| (word.folded.as_str().into(), field.bit())));
        }
        all.sort_unstable();
        all.dedup_by(|next, one| {
            let same = next.0 == one.0;
            one.1 |= if same { next.1 } else { 0 };
            same
        });
        all
    }

    /// How many the name has.
    pub fn of_name(&self) -> u16 {
        let words = self.0[Field::Name as usize].iter().flatten().count();
        u16::try_from(words).unwrap_or(u16::MAX)
    }
}
