//! The upload of a catalogue.

use crate::{Format, Options, Report, upload::upload};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, header},
};
use catalog::ops::upsert::SameName;
use kernel::{Code, Result, text};
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{ApiResult, App, Query, Routes, Seller, ok, response::Success, route::SELLER};

/// The handler, for sellers and administrators.
pub fn routes() -> Routes {
    Routes::new().add(SELLER.long(), routes!(import_products))
}

/// How an uploaded file is read; `map` and `set` may come many times.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `options` reads, for the document")]
struct ImportQuery {
    /// Where a field comes from: `name=productDisplayName`, or `category={masterCategory} > {subCategory}`.
    map: Option<String>,
    /// A field that is the same for every row: `price=19900`.
    set: Option<String>,
    /// The state of new products: DRAFT, ACTIVE (when absent) or INACTIVE.
    status: Option<String>,
    /// `store` (when absent) or `refuse` rows whose name another product holds.
    #[param(rename = "sameNames")]
    same_names: Option<String>,
}

/// C002 for an unknown parameter.
fn options(mut options: Options, query: Vec<(String, String)>) -> Result<Options> {
    for (name, value) in query {
        let pair = || {
            let (field, from) = value.split_once('=').ok_or_else(|| text::wrong(&name, "must be field=value"))?;
            Ok::<_, kernel::Error>((field.to_owned(), from.to_owned()))
        };
        match name.as_str() {
            "map" => options.map.push(pair()?),
            "set" => options.set.push(pair()?),
            "status" => options.status = value.parse()?,
            "sameNames" => options.same_name = same_name(&value)?,
            _ => return Err(text::wrong("query", "knows map, set, status and sameNames")),
        }
    }
    Ok(options)
}

fn same_name(value: &str) -> Result<SameName> {
    match value {
        "store" => Ok(SameName::Store),
        "refuse" => Ok(SameName::Refuse),
        _ => Err(text::wrong("sameNames", "must be store or refuse")),
    }
}

/// Import a catalogue while it arrives. Rows are stored by their sku; the report names every one that was not.
#[utoipa::path(post, path = "/admin/products/import", tag = "product", params(ImportQuery),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson"))),
    responses((status = 200, body = Success<Report>)))]
async fn import_products(
    State(app): State<App>,
    seller: Seller,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Report> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).and_then(Format::of_content_type);
    let format = kind.ok_or_else(|| Code::UnsupportedMediaType.because("send text/csv or application/x-ndjson"))?;
    let mut options = options(Options::new(format, app.settings::<inventory::Settings>().low_stock_threshold), query)?;
    (options.seller, options.by) = (seller.limited_to(), seller.0.id.to_string());
    let (feed, file) = upload();
    let db = app.db.clone();
    let import = tokio::task::spawn_blocking(move || crate::run(&db, file, &options, &mut |_| {}));
    feed.body(body).await;
    let report = import.await.map_err(|e| Code::Internal.error().caused_by(e))?;
    Ok(ok(report?))
}
