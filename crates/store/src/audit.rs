//! Audits: what must always hold in the database, as lists of named checks.

use crate::{Arg, Column, Row, Tx};
use kernel::{Code, Result};
use serde::Serialize;
use std::{fmt::Write as _, time::Duration};

/// Violations reported per check. A shop with more has one cause for all of them, and a report must stay readable.
pub const VIOLATIONS_MAX: i64 = 100;

/// A broken promise: something that must always hold does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The rule in words, such as `available is never negative`.
    pub rule: &'static str,
    /// What it is broken for, such as `variant 7 at MAIN`.
    pub subject: String,
    /// What was found.
    pub found: String,
}

impl Violation {
    /// `rule` is broken for `subject`.
    pub fn new(rule: &'static str, subject: impl Into<String>, found: impl Into<String>) -> Violation {
        Violation { rule, subject: subject.into(), found: found.into() }
    }
}

/// One rule and the query for everything that breaks it. A domain lists its checks as a constant; [`run`] runs them.
///
/// ```
/// use std::time::Duration;
/// use store::{Check, audit::Given};
///
/// const WRONG_LINES: &str = "select id, line_number, quantity, unit_price from order_items
///     where quantity < 1 or unit_price < 0 order by id limit ?";
/// const STUCK: &str = "select order_number, status from orders where status = 'PENDING' and updated_at < ?
///     order by id limit ?";
///
/// pub const AUDIT: &[Check] = &[
///     Check {
///         rule: "a line has a quantity and a price",
///         sql: WRONG_LINES,
///         given: &[],
///         subject: "order {} line {}",
///         found: "quantity {}, price {}",
///     },
///     Check {
///         rule: "a pending order is decided within an hour",
///         sql: STUCK,
///         given: &[Given::Ago(Duration::from_secs(3_600))],
///         subject: "{}",
///         found: "it is still {}",
///     },
/// ];
/// # let _ = AUDIT;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What must hold, as a sentence.
    pub rule: &'static str,
    /// Selects the rows that break it. Ends in `limit ?`, for which [`run`] gives [`VIOLATIONS_MAX`].
    pub sql: &'static str,
    /// The arguments before the limit.
    pub given: &'static [Given],
    /// Names the thing that breaks the rule. Each `{}` here, and then in `found`, is the next column of the row.
    pub subject: &'static str,
    /// What is wrong with it.
    pub found: &'static str,
}

/// An argument of a check.
#[derive(Debug, Clone, Copy)]
pub enum Given {
    /// The instant this long before the audit.
    Ago(Duration),
    /// A number, such as a limit.
    Number(i64),
    /// A text, such as the name of a flow.
    Text(&'static str),
}

impl Check {
    fn violations(&self, tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
        let now = tx.now();
        let given = self.given.iter().map(|given| match given {
            Given::Ago(time) => Arg::Int(now.before(*time).as_millis()),
            Given::Number(number) => Arg::Int(*number),
            Given::Text(text) => Arg::Text(text),
        });
        let args: Vec<Arg<'_>> = given.chain([Arg::Int(VIOLATIONS_MAX)]).collect();
        tx.query(self.sql, &args, |row| self.violation(row))
    }

    fn violation(&self, row: &Row<'_>) -> Result<Violation> {
        let mut next = 0;
        let subject = filled(self.subject, row, &mut next)?;
        let found = filled(self.found, row, &mut next)?;
        if next != row.columns() {
            let cause = format!("{:?} selects {} columns and shows {next}", self.rule, row.columns());
            return Err(Code::Internal.error().caused_by(cause));
        }
        Ok(Violation { rule: self.rule, subject, found })
    }
}

/// Everything that breaks one of `checks`, at most [`VIOLATIONS_MAX`] of each. Only reads.
pub fn run(tx: &mut Tx<'_>, checks: &[Check]) -> Result<Vec<Violation>> {
    let mut broken = Vec::new();
    for check in checks {
        broken.extend(check.violations(tx)?);
    }
    Ok(broken)
}

/// `template` with the row's columns from `next` on in the place of its `{}`.
fn filled(template: &str, row: &Row<'_>, next: &mut usize) -> Result<String> {
    let mut parts = template.split("{}");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match row.column(*next)? {
            Column::Null => text.push_str("none"),
            Column::Int(number) => write!(text, "{number}").map_err(|e| Code::Internal.error().caused_by(e))?,
            Column::Text(column) => text.push_str(column),
        }
        text.push_str(part);
        *next += 1;
    }
    Ok(text)
}
