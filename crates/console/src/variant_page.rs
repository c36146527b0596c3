//! The variants of a product: the table, adding one, and the page of one.

use crate::{
    forms::{Field, Form, amount, lines, number, plain},
    page::Page,
    product_page::Product,
    states,
    table::{Cell, Table},
    visit::Visit,
};
use axum::http::Method;
use kernel::{Code, ProductId};
use pages::{Fields, PageResult, Refused, texts};
use serde::Deserialize;
use serde_json::{Map, Value, json};

texts! {
    /// The texts of variants.
    VariantTexts {
        variants: "Variants", "옵션";
        variant: "The variant", "옵션 정보";
        name: "Variant", "옵션 이름";
        sku: "SKU", "SKU(상품 코드)";
        status: "Status", "상태";
        options: "Options, one on a line, such as colour: blue", "옵션 값(한 줄에 하나, 예: 색상: 파랑)";
        values: "Options", "옵션 값";
        price: "Price", "가격";
        adjustment: "Added to the price", "추가 금액";
        stock: "Stock", "재고";
        opening: "Units at the start", "초기 재고";
        default: "The product alone means this variant", "상품만 지정하면 이 옵션으로 주문";
        add: "Add a variant", "옵션 추가";
        save: "Save", "저장";
        delete: "Delete the variant", "옵션 삭제";
        delete_button: "Delete it", "삭제하기";
        restore: "Restore it", "복원";
        product: "To the product", "상품으로";
    }
}

/// A variant as the console needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    pub id: i64,
    name: Option<String>,
    variant_name: Option<String>,
    pub sku: String,
    status: String,
    price: i64,
    price_adjustment: i64,
    stock: i64,
    is_default: bool,
    options: Map<String, Value>,
}

impl Variant {
    /// `colour: blue` for each option.
    fn options(&self) -> Vec<String> {
        let option = |(name, value): (&String, &Value)| match value.as_str() {
            Some(value) => format!("{name}: {value}"),
            None => format!("{name}: {value}"),
        };
        self.options.iter().map(option).collect()
    }
}

/// What people call a variant.
pub fn variant_name(variant: &Variant) -> String {
    variant.variant_name.clone().unwrap_or_else(|| variant.sku.clone())
}

/// The same with the sku, where a form says which variant it changes.
pub fn exact_name(variant: &Variant) -> String {
    match &variant.variant_name {
        Some(name) => format!("{name} · {}", variant.sku),
        None => variant.sku.clone(),
    }
}

/// The variants of a product.
pub fn variants(visit: &Visit, product: &Product) -> Table {
    let t = VariantTexts::of(visit.language);
    let row = |variant: &Variant| {
        vec![
            Cell::link(variant_name(variant), format!("/console/products/{}/variants/{}", product.id, variant.id)),
            Cell::text(&variant.sku),
            states::cell(&variant.status, visit.language),
            Cell::text(variant.options().join(", ")),
            Cell::number(visit.money(variant.price), variant.price),
            Cell::number(variant.stock.to_string(), variant.stock),
        ]
    };
    let [price, stock] = [t.price, t.stock].map(|name| format!("#{name}"));
    let columns = [t.name, t.sku, t.status, t.values, &price, &stock];
    let path = format!("/console/products/{}", product.id);
    Table::of(visit, t.variants, &columns).rows(product.variants.iter().map(row)).part(visit, &path, "variants")
}

/// The form of one more variant, after a refusal with what was typed.
pub fn new_variant(visit: &Visit, product: i64, sent: Option<&Fields>) -> Form {
    let t = VariantTexts::of(visit.language);
    let value = |name: &str, new: &str| sent.map_or(new, |sent| sent.text(name)).to_owned();
    Form::of(visit, format!("/console/products/{product}/variants"), t.add, t.add)
        .field(Field::text(t.name, "name", value("name", "")))
        .field(Field::text(t.sku, "sku", value("sku", "")))
        .field(Field::area(t.options, "options", value("options", "")))
        .field(Field::number(t.adjustment, "priceAdjustment", value("priceAdjustment", "0")))
        .field(Field::number(t.opening, "stock", value("stock", "0")))
}

/// The options of a variant: `colour: blue` on each line.
fn options(fields: &Fields) -> Map<String, Value> {
    let pair = |line: String| {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        (name.trim().to_owned(), json!(value.trim()))
    };
    lines(fields, "options").into_iter().map(pair).collect()
}

fn body(visit: &Visit, fields: &Fields) -> Value {
    json!({
        "name": fields.given("name"),
        "sku": fields.given("sku"),
        "options": options(fields),
        "priceAdjustment": amount(visit, fields, "priceAdjustment"),
    })
}

/// `POST /console/products/{id}/variants`
pub async fn add(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    let mut body = body(&visit, &fields);
    body["stock"] = number(&fields, "stock");
    match visit.send_form(&fields, Method::POST, &format!("/admin/products/{id}/variants"), Some(body)).await {
        Ok(_) => visit.done(&format!("/console/products/{id}")),
        Err(refused) => {
            let product: Product = visit.read(&format!("/admin/products/{id}")).await?;
            let page = Page::of(product.name.clone()).with(&variants(&visit, &product))?;
            visit.page_with(page.with(&new_variant(&visit, product.id, Some(&fields)))?, Some(refused))
        }
    }
}

/// `GET /console/products/{id}/variants/{variant}`
pub async fn variant(web::Path((id, variant)): web::Path<(ProductId, i64)>, visit: Visit) -> PageResult {
    page(&visit, id, variant, None).await
}

/// The page of a variant, after a refusal with what was typed.
async fn page(visit: &Visit, id: ProductId, variant: i64, after: Option<(&Fields, Refused)>) -> PageResult {
    let t = VariantTexts::of(visit.language);
    let product: Product = visit.read(&format!("/admin/products/{id}")).await?;
    let found = product.variants.iter().find(|found| found.id == variant).ok_or(Code::NotFound)?;
    let path = format!("/console/products/{id}/variants/{variant}");
    let act = |act: &str, title: &str, button: &str| {
        Form::of(visit, format!("{path}{act}"), title, button).hidden("version", product.version.to_string())
    };
    let page = Page::of(format!("{} · {}", product.name, variant_name(found)));
    let page =
        page.lead(states::word(&found.status, visit.language)).action(format!("/console/products/{id}"), t.product);
    let sent = after.as_ref().map(|(sent, _)| *sent);
    let page = if found.status == "DISCONTINUED" {
        page.with(&act("/restore", t.restore, t.restore))?
    } else {
        let delete = act("/delete", t.delete, t.delete_button).folded().grave();
        let stored = editor(visit, act("", t.variant, t.save), found, None);
        let form = match sent {
            Some(sent) => editor(visit, act("", t.variant, t.save), found, Some(sent)).beside(&stored),
            None => stored,
        };
        page.with(&form)?.with(&delete)?
    };
    visit.page_with(page, after.map(|(_, refused)| refused))
}

fn editor(visit: &Visit, form: Form, variant: &Variant, sent: Option<&Fields>) -> Form {
    let t = VariantTexts::of(visit.language);
    let value = |name: &str, stored: String| sent.map_or(stored, |sent| sent.text(name).to_owned());
    let statuses = ["ACTIVE", "INACTIVE"].map(|name| (name, states::word(name, visit.language)));
    let status = value("status", variant.status.clone());
    let adjustment = value("priceAdjustment", plain(visit, variant.price_adjustment));
    let is_default = sent.map_or(variant.is_default, |sent| sent.is_on("isDefault"));
    form.hidden("sku", variant.sku.clone())
        .field(Field::text(t.name, "name", value("name", variant.name.clone().unwrap_or_default())))
        .field(Field::area(t.options, "options", value("options", variant.options().join("\n"))))
        .field(Field::number(t.adjustment, "priceAdjustment", adjustment))
        .field(Field::select(t.status, "status", &status, &statuses))
        .field(Field::tick(t.default, "isDefault", is_default))
}

/// Sends a change of a variant to the API; back to the product, or the page of the variant with the refusal.
async fn send(
    visit: &Visit,
    (id, variant): (ProductId, i64),
    fields: &Fields,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> PageResult {
    match visit.send_form(fields, method, path, body).await {
        Ok(_) => visit.done(&format!("/console/products/{id}")),
        Err(refused) => page(visit, id, variant, Some((fields, refused))).await,
    }
}

/// `POST /console/products/{id}/variants/{variant}`
pub async fn rewrite(
    web::Path((id, variant)): web::Path<(ProductId, i64)>,
    visit: Visit,
    fields: Fields,
) -> PageResult {
    let mut body = body(&visit, &fields);
    body["status"] = json!(fields.given("status"));
    body["isDefault"] = json!(fields.is_on("isDefault"));
    body["version"] = number(&fields, "version");
    let path = format!("/admin/products/{id}/variants/{variant}");
    send(&visit, (id, variant), &fields, Method::PUT, &path, Some(body)).await
}

/// `POST /console/products/{id}/variants/{variant}/delete`
pub async fn delete(web::Path((id, variant)): web::Path<(ProductId, i64)>, visit: Visit, fields: Fields) -> PageResult {
    if let Err(refused) = visit.sure(&fields) {
        return page(&visit, id, variant, Some((&fields, refused))).await;
    }
    let version = fields.number("version").unwrap_or_default();
    let path = format!("/admin/products/{id}/variants/{variant}?version={version}");
    send(&visit, (id, variant), &fields, Method::DELETE, &path, None).await
}

/// `POST /console/products/{id}/variants/{variant}/restore`
pub async fn restore(
    web::Path((id, variant)): web::Path<(ProductId, i64)>,
    visit: Visit,
    fields: Fields,
) -> PageResult {
    let path = format!("/admin/products/{id}/variants/{variant}/restore");
    send(&visit, (id, variant), &fields, Method::PATCH, &path, None).await
}
