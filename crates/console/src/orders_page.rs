//! The list of orders.

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

/// What an order can be, as the filter offers it.
const STATUSES: [&str; 7] = ["PENDING", "CONFIRMED", "PAID", "SHIPPING", "DELIVERED", "CANCELLED", "REFUNDED"];

texts! {
    /// The texts of the list of orders.
    OrdersTexts {
        title: "Orders", "주문";
        count: "{} orders", "주문 {}건";
        words: "Number, name, phone, product", "주문 번호, 이름, 연락처, 상품";
        status: "Status", "상태";
        from: "From", "시작일";
        to: "Until", "종료일";
        number: "Order", "주문 번호";
        what: "Goods", "상품";
        units: "Units", "수량";
        receiver: "Receiver", "받는 분";
        amount: "Amount", "금액";
        placed: "Placed", "주문 시각";
    }
}

/// An order as lists show it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub order_number: String,
    pub status: String,
    pub final_amount: i64,
    pub total_quantity: i64,
    pub created_at: Timestamp,
    pub items: Vec<Item>,
    pub shipping_address: Option<Receiver>,
}

/// What of a line a list shows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub product_name: String,
}

/// Who gets the parcel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    pub receiver_name: String,
}

/// The table of these orders.
pub fn table(visit: &Visit, title: &str, orders: &[Row]) -> Table {
    let (t, show) = (OrdersTexts::of(visit.language), visit.show());
    let units = format!("#{}", t.units);
    let amount = format!("#{}", t.amount);
    let row = |order: &Row| {
        let names: Vec<&str> = order.items.iter().map(|item| item.product_name.as_str()).collect();
        vec![
            Cell::link(&order.order_number, format!("/console/orders/{}", order.order_number)),
            states::cell(&order.status, visit.language),
            Cell::text(names.join(", ")),
            Cell::number(show.count(order.total_quantity), order.total_quantity),
            Cell::maybe(order.shipping_address.as_ref().map(|to| to.receiver_name.as_str())),
            Cell::number(visit.money(order.final_amount), order.final_amount),
            Cell::text(show.moment(order.created_at)),
        ]
    };
    let columns = [t.number, t.status, t.what, &units, t.receiver, &amount, t.placed];
    Table::of(visit, title, &columns).rows(orders.iter().map(row))
}

/// `GET /console/orders`
pub async fn orders(visit: Visit) -> PageResult {
    let t = OrdersTexts::of(visit.language);
    let list = List { path: "/console/orders", keeps: &["q", "status", "from", "to"], query: &visit.query };
    let names = [("q", "keyword"), ("status", "status"), ("from", "from"), ("to", "to")];
    let found: Paged<Row> = visit.read(&list.question("/admin/orders", &names)).await?;
    let text = |name: &str| visit.query.text(name).to_owned();
    let statuses = states::choices(everything(&visit), &STATUSES, visit.language);
    let filter = Filter::of(
        &visit,
        list.path,
        vec![
            Field::text(t.words, "q", text("q")),
            Field::select(t.status, "status", visit.query.text("status"), &statuses),
            Field::day(t.from, "from", text("from")),
            Field::day(t.to, "to", text("to")),
        ],
    );
    let page = Page::of(t.title).lead(fill(t.count, visit.show().count(found.total_elements)));
    let table = table(&visit, "", &found.content).paged(&list, &found);
    visit.page(page.with(&filter)?.with(&table)?)
}
