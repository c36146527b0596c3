//! Coupons: the list, and the editor of one.

use crate::{
    details::Details,
    forms::{Field, Filter, Form, amount, everything, local, moment, number, numbers, plain},
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

const STATUSES: [&str; 4] = ["ACTIVE", "EXHAUSTED", "EXPIRED", "INACTIVE"];

texts! {
    /// The texts of coupons.
    CouponTexts {
        title: "Coupons", "쿠폰";
        new: "New coupon", "쿠폰 등록";
        coupon: "The coupon", "쿠폰 정보";
        make: "Make it", "등록하기";
        save: "Save", "저장";
        count: "{} coupons", "쿠폰 {}개";
        status: "Status", "상태";
        code: "Code", "쿠폰 코드";
        name: "Name", "이름";
        description: "Description", "설명";
        discount: "Discount", "할인";
        kind: "Kind of discount", "할인 유형";
        value: "Discount: an amount, or whole percents", "할인 값(금액 또는 정수 %)";
        minimum: "Smallest order", "최소 주문 금액";
        maximum: "Largest discount", "최대 할인 금액";
        issued: "Issued", "발급";
        total: "In all", "전체 수량";
        starts: "From", "시작";
        expires: "Until", "만료";
        listed: "Everybody sees it", "모두에게 공개";
        first: "For first orders only", "첫 주문 전용";
        products: "Only for these products (numbers)", "대상 상품 번호";
        categories: "Only for these categories (numbers)", "대상 카테고리 번호";
        delete: "Delete the coupon", "쿠폰 삭제";
        delete_button: "Delete it", "삭제하기";
        queue: "Waiting queue", "대기열";
        queue_see: "See or change its queue", "대기열 보기·변경";
    }
}

/// A coupon as the console needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coupon {
    pub id: i64,
    pub code: String,
    pub name: String,
    description: Option<String>,
    discount_type: String,
    discount_value: i64,
    minimum_order_amount: Option<i64>,
    maximum_discount_amount: Option<i64>,
    issued_quantity: i64,
    total_quantity: i64,
    starts_at: Timestamp,
    expires_at: Timestamp,
    listed: bool,
    first_order_only: bool,
    product_ids: Vec<i64>,
    category_ids: Vec<i64>,
    status: String,
    version: i64,
}

impl Coupon {
    fn discount(&self, visit: &Visit) -> String {
        match self.discount_type.as_str() {
            "PERCENTAGE" => format!("{} %", self.discount_value),
            _ => visit.money(self.discount_value),
        }
    }
}

/// `GET /console/coupons`
pub async fn coupons(visit: Visit) -> PageResult {
    let (t, show) = (CouponTexts::of(visit.language), visit.show());
    let list = List::of("/console/coupons", &["status", "page", "sort"], &visit.query);
    let found: Paged<Coupon> = visit.read(&list.question("/admin/coupons", &[("status", "status")])).await?;
    let row = |coupon: &Coupon| {
        vec![
            Cell::link(&coupon.code, format!("/console/coupons/{}", coupon.id)),
            Cell::text(&coupon.name),
            states::cell(&coupon.status, visit.language),
            Cell::text(coupon.discount(&visit)),
            Cell::number(show.count(coupon.issued_quantity), coupon.issued_quantity),
            Cell::number(show.count(coupon.total_quantity), coupon.total_quantity),
            Cell::moment(&show, coupon.starts_at),
            Cell::moment(&show, coupon.expires_at),
        ]
    };
    let [issued, total] = [t.issued, t.total].map(|name| format!("#{name}"));
    let columns = [t.code, t.name, t.status, t.discount, &issued, &total, t.starts, t.expires];
    let table =
        Table::of(&visit, "", &columns).rows(found.content.iter().map(row)).sorted_page(&list).paged(&list, &found);
    let statuses = states::choices(everything(&visit), &STATUSES, visit.language);
    let status = Field::select(t.status, "status", visit.query.text("status"), &statuses);
    let filter = Filter::of(&visit, list.path, vec![status]);
    let page = Page::of(t.title).lead(fill(t.count, show.count(found.total_elements)));
    visit.page(page.action("/console/coupons/new", t.new).with(&filter)?.with(&table)?)
}

/// The form of a coupon with what was sent, or what is stored.
fn form(visit: &Visit, coupon: Option<&Coupon>, sent: Option<&Fields>) -> Form {
    let t = CouponTexts::of(visit.language);
    let (action, button) = match coupon {
        Some(coupon) => (format!("/console/coupons/{}", coupon.id), t.save),
        None => ("/console/coupons/new".to_owned(), t.make),
    };
    let zone = &visit.console.app.shop.zone;
    let stored = |read: &dyn Fn(&Coupon) -> String| coupon.map(read).unwrap_or_default();
    let value = |name: &str, read: &dyn Fn(&Coupon) -> String| match sent {
        Some(sent) => sent.text(name).to_owned(),
        None => stored(read),
    };
    let money = |amount: Option<i64>| amount.map(|amount| plain(visit, amount)).unwrap_or_default();
    let list = |ids: &[i64]| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let on = |name: &str, stored: Option<bool>, new: bool| match sent {
        Some(sent) => sent.is_on(name),
        None => stored.unwrap_or(new),
    };
    let discount = |coupon: &Coupon| match coupon.discount_type.as_str() {
        "PERCENTAGE" => coupon.discount_value.to_string(),
        _ => plain(visit, coupon.discount_value),
    };
    let kinds = ["FIXED", "PERCENTAGE"].map(|name| (name, states::word(name, visit.language)));
    let kind = value("discountType", &|coupon| coupon.discount_type.clone());
    Form::of(visit, action, t.coupon, button)
        .hidden("version", coupon.map(|coupon| coupon.version.to_string()).unwrap_or_default())
        .field(Field::text(t.code, "code", value("code", &|coupon| coupon.code.clone())).required())
        .field(Field::text(t.name, "name", value("name", &|coupon| coupon.name.clone())).required())
        .field(Field::area(
            t.description,
            "description",
            value("description", &|coupon| coupon.description.clone().unwrap_or_default()),
        ))
        .field(Field::select(t.kind, "discountType", &kind, &kinds))
        .field(Field::number(t.value, "discountValue", value("discountValue", &discount)).required())
        .field(Field::number(t.minimum, "minimum", value("minimum", &|coupon| money(coupon.minimum_order_amount))))
        .field(Field::number(t.maximum, "maximum", value("maximum", &|coupon| money(coupon.maximum_discount_amount))))
        .field(Field::number(t.total, "total", value("total", &|coupon| coupon.total_quantity.to_string())).required())
        .field(Field::time(t.starts, "startsAt", value("startsAt", &|coupon| local(coupon.starts_at, zone))).required())
        .field(
            Field::time(t.expires, "expiresAt", value("expiresAt", &|coupon| local(coupon.expires_at, zone)))
                .required(),
        )
        .field(Field::text(t.products, "products", value("products", &|coupon| list(&coupon.product_ids))))
        .field(Field::text(t.categories, "categories", value("categories", &|coupon| list(&coupon.category_ids))))
        .field(Field::tick(t.listed, "listed", on("listed", coupon.map(|coupon| coupon.listed), true)))
        .field(Field::tick(t.first, "first", on("first", coupon.map(|coupon| coupon.first_order_only), false)))
}

/// The body of a coupon as the API gets it.
fn body(visit: &Visit, fields: &Fields, coupon: Option<&Coupon>) -> Value {
    let value = match fields.text("discountType") {
        "PERCENTAGE" => number(fields, "discountValue"),
        _ => amount(visit, fields, "discountValue"),
    };
    json!({
        "code": fields.text("code"),
        "name": fields.text("name"),
        "description": fields.given("description"),
        "discountType": fields.text("discountType"),
        "discountValue": value,
        "minimumOrderAmount": amount(visit, fields, "minimum"),
        "maximumDiscountAmount": amount(visit, fields, "maximum"),
        "totalQuantity": number(fields, "total"),
        "startsAt": moment(visit, fields, "startsAt", coupon.map(|coupon| coupon.starts_at)),
        "expiresAt": moment(visit, fields, "expiresAt", coupon.map(|coupon| coupon.expires_at)),
        "productIds": numbers(fields, "products"),
        "categoryIds": numbers(fields, "categories"),
        "listed": fields.is_on("listed"),
        "firstOrderOnly": fields.is_on("first"),
    })
}

/// `GET /console/coupons/new`
pub async fn new_form(visit: Visit) -> PageResult {
    visit.seller()?;
    new_page(&visit, None, None)
}

fn new_page(visit: &Visit, sent: Option<&Fields>, refused: Option<Refused>) -> PageResult {
    let page = Page::of(CouponTexts::of(visit.language).new);
    visit.page_with(page.with(&form(visit, None, sent))?, refused)
}

/// `POST /console/coupons/new`
pub async fn make(visit: Visit, fields: Fields) -> PageResult {
    match visit.send_form(&fields, Method::POST, "/admin/coupons", Some(body(&visit, &fields, None))).await {
        Ok(_) => visit.done("/console/coupons"),
        Err(refused) => new_page(&visit, Some(&fields), Some(refused)),
    }
}

/// `GET /console/coupons/{id}`
pub async fn coupon(web::Path(id): web::Path<i64>, visit: Visit) -> PageResult {
    page(&visit, id, None, None).await
}

async fn page(visit: &Visit, id: i64, sent: Option<&Fields>, refused: Option<Refused>) -> PageResult {
    let t = CouponTexts::of(visit.language);
    let coupon: Coupon = visit.read(&format!("/admin/coupons/{id}")).await?;
    let stored = form(visit, Some(&coupon), None);
    let editor = if sent.is_some() { form(visit, Some(&coupon), sent).beside(&stored) } else { stored };
    let queue = Details::of(t.queue).row(t.queue, Cell::link(t.queue_see, format!("/console/queues/COUPON/{id}")));
    let queue = visit.is_admin().then_some(queue);
    let delete = Form::of(visit, format!("/console/coupons/{id}/delete"), t.delete, t.delete_button)
        .hidden("version", coupon.version.to_string())
        .folded()
        .grave();
    let page =
        Page::of(format!("{} · {}", coupon.name, coupon.code)).lead(states::word(&coupon.status, visit.language));
    let page = page.with(&editor)?.with_some(queue)?.with(&delete)?;
    visit.page_with(page, refused)
}

/// `POST /console/coupons/{id}`
pub async fn rewrite(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    let coupon: Coupon = visit.read(&format!("/admin/coupons/{id}")).await?;
    let mut body = body(&visit, &fields, Some(&coupon));
    body["version"] = number(&fields, "version");
    match visit.send_form(&fields, Method::PUT, &format!("/admin/coupons/{id}"), Some(body)).await {
        Ok(_) => visit.done(&format!("/console/coupons/{id}")),
        Err(refused) => page(&visit, id, Some(&fields), Some(refused)).await,
    }
}

/// `POST /console/coupons/{id}/delete`
pub async fn delete(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    if let Err(refused) = visit.sure(&fields) {
        return page(&visit, id, None, Some(refused)).await;
    }
    let version = fields.number("version").unwrap_or_default();
    let path = format!("/admin/coupons/{id}?version={version}");
    match visit.send_form(&fields, Method::DELETE, &path, None).await {
        Ok(_) => visit.done("/console/coupons"),
        Err(refused) => page(&visit, id, None, Some(refused)).await,
    }
}
