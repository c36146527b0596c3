//! Audits: what must always hold in the database, as lists of named checks.
//!
//! A check looks at the rows of a table in ranges of their key, each in a short read of its own, so that an audit of a large
//! shop holds no snapshot for long, can be stopped and goes on where it stopped. Its statement compares each row with others
//! that an index finds; a sum over a whole table cannot be checked in ranges, so such a promise is written as what must hold
//! between a row and the one before it.

mod keys;

use crate::{Arg, Column, Row, Tx, kept::kept};
use kernel::{Code, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _, time::Duration};

pub use keys::{Changed, Key, Keys, Mark, ROWS_AT_ONCE, Range, Since};

/// Violations reported per check. A shop with more has one cause for all of them, and a report must stay readable.
pub const VIOLATIONS_MAX: i64 = 100;

/// A broken promise: something that must always hold does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The rule in words, such as `available is never negative`.
    pub rule: Cow<'static, str>,
    /// What it is broken for, such as `variant 7 at MAIN`.
    pub subject: String,
    /// What was found.
    pub found: String,
}

impl Violation {
    /// `rule` is broken for `subject`.
    pub fn new(rule: &'static str, subject: impl Into<String>, found: impl Into<String>) -> Violation {
        Violation { rule: rule.into(), subject: subject.into(), found: found.into() }
    }
}

/// One rule and the query for everything that breaks it. A domain lists its checks as a constant; [`run`] runs them.
///
/// ```
/// use std::time::Duration;
/// use store::{Check, audit::{Changed, Given, Keys}};
///
/// const LINES: Keys = Keys { table: "order_items", column: "id", changed: Changed::All };
/// const WRONG_LINES: &str = "select id, line_number, quantity, unit_price from order_items
///     where id between ? and ? and (quantity < 1 or unit_price < 0) order by id limit ?";
/// const STUCK: &str = "select order_number, status from orders where status = 'PENDING' and updated_at < ?
///     order by id limit ?";
///
/// pub const AUDIT: &[Check] = &[
///     Check {
///         rule: "a line has a quantity and a price",
///         over: Some(LINES),
///         sql: WRONG_LINES,
///         given: &[],
///         subject: "order {} line {}",
///         found: "quantity {}, price {}",
///     },
///     Check {
///         rule: "a pending order is decided within an hour",
///         over: None,
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
    /// The rows that it looks at, in ranges. `None` when an index leads to the few rows that can break it: it then runs once.
    pub over: Option<Keys>,
    /// Selects the rows that break it. With `over` its first two arguments are the range: `key between ? and ?`. Ends in
    /// `limit ?`, which is [`VIOLATIONS_MAX`].
    pub sql: &'static str,
    /// The arguments between the range and the limit.
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
    /// Everything in `range` that breaks it; a check that is not over keys has no range.
    fn violations(&self, tx: &mut Tx<'_>, range: Option<&Range>) -> Result<Vec<Violation>> {
        let args = self.args(tx.now(), range);
        tx.query(self.sql, &args, |row| self.violation(row))
    }

    /// The arguments of its statement.
    fn args<'r>(&self, now: Timestamp, range: Option<&'r Range>) -> Vec<Arg<'r>> {
        let given = self.given.iter().map(|given| match given {
            Given::Ago(time) => Arg::Int(now.before(*time).as_millis()),
            Given::Number(number) => Arg::Int(*number),
            Given::Text(text) => Arg::Text(text),
        });
        let range = range.map(|range| [range.from.to_arg(), range.to.to_arg()]).into_iter().flatten();
        range.chain(given).chain([Arg::Int(VIOLATIONS_MAX)]).collect()
    }

    fn violation(&self, row: &Row<'_>) -> Result<Violation> {
        let mut next = 0;
        let subject = filled(self.subject, row, &mut next)?;
        let found = filled(self.found, row, &mut next)?;
        if next != row.columns() {
            let cause = format!("{:?} selects {} columns and shows {next}", self.rule, row.columns());
            return Err(Code::Internal.error().caused_by(cause));
        }
        Ok(Violation::new(self.rule, subject, found))
    }
}

/// Checks that look at the same rows, so that one read serves them all.
pub fn by_keys(checks: impl IntoIterator<Item = Check>) -> BTreeMap<Option<Keys>, Vec<Check>> {
    let mut groups: BTreeMap<Option<Keys>, Vec<Check>> = BTreeMap::new();
    for check in checks {
        groups.entry(check.over).or_default().push(check);
    }
    groups
}

/// Everything in `range` that breaks each of `checks`, at most [`VIOLATIONS_MAX`] of each; without a range, of checks that are
/// not over keys. Only reads. One statement finds out which of them are broken, and only these are asked for what breaks them.
pub fn look(tx: &mut Tx<'_>, checks: &[Check], range: Option<&Range>) -> Result<Vec<Vec<Violation>>> {
    if let [check] = checks {
        return Ok(vec![check.violations(tx, range)?]);
    }
    let now = tx.now();
    let args: Vec<Arg<'_>> = checks.iter().flat_map(|check| check.args(now, range)).collect();
    let broken: Vec<bool> = tx.query_one(kept(which_are_broken(checks)), &args, |row| {
        checks.iter().map(|_| Ok(row.next::<i64>()? == 1)).collect()
    })?;
    let each = checks.iter().zip(broken);
    each.map(|(check, broken)| if broken { check.violations(tx, range) } else { Ok(Vec::new()) }).collect()
}

/// A statement with a column for each check, which is 1 when something breaks it.
pub fn which_are_broken(checks: &[Check]) -> String {
    let column = |check: &Check| format!("case when exists ({}) then 1 else 0 end", check.sql);
    format!("select {}", checks.iter().map(column).collect::<Vec<_>>().join(", "))
}

/// Everything that breaks one of `checks`, at most [`VIOLATIONS_MAX`] of each, in one read. For tests; an audit of a shop
/// looks at one range after the other.
pub fn run(tx: &mut Tx<'_>, checks: &[Check]) -> Result<Vec<Violation>> {
    run_over(tx, checks, None)
}

/// The same, of what changed `since`.
pub fn run_since(tx: &mut Tx<'_>, checks: &[Check], since: &Since) -> Result<Vec<Violation>> {
    run_over(tx, checks, Some(since))
}

fn run_over(tx: &mut Tx<'_>, checks: &[Check], since: Option<&Since>) -> Result<Vec<Violation>> {
    let mut broken: Vec<Violation> = Vec::new();
    for (keys, checks) in by_keys(checks.iter().copied()) {
        let Some(keys) = keys else {
            broken.extend(look(tx, &checks, None)?.concat());
            continue;
        };
        let mut after = None;
        loop {
            let (ranges, next) = keys.next(tx, since, after.as_ref(), ROWS_AT_ONCE)?;
            for range in &ranges {
                broken.extend(look(tx, &checks, Some(range))?.concat());
            }
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(limited(broken))
}

/// The first [`VIOLATIONS_MAX`] of each rule.
pub fn limited(broken: Vec<Violation>) -> Vec<Violation> {
    let mut counts: BTreeMap<Cow<'static, str>, i64> = BTreeMap::new();
    let mut kept = broken;
    kept.retain(|violation| {
        let count = counts.entry(violation.rule.clone()).or_default();
        *count += 1;
        *count <= VIOLATIONS_MAX
    });
    kept
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
