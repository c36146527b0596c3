//! The bodies of requests, and their conversion to the types of the domains.

use catalog::ops::{ItemRef, categories, products};
use catalog::product::{Author, Content, New, Status};
use catalog::variant::{self, Options};
use inventory::stock::checked_field;
use inventory::{Amount, Decision, Seen};
use kernel::{CategoryId, Money, ProductId, Quantity, Result, Together, VariantId, text};
use serde::Deserialize;
use store::Tx;
use utoipa::ToSchema;
use web::{Checked, IfMatch};

/// Most lines of one verification; a cart has fewer.
pub const VERIFY_MAX: usize = 500;
/// Most ids in a request for many variants (docs/RULES.md).
pub const BULK_MAX: usize = 100;

/// A product to make, or to rewrite as a whole.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveProduct {
    /// 1 to 100 characters, unique for ever; drawn when absent. It cannot be changed later.
    #[serde(default)]
    pub sku: Option<String>,
    /// 1 to 200 characters; unique among products that are not deleted.
    pub name: String,
    /// At most 2,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// Above 0.
    pub price: Money,
    /// Above 0, at most `price`.
    #[serde(default)]
    pub sale_price: Option<Money>,
    /// A path such as `Apparel > Topwear`. An administrator's unknown path is made, a seller's is refused.
    #[serde(default)]
    pub category: Option<String>,
    /// Instead of `category`.
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    /// At most 100 characters.
    #[serde(default)]
    pub brand: Option<String>,
    /// The first image: an address or a path.
    #[serde(default)]
    pub image_url: Option<String>,
    /// The whole gallery, at most 20.
    #[serde(default)]
    pub images: Option<Vec<String>>,
    /// Whether its price contains no value added tax.
    #[serde(default)]
    pub tax_free: bool,
    /// Units that a new product is opened with (0 when absent). Rewriting never changes stock: absent or the stock of this
    /// moment, else refused.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub stock: Option<i64>,
    /// DRAFT, ACTIVE (when absent) or INACTIVE. Only for a new product.
    #[serde(default)]
    pub status: Option<Status>,
    /// Only for a new product; without any it gets one default variant.
    #[serde(default)]
    pub variants: Option<Vec<SaveVariant>>,
    /// The version that is rewritten; or send `If-Match`.
    #[serde(default)]
    pub version: Option<i64>,
}

/// A variant to make or to rewrite as a whole.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveVariant {
    /// 1 to 100 characters, unique for ever; drawn when absent. It cannot be changed later.
    #[serde(default)]
    pub sku: Option<String>,
    /// At most 200 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// At most 5, such as `{"color": "Navy", "size": "L"}`.
    #[serde(default)]
    pub options: Options,
    /// Added to the product's current price; may be negative.
    #[serde(default)]
    pub price_adjustment: Money,
    /// Units a new variant is opened with (0 when absent). Rewriting never changes stock: absent or the stock of this
    /// moment, else refused.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub stock: Option<i64>,
    /// ACTIVE (when absent) or INACTIVE.
    #[serde(default)]
    pub status: Option<variant::Status>,
    /// Whether the product id alone shall mean this variant.
    #[serde(default)]
    pub is_default: bool,
    /// The version of the product; or send `If-Match`.
    #[serde(default)]
    pub version: Option<i64>,
}

/// How many units shall be available: `delta`, or `stock` with what it was decided on. What orders hold stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetStock {
    /// Units that can be sold from now on; needs `expected`, `version` or `If-Match`.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub stock: Option<i64>,
    /// Instead of `stock`: so many more, or fewer when negative; not 0.
    #[serde(default)]
    pub delta: Option<i64>,
    /// The stock that it was decided on; refused when it is another one by now.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub expected: Option<i64>,
    /// The `stockVersion` that it was decided on; or send `If-Match`.
    #[serde(default)]
    pub version: Option<i64>,
    /// Of which variant; may be absent for a product with one variant.
    #[serde(default)]
    pub variant_id: Option<VariantId>,
    /// The sku of that variant, instead of its id.
    #[serde(default)]
    pub sku: Option<String>,
}

/// The change of stock that a request asks for. C002 unless it names either a change, or an amount with what it was decided
/// on.
pub(crate) fn decision(to: Option<i64>, by: Option<i64>, seen: Seen) -> Result<Decision> {
    let amount = match (to, by) {
        (Some(_), Some(_)) => return Err(text::wrong("delta", "and stock must not both be given")),
        (None, None) => return Err(text::wrong("stock", "or delta must be given")),
        (None, Some(delta)) => Amount::By(delta),
        (Some(_), None) if seen == Seen::default() => {
            let message = "must be given with stock: the stock that it was decided on; or send its version, or delta";
            return Err(text::wrong("expected", message));
        }
        (Some(units), None) => Amount::To(checked_field("stock", units)?),
    };
    Ok(Decision { amount, seen })
}

impl SetStock {
    /// The change; see [`decision`].
    pub(crate) fn decision(&self, if_match: IfMatch) -> Result<Decision> {
        decision(self.stock, self.delta, Seen { available: self.expected, version: if_match.or(self.version)? })
    }
}

impl Checked for SetStock {
    fn check(&self) -> Result<()> {
        // a version in the header would be as good
        self.decision(IfMatch(self.version.or(Some(0)))).map(drop)
    }
}

/// Lines to verify.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verify {
    /// 1 to 500 lines.
    pub items: Vec<VerifyItem>,
}

impl Checked for Verify {
    fn check(&self) -> Result<()> {
        verifiable(&self.items)
    }
}

/// C002 unless there are 1 to [`VERIFY_MAX`] lines, each of which names something.
pub(crate) fn verifiable(items: &[VerifyItem]) -> Result<()> {
    let named = items.iter().enumerate().map(|(n, item)| item.item_ref().checked(&format!("items[{n}].")));
    (size("items", items.len(), VERIFY_MAX), named.collect::<Vec<_>>().together()).together().map(drop)
}

/// A line to verify: a product or a variant of it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyItem {
    /// The product; alone it means its default variant.
    #[serde(default)]
    pub product_id: Option<ProductId>,
    /// The variant.
    #[serde(default)]
    pub variant_id: Option<VariantId>,
    /// How many units.
    pub quantity: Quantity,
}

/// Which variants another service wants to know about.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ByIds {
    /// 1 to 100 ids; unknown ones are missing in the answer.
    #[serde(alias = "ids")]
    pub variant_ids: Vec<VariantId>,
}

impl Checked for ByIds {
    fn check(&self) -> Result<()> {
        size("variantIds", self.variant_ids.len(), BULK_MAX)
    }
}

/// C002 unless a list has 1 to `max` entries.
pub(crate) fn size(field: &str, len: usize, max: usize) -> Result<()> {
    match len {
        0 => Err(text::wrong(field, "must not be empty")),
        len if len > max => Err(text::wrong(field, format!("must be at most {max}"))),
        _ => Ok(()),
    }
}

impl SaveProduct {
    /// The data for the catalogue. Looks up a category given by path, and creates it if `author` may.
    pub(crate) fn content(&self, tx: &mut Tx<'_>, author: Author) -> Result<Content> {
        let category_id = match self.category_path()? {
            Some(path) => Some(categories::at_path(tx, path, author == Author::Admin)?),
            None => self.category_id,
        };
        Ok(Content { category_id, ..self.content_without_category() })
    }

    fn content_without_category(&self) -> Content {
        Content {
            name: self.name.clone(),
            description: self.description.clone(),
            price: self.price,
            sale_price: self.sale_price,
            category_id: None,
            brand: self.brand.clone(),
            image_url: self.image_url.clone(),
            tax_free: self.tax_free,
        }
    }

    /// The addresses of images that it names.
    pub(crate) fn image_addresses(&self) -> Vec<String> {
        self.image_url.iter().chain(self.images.iter().flatten()).cloned().collect()
    }

    /// The path of its category, if it is given by a path; C002 when it is given by its id too.
    fn category_path(&self) -> Result<Option<&str>> {
        match (self.category_id, self.category.as_deref()) {
            (Some(_), Some(_)) => Err(text::wrong("category", "and categoryId must not both be given")),
            (_, path) => Ok(path.filter(|path| !text::is_blank(path))),
        }
    }

    /// A new product, and the opening stock of each variant. Everything that is wrong is refused before a category is made.
    pub(crate) fn new_product(&self, tx: &mut Tx<'_>, author: Author) -> Result<(New, Vec<i64>)> {
        let (new, openings) = self.checked_new()?;
        let category_id = self.content(tx, author)?.category_id;
        Ok((New { content: Content { category_id, ..new.content }, ..new }, openings))
    }

    fn checked_new(&self) -> Result<(New, Vec<i64>)> {
        let given = self.variants.as_deref().unwrap_or_default();
        let new = New {
            sku: self.sku.clone(),
            content: self.content_without_category(),
            images: self.images.clone().unwrap_or_default(),
            status: self.status.unwrap_or(Status::Active),
            variants: given.iter().map(SaveVariant::new_variant).collect(),
        };
        let (new, _, openings) = (products::checked(new), self.category_path(), self.openings()).together()?;
        Ok((new, openings))
    }

    /// The opening stock of each variant.
    fn openings(&self) -> Result<Vec<i64>> {
        let given = self.variants.as_deref().unwrap_or_default();
        let own = self.stock.map(|units| checked_field("stock", units)).transpose();
        if given.is_empty() {
            return Ok(vec![own?.unwrap_or(0)]);
        }
        let own = own.and_then(|own| match own {
            Some(_) => Err(text::wrong("stock", "belongs to the variants when there are any")),
            None => Ok(()),
        });
        let of =
            |(n, one): (usize, &SaveVariant)| checked_field(&format!("variants[{n}].stock"), one.stock.unwrap_or(0));
        let ((), openings) = (own, given.iter().enumerate().map(of).collect::<Vec<_>>().together()).together()?;
        Ok(openings)
    }

    /// C002 for members that only a new product may have.
    pub(crate) fn can_rewrite(&self, sku: &str) -> Result<()> {
        let absent = |is_absent: bool, field: &str, message: &str| match is_absent {
            true => Ok(()),
            false => Err(text::wrong(field, message)),
        };
        let same_sku = self.sku.as_deref().is_none_or(|sent| text::folded(sent) == text::folded(sku));
        (
            absent(self.variants.is_none(), "variants", "are changed under /variants"),
            absent(self.status.is_none(), "status", "is changed by publish, close and DELETE"),
            absent(same_sku, "sku", "cannot be changed"),
        )
            .together()
            .map(drop)
    }
}

impl Checked for SaveProduct {
    fn check(&self) -> Result<()> {
        self.checked_new().map(drop)
    }
}

impl Checked for SaveVariant {
    fn check(&self) -> Result<()> {
        (self.new_variant().checked(), self.opening()).together().map(drop)
    }
}

impl SaveVariant {
    /// The units that a new variant is opened with; S007.
    pub(crate) fn opening(&self) -> Result<i64> {
        checked_field("stock", self.stock.unwrap_or(0))
    }

    /// The data for the catalogue.
    pub fn new_variant(&self) -> variant::New {
        variant::New {
            sku: self.sku.clone(),
            name: self.name.clone(),
            options: self.options.clone(),
            price_adjustment: self.price_adjustment,
            status: self.status.unwrap_or(variant::Status::Active),
            is_default: self.is_default,
        }
    }
}

impl VerifyItem {
    /// The item as the catalogue names it.
    pub(crate) fn item_ref(&self) -> ItemRef {
        ItemRef { product: self.product_id, variant: self.variant_id }
    }
}
