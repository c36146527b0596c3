//! An import's report while it is made: lines of JSON for a caller who wants every refused row, however many there are.

use crate::report::{Noted, Progress, Refused, Report, Watch};
use crate::run::why;
use axum::body::Bytes;
use kernel::{Code, Error, Result};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;
use web::Language;

/// Parts of the response that wait to be sent; then the import waits too, so that a slow reader does not fill the memory.
pub const PARTS_WAITING: usize = 8;
/// Rows between two lines that say how far the import is.
const PROGRESS_ROWS: u64 = 1_000;

/// One line of the response; it has one member, except for the last.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportLine)]
pub struct ReportLine<'a> {
    /// How far the import is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// A row that was not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'a Refused>,
    /// A row that was stored but is odd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noted: Option<&'a Noted>,
    /// The last line: the counts. Its lists are empty, because their rows had lines of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<&'a Report>,
    /// The last line of an import that failed or stored nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<LineError>,
}

/// Why an import failed after its first rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportLineError)]
pub struct LineError {
    /// The code from the one table.
    #[schema(example = "C002")]
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// Sends the lines of one import.
pub struct Sender {
    parts: mpsc::Sender<Bytes>,
    language: Language,
    waiting: Vec<u8>,
    rows: u64,
    /// Whether a line was sent: then a failure is a line too.
    has_begun: bool,
}

impl Sender {
    pub fn to(parts: mpsc::Sender<Bytes>, language: Language) -> Sender {
        Sender { parts, language, waiting: Vec::new(), rows: 0, has_begun: false }
    }

    fn add(&mut self, line: ReportLine<'_>) {
        if serde_json::to_writer(&mut self.waiting, &line).is_ok() {
            self.waiting.push(b'\n');
        }
    }

    /// An import goes on when its reader is gone: what was stored would be the same.
    fn send(&mut self) {
        if !self.waiting.is_empty() {
            self.has_begun = true;
            let _ = self.parts.blocking_send(std::mem::take(&mut self.waiting).into());
        }
    }

    /// Runs the import and sends its last line. What fails before the first line is returned.
    pub fn end_with(mut self, import: impl FnOnce(&mut dyn Watch) -> Result<Report>) -> Result<()> {
        match import(&mut self) {
            Err(error) if !self.has_begun && self.waiting.is_empty() => return Err(error),
            Err(error) => self.add(ReportLine { error: Some(self.shown(&error)), ..ReportLine::default() }),
            Ok(report) => {
                let error = report.nothing_stored().map(|error| self.shown(&error));
                let counts = Report { refused: Vec::new(), noted: Vec::new(), ..report };
                self.add(ReportLine { report: Some(&counts), error, ..ReportLine::default() });
            }
        }
        self.send();
        Ok(())
    }

    fn shown(&self, error: &Error) -> LineError {
        let code = error.code();
        let message = match code {
            Code::Internal => self.language.sentence(error).to_owned(),
            _ => why(self.language, error),
        };
        LineError { code: code.code(), message }
    }
}

impl Watch for Sender {
    fn progress(&mut self, progress: Progress) {
        let is_first = self.rows == 0 && progress.rows > 0;
        if is_first || progress.rows >= self.rows + PROGRESS_ROWS {
            self.rows = progress.rows;
            self.add(ReportLine { progress: Some(progress), ..ReportLine::default() });
        }
        self.send();
    }

    fn refused(&mut self, row: &Refused) {
        self.add(ReportLine { refused: Some(row), ..ReportLine::default() });
    }

    fn noted(&mut self, row: &Noted) {
        self.add(ReportLine { noted: Some(row), ..ReportLine::default() });
    }
}
