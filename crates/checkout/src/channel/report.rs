//! What became of a file of orders.

use super::place::Done;
use files::{
    Progress, ReadAs,
    report::{nothing_stored, refused_row},
    response::{LineError, LineSender},
};
use kernel::{Error, OrderNumber, Result};
use serde::Serialize;
use std::fmt::{self, Write};
use utoipa::ToSchema;

/// Watches an import of orders while it runs.
pub trait Watch {
    /// After every few rows.
    fn progress(&mut self, _progress: Progress) {}
    /// For every order that is placed, or was before.
    fn placed(&mut self, _order: &PlacedRow) {}
    /// For every row that is not.
    fn refused(&mut self, _row: &RefusedRow) {}
}

/// Watches nothing.
impl Watch for () {}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkOrdersReport)]
pub struct Report {
    /// Whether nothing was stored, because only what would be was asked for.
    pub dry_run: bool,
    /// How the file was read.
    #[serde(flatten)]
    pub read: ReadAs,
    /// Rows in the file.
    pub rows: u64,
    /// Orders that are placed now.
    pub placed: u64,
    /// Orders that were placed before, from the same rows: nothing happened to them.
    pub known: u64,
    /// Rows of which no order was placed, the first 1,000.
    pub refused: Vec<RefusedRow>,
    /// How many those are in all.
    pub refused_rows: u64,
    /// The orders that are placed now or were before, the first 1,000.
    pub orders: Vec<PlacedRow>,
    /// Why the rest of the file was not looked at.
    pub stopped: Option<String>,
}

/// An order that is placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkOrder)]
pub struct PlacedRow {
    /// The line on which its first row begins, from 1.
    pub line: u64,
    /// Where it was placed.
    pub channel: String,
    /// Its number there.
    pub channel_order_number: String,
    /// Its number here; none in a dry run, which places nothing.
    #[schema(value_type = Option<String>)]
    pub order_number: Option<OrderNumber>,
    /// Whether it was placed before.
    pub is_known: bool,
}

/// A row of which no order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkOrderRefusal)]
pub struct RefusedRow {
    /// The line it begins on, from 1.
    pub line: u64,
    /// The number of its order at the channel, when that much could be read.
    pub channel_order_number: Option<String>,
    /// The code from the one table.
    #[schema(example = "S402")]
    pub code: &'static str,
    /// Why, in the language of the response.
    pub reason: String,
}

impl PlacedRow {
    /// The order of these rows, and what became of it.
    pub fn of(order: &super::order::ChannelOrder, done: Done, is_dry_run: bool) -> PlacedRow {
        let (number, is_known) = match done {
            Done::Placed(number) => (Some(number).filter(|_| !is_dry_run), false),
            Done::Known(number) => (Some(number), true),
        };
        PlacedRow {
            line: order.rows.first().copied().unwrap_or_default(),
            channel: order.origin.channel.clone(),
            channel_order_number: order.origin.channel_order_number.clone(),
            order_number: number,
            is_known,
        }
    }
}

impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RefusedRow { line, channel_order_number, code, reason } = self;
        write!(f, "line {line}, order {}: refused, {code} {reason}", channel_order_number.as_deref().unwrap_or("?"))
    }
}

impl Report {
    /// C002 when no order is placed and none was: an import that did nothing is no success.
    pub fn nothing_stored(&self) -> Option<Error> {
        if self.placed + self.known > 0 {
            return None;
        }
        let detail = |row: &RefusedRow| {
            let number = row.channel_order_number.as_deref().unwrap_or_default();
            refused_row(row.line, row.code, &row.reason).with("channelOrderNumber", number)
        };
        Some(nothing_stored(self.rows, self.refused.iter().map(detail)))
    }

    /// The counts, for people at a terminal.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        // writing to a text cannot fail
        let _ = self.write_summary(&mut text);
        text
    }

    fn write_summary(&self, f: &mut impl Write) -> fmt::Result {
        let Report { rows, placed, known, refused_rows, .. } = self;
        if self.dry_run {
            writeln!(f, "a dry run: nothing was placed, and this is what would be")?;
        }
        write!(f, "{}", self.read)?;
        writeln!(f, "{rows} rows: {placed} orders placed, {known} known, {refused_rows} rows refused")?;
        match &self.stopped {
            Some(why) => writeln!(f, "stopped: {why}"),
            None => Ok(()),
        }
    }
}

/// One line of the response; it has one member, except for the last.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkOrdersLine)]
pub struct ReportLine<'a> {
    /// How far the import is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// An order that is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<&'a PlacedRow>,
    /// A row of which no order was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'a RefusedRow>,
    /// The last line: the counts. Its lists are empty, because their rows had lines of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<&'a Report>,
    /// The last line of an import that failed or placed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<LineError>,
}

/// Runs the import and sends its lines. What fails before the first line is returned.
pub fn send(lines: LineSender, import: impl FnOnce(&mut dyn Watch) -> Result<Report>) -> Result<()> {
    lines.end_with(
        |lines| import(lines),
        |lines, report| {
            let error = report.nothing_stored().map(|error| lines.shown(&error));
            let counts = Report { refused: Vec::new(), orders: Vec::new(), ..report };
            lines.add(&ReportLine { report: Some(&counts), error, ..ReportLine::default() });
        },
    )
}

impl Watch for LineSender {
    fn progress(&mut self, progress: Progress) {
        LineSender::progress(self, progress);
    }

    fn placed(&mut self, order: &PlacedRow) {
        self.add(&ReportLine { placed: Some(order), ..ReportLine::default() });
    }

    fn refused(&mut self, row: &RefusedRow) {
        self.add(&ReportLine { refused: Some(row), ..ReportLine::default() });
    }
}
