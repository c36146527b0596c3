//! Sending goods back: asking for it, and what was asked for.

use crate::{
    cards::label,
    photo::{Photo, Photos},
    visit::Visit,
};
use askama::Template;
use axum::http::{Method, StatusCode};
use checkout::response::{self, OrderDetail};
use kernel::{OrderNumber, PageRequest};
use order::Order;
use pages::{Fields, FormToken, Html, PageResult, Refused, form, html::see, show::Show, texts, words::fill};
use returns::{Kind, Reason, Resolution, Return, ReturnNumber, ReturnResponse, ops};
use serde_json::{Value, json};

/// Returns on a page.
const SIZE: i64 = 10;
/// What the field of a line begins with.
const UNITS: &str = "units-";

texts! {
    /// The texts of returns.
    ReturnTexts {
        title: "Send something back", "반품·교환 신청";
        lead: "Choose what you send back, and how many of it.", "반품하거나 교환할 상품과 수량을 선택해 주세요.";
        units: "How many (at most {})", "수량 (최대 {}개)";
        nothing: "Nothing of this order can be sent back.", "이 주문에는 반품할 수 있는 상품이 없습니다.";
        kind: "What do you want for it?", "어떻게 해 드릴까요?";
        money: "My money back", "환불";
        exchange: "The same one in exchange", "같은 상품으로 교환";
        reason: "Why?", "사유";
        words: "In your words", "상세 내용";
        ask: "Ask for it", "신청하기";
        back: "Back to the order", "주문으로 돌아가기";
        list: "My returns", "반품·교환 내역";
        empty: "You have not sent anything back.", "반품·교환 내역이 없습니다.";
        asked_note: "We have your request, and look at it soon.", "신청이 접수되었습니다. 곧 확인하겠습니다.";
        kept_note: "You keep it. The request is withdrawn.", "신청을 철회했습니다.";
        for_money: "Return", "반품";
        for_other: "Exchange", "교환";
        withdraw: "Keep it after all", "신청 철회";
        of_order: "Order {}", "주문 {}";
        each: "× {}", "{}개";
        fee: "The way back costs {}", "반품 배송비 {}";
        refunded: "{} came back", "{} 환불";
        points: "{} points came back", "포인트 {} 반환";
        parcel: "Parcel {}", "배송 {}";
        refused: "Not accepted: {}", "거절 사유: {}";
        previous: "Newer", "최근 내역";
        next: "Older", "이전 내역";
        pages: "Pages", "페이지";
    }
}

#[derive(Template)]
#[template(path = "return_form.html")]
struct Asking {
    t: &'static ReturnTexts,
    token: FormToken,
    once: String,
    trouble: Option<Html>,
    number: String,
    lines: Vec<Line>,
    reasons: Vec<(&'static str, &'static str, bool)>,
    exchange: bool,
    words: String,
}

struct Line {
    id: i64,
    image: Photo,
    name: String,
    variant: Option<String>,
    units: String,
    most: i64,
    wanted: i64,
}

/// `GET /orders/{number}/returns`
pub async fn asking(web::Path(number): web::Path<OrderNumber>, visit: Visit) -> PageResult {
    form_page(&visit, StatusCode::OK, None, &number, &Fields::default()).await
}

async fn form_page(
    visit: &Visit,
    status: StatusCode,
    trouble: Option<Html>,
    number: &OrderNumber,
    sent: &Fields,
) -> PageResult {
    let (buyer, wanted, zone) = (visit.buyer()?.id, number.clone(), visit.app().shop.zone.clone());
    let look = move |tx: &mut store::Tx<'_>| {
        let order = order::ops::own(tx, &wanted, &buyer)?;
        let photos = Photos::of(tx, order.lines.iter().map(|line| line.product))?;
        Ok((response::detail(tx, order, &zone)?, photos))
    };
    let (detail, photos) = visit.read("storefront.return", look).await?;
    let t = ReturnTexts::of(visit.language);
    let reason = |one: Reason| (one.name(), label(one.label(), visit.language), sent.text("reason") == one.name());
    let page = Asking {
        t,
        token: visit.token.clone(),
        once: form::draw(),
        trouble,
        number: number.to_string(),
        lines: lines(&detail, &photos, sent, t),
        reasons: Reason::ALL.into_iter().map(reason).collect(),
        exchange: sent.text("kind") == Resolution::Exchange.name(),
        words: sent.text("description").to_owned(),
    };
    visit.page_as(status, t.title, &page)
}

/// The lines of which something can still be sent back.
fn lines(detail: &OrderDetail, photos: &Photos, sent: &Fields, t: &ReturnTexts) -> Vec<Line> {
    if detail.order.status != order::Kind::Delivered {
        return Vec::new();
    }
    let gone = |id: i64| -> i64 {
        let kept = detail.returns.iter().filter(|one| one.status.keeps_its_units());
        kept.flat_map(|one| &one.lines).filter(|line| line.id == id).map(|line| line.quantity).sum()
    };
    let line = |item: &order::OrderItem| Line {
        id: item.id,
        image: photos.get(item.product_id, &item.product_name),
        name: item.product_name.clone(),
        variant: item.variant_name.clone(),
        units: fill(t.units, item.quantity.as_i64() - gone(item.id)),
        most: item.quantity.as_i64() - gone(item.id),
        wanted: sent.number(&format!("{UNITS}{}", item.id)).unwrap_or(0),
    };
    detail.order.items.iter().map(line).filter(|line| line.most > 0).collect()
}

/// `POST /orders/{number}/returns`
pub async fn ask(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    visit.buyer()?;
    let lines: Vec<Value> = (1..=LINES_ASKED)
        .map(|id| (id, fields.number_to_send(&format!("{UNITS}{id}"))))
        .filter(|(_, units)| !units.is_null() && *units != 0)
        .map(|(id, units)| json!({"id": id, "quantity": units}))
        .collect();
    let body = json!({"kind": fields.text("kind"), "reason": fields.text("reason"),
        "description": fields.given("description"), "lines": lines});
    let path = format!("/orders/{number}/returns");
    match visit.send_once(fields.raw("once"), Method::POST, &path, Some(body)).await {
        Ok(_) => Ok(see("/returns?done=asked")),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            form_page(&visit, refused.status(), Some(trouble), &number, &fields).await
        }
    }
}

/// Lines that a form can name: as many as an order has at most.
const LINES_ASKED: i64 = 200;

#[derive(Template)]
#[template(path = "returns.html")]
struct List {
    t: &'static ReturnTexts,
    token: FormToken,
    trouble: Option<Html>,
    note: Option<&'static str>,
    returns: Vec<Row>,
    previous: Option<i64>,
    next: Option<i64>,
}

struct Row {
    number: String,
    order: String,
    of_order: String,
    kind: &'static str,
    reason: &'static str,
    status: &'static str,
    class: &'static str,
    at: String,
    goods: Vec<(String, String)>,
    details: Vec<String>,
    open: bool,
}

/// `GET /returns`
pub async fn returns(visit: Visit) -> PageResult {
    let t = ReturnTexts::of(visit.language);
    let note = match visit.query.text("done") {
        "asked" => Some(t.asked_note),
        "kept" => Some(t.kept_note),
        _ => None,
    };
    list_page(&visit, StatusCode::OK, None, note).await
}

async fn list_page(visit: &Visit, status: StatusCode, trouble: Option<Html>, note: Option<&'static str>) -> PageResult {
    let buyer = visit.buyer()?.id;
    let wanted = visit.query.page("page") - 1;
    let request = PageRequest::new(wanted, SIZE).or_else(|_| PageRequest::new(0, SIZE))?;
    let list = move |tx: &mut store::Tx<'_>| {
        let found = ops::page(tx, Some(&buyer), &[], request, None)?;
        let mut orders: Vec<Order> = Vec::new();
        for one in &found.content {
            if orders.iter().all(|order| order.number != one.order) {
                orders.push(order::ops::find(tx, &one.order)?);
            }
        }
        Ok((found, orders))
    };
    let (found, orders) = visit.read("storefront.returns", list).await?;
    let (t, show) = (ReturnTexts::of(visit.language), visit.show());
    let page = List {
        t,
        token: visit.token.clone(),
        trouble,
        note,
        previous: (found.page > 0).then_some(found.page),
        next: (!found.last).then_some(found.page + 2),
        returns: found.content.into_iter().map(|one| row(one, &orders, &show)).collect(),
    };
    visit.page_as(status, t.list, &page)
}

fn row(one: Return, orders: &[Order], show: &Show) -> Row {
    let t = ReturnTexts::of(show.language);
    let order = orders.iter().find(|order| order.number == one.order);
    let bought = |id: i64| order.and_then(|order| order.lines.iter().find(|line| line.number == id));
    let goods = one.lines.iter().map(|line| {
        let name = bought(line.number).map(order::Line::name).unwrap_or_default();
        (name, fill(t.each, line.units))
    });
    let goods = goods.collect();
    let open = matches!(one.status.kind(), Kind::Requested | Kind::Approved);
    let shown = ReturnResponse::from(one);
    Row {
        number: shown.return_number.to_string(),
        order: shown.order_number.to_string(),
        of_order: fill(t.of_order, &shown.order_number),
        kind: if shown.kind == Resolution::Exchange { t.for_other } else { t.for_money },
        reason: label(shown.reason.label(), show.language),
        status: label(shown.status.label(), show.language),
        class: class(shown.status),
        at: show.moment(shown.requested_at),
        goods,
        details: details(&shown, show),
        open,
    }
}

fn details(one: &ReturnResponse, show: &Show) -> Vec<String> {
    let t = ReturnTexts::of(show.language);
    let some = |amount: Option<kernel::Money>| amount.filter(|amount| amount.is_positive());
    let details = [
        some(Some(one.fee)).map(|fee| fill(t.fee, show.money(fee))),
        some(one.refunded).map(|amount| fill(t.refunded, show.money(amount))),
        some(one.points_restored).map(|points| fill(t.points, show.count(points.as_minor()))),
        one.replacement_tracking_number.as_ref().map(|parcel| fill(t.parcel, parcel)),
        one.rejection.as_ref().map(|why| fill(t.refused, why)),
    ];
    details.into_iter().flatten().collect()
}

/// How a return stands, as a class of the stylesheet.
fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Requested | Kind::Approved | Kind::Collected | Kind::Received => "waits",
        Kind::Refunded | Kind::Exchanged => "good",
        Kind::Rejected | Kind::Withdrawn => "over",
    }
}

/// `POST /returns/{number}/withdraw`
pub async fn withdraw(web::Path(number): web::Path<ReturnNumber>, visit: Visit, _: Fields) -> PageResult {
    visit.buyer()?;
    match visit.send(Method::POST, &format!("/returns/{number}/withdraw"), None).await {
        Ok(_) => Ok(see("/returns?done=kept")),
        Err(refused) => refused_list(&visit, &refused).await,
    }
}

async fn refused_list(visit: &Visit, refused: &Refused) -> PageResult {
    let trouble = Html::of(&visit.trouble(refused))?;
    list_page(visit, refused.status(), Some(trouble), None).await
}
