//! Time deals as callers see them: with the products' names and prices, and the stock of this moment.

use ::timedeal::{Deal, DealProduct, Purchase, Status, deal::discount_rate, ops as deals};
use catalog::ops::Sellable;
use kernel::{
    Money, OrderNumber, ProductId, Result, TimeDealId, TimeDealProductId, TimeDealPurchaseId, Timestamp, UserId,
    VariantId,
};
use order::OrderResponse;
use serde::Serialize;
use std::collections::HashMap;
use store::Tx;
use utoipa::ToSchema;

/// A time deal.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealResponse {
    pub id: TimeDealId,
    pub name: String,
    pub description: Option<String>,
    /// True at `serverTime`: it follows from the clock.
    pub status: Status,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// The shop's time of this response, for countdowns.
    pub server_time: Timestamp,
    /// Whether its units are kept out of the products' stock.
    pub held_apart: bool,
    pub products: Vec<TimeDealProductResponse>,
    pub seller_id: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

/// A product of a time deal.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealProductResponse {
    /// What a purchase names as `timeDealProductId`.
    pub id: TimeDealProductId,
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub product_name: String,
    pub variant_name: Option<String>,
    pub image_url: Option<String>,
    /// What one unit costs otherwise, now.
    pub original_price: Money,
    pub deal_price: Money,
    /// What the deal takes off, in whole percents.
    pub discount_rate: i64,
    pub deal_quantity: i64,
    /// Units of orders that did not die.
    pub sold_quantity: i64,
    /// Units that can still be bought: for a deal that shares the product's stock, not more than is in stock.
    pub remaining_quantity: i64,
    pub max_per_user: i64,
    /// Whether something remains and the product is on sale.
    pub available: bool,
}

/// The deals with their products. Two statements, however many deals.
pub fn shown(tx: &mut Tx<'_>, deals: Vec<Deal>) -> Result<Vec<TimeDealResponse>> {
    let variants = |wanted: &dyn Fn(&Deal) -> bool| {
        let mut all: Vec<VariantId> = deals.iter().filter(|deal| wanted(deal)).flat_map(variants_of).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (all, shared) = (variants(&|_| true), variants(&|deal| !deal.held_apart));
    let sellables = catalog::ops::sellables(tx, &all)?;
    let sellables: HashMap<VariantId, Sellable> = sellables.into_iter().map(|one| (one.variant, one)).collect();
    let levels = if shared.is_empty() { Vec::new() } else { inventory::ops::levels(tx, &shared)? };
    let stock: HashMap<VariantId, i64> = levels.iter().map(|level| (level.variant, level.available)).collect();
    let now = tx.now();
    Ok(deals.into_iter().map(|deal| response(deal, &sellables, &stock, now)).collect())
}

/// One deal with its products.
pub fn shown_one(tx: &mut Tx<'_>, deal: Deal) -> Result<TimeDealResponse> {
    let mut shown = shown(tx, vec![deal])?;
    Ok(shown.swap_remove(0))
}

fn variants_of(deal: &Deal) -> impl Iterator<Item = VariantId> {
    deal.products.iter().map(|product| product.offer.variant)
}

fn response(
    deal: Deal,
    sellables: &HashMap<VariantId, Sellable>,
    stock: &HashMap<VariantId, i64>,
    now: Timestamp,
) -> TimeDealResponse {
    let in_stock = |product: &DealProduct| match deal.held_apart {
        true => i64::MAX,
        false => stock.get(&product.offer.variant).copied().unwrap_or(0),
    };
    let products = deal
        .products
        .iter()
        .map(|product| product_response(product, sellables.get(&product.offer.variant), in_stock(product)))
        .collect();
    TimeDealResponse {
        status: deal.status(now),
        products,
        id: deal.id,
        name: deal.name,
        description: deal.description,
        starts_at: deal.starts_at,
        ends_at: deal.ends_at,
        server_time: now,
        held_apart: deal.held_apart,
        seller_id: deal.seller,
        created_at: deal.created_at,
        updated_at: deal.updated_at,
        version: deal.version,
    }
}

fn product_response(product: &DealProduct, sellable: Option<&Sellable>, in_stock: i64) -> TimeDealProductResponse {
    let offer = product.offer;
    let original_price = sellable.map_or(offer.price, |one| one.price);
    let remaining_quantity = product.remaining().min(in_stock);
    TimeDealProductResponse {
        id: product.id,
        product_id: offer.product,
        variant_id: offer.variant,
        product_name: sellable.map(|one| one.product_name.clone()).unwrap_or_default(),
        variant_name: sellable.and_then(|one| one.variant_name.clone()),
        image_url: sellable.and_then(|one| one.image_url.clone()),
        original_price,
        deal_price: offer.price,
        discount_rate: discount_rate(original_price, offer.price),
        deal_quantity: offer.units,
        sold_quantity: product.sold,
        remaining_quantity,
        max_per_user: offer.per_user,
        available: remaining_quantity > 0 && sellable.is_some_and(|one| one.on_sale),
    }
}

/// What the caller bought in a time deal.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealPurchaseResponse {
    pub id: TimeDealPurchaseId,
    pub time_deal_id: TimeDealId,
    pub time_deal_product_id: TimeDealProductId,
    pub product_id: ProductId,
    /// The product's name then.
    pub product_name: String,
    pub quantity: i64,
    /// What one unit cost.
    pub purchase_price: Money,
    /// Price × quantity.
    pub total_price: Money,
    pub order_number: OrderNumber,
    pub purchased_at: Timestamp,
    /// When the units went back to the deal because the order was cancelled or not paid.
    pub returned_at: Option<Timestamp>,
}

impl TimeDealPurchaseResponse {
    pub(crate) fn of(bought: Purchase) -> Result<TimeDealPurchaseResponse> {
        Ok(TimeDealPurchaseResponse {
            total_price: bought.unit_price.times(kernel::Quantity::new(bought.units)?)?,
            id: bought.id,
            time_deal_id: bought.deal,
            time_deal_product_id: bought.deal_product,
            product_id: bought.product,
            product_name: bought.product_name,
            quantity: bought.units,
            purchase_price: bought.unit_price,
            order_number: bought.order,
            purchased_at: bought.purchased_at,
            returned_at: bought.returned_at,
        })
    }
}

/// What the user bought, newest first; at most [`deals::OWN_MAX`].
pub fn purchases(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<TimeDealPurchaseResponse>> {
    deals::own(tx, user)?.into_iter().map(TimeDealPurchaseResponse::of).collect()
}

/// What was bought, and its order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeDealOrder {
    pub purchase: TimeDealPurchaseResponse,
    pub order: OrderResponse,
}
