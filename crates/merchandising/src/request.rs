//! The bodies of requests, and their conversion to the types of the domains.

use catalog::ops::{ItemRef, categories};
use catalog::product::{Author, Content, New, Status};
use catalog::variant::{self, Options};
use inventory::stock::checked_field;
use inventory::{Amount, Decision, Seen};
use kernel::{CategoryId, Money, ProductId, Quantity, Result, VariantId, text};
use serde::Deserialize;
use store::Tx;
use utoipa::ToSchema;

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

/// Lines to verify.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verify {
    /// 1 to 500 lines.
    pub items: Vec<VerifyItem>,
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
        let category_id = match (self.category_id, &self.category) {
            (Some(_), Some(_)) => return Err(text::wrong("category", "and categoryId must not both be given")),
            (Some(id), None) => Some(id),
            (None, Some(path)) if !text::is_blank(path) => {
                Some(categories::at_path(tx, path, author == Author::Admin)?)
            }
            (None, _) => None,
        };
        Ok(Content {
            name: self.name.clone(),
            description: self.description.clone(),
            price: self.price,
            sale_price: self.sale_price,
            category_id,
            brand: self.brand.clone(),
            image_url: self.image_url.clone(),
        })
    }

    /// A new product, and the opening stock of each variant.
    pub(crate) fn new_product(&self, tx: &mut Tx<'_>, author: Author) -> Result<(New, Vec<i64>)> {
        let own = self.stock.map(|units| checked_field("stock", units)).transpose()?;
        let given = self.variants.as_deref().unwrap_or_default();
        if own.is_some() && !given.is_empty() {
            return Err(text::wrong("stock", "belongs to the variants when there are any"));
        }
        let mut openings = Vec::with_capacity(given.len().max(1));
        for (n, variant) in given.iter().enumerate() {
            openings.push(checked_field(&format!("variants[{n}].stock"), variant.stock.unwrap_or(0))?);
        }
        if given.is_empty() {
            openings.push(own.unwrap_or(0));
        }
        let new = New {
            sku: self.sku.clone(),
            content: self.content(tx, author)?,
            images: self.images.clone().unwrap_or_default(),
            status: self.status.unwrap_or(Status::Active),
            variants: given.iter().map(SaveVariant::new_variant).collect(),
        };
        Ok((new, openings))
    }

    /// C002 for members that only a new product may have.
    pub(crate) fn can_rewrite(&self, sku: &str) -> Result<()> {
        if self.variants.is_some() {
            return Err(text::wrong("variants", "are changed under /variants"));
        }
        if self.status.is_some() {
            return Err(text::wrong("status", "is changed by publish, close and DELETE"));
        }
        match &self.sku {
            Some(sent) if text::folded(sent) != text::folded(sku) => Err(text::wrong("sku", "cannot be changed")),
            Some(_) | None => Ok(()),
        }
    }
}

impl SaveVariant {
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
