//! What can be done with products and their stock together: one function per verb.

use crate::images;
use crate::page::{self, ProductDetail, VariantPage, Viewer};
use crate::request::{self, BULK_MAX, SaveProduct, SaveVariant, VerifyItem};
use catalog::ops::{self as catalogue, Sellable, products, variants};
use catalog::product::Author;
use catalog::variant::Variant;
use inventory::ops::{self as stock, Opening};
use inventory::{Line, StockStatus, stock::checked_field};
use kernel::{Code, Currency, Detail, Error, Money, ProductId, Result, Together, UserId, VariantId, text};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use store::Tx;
use utoipa::ToSchema;
use web::{App, IfMatch};

/// What these verbs need of the settings.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub currency: Currency,
    pub inventory: inventory::Settings,
}

impl Settings {
    /// The settings of a running shop.
    pub fn of(app: &App) -> Settings {
        Settings { currency: app.shop.currency, inventory: *app.settings::<inventory::Settings>() }
    }
}

/// Makes a product and opens the stock of its variants, both or neither. The errors of [`products::create`]; S007.
pub fn create(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    by: &str,
    sent: &SaveProduct,
) -> Result<ProductDetail> {
    let (new, quantities) = sent.new_product(tx, author)?;
    let made = products::create(tx, author, new)?;
    images::must_be_here(tx, &sent.image_addresses())?;
    let variants = made.variants.iter().copied().zip(quantities);
    let openings: Vec<_> =
        variants.map(|(variant, quantity)| opening(settings, made.product, variant, quantity)).collect();
    stock::open(tx, &openings, None, by)?;
    page::detail(tx, made.product, settings.currency, Viewer::Owner)
}

fn opening(settings: Settings, product: ProductId, variant: VariantId, quantity: i64) -> Opening {
    Opening::at_main(product, variant, quantity, settings.inventory.low_stock_threshold)
}

/// Rewrites a product. The errors of [`products::rewrite`]; C016 when the request names another stock than there is, because
/// a form that was opened before a sale would put the sold units back.
pub fn rewrite(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    id: ProductId,
    sent: &SaveProduct,
    expected: Option<i64>,
) -> Result<ProductDetail> {
    let current = products::lock_to_change(tx, author, id, expected)?;
    sent.can_rewrite(&current.sku)?;
    let content = sent.content(tx, author)?;
    products::rewrite(tx, author, id, content, sent.images.clone(), expected)?;
    images::must_be_here(tx, &sent.image_addresses())?;
    let detail = page::detail(tx, id, settings.currency, Viewer::Owner)?;
    stock_stays(sent.stock, id, detail.product.stock, detail.product.stock_version)?;
    Ok(detail)
}

/// C016 with the present stock and the route that sets it, when a request that does not change stock names another one.
fn stock_stays(sent: Option<i64>, product: ProductId, stock: i64, version: i64) -> Result<()> {
    let Some(units) = sent else { return Ok(()) };
    if checked_field("stock", units)? == stock {
        return Ok(());
    }
    let route = format!("PATCH {}/admin/products/{product}/stock", web::BASE);
    let message = format!("is {stock} now and is changed only by {route}");
    let detail = Detail::field("stock", &message).with("currentStock", stock).with("currentVersion", version);
    Err(Code::OutdatedVersion.because(format!("stock {message}")).with(detail.with("route", route)))
}

/// Changes the units of a variant that can be sold. S001, A002; C016 when its stock is not what the request was decided on;
/// S007, S406; C002 when the request does not say how, or not which of several variants; C003 when there is no such variant.
pub fn set_stock(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    by: &str,
    id: ProductId,
    sent: &request::SetStock,
    if_match: IfMatch,
) -> Result<ProductDetail> {
    products::lock_to_change(tx, author, id, None)?;
    let decision = sent.decision(if_match)?;
    let variant = which_variant(tx, id, sent.variant_id, sent.sku.as_deref())?;
    if stock::levels(tx, &[variant])?.is_empty() {
        let units = decision.delta(0, 0)?;
        stock::open(tx, &[opening(settings, id, variant, units)], None, by)?;
    } else {
        stock::set_available(tx, variant, decision, by)?;
    }
    page::detail(tx, id, settings.currency, Viewer::Owner)
}

/// The variant whose stock a request means: by its id, its sku, or as the only one of the product. C002 when there are
/// several and none is named, because the stock that a product shows is their sum; C003 when the product has no such variant.
pub(crate) fn which_variant(
    tx: &mut Tx<'_>,
    product: ProductId,
    id: Option<VariantId>,
    sku: Option<&str>,
) -> Result<VariantId> {
    let family = variants::of_products(tx, &[product])?;
    if id.is_none() && sku.is_none() && family.len() > 1 {
        let skus: Vec<&str> = family.iter().map(|one| one.sku.as_str()).collect();
        let message = format!("or sku must be given, because the product has several variants: {}", skus.join(", "));
        return Err(text::wrong("variantId", message));
    }
    let sku = sku.map(text::folded);
    let meant = |one: &&Variant| {
        id.is_none_or(|id| one.id == id) && sku.as_ref().is_none_or(|sku| text::folded(&one.sku) == *sku)
    };
    let chosen = family.iter().find(meant).map(|one| one.id);
    chosen.ok_or_else(|| Code::NotFound.because("the product has no such variant"))
}

/// Adds a variant and opens its stock, both or neither. The errors of [`variants::add`]; S007.
pub fn add_variant(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    by: &str,
    product: ProductId,
    sent: &SaveVariant,
    expected: Option<i64>,
) -> Result<VariantPage> {
    let (units, new) = (sent.opening(), sent.new_variant().checked()).together()?;
    let made = variants::add(tx, author, product, new, expected)?;
    stock::open(tx, &[opening(settings, product, made.id, units)], None, by)?;
    let places = stock::stock_of_product(tx, product)?.breakdown;
    Ok(page::variant_page(made, &places))
}

/// Rewrites a variant; its stock stays. The errors of [`variants::change`]; C016 when the request names another stock.
pub fn change_variant(
    tx: &mut Tx<'_>,
    author: Author,
    product: ProductId,
    id: VariantId,
    sent: &SaveVariant,
    expected: Option<i64>,
) -> Result<VariantPage> {
    let changed = variants::change(tx, author, product, id, sent.new_variant(), expected)?;
    let stocks = stock::stock_of_products(tx, &[product])?;
    let places = stocks.first().map_or(&[][..], |stock| stock.breakdown.as_slice());
    let page = page::variant_page(changed, places);
    stock_stays(sent.stock, product, page.stock, page.stock_version)?;
    Ok(page)
}

/// The variants of a product with their stock, for its owner. S001, A002.
pub fn variants(tx: &mut Tx<'_>, settings: Settings, author: Author, product: ProductId) -> Result<Vec<VariantPage>> {
    owned(tx, settings, author, product).map(|detail| detail.variants)
}

/// The product for its owner. S001, A002.
pub fn owned(tx: &mut Tx<'_>, settings: Settings, author: Author, product: ProductId) -> Result<ProductDetail> {
    let detail = page::detail(tx, product, settings.currency, Viewer::Owner)?;
    author.may_change(detail.product.seller_id)?;
    Ok(detail)
}

/// Puts the product on sale. S001, A002, C016.
pub fn publish(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    id: ProductId,
    expected: Option<i64>,
) -> Result<ProductDetail> {
    products::publish(tx, author, id, expected)?;
    page::detail(tx, id, settings.currency, Viewer::Owner)
}

/// Takes the product off sale. S001, A002, C016.
pub fn close(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    id: ProductId,
    expected: Option<i64>,
) -> Result<ProductDetail> {
    products::close(tx, author, id, expected)?;
    page::detail(tx, id, settings.currency, Viewer::Owner)
}

/// Brings a deleted product back, off sale. S008 when another product owns its name by now; S001, A002, C016.
pub fn restore(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    id: ProductId,
    expected: Option<i64>,
) -> Result<ProductDetail> {
    products::restore(tx, author, id, expected)?;
    page::detail(tx, id, settings.currency, Viewer::Owner)
}

/// Brings a deleted variant back, off sale. The errors of [`variants::restore`].
pub fn restore_variant(
    tx: &mut Tx<'_>,
    author: Author,
    product: ProductId,
    id: VariantId,
    expected: Option<i64>,
) -> Result<VariantPage> {
    let restored = variants::restore(tx, author, product, id, expected)?;
    Ok(page::variant_page(restored, &stock::stock_of_product(tx, product)?.breakdown))
}

/// Deletes the product. S009 while orders of it are not finished; S001, A002, C016.
pub fn delete(tx: &mut Tx<'_>, author: Author, id: ProductId, expected: Option<i64>) -> Result<()> {
    let live_orders = order::ops::has_live_of(tx, id)?;
    products::discontinue(tx, author, id, expected, live_orders).map(|_| ())
}

/// Why a line cannot be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// There is no such product or variant, or it was never put on sale.
    NotFound,
    /// It is not on sale now.
    NotOnSale,
    /// Fewer can be sold than all lines together want.
    InsufficientStock,
}

/// Whether everything can be bought now, and what is known of each line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Whether every line can be bought.
    pub all_available: bool,
    /// The lines in the order they were asked.
    pub results: Vec<VerifiedLine>,
}

/// What is known of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedLine {
    /// The product, as asked or as found.
    pub product_id: Option<ProductId>,
    /// The variant, as asked or as found.
    pub variant_id: Option<VariantId>,
    /// Its sku.
    pub sku: Option<String>,
    /// The product's name.
    pub name: Option<String>,
    /// Whether the line can be bought now.
    pub available: bool,
    /// Why not.
    pub reason: Option<Reason>,
    /// Units wanted by this line.
    pub requested_quantity: i64,
    /// Units that can be sold now.
    pub available_stock: i64,
    /// What one unit costs now.
    pub current_price: Option<Money>,
}

/// Whether these lines can be bought now; the same variant on several lines is summed first. Writes nothing.
///
/// A DRAFT is answered as a product that does not exist; one that was taken off sale was public once and is named with its data.
/// It shares `catalogue::find_public` and `stock::shortage` with the quote of an order. It does not call that quote, which belongs to
/// `checkout` on the same layer and also needs a user.
pub fn verify(tx: &mut Tx<'_>, items: &[VerifyItem]) -> Result<Verified> {
    request::verifiable(items)?;
    let names: Vec<_> = items.iter().map(VerifyItem::item_ref).collect();
    let found = catalogue::find_public(tx, &names)?;
    let ids: Vec<VariantId> = found.iter().flatten().map(|one| one.variant).collect();
    let levels = stock::levels(tx, &ids)?;
    let known = found.iter().zip(items).filter_map(|(found, item)| found.as_ref().map(|one| (one, item.quantity)));
    let lines: Vec<Line> =
        known.map(|(one, quantity)| Line { variant: one.variant, product: one.product, quantity }).collect();
    let short: HashSet<VariantId> = stock::shortage(&levels, &lines).into_iter().map(|one| one.variant).collect();
    let available: HashMap<VariantId, i64> = levels.into_iter().map(|level| (level.variant, level.available)).collect();
    let line = |(item, found): (&VerifyItem, Option<Sellable>)| {
        let reason = match &found {
            None => Some(Reason::NotFound),
            Some(one) if !one.on_sale => Some(Reason::NotOnSale),
            Some(one) if short.contains(&one.variant) => Some(Reason::InsufficientStock),
            Some(_) => None,
        };
        let available = found.as_ref().and_then(|one| available.get(&one.variant)).copied().unwrap_or(0);
        verified(item, found, reason, available)
    };
    let results: Vec<VerifiedLine> = items.iter().zip(found).map(line).collect();
    Ok(Verified { all_available: results.iter().all(|line| line.available), results })
}

fn verified(item: &VerifyItem, found: Option<Sellable>, reason: Option<Reason>, available_stock: i64) -> VerifiedLine {
    VerifiedLine {
        product_id: found.as_ref().map(|one| one.product).or(item.product_id),
        variant_id: found.as_ref().map(|one| one.variant).or(item.variant_id),
        available: reason.is_none(),
        reason,
        requested_quantity: item.quantity.as_i64(),
        available_stock,
        current_price: found.as_ref().map(|one| one.price),
        sku: found.as_ref().map(|one| one.sku.clone()),
        name: found.map(|one| one.product_name),
    }
}

/// The data of a variant for other services.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkVariant {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Its sku.
    pub sku: String,
    /// The product's name.
    pub product_name: String,
    /// What the variant is called next to its product's name.
    pub variant_name: Option<String>,
    /// What one unit costs now.
    pub price: Money,
    /// The same as `price`, as products have it.
    pub effective_price: Money,
    /// Whether it is on sale.
    pub on_sale: bool,
    /// The product's first image.
    pub image_url: Option<String>,
    /// The seller; `null` when it is the shop's own.
    pub seller_id: Option<UserId>,
    /// Units that can be sold now.
    pub stock: i64,
    /// How well it is in stock.
    pub stock_status: StockStatus,
}

/// Those of `ids` that exist, on sale or not, in the order asked. C002 unless there are 1 to [`BULK_MAX`]. Two
/// statements.
pub fn by_ids(tx: &mut Tx<'_>, ids: &[VariantId]) -> Result<Vec<BulkVariant>, Error> {
    request::size("variantIds", ids.len(), BULK_MAX)?;
    let levels: HashMap<_, _> = stock::levels(tx, ids)?.into_iter().map(|level| (level.variant, level)).collect();
    let mut found: HashMap<_, _> = catalogue::sellables(tx, ids)?.into_iter().map(|one| (one.variant, one)).collect();
    let bulk = |one: Sellable| {
        let level = levels.get(&one.variant);
        BulkVariant {
            variant_id: one.variant,
            product_id: one.product,
            sku: one.sku,
            product_name: one.product_name,
            variant_name: one.variant_name,
            price: one.price,
            effective_price: one.price,
            on_sale: one.on_sale,
            image_url: one.image_url,
            seller_id: one.seller,
            stock: level.map_or(0, |level| level.available),
            stock_status: level.map_or(StockStatus::OutOfStock, |level| level.status),
        }
    };
    Ok(ids.iter().filter_map(|id| found.remove(id)).map(bulk).collect())
}
