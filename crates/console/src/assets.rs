//! The stylesheet and the script of the console, beside those that all pages share.

use pages::{
    PageResult,
    assets::{Asset, CSS, JAVASCRIPT, served},
    shell::Own,
};
use std::sync::LazyLock;
use web::Path;

const FOLDER: &str = "/console/assets";

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::of(FOLDER, "console", "css", CSS, include_bytes!("../assets/console.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::of(FOLDER, "console", "js", JAVASCRIPT, include_bytes!("../assets/console.js")));

/// Their addresses.
pub fn own() -> Own {
    Own { style: &STYLE.path, script: &SCRIPT.path }
}

/// `GET /console/assets/{file}`
pub async fn asset(Path(file): Path<String>) -> PageResult {
    Ok(served(&[&STYLE, &SCRIPT], &file)?)
}
