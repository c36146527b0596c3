//! What became of a file: counts, every refused row, and the rows that were stored but look wrong.

use files::Position;
use files::report::{Outcome, Progress, ReadAs, RefusedRow, nothing_stored, refused_row, summary};
use kernel::{Detail, Error};
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
    /// Its number in the file, from 1: a header and blank lines do not count, and an object of JSON is one row.
    pub row: u64,
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
    /// Its number in the file, from 1: a header and blank lines do not count, and an object of JSON is one row.
    pub row: u64,
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
        let Refused { line, row, sku, code, reason } = self;
        match sku {
            Some(sku) => write!(f, "line {line}, sku {sku}: refused, {code} {reason}"),
            None => write!(f, "line {line}, row {row}: refused, {code} {reason}"),
        }
    }
}

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Noted { line, sku, note, .. } = self;
        write!(f, "line {line}, sku {sku}: {note}")
    }
}

impl RefusedRow for Refused {
    fn of(at: Position, sku: Option<String>, code: &'static str, reason: String) -> Refused {
        Refused { line: at.line, row: at.row, sku, code, reason }
    }

    fn position(&self) -> Position {
        Position { row: self.row, line: self.line }
    }

    fn detail(&self) -> Detail {
        refused_row(self.position(), self.code, &self.reason).with("sku", self.sku.as_deref().unwrap_or_default())
    }
}

impl Outcome for Report {
    fn nothing_stored(&self) -> Option<Error> {
        (self.stored() == 0).then(|| nothing_stored(self.rows, &self.refused))
    }

    fn counts(self) -> Report {
        Report { refused: Vec::new(), noted: Vec::new(), ..self }
    }
}

impl Report {
    /// How many rows are stored: products of several rows count once.
    pub fn stored(&self) -> u64 {
        self.created + self.updated + self.unchanged
    }

    /// The counts, for people.
    pub fn summary(&self) -> String {
        let Report { rows, created, updated, unchanged, refused_rows, noted_rows, .. } = self;
        let mut counts =
            format!("{rows} rows: {created} created, {updated} updated, {unchanged} unchanged, {refused_rows} refused");
        if *noted_rows > 0 {
            counts += &format!("\n{noted_rows} rows were stored but should be checked");
        }
        summary(self.dry_run.then_some("stored"), &self.read, &counts, self.stopped.as_deref())
    }
}
