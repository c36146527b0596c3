//! What every import has while it runs: how far it is, the rows that were refused, and why it stops.

use crate::report::{LISTED_MAX, Progress, REFUSED_MAX, RefusedRow, why};
use kernel::{Code, Result};
use web::Language;

/// An import that runs.
pub struct Running<R> {
    language: Language,
    /// Bytes read.
    pub bytes: u64,
    /// Rows read.
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
        let (waiting, refused) = (Vec::new(), Vec::new());
        Running { language, bytes: 0, rows: 0, waiting, refused, refused_rows: 0, stopped: None }
    }

    /// What was read. A read error ends the import, and the rows before it are stored.
    pub fn or_stop<T>(&mut self, read: Result<Option<T>>) -> Option<T> {
        read.unwrap_or_else(|error| {
            tracing::warn!(error = ?error, "an import ends early");
            self.stopped = Some(why(self.language, &error));
            None
        })
    }

    /// Refuses a row.
    pub fn refuse(&mut self, row: R) {
        self.waiting.push(row);
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
