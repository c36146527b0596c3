//! The buyer's orders.

use crate::{cards::label, visit::Visit};
use askama::Template;
use kernel::PageRequest;
use order::{OrderResponse, ops};
use pages::{PageResult, texts, words::fill};

/// Orders on a page.
const SIZE: i64 = 10;

texts! {
    /// The texts of the list of orders.
    OrdersTexts {
        title: "My orders", "주문 내역";
        empty: "You have not ordered anything yet.", "아직 주문 내역이 없습니다.";
        look: "Look around", "상품 둘러보기";
        more: "{} and more", "{} 외";
        number: "Order number", "주문 번호";
        see: "See the order", "주문 상세 보기";
        previous: "Newer orders", "최근 주문";
        next: "Older orders", "이전 주문";
        pages: "Pages", "페이지";
    }
}

#[derive(Template)]
#[template(path = "orders.html")]
struct Page {
    t: &'static OrdersTexts,
    orders: Vec<Row>,
    previous: Option<i64>,
    next: Option<i64>,
}

struct Row {
    number: String,
    what: String,
    placed: String,
    status: &'static str,
    class: &'static str,
    amount: String,
}

/// How an order stands, as a class of the stylesheet.
pub fn class(kind: order::Kind) -> &'static str {
    match kind {
        order::Kind::Pending | order::Kind::Confirmed => "waits",
        order::Kind::Paid | order::Kind::Shipping | order::Kind::Delivered => "good",
        order::Kind::Cancelled | order::Kind::Refunded => "over",
    }
}

/// `GET /orders`
pub async fn orders(visit: Visit) -> PageResult {
    let buyer = visit.buyer()?.id;
    let wanted = visit.query.page("page") - 1;
    let request = PageRequest::new(wanted, SIZE).or_else(|_| PageRequest::new(0, SIZE))?;
    let list = move |tx: &mut store::Tx<'_>| ops::own_page(tx, &buyer, &ops::Filter::default(), request, None);
    let found = visit.read("storefront.orders", list).await?.map(OrderResponse::from);
    let (t, show) = (OrdersTexts::of(visit.language), visit.show());
    let row = |order: &OrderResponse| {
        let first = order.items.first().map_or("", |item| item.product_name.as_str());
        Row {
            number: order.order_number.to_string(),
            what: if order.items.len() > 1 { fill(t.more, first) } else { first.to_owned() },
            placed: show.moment(order.created_at),
            status: label(order.status.label(), visit.language),
            class: class(order.status),
            amount: show.money(order.final_amount),
        }
    };
    let page = Page {
        t,
        previous: (found.page > 0).then_some(found.page),
        next: (!found.last).then_some(found.page + 2),
        orders: found.content.iter().map(row).collect(),
    };
    visit.page(t.title, &page)
}
