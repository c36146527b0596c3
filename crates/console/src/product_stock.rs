//! The stock of a product: what is kept where, goods that arrive, counts that differ, and every movement.

use crate::{
    forms::{Field, Form, number},
    product_page::{Product, change},
    states,
    table::{Cell, List, Paged, Table, encoded},
    variant_page::{exact_name, variant_name},
    visit::Visit,
};
use axum::http::Method;
use kernel::{ProductId, Timestamp};
use pages::{Fields, PageResult, Refused, texts};
use serde::Deserialize;
use serde_json::json;

texts! {
    /// The texts of the stock of a product.
    StockTexts {
        variant: "Variant", "옵션 이름";
        sku: "SKU", "SKU(상품 코드)";
        status: "Status", "상태";
        stock: "Stock", "재고";
        location: "Location", "위치";
        available: "Can be sold", "판매 가능";
        reserved: "Held by orders", "예약";
        total: "In all", "전체";
        adjust: "Adjust the stock", "재고 조정";
        adjust_button: "Adjust", "조정하기";
        change: "Change of what can be sold, such as -2", "판매 가능 수량 변경(예: -2)";
        receive: "Goods arrived", "입고";
        receive_button: "Add them", "입고하기";
        units: "Units", "수량";
        movements: "Movements", "재고 이력";
        movement: "Movement", "유형";
        changed: "Change", "변경";
        order: "Order", "주문 번호";
        after: "Then", "변경 후";
        by: "By", "처리자";
        reason: "Reason", "사유";
        at: "Time", "시각";
    }
}

/// The stock of a product.
#[derive(Debug, Deserialize)]
pub struct Stock {
    pub breakdown: Vec<Kept>,
}

/// What of a variant is kept at a location.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    variant_id: i64,
    location_code: String,
    available_quantity: i64,
    reserved_quantity: i64,
    total_quantity: i64,
    stock_status: String,
    version: i64,
}

/// A movement of the stock.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Movement {
    movement_type: String,
    quantity: i64,
    after_available: i64,
    after_reserved: i64,
    performed_by: String,
    reason: Option<String>,
    reference_id: String,
    created_at: Timestamp,
}

/// What is kept of a product, for each variant and location.
pub fn stock_table(visit: &Visit, product: &Product, kept: &[Kept]) -> Table {
    let t = StockTexts::of(visit.language);
    let row = |kept: &Kept| {
        let variant = product.variants.iter().find(|variant| variant.id == kept.variant_id);
        vec![
            Cell::maybe(variant.map(variant_name)),
            Cell::maybe(variant.map(|variant| variant.sku.as_str())),
            Cell::text(&kept.location_code),
            states::cell(&kept.stock_status, visit.language),
            Cell::number(kept.available_quantity.to_string(), kept.available_quantity),
            Cell::number(kept.reserved_quantity.to_string(), kept.reserved_quantity),
            Cell::number(kept.total_quantity.to_string(), kept.total_quantity),
        ]
    };
    let [available, reserved, total] = [t.available, t.reserved, t.total].map(|name| format!("#{name}"));
    let columns = [t.variant, t.sku, t.location, t.status, &available, &reserved, &total];
    let path = format!("/console/products/{}", product.id);
    Table::of(visit, t.stock, &columns).rows(kept.iter().map(row)).part(visit, &path, "stock")
}

/// For each place of the stock: goods that arrived, and a count that differs.
pub fn stock_forms(visit: &Visit, product: &Product, kept: &[Kept]) -> Vec<Form> {
    let t = StockTexts::of(visit.language);
    let named = |kept: &Kept| {
        let variant = product.variants.iter().find(|variant| variant.id == kept.variant_id);
        format!("{} · {}", variant.map(exact_name).unwrap_or_default(), kept.location_code)
    };
    let form = |kept: &Kept, act: &str, title: &str, button: &str| {
        let location = encoded(&kept.location_code);
        let action = format!("/console/products/{}/{act}/{}/{location}", product.id, kept.variant_id);
        Form::of(visit, action, format!("{title}: {}", named(kept)), button).folded().reasoned()
    };
    let both = |kept: &Kept| {
        let units = Field::number(t.units, "quantity", "").required();
        let change = Field::number(t.change, "delta", "").required();
        let adjust = form(kept, "adjust", t.adjust, t.adjust_button).hidden("version", kept.version.to_string());
        [form(kept, "receive", t.receive, t.receive_button).field(units), adjust.field(change)]
    };
    kept.iter().flat_map(both).collect()
}

/// What happened to the stock of a product, newest first.
pub async fn movement_table(visit: &Visit, id: ProductId) -> Result<Table, Refused> {
    let path = format!("/console/products/{id}");
    let list = List::part(&path, "movements", &visit.query);
    let found: Paged<Movement> = visit.read(&list.question(&format!("/inventory/{id}/movements"), &[])).await?;
    Ok(movements(visit, &found.content).sorted_page(&list).paged(&list, &found))
}

fn movements(visit: &Visit, movements: &[Movement]) -> Table {
    let (t, show) = (StockTexts::of(visit.language), visit.show());
    let row = |movement: &Movement| {
        let order = movement.reference_id.starts_with("ORD-");
        let reference = &movement.reference_id;
        let href = order.then(|| format!("/console/orders/{reference}")).filter(|_| visit.is_admin());
        let after = format!("{} + {}", movement.after_available, movement.after_reserved);
        vec![
            Cell::moment(&show, movement.created_at),
            states::cell(&movement.movement_type, visit.language),
            Cell::number(movement.quantity.to_string(), movement.quantity),
            Cell { href, ..Cell::text(if order { reference.as_str() } else { "" }) },
            Cell::text(after),
            Cell::text(&movement.performed_by),
            Cell::maybe(movement.reason.as_deref()),
        ]
    };
    let changed = format!("#{}", t.changed);
    let columns = [t.at, t.movement, &changed, t.order, t.after, t.by, t.reason];
    Table::of(visit, t.movements, &columns).rows(movements.iter().map(row))
}

/// `POST /console/products/{id}/receive/{variant}/{location}`
pub async fn receive(
    web::Path((id, variant, location)): web::Path<(ProductId, i64, String)>,
    visit: Visit,
    fields: Fields,
) -> PageResult {
    let body = json!({"variantId": variant, "locationCode": location, "quantity": number(&fields, "quantity"),
        "reason": fields.given("reason")});
    change(&visit, id, &fields, Method::PUT, &format!("/inventory/{id}/add"), Some(body)).await
}

/// `POST /console/products/{id}/adjust/{variant}/{location}`: refused when the stock is another by now.
pub async fn adjust(
    web::Path((id, variant, location)): web::Path<(ProductId, i64, String)>,
    visit: Visit,
    fields: Fields,
) -> PageResult {
    let body = json!({"variantId": variant, "locationCode": location, "delta": number(&fields, "delta"),
        "version": number(&fields, "version"), "reason": fields.text("reason")});
    change(&visit, id, &fields, Method::PUT, &format!("/inventory/{id}/adjust"), Some(body)).await
}
