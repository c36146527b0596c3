//! Coupons with what they touch: products, categories, and whether their user has ordered before. The rules of a coupon are the
//! crate `coupon`'s.

use crate::{
    price,
    quote::{Calculation, expect},
    request::{Item, OrderRequest, Source},
};
use catalog::ops::{ItemRef, categories, products};
use coupon::{
    Coupon, Offer, UserCoupon,
    coupon::Content,
    ops::{self as coupons, Named},
    response::ValidationResponse,
    scope::{Line, Scope},
};
use kernel::{CategoryId, Code, CouponId, Money, ProductId, Result, UserCouponId, UserId, text::wrong};
use serde::Deserialize;
use std::collections::HashMap;
use store::Tx;
use utoipa::ToSchema;
use web::Checked;

/// A coupon of the caller's, and an order for which it may be used.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidateCoupon {
    pub user_coupon_id: UserCouponId,
    /// The order's subtotal in minor units. Required without `items`; with them it must be what they cost now.
    #[serde(default)]
    pub order_amount: Option<Money>,
    /// What is to be ordered, at most 200 lines. Required for a coupon that applies to certain products.
    #[serde(default)]
    pub items: Option<Vec<Item>>,
}

/// What the client says about the order.
#[derive(Debug, Clone)]
pub enum Described {
    /// What it costs.
    Amount(Money),
    /// What is in it, and perhaps what it costs.
    Items(Vec<Item>, Option<Money>),
}

impl ValidateCoupon {
    /// The order; C002 when it is not described.
    pub fn order(&self) -> Result<Described> {
        let request = OrderRequest { items: self.items.clone(), ..OrderRequest::default() };
        match (self.order_amount, request.source()?) {
            (Some(amount), _) if amount < Money::ZERO => Err(wrong("orderAmount", "must be 0 or more")),
            (expected, Source::Items(items)) => Ok(Described::Items(items, expected)),
            (Some(amount), Source::Cart(_)) => Ok(Described::Amount(amount)),
            (None, Source::Cart(_)) => Err(wrong("orderAmount", "or items must be given")),
        }
    }
}

impl Checked for ValidateCoupon {
    fn check(&self) -> Result<()> {
        self.order().map(drop)
    }
}

/// Makes a coupon of this seller, or of the shop. S001, C003 for products and categories that do not exist; A002 for products of another
/// seller; S607; C002. What it does not name it cannot widen: the coupon counts only lines of its seller (`Scope::has`).
pub fn create(tx: &mut Tx<'_>, seller: Option<UserId>, content: Content) -> Result<Coupon> {
    must_exist(tx, seller, &content.offer.scope, &Scope { seller, ..Scope::default() })?;
    coupons::create(tx, seller, content)
}

/// Rewrites a coupon, which stays its seller's. The errors of [`create`] for what it has not named so far; S601, C016, C019.
pub fn rewrite(
    tx: &mut Tx<'_>,
    seller: Option<UserId>,
    id: CouponId,
    content: Content,
    expected: Option<i64>,
) -> Result<Coupon> {
    let present = coupons::owned(tx, seller, id)?;
    must_exist(tx, seller, &content.offer.scope, &present.content.offer.scope)?;
    coupons::rewrite(tx, seller, id, content, expected)
}

/// Whether everything exists that `scope` names and `present` does not, and is of the coupon's seller. What is removed later stays in
/// a scope and matches nothing.
fn must_exist(tx: &mut Tx<'_>, limited_to: Option<UserId>, scope: &Scope, present: &Scope) -> Result<()> {
    let named: Vec<ProductId> = scope.products.difference(&present.products).copied().collect();
    if !named.is_empty() {
        let found = products::products(tx, &named)?;
        let missing: Vec<ItemRef> = named
            .iter()
            .filter(|id| found.iter().all(|product| product.id != **id))
            .map(|id| ItemRef { product: Some(*id), variant: None })
            .collect();
        if !missing.is_empty() {
            return Err(catalog::ops::not_found(&missing.iter().collect::<Vec<_>>()));
        }
        if let Some(other) = found.iter().find(|product| present.seller.is_some() && product.seller != present.seller) {
            return Err(match limited_to {
                Some(_) => Code::RoleRequired.because(format!("product {} is not yours", other.id)),
                None => wrong("productIds", format!("product {} is not of the seller whose coupon this is", other.id)),
            });
        }
    }
    let named: Vec<CategoryId> = scope.categories.difference(&present.categories).copied().collect();
    if named.is_empty() {
        return Ok(());
    }
    let tree = categories::tree(tx)?;
    named.iter().try_for_each(|id| tree.find(*id).map(drop))
}

/// S613 when the coupon is for first orders and the user has ordered. An order that was cancelled before it was paid is none.
pub fn may_use(tx: &mut Tx<'_>, user: &UserId, offer: &Offer) -> Result<()> {
    match offer.first_order_only && order::ops::has_ordered(tx, user)? {
        true => Err(Code::CouponFirstOrderOnly.error()),
        false => Ok(()),
    }
}

/// [`may_use`] for an order that is being placed: of several first orders at the same moment, one uses such a coupon. It costs orders with
/// another coupon, or without one, no statement.
pub fn must_be_first(tx: &mut Tx<'_>, user: &UserId, offer: &Offer) -> Result<()> {
    if !offer.first_order_only {
        return Ok(());
    }
    coupons::lock_own(tx, user)?;
    may_use(tx, user, offer)
}

/// The user's coupon, if it can be used in an order now. S608, S609, S610; S613 after a first order.
pub fn usable(tx: &mut Tx<'_>, user: &UserId, named: &Named) -> Result<UserCoupon> {
    let held = coupons::usable(tx, user, named)?;
    may_use(tx, user, &held.offer)?;
    Ok(held)
}

/// What the user's coupon takes off the order. S608, S609, S610 the coupon; S613 after a first order; S001, S003 its products; S210
/// the amount; S612 when the coupon applies to none of them; S611 below its minimum. C002 when the products have to be known.
pub fn validate(
    tx: &mut Tx<'_>,
    user: &UserId,
    user_coupon_id: UserCouponId,
    order: &Described,
) -> Result<ValidationResponse> {
    let offer = usable(tx, user, &Named::Held(user_coupon_id))?.offer;
    let (order_amount, eligible_amount) = match order {
        Described::Amount(amount) if offer.scope.is_everything() => (*amount, *amount),
        Described::Amount(_) => return Err(wrong("items", "are needed, because this coupon is for certain products")),
        Described::Items(items, expected) => {
            let lines = Calculation::priced(tx, items)?.accepted()?.into_price_lines();
            let lines = as_coupons_see(tx, &lines, &offer.scope)?;
            let amount = Money::sum(lines.iter().map(|line| line.subtotal))?;
            expect("orderAmount", *expected, amount)?;
            (amount, offer.scope.eligible(&lines)?)
        }
    };
    let discount_amount = offer.discount_of(eligible_amount)?;
    let final_amount = order_amount.minus(discount_amount)?;
    Ok(ValidationResponse { user_coupon_id, order_amount, eligible_amount, discount_amount, final_amount })
}

/// The lines as a coupon with this scope sees them.
fn as_coupons_see(tx: &mut Tx<'_>, lines: &[price::Line], scope: &Scope) -> Result<Vec<Line>> {
    let above = categories_of(tx, lines.iter().map(|line| line.product), scope)?;
    let line = |line: &price::Line| {
        let categories = above.get(&line.product).cloned().unwrap_or_default();
        let subtotal = line.unit_price.times(line.quantity)?;
        Ok(Line { product: line.product, categories, seller: line.seller, subtotal })
    };
    lines.iter().map(line).collect()
}

/// The category of each product with those above it. They are read only for a scope that has categories.
pub(crate) fn categories_of(
    tx: &mut Tx<'_>,
    of: impl Iterator<Item = ProductId>,
    scope: &Scope,
) -> Result<HashMap<ProductId, Vec<CategoryId>>> {
    if scope.categories.is_empty() {
        return Ok(HashMap::new());
    }
    let tree = categories::tree(tx)?;
    let mut ids: Vec<ProductId> = of.collect();
    ids.sort_unstable();
    ids.dedup();
    let found = products::products(tx, &ids)?.into_iter();
    let above = found.map(|product| {
        let category = product.content.category_id;
        let upwards = category.map(|id| tree.upwards(id).iter().map(|category| category.id).collect());
        (product.id, upwards.unwrap_or_default())
    });
    Ok(above.collect())
}
