//! What sellers and administrators do with images, and deleting a variant: the writes of products that need no stock.

use crate::images::{self, GalleryImage};
use axum::extract::State;
use catalog::ops::{images as addresses, variants};
use catalog::product::Author;
use kernel::{Code, ProductId, Result, Together, VariantId, text};
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
    let of_product = SELLER.refusing(&[Code::ProductNotFound, Code::ImageNotFound]);
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
    /// The same images, with what is known of each.
    gallery: Vec<GalleryImage>,
}

impl Gallery {
    fn of(product_id: ProductId, gallery: Vec<GalleryImage>) -> Gallery {
        Gallery { product_id, images: gallery.iter().map(|image| image.url.clone()).collect(), gallery }
    }
}

/// The whole gallery of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetImages {
    /// At most 20 addresses: of uploaded images (`POST /admin/media`), or any other.
    images: Vec<String>,
    /// What each of them shows, for people who do not see it: at most 300 characters, or null. Without it images that stay keep theirs.
    #[serde(default)]
    alternative_texts: Option<Vec<Option<String>>>,
    /// The product's version; or send `If-Match`.
    #[serde(default)]
    version: Option<i64>,
}

/// One more image.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddImage {
    /// Its address: of an uploaded image (`POST /admin/media`), or any other.
    url: String,
    /// What it shows, for people who do not see it; at most 300 characters.
    #[serde(default)]
    alternative_text: Option<String>,
    /// The product's version; or send `If-Match`.
    #[serde(default)]
    version: Option<i64>,
}

impl Checked for SetImages {
    fn check(&self) -> Result<()> {
        (addresses::checked(self.images.clone()), self.texts()).together().map(drop)
    }
}

impl SetImages {
    /// The alternative texts; C002 unless there is one for each image.
    fn texts(&self) -> Result<Option<Vec<Option<String>>>> {
        let Some(texts) = &self.alternative_texts else { return Ok(None) };
        if texts.len() != self.images.len() {
            return Err(text::wrong("alternativeTexts", "must have one entry for each image"));
        }
        let checked = texts.iter().enumerate();
        let checked =
            checked.map(|(n, one)| addresses::alternative_text(&format!("alternativeTexts[{n}]"), one.as_deref()));
        checked.collect::<Vec<_>>().together().map(Some)
    }
}

impl Checked for AddImage {
    fn check(&self) -> Result<()> {
        let text = addresses::alternative_text("alternativeText", self.alternative_text.as_deref());
        (addresses::address(&self.url), text).together().map(drop)
    }
}

/// The images of a product, in order.
#[utoipa::path(get, path = "/admin/products/{id}/images", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = Success<Gallery>)))]
async fn product_images(State(app): State<App>, seller: Seller, Path(id): Path<ProductId>) -> ApiResult<Gallery> {
    let author = Author::from(&seller);
    let work = move |tx: &mut store::Tx<'_>| images::owned(tx, author, id);
    Ok(ok(Gallery::of(id, app.db.read("merchandising.images", work).await?)))
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
    let work = move |tx: &mut store::Tx<'_>| {
        images::add(tx, author, id, &sent.url, sent.alternative_text.as_deref(), expected)
    };
    let gallery = app.db.write("merchandising.add-image", work).await?;
    Ok(created(format!("/admin/products/{id}/images"), Gallery::of(id, gallery)))
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
    let texts = sent.texts()?;
    let work = move |tx: &mut store::Tx<'_>| images::set(tx, author, id, &sent.images, texts.as_deref(), expected);
    Ok(ok(Gallery::of(id, app.db.write("merchandising.set-images", work).await?)))
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
