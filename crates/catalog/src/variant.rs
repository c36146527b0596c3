//! Variants: the sellable units of a product. Options such as colour and size distinguish them.

use crate::text::{line, stored_sku, written};
use kernel::{Code, Detail, Error, Money, ProductId, Result, Timestamp, Together, VariantId, text};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};
use store::{Column, FromColumn};
use utoipa::ToSchema;

/// Most variants of one product: ten colours in ten sizes.
pub const VARIANTS_MAX: usize = 100;
/// Most options of one variant.
pub const OPTIONS_MAX: usize = 5;
/// Longest option name, in characters.
pub const OPTION_NAME_MAX: usize = 50;
/// Longest option value, in characters.
pub const OPTION_VALUE_MAX: usize = 100;
/// Longest variant name, in characters.
pub const NAME_MAX: usize = 200;
/// Between the values of options that name a variant.
const BETWEEN_VALUES: &str = " · ";

::store::text_enum! {
    /// Status of a variant.
    #[schema(as = VariantStatus)]
    #[derive(Deserialize)]
    pub enum Status {
        /// On sale while its product is on sale.
        Active = "ACTIVE",
        /// Taken off sale; may come back.
        Inactive = "INACTIVE",
        /// Deleted. The row stays because orders and stock refer to it.
        Discontinued = "DISCONTINUED",
    }
}

impl FromStr for Status {
    type Err = Error;
    fn from_str(text: &str) -> Result<Status> {
        Status::named(text).ok_or_else(|| text::wrong("status", "must be one of ACTIVE, INACTIVE, DISCONTINUED"))
    }
}

/// Distinguishes a variant from the product's other variants: option name → value, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({"color": "Navy", "size": "L"}))]
pub struct Options(pub BTreeMap<String, String>);

impl Options {
    /// The options without surrounding blanks; C002 when there are too many or one is blank or too long.
    pub fn checked(self) -> Result<Options> {
        if self.0.len() > OPTIONS_MAX {
            return Err(text::wrong("options", format!("must be at most {OPTIONS_MAX}")));
        }
        let mut names = BTreeSet::new();
        let checked = self.0.iter().map(|(name, value)| {
            let value = line(&format!("options.{name}"), value, OPTION_VALUE_MAX);
            let (name, value) = (line("options", name, OPTION_NAME_MAX), value).together()?;
            match names.insert(text::folded(&name)) {
                true => Ok((name, value)),
                false => Err(text::wrong("options", "must not name an option twice")),
            }
        });
        Ok(Options(checked.collect::<Vec<_>>().together()?.into_iter().collect()))
    }

    /// The form in which combinations are compared: `Size: L` and `size: l` are one.
    fn folded(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, value)| (text::folded(name), text::folded(value))).collect()
    }

    /// The stored form: JSON with sorted names, so that equal options are equal texts.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

impl FromColumn for Options {
    fn from_column(column: Column<'_>) -> Result<Options> {
        let text = String::from_column(column)?;
        serde_json::from_str(&text).map_err(|e| Code::Internal.error().caused_by(e))
    }
}

/// A variant as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    /// Its row.
    pub id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Unique for ever.
    pub sku: String,
    /// Shown after the product's name.
    pub name: Option<String>,
    /// What distinguishes the variant from the product's other variants.
    pub options: Options,
    /// Added to the product's current price; may be negative.
    pub price_adjustment: Money,
    /// What one unit costs now.
    pub price: Money,
    /// Where it is in its life.
    pub status: Status,
    /// Whether the product id alone means this variant.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The content of a variant, as a merchandiser writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    /// `None`: the shop draws a free one.
    pub sku: Option<String>,
    /// Shown after the product's name.
    pub name: Option<String>,
    /// What distinguishes it from the product's other variants.
    pub options: Options,
    /// Added to the product's current price; may be negative.
    pub price_adjustment: Money,
    /// ACTIVE or INACTIVE.
    pub status: Status,
    /// Whether it becomes the product's default variant.
    pub is_default: bool,
}

impl New {
    /// A variant without options and adjustment: the default of every product that is made without variants.
    pub fn plain(sku: &str) -> New {
        New {
            sku: Some(sku.to_owned()),
            name: None,
            options: Options::default(),
            price_adjustment: Money::ZERO,
            status: Status::Active,
            is_default: true,
        }
    }

    /// By what buyers would know it, with this sku.
    pub fn look<'a>(&self, sku: &'a str) -> Look<'a> {
        Look::of(sku, self.name.as_deref(), &self.options)
    }

    /// The content without surrounding blanks; C002 naming the field.
    pub fn checked(self) -> Result<New> {
        let status = match self.status {
            Status::Active | Status::Inactive => Ok(self.status),
            Status::Discontinued => {
                Err(text::wrong("status", "must be ACTIVE or INACTIVE; delete the variant to discontinue it"))
            }
        };
        let (sku, name, options, status) = (
            written(&self.sku).map(stored_sku).transpose(),
            written(&self.name).map(|name| line("name", name, NAME_MAX)).transpose(),
            self.options.checked(),
            status,
        )
            .together()?;
        Ok(New { sku, name, options, status, ..self })
    }
}

/// The first variants of a product that costs `base`, of which exactly one is the default. C002 and S004 naming each field that
/// is wrong, such as `variants[2].sku`.
pub(crate) fn all_checked(base: Money, given: Vec<New>) -> Result<Vec<New>> {
    if given.len() > VARIANTS_MAX {
        return Err(text::wrong("variants", format!("must be at most {VARIANTS_MAX}")));
    }
    let defaults = match given.iter().filter(|one| one.is_default).count() {
        0 | 1 => Ok(()),
        _ => Err(text::wrong("variants", "must not have more than one default")),
    };
    let checked = given.into_iter().enumerate().map(|(n, one)| {
        // without a price of the product there is none of its variants
        let price = if base.is_positive() { price(base, one.price_adjustment).map(drop) } else { Ok(()) };
        let (one, ()) = (one.checked(), price).together().map_err(|error| error.within(&format!("variants[{n}]")))?;
        Ok(one)
    });
    let (mut variants, ()) = (checked.collect::<Vec<_>>().together(), defaults).together()?;
    if !variants.iter().any(|one| one.is_default)
        && let Some(first) = variants.first_mut()
    {
        first.is_default = true;
    }
    Ok(variants)
}

/// The price of one unit when the product costs `base`: S004 when it would not be above zero.
pub fn price(base: Money, adjustment: Money) -> Result<Money> {
    let price = base.plus(adjustment)?;
    if price.is_positive() {
        Ok(price)
    } else {
        let detail = Detail::field("priceAdjustment", "must leave a price above 0");
        Err(Code::InvalidProductPrice.because("the adjustment leaves no price").with(detail))
    }
}

/// What a variant is called beside its product's name, wherever people read of it: its own name, else the values of its options.
/// `None` when it has neither. At most [`NAME_MAX`] characters, because the line of an order stores it.
pub fn called(name: Option<&str>, options: &Options) -> Option<String> {
    if let Some(name) = name.filter(|name| !text::is_blank(name)) {
        return Some(name.to_owned());
    }
    let values: Vec<&str> = options.0.values().map(String::as_str).collect();
    let joined = values.join(BETWEEN_VALUES);
    (!joined.is_empty()).then(|| match joined.char_indices().nth(NAME_MAX) {
        Some(_) => joined.chars().take(NAME_MAX - 1).chain(['…']).collect(),
        None => joined,
    })
}

/// By what buyers distinguish a variant from the other variants of its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look<'a> {
    pub sku: &'a str,
    name: String,
    options: BTreeMap<String, String>,
}

impl<'a> Look<'a> {
    /// The look of a variant with this sku.
    pub fn of(sku: &'a str, name: Option<&str>, options: &Options) -> Look<'a> {
        Look { sku, name: text::folded(name.unwrap_or_default()), options: options.folded() }
    }

    /// Whether a buyer sees a difference: an option that both have with different values, or the names when neither has any
    /// option. An option that one of them lacks is no difference, because choosing it does not say which one is meant.
    fn differs_from(&self, other: &Look<'_>) -> bool {
        if self.options.is_empty() && other.options.is_empty() {
            return self.name != other.name;
        }
        self.options.iter().any(|(name, value)| other.options.get(name).is_some_and(|theirs| theirs != value))
    }

    /// C019 naming one of `others` that a buyer cannot distinguish from this variant, and what to do.
    pub fn differs_from_all<'b>(&self, others: impl IntoIterator<Item = Look<'b>>) -> Result<()> {
        let Some(same) = others.into_iter().find(|other| !self.differs_from(other)) else { return Ok(()) };
        let sku = same.sku;
        let why = if self.options == same.options && !self.options.is_empty() {
            format!("variant {sku} has these options already")
        } else {
            format!(
                "nothing distinguishes it from variant {sku}: both need an option such as size, with different values"
            )
        };
        let detail = Detail::field("options", &why).with("sku", sku);
        Err(Code::Conflict.because(why).with(detail))
    }
}

impl Variant {
    /// What it is called beside its product's name.
    pub fn called(&self) -> Option<String> {
        called(self.name.as_deref(), &self.options)
    }

    /// By what buyers know it.
    pub fn look(&self) -> Look<'_> {
        Look::of(&self.sku, self.name.as_deref(), &self.options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn options(pairs: &[(&str, &str)]) -> Options {
        Options(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn equal_options_are_equal_texts() {
        let one = options(&[("size", "L"), ("color", "Navy")]).checked().unwrap();
        let other = options(&[("color", " Navy "), ("size", "L")]).checked().unwrap();
        assert_eq!(one.text(), other.text());
        assert_eq!(one.text(), r#"{"color":"Navy","size":"L"}"#);
    }

    #[test]
    fn strange_options_are_refused() {
        let many: Vec<_> = (0..6).map(|n| n.to_string()).collect();
        let many: Vec<_> = many.iter().map(|n| (n.as_str(), "x")).collect();
        for bad in
            [options(&many), options(&[("", "x")]), options(&[("size", " ")]), options(&[("a", "1"), (" a", "2")])]
        {
            assert_eq!(bad.checked().unwrap_err().code(), Code::InvalidInput);
        }
    }

    #[test]
    fn a_variant_is_called_by_its_name_else_by_the_values_of_its_options() {
        let navy = options(&[("색상", "네이비"), ("사이즈", "M")]);
        assert_eq!(called(Some("Navy, medium"), &navy).as_deref(), Some("Navy, medium"));
        for none in [None, Some(""), Some(" ")] {
            assert_eq!(called(none, &navy).as_deref(), Some("M · 네이비"));
            assert_eq!(called(none, &Options::default()), None);
        }
        let long: Vec<_> = (0..OPTIONS_MAX).map(|n| (n.to_string(), "넓".repeat(OPTION_VALUE_MAX))).collect();
        let long: Vec<_> = long.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let cut = called(None, &options(&long)).unwrap();
        assert!(cut.chars().count() == NAME_MAX && cut.ends_with('…'));
    }

    #[test]
    fn variants_that_look_the_same_are_refused() {
        let look = |name: Option<&str>, pairs: &[(&str, &str)]| Look::of("X", name, &options(pairs));
        let differ = |one: &Look<'_>, other: &Look<'_>| {
            let refused = one.differs_from_all([other.clone()]).map_err(|error| error.code());
            assert_eq!(refused, other.differs_from_all([one.clone()]).map_err(|error| error.code()));
            refused.is_ok()
        };
        let small = look(None, &[("size", "S")]);
        for same in
            [&[("Size", "s")][..], &[("ＳＩＺＥ", "S ")], &[], &[("color", "Red")], &[("color", "Red"), ("size", "S")]]
        {
            assert!(!differ(&small, &look(Some("other name"), same)), "{same:?}");
        }
        for other in [&[("size", "L")][..], &[("SIZE", "M"), ("color", "Red")]] {
            assert!(differ(&small, &look(None, other)), "{other:?}");
        }
        assert!(differ(&look(None, &[]), &look(Some("Large"), &[])));
        assert!(!differ(&look(Some("large "), &[]), &look(Some("Large"), &[])));
        assert!(options(&[("Size", "L"), ("size", "M")]).checked().is_err());
    }

    proptest! {
        #[test]
        fn a_variant_never_costs_nothing(base in 1_i64..1_000_000, adjustment in -2_000_000_i64..2_000_000) {
            match price(Money::minor(base), Money::minor(adjustment)) {
                Ok(price) => prop_assert!(price.is_positive() && price.as_minor() == base + adjustment),
                Err(_) => prop_assert!(base + adjustment <= 0),
            }
        }
    }
}
