//! The editor of a product: what it is, its variants, its stock, its images, its state.

use crate::{
    forms::{Field, Form, amount, number, plain},
    page::Page,
    product_stock::{Stock, movement_table, stock_forms, stock_table},
    states,
    variant_page::{Variant, new_variant, variants},
    visit::Visit,
};
use axum::http::Method;
use kernel::{Code, ProductId};
use pages::{Fields, PageResult, Refused, texts};
use serde::Deserialize;
use serde_json::{Value, json};

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
        images: "Images", "이미지";
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
pub struct Product {
    pub id: i64,
    pub name: String,
    sku: String,
    brand: Option<String>,
    category: Option<String>,
    description: Option<String>,
    price: i64,
    sale_price: Option<i64>,
    tax_free: bool,
    status: String,
    pub version: i64,
    pub variants: Vec<Variant>,
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
    json!({
        "name": fields.text("name"),
        "sku": fields.given("sku"),
        "brand": fields.given("brand"),
        "category": fields.given("category"),
        "description": fields.given("description"),
        "price": amount(visit, fields, "price"),
        "salePrice": amount(visit, fields, "salePrice"),
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
    let form = Form::of(visit, "/console/products/new", t.product, t.make);
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
    let kept = stock.map(|stock| stock.breakdown).unwrap_or_default();
    let form = Form::of(visit, format!("/console/products/{id}"), t.product, t.save);
    let form = form.hidden("version", product.version.to_string());
    let stored = Typed::stored(visit, &product).fields(visit, form.clone());
    let form = match typed {
        Some(typed) => typed.fields(visit, form).beside(&stored),
        None => stored,
    };
    let page = Page::of(product.name.clone()).lead(states::word(&product.status, visit.language));
    let page = page.action(format!("/console/products/{id}/images"), t.images);
    let page = page.with(&form)?.with(&variants(visit, &product))?;
    let page = page.with(&new_variant(visit, product.id, None).folded())?.with(&stock_table(visit, &product, &kept))?;
    let page = stock_forms(visit, &product, &kept).iter().try_fold(page, Page::with)?;
    let page = state_forms(visit, &product).iter().try_fold(page, Page::with)?;
    visit.page_with(page.with(&movement_table(visit, id).await?)?, refused)
}

/// What the state of the product allows.
fn state_forms(visit: &Visit, product: &Product) -> [Form; 2] {
    let t = ProductTexts::of(visit.language);
    let (act, text) = if product.status == "ACTIVE" { ("close", t.close) } else { ("publish", t.publish) };
    let delete = Form::of(visit, format!("/console/products/{}/delete", product.id), t.delete, t.delete_button)
        .hidden("version", product.version.to_string())
        .folded()
        .grave();
    [Form::of(visit, format!("/console/products/{}/{act}", product.id), text, text), delete]
}

/// `POST /console/products/{id}`
pub async fn rewrite(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields) -> PageResult {
    let mut body = body(&visit, &fields);
    body["version"] = number(&fields, "version");
    match visit.send_form(&fields, Method::PUT, &format!("/admin/products/{id}"), Some(body)).await {
        Ok(_) => visit.done(&format!("/console/products/{id}")),
        Err(refused) => page(&visit, id, Some(Typed::sent(&fields)), Some(refused)).await,
    }
}

/// Sends a change of a product to the API; back to the editor, or the editor again with the refusal.
pub async fn change(
    visit: &Visit,
    id: ProductId,
    fields: &Fields,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> PageResult {
    match visit.send_form(fields, method, path, body).await {
        Ok(_) => visit.done(&format!("/console/products/{id}")),
        Err(refused) => page(visit, id, None, Some(refused)).await,
    }
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
    match visit.send_form(&fields, Method::PATCH, &format!("/admin/products/{id}/restore"), None).await {
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
    match visit.send_form(&fields, Method::DELETE, &path, None).await {
        Ok(_) => visit.done("/console/products"),
        Err(refused) => page(&visit, id, None, Some(refused)).await,
    }
}
