//! What became of a file: counts, every refused row, and the rows that were stored but look wrong.

use crate::encoding::{self, Source};
use crate::plan::Mapped;
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// Most refused rows that are listed; with more, something is wrong with the file or the mapping and the import stops.
pub const REFUSED_MAX: usize = 100_000;
/// Most noted rows that are listed; the rest is only counted.
pub const NOTED_MAX: usize = 10_000;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Rows dealt with.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportReport)]
pub struct Report {
    /// The encoding in which the whole file was read, by its name in the Encoding Standard: CP949 is `EUC-KR`. None of a workbook.
    #[schema(example = "UTF-8")]
    pub encoding: Option<&'static str>,
    /// By what the encoding is known.
    pub encoding_source: Option<Source>,
    /// The sheet that was read of a workbook.
    pub sheet: Option<String>,
    /// Sheets of the workbook that were not read.
    pub other_sheets: Vec<String>,
    /// Rows in the file.
    pub rows: u64,
    /// New products.
    pub created: u64,
    /// Changed products.
    pub updated: u64,
    /// Products that were as their row says.
    pub unchanged: u64,
    /// Every row that was not stored.
    pub refused: Vec<Refused>,
    /// Rows that were stored but are odd, the first 10,000.
    pub noted: Vec<Noted>,
    /// How many those are in all.
    pub noted_rows: u64,
    /// Where the fields came from (CSV).
    pub mapping: Vec<Mapped>,
    /// Columns nothing was taken from (CSV).
    pub unused_columns: Vec<String>,
    /// Why the rest of the file was not looked at.
    pub stopped: Option<String>,
}

/// A row that was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportRefusal)]
pub struct Refused {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its sku, when that much could be read.
    pub sku: Option<String>,
    /// The code from the one table.
    #[schema(example = "S004")]
    pub code: &'static str,
    /// Why.
    pub reason: String,
}

/// A row that was stored but is odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportNote)]
pub struct Noted {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its sku.
    pub sku: String,
    /// What is odd.
    pub note: String,
}

impl fmt::Display for Report {
    /// For people: the counts, then the rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rows, created, updated, unchanged, .. } = self;
        if let (Some(encoding), Some(source)) = (self.encoding, self.encoding_source) {
            let how = match source {
                Source::Given => "as you said",
                Source::Mark => "as its mark says",
                Source::Content => "detected",
            };
            writeln!(f, "read as {}, {how}", encoding::shown(encoding))?;
        }
        if let Some(sheet) = &self.sheet {
            let others = if self.other_sheets.is_empty() { "no others" } else { "others are not read" };
            writeln!(
                f,
                "read the sheet {sheet}; {others}{}",
                self.other_sheets.iter().map(|o| format!(" {o}")).collect::<String>()
            )?;
        }
        writeln!(
            f,
            "{rows} rows: {created} created, {updated} updated, {unchanged} unchanged, {} refused",
            self.refused.len()
        )?;
        for Refused { line, sku, code, reason } in &self.refused {
            writeln!(f, "line {line}, sku {}: refused, {code} {reason}", sku.as_deref().unwrap_or("?"))?;
        }
        if self.noted_rows > 0 {
            writeln!(f, "{} rows were stored but should be checked", self.noted_rows)?;
        }
        for Noted { line, sku, note } in &self.noted {
            writeln!(f, "line {line}, sku {sku}: {note}")?;
        }
        if let Some(why) = &self.stopped {
            writeln!(f, "stopped: {why}")?;
        }
        Ok(())
    }
}
