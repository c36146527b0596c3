//! What callers send about time deals.

use super::buy::DealOrder;
use crate::request::memo;
use ::timedeal::deal::{DESCRIPTION_MAX, NAME_MAX, PRODUCTS_MAX};
use catalog::ops::ItemRef;
use kernel::{
    Address, Money, ProductId, Quantity, Result, TimeDealProductId, Timestamp, Together, VariantId, Zone,
    text::{self, wrong},
};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Checked;

/// A time deal to make or to rewrite as a whole.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveTimeDeal {
    /// 1 to 100 characters.
    pub name: String,
    /// At most 2,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// RFC 3339; without a zone it is the shop's. It may lie in the past: then the deal runs at once.
    pub starts_at: String,
    /// RFC 3339; without a zone it is the shop's. After `startsAt`, and in the future.
    pub ends_at: String,
    /// Whether the units are taken out of the products' stock now, so that the shop cannot sell them otherwise; what is not sold goes back
    /// when the deal is over. Otherwise the deal sells out of the same stock as the shop.
    #[serde(default)]
    pub held_apart: bool,
    /// 1 to 100 products.
    pub products: Vec<SaveTimeDealProduct>,
    /// The version that is rewritten; or send `If-Match`.
    #[serde(default)]
    pub version: Option<i64>,
}

/// A product of a time deal: a variant, or a product, which means its default variant.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveTimeDealProduct {
    #[serde(default)]
    pub product_id: Option<ProductId>,
    #[serde(default)]
    pub variant_id: Option<VariantId>,
    /// What one unit costs in the deal: above 0, and below what it costs otherwise.
    pub deal_price: Money,
    /// How many units there are, from 1.
    pub deal_quantity: i64,
    /// How many units one user can have: from 1, at most `dealQuantity`.
    pub max_per_user: i64,
}

/// A deal as the request describes it, checked as far as that needs no reading.
#[derive(Debug, Clone)]
pub struct DealDraft {
    pub name: String,
    pub description: Option<String>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub held_apart: bool,
    pub products: Vec<ProductDraft>,
}

/// A product of a [`DealDraft`].
#[derive(Debug, Clone, Copy)]
pub struct ProductDraft {
    pub product: Option<ProductId>,
    pub variant: Option<VariantId>,
    pub price: Money,
    pub units: i64,
    pub per_user: i64,
}

impl ProductDraft {
    pub(crate) fn item_ref(&self) -> ItemRef {
        ItemRef { product: self.product, variant: self.variant }
    }
}

impl SaveTimeDeal {
    /// The deal that it describes; C002 with every field that is wrong.
    pub fn draft(&self, zone: &Zone) -> Result<DealDraft> {
        let time = |field: &str, text: &str| Timestamp::parse(text, zone).map_err(|_| wrong(field, "is not a time"));
        let (name, description, starts_at, ends_at, products) = (
            text::required("name", &self.name, NAME_MAX),
            text::paragraph("description", self.description.as_deref(), DESCRIPTION_MAX),
            time("startsAt", &self.starts_at),
            time("endsAt", &self.ends_at),
            self.products(),
        )
            .together()?;
        Ok(DealDraft { name, description, starts_at, ends_at, held_apart: self.held_apart, products })
    }

    fn products(&self) -> Result<Vec<ProductDraft>> {
        if self.products.is_empty() || self.products.len() > PRODUCTS_MAX {
            return Err(wrong("products", format!("must be 1 to {PRODUCTS_MAX}")));
        }
        let named = |(n, one): (usize, &SaveTimeDealProduct)| {
            let item = ItemRef { product: one.product_id, variant: one.variant_id };
            item.checked(&format!("products[{n}]."))
        };
        self.products.iter().enumerate().map(named).collect::<Vec<_>>().together()?;
        let draft = |one: &SaveTimeDealProduct| ProductDraft {
            product: one.product_id,
            variant: one.variant_id,
            price: one.deal_price,
            units: one.deal_quantity,
            per_user: one.max_per_user,
        };
        Ok(self.products.iter().map(draft).collect())
    }
}

impl Checked for SaveTimeDeal {
    fn check(&self) -> Result<()> {
        self.draft(&Zone::utc()).map(drop)
    }
}

/// Longest entry token, in characters: several times as long as those that the shop gives.
const QUEUE_TOKEN_MAX: usize = 500;

/// What a user buys in a time deal.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeDealPurchaseRequest {
    /// The `id` of the product in the deal, not the product's own.
    pub time_deal_product_id: TimeDealProductId,
    pub quantity: Quantity,
    /// Where it goes. Without it the order waits for an address (`PUT /orders/{orderNumber}/address`) until it is paid.
    #[serde(default)]
    pub shipping_address: Option<Address>,
    /// A note for the carrier, at most 500 characters.
    #[serde(default)]
    pub memo: Option<String>,
    /// What the caller was shown as the price of everything; the order is refused when it costs anything else.
    #[serde(default)]
    pub expected_amount: Option<Money>,
    /// The entry token of the deal's waiting queue, if it has one. Without it the caller's place in the queue counts.
    #[serde(default)]
    pub queue_token: Option<String>,
}

impl Checked for TimeDealPurchaseRequest {
    fn check(&self) -> Result<()> {
        self.order().map(drop)
    }
}

impl TimeDealPurchaseRequest {
    /// What the user wants; C002, S211.
    pub fn order(&self) -> Result<DealOrder> {
        let address = self.shipping_address.clone().map(Address::checked).transpose();
        let address = address.map_err(|error| error.within("shippingAddress"));
        let queue_token = text::optional("queueToken", self.queue_token.as_deref(), QUEUE_TOKEN_MAX);
        let expected = self.expected_amount.map_or(Ok(()), |amount| amount.not_negative("expectedAmount"));
        let memo = memo(self.memo.as_deref());
        let (address, memo, queue_token, ()) = (address, memo, queue_token, expected).together()?;
        let (product, units, expected) = (self.time_deal_product_id, self.quantity, self.expected_amount);
        Ok(DealOrder { product, units, address, memo, expected, queue_token })
    }
}
