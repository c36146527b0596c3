//! How a file is read.

use crate::amount::{Amounts, DecimalMark};
use crate::encoding;
use axum::http::HeaderMap;
use encoding_rs::Encoding;
use kernel::{Code, Currency, Error, Result, text};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use web::{Language, sent_once};

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma (or semicolon, or tab) separated values with a header.
    Csv,
    /// One JSON object on each line, or one array of them.
    Json,
    /// A workbook of Excel.
    Xlsx,
}

impl Format {
    /// By the end of a file's name; `None` when it says nothing.
    pub fn of_file(name: &str) -> Option<Format> {
        let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase())?;
        match end.as_str() {
            "csv" | "tsv" | "txt" => Some(Format::Csv),
            "xlsx" | "xlsm" => Some(Format::Xlsx),
            "json" | "ndjson" | "jsonl" => Some(Format::Json),
            _ => None,
        }
    }

    /// By a `Content-Type`; `None` when it is neither.
    pub fn of_content_type(header: &str) -> Option<Format> {
        match header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/csv" | "application/csv" | "text/tab-separated-values" => Some(Format::Csv),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            | "application/vnd.ms-excel.sheet.macroenabled.12" => Some(Format::Xlsx),
            "application/json"
            | "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines" => Some(Format::Json),
            _ => None,
        }
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(text: &str) -> Result<Format> {
        Format::of_file(&format!(".{text}")).ok_or_else(|| kernel::text::wrong("format", "must be csv, json or xlsx"))
    }
}

/// How a file is read, and whether anything is stored.
#[derive(Debug, Clone)]
pub struct Options {
    /// What kind of file it is.
    pub format: Format,
    /// The sheet of a workbook; `None`: the first.
    pub sheet: Option<String>,
    /// How its text is encoded; `None`: detected.
    pub encoding: Option<&'static Encoding>,
    /// The shop's currency, in whose main unit the file gives its amounts.
    pub currency: Currency,
    /// The sign before the fraction of an amount; `None`: each amount's digits decide.
    pub decimal: Option<DecimalMark>,
    /// Where fields come from: `(field, column or pattern)`.
    pub map: Vec<(String, String)>,
    /// Fields that are the same for every row: `(field, value)`.
    pub set: Vec<(String, String)>,
    /// In which the report says why.
    pub language: Language,
    /// Nothing is stored: the report says what would be.
    pub dry_run: bool,
}

impl Options {
    /// A file of this kind, read without mapping.
    pub fn new(format: Format, currency: Currency) -> Options {
        Options {
            format,
            sheet: None,
            encoding: None,
            currency,
            decimal: None,
            map: Vec::new(),
            set: Vec::new(),
            language: Language::English,
            dry_run: false,
        }
    }

    /// What the headers of an upload say. C011 for a type that is no file of rows, C002 for an unknown charset.
    pub fn of_headers(headers: &HeaderMap, currency: Currency) -> Result<Options> {
        let kind = sent_once(headers, "Content-Type")?.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let format = Format::of_content_type(kind).ok_or_else(|| {
            Code::UnsupportedMediaType
                .because("send text/csv, application/json, application/x-ndjson or a workbook (.xlsx)")
        })?;
        let (encoding, language) = (charset(kind)?, Language::of(headers));
        Ok(Options { encoding, language, ..Options::new(format, currency) })
    }

    /// Takes a parameter of the query; `false` when it is none of these. C002 for a wrong value.
    pub fn take(&mut self, name: &str, value: &str) -> Result<bool> {
        let pair = || {
            let (field, from) = value.split_once('=').ok_or_else(|| text::wrong(name, "must be field=value"))?;
            Ok::<_, Error>((field.to_owned(), from.to_owned()))
        };
        match name {
            "map" => self.map.push(pair()?),
            "set" => self.set.push(pair()?),
            "sheet" => self.sheet = Some(value.to_owned()),
            "encoding" => self.encoding = Some(encoding::named(value)?),
            "decimal" => self.decimal = Some(value.parse()?),
            "dryRun" => self.dry_run = value.parse().map_err(|_| text::wrong("dryRun", "must be true or false"))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// How its amounts are read.
    pub fn amounts(&self) -> Amounts {
        Amounts { currency: self.currency, decimal: self.decimal }
    }
}

/// The encoding that a content type names.
fn charset(kind: &str) -> Result<Option<&'static Encoding>> {
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset =
        parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).map(|(_, value)| value).next();
    charset.map(encoding::named).transpose()
}

/// How an uploaded file is read; `map` and `set` may come many times.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `Options::take` reads, for the document")]
pub struct ReadQuery {
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
    /// Stores nothing and reports what would be stored.
    #[param(rename = "dryRun")]
    dry_run: Option<bool>,
}

/// The texts of a parameter that has only some, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code, reason = "describes texts")]
enum Decimal {
    Point,
    Comma,
}
