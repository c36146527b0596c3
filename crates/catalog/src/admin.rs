//! Category routes for administrators, and the product routes for sellers that do not concern stock. The other
//! product routes are in `merchandising`.

use crate::category::WithPath;
use crate::ops::categories::{self, Content};
use crate::ops::{images, products, variants};
use crate::product::Author;
use axum::extract::State;
use kernel::{CategoryId, ProductId, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::response::Success;
use web::{
    Admin, ApiResult, App, AtVersion, IfMatch, Json, Path, Query, Routes, Seller, created, done, ok,
    route::{ADMIN, SELLER},
};

/// The handlers for sellers and administrators.
pub fn routes() -> Routes {
    let of_products = [routes!(add_image, set_images), routes!(delete_variant)];
    Routes::new()
        .add(SELLER, routes!(product_images))
        .add(ADMIN, routes!(admin_categories, create_category))
        .add(ADMIN, routes!(admin_category, change_category, delete_category))
        .merge(web::alias::also_at("/admin/products", "/products", SELLER, of_products))
}

impl From<&Seller> for Author {
    fn from(seller: &Seller) -> Author {
        Author::limited_to(seller.limited_to())
    }
}

/// A category to make or to rewrite as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveCategory {
    /// 1 to 100 characters without `>`, unique among its siblings.
    name: String,
    /// The category it is part of; absent or `null`: at the top.
    #[serde(default)]
    parent_id: Option<CategoryId>,
    /// Siblings are shown by this number, then by name.
    #[serde(default)]
    display_order: i64,
    /// The version that is rewritten; or send `If-Match`.
    #[serde(default)]
    version: Option<i64>,
}

impl SaveCategory {
    fn content(&self) -> Content {
        Content { name: self.name.clone(), parent: self.parent_id, display_order: self.display_order }
    }
}

/// Every category with its version.
#[utoipa::path(get, path = "/admin/categories", tag = "catalog", responses((status = 200, body = Success<Vec<WithPath>>)))]
async fn admin_categories(State(app): State<App>, _admin: Admin) -> ApiResult<Vec<WithPath>> {
    Ok(ok(app.db.read("catalog.categories", |tx| Ok(categories::tree(tx)?.all_with_paths())).await?))
}

/// One category with its version.
#[utoipa::path(get, path = "/admin/categories/{id}", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = Success<WithPath>)))]
async fn admin_category(State(app): State<App>, _admin: Admin, Path(id): Path<CategoryId>) -> ApiResult<WithPath> {
    Ok(ok(app.db.read("catalog.category", move |tx| categories::tree(tx)?.with_path(id)).await?))
}

/// Make a category.
#[utoipa::path(post, path = "/admin/categories", tag = "catalog", request_body = SaveCategory,
    responses((status = 201, body = Success<WithPath>)))]
async fn create_category(State(app): State<App>, _admin: Admin, Json(sent): Json<SaveCategory>) -> ApiResult<WithPath> {
    let made = app.db.write("catalog.create-category", move |tx| categories::create(tx, sent.content())).await?;
    Ok(created(format!("/categories/{}", made.category.id), made))
}

/// Rename, move or reorder a category with everything below it.
#[utoipa::path(put, path = "/admin/categories/{id}", tag = "catalog", request_body = SaveCategory,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = Success<WithPath>)))]
async fn change_category(
    State(app): State<App>,
    _admin: Admin,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    Json(sent): Json<SaveCategory>,
) -> ApiResult<WithPath> {
    let expected = if_match.or(sent.version)?;
    let work = move |tx: &mut ::store::Tx<'_>| categories::change(tx, id, sent.content(), expected);
    Ok(ok(app.db.write("catalog.change-category", work).await?))
}

/// Remove a category that has neither children nor products.
#[utoipa::path(delete, path = "/admin/categories/{id}", tag = "catalog",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), AtVersion),
    responses((status = 200, body = Success<web::NoBody>)))]
async fn delete_category(
    State(app): State<App>,
    _admin: Admin,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
) -> ApiResult<()> {
    let expected = if_match.or(at.version)?;
    app.db.write("catalog.delete-category", move |tx| categories::remove(tx, id, expected)).await?;
    Ok(done())
}

/// The images of a product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gallery {
    /// The product.
    product_id: ProductId,
    /// Addresses in the order they are shown; the first one is the product's `imageUrl`.
    images: Vec<String>,
}

/// The whole gallery of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetImages {
    /// At most 20 addresses.
    images: Vec<String>,
    /// The product's version; or send `If-Match`.
    #[serde(default)]
    version: Option<i64>,
}

/// One more image.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddImage {
    /// Its address.
    url: String,
    /// The product's version; or send `If-Match`.
    #[serde(default)]
    version: Option<i64>,
}

/// The images of a product, in order.
#[utoipa::path(get, path = "/admin/products/{id}/images", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = Success<Gallery>)))]
async fn product_images(State(app): State<App>, seller: Seller, Path(id): Path<ProductId>) -> ApiResult<Gallery> {
    let author = Author::from(&seller);
    let work = move |tx: &mut ::store::Tx<'_>| {
        author.may_change(products::product(tx, id)?.seller)?;
        images::urls(tx, id)
    };
    Ok(ok(Gallery { product_id: id, images: app.db.read("catalog.images", work).await? }))
}

/// Add an image at the end.
#[utoipa::path(post, path = "/admin/products/{id}/images", tag = "catalog", request_body = AddImage,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)), responses((status = 201, body = Success<Gallery>)))]
async fn add_image(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Json(sent): Json<AddImage>,
) -> ApiResult<Gallery> {
    let (author, expected) = (Author::from(&seller), if_match.or(sent.version)?);
    let work = move |tx: &mut ::store::Tx<'_>| images::add(tx, author, id, &sent.url, expected);
    let images = app.db.write("catalog.add-image", work).await?;
    Ok(created(format!("/admin/products/{id}/images"), Gallery { product_id: id, images }))
}

/// Show exactly these images, in this order.
#[utoipa::path(put, path = "/admin/products/{id}/images", tag = "catalog", request_body = SetImages,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = Success<Gallery>)))]
async fn set_images(
    State(app): State<App>,
    seller: Seller,
    Path(id): Path<ProductId>,
    if_match: IfMatch,
    Json(sent): Json<SetImages>,
) -> ApiResult<Gallery> {
    let (author, expected) = (Author::from(&seller), if_match.or(sent.version)?);
    let work = move |tx: &mut ::store::Tx<'_>| images::set(tx, author, id, sent.images.clone(), expected);
    Ok(ok(Gallery { product_id: id, images: app.db.write("catalog.set-images", work).await? }))
}

/// Delete a variant; its sku stays taken. The default variant is not deleted: make another one the default first.
#[utoipa::path(delete, path = "/admin/products/{id}/variants/{variantId}", tag = "catalog",
    params(("id" = i64, Path), ("variantId" = i64, Path), ("If-Match" = Option<String>, Header), AtVersion),
    responses((status = 200, body = Success<web::NoBody>)))]
async fn delete_variant(
    State(app): State<App>,
    seller: Seller,
    Path((id, variant)): Path<(ProductId, VariantId)>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
) -> ApiResult<()> {
    let (author, expected) = (Author::from(&seller), if_match.or(at.version)?);
    let work = move |tx: &mut ::store::Tx<'_>| variants::discontinue(tx, author, id, variant, expected);
    app.db.write("catalog.delete-variant", work).await?;
    Ok(done())
}
