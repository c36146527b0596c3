//! The product as the API shows it: data of the catalogue and of the stock in one response.

use crate::deals::{Deals, ProductDeal};
use crate::images::GalleryImage;
use catalog::ops::{images, products, variants};
use catalog::product::{Product, Status};
use catalog::variant::{self, Options, Variant};
use inventory::StockStatus;
use inventory::stock::LocationStock;
use kernel::{CategoryId, Code, Currency, Money, ProductId, Result, Timestamp, UserId, VariantId};
use serde::Serialize;
use std::collections::HashMap;
use store::Tx;
use utoipa::ToSchema;

/// A product as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Product)]
pub struct ProductPage {
    /// Its id.
    pub id: ProductId,
    /// The shop's own number of it.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// The normal price of one unit.
    pub price: Money,
    /// The price it is sold at instead.
    pub sale_price: Option<Money>,
    /// What one unit costs now when the product is bought by its id alone.
    pub effective_price: Money,
    /// What one unit of its cheapest variant on sale costs now.
    pub min_price: Money,
    /// What one unit of its dearest variant on sale costs now.
    pub max_price: Money,
    /// ISO 4217 code of all prices.
    #[schema(example = "KRW")]
    pub currency: &'static str,
    /// The path of its category.
    #[schema(example = "Apparel > Topwear")]
    pub category: Option<String>,
    /// Its category.
    pub category_id: Option<CategoryId>,
    /// Its brand.
    pub brand: Option<String>,
    /// The first image.
    pub image_url: Option<String>,
    /// Every image, in order.
    pub images: Vec<String>,
    /// The same images, with what is known of each.
    pub gallery: Vec<GalleryImage>,
    /// Whether its price contains no value added tax.
    pub tax_free: bool,
    /// Units that can be sold now, over all variants that are on sale.
    pub stock: i64,
    /// The same as `stock`, under another name that pages of shops read.
    pub stock_quantity: i64,
    /// Raised by every movement of its stock; for `If-Match` when setting the stock of a product with one variant.
    pub stock_version: i64,
    /// How well it is in stock.
    pub stock_status: StockStatus,
    /// The cheapest time deal of it that runs.
    pub time_deal: Option<ProductDeal>,
    /// DRAFT, ACTIVE, INACTIVE or DISCONTINUED; the public sees ACTIVE ones only.
    pub status: Status,
    /// Variants it comes in.
    pub variant_count: usize,
    /// The seller; `null` when it is the shop's own.
    pub seller_id: Option<UserId>,
    /// Raised by every change; for `If-Match`.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A variant as product pages show it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProductVariant)]
pub struct VariantPage {
    /// Its id.
    pub id: VariantId,
    /// Its own sku.
    pub sku: String,
    /// The name that it was given.
    pub name: Option<String>,
    /// What it is called next to its product's name: its name, else the values of its options. Carts and orders name it so, too.
    pub variant_name: Option<String>,
    /// The options in which it differs from the other variants.
    pub options: Options,
    /// What one unit costs now.
    pub price: Money,
    /// The same as `price`, as a product has it.
    pub effective_price: Money,
    /// Added to the product's current price.
    pub price_adjustment: Money,
    /// Units that can be sold now.
    pub stock: i64,
    /// Raised by every movement of its stock; for `If-Match` when setting it.
    pub stock_version: i64,
    /// How well it is in stock.
    pub stock_status: StockStatus,
    /// ACTIVE or INACTIVE; the public sees ACTIVE ones only.
    pub status: variant::Status,
    /// Whether the product id alone means this variant.
    pub is_default: bool,
}

/// A product with its variants.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductDetail {
    /// The product.
    #[serde(flatten)]
    pub product: ProductPage,
    /// Its variants, in the order they were made.
    pub variants: Vec<VariantPage>,
    /// When the clock makes this page wrong: a time deal starts or ends then.
    #[serde(skip)]
    pub true_until: Option<Timestamp>,
}

/// Who asks for a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Anyone: sees what is on sale.
    Public,
    /// The owner or an administrator: sees everything that is not deleted.
    Owner,
}

/// The product for `viewer`. S001 when the viewer may not see it.
pub fn detail(tx: &mut Tx<'_>, id: ProductId, currency: Currency, viewer: Viewer) -> Result<ProductDetail> {
    let product = products::product(tx, id)?;
    let seen = match viewer {
        Viewer::Public => product.status == Status::Active,
        Viewer::Owner => product.status != Status::Discontinued,
    };
    if !seen {
        return Err(Code::ProductNotFound.because(format!("product {id}")));
    }
    let mut found = details(tx, vec![product], currency, viewer)?;
    found.pop().ok_or_else(|| Code::ProductNotFound.because(format!("product {id}")))
}

/// The products with these ids in that order, without variants: what a list shows.
pub fn pages(tx: &mut Tx<'_>, ids: &[ProductId], currency: Currency, viewer: Viewer) -> Result<Vec<ProductPage>> {
    let products = products::products(tx, ids)?;
    Ok(details(tx, products, currency, viewer)?.into_iter().map(|detail| detail.product).collect())
}

/// A constant number of statements, however many products.
fn details(tx: &mut Tx<'_>, products: Vec<Product>, currency: Currency, viewer: Viewer) -> Result<Vec<ProductDetail>> {
    let ids: Vec<ProductId> = products.iter().map(|product| product.id).collect();
    let mut galleries: HashMap<ProductId, Vec<GalleryImage>> = HashMap::new();
    for (id, image) in images::of_products(tx, &ids)? {
        galleries.entry(id).or_default().push(image.into());
    }
    let mut families: HashMap<ProductId, Vec<Variant>> = HashMap::new();
    for variant in variants::of_products(tx, &ids)? {
        families.entry(variant.product_id).or_default().push(variant);
    }
    let stocks = inventory::ops::stock_of_products(tx, &ids)?;
    let places: HashMap<ProductId, Vec<LocationStock>> =
        stocks.into_iter().map(|stock| (stock.product_id, stock.breakdown)).collect();
    let deals = Deals::of(tx, &ids)?;
    let assembled = products.into_iter().map(|product| {
        let family = families.remove(&product.id).unwrap_or_default();
        let gallery = galleries.remove(&product.id).unwrap_or_default();
        let places = places.get(&product.id).map_or(&[][..], Vec::as_slice);
        assemble(product, family, gallery, places, &deals, currency, viewer)
    });
    Ok(assembled.collect())
}

fn assemble(
    product: Product,
    family: Vec<Variant>,
    gallery: Vec<GalleryImage>,
    places: &[LocationStock],
    deals: &Deals,
    currency: Currency,
    viewer: Viewer,
) -> ProductDetail {
    let on_sale = |variant: &Variant| variant.status == variant::Status::Active;
    let sold: Vec<VariantId> = family.iter().filter(|variant| on_sale(variant)).map(|variant| variant.id).collect();
    let (stock, stock_status) = available(places, |id| sold.contains(&id));
    let stock_version = version(places, |id| family.iter().any(|one| one.id == id));
    let current = product.content.current_price();
    let on_sale_at = || family.iter().filter(|variant| on_sale(variant)).map(|variant| variant.price);
    let (min_price, max_price) = (on_sale_at().min().unwrap_or(current), on_sale_at().max().unwrap_or(current));
    let effective_price = family.iter().find(|variant| variant.is_default).map_or(current, |variant| variant.price);
    let for_sale: Vec<&Variant> = family.iter().filter(|variant| on_sale(variant)).collect();
    let time_deal = deals.running(product.id, &for_sale, places);
    let true_until = deals.next_change(product.id);
    let shown = family.into_iter().filter(|variant| viewer == Viewer::Owner || on_sale(variant));
    let variants: Vec<VariantPage> = shown.map(|variant| variant_page(variant, places)).collect();
    let content = product.content;
    let product = ProductPage {
        id: product.id,
        sku: product.sku,
        name: content.name,
        description: content.description,
        price: content.price,
        sale_price: content.sale_price,
        effective_price,
        min_price,
        max_price,
        currency: currency.code(),
        category: product.category,
        category_id: content.category_id,
        brand: content.brand,
        image_url: content.image_url,
        images: gallery.iter().map(|image| image.url.clone()).collect(),
        gallery,
        tax_free: content.tax_free,
        stock,
        stock_quantity: stock,
        stock_version,
        stock_status,
        time_deal,
        status: product.status,
        variant_count: variants.len(),
        seller_id: product.seller,
        version: product.version,
        created_at: product.created_at,
        updated_at: product.updated_at,
    };
    ProductDetail { product, variants, true_until }
}

/// A variant with its stock. `levels` may contain other variants, too.
pub(crate) fn variant_page(variant: Variant, levels: &[LocationStock]) -> VariantPage {
    let (stock, stock_status) = available(levels, |id| id == variant.id);
    VariantPage {
        id: variant.id,
        variant_name: variant.called(),
        sku: variant.sku,
        name: variant.name,
        options: variant.options,
        price: variant.price,
        effective_price: variant.price,
        price_adjustment: variant.price_adjustment,
        stock,
        stock_version: version(levels, |id| id == variant.id),
        stock_status,
        status: variant.status,
        is_default: variant.is_default,
    }
}

/// The version of the chosen variants' stock: the number of its movements.
fn version(levels: &[LocationStock], chosen: impl Fn(VariantId) -> bool) -> i64 {
    levels.iter().filter(|level| chosen(level.variant_id)).map(|level| level.version).sum()
}

/// The available units of the chosen variants, and their stock status by the highest threshold of their locations.
fn available(levels: &[LocationStock], chosen: impl Fn(VariantId) -> bool) -> (i64, StockStatus) {
    let of = || levels.iter().filter(|level| chosen(level.variant_id));
    let units = of().map(|level| level.available_quantity).sum();
    let threshold = of().map(|level| level.low_stock_threshold).max().unwrap_or(0);
    (units, StockStatus::of(units, threshold))
}
