//! What every import has while it runs: how far it is, the rows that were refused, and why it stops.

use crate::{
    Position,
    csv::Table,
    json_rows::JsonRows,
    report::{LISTED_MAX, Progress, REFUSED_MAX, Refusal, RefusedRow, reason, why},
};
use kernel::{Code, Result};
use std::io::Read;
use web::Language;

/// An import that runs.
pub struct Running<R> {
    language: Language,
    /// Bytes read.
    bytes: u64,
    /// The row that was read last.
    at: Position,
    /// Rows dealt with.
    pub rows: u64,
    /// Rows that are refused; they are reported with what is stored of the rows around them.
    waiting: Vec<R>,
    /// The first of those that were reported.
    pub refused: Vec<R>,
    /// How many were.
    pub refused_rows: u64,
    /// Why the rest of the file is not looked at.
    pub stopped: Option<String>,
}

impl<R: RefusedRow> Running<R> {
    /// An import at its beginning.
    pub fn new(language: Language) -> Running<R> {
        let (waiting, refused, at) = (Vec::new(), Vec::new(), Position::default());
        Running { language, bytes: 0, at, rows: 0, waiting, refused, refused_rows: 0, stopped: None }
    }

    /// The next row of a table, and where it stands; none at the end.
    pub fn next_cells(&mut self, file: &mut dyn Table) -> Option<(Position, Result<Vec<String>, Refusal>)> {
        let record = self.or_stop(file.next_row())?;
        let at = self.moved(record.line, file.read());
        Some((at, record.fields.map_err(|why| Refusal { at, key: None, error: Code::InvalidInput.because(why) })))
    }

    /// The next object of JSON as its bytes, and where it stands; none at the end.
    pub fn next_object(&mut self, rows: &mut JsonRows<impl Read>) -> Option<(Position, Result<Vec<u8>, Refusal>)> {
        let row = self.or_stop(rows.next_row())?;
        let at = self.moved(row.number, rows.read());
        Some((at, row.whole().map_err(|error| Refusal { at, key: None, error })))
    }

    fn moved(&mut self, line: u64, bytes: u64) -> Position {
        self.bytes = bytes;
        self.at = Position { row: self.at.row + 1, line };
        self.at
    }

    /// What was read. A read error ends the import, and the rows before it are stored.
    fn or_stop<T>(&mut self, read: Result<Option<T>>) -> Option<T> {
        read.unwrap_or_else(|error| {
            tracing::warn!(error = ?error, "an import ends early");
            self.stopped = Some(why(self.language, &error));
            None
        })
    }

    /// Refuses rows.
    pub fn refuse(&mut self, rows: impl IntoIterator<Item = Refusal>) {
        let language = self.language;
        let refused = |row: Refusal| R::of(row.at, row.key, row.error.code().code(), reason(language, &row.error));
        self.waiting.extend(rows.into_iter().map(refused));
    }

    /// Refused rows that are not reported yet, in the order in which they were refused.
    pub fn waiting(&self) -> &[R] {
        &self.waiting
    }

    /// Reports them to `watch`, in the order of the file; gives how far the import is.
    pub fn report(&mut self, mut watch: impl FnMut(&R)) -> Progress {
        self.waiting.sort_by_key(RefusedRow::position);
        for row in self.waiting.drain(..) {
            watch(&row);
            self.refused_rows += 1;
            list(&mut self.refused, row);
        }
        Progress { bytes: self.bytes, rows: self.rows, refused: self.refused_rows }
    }

    /// Whether the import goes on: with too many refused rows it stops.
    pub fn goes_on(&mut self) -> bool {
        if self.refused_rows >= REFUSED_MAX {
            self.stopped = Some(self.language.of_text(&format!("{REFUSED_MAX} rows were refused")));
        }
        self.stopped.is_none()
    }

    /// The import at its end. C002 for a file without rows.
    pub fn ended(self) -> Result<Running<R>> {
        if self.rows == 0 && self.stopped.is_none() {
            return Err(Code::InvalidInput.because("the file has no rows"));
        }
        Ok(self)
    }
}

/// Adds a row to a list of a report, unless that has as many as it may have.
pub fn list<T>(listed: &mut Vec<T>, row: T) {
    if listed.len() < LISTED_MAX {
        listed.push(row);
    }
}
