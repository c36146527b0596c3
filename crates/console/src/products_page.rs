//! The list of products.

use crate::{
    forms::{Field, Filter, everything},
    page::Page,
    states,
    table::{Cell, List, Paged, Table},
    visit::Visit,
};
use kernel::Timestamp;
use pages::{PageResult, texts, words::fill};
use serde::Deserialize;

/// What a product can be, as the filter offers it.
pub const STATUSES: [&str; 4] = ["DRAFT", "ACTIVE", "INACTIVE", "DISCONTINUED"];

texts! {
    /// The texts of the list of products.
    ProductsTexts {
        title: "Products", "상품";
        new: "New product", "상품 등록";
        count: "{} products", "상품 {}개";
        many: "more than {} products", "상품 {}개 이상";
        category: "Category", "카테고리";
        brand: "Brand", "브랜드";
        status: "Status", "상태";
        in_stock: "In stock only", "재고 있는 상품만";
        order: "Order", "정렬";
        newest: "newest first", "최신순";
        oldest: "oldest first", "오래된순";
        cheap: "lowest price first", "낮은 가격순";
        dear: "highest price first", "높은 가격순";
        by_name: "by name", "이름순";
        name: "Name", "이름";
        sku: "SKU", "SKU(상품 코드)";
        price: "Price", "가격";
        stock: "Stock", "재고";
        variants: "Variants", "옵션";
        changed: "Changed", "변경 시각";
    }
}

/// A product as lists show it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: i64,
    name: String,
    sku: String,
    brand: Option<String>,
    category: Option<String>,
    status: String,
    price: i64,
    stock: i64,
    stock_status: String,
    variant_count: i64,
    updated_at: Timestamp,
}

/// What the list of the API counts, beside the page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    #[serde(flatten)]
    page: Paged<Row>,
    total_is_exact: bool,
}

/// `GET /console/products`
pub async fn products(visit: Visit) -> PageResult {
    let t = ProductsTexts::of(visit.language);
    let keeps = &["category", "brand", "status", "stock", "order"];
    let list = List { path: "/console/products", keeps, query: &visit.query };
    let names =
        [("category", "category"), ("brand", "brand"), ("status", "status"), ("stock", "inStock"), ("order", "sort")];
    let found: Counted = visit.read(&list.question("/admin/products", &names)).await?;
    let sentence = if found.total_is_exact { t.count } else { t.many };
    let page = Page::of(t.title).lead(fill(sentence, visit.show().count(found.page.total_elements)));
    let page = page.action("/console/products/new", t.new).with(&filter(&visit, list.path))?;
    visit.page(page.with(&table(&visit, &found.page.content).paged(&list, &found.page))?)
}

fn filter(visit: &Visit, path: &str) -> Filter {
    let t = ProductsTexts::of(visit.language);
    let statuses = states::choices(everything(visit), &STATUSES, visit.language);
    let orders = [
        ("", t.newest),
        ("createdAt,asc", t.oldest),
        ("price,asc", t.cheap),
        ("price,desc", t.dear),
        ("name,asc", t.by_name),
    ];
    let stock = [("", everything(visit)), ("true", t.in_stock)];
    let text = |name: &str| visit.query.text(name);
    let fields = vec![
        Field::text(t.category, "category", text("category")),
        Field::text(t.brand, "brand", text("brand")),
        Field::select(t.status, "status", text("status"), &statuses),
        Field::select(t.stock, "stock", text("stock"), &stock),
        Field::select(t.order, "order", text("order"), &orders),
    ];
    Filter::of(visit, path, fields)
}

fn table(visit: &Visit, products: &[Row]) -> Table {
    let (t, show) = (ProductsTexts::of(visit.language), visit.show());
    let row = |product: &Row| {
        let stock = states::cell(&product.stock_status, visit.language).class;
        // a deleted product has no editor until it is restored
        let act = if product.status == "DISCONTINUED" { "/restore" } else { "" };
        vec![
            Cell::link(&product.name, format!("/console/products/{}{act}", product.id)),
            Cell::text(&product.sku),
            states::cell(&product.status, visit.language),
            Cell::maybe(product.brand.as_deref()),
            Cell::maybe(product.category.as_deref()),
            Cell::number(visit.money(product.price), product.price),
            Cell { class: stock, ..Cell::number(show.count(product.stock), product.stock) },
            Cell::number(product.variant_count.to_string(), product.variant_count),
            Cell::text(show.moment(product.updated_at)),
        ]
    };
    let [price, stock, variants] = [t.price, t.stock, t.variants].map(|name| format!("#{name}"));
    let columns = [t.name, t.sku, t.status, t.brand, t.category, &price, &stock, &variants, t.changed];
    Table::of(visit, "", &columns).rows(products.iter().map(row))
}
