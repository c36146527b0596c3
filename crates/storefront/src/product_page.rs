//! The page of a product.

use crate::{
    cards::{percent_off, price_of, stock_class},
    deals_page::DealTexts,
    photo::Photo,
    site,
    visit::Visit,
};
use askama::Template;
use inventory::StockStatus;
use kernel::{ProductId, Timestamp};
use merchandising::page::{self, ProductDetail, ProductPage, VariantPage, Viewer};
use pages::{FormToken, Html, PageResult, html::encoded, shell::About, show::Show, texts, words::fill};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the page is kept when another service has a part of it, which changes without an event for us.
const WITH_REVIEWS: Duration = Duration::from_secs(60);
/// Most units that the field of a cart's line offers.
const UNITS_MAX: i64 = 99;
/// Characters of a description that search engines and links show.
const SUMMARY_CHARS: usize = 160;

texts! {
    /// The texts of a product's page.
    ProductTexts {
        way: "Where you are", "현재 위치";
        all: "All products", "전체 상품";
        choose: "Options", "옵션 선택";
        quantity: "Quantity", "수량";
        add: "Add to cart", "장바구니 담기";
        added: "Added to your cart.", "장바구니에 담았습니다.";
        in_stock: "In stock", "재고 있음";
        low_stock: "Only {} left", "{}개 남음";
        sold_out: "Sold out", "품절";
        was: "Regular price", "정가";
        plus: "+{}", "{} 추가";
        minus: "−{}", "{} 할인";
        about: "About this product", "상품 설명";
        sku: "Item number", "상품 번호";
        brand: "Brand", "브랜드";
        reviews: "Reviews", "구매 후기";
        deal: "Time deal", "타임딜";
        to_deal: "See the deal", "타임딜 보기";
    }
}

#[derive(Template)]
#[template(path = "product.html")]
struct Page {
    t: &'static ProductTexts,
    deal_texts: &'static DealTexts,
    token: FormToken,
    id: i64,
    name: String,
    brand: Option<String>,
    sku: String,
    way: Vec<(String, String)>,
    image: Photo,
    more_images: Vec<Photo>,
    price: String,
    was: Option<String>,
    off: Option<i64>,
    stock: String,
    stock_class: &'static str,
    can_buy: bool,
    choices: Vec<Choice>,
    deal: Option<Deal>,
    paragraphs: Vec<String>,
    reviews: Vec<(String, String)>,
    units_max: i64,
}

/// A variant to choose.
struct Choice {
    id: i64,
    name: String,
    price: String,
    stock: String,
    can_buy: bool,
    chosen: bool,
}

/// The deal that the product is in.
struct Deal {
    href: String,
    name: String,
    left: String,
    ends: String,
    ends_ms: i64,
    now_ms: i64,
}

/// `GET /products/{id}`
pub async fn product(web::Path(id): web::Path<ProductId>, visit: Visit) -> PageResult {
    let key = visit.key(site::product(id), ());
    visit.shared_with_forms(key, || made(&visit, id)).await
}

async fn made(visit: &Visit, id: ProductId) -> kernel::Result<(Html, Option<Timestamp>)> {
    let app = visit.app();
    let currency = app.shop.currency;
    let read = move |tx: &mut store::Tx<'_>| page::detail(tx, id, currency, Viewer::Public);
    let detail: ProductDetail = app.db.read("storefront.product", read).await?;
    let mut reviews = Vec::new();
    let mut until = detail.true_until;
    if app.ports.reviews.is_configured() {
        // a page without them is better than none
        reviews = app.ports.reviews.of_product(id).await.unwrap_or_default();
        let soon = app.now().after(WITH_REVIEWS);
        until = Some(until.map_or(soon, |until| until.min(soon)));
    }
    let show = visit.show();
    let reviews = reviews.into_iter().map(|review| (review.title, review.content)).collect();
    let page = shown(&detail, &show, app.now(), reviews);
    let address = visit.kept_address(&format!("/products/{id}"));
    let image = visit.kept_address(&page.image.src);
    let about = About {
        title: page.name.clone(),
        description: summary(&detail.product),
        data: Some(Html::data(&structured(&detail, &show, &address, &image))),
        canonical: Some(address),
        image: Some(image),
        kind: "product",
        ..About::default()
    };
    Ok((visit.framed(&about, &page)?, until))
}

fn shown(detail: &ProductDetail, show: &Show, now: Timestamp, reviews: Vec<(String, String)>) -> Page {
    let (t, product) = (ProductTexts::of(show.language), &detail.product);
    let (price, was) = price_of(product);
    let varies = detail.variants.len() > 1;
    let (image, more_images) = Photo::all(product);
    // the price of the variant that a buyer gets without choosing; a deal has its own page
    let price = if product.time_deal.is_some() { product.effective_price } else { price };
    let was = was.filter(|was| *was > price);
    let first = detail.variants.iter().position(|one| one.stock > 0 && one.is_default);
    let first = first.or(detail.variants.iter().position(|one| one.stock > 0)).unwrap_or(0);
    let choices = detail.variants.iter().enumerate().map(|(at, one)| choice(one, product, show, at == first));
    Page {
        t,
        deal_texts: DealTexts::of(show.language),
        token: pages::form::gap(),
        id: product.id.raw(),
        name: product.name.clone(),
        brand: product.brand.clone(),
        sku: product.sku.clone(),
        way: way(product),
        image,
        more_images,
        price: show.money(price),
        off: percent_off(price, was),
        was: was.map(|was| show.money(was)),
        stock: stock_text(t, product.stock_status, product.stock, show),
        stock_class: stock_class(product.stock_status),
        can_buy: product.stock > 0,
        choices: if varies { choices.collect() } else { Vec::new() },
        deal: product.time_deal.as_ref().map(|deal| Deal {
            href: format!("/deals/{}", deal.time_deal_id),
            name: format!("{} · {}", deal.name, show.money(deal.deal_price)),
            left: fill(DealTexts::of(show.language).left, show.count(deal.remaining_quantity)),
            ends: show.moment(deal.ends_at),
            ends_ms: deal.ends_at.as_millis(),
            now_ms: now.as_millis(),
        }),
        paragraphs: product.description.iter().flat_map(|text| text.lines()).map(str::to_owned).collect(),
        reviews,
        units_max: product.stock.clamp(1, UNITS_MAX),
    }
}

fn choice(variant: &VariantPage, product: &ProductPage, show: &Show, chosen: bool) -> Choice {
    let t = ProductTexts::of(show.language);
    let more = variant.price.minus(product.min_price).ok().filter(|more| more.is_positive());
    Choice {
        id: variant.id.raw(),
        name: variant.variant_name.clone().unwrap_or_else(|| variant.sku.clone()),
        price: more.map(|more| fill(t.plus, show.money(more))).unwrap_or_default(),
        stock: match variant.stock_status {
            StockStatus::InStock => String::new(),
            status => stock_text(t, status, variant.stock, show),
        },
        can_buy: variant.stock > 0,
        chosen,
    }
}

fn stock_text(t: &ProductTexts, status: StockStatus, units: i64, show: &Show) -> String {
    match status {
        StockStatus::InStock => t.in_stock.to_owned(),
        StockStatus::LowStock => fill(t.low_stock, show.count(units)),
        StockStatus::OutOfStock => t.sold_out.to_owned(),
    }
}

/// The categories above the product. The last one has an address of its own, those above it are found by their path.
fn way(product: &ProductPage) -> Vec<(String, String)> {
    let (Some(path), Some(id)) = (&product.category, product.category_id) else { return Vec::new() };
    let names: Vec<&str> = path.split('>').map(str::trim).collect();
    let address = |at: usize| match at + 1 == names.len() {
        true => format!("/products?category={id}"),
        false => format!("/search?q={}", encoded(names[at])),
    };
    names.iter().enumerate().map(|(at, name)| (address(at), (*name).to_owned())).collect()
}

fn summary(product: &ProductPage) -> String {
    let text = product.description.as_deref().unwrap_or(&product.name);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SUMMARY_CHARS).collect()
}

/// The product in the words of schema.org.
fn structured(detail: &ProductDetail, show: &Show, address: &str, image: &str) -> Value {
    let product = &detail.product;
    let there = if product.stock > 0 { "https://schema.org/InStock" } else { "https://schema.org/OutOfStock" };
    let brand = product.brand.as_ref().map(|brand| json!({"@type": "Brand", "name": brand}));
    json!({
        "@context": "https://schema.org", "@type": "Product", "name": product.name, "sku": product.sku, "image": [image],
        "description": product.description, "brand": brand, "category": product.category,
        "offers": {
            "@type": "AggregateOffer", "url": address, "priceCurrency": product.currency, "availability": there,
            "lowPrice": show.plain(product.min_price), "highPrice": show.plain(product.max_price),
            "offerCount": product.variant_count,
        },
    })
}
