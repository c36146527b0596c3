//! A product as searches see it: what it is found by, and what it is filtered and sorted by.

use crate::language::{Word, entries, words};
use kernel::{CategoryId, Money, ProductId, Timestamp, VariantId};
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

    /// The words of a field.
    pub fn words(&self, field: Field) -> Vec<Word> {
        self.texts(field).into_iter().flat_map(words).collect()
    }

    /// What the index finds a field by.
    pub fn entries(&self, field: Field) -> Vec<String> {
        let mut all: Vec<String> = self.texts(field).into_iter().flat_map(|text| entries(&words(text))).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Differs when its texts differ, so that what did not change is not written again.
    pub fn digest(&self) -> u64 {
        let mut hash = Sha256::new();
        for field in Field::ALL {
            for text in self.texts(field) {
                hash.update(text.as_bytes());
                hash.update([0]);
            }
            hash.update([1]);
        }
        let bytes = hash.finalize();
        u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }
}
