//! The list of orders.

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
use serde_json::json;

/// What an order can be, as the filter offers it.
const STATUSES: [&str; 7] = ["PENDING", "CONFIRMED", "PAID", "SHIPPING", "DELIVERED", "CANCELLED", "REFUNDED"];

texts! {
    /// The texts of the list of orders.
    OrdersTexts {
        title: "Orders", "주문";
        count: "{} orders", "주문 {}건";
        many: "more than {} orders", "주문 {}건 이상";
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
        choose: "Choose {}", "{} 선택";
        ship: "The parcels have left", "발송 처리";
        deliver: "The parcels have arrived", "배송 완료 처리";
        reason: "Reason", "사유";
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

impl Row {
    /// The first of its goods, and how many others it has.
    fn goods(&self) -> String {
        let first = self.items.first().map(|item| item.product_name.as_str()).unwrap_or_default();
        match self.items.len() {
            ..=1 => first.to_owned(),
            lines => format!("{first} + {}", lines - 1),
        }
    }
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
        vec![
            Cell::link(&order.order_number, format!("/console/orders/{}", order.order_number)),
            states::cell(&order.status, visit.language),
            Cell::text(order.goods()),
            Cell::number(show.count(order.total_quantity), order.total_quantity),
            Cell::maybe(order.shipping_address.as_ref().map(|to| to.receiver_name.as_str())),
            Cell::number(visit.money(order.final_amount), order.final_amount),
            Cell::moment(&show, order.created_at),
        ]
    };
    let columns = [t.number, t.status, t.what, &units, t.receiver, &amount, t.placed];
    Table::of(visit, title, &columns).rows(orders.iter().map(row))
}

/// The same with boxes to choose rows.
fn choosable(visit: &Visit, orders: &[Row]) -> Table {
    let sentence = OrdersTexts::of(visit.language).choose;
    let boxes = orders.iter().map(|order| Cell::pick(&order.order_number, fill(sentence, &order.order_number)));
    table(visit, "", orders).picked(boxes)
}

/// `GET /console/orders`
pub async fn orders(visit: Visit) -> PageResult {
    page(&visit, None, None).await
}

const KEEPS: &[&str] = &["q", "status", "from", "to", "cursor", "page", "sort"];

/// The list, below what became of chosen rows.
async fn page(visit: &Visit, outcomes: Option<Table>, refused: Option<Refused>) -> PageResult {
    let t = OrdersTexts::of(visit.language);
    let list = List::of("/console/orders", KEEPS, &visit.query);
    let names = [("q", "keyword"), ("status", "status"), ("from", "from"), ("to", "to")];
    let found: Paged<Row> = visit.read(&list.question("/admin/orders", &names)).await?;
    let sentence = if found.total_is_exact { t.count } else { t.many };
    let page = Page::of(t.title).lead(fill(sentence, visit.show().count(found.total_elements)));
    let page = page.with_some(outcomes)?.with(&filter(visit, list.path))?;
    let page = page.with_some((!found.content.is_empty()).then(|| chosen_form(visit)))?;
    let table = choosable(visit, &found.content).sorted_page(&list);
    // a search may have looked at the newest orders only, so it has no numbered pages
    let table = match visit.query.given("q") {
        Some(_) => table.searched(&list, &found),
        None => table.paged(&list, &found),
    };
    visit.page_with(page.with(&table)?, refused)
}

fn filter(visit: &Visit, path: &str) -> Filter {
    let t = OrdersTexts::of(visit.language);
    let text = |name: &str| visit.query.text(name).to_owned();
    let statuses = states::choices(everything(visit), &STATUSES, visit.language);
    let fields = vec![
        Field::text(t.words, "q", text("q")),
        Field::select(t.status, "status", visit.query.text("status"), &statuses),
        Field::day(t.from, "from", text("from")),
        Field::day(t.to, "to", text("to")),
    ];
    Filter::of(visit, path, fields)
}

fn chosen_form(visit: &Visit) -> Form {
    let t = OrdersTexts::of(visit.language);
    let acts = [("SHIPPING", t.ship), ("DELIVERED", t.deliver)];
    let action = List::of("/console/orders/chosen", KEEPS, &visit.query).link(&[]);
    chosen::form(visit, action, &acts, Field::text(t.reason, "reason", ""))
}

/// `POST /console/orders/chosen`
pub async fn act(visit: Visit, fields: Fields) -> PageResult {
    visit.admin()?;
    match act_on(&visit, &fields).await {
        Ok(outcomes) => page(&visit, Some(chosen::outcomes(&visit, &outcomes)), None).await,
        Err(refused) => page(&visit, None, Some(refused)).await,
    }
}

async fn act_on(visit: &Visit, fields: &Fields) -> Result<Vec<Outcome>, Refused> {
    let rows = chosen::rows(fields)?;
    let status = match fields.text("act") {
        "SHIPPING" => "SHIPPING",
        "DELIVERED" => "DELIVERED",
        _ => return Err(Code::InvalidInput.into()),
    };
    let named = |row: &str| Cell::link(row, format!("/console/orders/{}", encoded(row)));
    let act = |row: &str| Act {
        method: Method::PUT,
        path: format!("/admin/orders/{}/status", encoded(row)),
        body: Some(json!({"status": status, "reason": fields.given("reason")})),
    };
    Ok(chosen::each(visit, fields, rows, named, act).await)
}
