//! The editor of a product: what it is, its variants, its stock, its images, its state.

use crate::{
    details::Details,
    forms::{Field, Form, amount, lines, number, plain},
    page::Page,
    states,
    table::{Cell, Paged, Table, encoded},
    visit::Visit,
};
use axum::http::Method;
use kernel::{Code, ProductId, Timestamp};
use pages::{Fields, PageResult, Refused, texts};
use serde::Deserialize;
use serde_json::{Map, Value, json};

texts! {
    /// The texts of the editor of a product.
    ProductTexts {
        new: "New product", "상품 등록";
        make: "Make it", "등록하기";
        product: "Product", "상품 정보";
        save: "Save", "저장";
        name: "Name", "이름";
        sku: "SKU", "SKU(상품 코드)";
        brand: "Brand", "브랜드";
        category: "Category, such as Kitchen > Cups", "카테고리(예: 주방 > 컵)";
        description: "Description", "설명";
        price: "Price", "가격";
        sale_price: "Price now, if it is lower", "할인가";
        tax_free: "Free of tax", "면세 상품";
        status: "Status", "상태";
        opening: "Units at the start", "초기 재고";
        stored: "What is stored now", "현재 저장된 내용";
        variants: "Variants", "옵션";
        variant: "Variant", "옵션 이름";
        options: "Options, one on a line, such as colour: blue", "옵션 값(한 줄에 하나, 예: 색상: 파랑)";
        adjustment: "Added to the price", "추가 금액";
        add_variant: "Add a variant", "옵션 추가";
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
        after: "Then", "변경 후";
        by: "By", "처리자";
        reason: "Reason", "사유";
        at: "Time", "시각";
        images: "Images", "이미지";
        image_list: "Addresses, one on a line; the first one is shown in lists", "이미지 주소(한 줄에 하나, 첫 번째가 대표 이미지)";
        publish: "Put it on sale", "판매 시작";
        close: "Take it off sale", "판매 중지";
        restore: "Restore it", "복원";
        delete: "Delete the product", "상품 삭제";
        delete_button: "Delete it", "삭제하기";
    }
}

/// A product as the editor needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    id: i64,
    name: String,
    sku: String,
    brand: Option<String>,
    category: Option<String>,
    description: Option<String>,
    price: i64,
    sale_price: Option<i64>,
    tax_free: bool,
    status: String,
    version: i64,
    images: Vec<String>,
    variants: Vec<Variant>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variant {
    id: i64,
    name: Option<String>,
    sku: String,
    status: String,
    price: i64,
    stock: i64,
    options: Map<String, Value>,
}

/// The stock of a product.
#[derive(Debug, Deserialize)]
struct Stock {
    breakdown: Vec<Kept>,
}

/// What of a variant is kept at a location.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    variant_id: i64,
    location_code: String,
    available_quantity: i64,
    reserved_quantity: i64,
    total_quantity: i64,
    stock_status: String,
    version: i64,
}

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

/// What the form of a product shows.
#[derive(Debug, Default)]
struct Typed {
    name: String,
    sku: String,
    brand: String,
    category: String,
    description: String,
    price: String,
    sale_price: String,
    tax_free: bool,
}

impl Typed {
    fn sent(fields: &Fields) -> Typed {
        let text = |name: &str| fields.text(name).to_owned();
        Typed {
            name: text("name"),
            sku: text("sku"),
            brand: text("brand"),
            category: text("category"),
            description: text("description"),
            price: text("price"),
            sale_price: text("salePrice"),
            tax_free: fields.is_on("taxFree"),
        }
    }

    fn stored(visit: &Visit, product: &Product) -> Typed {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Typed {
            name: product.name.clone(),
            sku: product.sku.clone(),
            brand: text(&product.brand),
            category: text(&product.category),
            description: text(&product.description),
            price: plain(visit, product.price),
            sale_price: product.sale_price.map(|price| plain(visit, price)).unwrap_or_default(),
            tax_free: product.tax_free,
        }
    }

    fn fields(self, visit: &Visit, form: Form) -> Form {
        let t = ProductTexts::of(visit.language);
        form.field(Field::text(t.name, "name", self.name).required())
            .field(Field::text(t.sku, "sku", self.sku))
            .field(Field::text(t.brand, "brand", self.brand))
            .field(Field::text(t.category, "category", self.category))
            .field(Field::area(t.description, "description", self.description))
            .field(Field::number(t.price, "price", self.price).required())
            .field(Field::number(t.sale_price, "salePrice", self.sale_price))
            .field(Field::tick(t.tax_free, "taxFree", self.tax_free))
    }
}

/// The body of a product as the API gets it.
fn body(visit: &Visit, fields: &Fields) -> Value {
    let currency = visit.console.app.shop.currency;
    json!({
        "name": fields.text("name"),
        "sku": fields.given("sku"),
        "brand": fields.given("brand"),
        "category": fields.given("category"),
        "description": fields.given("description"),
        "price": amount(fields, "price", currency),
        "salePrice": amount(fields, "salePrice", currency),
        "taxFree": fields.is_on("taxFree"),
    })
}

/// `GET /console/products/new`
pub async fn new_form(visit: Visit) -> PageResult {
    visit.seller()?;
    new_page(&visit, Typed::default(), None)
}

fn new_page(visit: &Visit, typed: Typed, refused: Option<Refused>) -> PageResult {
    let t = ProductTexts::of(visit.language);
    let statuses = states::choices("", &["ACTIVE", "DRAFT"], visit.language);
    let form = Form::of(visit, "/console/products/new", "", t.make);
    let form = typed
        .fields(visit, form)
        .field(Field::select(t.status, "status", "ACTIVE", &statuses[1..]))
        .field(Field::number(t.opening, "stock", "0"));
    visit.page_with(Page::of(t.new).with(&form)?, refused)
}

/// What is needed of a product that was made.
#[derive(Deserialize)]
struct Made {
    id: i64,
}

/// `POST /console/products/new`
pub async fn make(visit: Visit, fields: Fields) -> PageResult {
    let mut body = body(&visit, &fields);
    body["status"] = json!(fields.given("status"));
    body["stock"] = number(&fields, "stock");
    match visit.send_for::<Made>(&fields, Method::POST, "/admin/products", Some(body)).await {
        Ok(made) => visit.done(&format!("/console/products/{}", made.id)),
        Err(refused) => new_page(&visit, Typed::sent(&fields), Some(refused)),
    }
}

/// `GET /console/products/{id}`
pub async fn product(web::Path(id): web::Path<ProductId>, visit: Visit) -> PageResult {
    page(&visit, id, None, None).await
}

/// The editor, after a refusal with what was typed beside what is stored.
async fn page(visit: &Visit, id: ProductId, typed: Option<Typed>, refused: Option<Refused>) -> PageResult {
    let t = ProductTexts::of(visit.language);
    let product: Product = visit.read(&format!("/admin/products/{id}")).await?;
    let stock: Option<Stock> = match visit.read(&format!("/inventory/{id}")).await {
        Ok(stock) => Some(stock),
        Err(refused) if matches!(refused.code(), Code::InventoryNotFound | Code::ProductNotFound) => None,
        Err(refused) => return Err(refused),
    };
    let movements: Paged<Movement> = visit.read(&format!("/inventory/{id}/movements?size=20")).await?;
    let kept = stock.map(|stock| stock.breakdown).unwrap_or_default();
    let stored = typed.is_some().then(|| stored(visit, &product));
    let shown = typed.unwrap_or_else(|| Typed::stored(visit, &product));
    let form = Form::of(visit, format!("/console/products/{id}"), t.product, t.save);
    let form = shown.fields(visit, form.hidden("version", product.version.to_string()));
    let page = Page::of(product.name.clone()).lead(states::word(&product.status, visit.language));
    let page = page.with_some(stored)?.with(&form)?.with(&variants(visit, &product))?;
    let page = page.with(&variant_form(visit, &product))?.with(&stock_table(visit, &product, &kept))?;
    let page = stock_forms(visit, &product, &kept).iter().try_fold(page, Page::with)?;
    let page = page.with(&image_form(visit, &product))?;
    let page = state_forms(visit, &product).iter().try_fold(page, Page::with)?;
    visit.page_with(page.with(&movement_table(visit, &movements.content))?, refused)
}

fn stored(visit: &Visit, product: &Product) -> Details {
    let t = ProductTexts::of(visit.language);
    Details::of(t.stored)
        .row(t.name, Cell::text(&product.name))
        .row(t.sku, Cell::text(&product.sku))
        .row_if(t.brand, product.brand.as_deref())
        .row_if(t.category, product.category.as_deref())
        .row_if(t.description, product.description.as_deref())
        .row(t.price, Cell::text(visit.money(product.price)))
        .row_if(t.sale_price, product.sale_price.map(|price| visit.money(price)))
}

fn variant_name(variant: &Variant) -> String {
    variant.name.clone().unwrap_or_else(|| variant.sku.clone())
}

fn variants(visit: &Visit, product: &Product) -> Table {
    let t = ProductTexts::of(visit.language);
    let row = |variant: &Variant| {
        let option = |(name, value): (&String, &Value)| match value.as_str() {
            Some(value) => format!("{name}: {value}"),
            None => format!("{name}: {value}"),
        };
        vec![
            Cell::text(variant_name(variant)),
            Cell::text(&variant.sku),
            states::cell(&variant.status, visit.language),
            Cell::text(variant.options.iter().map(option).collect::<Vec<_>>().join(", ")),
            Cell::number(visit.money(variant.price), variant.price),
            Cell::number(variant.stock.to_string(), variant.stock),
        ]
    };
    let [price, stock] = [t.price, t.stock].map(|name| format!("#{name}"));
    let columns = [t.variant, t.sku, t.status, t.variants, &price, &stock];
    Table::of(visit, t.variants, &columns).rows(product.variants.iter().map(row))
}

fn variant_form(visit: &Visit, product: &Product) -> Form {
    let t = ProductTexts::of(visit.language);
    Form::of(visit, format!("/console/products/{}/variants", product.id), t.add_variant, t.add_variant)
        .folded()
        .field(Field::text(t.variant, "name", ""))
        .field(Field::text(t.sku, "sku", ""))
        .field(Field::area(t.options, "options", ""))
        .field(Field::number(t.adjustment, "priceAdjustment", "0"))
        .field(Field::number(t.opening, "stock", "0"))
}

fn stock_table(visit: &Visit, product: &Product, kept: &[Kept]) -> Table {
    let t = ProductTexts::of(visit.language);
    let row = |kept: &Kept| {
        let variant = product.variants.iter().find(|variant| variant.id == kept.variant_id);
        vec![
            Cell::maybe(variant.map(variant_name)),
            Cell::text(&kept.location_code),
            states::cell(&kept.stock_status, visit.language),
            Cell::number(kept.available_quantity.to_string(), kept.available_quantity),
            Cell::number(kept.reserved_quantity.to_string(), kept.reserved_quantity),
            Cell::number(kept.total_quantity.to_string(), kept.total_quantity),
        ]
    };
    let [available, reserved, total] = [t.available, t.reserved, t.total].map(|name| format!("#{name}"));
    let columns = [t.variant, t.location, t.status, &available, &reserved, &total];
    Table::of(visit, t.stock, &columns).rows(kept.iter().map(row))
}

/// For each place of the stock: goods that arrived, and a count that differs.
fn stock_forms(visit: &Visit, product: &Product, kept: &[Kept]) -> Vec<Form> {
    let t = ProductTexts::of(visit.language);
    let named = |kept: &Kept| {
        let variant = product.variants.iter().find(|variant| variant.id == kept.variant_id);
        format!("{} · {}", variant.map(variant_name).unwrap_or_default(), kept.location_code)
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

fn image_form(visit: &Visit, product: &Product) -> Form {
    let t = ProductTexts::of(visit.language);
    Form::of(visit, format!("/console/products/{}/images", product.id), t.images, t.save)
        .folded()
        .field(Field::area(t.image_list, "images", product.images.join("\n")))
}

/// What the state of the product allows.
fn state_forms(visit: &Visit, product: &Product) -> [Form; 2] {
    let t = ProductTexts::of(visit.language);
    let (act, text) = if product.status == "ACTIVE" { ("close", t.close) } else { ("publish", t.publish) };
    let delete = Form::of(visit, format!("/console/products/{}/delete", product.id), t.delete, t.delete_button)
        .hidden("version", product.version.to_string())
        .folded()
        .grave();
    [Form::of(visit, format!("/console/products/{}/{act}", product.id), "", text), delete]
}

fn movement_table(visit: &Visit, movements: &[Movement]) -> Table {
    let (t, show) = (ProductTexts::of(visit.language), visit.show());
    let row = |movement: &Movement| {
        let order = movement.reference_id.starts_with("ORD-");
        let reference = &movement.reference_id;
        let href = order.then(|| format!("/console/orders/{reference}")).filter(|_| visit.is_admin());
        let after = format!("{} + {}", movement.after_available, movement.after_reserved);
        vec![
            Cell::text(show.moment(movement.created_at)),
            states::cell(&movement.movement_type, visit.language),
            Cell::number(movement.quantity.to_string(), movement.quantity),
            Cell { href, ..Cell::text(if order { reference.as_str() } else { "" }) },
            Cell::text(after),
            Cell::text(&movement.performed_by),
            Cell::maybe(movement.reason.as_deref()),
        ]
    };
    let changed = format!("#{}", t.changed);
    let columns = [t.at, t.movement, &changed, "", t.after, t.by, t.reason];
    Table::of(visit, t.movements, &columns).rows(movements.iter().map(row))
}

/// `POST /console/products/{id}`
pub async fn rewrite(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    let mut body = body(&visit, &fields);
    body["version"] = number(&fields, "version");
    match visit.send(&fields, Method::PUT, &format!("/admin/products/{id}"), Some(body)).await {
        Ok(_) => visit.done(&format!("/console/products/{id}")),
        Err(refused) => page(&visit, id, Some(Typed::sent(&fields)), Some(refused)).await,
    }
}

/// Sends a change of a product to the API; back to the editor, or the editor again with the refusal.
async fn change(
    visit: &Visit,
    id: ProductId,
    fields: &Fields,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> PageResult {
    match visit.send(fields, method, path, body).await {
        Ok(_) => visit.done(&format!("/console/products/{id}")),
        Err(refused) => page(visit, id, None, Some(refused)).await,
    }
}

/// The options of a variant: `colour: blue` on each line.
fn options(fields: &Fields) -> Map<String, Value> {
    let pair = |line: String| {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        (name.trim().to_owned(), json!(value.trim()))
    };
    lines(fields, "options").into_iter().map(pair).collect()
}

/// `POST /console/products/{id}/variants`
pub async fn add_variant(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    let currency = visit.console.app.shop.currency;
    let body = json!({
        "name": fields.given("name"),
        "sku": fields.given("sku"),
        "options": options(&fields),
        "priceAdjustment": amount(&fields, "priceAdjustment", currency),
        "stock": number(&fields, "stock"),
    });
    change(&visit, id, &fields, Method::POST, &format!("/admin/products/{id}/variants"), Some(body)).await
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

/// `POST /console/products/{id}/images`
pub async fn images(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    let body = json!({"images": lines(&fields, "images")});
    change(&visit, id, &fields, Method::PUT, &format!("/admin/products/{id}/images"), Some(body)).await
}

/// The path of an operation with the version that it was decided on.
fn at_version(path: String, fields: &Fields) -> String {
    match fields.number("version") {
        Some(version) => format!("{path}?version={version}"),
        None => path,
    }
}

/// `POST /console/products/{id}/publish`
pub async fn publish(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    change(&visit, id, &fields, Method::PATCH, &format!("/admin/products/{id}/publish"), None).await
}

/// `POST /console/products/{id}/close`
pub async fn close(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    change(&visit, id, &fields, Method::PATCH, &format!("/admin/products/{id}/close"), None).await
}

/// `GET /console/products/{id}/restore`: all that a deleted product has.
pub async fn restore_form(web::Path(id): web::Path<ProductId>, visit: Visit) -> PageResult {
    visit.seller()?;
    restore_page(&visit, id, None)
}

fn restore_page(visit: &Visit, id: ProductId, refused: Option<Refused>) -> PageResult {
    let t = ProductTexts::of(visit.language);
    let form = Form::of(visit, format!("/console/products/{id}/restore"), "", t.restore);
    visit.page_with(Page::of(t.restore).with(&form)?, refused)
}

/// `POST /console/products/{id}/restore`
pub async fn restore(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    match visit.send(&fields, Method::PATCH, &format!("/admin/products/{id}/restore"), None).await {
        Ok(_) => visit.done(&format!("/console/products/{id}")),
        Err(refused) => restore_page(&visit, id, Some(refused)),
    }
}

/// `POST /console/products/{id}/delete`
pub async fn delete(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    if let Err(refused) = visit.sure(&fields) {
        return page(&visit, id, None, Some(refused)).await;
    }
    let path = at_version(format!("/admin/products/{id}"), &fields);
    match visit.send(&fields, Method::DELETE, &path, None).await {
        Ok(_) => visit.done("/console/products"),
        Err(refused) => page(&visit, id, None, Some(refused)).await,
    }
}
