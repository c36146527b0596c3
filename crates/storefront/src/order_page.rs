//! The page of an order: how it stands, its parcel, cancelling, ordering again. What it takes to pay it is in `pay_page`, and accounts
//! for deposits in `deposit_page`.

use crate::{
    account_pages::{AddressTexts, Addressed},
    cards::label,
    cart_page::with_cart,
    deposit_page,
    orders_page::class,
    pay_page,
    photo::{Photo, Photos},
    trouble::without_codes,
    visit::Visit,
};
use askama::Template;
use axum::http::{Method, StatusCode};
use checkout::response::{self, OrderDetail};
use delivery::{DeliveryResponse, Purpose};
use kernel::{Address, Money, OrderNumber};
use order::Kind;
use pages::{Fields, FormToken, Html, Language, PageResult, Refused, form, html::see, show::Show, texts, words::fill};
use payment::PaymentResponse;
use serde_json::json;

texts! {
    /// The texts of an order.
    OrderTexts {
        title: "Order {}", "주문 {}";
        placed: "Placed {}", "{} 주문";
        paid_note: "Thank you. The payment is complete.", "결제가 완료되었습니다. 감사합니다.";
        open_note: "The payment is being confirmed. This page changes by itself.", "결제 결과를 확인하고 있습니다. 이 페이지는 자동으로 바뀝니다.";
        left_note: "Nothing was paid. You can choose another way to pay.", "결제가 이루어지지 않았습니다. 다른 결제 수단을 선택할 수 있습니다.";
        withdrawn_note: "The payment is cancelled. You can choose another way to pay.", "결제를 취소했습니다. 다른 결제 수단을 선택할 수 있습니다.";
        account_note: "Your account is saved.", "환불 계좌를 저장했습니다.";
        cancelled_note: "The order is cancelled.", "주문이 취소되었습니다.";
        address_note: "The address is saved.", "배송지를 저장했습니다.";
        items: "Items", "주문 상품";
        each: "{} each", "개당 {}";
        units: "× {}", "{}개";
        subtotal: "Subtotal", "상품 금액";
        coupon: "Coupon", "쿠폰 할인";
        points: "Points", "포인트 사용";
        shipping: "Delivery", "배송비";
        tax: "Tax included", "포함된 부가세";
        waits: "waiting for payment", "결제 대기";
        payable: "Total", "결제 금액";
        to: "Delivery address", "배송지";
        memo: "Note", "배송 메모";
        no_address: "Where should it go? The order can be paid once it has an address.", "어디로 보내 드릴까요? 배송지를 입력하면 결제할 수 있습니다.";
        save_address: "Save the address", "배송지 저장";
        payments: "Payments", "결제 내역";
        refunded: "Refunded {}", "{} 환불";
        parcel: "Parcel", "배송";
        tracking: "Tracking number", "운송장 번호";
        carrier: "Carrier", "택배사";
        expected: "Expected {}", "{} 도착 예정";
        cancel: "Cancel the order", "주문 취소";
        why: "Reason", "취소 사유";
        changed_mind: "I changed my mind", "단순 변심";
        too_late: "It takes too long", "배송 지연";
        wrong: "I chose the wrong item", "상품을 잘못 선택함";
        cancel_help: "What you have paid is refunded.", "결제한 금액은 환불됩니다.";
        replacement: "Replacement", "교환 상품 배송";
        send_back: "Return or exchange", "반품·교환 신청";
        sent_back: "{} returns and exchanges", "반품·교환 {}건";
        again: "Order again", "다시 담기";
        all: "All orders", "전체 주문 보기";
        steps: "Progress", "진행 상태";
        step_placed: "Placed", "주문 접수";
        step_paid: "Paid", "결제 완료";
        step_sent: "On its way", "배송 중";
        step_there: "Delivered", "배송 완료";
    }
}

#[derive(Template)]
#[template(path = "order.html")]
struct Page {
    t: &'static OrderTexts,
    a: &'static AddressTexts,
    token: FormToken,
    once: String,
    trouble: Option<Html>,
    note: Option<&'static str>,
    number: String,
    placed: String,
    status: &'static str,
    class: &'static str,
    live: bool,
    pay: Option<Html>,
    deposits: Vec<Html>,
    steps: Vec<Step>,
    lines: Vec<Line>,
    sums: Vec<(&'static str, String)>,
    payable: String,
    address: Option<(String, String)>,
    asks_address: bool,
    typed: Addressed,
    memo: Option<String>,
    payments: Vec<Payment>,
    parcels: Vec<Parcel>,
    can_cancel: bool,
    can_return: bool,
    returns: Option<String>,
    cancel_reason: Option<String>,
}

struct Step {
    name: &'static str,
    at: Option<String>,
}

struct Line {
    href: String,
    image: Photo,
    name: String,
    variant: Option<String>,
    each: String,
    units: String,
    subtotal: String,
}

struct Payment {
    method: &'static str,
    status: &'static str,
    amount: String,
    why: Option<String>,
    refunded: Option<String>,
    at: String,
}

struct Parcel {
    title: &'static str,
    number: String,
    carrier: String,
    status: &'static str,
    expected: String,
    history: Vec<(String, &'static str, String)>,
}

/// `GET /orders/{number}`
pub async fn order(web::Path(number): web::Path<OrderNumber>, visit: Visit) -> PageResult {
    let t = OrderTexts::of(visit.language);
    let note = match visit.query.text("done") {
        "paid" => Some(t.paid_note),
        "open" => Some(t.open_note),
        "left" => Some(t.left_note),
        "withdrawn" => Some(t.withdrawn_note),
        "account" => Some(t.account_note),
        "cancelled" => Some(t.cancelled_note),
        "address" => Some(t.address_note),
        _ => None,
    };
    page(&visit, StatusCode::OK, None, note, &number, &Fields::default()).await
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    trouble: Option<Html>,
    note: Option<&'static str>,
    number: &OrderNumber,
    sent: &Fields,
) -> PageResult {
    let Found { detail, address, balance, photos } = found(visit, number).await?;
    let (t, show) = (OrderTexts::of(visit.language), visit.show());
    let order = &detail.order;
    let waits = order.status == Kind::Confirmed;
    let is_paying = detail.payments.iter().any(|payment| payment.status == payment::Kind::Processing);
    let deposits = deposit_page::parts(visit, &detail)?;
    // what has to be done for a deposit says more than that its outcome is open
    let note = note.filter(|note| deposits.is_empty() || *note != t.open_note);
    let pay = match &address {
        Some(_) if waits && !is_paying => Some(pay_page::part(visit, &detail, balance, sent)?),
        Some(_) | None => None,
    };
    // a refusal says why, so the order need not say it again
    let is_refused = trouble.is_some();
    let page = Page {
        t,
        a: AddressTexts::of(visit.language),
        token: visit.token.clone(),
        once: form::draw(),
        trouble,
        note,
        pay,
        deposits,
        number: number.to_string(),
        placed: fill(t.placed, show.moment(order.created_at)),
        status: if waits { t.waits } else { label(order.status.label(), visit.language) },
        class: class(order.status),
        live: !matches!(order.status, Kind::Cancelled | Kind::Refunded | Kind::Delivered),
        steps: steps(&detail, &show),
        lines: order.items.iter().map(|item| line(item, &photos, &show)).collect(),
        sums: sums(&detail, &show),
        payable: show.money(order.final_amount),
        asks_address: waits && address.is_none(),
        address: address.map(|to| (format!("{} · {}", to.receiver_name, to.receiver_phone), to.full())),
        typed: Addressed::of(sent),
        memo: order.memo.clone(),
        payments: detail.payments.iter().map(|payment| paid(payment, &show)).collect(),
        parcels: detail.parcels.iter().map(|delivery| parcel(delivery, &show)).collect(),
        can_return: order.status == Kind::Delivered,
        returns: (!detail.returns.is_empty()).then(|| fill(t.sent_back, detail.returns.len())),
        can_cancel: matches!(order.status, Kind::Pending | Kind::Confirmed | Kind::Paid),
        cancel_reason: order.cancel_reason.as_deref().filter(|_| !is_refused).map(|text| words(text, visit.language)),
    };
    visit.page_as(status, &fill(t.title, number), &page)
}

/// What the page is made of.
struct Found {
    detail: OrderDetail,
    address: Option<Address>,
    /// What the buyer has in the balance.
    balance: Money,
    photos: Photos,
}

async fn found(visit: &Visit, number: &OrderNumber) -> Result<Found, Refused> {
    let (buyer, number, zone) = (visit.buyer()?.id, number.clone(), visit.app().shop.zone.clone());
    let look = move |tx: &mut store::Tx<'_>| {
        let order = order::ops::own(tx, &number, &buyer)?;
        let (address, balance) = (order.address.clone(), wallet::ops::find(tx, &buyer)?.balance);
        let photos = Photos::of(tx, order.lines.iter().map(|line| line.product))?;
        Ok(Found { detail: response::detail(tx, order, &zone)?, address, balance, photos })
    };
    visit.read("storefront.order", look).await
}

fn steps(detail: &OrderDetail, show: &Show) -> Vec<Step> {
    let (t, order) = (OrderTexts::of(show.language), &detail.order);
    if matches!(order.status, Kind::Cancelled | Kind::Refunded) {
        return Vec::new();
    }
    let at = |time: Option<kernel::Timestamp>| time.map(|time| show.moment(time));
    vec![
        Step { name: t.step_placed, at: at(Some(order.created_at)) },
        Step { name: t.step_paid, at: at(order.paid_at) },
        Step { name: t.step_sent, at: at(order.shipped_at) },
        Step { name: t.step_there, at: at(order.delivered_at) },
    ]
}

fn line(item: &order::OrderItem, photos: &Photos, show: &Show) -> Line {
    let t = OrderTexts::of(show.language);
    Line {
        href: format!("/products/{}", item.product_id),
        image: photos.get(item.product_id, &item.product_name),
        name: item.product_name.clone(),
        variant: item.variant_name.clone(),
        each: fill(t.each, show.money(item.price)),
        units: fill(t.units, item.quantity),
        subtotal: show.money(item.subtotal),
    }
}

fn sums(detail: &OrderDetail, show: &Show) -> Vec<(&'static str, String)> {
    let (t, order) = (OrderTexts::of(show.language), &detail.order);
    let less = |amount: Money| amount.is_positive().then(|| format!("−{}", show.money(amount)));
    let mut sums = vec![(t.subtotal, show.money(order.total_amount))];
    sums.extend(less(order.discount_amount).map(|amount| (t.coupon, amount)));
    sums.extend(less(order.points_used).map(|amount| (t.points, amount)));
    sums.extend(order.shipping_fee.is_positive().then(|| (t.shipping, show.money(order.shipping_fee))));
    sums.extend(order.tax.filter(|tax| tax.is_positive()).map(|tax| (t.tax, show.money(tax))));
    sums
}

fn paid(payment: &PaymentResponse, show: &Show) -> Payment {
    let t = OrderTexts::of(show.language);
    Payment {
        method: label(payment.canonical_payment_method.label(), show.language),
        status: label(payment.status.label(), show.language),
        amount: show.money(payment.amount),
        why: payment.failure_reason.as_deref().map(|text| words(text, show.language)),
        refunded: payment.refunded_amount.is_positive().then(|| fill(t.refunded, show.money(payment.refunded_amount))),
        at: show.moment(payment.created_at),
    }
}

/// A stored reason in the words of its reader.
fn words(text: &str, language: Language) -> String {
    without_codes(&language.during(|| web::language::words(text).to_owned()))
}

fn parcel(delivery: &DeliveryResponse, show: &Show) -> Parcel {
    let t = OrderTexts::of(show.language);
    let history = delivery.histories.iter().map(|entry| {
        let description = entry.description.as_deref().map(|text| words(text, show.language));
        let text = [entry.location.clone(), description].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        (show.moment(entry.created_at), label(entry.status.label(), show.language), text)
    });
    let carrier = [Some(delivery.carrier.clone()), delivery.carrier_number.clone()];
    Parcel {
        title: if delivery.purpose == Purpose::Exchange { t.replacement } else { t.parcel },
        number: delivery.tracking_number.to_string(),
        carrier: carrier.into_iter().flatten().collect::<Vec<_>>().join(" "),
        status: label(delivery.status.label(), show.language),
        expected: fill(t.expected, show.civil_day(&delivery.estimated_delivery_date)),
        history: history.collect(),
    }
}

/// The page again, with the refusal. A buyer who is not signed in goes to the sign-in.
pub async fn refused_page(visit: &Visit, number: &OrderNumber, refused: Refused, sent: &Fields) -> PageResult {
    visit.buyer()?;
    let trouble = Html::of(&visit.trouble(&refused))?;
    page(visit, refused.status(), Some(trouble), None, number, sent).await
}

/// `POST /orders/{number}/cancel`
pub async fn cancel(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    let body = json!({"reason": fields.text("reason")});
    let path = format!("/orders/{number}/cancel");
    match visit.send_once(fields.raw("once"), Method::PUT, &path, Some(body)).await {
        Ok(_) => Ok(see(&format!("/orders/{number}?done=cancelled"))),
        Err(refused) => refused_page(&visit, &number, refused, &fields).await,
    }
}

/// `POST /orders/{number}/address`
pub async fn readdress(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    let body = Addressed::of(&fields).json();
    match visit.send(Method::PUT, &format!("/orders/{number}/address"), Some(body)).await {
        Ok(_) => Ok(see(&format!("/orders/{number}?done=address"))),
        Err(refused) => refused_page(&visit, &number, refused, &fields).await,
    }
}

/// `POST /orders/{number}/reorder`: its lines are in the cart again.
pub async fn reorder(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    match visit.send(Method::POST, &format!("/orders/{number}/reorder"), None).await {
        Ok(response) => Ok(with_cart(&visit, &response, see("/cart?added=1"))),
        Err(refused) => refused_page(&visit, &number, refused, &fields).await,
    }
}

/// `GET /orders/{number}/stream`: the API's stream of the order, opened by the session's cookie.
pub async fn stream(web::Path(number): web::Path<OrderNumber>, visit: Visit) -> PageResult {
    visit.buyer()?;
    visit.send(Method::GET, &format!("/orders/{number}/stream"), None).await
}
