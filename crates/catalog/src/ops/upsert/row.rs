//! What a row of an import says about a product.

use crate::product::Status;
use crate::variant::{self, Options, Variant};
use kernel::{CategoryId, Money};

/// What a row says about a field that a product may lack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// Nothing: the product keeps what it has.
    #[default]
    Absent,
    /// The field becomes empty.
    Cleared,
    Value(T),
}

impl<T> Given<T> {
    /// The field of a product that had `before`.
    pub(crate) fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Given::Absent => before,
            Given::Cleared => None,
            Given::Value(value) => Some(value),
        }
    }

    /// Whether the row says nothing about the field.
    pub fn is_absent(&self) -> bool {
        matches!(self, Given::Absent)
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Given::Value(value) => Some(value),
            Given::Absent | Given::Cleared => None,
        }
    }
}

/// The images that a row says a product has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gallery {
    /// The image that is shown first. The others of a stored product stay.
    First(String),
    /// All of them, in order.
    Whole(Vec<String>),
}

impl Gallery {
    /// The addresses that it names.
    pub fn urls(&self) -> &[String] {
        match self {
            Gallery::First(url) => std::slice::from_ref(url),
            Gallery::Whole(urls) => urls,
        }
    }
}

/// One row of an import. Fields that an existing product has and the row omits stay unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Finds the product to change, or the variant; an unknown sku makes a new product.
    pub sku: String,
    /// Required for a new product.
    pub name: Option<String>,
    /// Required for a new product.
    pub price: Option<Money>,
    pub sale_price: Given<Money>,
    pub description: Given<String>,
    pub category_id: Given<CategoryId>,
    pub brand: Given<String>,
    /// Whether its price contains no value added tax.
    pub tax_free: Option<bool>,
    pub images: Given<Gallery>,
    /// The status that the product gets. DISCONTINUED deletes an existing product.
    pub status: Option<Status>,
    /// The status of a new product whose row names none; ACTIVE when absent.
    pub status_of_new: Option<Status>,
    /// Whether an order of the product is not finished; such a product is not deleted (S009).
    pub has_live_orders: bool,
    /// Variants to add or change by their sku. Existing variants that are not named stay.
    pub variants: Vec<VariantRow>,
}

impl Row {
    /// Whether the row says nothing that only a whole product has.
    pub(crate) fn is_of_a_variant(&self) -> bool {
        self.name.is_none()
            && self.sale_price.is_absent()
            && self.description.is_absent()
            && self.category_id.is_absent()
            && self.brand.is_absent()
            && self.tax_free.is_none()
            && self.images.is_absent()
            && self.variants.is_empty()
    }
}

/// A variant in a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VariantRow {
    pub sku: String,
    pub name: Given<String>,
    pub options: Given<Options>,
    pub price_adjustment: Option<Money>,
    /// What it costs without a sale, where the row says that instead of an adjustment.
    pub price: Option<Money>,
    /// What it costs in the product's sale. Only the first variant of a row has it, because all have the same reduction.
    pub sale_price: Given<Money>,
    pub status: Option<variant::Status>,
    /// Whether it becomes the default variant; an existing one stays it until another becomes it.
    pub is_default: bool,
}

impl VariantRow {
    /// The variant that is stored, when it was `before`.
    pub(crate) fn over(self, before: Option<&Variant>) -> variant::New {
        let was = before.cloned().map(variant::New::from);
        let was = was.unwrap_or(variant::New { is_default: false, ..variant::New::plain(&self.sku) });
        variant::New {
            // the stored spelling stays
            sku: before.map(|before| before.sku.clone()).or(Some(self.sku)),
            name: self.name.over(was.name),
            options: self.options.over(Some(was.options)).unwrap_or_default(),
            price_adjustment: self.price_adjustment.unwrap_or(was.price_adjustment),
            status: self.status.unwrap_or(was.status),
            is_default: self.is_default || was.is_default,
        }
    }
}
