//! The stylesheet, the scripts and the icon. They are in the program, and their names change with their content, so that a browser asks
//! for each once.

use crate::html;
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::Code;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use web::{Failure, Path};

/// Where they are.
pub const ROUTE: &str = "/assets/{file}";
/// What never changes under its name.
pub const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A file with the name under which it is served.
pub struct Asset {
    pub path: String,
    kind: &'static str,
    body: &'static [u8],
}

impl Asset {
    fn of(name: &str, ending: &str, kind: &'static str, body: &'static [u8]) -> Asset {
        let hash = kernel::hex(&Sha256::digest(body)[..6]);
        Asset { path: format!("/assets/{name}-{hash}.{ending}"), kind, body }
    }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("shop", "css", "text/css; charset=utf-8", include_bytes!("../assets/shop.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("shop", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/shop.js")));
static SUGGESTIONS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::of("suggest", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/suggest.js"))
});
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")));

/// The address of the stylesheet.
pub fn style() -> &'static str {
    &STYLE.path
}

/// The address of the script.
pub fn script() -> &'static str {
    &SCRIPT.path
}

/// The address of the script that suggests searches.
pub fn suggestions() -> &'static str {
    &SUGGESTIONS.path
}

/// The address of the icon.
pub fn icon() -> &'static str {
    &ICON.path
}

/// The file with this name.
pub async fn asset(Path(file): Path<String>) -> Result<Response, Failure> {
    let all: [&Asset; 4] = [&STYLE, &SCRIPT, &SUGGESTIONS, &ICON];
    let found = all.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(file.as_str()));
    let asset = found.ok_or(Code::NotFound)?;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)), (header::CACHE_CONTROL, FOREVER)];
    let mut response = (headers, asset.body).into_response();
    if asset.kind == "image/svg+xml" {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(html::DRAWING_POLICY));
    }
    Ok(response)
}
