//! How a file is read and what its rows become.

use crate::amount::{Amounts, DecimalMark};
use crate::plan::Blank;
use catalog::ops::upsert::SameName;
use catalog::product::Status;
use encoding_rs::Encoding;
use kernel::{Currency, Error, Result, UserId};
use std::str::FromStr;
use web::Language;

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

/// How to read a file and what its products become.
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
    /// Whose products they become and who may change them; `None`: the shop, which may change everything.
    pub seller: Option<UserId>,
    /// What an empty cell says.
    pub blank: Blank,
    /// The state of new products whose row does not say.
    pub status: Status,
    /// What to do with a name that another product holds.
    pub same_name: SameName,
    /// Available units at or below which the stock of a new product counts as low.
    pub low_stock_threshold: i64,
    /// Who is noted in the stock ledger.
    pub by: String,
    /// In which the report says why.
    pub language: Language,
    /// Nothing is stored: the report says what would be.
    pub dry_run: bool,
}

impl Options {
    /// A file of this kind, read without mapping, for the shop itself, on sale at once.
    pub fn new(format: Format, currency: Currency, low_stock_threshold: i64) -> Options {
        Options {
            format,
            sheet: None,
            encoding: None,
            currency,
            decimal: None,
            map: Vec::new(),
            set: Vec::new(),
            blank: Blank::default(),
            seller: None,
            status: Status::Active,
            same_name: SameName::default(),
            low_stock_threshold,
            by: "IMPORT".to_owned(),
            language: Language::English,
            dry_run: false,
        }
    }

    pub(crate) fn amounts(&self) -> Amounts {
        Amounts { currency: self.currency, decimal: self.decimal }
    }
}
