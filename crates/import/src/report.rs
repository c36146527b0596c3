//! What became of a file: counts, every refused row, and the rows that were stored but look wrong.

use files::report::{Progress, ReadAs, nothing_stored, refused_row};
use kernel::Error;
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

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
    /// How the file was read.
    #[serde(flatten)]
    pub read: ReadAs,
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
        let detail = |row: &Refused| {
            refused_row(row.line, row.code, &row.reason).with("sku", row.sku.as_deref().unwrap_or_default())
        };
        Some(nothing_stored(self.rows, self.refused.iter().map(detail)))
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
        write!(f, "{}", self.read)?;
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
