//! The upload of a catalogue.

use crate::report_lines::ReportLine;
use crate::{Options, Report};
use axum::{body::Body, extract::State, http::HeaderMap, response::Response};
use catalog::ops::upsert::SameName;
use files::{ReadQuery, response};
use kernel::{Result, Together, text};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::{App, Failure, Query, Routes, Seller, response::Success, route::SELLER};

/// The handler, for sellers and administrators.
pub fn routes() -> Routes {
    Routes::new().add(SELLER.long(), routes!(import_products))
}

/// What the rows of an uploaded file become.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `with_query` reads, for the document")]
struct ImportQuery {
    /// What an empty cell says: `leave` (when absent) what is stored, or `clear` it where a product may lack it. In JSON `null` clears.
    #[param(inline, value_type = Option<EmptyCell>)]
    blank: Option<String>,
    /// The state of new products whose row has none: DRAFT, ACTIVE (when absent) or INACTIVE.
    #[param(inline, value_type = Option<StatusOfNew>)]
    status: Option<String>,
    /// `store` (when absent) or `refuse` rows whose name another product holds.
    #[param(rename = "sameNames", inline, value_type = Option<SameNames>)]
    same_names: Option<String>,
}

/// The texts of parameters that have only some, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "describes texts")]
enum EmptyCell {
    Leave,
    Clear,
}

#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[allow(dead_code, reason = "describes texts")]
enum StatusOfNew {
    Draft,
    Active,
    Inactive,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "describes texts")]
enum SameNames {
    Store,
    Refuse,
}

/// C002 for an unknown parameter.
fn with_query(mut options: Options, query: Vec<(String, String)>) -> Result<Options> {
    let read = query.into_iter().map(|(name, value)| with_parameter(&mut options, &name, value));
    read.collect::<Vec<_>>().together()?;
    Ok(options)
}

fn with_parameter(options: &mut Options, name: &str, value: String) -> Result<()> {
    if options.read.take(name, &value)? {
        return Ok(());
    }
    match name {
        "blank" => options.blank = value.parse()?,
        "status" => options.status = value.parse()?,
        "sameNames" => options.same_name = same_name(&value)?,
        _ => return Err(text::wrong(name, "is not known here")),
    }
    Ok(())
}

fn same_name(value: &str) -> Result<SameName> {
    match value {
        "store" => Ok(SameName::Store),
        "refuse" => Ok(SameName::Refuse),
        _ => Err(text::wrong("sameNames", "must be store or refuse")),
    }
}

fn wanted(app: &App, seller: &Seller, query: Vec<(String, String)>, headers: &HeaderMap) -> Result<Options> {
    let threshold = app.settings::<inventory::Settings>().low_stock_threshold;
    let options = Options::reading(files::Options::of_headers(headers, app.shop.currency)?, threshold);
    let options = with_query(options, query)?;
    Ok(Options { seller: seller.limited_to(), by: seller.0.id.to_string(), ..options })
}

/// Import a catalogue. It is read when it has arrived whole. Rows are stored by their sku. The report counts the rows that were not
/// stored and lists the first 1,000 with their reasons; with `Accept: application/x-ndjson` the response is a stream with a line for
/// every one of them, while the import runs, and the counts as its last line. A file of which no row could be stored is refused, and
/// the details name the first 100 rows.
/// Amounts are in the currency's main unit, as people write them in files: `19.99` in a shop of dollars. (In all other requests
/// amounts are whole minor units.)
#[utoipa::path(post, path = "/admin/products/import", tag = "product", params(ReadQuery, ImportQuery),
    request_body(content((String = "text/csv"), (String = "application/json"), (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 200, content((Success<Report> = "application/json"), (ReportLine = "application/x-ndjson")))))]
async fn import_products(
    State(app): State<App>,
    seller: Seller,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let options = wanted(&app, &seller, query, &headers)?;
    let (db, language) = (app.db.clone(), options.read.language);
    response::imported(&seller.0.id, &headers, body, language, move |file, lines| {
        crate::run(&db, file, &options, lines)
    })
    .await
}
