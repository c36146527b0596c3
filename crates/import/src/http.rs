//! The upload of a catalogue.

use crate::{Format, Options, Report, encoding, spooled, upload::upload};
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
    /// The sheet of a workbook; the first one when absent.
    sheet: Option<String>,
    /// The encoding of the file, as in `charset=` of the content type; detected when both are absent.
    encoding: Option<String>,
    /// The sign before the fraction of an amount: `point` or `comma`. When absent, each amount's digits decide.
    decimal: Option<String>,
    /// What an empty cell says: `leave` (when absent) what is stored, or `clear` it where a product may lack it. In JSON `null` clears.
    blank: Option<String>,
    /// The state of new products whose row has none: DRAFT, ACTIVE (when absent) or INACTIVE.
    status: Option<String>,
    /// `store` (when absent) or `refuse` rows whose name another product holds.
    #[param(rename = "sameNames")]
    same_names: Option<String>,
}

/// C002 for an unknown parameter.
fn with_query(mut options: Options, query: Vec<(String, String)>) -> Result<Options> {
    for (name, value) in query {
        let pair = || {
            let (field, from) = value.split_once('=').ok_or_else(|| text::wrong(&name, "must be field=value"))?;
            Ok::<_, kernel::Error>((field.to_owned(), from.to_owned()))
        };
        match name.as_str() {
            "map" => options.map.push(pair()?),
            "set" => options.set.push(pair()?),
            "sheet" => options.sheet = Some(value),
            "encoding" => options.encoding = Some(encoding::named(&value)?),
            "decimal" => options.decimal = Some(value.parse()?),
            "blank" => options.blank = value.parse()?,
            "status" => options.status = value.parse()?,
            "sameNames" => options.same_name = same_name(&value)?,
            _ => {
                return Err(text::wrong(
                    "query",
                    "knows map, set, sheet, encoding, decimal, blank, status and sameNames",
                ));
            }
        }
    }
    Ok(options)
}

/// The encoding that the content type names.
fn charset(headers: &HeaderMap) -> Result<Option<&'static encoding_rs::Encoding>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset =
        parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).map(|(_, value)| value).next();
    charset.map(encoding::named).transpose()
}

fn same_name(value: &str) -> Result<SameName> {
    match value {
        "store" => Ok(SameName::Store),
        "refuse" => Ok(SameName::Refuse),
        _ => Err(text::wrong("sameNames", "must be store or refuse")),
    }
}

/// Import a catalogue. It is read when it has arrived whole. Rows are stored by their sku; the report names every one that was not.
/// Amounts are in the currency's main unit, as people write them in files: `19.99` in a shop of dollars. (In all other requests
/// amounts are whole minor units.)
#[utoipa::path(post, path = "/admin/products/import", tag = "product", params(ImportQuery),
    request_body(content((String = "text/csv"), (String = "application/json"), (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 200, body = Success<Report>)))]
async fn import_products(
    State(app): State<App>,
    seller: Seller,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Report> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).and_then(Format::of_content_type);
    let format = kind.ok_or_else(|| {
        Code::UnsupportedMediaType
            .because("send text/csv, application/json, application/x-ndjson or a workbook (.xlsx)")
    })?;
    let threshold = app.settings::<inventory::Settings>().low_stock_threshold;
    let mut options = Options::new(format, app.shop.currency, threshold);
    options.encoding = charset(&headers)?;
    options = with_query(options, query)?;
    (options.seller, options.by) = (seller.limited_to(), seller.0.id.to_string());
    let (feed, file) = upload();
    let db = app.db.clone();
    let import = tokio::task::spawn_blocking(move || crate::run(&db, spooled(file)?, &options, &mut |_| {}));
    feed.body(body).await;
    let report = import.await.map_err(|e| Code::Internal.error().caused_by(e))?;
    Ok(ok(report?))
}
