//! A cart as its owner sees it, with the prices and the stock of this moment. The domain `cart` knows neither.

use crate::quote;
use cart::{Cart, CartLine, NewLine};
use catalog::ops::{ItemRef, Sellable};
use inventory::{Level, Line, Shortage, StockStatus};
use kernel::{CartId, CartItemId, Code, Money, ProductId, Quantity, Result, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::Tx;
use utoipa::ToSchema;

/// A cart.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartResponse {
    /// The cart.
    pub id: CartId,
    /// Whose it is.
    pub user_id: UserId,
    /// ACTIVE, or CHECKED_OUT when it is no longer changed.
    pub status: &'static str,
    /// Its lines, oldest first.
    pub items: Vec<CartItem>,
    /// Number of lines.
    pub item_count: usize,
    /// Units on all lines.
    pub total_quantity: i64,
    /// What everything costs now.
    pub total_amount: Money,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CartItemResponse)]
pub struct CartItem {
    /// The line.
    pub id: CartItemId,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// The product's name when it was added.
    pub product_name: String,
    /// The variant's name now.
    pub variant_name: Option<String>,
    /// The product's first image now.
    pub image_url: Option<String>,
    /// The unit price when it was added.
    pub price: Money,
    /// The unit price now, which an order charges; the old one when the product is gone.
    pub current_price: Money,
    /// Whether the two differ.
    pub price_changed: bool,
    /// How many units.
    pub quantity: Quantity,
    /// What the line costs now.
    pub subtotal: Money,
    /// Whether it can be ordered now: on sale, and enough of it.
    pub available: bool,
    /// How well it is in stock.
    pub stock_status: StockStatus,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What is put into a cart: a variant, or a product, which means its default variant.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CartItemRequest)]
pub struct NewItem {
    /// The product.
    #[serde(default)]
    pub product_id: Option<ProductId>,
    /// The variant.
    #[serde(default)]
    pub variant_id: Option<VariantId>,
    /// How many units.
    pub quantity: Quantity,
    /// Add to the line there is already, instead of answering S106.
    #[serde(default)]
    pub merge: bool,
}

/// How many units a line should have.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CartQuantityRequest)]
pub struct NewQuantity {
    /// How many units.
    pub quantity: Quantity,
}

/// The present prices and stock of a cart's lines.
struct Current {
    sellables: HashMap<VariantId, Sellable>,
    /// Ascending by variant.
    levels: Vec<Level>,
}

/// The cart as its owner sees it now: two statements, however many lines it has.
pub fn shown(tx: &mut Tx<'_>, cart: Cart) -> Result<CartResponse> {
    let current = current(tx, &cart)?;
    response(cart, &current)
}

fn current(tx: &mut Tx<'_>, cart: &Cart) -> Result<Current> {
    let variants: Vec<VariantId> = cart.lines.iter().map(|line| line.variant).collect();
    if variants.is_empty() {
        return Ok(Current { sellables: HashMap::new(), levels: Vec::new() });
    }
    let sellables = catalog::ops::sellables(tx, &variants)?;
    let levels = inventory::ops::levels(tx, &variants)?;
    Ok(Current { sellables: sellables.into_iter().map(|sellable| (sellable.variant, sellable)).collect(), levels })
}

fn response(cart: Cart, current: &Current) -> Result<CartResponse> {
    let items: Vec<CartItem> = cart.lines.into_iter().map(|line| item(line, current)).collect::<Result<_>>()?;
    Ok(CartResponse {
        id: cart.id,
        user_id: cart.user,
        status: cart.status.kind().name(),
        item_count: items.len(),
        total_quantity: items.iter().map(|item| item.quantity.as_i64()).sum(),
        total_amount: Money::sum(items.iter().map(|item| item.subtotal))?,
        items,
        created_at: cart.created_at,
        updated_at: cart.updated_at,
    })
}

fn item(line: CartLine, current: &Current) -> Result<CartItem> {
    let sellable = current.sellables.get(&line.variant);
    let level = current.levels.binary_search_by_key(&line.variant, |level| level.variant).ok();
    let level = level.map(|at| &current.levels[at]);
    let current_price = sellable.map_or(line.price, quote::unit_price);
    let enough = level.is_some_and(|level| level.available >= line.quantity.as_i64());
    Ok(CartItem {
        id: line.id,
        product_id: line.product,
        variant_id: line.variant,
        product_name: line.product_name,
        variant_name: sellable.and_then(|sellable| sellable.variant_name.clone()),
        image_url: sellable.and_then(|sellable| sellable.image_url.clone()),
        price: line.price,
        current_price,
        price_changed: current_price != line.price,
        quantity: line.quantity,
        subtotal: current_price.times(line.quantity)?,
        available: enough && sellable.is_some_and(|sellable| sellable.on_sale),
        stock_status: level.map_or(StockStatus::OutOfStock, |level| level.status),
        added_at: line.added_at,
    })
}

/// Puts something into the caller's cart at today's price. S001 S003 the product, S106 when it is there already and is not to
/// be merged, S401 S105 the stock.
pub fn add(tx: &mut Tx<'_>, user: &UserId, new: &NewItem) -> Result<CartResponse> {
    let wanted = [ItemRef { product: new.product_id, variant: new.variant_id }];
    let sellable = catalog::ops::resolve(tx, &wanted)?.swap_remove(0);
    if let Some(refusal) = quote::not_on_sale([&sellable].into_iter()) {
        return Err(refusal);
    }
    let (variant, price) = (sellable.variant, quote::unit_price(&sellable));
    let line = NewLine {
        product: sellable.product,
        variant,
        product_name: sellable.product_name,
        price,
        quantity: new.quantity,
    };
    let cart = cart::ops::add(tx, user, line, new.merge)?;
    checked(tx, cart, |line| line.variant == variant)
}

/// Changes how many units a line has. S101 S102 the line, S401 S105 the stock.
pub fn change(tx: &mut Tx<'_>, user: &UserId, item: CartItemId, quantity: Quantity) -> Result<CartResponse> {
    let cart = cart::ops::change(tx, user, item, quantity)?;
    checked(tx, cart, |line| line.id == item)
}

/// Checks the cart out, so that it is no longer changed. S101 S104 the cart, S003 S401 S105 what is in it.
pub fn check_out(tx: &mut Tx<'_>, user: &UserId) -> Result<CartResponse> {
    let cart = cart::ops::check_out(tx, user)?;
    let current = current(tx, &cart)?;
    if let Some(refusal) = quote::not_on_sale(current.sellables.values()) {
        return Err(refusal);
    }
    enough(&current, cart.lines.iter())?;
    response(cart, &current)
}

/// The cart, if there is enough stock of the lines that the request `concerns`.
fn checked(tx: &mut Tx<'_>, cart: Cart, concerns: impl Fn(&CartLine) -> bool) -> Result<CartResponse> {
    let current = current(tx, &cart)?;
    enough(&current, cart.lines.iter().filter(|line| concerns(line)))?;
    response(cart, &current)
}

/// S401, S105.
fn enough<'a>(current: &Current, lines: impl Iterator<Item = &'a CartLine>) -> Result<()> {
    let line = |line: &CartLine| Line { variant: line.variant, product: line.product, quantity: line.quantity };
    let short = inventory::ops::shortage(&current.levels, &lines.map(line).collect::<Vec<_>>());
    Shortage::refusals(&short, Code::CartItemQuantityExceeded).into_iter().next().map_or(Ok(()), Err)
}
