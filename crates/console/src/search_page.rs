//! The search of the header: orders, customers and products at once.

use crate::{
    customers_page, orders_page,
    page::Page,
    products_page, states,
    table::{Cell, List, Paged, Table, encoded},
    visit::Visit,
};
use kernel::{OrderNumber, UserId};
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
        status: "Status", "상태";
    }
}

#[derive(Debug, Deserialize)]
struct Hit {
    id: i64,
    name: String,
    sku: String,
    status: String,
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
    let row = |hit: &Hit| {
        vec![
            Cell::link(&hit.name, products_page::place(hit.id, &hit.status)),
            Cell::text(&hit.sku),
            states::cell(&hit.status, visit.language),
        ]
    };
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
    let products = Table::of(&visit, t.products, &[t.name, t.sku, t.status]).rows(products.iter().map(row));
    visit.page(page.with(&products.whole(&list("products")))?)
}

/// The products with these words in their name or sku, also those that are not on sale, and after them deleted ones. The API gives a
/// seller their own.
async fn products(visit: &Visit, words: &str) -> Result<Vec<Hit>, Refused> {
    let path = format!("/admin/products?keyword={}&size={HITS}", encoded(words));
    let kept: Paged<Hit> = visit.read(&path).await?;
    let deleted: Paged<Hit> = visit.read(&format!("{path}&status=DISCONTINUED")).await?;
    let hits = kept.content.into_iter().chain(deleted.content);
    Ok(hits.take(HITS).collect())
}
