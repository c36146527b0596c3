//! Time deals: the list, and the editor of one.

use crate::{
    details::Details,
    forms::{Field, Filter, Form, amount, everything, local, moment, number, plain},
    page::Page,
    states,
    table::{Cell, List, Paged, Table},
    visit::Visit,
};
use axum::http::Method;
use kernel::Timestamp;
use pages::{Fields, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use serde_json::{Value, json};

const STATUSES: [&str; 4] = ["SCHEDULED", "ACTIVE", "ENDED", "CANCELLED"];
/// Empty lines for more products in the form of a deal.
const MORE: usize = 3;

texts! {
    /// The texts of deals.
    DealTexts {
        title: "Time deals", "타임딜";
        new: "New deal", "타임딜 등록";
        deal: "The deal", "타임딜 정보";
        make: "Make it", "등록하기";
        save: "Save", "저장";
        count: "{} deals", "타임딜 {}개";
        status: "Status", "상태";
        name: "Name", "이름";
        description: "Description", "설명";
        starts: "From", "시작";
        ends: "Until", "종료";
        sold: "Sold", "판매";
        of: "Units", "전체 수량";
        held: "Keep the units apart for the deal", "타임딜 재고를 따로 확보";
        product: "Product {} (number)", "상품 {} 번호";
        price: "Price {}", "가격 {}";
        quantity: "Units {}", "수량 {}";
        each: "Most for one buyer {}", "1인당 최대 수량 {}";
        products: "Products", "상품";
        end: "End the deal now", "지금 종료";
        end_button: "End it", "종료하기";
        cancel: "Cancel the deal", "타임딜 취소";
        cancel_button: "Cancel it", "취소하기";
        queue: "Waiting queue", "대기열";
        queue_see: "See or change its queue", "대기열 보기·변경";
    }
}

/// A deal as the console needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deal {
    pub id: i64,
    pub name: String,
    description: Option<String>,
    pub status: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    held_apart: bool,
    products: Vec<Good>,
    version: i64,
}

/// A product in a deal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Good {
    product_id: i64,
    product_name: String,
    variant_id: i64,
    deal_price: i64,
    deal_quantity: i64,
    sold_quantity: i64,
    max_per_user: i64,
}

/// The table of these deals.
pub fn table(visit: &Visit, title: &str, deals: &[Deal]) -> Table {
    let (t, show) = (DealTexts::of(visit.language), visit.show());
    let row = |deal: &Deal| {
        let sum = |read: fn(&Good) -> i64| deal.products.iter().map(read).sum::<i64>();
        let (sold, units) = (sum(|good| good.sold_quantity), sum(|good| good.deal_quantity));
        vec![
            Cell::link(&deal.name, format!("/console/deals/{}", deal.id)),
            states::cell(&deal.status, visit.language),
            Cell::number(show.count(sold), sold),
            Cell::number(show.count(units), units),
            Cell::moment(&show, deal.starts_at),
            Cell::moment(&show, deal.ends_at),
        ]
    };
    let [sold, units] = [t.sold, t.of].map(|name| format!("#{name}"));
    let columns = [t.name, t.status, &sold, &units, t.starts, t.ends];
    Table::of(visit, title, &columns).rows(deals.iter().map(row))
}

/// `GET /console/deals`
pub async fn deals(visit: Visit) -> PageResult {
    let t = DealTexts::of(visit.language);
    let list = List::of("/console/deals", &["status", "page", "sort"], &visit.query);
    let found: Paged<Deal> = visit.read(&list.question("/admin/time-deals", &[("status", "status")])).await?;
    let statuses = states::choices(everything(&visit), &STATUSES, visit.language);
    let status = Field::select(t.status, "status", visit.query.text("status"), &statuses);
    let filter = Filter::of(&visit, list.path, vec![status]);
    let page = Page::of(t.title).lead(fill(t.count, visit.show().count(found.total_elements)));
    let page = page.action("/console/deals/new", t.new).with(&filter)?;
    visit.page(page.with(&table(&visit, "", &found.content).sorted_page(&list).paged(&list, &found))?)
}

/// What a line of the form has of a product.
fn good_fields(visit: &Visit, form: Form, n: usize, good: Option<&Good>, sent: Option<&Fields>) -> Form {
    let t = DealTexts::of(visit.language);
    let shown = n + 1;
    let value = |name: &str, stored: Option<String>| match sent {
        Some(sent) => sent.text(name).to_owned(),
        None => stored.unwrap_or_default(),
    };
    let number = |label: &str, part: &str, stored: Option<String>| {
        let name = format!("{part}-{n}");
        let value = value(&name, stored);
        Field::number(fill(label, shown), name, value)
    };
    form.field(number(t.product, "product", good.map(|good| good.product_id.to_string())))
        .field(number(t.price, "price", good.map(|good| plain(visit, good.deal_price))))
        .field(number(t.quantity, "quantity", good.map(|good| good.deal_quantity.to_string())))
        .field(number(t.each, "each", good.map(|good| good.max_per_user.to_string())))
}

fn form(visit: &Visit, deal: Option<&Deal>, sent: Option<&Fields>) -> Form {
    let t = DealTexts::of(visit.language);
    let (action, button) = match deal {
        Some(deal) => (format!("/console/deals/{}", deal.id), t.save),
        None => ("/console/deals/new".to_owned(), t.make),
    };
    let zone = &visit.console.app.shop.zone;
    let value = |name: &str, stored: Option<String>| match sent {
        Some(sent) => sent.text(name).to_owned(),
        None => stored.unwrap_or_default(),
    };
    let held = sent.map_or(deal.is_some_and(|deal| deal.held_apart), |sent| sent.is_on("heldApart"));
    let description = value("description", deal.and_then(|deal| deal.description.clone()));
    let starts = value("startsAt", deal.map(|deal| local(deal.starts_at, zone)));
    let ends = value("endsAt", deal.map(|deal| local(deal.ends_at, zone)));
    let form = Form::of(visit, action, t.deal, button)
        .hidden("version", deal.map(|deal| deal.version.to_string()).unwrap_or_default())
        .field(Field::text(t.name, "name", value("name", deal.map(|deal| deal.name.clone()))).required())
        .field(Field::area(t.description, "description", description))
        .field(Field::time(t.starts, "startsAt", starts).required())
        .field(Field::time(t.ends, "endsAt", ends).required())
        .field(Field::tick(t.held, "heldApart", held));
    let goods = deal.map(|deal| deal.products.as_slice()).unwrap_or_default();
    // of a form that was overtaken by one with fewer products every line stays
    let typed = sent.and_then(|sent| sent.numbered("product").last().map(|last| last + 1)).unwrap_or_default();
    (0..typed.max(goods.len() + MORE)).fold(form, |form, n| good_fields(visit, form, n, goods.get(n), sent))
}

/// The body of a deal as the API gets it. A line keeps its variant as long as it keeps its product.
fn body(visit: &Visit, fields: &Fields, deal: Option<&Deal>) -> Value {
    let line = |n: usize| {
        let product = number(fields, &format!("product-{n}"));
        if product.is_null() {
            return None;
        }
        let goods = deal.map(|deal| deal.products.as_slice()).unwrap_or_default();
        let kept = goods.get(n).filter(|good| product == json!(good.product_id)).map(|good| good.variant_id);
        let mut line = json!({
            "dealPrice": amount(visit, fields, &format!("price-{n}")),
            "dealQuantity": number(fields, &format!("quantity-{n}")),
            "maxPerUser": number(fields, &format!("each-{n}")),
        });
        match kept {
            Some(variant) => line["variantId"] = json!(variant),
            None => line["productId"] = product,
        }
        Some(line)
    };
    json!({
        "name": fields.text("name"),
        "description": fields.given("description"),
        "startsAt": moment(visit, fields, "startsAt", deal.map(|deal| deal.starts_at)),
        "endsAt": moment(visit, fields, "endsAt", deal.map(|deal| deal.ends_at)),
        "heldApart": fields.is_on("heldApart"),
        "products": fields.numbered("product").into_iter().filter_map(line).collect::<Vec<Value>>(),
    })
}

/// `GET /console/deals/new`
pub async fn new_form(visit: Visit) -> PageResult {
    visit.seller()?;
    new_page(&visit, None, None)
}

fn new_page(visit: &Visit, sent: Option<&Fields>, refused: Option<Refused>) -> PageResult {
    let page = Page::of(DealTexts::of(visit.language).new);
    visit.page_with(page.with(&form(visit, None, sent))?, refused)
}

/// `POST /console/deals/new`
pub async fn make(visit: Visit, fields: Fields) -> PageResult {
    match visit.send_form(&fields, Method::POST, "/admin/time-deals", Some(body(&visit, &fields, None))).await {
        Ok(_) => visit.done("/console/deals"),
        Err(refused) => new_page(&visit, Some(&fields), Some(refused)),
    }
}

/// `GET /console/deals/{id}`
pub async fn deal(web::Path(id): web::Path<i64>, visit: Visit) -> PageResult {
    page(&visit, id, None, None).await
}

fn goods(visit: &Visit, title: &str, deal: &Deal) -> Table {
    let t = DealTexts::of(visit.language);
    let row = |good: &Good| {
        vec![
            Cell::link(&good.product_name, format!("/console/products/{}", good.product_id)),
            Cell::number(visit.money(good.deal_price), good.deal_price),
            Cell::number(good.sold_quantity.to_string(), good.sold_quantity),
            Cell::number(good.deal_quantity.to_string(), good.deal_quantity),
            Cell::number(good.max_per_user.to_string(), good.max_per_user),
        ]
    };
    let numbers = [t.price, t.sold, t.of, t.each].map(|name| format!("#{}", fill(name, "")));
    let columns: Vec<&str> = std::iter::once(t.products).chain(numbers.iter().map(String::as_str)).collect();
    let path = format!("/console/deals/{}", deal.id);
    Table::of(visit, title, &columns).rows(deal.products.iter().map(row)).part(visit, &path, "products")
}

async fn page(visit: &Visit, id: i64, sent: Option<&Fields>, refused: Option<Refused>) -> PageResult {
    let t = DealTexts::of(visit.language);
    let deal: Deal = visit.read(&format!("/admin/time-deals/{id}")).await?;
    let act = |act: &str, title: &str, button: &str| {
        Form::of(visit, format!("/console/deals/{id}/{act}"), title, button)
            .hidden("version", deal.version.to_string())
            .folded()
            .grave()
    };
    let is_running = deal.status == "ACTIVE";
    let is_open = is_running || deal.status == "SCHEDULED";
    let queue = Details::of(t.queue).row(t.queue, Cell::link(t.queue_see, format!("/console/queues/TIME_DEAL/{id}")));
    let page = Page::of(deal.name.clone()).lead(states::word(&deal.status, visit.language));
    let page = page.with(&goods(visit, t.products, &deal))?.with_some(visit.is_admin().then_some(queue))?;
    let stored = form(visit, Some(&deal), None);
    let editor = if sent.is_some() { form(visit, Some(&deal), sent).beside(&stored) } else { stored };
    let page = page.with_some(is_open.then_some(editor))?;
    let page = page.with_some(is_running.then(|| act("end", t.end, t.end_button)))?;
    visit.page_with(page.with_some(is_open.then(|| act("cancel", t.cancel, t.cancel_button)))?, refused)
}

/// `POST /console/deals/{id}`
pub async fn rewrite(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    let deal: Deal = visit.read(&format!("/admin/time-deals/{id}")).await?;
    let mut body = body(&visit, &fields, Some(&deal));
    body["version"] = number(&fields, "version");
    match visit.send_form(&fields, Method::PUT, &format!("/admin/time-deals/{id}"), Some(body)).await {
        Ok(_) => visit.done(&format!("/console/deals/{id}")),
        Err(refused) => page(&visit, id, Some(&fields), Some(refused)).await,
    }
}

async fn close(visit: &Visit, id: i64, fields: &Fields, act: &str) -> PageResult {
    if let Err(refused) = visit.sure(fields) {
        return page(visit, id, None, Some(refused)).await;
    }
    let version = fields.number("version").unwrap_or_default();
    let path = format!("/admin/time-deals/{id}/{act}?version={version}");
    match visit.send_form(fields, Method::POST, &path, None).await {
        Ok(_) => visit.done(&format!("/console/deals/{id}")),
        Err(refused) => page(visit, id, None, Some(refused)).await,
    }
}

/// `POST /console/deals/{id}/end`
pub async fn end(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    close(&visit, id, &fields, "end").await
}

/// `POST /console/deals/{id}/cancel`
pub async fn cancel(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    close(&visit, id, &fields, "cancel").await
}
