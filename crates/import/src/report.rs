//! What became of a file: counts, every refused row, and the rows that were stored but look wrong.

use crate::encoding::{self, Source};
use crate::plan::Mapped;
use kernel::{Code, Detail, Error};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// Most refused rows; with more, something is wrong with the file or the mapping and the import stops.
pub const REFUSED_MAX: u64 = 100_000;
/// Most rows that a report lists of each kind; the others are only counted. Who wants them all watches the import.
pub const LISTED_MAX: usize = 1_000;
/// Refused rows that an error lists which says that nothing was stored.
const DETAILS_MAX: usize = 100;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportProgress)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Rows dealt with.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// Watches an import while it runs.
pub trait Watch {
    /// After every chunk of rows.
    fn progress(&mut self, _progress: Progress) {}
    /// For every row that is not stored.
    fn refused(&mut self, _row: &Refused) {}
    /// For every row that is stored but odd.
    fn noted(&mut self, _row: &Noted) {}
}

/// Watches nothing.
impl Watch for () {}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportReport)]
pub struct Report {
    /// Whether nothing was stored, because only what would be was asked for.
    pub dry_run: bool,
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
    /// Rows that were not stored, the first 1,000.
    pub refused: Vec<Refused>,
    /// How many those are in all.
    pub refused_rows: u64,
    /// Rows that were stored but are odd, the first 1,000.
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
    /// Why, in the language of the response.
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
    /// What is odd, in the language of the response.
    pub note: String,
}

impl fmt::Display for Report {
    /// For people: the counts, then the rows that are listed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        self.refused.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        self.noted.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { line, sku, code, reason } = self;
        write!(f, "line {line}, sku {}: refused, {code} {reason}", sku.as_deref().unwrap_or("?"))
    }
}

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Noted { line, sku, note } = self;
        write!(f, "line {line}, sku {sku}: {note}")
    }
}

impl Report {
    /// How many rows are stored: products of several rows count once.
    pub fn stored(&self) -> u64 {
        self.created + self.updated + self.unchanged
    }

    /// C002 when no row was stored: an import that did nothing is no success.
    pub fn nothing_stored(&self) -> Option<Error> {
        if self.stored() > 0 {
            return None;
        }
        let why = format!("none of the {} rows could be stored", self.rows);
        let detail = |row: &Refused| {
            let detail = Detail::field(format!("line {}", row.line), &row.reason).with("code", row.code);
            detail.translated().with("sku", row.sku.as_deref().unwrap_or_default())
        };
        let details = self.refused.iter().take(DETAILS_MAX).map(detail);
        Some(details.fold(Code::InvalidInput.because(why), Error::with))
    }

    /// The counts, for people.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        // writing to a text cannot fail
        let _ = self.write_summary(&mut text);
        text
    }

    fn write_summary(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let Report { rows, created, updated, unchanged, refused_rows, .. } = self;
        if self.dry_run {
            writeln!(f, "a dry run: nothing was stored, and this is what would be")?;
        }
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
            "{rows} rows: {created} created, {updated} updated, {unchanged} unchanged, {refused_rows} refused"
        )?;
        if self.noted_rows > 0 {
            writeln!(f, "{} rows were stored but should be checked", self.noted_rows)?;
        }
        if let Some(why) = &self.stopped {
            writeln!(f, "stopped: {why}")?;
        }
        Ok(())
    }
}
