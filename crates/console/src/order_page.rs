//! The page of an order: how it stands, everything that happened to it, and what can be done.

use crate::{
    details::Details,
    forms::{Field, Form, number as number_of},
    page::Page,
    states,
    table::{Cell, Table, Thumb, encoded},
    visit::Visit,
};
use askama::Template;
use axum::http::{Method, StatusCode};
use kernel::{OrderNumber, Timestamp};
use pages::{Fields, PageResult, Refused, html::see, texts, words::fill};
use serde::Deserialize;
use serde_json::{Value, json};

texts! {
    /// The texts of an order.
    OrderTexts {
        title: "Order {}", "주문 {}";
        status: "Status", "상태";
        placed: "Placed", "주문 시각";
        buyer: "Buyer", "구매자";
        receiver: "Receiver", "받는 분";
        address: "Address", "주소";
        memo: "Note", "배송 메모";
        reason: "Reason", "사유";
        goods: "Goods", "상품 금액";
        coupon: "Coupon", "쿠폰 할인";
        points: "Points", "포인트 사용";
        shipping: "Delivery", "배송비";
        payable: "Sum", "결제 금액";
        lines: "Lines", "주문 상품";
        product: "Product", "상품";
        sku: "SKU", "SKU(상품 코드)";
        units: "Units", "수량";
        refunded_units: "Refunded", "환불 수량";
        price: "Price", "단가";
        paid: "Paid for it", "결제액";
        payments: "Payments", "결제";
        payment: "Payment", "결제 번호";
        method: "Method", "결제 수단";
        amount: "Amount", "금액";
        refunds: "Refunds", "환불";
        parcel: "Parcel", "배송";
        tracking: "Tracking number", "운송장 번호";
        saga: "Saga", "사가";
        back: "Return", "반품·교환";
        timeline: "What happened", "처리 이력";
        cancel: "Cancel the order", "주문 취소";
        cancel_button: "Cancel it", "취소하기";
        ship: "The parcel has left", "발송 처리";
        ship_button: "Mark as shipped", "발송으로 표시";
        deliver: "The parcel has arrived", "배송 완료 처리";
        deliver_button: "Mark as delivered", "배송 완료로 표시";
        refund: "Refund units of payment {}", "결제 {} 상품별 환불";
        refund_units: "{}: units to refund", "{}: 환불할 수량";
        refund_button: "Refund", "환불하기";
    }
}

/// An order with everything that belongs to it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_number: String,
    status: String,
    status_description: String,
    user_id: String,
    total_amount: i64,
    discount_amount: i64,
    points_used: i64,
    shipping_fee: i64,
    final_amount: i64,
    created_at: Timestamp,
    memo: Option<String>,
    cancel_reason: Option<String>,
    shipping_address: Option<To>,
    items: Vec<Line>,
    images: Vec<Image>,
    payments: Vec<Payment>,
    refunds: Vec<Refund>,
    refunded_lines: Vec<RefundedLine>,
    delivery: Option<Parcel>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    receiver_name: String,
    receiver_phone: String,
    full_address: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: i64,
    product_id: i64,
    sku: String,
    product_name: String,
    variant_name: Option<String>,
    quantity: i64,
    price: i64,
    final_amount: i64,
}

/// What a product looks like now.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    product_id: i64,
    alternative_text: Option<String>,
    /// Its files, smallest first.
    sources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
struct Source {
    url: String,
    width: u32,
    height: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    payment_number: String,
    payment_method_description: String,
    status: String,
    amount: i64,
    refunded_amount: i64,
    failure_reason: Option<String>,
    created_at: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    payment_number: String,
    status: String,
    amount: i64,
    reason: String,
    created_at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct RefundedLine {
    id: i64,
    quantity: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parcel {
    tracking_number: String,
    carrier: String,
    status_description: String,
}

/// What `explain` gives beside the order.
#[derive(Debug, Deserialize)]
struct Explanation {
    sagas: Vec<Saga>,
    timeline: Vec<Moment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saga {
    saga_id: String,
    status: String,
}

#[derive(Debug, Deserialize)]
struct Moment {
    at: Timestamp,
    source: String,
    what: String,
    by: Option<String>,
    data: Value,
}

impl Explanation {
    /// The numbers of the returns, each once, where its steps are.
    fn returns(&self) -> impl Iterator<Item = &str> {
        let asked = self.timeline.iter().filter(|moment| moment.source == "RETURN" && moment.what == "REQUESTED");
        asked.filter_map(|moment| moment.data.get("returnNumber")?.as_str())
    }
}

#[derive(Template)]
#[template(path = "timeline.html")]
struct Timeline {
    title: &'static str,
    moments: Vec<(String, String, String, String)>,
}

/// `GET /console/orders/{number}`
pub async fn order(web::Path(number): web::Path<OrderNumber>, visit: Visit) -> PageResult {
    page(&visit, &number, None).await
}

async fn page(visit: &Visit, number: &OrderNumber, refused: Option<Refused>) -> PageResult {
    let t = OrderTexts::of(visit.language);
    let order: Order = visit.read(&format!("/admin/orders/{number}")).await?;
    let explained: Explanation = visit.read(&format!("/admin/orders/{number}/explain")).await?;
    let page = Page::of(fill(t.title, &order.order_number));
    let page = page.with(&about(visit, &order, &explained))?.with(&lines(visit, &order))?;
    let page = actions(visit, &order).iter().try_fold(page, Page::with)?;
    let page = page.with(&payments(visit, &order))?.with(&refunds(visit, &order))?;
    visit.page_with(page.with(&timeline(visit, explained.timeline))?, refused)
}

fn about(visit: &Visit, order: &Order, explained: &Explanation) -> Details {
    let (t, show) = (OrderTexts::of(visit.language), visit.show());
    let less = |amount: i64| (amount > 0).then(|| format!("−{}", visit.money(amount)));
    let state = Cell { text: order.status_description.clone(), ..states::cell(&order.status, visit.language) };
    let buyer = Cell::link(&order.user_id, format!("/console/customers/{}", order.user_id));
    let mut details = Details::of("")
        .row(t.status, state)
        .row(t.placed, Cell::moment(&show, order.created_at))
        .row(t.buyer, buyer)
        .row_if(t.reason, order.cancel_reason.as_deref())
        .row(t.goods, Cell::text(visit.money(order.total_amount)))
        .row_if(t.coupon, less(order.discount_amount))
        .row_if(t.points, less(order.points_used))
        .row_if(t.shipping, (order.shipping_fee > 0).then(|| visit.money(order.shipping_fee)))
        .row(t.payable, Cell::text(visit.money(order.final_amount)));
    if let Some(to) = &order.shipping_address {
        let who = format!("{} · {}", to.receiver_name, to.receiver_phone);
        details = details.row(t.receiver, Cell::text(who)).row(t.address, Cell::text(&to.full_address));
    }
    details = details.row_if(t.memo, order.memo.as_deref());
    if let Some(parcel) = &order.delivery {
        let parcels = format!("{} · {}", parcel.status_description, parcel.carrier);
        details = details.row(t.parcel, Cell::text(parcels)).row(t.tracking, Cell::text(&parcel.tracking_number));
    }
    for number in explained.returns() {
        details = details.row(t.back, Cell::link(number, format!("/console/returns/{}", encoded(number))));
    }
    for saga in &explained.sagas {
        let state = states::word(&saga.status, visit.language);
        details = details.row(t.saga, Cell::link(format!("{} · {state}", saga.saga_id), "/console/sagas"));
    }
    details
}

/// How many units of a line were refunded.
fn refunded(order: &Order, line: &Line) -> i64 {
    order.refunded_lines.iter().filter(|refunded| refunded.id == line.id).map(|refunded| refunded.quantity).sum()
}

fn name(line: &Line) -> String {
    match &line.variant_name {
        Some(variant) => format!("{} · {variant}", line.product_name),
        None => line.product_name.clone(),
    }
}

/// The smallest file of the image of a line's product, if it has one.
fn thumb(order: &Order, line: &Line) -> Option<Thumb> {
    let image = order.images.iter().find(|image| image.product_id == line.product_id)?;
    let Source { url, width, height } = image.sources.first()?;
    let alt = image.alternative_text.clone().unwrap_or_default();
    Some(Thumb { src: url.clone(), width: *width, height: *height, alt })
}

fn numbered(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("#{name}")).collect()
}

fn path(order: &Order) -> String {
    format!("/console/orders/{}", order.order_number)
}

fn lines(visit: &Visit, order: &Order) -> Table {
    let t = OrderTexts::of(visit.language);
    let row = |line: &Line| {
        let back = refunded(order, line);
        vec![
            Cell::link(name(line), format!("/console/products/{}", line.product_id)).with_thumb(thumb(order, line)),
            Cell::text(&line.sku),
            Cell::number(line.quantity.to_string(), line.quantity),
            Cell::number(back.to_string(), back),
            Cell::number(visit.money(line.price), line.price),
            Cell::number(visit.money(line.final_amount), line.final_amount),
        ]
    };
    let numbers = numbered(&[t.units, t.refunded_units, t.price, t.paid]);
    let columns: Vec<&str> = [t.product, t.sku].into_iter().chain(numbers.iter().map(String::as_str)).collect();
    Table::of(visit, t.lines, &columns).rows(order.items.iter().map(row)).part(visit, &path(order), "lines")
}

fn payments(visit: &Visit, order: &Order) -> Table {
    let (t, show) = (OrderTexts::of(visit.language), visit.show());
    let row = |payment: &Payment| {
        vec![
            Cell::text(&payment.payment_number),
            Cell::text(&payment.payment_method_description),
            states::cell(&payment.status, visit.language),
            Cell::number(visit.money(payment.amount), payment.amount),
            Cell::number(visit.money(payment.refunded_amount), payment.refunded_amount),
            Cell::maybe(payment.failure_reason.as_deref()),
            Cell::moment(&show, payment.created_at),
        ]
    };
    let numbers = numbered(&[t.amount, t.refunded_units]);
    let columns = [t.payment, t.method, t.status, &numbers[0], &numbers[1], t.reason, t.placed];
    Table::of(visit, t.payments, &columns).rows(order.payments.iter().map(row)).part(visit, &path(order), "payments")
}

fn refunds(visit: &Visit, order: &Order) -> Table {
    let (t, show) = (OrderTexts::of(visit.language), visit.show());
    let row = |refund: &Refund| {
        vec![
            Cell::text(&refund.payment_number),
            states::cell(&refund.status, visit.language),
            Cell::number(visit.money(refund.amount), refund.amount),
            Cell::text(&refund.reason),
            Cell::moment(&show, refund.created_at),
        ]
    };
    let numbers = numbered(&[t.amount]);
    let columns = [t.payment, t.status, &numbers[0], t.reason, t.placed];
    Table::of(visit, t.refunds, &columns).rows(order.refunds.iter().map(row)).part(visit, &path(order), "refunds")
}

fn timeline(visit: &Visit, moments: Vec<Moment>) -> Timeline {
    let (show, language) = (visit.show(), visit.language);
    let line = |moment: Moment| {
        let by = moment.by.unwrap_or_default();
        let data = if moment.data.as_object().is_some_and(|data| data.is_empty()) {
            String::new()
        } else {
            moment.data.to_string()
        };
        let (source, what) = (states::source(&moment.source, language), states::word(&moment.what, language));
        (show.moment(moment.at), format!("{source}: {what}"), by, data)
    };
    Timeline { title: OrderTexts::of(visit.language).timeline, moments: moments.into_iter().map(line).collect() }
}

/// What can be done with an order as it stands. The API decides; this only leaves out what it would refuse for sure.
fn actions(visit: &Visit, order: &Order) -> Vec<Form> {
    let t = OrderTexts::of(visit.language);
    let form = |act: &str, title: &str, button: &str| {
        let action = format!("/console/orders/{}/{act}", order.order_number);
        Form::of(visit, action, title, button).folded().reasoned()
    };
    let mut forms = Vec::new();
    match order.status.as_str() {
        "PAID" => forms.push(form("ship", t.ship, t.ship_button)),
        "SHIPPING" => forms.push(form("deliver", t.deliver, t.deliver_button)),
        _ => {}
    }
    let left = order.items.iter().map(|line| (line, line.quantity - refunded(order, line)));
    let left: Vec<(&Line, i64)> = left.filter(|(_, left)| *left > 0).collect();
    for payment in order.payments.iter().filter(|payment| payment.amount > payment.refunded_amount) {
        if !matches!(payment.status.as_str(), "COMPLETED" | "PARTIALLY_REFUNDED") || left.is_empty() {
            continue;
        }
        let title = fill(t.refund, &payment.payment_number);
        let act = format!("refund/{}", payment.payment_number);
        let refund = form(&act, &title, t.refund_button).grave();
        let field = |(line, left): &(&Line, i64)| {
            let label = format!("{} (0–{left})", fill(t.refund_units, format!("{} · {}", name(line), line.sku)));
            Field::number(label, format!("line-{}", line.id), "0")
        };
        forms.push(left.iter().map(field).fold(refund, Form::field));
    }
    if matches!(order.status.as_str(), "PENDING" | "CONFIRMED" | "PAID") {
        forms.push(form("cancel", t.cancel, t.cancel_button).grave());
    }
    forms
}

/// Sends a change of an order to the API; back to the order, or the page again with the refusal.
async fn change(
    visit: &Visit,
    number: &OrderNumber,
    fields: &Fields,
    method: Method,
    path: &str,
    body: Value,
) -> PageResult {
    match visit.send_form(fields, method, path, Some(body)).await {
        Ok(response) if response.status() == StatusCode::ACCEPTED => {
            Ok(see(&format!("/console/orders/{number}?done=open")))
        }
        Ok(_) => visit.done(&format!("/console/orders/{number}")),
        Err(refused) => page(visit, number, Some(refused)).await,
    }
}

async fn set_status(visit: &Visit, number: &OrderNumber, fields: &Fields, status: &str) -> PageResult {
    let body = json!({"status": status, "reason": fields.given("reason")});
    change(visit, number, fields, Method::PUT, &format!("/admin/orders/{number}/status"), body).await
}

/// `POST /console/orders/{number}/ship`
pub async fn ship(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    set_status(&visit, &number, &fields, "SHIPPING").await
}

/// `POST /console/orders/{number}/deliver`
pub async fn deliver(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    set_status(&visit, &number, &fields, "DELIVERED").await
}

/// `POST /console/orders/{number}/cancel`
pub async fn cancel(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    match visit.sure(&fields) {
        Ok(()) => set_status(&visit, &number, &fields, "CANCELLED").await,
        Err(refused) => page(&visit, &number, Some(refused)).await,
    }
}

/// `POST /console/orders/{number}/refund/{payment}`: so many units of each line.
pub async fn refund(
    web::Path((number, payment)): web::Path<(OrderNumber, String)>,
    visit: Visit,
    fields: Fields,
) -> PageResult {
    if let Err(refused) = visit.sure(&fields) {
        return page(&visit, &number, Some(refused)).await;
    }
    let order: Order = visit.read(&format!("/admin/orders/{number}")).await?;
    let wanted = |line: &Line| {
        let quantity = number_of(&fields, &format!("line-{}", line.id));
        let named = !quantity.is_null() && quantity != json!(0);
        named.then(|| json!({"id": line.id, "quantity": quantity}))
    };
    let lines: Vec<Value> = order.items.iter().filter_map(wanted).collect();
    let body = json!({"lines": lines, "reason": fields.text("reason")});
    let path = format!("/payments/{}/refund", encoded(&payment));
    change(&visit, &number, &fields, Method::POST, &path, body).await
}
