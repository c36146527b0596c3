//! An import's report while it is made: lines of JSON for a caller who wants every refused row, however many there are.

use crate::report::{Noted, Refused, Report, Watch};
use files::report::Progress;
use files::response::{LineError, LineSender};
use kernel::Result;
use serde::Serialize;
use utoipa::ToSchema;

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

/// Runs the import and sends its lines. What fails before the first line is returned.
pub fn send(lines: LineSender, import: impl FnOnce(&mut dyn Watch) -> Result<Report>) -> Result<()> {
    lines.end_with(
        |lines| import(lines),
        |lines, report| {
            let error = report.nothing_stored().map(|error| lines.shown(&error));
            let counts = Report { refused: Vec::new(), noted: Vec::new(), ..report };
            lines.add(&ReportLine { report: Some(&counts), error, ..ReportLine::default() });
        },
    )
}

impl Watch for LineSender {
    fn progress(&mut self, progress: Progress) {
        LineSender::progress(self, progress);
    }

    fn refused(&mut self, row: &Refused) {
        self.add(&ReportLine { refused: Some(row), ..ReportLine::default() });
    }

    fn noted(&mut self, row: &Noted) {
        self.add(&ReportLine { noted: Some(row), ..ReportLine::default() });
    }
}
