//! The galleries of products with the sizes of uploaded images, and uploaded images that no product shows.

use catalog::ops::images;
use catalog::product::{Author, Image};
use kernel::{Code, ProductId, Result};
use media::response::{Source, sources};
use serde::Serialize;
use std::time::Duration;
use store::Tx;
use utoipa::ToSchema;
use web::{App, Ran, Task};

/// How often it looks for images that no product shows.
const EVERY: Duration = Duration::from_secs(600);
/// Images that one job looks at.
const AT_ONCE: i64 = 100;

/// An image of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GalleryImage {
    /// Where it is: an uploaded image (`/media/…`), or an address as the product got it.
    pub url: String,
    /// What it shows, for people who do not see it.
    pub alternative_text: Option<String>,
    /// In pixels; known of uploaded images only.
    pub width: Option<u32>,
    /// In pixels; known of uploaded images only.
    pub height: Option<u32>,
    /// The files of an uploaded image, smallest first; the last one is at `url`.
    pub sources: Vec<Source>,
}

impl From<Image> for GalleryImage {
    fn from(image: Image) -> GalleryImage {
        let sources = sources(&image.url);
        let (width, height) = sources.last().map(|largest| (largest.width, largest.height)).unzip();
        let Image { url, alternative_text } = image;
        GalleryImage { url, alternative_text, width, height, sources }
    }
}

/// The gallery of a product, for its owner. S001, A002.
pub fn owned(tx: &mut Tx<'_>, author: Author, id: ProductId) -> Result<Vec<GalleryImage>> {
    author.may_change(catalog::ops::products::product(tx, id)?.seller)?;
    gallery(tx, id)
}

fn gallery(tx: &mut Tx<'_>, id: ProductId) -> Result<Vec<GalleryImage>> {
    Ok(images::of_product(tx, id)?.into_iter().map(GalleryImage::from).collect())
}

/// Replaces the gallery. `texts` has the alternative text of each address; without it images that stay keep theirs. The errors of
/// [`images::set`]; S1201 for an address of ours where no image is.
pub fn set(
    tx: &mut Tx<'_>,
    author: Author,
    id: ProductId,
    urls: &[String],
    texts: Option<&[Option<String>]>,
    expected: Option<i64>,
) -> Result<Vec<GalleryImage>> {
    images::set(tx, author, id, urls.to_vec(), expected)?;
    must_be_here(tx, urls)?;
    // an address that comes twice is shown once, with its first text
    for (url, text) in urls.iter().zip(texts.unwrap_or_default()).rev() {
        describe(tx, id, url, text.as_deref())?;
    }
    gallery(tx, id)
}

/// Adds one image at the end. The errors of [`images::add`]; S1201 for an address of ours where no image is.
pub fn add(
    tx: &mut Tx<'_>,
    author: Author,
    id: ProductId,
    url: &str,
    text: Option<&str>,
    expected: Option<i64>,
) -> Result<Vec<GalleryImage>> {
    images::add(tx, author, id, url, expected)?;
    must_be_here(tx, &[url.to_owned()])?;
    if text.is_some() {
        describe(tx, id, url, text)?;
    }
    gallery(tx, id)
}

fn describe(tx: &mut Tx<'_>, id: ProductId, url: &str, text: Option<&str>) -> Result<()> {
    let (url, text) = (images::address(url)?, images::alternative_text("alternativeText", text)?);
    images::describe(tx, id, &url, text.as_deref())
}

/// Notes that a product shows these images, so that those of ours stay. S1201 for an address of ours where no image is.
pub fn must_be_here(tx: &mut Tx<'_>, urls: &[String]) -> Result<()> {
    match media::ops::wanted(tx, urls.iter().map(|url| url.trim()))?.first() {
        Some(missing) => Err(Code::ImageNotFound.because(format!("{missing} was not uploaded here"))),
        None => Ok(()),
    }
}

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![Task::on_leader("merchandising.unused-images", EVERY, remove_unused)]
}

/// Gives how many images were looked at.
async fn remove_unused(app: App) -> Result<Ran> {
    let keep = app.settings::<media::Settings>().keep_unused;
    let next = app.db.read_single("merchandising.next-unused", move |tx| media::ops::next_unused(tx, keep)).await?;
    if next.is_none_or(|next| next >= app.now()) {
        return Ok(Ran::idle_until(next));
    }
    app.db.write("merchandising.unused-images", move |tx| sort_out(tx, keep)).await.map(Ran::from)
}

/// Takes away those of the images that no product was known to get for a while and none shows.
fn sort_out(tx: &mut Tx<'_>, keep: Duration) -> Result<u64> {
    let unused = media::ops::perhaps_unused(tx, keep, AT_ONCE)?;
    let urls: Vec<String> = unused.iter().map(|image| image.address.to_string()).collect();
    let shown = images::shown(tx, &urls)?;
    media::ops::wanted(tx, shown.iter().map(String::as_str))?;
    for (image, url) in unused.iter().zip(&urls) {
        if !shown.contains(url) && media::ops::remove(tx, image)? {
            tracing::info!(url, "an image that no product shows is removed");
        }
    }
    Ok(unused.len() as u64)
}
