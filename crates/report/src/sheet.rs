//! A report as it leaves the shop: JSON, or a table of comma-separated values.

use crate::days::Days;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use kernel::{Currency, Money, Result};
use serde::Serialize;
use utoipa::ToSchema;
use web::{App, Failure, ok};

/// Shows a spreadsheet that the text is UTF-8.
const MARK: &str = "\u{feff}";
/// What a cell of a spreadsheet must not begin with, because it would be run as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A report.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sheet<T> {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// In which zone days are meant.
    pub zone: String,
    /// ISO 4217 code of all amounts, which are in its minor unit.
    pub currency: String,
    /// The sequence number of the newest event that the figures show.
    pub as_of: i64,
    pub rows: Vec<T>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Nothing,
    Text(String),
    Number(i64),
    /// In minor units.
    Money(i64),
    /// A share in basis points.
    Share(i64),
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Nothing, Into::into)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Cell {
        Cell::Text(text.clone())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(number)
    }
}

impl From<Money> for Cell {
    fn from(amount: Money) -> Cell {
        Cell::Money(amount.as_minor())
    }
}

/// A row of a table.
pub trait Line: Serialize {
    /// The names of its cells.
    const HEAD: &'static [&'static str];

    /// As many as there are names.
    fn cells(&self) -> Vec<Cell>;
}

/// A line of comma-separated values, with its end.
pub fn csv_line(cells: &[Cell], currency: Currency) -> String {
    let texts: Vec<String> = cells.iter().map(|cell| csv_cell(cell, currency)).collect();
    let mut line = texts.join(",");
    line.push_str("\r\n");
    line
}

/// The first line of a table.
pub fn csv_head<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(&guarded(name.as_ref()))).collect();
    format!("{MARK}{}\r\n", names.join(","))
}

fn csv_cell(cell: &Cell, currency: Currency) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) => quoted(&guarded(text)),
        Cell::Number(number) => number.to_string(),
        Cell::Money(minor) => currency.plain(Money::minor(*minor)),
        Cell::Share(points) => {
            let sign = if *points < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", points.abs() / 100, points.abs() % 100)
        }
    }
}

/// A text that no spreadsheet runs as a formula: it gets an apostrophe in front, which the import takes away again.
fn guarded(text: &str) -> String {
    if text.trim_start_matches('\'').starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Whether the caller wants a table.
pub fn wants_csv(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/csv"))
}

/// The response: JSON, or with `Accept: text/csv` a table with the days in its file name and the rest in headers.
pub fn respond<T: Line>(
    app: &App,
    headers: &HeaderMap,
    (name, days): (&str, Days),
    (as_of, rows): (i64, Vec<T>),
) -> Result<Response, Failure> {
    let (zone, currency) = (app.shop.zone.name().to_owned(), app.shop.currency);
    let (from, to) = (days.from.to_string(), days.to.to_string());
    if !wants_csv(headers) {
        let sheet = Sheet { from, to, zone, currency: currency.code().to_owned(), as_of, rows };
        return Ok(ok(sheet).into_response());
    }
    let mut text = csv_head(T::HEAD);
    rows.iter().for_each(|row| text.push_str(&csv_line(&row.cells(), currency)));
    let mut response = table(&format!("{name}-{from}-{to}"), text);
    for (name, value) in [("x-report-zone", zone), ("x-report-as-of", as_of.to_string())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

/// A table that a browser stores as a file.
pub fn table(name: &str, body: impl Into<Body>) -> Response {
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let mut response = ([kind], body.into()).into_response();
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_what_people_write_and_never_a_formula() {
        let won = Currency::KRW;
        let dollar = Currency::of_code("USD").unwrap();
        assert_eq!(csv_cell(&Cell::Money(-1_905), dollar), "-19.05");
        assert_eq!(csv_cell(&Cell::Money(19_000), won), "19000");
        assert_eq!(csv_cell(&Cell::Share(1_205), won), "12.05");
        assert_eq!(csv_cell(&Cell::from("머그, 큰"), won), "\"머그, 큰\"");
        for (text, wanted) in
            [("=1+1", "'=1+1"), ("-5", "'-5"), ("'=x", "''=x"), ("it's", "it's"), ("@me", "'@me"), ("a-b", "a-b")]
        {
            assert_eq!(csv_cell(&Cell::from(text), won), wanted);
        }
        assert_eq!(csv_line(&[1.into(), Cell::Nothing, "a\"b".into()], won), "1,,\"a\"\"b\"\r\n");
    }
}
