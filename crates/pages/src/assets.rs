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
    /// A file below `folder`, with the hash of its content in its name.
    pub fn of(folder: &str, name: &str, ending: &str, kind: &'static str, body: &'static [u8]) -> Asset {
        let hash = kernel::hex(&Sha256::digest(body)[..6]);
        Asset { path: format!("{folder}/{name}-{hash}.{ending}"), kind, body }
    }

    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// What a stylesheet and a script are for a browser.
pub const CSS: &str = "text/css; charset=utf-8";
pub const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("/assets", "shop", "css", CSS, include_bytes!("../assets/shop.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("/assets", "shop", "js", JAVASCRIPT, include_bytes!("../assets/shop.js")));
static SUGGESTIONS: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("/assets", "suggest", "js", JAVASCRIPT, include_bytes!("../assets/suggest.js")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("/assets", "icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")));

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
    served(&[&STYLE, &SCRIPT, &SUGGESTIONS, &ICON], &file)
}

/// The one of these files that has this name. C003.
pub fn served(all: &[&Asset], file: &str) -> Result<Response, Failure> {
    let asset = all.iter().find(|asset| asset.file() == file).ok_or(Code::NotFound)?;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)), (header::CACHE_CONTROL, FOREVER)];
    let mut response = (headers, asset.body).into_response();
    if asset.kind == "image/svg+xml" {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(html::DRAWING_POLICY));
    }
    Ok(response)
}
