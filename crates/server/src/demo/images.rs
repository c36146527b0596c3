//! The demo's products get their images: drawn by the program, and uploaded as a seller uploads photographs.

use super::{claims::Claims, drawn};
use crate::client::{Answer, Caller};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::time::Instant;
use storefront::drawing::Scene;

/// Products of one page of the list.
const PAGE: usize = 100;
/// Uploads at the same time; the shop decodes two at once.
const AT_ONCE: usize = 2;

/// Gives images to the products of the shop, newest first, at most to `most` of them.
pub async fn upload(claims: &mut Claims, admin: &Caller, most: usize) {
    claims.act("The products get their images");
    let began = Instant::now();
    let mut products = Vec::new();
    for page in 0.. {
        let path = format!("/products?size={}&page={page}&sort=createdAt,desc", PAGE.min(most));
        let found = admin.get(&path).await;
        products.extend(found.at("/content").as_array().cloned().unwrap_or_default());
        if products.len() >= most || found.at("/last") != &Value::Bool(false) {
            break;
        }
    }
    products.truncate(most);
    let uploads = stream::iter(products.iter().map(|product| one(admin, product)));
    let answers: Vec<Result<Answer, String>> = uploads.buffer_unordered(AT_ONCE).collect().await;
    let failed = answers.iter().find_map(|answer| match answer {
        Ok(answer) if (200..300).contains(&answer.status) => None,
        Ok(answer) => Some(answer.brief()),
        Err(error) => Some(error.clone()),
    });
    let (count, ms) = (answers.len(), began.elapsed().as_millis());
    let text = format!("{count} images drawn, uploaded, and made smaller in several sizes in {ms} ms");
    claims.claim(failed.is_none() && count > 0, text, failed.unwrap_or_default());
    let Some(first) = products.first() else { return };
    let shown = admin.get(&format!("/products/{}", first["id"])).await;
    let sizes = shown.at("/gallery/0/sources").as_array().map_or(0, Vec::len);
    claims.claim(sizes > 1, format!("{} shows its image, in {sizes} sizes", shown.text("/name")), shown.brief());
}

/// Draws, uploads and shows the image of one product. Gives the last answer.
async fn one(admin: &Caller, product: &Value) -> Result<Answer, String> {
    let (id, name) =
        (product["id"].as_i64().unwrap_or_default(), product["name"].as_str().unwrap_or_default().to_owned());
    let scene = Scene::of(id, &name, product["category"].as_str());
    let drawing = tokio::task::spawn_blocking(move || drawn::png(&scene)).await;
    let png = drawing.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    let uploaded = admin.post_bytes("/admin/media", "image/png", png).await;
    if uploaded.status >= 300 {
        return Ok(uploaded);
    }
    let body = json!({"images": [uploaded.text("/url")], "alternativeTexts": [name]});
    Ok(admin.put(&format!("/admin/products/{id}/images"), body).await)
}
