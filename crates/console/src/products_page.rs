//! The list of products.

use crate::{
    chosen::{self, Act, Outcome},
    forms::{Field, Filter, Form, everything},
    page::Page,
    states,
    table::{Cell, List, Paged, Table, encoded},
    visit::Visit,
};
use axum::http::Method;
use kernel::{Code, Timestamp};
use pages::{Fields, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use std::collections::HashMap;

/// What a product can be, as the filter offers it.
pub const STATUSES: [&str; 4] = ["DRAFT", "ACTIVE", "INACTIVE", "DISCONTINUED"];

texts! {
    /// The texts of the list of products.
    ProductsTexts {
        title: "Products", "상품";
        new: "New product", "상품 등록";
        import: "Import", "가져오기";
        count: "{} products", "상품 {}개";
        many: "more than {} products", "상품 {}개 이상";
        keyword: "Name or SKU", "상품명 또는 SKU";
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
        made: "Made", "등록 시각";
        choose: "Choose {}", "{} 선택";
        publish: "Put on sale", "판매 시작";
        close: "Take off sale", "판매 중지";
        delete: "Delete", "삭제";
        sure: "Yes, also delete", "삭제도 진행합니다";
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
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Where a product is edited. A deleted one has no editor until it is restored.
pub fn place(id: i64, status: &str) -> String {
    let act = if status == "DISCONTINUED" { "/restore" } else { "" };
    format!("/console/products/{id}{act}")
}

/// `GET /console/products`
pub async fn products(visit: Visit) -> PageResult {
    page(&visit, None, None).await
}

const KEEPS: &[&str] = &["q", "category", "brand", "status", "stock", "order", "page"];

fn list(visit: &Visit) -> List<'_> {
    List::of("/console/products", KEEPS, &visit.query)
}

async fn read(visit: &Visit) -> Result<Paged<Row>, Refused> {
    let names = [
        ("q", "keyword"),
        ("category", "category"),
        ("brand", "brand"),
        ("status", "status"),
        ("stock", "inStock"),
        ("order", "sort"),
    ];
    visit.read(&list(visit).question("/admin/products", &names)).await
}

/// The list, below what became of chosen rows.
async fn page(visit: &Visit, outcomes: Option<Table>, refused: Option<Refused>) -> PageResult {
    let t = ProductsTexts::of(visit.language);
    let (list, found) = (list(visit), read(visit).await?);
    let sentence = if found.total_is_exact { t.count } else { t.many };
    let page = Page::of(t.title).lead(fill(sentence, visit.show().count(found.total_elements)));
    let page = page
        .action("/console/products/import", t.import)
        .action("/console/products/new", t.new)
        .with_some(outcomes)?
        .with(&filter(visit, list.path))?;
    let page = page.with_some((!found.content.is_empty()).then(|| chosen_form(visit)))?;
    let sorts = [(2, "name"), (7, "price"), (11, "createdAt")];
    let table = table(visit, &found.content).ordered(&list, &sorts).paged(&list, &found);
    visit.page_with(page.with(&table)?, refused)
}

fn chosen_form(visit: &Visit) -> Form {
    let t = ProductsTexts::of(visit.language);
    let acts = [("publish", t.publish), ("close", t.close), ("delete", t.delete)];
    let action = List::of("/console/products/chosen", KEEPS, &visit.query).link(&[]);
    chosen::form(visit, action, &acts, Field::tick(t.sure, "sure", false))
}

/// `POST /console/products/chosen`
pub async fn act(visit: Visit, fields: Fields) -> PageResult {
    visit.seller()?;
    match act_on(&visit, &fields).await {
        Ok(outcomes) => page(&visit, Some(chosen::outcomes(&visit, &outcomes)), None).await,
        Err(refused) => page(&visit, None, Some(refused)).await,
    }
}

async fn act_on(visit: &Visit, fields: &Fields) -> Result<Vec<Outcome>, Refused> {
    let rows = chosen::rows(fields)?;
    let act = match fields.text("act") {
        "publish" => publish,
        "close" => close,
        "delete" => {
            visit.sure(fields)?;
            delete
        }
        _ => return Err(Code::InvalidInput.into()),
    };
    let names: HashMap<i64, String> = read(visit).await?.content.into_iter().map(|row| (row.id, row.name)).collect();
    // a deleted product has no editor
    let place = if fields.text("act") == "delete" { "/restore" } else { "" };
    let named = |row: &str| {
        let id = key(row).0;
        let name = id.parse().ok().and_then(|id: i64| names.get(&id).cloned()).unwrap_or_else(|| id.to_owned());
        Cell::link(name, format!("/console/products/{}{place}", encoded(id)))
    };
    Ok(chosen::each(visit, fields, rows, named, act).await)
}

/// Id and version of a chosen row.
fn key(row: &str) -> (&str, &str) {
    row.split_once('-').unwrap_or((row, ""))
}

fn publish(row: &str) -> Act {
    Act { method: Method::PATCH, path: format!("/admin/products/{}/publish", encoded(key(row).0)), body: None }
}

fn close(row: &str) -> Act {
    Act { method: Method::PATCH, path: format!("/admin/products/{}/close", encoded(key(row).0)), body: None }
}

/// Deletes what was seen, and nothing that was changed since.
fn delete(row: &str) -> Act {
    let (id, version) = key(row);
    let path = format!("/admin/products/{}?version={}", encoded(id), encoded(version));
    Act { method: Method::DELETE, path, body: None }
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
        Field::text(t.keyword, "q", text("q")),
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
        vec![
            Cell::link(&product.name, place(product.id, &product.status)),
            Cell::text(&product.sku),
            states::cell(&product.status, visit.language),
            Cell::maybe(product.brand.as_deref()),
            Cell::maybe(product.category.as_deref()),
            Cell::number(visit.money(product.price), product.price),
            Cell::number(show.count(product.stock), product.stock).tinted(stock),
            Cell::number(product.variant_count.to_string(), product.variant_count),
            Cell::moment(&show, product.updated_at),
            Cell::moment(&show, product.created_at),
        ]
    };
    let [price, stock, variants] = [t.price, t.stock, t.variants].map(|name| format!("#{name}"));
    let columns = [t.name, t.sku, t.status, t.brand, t.category, &price, &stock, &variants, t.changed, t.made];
    let pick = |product: &Row| Cell::pick(format!("{}-{}", product.id, product.version), fill(t.choose, &product.name));
    Table::of(visit, "", &columns).rows(products.iter().map(row)).picked(products.iter().map(pick))
}
