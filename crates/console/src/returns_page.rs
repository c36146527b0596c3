//! Returns and exchanges: the list, and one with its steps.

use crate::{
    details::Details,
    forms::{Field, Filter, Form, amount, everything, number as number_of},
    page::Page,
    states,
    table::{Cell, List, Paged, Table, encoded},
    visit::Visit,
};
use axum::http::{Method, StatusCode};
use kernel::Timestamp;
use pages::{Fields, PageResult, Refused, html::see, texts, words::fill};
use serde::Deserialize;
use serde_json::{Value, json};

const STATUSES: [&str; 8] =
    ["REQUESTED", "APPROVED", "COLLECTED", "RECEIVED", "REFUNDED", "EXCHANGED", "REJECTED", "WITHDRAWN"];

texts! {
    /// The texts of returns.
    ReturnTexts {
        title: "Returns", "반품·교환";
        one: "Return {}", "반품·교환 {}";
        count: "{} returns", "반품·교환 {}건";
        many: "more than {} returns", "반품·교환 {}건 이상";
        number: "Return", "반품 번호";
        order: "Order", "주문 번호";
        buyer: "Buyer", "구매자";
        kind: "Wanted", "요청";
        status: "Status", "상태";
        why: "Reason", "사유";
        words: "In the buyer's words", "구매자 설명";
        money: "money back", "환불";
        swap: "exchange", "교환";
        buyer_pays: "the buyer", "구매자";
        shop_pays: "the shop", "쇼핑몰";
        payer: "Who pays the way back", "반송비 부담";
        fee: "What the way back costs the buyer", "구매자 부담 반송비";
        carrier: "Who collects it, and its number", "수거 택배사와 운송장 번호";
        given: "Given back", "환불 금액";
        points: "Points given back", "돌려준 포인트";
        replacement: "Parcel with the replacement", "교환품 운송장 번호";
        rejection: "Why it was rejected", "거절 사유";
        asked: "Asked for", "요청 시각";
        changed: "Changed", "변경 시각";
        lines: "What comes back", "반품 상품";
        product: "Product", "상품";
        sku: "SKU", "SKU(상품 코드)";
        units: "Units", "수량";
        restocked: "Sold again", "재판매 가능";
        written_off: "Written off", "폐기";
        approve: "Approve it", "승인";
        by_reason: "as the reason says", "사유에 따름";
        reject: "Reject it", "거절";
        collect: "The goods were collected", "수거 처리";
        receive: "The goods are here", "입고 처리";
        good: "{}: units that can be sold again", "{}: 재판매 가능한 수량";
        refund: "Give back the money", "환불하기";
        other: "Another amount than was paid for the units less the fee", "다른 환불 금액(비우면 결제액에서 반송비를 뺀 금액)";
        exchange: "Send the replacement", "교환품 보내기";
    }
}

/// A return as the console needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Return {
    return_number: String,
    order_number: String,
    user_id: String,
    kind: String,
    status: String,
    status_description: String,
    reason_description: String,
    description: Option<String>,
    payer: String,
    fee: i64,
    carrier: Option<String>,
    lines: Vec<Line>,
    refunded: Option<i64>,
    points_restored: Option<i64>,
    replacement_tracking_number: Option<String>,
    rejection: Option<String>,
    requested_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: i64,
    product_id: i64,
    quantity: i64,
    restocked: Option<i64>,
    written_off: Option<i64>,
}

/// The order of a return, as far as its lines need names.
#[derive(Debug, Deserialize)]
struct Order {
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: i64,
    sku: String,
    product_name: String,
    variant_name: Option<String>,
}

impl Order {
    fn item(&self, line: &Line) -> Option<&Item> {
        self.items.iter().find(|item| item.id == line.id)
    }

    fn sku(&self, line: &Line) -> &str {
        self.item(line).map_or("", |item| &item.sku)
    }

    fn name(&self, line: &Line) -> String {
        match self.item(line) {
            Some(Item { product_name, variant_name: Some(variant), .. }) => format!("{product_name} · {variant}"),
            Some(item) => item.product_name.clone(),
            None => line.product_id.to_string(),
        }
    }
}

impl Return {
    fn wanted(&self, visit: &Visit) -> &'static str {
        let t = ReturnTexts::of(visit.language);
        if self.kind == "EXCHANGE" { t.swap } else { t.money }
    }
}

fn state(visit: &Visit, one: &Return) -> Cell {
    Cell { text: one.status_description.clone(), ..states::cell(&one.status, visit.language) }
}

/// `GET /console/returns`
pub async fn returns(visit: Visit) -> PageResult {
    let (t, show) = (ReturnTexts::of(visit.language), visit.show());
    let list = List::of("/console/returns", &["status", "page", "sort"], &visit.query);
    let found: Paged<Return> = visit.read(&list.question("/admin/returns", &[("status", "status")])).await?;
    let row = |one: &Return| {
        let units = one.lines.iter().map(|line| line.quantity).sum::<i64>();
        vec![
            Cell::link(&one.return_number, format!("/console/returns/{}", one.return_number)),
            state(&visit, one),
            Cell::text(one.wanted(&visit)),
            Cell::text(&one.reason_description),
            Cell::number(units.to_string(), units),
            Cell::link(&one.order_number, format!("/console/orders/{}", one.order_number)),
            Cell::moment(&show, one.requested_at),
            Cell::moment(&show, one.updated_at),
        ]
    };
    let units = format!("#{}", t.units);
    let columns = [t.number, t.status, t.kind, t.why, &units, t.order, t.asked, t.changed];
    let table = Table::of(&visit, "", &columns).rows(found.content.iter().map(row)).sorted_page(&list);
    let statuses = states::choices(everything(&visit), &STATUSES, visit.language);
    let status = Field::select(t.status, "status", visit.query.text("status"), &statuses);
    let sentence = if found.total_is_exact { t.count } else { t.many };
    let page = Page::of(t.title).lead(fill(sentence, show.count(found.total_elements)));
    visit.page(page.with(&Filter::of(&visit, list.path, vec![status]))?.with(&table.paged(&list, &found))?)
}

/// `GET /console/returns/{number}`
pub async fn one(web::Path(number): web::Path<String>, visit: Visit) -> PageResult {
    visit.admin()?;
    page(&visit, &number, None).await
}

async fn read(visit: &Visit, number: &str) -> Result<Return, Refused> {
    visit.read(&format!("/returns/{}", encoded(number))).await
}

async fn page(visit: &Visit, number: &str, refused: Option<Refused>) -> PageResult {
    let t = ReturnTexts::of(visit.language);
    let one = read(visit, number).await?;
    let order: Order = visit.read(&format!("/admin/orders/{}", one.order_number)).await?;
    let page =
        Page::of(fill(t.one, &one.return_number)).with(&about(visit, &one))?.with(&lines(visit, &one, &order))?;
    visit.page_with(steps(visit, &one, &order).iter().try_fold(page, Page::with)?, refused)
}

fn about(visit: &Visit, one: &Return) -> Details {
    let (t, show) = (ReturnTexts::of(visit.language), visit.show());
    let payer = if one.payer == "BUYER" { t.buyer_pays } else { t.shop_pays };
    Details::of("")
        .row(t.status, state(visit, one))
        .row(t.kind, Cell::text(one.wanted(visit)))
        .row(t.why, Cell::text(&one.reason_description))
        .row_if(t.words, one.description.as_deref())
        .row(t.order, Cell::link(&one.order_number, format!("/console/orders/{}", one.order_number)))
        .row(t.buyer, Cell::link(&one.user_id, format!("/console/customers/{}", one.user_id)))
        .row(t.payer, Cell::text(payer))
        .row(t.fee, Cell::text(visit.money(one.fee)))
        .row_if(t.carrier, one.carrier.as_deref())
        .row_if(t.given, one.refunded.map(|given| visit.money(given)))
        .row_if(t.points, one.points_restored.filter(|points| *points > 0).map(|points| visit.money(points)))
        .row_if(t.replacement, one.replacement_tracking_number.as_deref())
        .row_if(t.rejection, one.rejection.as_deref())
        .row(t.asked, Cell::moment(&show, one.requested_at))
        .row(t.changed, Cell::moment(&show, one.updated_at))
}

fn lines(visit: &Visit, one: &Return, order: &Order) -> Table {
    let t = ReturnTexts::of(visit.language);
    let number = |units: Option<i64>| units.map_or_else(Cell::default, |units| Cell::number(units.to_string(), units));
    let row = |line: &Line| {
        vec![
            Cell::link(order.name(line), format!("/console/products/{}", line.product_id)),
            Cell::text(order.sku(line)),
            number(Some(line.quantity)),
            number(line.restocked),
            number(line.written_off),
        ]
    };
    let [units, restocked, written_off] = [t.units, t.restocked, t.written_off].map(|name| format!("#{name}"));
    let columns = [t.product, t.sku, &units, &restocked, &written_off];
    let path = format!("/console/returns/{}", encoded(&one.return_number));
    Table::of(visit, t.lines, &columns).rows(one.lines.iter().map(row)).part(visit, &path, "lines")
}

/// What can be done with a return as it stands. The API decides; this only leaves out what it would refuse for sure.
fn steps(visit: &Visit, one: &Return, order: &Order) -> Vec<Form> {
    let t = ReturnTexts::of(visit.language);
    let form =
        |act: &str, text: &str| Form::of(visit, format!("/console/returns/{}/{act}", one.return_number), text, text);
    let reject = || form("reject", t.reject).folded().reasoned().grave();
    match one.status.as_str() {
        "REQUESTED" => {
            let payers = [("", t.by_reason), ("BUYER", t.buyer_pays), ("SHOP", t.shop_pays)];
            let approve = form("approve", t.approve)
                .field(Field::select(t.payer, "payer", "", &payers))
                .field(Field::number(t.fee, "fee", ""));
            vec![approve, reject()]
        }
        "APPROVED" => vec![form("collect", t.collect).field(Field::text(t.carrier, "carrier", "")), reject()],
        "COLLECTED" => {
            let field = |line: &Line| {
                let label = format!(
                    "{} (0–{})",
                    fill(t.good, format!("{} · {}", order.name(line), order.sku(line))),
                    line.quantity
                );
                Field::number(label, format!("line-{}", line.id), line.quantity.to_string()).required()
            };
            vec![one.lines.iter().map(field).fold(form("receive", t.receive), Form::field), reject()]
        }
        "RECEIVED" => {
            let refund = form("refund", t.refund).field(Field::number(t.other, "amount", "")).grave();
            match one.kind.as_str() {
                "EXCHANGE" => vec![form("exchange", t.exchange), refund.folded()],
                _ => vec![refund],
            }
        }
        _ => Vec::new(),
    }
}

/// `POST /console/returns/{number}/{act}`
pub async fn act(web::Path((number, act)): web::Path<(String, String)>, visit: Visit, fields: Fields) -> PageResult {
    visit.admin()?;
    match send(&visit, &number, &act, &fields).await {
        Ok(StatusCode::ACCEPTED) => Ok(see(&format!("/console/returns/{}?done=open", encoded(&number)))),
        Ok(_) => visit.done(&format!("/console/returns/{}", encoded(&number))),
        Err(refused) => page(&visit, &number, Some(refused)).await,
    }
}

async fn send(visit: &Visit, number: &str, act: &str, fields: &Fields) -> Result<StatusCode, Refused> {
    let body = match act {
        "approve" => Some(json!({"payer": fields.given("payer"), "fee": amount(visit, fields, "fee")})),
        "reject" => {
            visit.sure(fields)?;
            Some(json!({"reason": fields.text("reason")}))
        }
        "collect" => Some(json!({"carrier": fields.given("carrier")})),
        "receive" => Some(received(visit, number, fields).await?),
        "refund" => {
            visit.sure(fields)?;
            Some(json!({"amount": amount(visit, fields, "amount")}))
        }
        "exchange" => None,
        _ => return Err(kernel::Code::NotFound.into()),
    };
    let path = format!("/admin/returns/{}/{act}", encoded(number));
    Ok(visit.send_form(fields, Method::POST, &path, body).await?.status())
}

/// How many units of each line can be sold again.
async fn received(visit: &Visit, number: &str, fields: &Fields) -> Result<Value, Refused> {
    let one = read(visit, number).await?;
    let line = |line: &Line| json!({"id": line.id, "restocked": number_of(fields, &format!("line-{}", line.id))});
    Ok(json!({"lines": one.lines.iter().map(line).collect::<Vec<Value>>()}))
}
