//! The handlers with which sellers change their own products, and administrators all.

use super::products::{ProductPaging, ProductSort};
use crate::list::{self, Question};
use crate::ops::{self, Settings};
use crate::page::{ProductDetail, ProductPage, VariantPage, Viewer};
use crate::request::{SaveProduct, SaveVariant, SetStock};
use axum::{extract::State, response::Response};
use catalog::filter::FilterQuery;
use catalog::product::{Author, Status};
use kernel::{Code, Page, ProductId, Result, VariantId, text};
use serde::Deserialize;
use store::Tx;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::response::Success;
use web::{
    All, ApiResult, App, AtVersion, Checked, CursorQuery, Failure, Idempotent, IfMatch, Json, PageQuery, Path, Query,
    Routes, Seller, alias, created, done, ok, once,
    route::{Properties, SELLER},
};

const READING: Properties = SELLER.refusing(&[Code::ProductNotFound]);
/// The failures of writing a product.
const WRITING: Properties = SELLER.refusing(&[
    Code::ProductNotFound,
    Code::ProductAlreadyExists,
    Code::ProductNameAlreadyExists,
    Code::InvalidProductPrice,
    Code::InvalidPrice,
    Code::InvalidStockQuantity,
    Code::InvalidStockQuantityParam,
    Code::CannotDeleteProductWithOrders,
    Code::ImageNotFound,
    Code::OutdatedVersion,
    Code::NotFound,
    Code::Conflict,
]);

/// The handlers for sellers and administrators. Writing works under `/products` as well (docs/RULES.md).
pub fn routes() -> Routes {
    let writes = [
        routes!(create_product),
        routes!(rewrite_product, delete_product),
        routes!(add_variant),
        routes!(change_variant),
    ];
    Routes::new()
        .add(SELLER, routes!(admin_products))
        .add(READING, routes!(admin_product))
        .add(WRITING, routes!(set_stock))
        .add(WRITING, routes!(publish_product))
        .add(WRITING, routes!(close_product))
        .add(WRITING, routes!(restore_product))
        .add(WRITING, routes!(restore_variant))
        .add(READING, routes!(product_variants))
        .merge(alias::also_at("/admin/products", "/products", WRITING, writes))
}

/// Longest text to search by, in characters.
const KEYWORD_MAX: usize = 100;

/// What only those who work in the shop ask of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Kept {
    /// Only this state; absent: all but DISCONTINUED.
    status: Option<Status>,
    /// Part of the name or of the sku, or the beginning of a variant's sku.
    keyword: Option<String>,
}

impl Kept {
    fn keyword(&self) -> Result<Option<String>> {
        text::optional("keyword", self.keyword.as_deref(), KEYWORD_MAX)
    }
}

impl Checked for Kept {
    fn check(&self) -> Result<()> {
        self.keyword().map(drop)
    }
}

/// Products in any state; a seller's own only.
#[utoipa::path(get, path = "/admin/products", tag = "product", 
    params(FilterQuery, Kept, PageQuery, CursorQuery, ProductSort),
    responses((status = 200, body = Success<Page<ProductPage>>)))]
async fn admin_products(
    State(app): State<App>,
    seller: Seller,
    All((Query(query), Query(kept), paging)): All<(Query<FilterQuery>, Query<Kept>, ProductPaging)>,
) -> ApiResult<Page<ProductPage>> {
    let question = Question {
        filter: query.filter()?,
        keyword: kept.keyword()?,
        status: kept.status,
        seller: seller.limited_to(),
        viewer: Viewer::Owner,
        sort: paging.sort,
        request: paging.request,
        after: paging.cursor,
    };
    let currency = app.shop.currency;
    Ok(ok(app.db.read("merchandising.admin-list", move |tx| list::page(tx, &question, currency)).await?))
}

/// A product in any state but DISCONTINUED, with all its variants.
#[utoipa::path(get, path = "/admin/products/{id}", tag = "product", params(("id" = i64, Path)),
    responses((status = 200, body = Success<ProductDetail>)))]
async fn admin_product(State(app): State<App>, seller: Seller, Path(id): Path<ProductId>) -> ApiResult<ProductDetail> {
    let (settings, author) = (Settings::of(&app), Author::from(&seller));
    Ok(ok(app.db.read("merchandising.owned", move |tx| ops::owned(tx, settings, author, id)).await?))
}

/// Make a product with its variants, images and opening stock, all or nothing.
#[utoipa::path(post, path = "/admin/products", tag = "product", request_body = SaveProduct,
    params(("Idempotency-Key" = Option<String>, Header)), responses((status = 201, body = Success<ProductDetail>)))]
async fn create_product(
    State(app): State<App>,
    seller: Seller,
    Idempotent { body, key }: Idempotent<SaveProduct>,
) -> Result<Response, Failure> {
    let (settings, author, by) = (Settings::of(&app), Author::from(&seller), seller.0.id.to_string());
    let work = move |tx: &mut Tx<'_>| {
        let made = ops::create(tx, settings, author, &by, &body)?;
        Ok(created(format!("/products/{}", made.product.id), made))
    };
    once(&app, key, "merchandising.create", work).await
}

/// Rewrite a product as a whole, without its stock: a request that names another stock than there is now is refused. Its
/// images stay when the request names none, except that the first one becomes `imageUrl`.
#[utoipa::path(put, path = "/admin/products/{id}", tag = "product", request_body = SaveProduct,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ProductDetail>)))]
async fn rewrite_product(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Idempotent { body, key }: Idempotent<SaveProduct>,
) -> Result<Response, Failure> {
    let (settings, author) = (Settings::of(&app), Author::from(&seller));
    let expected = if_match.or(body.version)?;
    let work = move |tx: &mut Tx<'_>| Ok(ok(ops::rewrite(tx, settings, author, id, &body, expected)?));
    once(&app, key, "merchandising.rewrite", work).await
}

/// Delete a product: it becomes DISCONTINUED, its name is free again, its sku is not. Refused while orders of it are
/// not finished.
#[utoipa::path(delete, path = "/admin/products/{id}", tag = "product",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), AtVersion),
    responses((status = 200, body = Success<web::NoBody>)))]
async fn delete_product(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
) -> ApiResult<()> {
    let (author, expected) = (Author::from(&seller), if_match.or(at.version)?);
    app.db.write("merchandising.delete", move |tx| ops::delete(tx, author, id, expected)).await?;
    Ok(done())
}

/// Change how many units can be sold of a variant, by `delta`, or to `stock` if the stock is still what it was decided on:
/// `expected` units, or the `stockVersion` in `If-Match`. What orders hold stays.
#[utoipa::path(patch, path = "/admin/products/{id}/stock", tag = "product", request_body = SetStock,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<ProductDetail>)))]
async fn set_stock(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Idempotent { body, key }: Idempotent<SetStock>,
) -> Result<Response, Failure> {
    let (settings, author, by) = (Settings::of(&app), Author::from(&seller), seller.0.id.to_string());
    let work = move |tx: &mut Tx<'_>| Ok(ok(ops::set_stock(tx, settings, author, &by, id, &body, if_match)?));
    once(&app, key, "merchandising.set-stock", work).await
}

/// Put a product on sale.
#[utoipa::path(patch, path = "/admin/products/{id}/publish", tag = "product",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = Success<ProductDetail>)))]
async fn publish_product(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> ApiResult<ProductDetail> {
    let (settings, author) = (Settings::of(&app), Author::from(&seller));
    Ok(ok(app.db.write("merchandising.publish", move |tx| ops::publish(tx, settings, author, id, expected)).await?))
}

/// Take a product off sale.
#[utoipa::path(patch, path = "/admin/products/{id}/close", tag = "product",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = Success<ProductDetail>)))]
async fn close_product(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> ApiResult<ProductDetail> {
    let (settings, author) = (Settings::of(&app), Author::from(&seller));
    Ok(ok(app.db.write("merchandising.close", move |tx| ops::close(tx, settings, author, id, expected)).await?))
}

/// Bring a deleted product back: it becomes INACTIVE, with the variants that it had. Refused while another product has its name.
#[utoipa::path(patch, path = "/admin/products/{id}/restore", tag = "product",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = Success<ProductDetail>)))]
async fn restore_product(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    IfMatch(expected): IfMatch,
) -> ApiResult<ProductDetail> {
    let (settings, author) = (Settings::of(&app), Author::from(&seller));
    Ok(ok(app.db.write("merchandising.restore", move |tx| ops::restore(tx, settings, author, id, expected)).await?))
}

/// Bring a deleted variant back: it becomes INACTIVE.
#[utoipa::path(patch, path = "/admin/products/{id}/variants/{variantId}/restore", tag = "product",
    params(("id" = i64, Path), ("variantId" = i64, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Success<VariantPage>)))]
async fn restore_variant(
    State(app): State<App>,
    seller: Seller,
    Path((id, variant)): Path<(ProductId, VariantId)>,
    IfMatch(expected): IfMatch,
) -> ApiResult<VariantPage> {
    let author = Author::from(&seller);
    let work = move |tx: &mut Tx<'_>| ops::restore_variant(tx, author, id, variant, expected);
    Ok(ok(app.db.write("merchandising.restore-variant", work).await?))
}

/// The variants of a product with their stock.
#[utoipa::path(get, path = "/admin/products/{id}/variants", tag = "product", params(("id" = i64, Path)),
    responses((status = 200, body = Success<Vec<VariantPage>>)))]
async fn product_variants(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
) -> ApiResult<Vec<VariantPage>> {
    let (settings, author) = (Settings::of(&app), Author::from(&seller));
    Ok(ok(app.db.read("merchandising.variants", move |tx| ops::variants(tx, settings, author, id)).await?))
}

/// Add a variant with its opening stock, both or neither.
#[utoipa::path(post, path = "/admin/products/{id}/variants", tag = "product", request_body = SaveVariant,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<VariantPage>)))]
async fn add_variant(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Idempotent { body, key }: Idempotent<SaveVariant>,
) -> Result<Response, Failure> {
    let (settings, author, by) = (Settings::of(&app), Author::from(&seller), seller.0.id.to_string());
    let expected = if_match.or(body.version)?;
    let work = move |tx: &mut Tx<'_>| {
        let made = ops::add_variant(tx, settings, author, &by, id, &body, expected)?;
        Ok(created(format!("/admin/products/{id}/variants"), made))
    };
    once(&app, key, "merchandising.add-variant", work).await
}

/// Rewrite a variant; its sku and its stock stay.
#[utoipa::path(put, path = "/admin/products/{id}/variants/{variantId}", tag = "product", request_body = SaveVariant,
    params(("id" = i64, Path), ("variantId" = i64, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = Success<VariantPage>)))]
async fn change_variant(
    State(app): State<App>,
    seller: Seller,
    Path((id, variant)): Path<(ProductId, VariantId)>,
    if_match: IfMatch,
    Json(sent): Json<SaveVariant>,
) -> ApiResult<VariantPage> {
    let (author, expected) = (Author::from(&seller), if_match.or(sent.version)?);
    let work = move |tx: &mut Tx<'_>| ops::change_variant(tx, author, id, variant, &sent, expected);
    Ok(ok(app.db.write("merchandising.change-variant", work).await?))
}
