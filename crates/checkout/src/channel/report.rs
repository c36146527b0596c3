//! What became of a file of orders.

use super::place::Done;
use files::{
    Position, Progress, ReadAs,
    report::{Outcome, RefusedRow, nothing_stored, refused_row, summary},
    response::{LineError, LineSender},
};
use kernel::{Detail, Error, OrderNumber};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// Watches an import of orders while it runs.
pub trait Watch {
    /// After every few rows.
    fn progress(&mut self, _progress: Progress) {}
    /// For every order that is placed, or was before.
    fn placed(&mut self, _order: &PlacedRow) {}
    /// For every row that is not.
    fn refused(&mut self, _row: &Refused) {}
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
    pub refused: Vec<Refused>,
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
    /// The number of this row in the file, from 1: a header and blank lines do not count, and an object of JSON is one row.
    pub row: u64,
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
pub struct Refused {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its number in the file, from 1: a header and blank lines do not count, and an object of JSON is one row.
    pub row: u64,
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
        let first = order.rows.first().copied().unwrap_or_default();
        PlacedRow {
            line: first.line,
            row: first.row,
            channel: order.origin.channel.clone(),
            channel_order_number: order.origin.channel_order_number.clone(),
            order_number: number,
            is_known,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { line, row, channel_order_number, code, reason } = self;
        match channel_order_number {
            Some(number) => write!(f, "line {line}, order {number}: refused, {code} {reason}"),
            None => write!(f, "line {line}, row {row}: refused, {code} {reason}"),
        }
    }
}

impl RefusedRow for Refused {
    fn of(at: Position, number: Option<String>, code: &'static str, reason: String) -> Refused {
        Refused { line: at.line, row: at.row, channel_order_number: number, code, reason }
    }

    fn position(&self) -> Position {
        Position { row: self.row, line: self.line }
    }

    fn detail(&self) -> Detail {
        let number = self.channel_order_number.as_deref().unwrap_or_default();
        refused_row(self.position(), self.code, &self.reason).with("channelOrderNumber", number)
    }
}

impl Outcome for Report {
    fn nothing_stored(&self) -> Option<Error> {
        (self.placed + self.known == 0).then(|| nothing_stored(self.rows, &self.refused))
    }

    fn counts(self) -> Report {
        Report { refused: Vec::new(), orders: Vec::new(), ..self }
    }
}

impl Report {
    /// The counts, for people at a terminal.
    pub fn summary(&self) -> String {
        let Report { rows, placed, known, refused_rows, .. } = self;
        let counts = format!("{rows} rows: {placed} orders placed, {known} known, {refused_rows} rows refused");
        summary(self.dry_run.then_some("placed"), &self.read, &counts, self.stopped.as_deref())
    }
}

/// One line of the response; it has one member, except for the last.
// the sender of lines writes those with progress, and the last one
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
    pub refused: Option<&'a Refused>,
    /// The last line: the counts. Its lists are empty, because their rows had lines of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<&'a Report>,
    /// The last line of an import that failed or placed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<LineError>,
}

impl Watch for LineSender {
    fn progress(&mut self, progress: Progress) {
        LineSender::progress(self, progress);
    }

    fn placed(&mut self, order: &PlacedRow) {
        self.add(&ReportLine { placed: Some(order), ..ReportLine::default() });
    }

    fn refused(&mut self, row: &Refused) {
        self.add(&ReportLine { refused: Some(row), ..ReportLine::default() });
    }
}
