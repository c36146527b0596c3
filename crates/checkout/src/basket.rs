//! A cart as its owner sees it: what was put in, next to what it costs and how much of it there is now. The cart itself knows
//! neither prices nor stock.

use crate::quote;
use cart::{Cart, CartLine, NewLine, Status};
use catalog::ops::{ItemRef, Sellable};
use inventory::{Level, StockStatus};
use kernel::{
    CartId, CartItemId, Code, Detail, Error, Money, ProductId, Quantity, Result, Timestamp, UserId, VariantId,
};
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

/// What is known now about the things in a cart.
struct Today {
    sellables: HashMap<VariantId, Sellable>,
    levels: HashMap<VariantId, Level>,
}

/// The cart as its owner sees it now: two statements, however many lines it has.
pub fn shown(tx: &mut Tx<'_>, cart: Cart) -> Result<CartResponse> {
    let today = today(tx, &cart)?;
    response(cart, &today)
}

fn today(tx: &mut Tx<'_>, cart: &Cart) -> Result<Today> {
    let variants: Vec<VariantId> = cart.lines.iter().map(|line| line.variant).collect();
    if variants.is_empty() {
        return Ok(Today { sellables: HashMap::new(), levels: HashMap::new() });
    }
    let sellables = catalog::ops::sellables(tx, &variants)?;
    let levels = inventory::ops::levels(tx, &variants)?;
    Ok(Today {
        sellables: sellables.into_iter().map(|sellable| (sellable.variant, sellable)).collect(),
        levels: levels.into_iter().map(|level| (level.variant, level)).collect(),
    })
}

fn response(cart: Cart, today: &Today) -> Result<CartResponse> {
    let items: Vec<CartItem> = cart.lines.into_iter().map(|line| item(line, today)).collect::<Result<_>>()?;
    Ok(CartResponse {
        id: cart.id,
        user_id: cart.user,
        status: match cart.status {
            Status::Active => "ACTIVE",
            Status::CheckedOut { .. } => "CHECKED_OUT",
        },
        item_count: items.len(),
        total_quantity: items.iter().map(|item| item.quantity.as_i64()).sum(),
        total_amount: Money::sum(items.iter().map(|item| item.subtotal))?,
        items,
        created_at: cart.created_at,
        updated_at: cart.updated_at,
    })
}

fn item(line: CartLine, today: &Today) -> Result<CartItem> {
    let sellable = today.sellables.get(&line.variant);
    let level = today.levels.get(&line.variant);
    let current_price = sellable.map_or(line.price, |sellable| sellable.price);
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
    if !sellable.on_sale {
        return Err(crate::place::not_on_sale(&[&sellable]));
    }
    let variant = sellable.variant;
    let line = NewLine {
        product: sellable.product,
        variant,
        product_name: sellable.product_name,
        price: sellable.price,
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
    let today = today(tx, &cart)?;
    let unsold: Vec<&Sellable> = today.sellables.values().filter(|sellable| !sellable.on_sale).collect();
    if !unsold.is_empty() {
        return Err(crate::place::not_on_sale(&unsold));
    }
    enough(&cart, &today, |_| true)?;
    response(cart, &today)
}

/// The cart, if there is enough of the lines that `concern` the request.
fn checked(tx: &mut Tx<'_>, cart: Cart, concern: impl Fn(&CartLine) -> bool) -> Result<CartResponse> {
    let today = today(tx, &cart)?;
    enough(&cart, &today, concern)?;
    response(cart, &today)
}

fn enough(cart: &Cart, today: &Today, concern: impl Fn(&CartLine) -> bool) -> Result<()> {
    let (mut unkept, mut short) = (Vec::new(), Vec::new());
    for line in cart.lines.iter().filter(|line| concern(line)) {
        let about = |message: &str| {
            Detail::note(message).with("productId", line.product.raw()).with("variantId", line.variant.raw())
        };
        let requested = line.quantity.as_i64();
        match today.levels.get(&line.variant) {
            None => unkept.push(about("no stock is kept")),
            Some(level) if level.available < requested => short.push(
                about(&quote::left(level.available)).with("requested", requested).with("available", level.available),
            ),
            Some(_) => {}
        }
    }
    let (code, details) = match unkept.is_empty() {
        true => (Code::CartItemQuantityExceeded, short),
        false => (Code::InventoryNotFound, unkept),
    };
    if details.is_empty() { Ok(()) } else { Err(details.into_iter().fold(code.error(), Error::with)) }
}
