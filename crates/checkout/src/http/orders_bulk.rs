//! `POST /admin/orders/bulk`: orders from other sales channels, and gifts.

use crate::channel::{self, Options, Report, report::ReportLine};
use crate::place::OrderSettings;
use axum::{body::Body, extract::State, http::HeaderMap, response::Response};
use files::{ReadQuery, response};
use kernel::{Result, Together, text};
use utoipa_axum::routes;
use web::{Admin, App, Failure, Query, Routes, response::Success, route::ADMIN};

/// The handler for administrators.
pub fn routes() -> Routes {
    Routes::new().add(ADMIN.long(), routes!(import_orders))
}

/// C002 for an unknown parameter.
fn read(app: &App, query: Vec<(String, String)>, headers: &HeaderMap) -> Result<files::Options> {
    let mut options = files::Options::of_headers(headers, app.shop.currency)?;
    let take = |(name, value): (String, String)| match options.take(&name, &value)? {
        true => Ok(()),
        false => Err(text::wrong(&name, "is not known here")),
    };
    query.into_iter().map(take).collect::<Vec<_>>().together()?;
    Ok(options)
}

/// Place orders that were paid elsewhere, and gifts, from a file. It is read when it has arrived whole; rows that follow each other
/// with the same `channelOrderNumber` are one order, which is placed in a transaction of its own, or refused and reported. An order is
/// known by its channel and its number there, so a file that is sent again places nothing twice and continues where it was cut off.
///
/// Fields: `channel`, `channelOrderNumber`, `sku`, `quantity`, `unitPrice` (what it costs here when absent), `shippingFee`, `paidAmount`
/// (to compare with), `giftReason` (then it costs nothing), `buyerEmail`, `buyerName`, `receiverName`, `receiverPhone`, `zipCode`,
/// `address1`, `address2`, `memo`. In JSON an order may have `lines`, a list of objects with the fields of a line. Amounts are in the
/// currency's main unit, as people write them in files. With `Accept: application/x-ndjson` the response is a stream with a line for
/// each order and each refused row while the import runs, and the counts as its last line.
#[utoipa::path(post, path = "/admin/orders/bulk", tag = "order", params(ReadQuery),
    request_body(content((String = "text/csv"), (String = "application/json"), (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 200, content((Success<Report> = "application/json"), (ReportLine = "application/x-ndjson")))))]
async fn import_orders(
    State(app): State<App>,
    Admin(admin): Admin,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let read = read(&app, query, &headers)?;
    let (db, language, by) = (app.db.clone(), read.language, admin.id.to_string());
    let options = Options { read, settings: OrderSettings::of(&app), by };
    response::imported(&admin.id, &headers, body, language, move |file, lines| channel::run(&db, file, &options, lines))
        .await
}
