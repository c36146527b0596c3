//! The search of the header: orders, customers and products at once.

use crate::{
    customers_page, orders_page,
    page::Page,
    table::{Cell, List, Paged, Table, encoded},
    visit::Visit,
};
use kernel::{Code, OrderNumber, UserId};
use pages::{PageResult, Refused, html::see, texts, words::fill};
use serde::Deserialize;

/// Hits of each kind.
const HITS: usize = 10;

texts! {
    /// The texts of the search.
    SearchTexts {
        title: "“{}”", "‘{}’ 검색 결과";
        empty: "Type an order number, a name, a phone number, an e-mail address or a product.", "주문 번호, 이름, 연락처, 이메일 또는 상품을 입력해 주세요.";
        orders: "Orders", "주문";
        customers: "Customers", "고객";
        products: "Products", "상품";
        name: "Name", "이름";
        sku: "SKU", "상품 코드";
    }
}

#[derive(Debug, Deserialize)]
struct Hit {
    id: i64,
    name: String,
    sku: String,
}

/// `GET /console/search`
pub async fn search(visit: Visit) -> PageResult {
    visit.seller()?;
    let t = SearchTexts::of(visit.language);
    let words = visit.query.text("q").to_owned();
    if words.is_empty() {
        return visit.page(Page::of(t.empty));
    }
    if visit.is_admin() {
        // what names one thing leads there
        if let Ok(number) = words.to_uppercase().parse::<OrderNumber>() {
            return Ok(see(&format!("/console/orders/{number}")));
        }
        if let Ok(id) = words.parse::<UserId>() {
            return Ok(see(&format!("/console/customers/{id}")));
        }
    }
    let path = format!("/admin/orders?keyword={}&size={HITS}", encoded(&words));
    let orders: Option<Paged<orders_page::Row>> = visit.read_if_allowed(&path).await?;
    let products = products(&visit, &words).await?;
    let row = |hit: &Hit| vec![Cell::link(&hit.name, format!("/console/products/{}", hit.id)), Cell::text(&hit.sku)];
    let page = Page::of(fill(t.title, &words));
    let list = |name| List::part("/console/search", name, &visit.query).keeping(&["q"]);
    let orders = orders.map(|orders| orders_page::table(&visit, t.orders, &orders.content).whole(&list("orders")));
    let page = page.with_some(orders)?;
    let page = match visit.is_admin() {
        true => {
            let found = customers_page::find(&visit, &words).await?;
            page.with(&customers_page::users(&visit, t.customers, &found).whole(&list("customers")))?
        }
        false => page,
    };
    let products = Table::of(&visit, t.products, &[t.name, t.sku]).rows(products.iter().map(row));
    visit.page(page.with(&products.whole(&list("products")))?)
}

/// The products that these words mean. A seller gets their own.
async fn products(visit: &Visit, words: &str) -> Result<Vec<Hit>, Refused> {
    let path = format!("/search/products?keyword={}&size={HITS}", encoded(words));
    let found: Option<Paged<Hit>> = visit.read_if_allowed(&path).await?;
    let mut hits = found.map(|found| found.content).unwrap_or_default();
    if visit.is_admin() {
        return Ok(hits);
    }
    let mut own = Vec::new();
    for hit in hits.drain(..) {
        match visit.read::<serde_json::Value>(&format!("/admin/products/{}", hit.id)).await {
            Ok(_) => own.push(hit),
            Err(refused) if matches!(refused.code(), Code::RoleRequired | Code::ProductNotFound) => {}
            Err(refused) => return Err(refused),
        }
    }
    Ok(own)
}
