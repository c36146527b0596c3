//! What callers send about coupons.

use crate::coupon::{CODE_MAX, Content, DESCRIPTION_MAX, Discount, DiscountType, NAME_MAX, Offer, total};
use crate::scope::Scope;
use kernel::{CategoryId, Money, ProductId, Result, Timestamp, Together, Zone, text};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Checked;

/// A coupon to make or to rewrite as a whole.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveCoupon {
    /// 1 to 50 characters, unique; compared as identities are. It stays when a coupon is rewritten.
    pub code: String,
    /// 1 to 100 characters.
    pub name: String,
    /// At most 2,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    pub discount_type: DiscountType,
    /// FIXED: minor units of the shop's currency, from 1. PERCENTAGE: whole percents, 1 to 100.
    pub discount_value: i64,
    /// The smallest sum of the lines that it applies to, for which it can be used.
    #[serde(default)]
    pub minimum_order_amount: Option<Money>,
    /// The most that it takes off.
    #[serde(default)]
    pub maximum_discount_amount: Option<Money>,
    /// The products that it applies to, at most 200. Neither products nor categories: to everything. A seller's coupon applies to
    /// the seller's own products only, and names no others.
    #[serde(default)]
    pub product_ids: Vec<ProductId>,
    /// The categories whose products it applies to, with everything below them; at most 50.
    #[serde(default)]
    pub category_ids: Vec<CategoryId>,
    /// Whether only users get it and use it who have no order but cancelled ones.
    #[serde(default)]
    pub first_order_only: bool,
    /// How many there are: 1 to 100,000,000.
    pub total_quantity: i64,
    /// Whether everybody sees it; `false`: only who has its code can claim it.
    #[serde(default = "yes")]
    pub listed: bool,
    /// RFC 3339; without a zone it is the shop's.
    pub starts_at: String,
    /// RFC 3339; without a zone it is the shop's. After `startsAt`.
    pub expires_at: String,
    /// The version that is rewritten; or send `If-Match`.
    #[serde(default)]
    pub version: Option<i64>,
}

const fn yes() -> bool {
    true
}

impl SaveCoupon {
    /// The data of the coupon; C002 with every field that is wrong.
    pub fn content(&self, zone: &Zone) -> Result<Content> {
        let time =
            |field: &str, text: &str| Timestamp::parse(text, zone).map_err(|_| text::wrong(field, "is not a time"));
        let (minimum_order, maximum_discount) = (self.minimum_order_amount, self.maximum_discount_amount);
        let (code, name, description, offer, scope, total, starts_at, expires_at) = (
            text::key("code", &self.code, CODE_MAX),
            text::required("name", &self.name, NAME_MAX),
            text::paragraph("description", self.description.as_deref(), DESCRIPTION_MAX),
            Offer::of(Discount::checked(self.discount_type, self.discount_value), minimum_order, maximum_discount),
            Scope::of(&self.product_ids, &self.category_ids),
            total(self.total_quantity),
            time("startsAt", &self.starts_at),
            time("expiresAt", &self.expires_at),
        )
            .together()?;
        let (listed, first_order_only) = (self.listed, self.first_order_only);
        let offer = Offer { scope, first_order_only, ..offer };
        Content { code, name, description, offer, total, listed, starts_at, expires_at }.checked()
    }
}

impl Checked for SaveCoupon {
    fn check(&self) -> Result<()> {
        self.content(&Zone::utc()).map(drop)
    }
}

/// A code that somebody was given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimCoupon {
    /// The code, in any case.
    pub code: String,
}

impl ClaimCoupon {
    /// The code as it is looked for; C002 when none can look like it.
    pub fn code(&self) -> Result<String> {
        text::key("code", &self.code, CODE_MAX)
    }
}

impl Checked for ClaimCoupon {
    fn check(&self) -> Result<()> {
        self.code().map(drop)
    }
}
