//! `/admin/media` for sellers and administrators, and `/media/{file}` for everybody.

use crate::develop::develop;
use crate::files::Files;
use crate::image::Address;
use crate::response::ImageResponse;
use crate::{Settings, ops};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use kernel::{Code, Page, Result};
use std::time::Duration;
use store::Tx;
use tokio::{sync::Semaphore, time::timeout};
use utoipa_axum::routes;
use web::{
    ApiResponse, ApiResult, App, CursorQuery, Failure, PageQuery, Paging, Path, Routes, Seller, ok,
    response::Success,
    route::{PUBLIC, SELLER},
    sent_once,
    uploads::Uploads,
};

/// Uploads that an instance reads at once; each is in memory.
const UPLOADS_MAX: usize = 8;
/// Of them those of one caller.
const OF_CALLER_MAX: usize = 4;
static UPLOADS: Uploads = Uploads::new(UPLOADS_MAX, OF_CALLER_MAX);
/// Uploads that it decodes at once: each takes a processor, and several bytes for each pixel.
const DECODED_MAX: usize = 2;
static DECODED: Semaphore = Semaphore::const_new(DECODED_MAX);
/// Longest time for the bytes of an upload, since it holds a turn for which others wait: 1 Mbit/s is enough for the largest.
const READ_WITHIN: Duration = Duration::from_secs(120);
/// What never changes under its address.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const JPEG: HeaderValue = HeaderValue::from_static("image/jpeg");
/// Should a browser show it as a document, nothing in it loads or runs.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// The handlers for sellers and administrators.
pub fn routes() -> Routes {
    let refused = &[Code::NotAnImage, Code::ImageTooLarge, Code::ImageDamaged];
    Routes::new().add(SELLER, routes!(my_images)).add(SELLER.long().refusing(refused), routes!(upload))
}

/// The files, outside the API's base path.
pub fn root_routes() -> Routes {
    Routes::new().add(PUBLIC.refusing(&[Code::ImageNotFound]), routes!(file))
}

/// The images that the caller has uploaded, newest first; an administrator sees those of everybody.
#[utoipa::path(get, path = "/admin/media", tag = "media", params(PageQuery, CursorQuery),
    responses((status = 200, body = Success<Page<ImageResponse>>)))]
async fn my_images(State(app): State<App>, seller: Seller, paging: Paging) -> ApiResult<Page<ImageResponse>> {
    let of = seller.limited_to();
    let work = move |tx: &mut Tx<'_>| ops::page(tx, of, paging.request, paging.cursor);
    Ok(ok(app.db.read("media.page", work).await?.map(ImageResponse::from)))
}

/// Upload an image. It is a JPEG, PNG or WebP by its content. Nothing but its pixels is kept: it is encoded anew, upright, on white where it
/// is transparent, and at most 1,920 pixels wide and high, with smaller files beside it. The same content has the same address.
/// An image that no product shows for a while is removed.
#[utoipa::path(post, path = "/admin/media", tag = "media",
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
        (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, body = Success<ImageResponse>),
        (status = 200, description = "It was here already.", body = Success<ImageResponse>)))]
async fn upload(State(app): State<App>, seller: Seller, headers: HeaderMap, body: Body) -> ApiResult<ImageResponse> {
    must_be_image(&headers)?;
    let settings = app.settings::<Settings>();
    // the others wait without having sent their files
    let _turn = UPLOADS.turn(Some(&seller.0.id)).await?;
    let upload = read(&headers, body, settings.bytes_max, READ_WITHIN).await?;
    let image = developed(upload, settings.pixels_max).await?;
    let hash = image.address.hash().to_owned();
    app.db.read("media.must-not-be-removed", move |tx| ops::must_not_be_removed(tx, &hash)).await?;
    // files first: a crash between the two leaves files without a row, and not an image without files
    let late = |e| Code::Unavailable.because("the store of images cannot be reached").caused_by(e);
    timeout(ops::STORED_WITHIN, Files::of(&app)?.put(&image)).await.map_err(late)??;
    let (address, bytes, by) = (image.address.clone(), image.bytes(), seller.0.id);
    let work = move |tx: &mut Tx<'_>| ops::add(tx, &address, bytes, &by);
    let (stored, is_new) = app.db.write("media.add", work).await?;
    let location = Some(image.address.to_string());
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(ApiResponse { status, location, data: Some(stored.into()) })
}

/// C011 for what cannot be an image by its own word. The content decides the rest.
fn must_be_image(headers: &HeaderMap) -> Result<()> {
    let kind = sent_once(headers, "Content-Type")?.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind.is_empty() || kind == "application/octet-stream" || kind.starts_with("image/") {
        Ok(())
    } else {
        Err(Code::UnsupportedMediaType.because("send the bytes of the image as image/jpeg, image/png or image/webp"))
    }
}

/// The whole body. C010 above `max` bytes, before they are read when the request says so; C002 when it is not here `within` this time.
async fn read(headers: &HeaderMap, body: Body, max: usize, within: Duration) -> Result<Bytes> {
    let too_large = || Code::PayloadTooLarge.because(format!("an image has at most {max} bytes"));
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > max) {
        return Err(too_large());
    }
    let all = async {
        let (mut parts, mut whole) = (body.into_data_stream(), BytesMut::new());
        while let Some(part) = parts.next().await {
            let part = part.map_err(|e| Code::InvalidInput.because("the body could not be read").caused_by(e))?;
            if whole.len() + part.len() > max {
                return Err(too_large());
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole.freeze())
    };
    let late = |e| Code::InvalidInput.because("the body could not be read").caused_by(e);
    timeout(within, all).await.map_err(late)?
}

async fn developed(upload: Bytes, pixels_max: u64) -> Result<crate::develop::Developed> {
    let turn = DECODED.acquire().await.map_err(|e| Code::Internal.error().caused_by(e))?;
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        develop(&upload, pixels_max)
    });
    // a decoder that panics has met a file that its authors did not think of
    work.await.unwrap_or_else(|panic| Err(Code::ImageDamaged.error().caused_by(panic)))
}

/// A file of an image. What is at an address never changes, so that browsers and caches may keep it for ever.
#[utoipa::path(get, path = "/media/{file}", tag = "media", params(("file" = String, Path)),
    responses((status = 200, content((Vec<u8> = "image/jpeg"))),
        (status = 304, description = "The caller has it.")))]
async fn file(State(app): State<App>, Path(file): Path<String>, asked: HeaderMap) -> Result<Response, Failure> {
    let address: Address = file.parse().map_err(|_| Code::ImageNotFound)?;
    let tag = HeaderValue::from_str(&format!("\"{file}\"")).map_err(|_| Code::ImageNotFound)?;
    let headers = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, FOREVER)];
    if web::tag::is_known(&asked, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let bytes = Files::of(&app)?.get(&address).await?.ok_or(Code::ImageNotFound)?;
    let kind = [(header::CONTENT_TYPE, JPEG), (header::CONTENT_SECURITY_POLICY, POLICY)];
    Ok((headers, kind, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::convert::Infallible;

    #[tokio::test]
    async fn an_upload_that_does_not_end_gives_its_turn_back() {
        let never = || Body::from_stream(stream::pending::<std::result::Result<Bytes, Infallible>>());
        let late = read(&HeaderMap::new(), never(), 9, Duration::from_millis(5)).await;
        assert_eq!(late.map_err(|error| error.code()), Err(Code::InvalidInput));
        let long = read(&HeaderMap::new(), Body::from("0123456789"), 9, READ_WITHIN).await;
        assert_eq!(long.map_err(|error| error.code()), Err(Code::PayloadTooLarge));
        let whole = read(&HeaderMap::new(), Body::from("012345678"), 9, READ_WITHIN).await;
        assert_eq!(whole.map_err(|error| error.code()), Ok(Bytes::from("012345678")));
    }
}
