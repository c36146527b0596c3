//! A cart as its owner sees it, with the prices and the stock of this moment. The domain `cart` knows neither.

use crate::{
    obstacle::{Problem, Stock, Total, Unavailable, shown_subtotal},
    price::{self, Options, Rules},
    quote,
};
use cart::{Cart, CartLine, NewLine, Owner, cart::Kind};
use catalog::ops::{ItemRef, Sellable};
use inventory::{Level, StockStatus};
use kernel::{CartId, CartItemId, Code, Error, Money, ProductId, Quantity, Result, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::Tx;
use utoipa::ToSchema;
use web::{Checked, Context};

/// A cart.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartResponse {
    /// The cart.
    pub id: CartId,
    /// Whose it is; none of a guest's cart.
    pub user_id: Option<UserId>,
    /// ACTIVE, or CHECKED_OUT since it was checked out without a change.
    pub status: Kind,
    /// All of its lines, oldest first.
    pub items: Vec<CartItem>,
    /// Those lines that cannot be bought now, each with the reason.
    pub unavailable: Vec<Unavailable>,
    /// Number of lines.
    pub item_count: usize,
    /// Units on all lines that can be bought now.
    pub total_quantity: i64,
    /// What everything that can be bought now costs.
    pub total_amount: Money,
    /// What sending that costs, to an address without surcharge.
    pub shipping_fee: Money,
    /// What an order of that costs without coupon and points; the largest amount if it costs more.
    pub final_amount: Money,
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
    /// What the variant is called now: its name, else the values of its options.
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
    /// What the line costs now; the largest amount if it costs more.
    pub subtotal: Money,
    /// Whether it can be ordered now: on sale, and enough of it. If not, `unavailable` has the reason.
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

impl NewItem {
    fn item_ref(&self) -> ItemRef {
        ItemRef { product: self.product_id, variant: self.variant_id }
    }
}

impl Checked for NewItem {
    fn check(&self) -> Result<()> {
        self.item_ref().checked("")
    }
}

/// How many units a line should have.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CartQuantityRequest)]
pub struct NewQuantity {
    /// How many units.
    pub quantity: Quantity,
}

impl Checked for NewQuantity {}

/// For whom a cart is shown or changed.
#[derive(Debug, Clone)]
pub struct Shopper {
    /// Whose cart it is.
    pub owner: Owner,
    /// In which language reasons are given.
    pub context: Context,
    /// What an order costs beside its goods.
    pub prices: Rules,
}

/// The present prices and stock of a cart's lines.
struct Current {
    sellables: HashMap<VariantId, Sellable>,
    /// Ascending by variant.
    levels: Vec<Level>,
}

/// The cart as its owner sees it now: two statements, however many lines it has.
pub fn shown(tx: &mut Tx<'_>, cart: Cart, shopper: &Shopper) -> Result<CartResponse> {
    let current = current(tx, &cart, None)?;
    Ok(response(cart, &current, shopper))
}

/// `known` was read by this transaction already.
fn current(tx: &mut Tx<'_>, cart: &Cart, known: Option<Sellable>) -> Result<Current> {
    let variants: Vec<VariantId> = cart.lines.iter().map(|line| line.variant).collect();
    if variants.is_empty() {
        return Ok(Current { sellables: HashMap::new(), levels: Vec::new() });
    }
    let sellables = match known {
        Some(sellable) if variants == [sellable.variant] => vec![sellable],
        Some(_) | None => catalog::ops::sellables(tx, &variants)?,
    };
    let levels = inventory::ops::levels(tx, &variants)?;
    Ok(Current { sellables: sellables.into_iter().map(|sellable| (sellable.variant, sellable)).collect(), levels })
}

impl Current {
    fn sellable(&self, line: &CartLine) -> Option<&Sellable> {
        self.sellables.get(&line.variant)
    }

    /// The unit price now; the old one when the product is gone.
    fn price(&self, line: &CartLine) -> Money {
        self.sellable(line).map_or(line.price, quote::unit_price)
    }

    fn to_price(&self, line: &CartLine) -> price::Line {
        price::Line {
            product: line.product,
            categories: Vec::new(),
            seller: self.sellable(line).and_then(|sellable| sellable.seller),
            unit_price: self.price(line),
            quantity: line.quantity,
            tax_free: self.sellable(line).is_some_and(|sellable| sellable.tax_free),
        }
    }

    /// What of these lines can be bought, and why the others cannot.
    fn total<'a>(&self, lines: impl IntoIterator<Item = &'a CartLine>) -> (Total, Vec<(&'a CartLine, Error)>) {
        let mut total = Total::of(Stock::of(&self.levels), Code::CartItemQuantityExceeded);
        let mut obstacles = Vec::new();
        for line in lines {
            let name = ItemRef { product: Some(line.product), variant: Some(line.variant) };
            if let Err(reason) = total.add(&name, self.sellable(line), self.price(line), line.quantity) {
                obstacles.push((line, reason));
            }
        }
        (total, obstacles)
    }
}

fn response(cart: Cart, current: &Current, shopper: &Shopper) -> CartResponse {
    let (total, obstacles) = current.total(&cart.lines);
    let unavailable: Vec<Unavailable> = obstacles
        .into_iter()
        .map(|(line, reason)| Unavailable {
            item_id: Some(line.id),
            product_id: Some(line.product),
            variant_id: Some(line.variant),
            quantity: line.quantity,
            reason: Problem::of(&reason, &shopper.context),
        })
        .collect();
    let available = |line: &CartLine| unavailable.iter().all(|other| other.item_id != Some(line.id));
    let items: Vec<CartItem> = cart.lines.iter().map(|line| item(line, current, available(line))).collect();
    let bought: Vec<price::Line> =
        cart.lines.iter().filter(|line| available(line)).map(|line| current.to_price(line)).collect();
    let price = price::price(&bought, &Options::plain(&shopper.prices));
    let (shipping_fee, final_amount) =
        price.map_or((Money::ZERO, Money::MAX), |price| (price.shipping_fee, price.payable));
    CartResponse {
        id: cart.id,
        user_id: cart.owner.user(),
        status: cart.status.kind(),
        item_count: items.len(),
        items,
        unavailable,
        total_quantity: total.units,
        total_amount: total.amount,
        shipping_fee,
        final_amount,
        created_at: cart.created_at,
        updated_at: cart.updated_at,
    }
}

fn item(line: &CartLine, current: &Current, available: bool) -> CartItem {
    let sellable = current.sellable(line);
    let level = current.levels.binary_search_by_key(&line.variant, |level| level.variant).ok();
    let level = level.map(|at| &current.levels[at]);
    let current_price = current.price(line);
    CartItem {
        id: line.id,
        product_id: line.product,
        variant_id: line.variant,
        product_name: line.product_name.clone(),
        variant_name: sellable.and_then(|sellable| sellable.variant_name.clone()),
        image_url: sellable.and_then(|sellable| sellable.image_url.clone()),
        price: line.price,
        current_price,
        price_changed: current_price != line.price,
        quantity: line.quantity,
        subtotal: shown_subtotal(current_price, line.quantity),
        available,
        stock_status: level.map_or(StockStatus::OutOfStock, |level| level.status),
        added_at: line.added_at,
    }
}

/// Puts something into the caller's cart at today's price. S001 S003 the product, S106 when it is there already and is not to
/// be merged, S401 S105 the stock, C002 when the cart would cost more than the largest amount.
pub fn add(tx: &mut Tx<'_>, shopper: &Shopper, new: &NewItem) -> Result<CartResponse> {
    let wanted = new.item_ref();
    wanted.checked("")?;
    let sellable = catalog::ops::resolve_public(tx, &[wanted])?.swap_remove(0);
    if let Some(refusal) = quote::not_on_sale([&sellable].into_iter()) {
        return Err(refusal);
    }
    let (variant, price) = (sellable.variant, quote::unit_price(&sellable));
    let line = NewLine {
        product: sellable.product,
        variant,
        product_name: sellable.product_name.clone(),
        price,
        quantity: new.quantity,
    };
    let cart = cart::ops::add(tx, &shopper.owner, line, new.merge)?;
    raised(tx, cart, Some(sellable), shopper, |line| line.variant == variant)
}

/// Changes how many units a line has. S101 S102 the line. More units than before: S001 S003 the product, S401 S105 the stock,
/// C002 the cart's sum. Fewer are accepted of a line that cannot be bought, too.
pub fn change(tx: &mut Tx<'_>, shopper: &Shopper, item: CartItemId, quantity: Quantity) -> Result<CartResponse> {
    let (cart, before) = cart::ops::change(tx, &shopper.owner, item, quantity)?;
    if quantity <= before { shown(tx, cart, shopper) } else { raised(tx, cart, None, shopper, |line| line.id == item) }
}

/// Checks the cart out: any later change makes it ACTIVE again. S101 S104 the cart; S001 S003 S401 S105 and C002 the first line
/// that cannot be bought.
pub fn check_out(tx: &mut Tx<'_>, shopper: &Shopper) -> Result<CartResponse> {
    let cart = cart::ops::check_out(tx, &shopper.owner)?;
    let current = current(tx, &cart, None)?;
    first(current.total(&cart.lines).1)?;
    Ok(response(cart, &current, shopper))
}

/// The cart after the line that `is_raised` got more units, if these can be bought together with the other lines.
fn raised(
    tx: &mut Tx<'_>,
    cart: Cart,
    known: Option<Sellable>,
    shopper: &Shopper,
    is_raised: impl Fn(&CartLine) -> bool,
) -> Result<CartResponse> {
    let current = current(tx, &cart, known)?;
    // the raised line comes last, so that it is the one that exceeds the largest sum
    let (raised, others): (Vec<&CartLine>, Vec<&CartLine>) = cart.lines.iter().partition(|line| is_raised(line));
    let (_, obstacles) = current.total(others.into_iter().chain(raised));
    first(obstacles.into_iter().filter(|(line, _)| is_raised(line)))?;
    Ok(response(cart, &current, shopper))
}

/// The reason of the first of these lines, if there is one.
fn first<'a>(obstacles: impl IntoIterator<Item = (&'a CartLine, Error)>) -> Result<()> {
    obstacles.into_iter().next().map_or(Ok(()), |(_, reason)| Err(reason))
}
