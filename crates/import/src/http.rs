//! The upload of a catalogue.

use crate::report_lines::{PARTS_WAITING, ReportLine, Sender};
use crate::{Format, Options, Report, encoding, spooled, upload::upload};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use catalog::ops::upsert::SameName;
use futures_util::{StreamExt, stream};
use kernel::{Code, Result, Together, text};
use std::convert::Infallible;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::{App, Failure, Language, Query, Routes, Seller, ok, response::Success, route::SELLER};

/// Imports that an instance runs at once; their files are on its disk, and they share the database with the buyers.
const IMPORTS_MAX: usize = 8;
static IMPORTS: Semaphore = Semaphore::const_new(IMPORTS_MAX);
/// The type of a response with one JSON object on each line.
const LINES: &str = "application/x-ndjson";

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
    #[param(inline, value_type = Option<Decimal>)]
    decimal: Option<String>,
    /// What an empty cell says: `leave` (when absent) what is stored, or `clear` it where a product may lack it. In JSON `null` clears.
    #[param(inline, value_type = Option<EmptyCell>)]
    blank: Option<String>,
    /// The state of new products whose row has none: DRAFT, ACTIVE (when absent) or INACTIVE.
    #[param(inline, value_type = Option<StatusOfNew>)]
    status: Option<String>,
    /// `store` (when absent) or `refuse` rows whose name another product holds.
    #[param(rename = "sameNames", inline, value_type = Option<SameNames>)]
    same_names: Option<String>,
    /// Stores nothing and reports what would be stored.
    #[param(rename = "dryRun")]
    dry_run: Option<bool>,
}

/// The texts of parameters that have only some, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "describes texts")]
enum Decimal {
    Point,
    Comma,
}

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
    let pair = || {
        let (field, from) = value.split_once('=').ok_or_else(|| text::wrong(name, "must be field=value"))?;
        Ok::<_, kernel::Error>((field.to_owned(), from.to_owned()))
    };
    match name {
        "map" => options.map.push(pair()?),
        "set" => options.set.push(pair()?),
        "sheet" => options.sheet = Some(value),
        "encoding" => options.encoding = Some(encoding::named(&value)?),
        "decimal" => options.decimal = Some(value.parse()?),
        "blank" => options.blank = value.parse()?,
        "status" => options.status = value.parse()?,
        "sameNames" => options.same_name = same_name(&value)?,
        "dryRun" => options.dry_run = yes_or_no(&value)?,
        _ => return Err(text::wrong(name, "is not known here")),
    }
    Ok(())
}

/// The encoding that the content type names.
fn charset(headers: &HeaderMap) -> Result<Option<&'static encoding_rs::Encoding>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset =
        parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).map(|(_, value)| value).next();
    charset.map(encoding::named).transpose()
}

fn yes_or_no(value: &str) -> Result<bool> {
    value.parse().map_err(|_| text::wrong("dryRun", "must be true or false"))
}

fn same_name(value: &str) -> Result<SameName> {
    match value {
        "store" => Ok(SameName::Store),
        "refuse" => Ok(SameName::Refuse),
        _ => Err(text::wrong("sameNames", "must be store or refuse")),
    }
}

/// What every import needs of a request.
struct Wanted {
    options: Options,
    /// Whether the caller wants a line for every row that was not stored.
    as_lines: bool,
}

fn wanted(app: &App, seller: &Seller, query: Vec<(String, String)>, headers: &HeaderMap) -> Result<Wanted> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = Format::of_content_type(text(header::CONTENT_TYPE)).ok_or_else(|| {
        Code::UnsupportedMediaType
            .because("send text/csv, application/json, application/x-ndjson or a workbook (.xlsx)")
    })?;
    let threshold = app.settings::<inventory::Settings>().low_stock_threshold;
    let mut options = Options::new(format, app.shop.currency, threshold);
    options.encoding = charset(headers)?;
    options = with_query(options, query)?;
    (options.seller, options.by) = (seller.limited_to(), seller.0.id.to_string());
    options.language = Language::of(headers);
    Ok(Wanted { options, as_lines: text(header::ACCEPT).contains(LINES) })
}

/// Import a catalogue. It is read when it has arrived whole. Rows are stored by their sku. The report counts the rows that were not
/// stored and lists the first 1,000 with their reasons; with `Accept: application/x-ndjson` the response is a stream with a line for
/// every one of them, while the import runs, and the counts as its last line. A file of which no row could be stored is refused, and
/// the details name the first 100 rows.
/// Amounts are in the currency's main unit, as people write them in files: `19.99` in a shop of dollars. (In all other requests
/// amounts are whole minor units.)
#[utoipa::path(post, path = "/admin/products/import", tag = "product", params(ImportQuery),
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
    let Wanted { options, as_lines } = wanted(&app, &seller, query, &headers)?;
    let language = options.language;
    // the others wait without having sent their files
    let turn = IMPORTS.acquire().await.map_err(|e| Code::Internal.error().caused_by(e))?;
    let (feed, file) = upload();
    let spooling = tokio::task::spawn_blocking(move || spooled(file));
    feed.body(body).await;
    let file = spooling.await.map_err(|e| Code::Internal.error().caused_by(e))??;
    let db = app.db.clone();
    if as_lines {
        let import =
            move |sender| Sender::to(sender, language).end_with(|watch| crate::run(&db, file, &options, watch));
        return streamed(turn, import).await;
    }
    let import = tokio::task::spawn_blocking(move || crate::run(&db, file, &options, &mut ()));
    let report = import.await.map_err(|e| Code::Internal.error().caused_by(e))??;
    match report.nothing_stored() {
        Some(error) => Err(error.into()),
        None => Ok(ok(report).into_response()),
    }
}

/// The lines of an import as they are made. What fails before the first line is an ordinary response.
async fn streamed(
    turn: SemaphorePermit<'static>,
    import: impl FnOnce(mpsc::Sender<Bytes>) -> Result<()> + Send + 'static,
) -> Result<Response, Failure> {
    let (sender, mut parts) = mpsc::channel(PARTS_WAITING);
    let running = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        import(sender)
    });
    let Some(first) = parts.recv().await else {
        running.await.map_err(|e| Code::Internal.error().caused_by(e))??;
        return Err(Code::Internal.error().into());
    };
    let rest = stream::unfold(parts, |mut parts| async { parts.recv().await.map(|part| (part, parts)) });
    let all = stream::once(async { first }).chain(rest).map(Ok::<_, Infallible>);
    Ok(([(header::CONTENT_TYPE, LINES)], Body::from_stream(all)).into_response())
}
