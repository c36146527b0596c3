//! What sellers and administrators do with images, and deleting a variant: the writes of products that need no stock.

use axum::extract::State;
use catalog::ops::{images, products, variants};
use catalog::product::Author;
use kernel::{Code, ProductId, Result, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::response::Success;
use web::{
    ApiResult, App, AtVersion, Checked, IfMatch, Json, Path, Query, Routes, Seller, alias, created, done, ok,
    route::SELLER,
};

/// The handlers. Writing works under `/products` as well (docs/RULES.md).
pub fn routes() -> Routes {
    let writes = [routes!(add_image, set_images), routes!(delete_variant)];
    let of_product = SELLER.refusing(&[Code::ProductNotFound]);
    let also = alias::also_at("/admin/products", "/products", of_product, writes);
    Routes::new().add(of_product, routes!(product_images)).merge(also)
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

impl Checked for SetImages {
    fn check(&self) -> Result<()> {
        images::checked(self.images.clone()).map(drop)
    }
}

impl Checked for AddImage {
    fn check(&self) -> Result<()> {
        images::address(&self.url).map(drop)
    }
}

/// The images of a product, in order.
#[utoipa::path(get, path = "/admin/products/{id}/images", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = Success<Gallery>)))]
async fn product_images(State(app): State<App>, seller: Seller, Path(id): Path<ProductId>) -> ApiResult<Gallery> {
    let author = Author::from(&seller);
    let work = move |tx: &mut store::Tx<'_>| {
        author.may_change(products::product(tx, id)?.seller)?;
        images::urls(tx, id)
    };
    Ok(ok(Gallery { product_id: id, images: app.db.read("merchandising.images", work).await? }))
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
    let work = move |tx: &mut store::Tx<'_>| images::add(tx, author, id, &sent.url, expected);
    let images = app.db.write("merchandising.add-image", work).await?;
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
    let work = move |tx: &mut store::Tx<'_>| images::set(tx, author, id, sent.images.clone(), expected);
    Ok(ok(Gallery { product_id: id, images: app.db.write("merchandising.set-images", work).await? }))
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
    let work = move |tx: &mut store::Tx<'_>| variants::discontinue(tx, author, id, variant, expected);
    app.db.write("merchandising.delete-variant", work).await?;
    Ok(done())
}
