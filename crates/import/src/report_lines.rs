//! An import's report while it is made: lines of JSON for a caller who wants every refused row, however many there are.

use crate::report::{Noted, Refused, Report, Watch};
use files::report::Progress;
use files::response::{LineError, LineSender};
use serde::Serialize;
use utoipa::ToSchema;

/// One line of the response; it has one member, except for the last.
// the sender of lines writes those with progress, and the last one
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
