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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportReport)]
pub struct Report {
    /// The encoding in which the whole file was read, by its name in the Encoding Standard: CP949 is `EUC-KR`.
    #[schema(example = "UTF-8")]
    pub encoding: &'static str,
    /// By what the encoding is known.
    pub encoding_source: Source,
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

impl Default for Report {
    /// Of a file that is UTF-8 and has no rows.
    fn default() -> Report {
        Report {
            encoding: encoding_rs::UTF_8.name(),
            encoding_source: Source::Content,
            rows: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            refused: Vec::new(),
            noted: Vec::new(),
            noted_rows: 0,
            mapping: Vec::new(),
            unused_columns: Vec::new(),
            stopped: None,
        }
    }
}

impl fmt::Display for Report {
    /// For people: the counts, then the rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rows, created, updated, unchanged, .. } = self;
        let how = match self.encoding_source {
            Source::Given => "as you said",
            Source::Mark => "as its mark says",
            Source::Content => "detected",
        };
        writeln!(f, "read as {}, {how}", encoding::shown(self.encoding))?;
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
