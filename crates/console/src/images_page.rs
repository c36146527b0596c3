//! The images of a product: uploading, their order, what they show for people who do not see them, and taking them away.

use crate::{
    forms::{Field, Form, number},
    page::Page,
    visit::Visit,
};
use axum::http::Method;
use kernel::ProductId;
use pages::{
    Fields, PageResult, Refused, texts,
    upload::{File, Files},
    words::fill,
};
use serde::Deserialize;
use serde_json::json;

texts! {
    /// The texts of images.
    ImagesTexts {
        title: "Images of {}", "{} 이미지";
        lead: "The first image is shown in lists. JPEG, PNG and WebP can be uploaded.", "첫 번째 이미지가 목록에 표시됩니다. JPEG, PNG, WebP 파일을 올릴 수 있습니다.";
        product: "To the product", "상품으로";
        place: "Place of image {}", "{}번 이미지 순서";
        shows: "What image {} shows, for people who do not see it", "{}번 이미지 설명(대체 텍스트)";
        remove: "Take image {} away", "{}번 이미지 빼기";
        more: "Upload images", "이미지 올리기";
        address: "Or the address of an image elsewhere", "또는 다른 곳의 이미지 주소";
        save: "Save", "저장";
    }
}

/// The product, as far as its images are concerned.
#[derive(Debug, Deserialize)]
struct Product {
    name: String,
    version: i64,
    gallery: Vec<Image>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    url: String,
    alternative_text: Option<String>,
    /// Its files, smallest first; none of an image elsewhere.
    #[serde(default)]
    sources: Vec<Source>,
}

#[derive(Debug, Clone, Deserialize)]
struct Source {
    url: String,
}

/// What is needed of an image that was uploaded.
#[derive(Debug, Deserialize)]
struct Uploaded {
    url: String,
}

/// `GET /console/products/{id}/images`
pub async fn images(web::Path(id): web::Path<ProductId>, visit: Visit) -> PageResult {
    visit.seller()?;
    page(&visit, id, None).await
}

async fn page(visit: &Visit, id: ProductId, refused: Option<Refused>) -> PageResult {
    let t = ImagesTexts::of(visit.language);
    let product: Product = visit.read(&format!("/admin/products/{id}")).await?;
    let form = Form::of(visit, format!("/console/products/{id}/images"), "", t.save)
        .hidden("version", product.version.to_string());
    let form = product.gallery.iter().enumerate().fold(form, |form, (n, image)| fields(visit, form, n, image));
    let form = form
        .field(Field::file(t.more, "file", "image/jpeg,image/png,image/webp").several())
        .field(Field::text(t.address, "address", ""));
    let page = Page::of(fill(t.title, &product.name)).lead(t.lead).action(format!("/console/products/{id}"), t.product);
    visit.page_with(page.with(&form)?, refused)
}

/// An image with what can be changed of it.
fn fields(visit: &Visit, form: Form, n: usize, image: &Image) -> Form {
    let t = ImagesTexts::of(visit.language);
    let shown = n + 1;
    let text = image.alternative_text.clone().unwrap_or_default();
    let smallest = image.sources.first().map_or(image.url.as_str(), |source| source.url.as_str());
    form.field(Field::image(if text.is_empty() { &image.url } else { &text }, format!("url-{n}"), &image.url, smallest))
        .field(Field::number(fill(t.place, shown), format!("place-{n}"), shown.to_string()))
        .field(Field::text(fill(t.shows, shown), format!("text-{n}"), text))
        .field(Field::tick(fill(t.remove, shown), format!("remove-{n}"), false))
}

/// `POST /console/products/{id}/images`: uploads what was chosen, and stores the gallery as the form says.
pub async fn save(web::Path(id): web::Path<ProductId>, visit: Visit, fields: Fields, files: Files) -> PageResult {
    match store(&visit, id, &fields, &files).await {
        Ok(()) => visit.done(&format!("/console/products/{id}/images")),
        Err(refused) => page(&visit, id, Some(refused)).await,
    }
}

async fn store(visit: &Visit, id: ProductId, fields: &Fields, files: &Files) -> Result<(), Refused> {
    // a reader who may not change the product uploads nothing for it
    let _: Product = visit.read(&format!("/admin/products/{id}")).await?;
    let mut gallery = kept(fields);
    for file in files.of("file") {
        gallery.push((upload(visit, file).await?, None));
    }
    gallery.extend(fields.given("address").map(|address| (address.to_owned(), None)));
    let (images, texts): (Vec<String>, Vec<Option<String>>) = gallery.into_iter().unzip();
    let body = json!({"images": images, "alternativeTexts": texts, "version": number(fields, "version")});
    visit.send_form(fields, Method::PUT, &format!("/admin/products/{id}/images"), Some(body)).await.map(drop)
}

/// The images that stay, in their order, each with what it shows.
fn kept(fields: &Fields) -> Vec<(String, Option<String>)> {
    let stays = |n: &usize| !fields.is_on(&format!("remove-{n}"));
    let image = |n: usize| {
        let place = fields.number(&format!("place-{n}")).unwrap_or(i64::MAX);
        let url = fields.given(&format!("url-{n}"))?.to_owned();
        Some((place, (url, fields.given(&format!("text-{n}")).map(str::to_owned))))
    };
    let mut kept: Vec<(i64, (String, Option<String>))> =
        fields.numbered("url").into_iter().filter(stays).filter_map(image).collect();
    kept.sort_by_key(|(place, _)| *place);
    kept.into_iter().map(|(_, image)| image).collect()
}

/// Hands a file to the API; gives the address of the image.
async fn upload(visit: &Visit, file: &File) -> Result<String, Refused> {
    let path = format!("{}/admin/media", web::BASE);
    // what it is, its content says; its sender may call it anything
    let kind = "application/octet-stream";
    let response = visit.console.api.upload(&visit.head, &path, kind, file.bytes.clone()).await?;
    let uploaded: Uploaded = pages::api::data(response).await?;
    Ok(uploaded.url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stay_in_the_order_of_their_places() {
        let text = b"url-0=/a&place-0=2&text-0=jar&url-1=/b&place-1=1&url-2=/c&place-2=3&remove-2=1";
        let jar = Some("jar".to_owned());
        assert_eq!(kept(&Fields::parse(text)), vec![("/b".to_owned(), None), ("/a".to_owned(), jar)]);
        assert_eq!(kept(&Fields::default()), Vec::new());
    }
}
