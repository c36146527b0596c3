//! The rows that checks look at: range by range in the order of a key, or those that events name.

use crate::kept::kept;
use crate::row::FromColumn;
use crate::{Arg, Column, Tx, args, outbox};
use kernel::{Code, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Rows of one range. Its checks run in one read, which then takes some hundredths of a second: short enough for the
/// write-ahead log to be cut back in between, long enough that reading takes most of the time.
pub const ROWS_AT_ONCE: i64 = 2_000;
/// Events of one read of an incremental audit.
const EVENTS_AT_ONCE: i64 = 1_000;
/// Numbers with at most so many others between them are looked at as one range: a range costs more than a few rows that did
/// not change.
const GAP_MAX: i64 = 20;
/// How much earlier than an audit a change may say that it happened and still be seen by the next one only: the clocks of
/// instances differ, and a change is visible some time after it has got its time.
const CLOCKS_APART: Duration = Duration::from_secs(600);

/// The rows that a check looks at, in the order of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keys {
    pub table: &'static str,
    /// A number or a text. The primary key or an index begins with it; several rows may have the same.
    pub column: &'static str,
    /// Which of the rows an incremental audit looks at.
    pub changed: Changed,
}

impl Keys {
    /// Rows by their ids, and of those that events are about: the key of an event is in the column `name`.
    pub const fn named(table: &'static str, name: &'static str) -> Keys {
        Keys { table, column: "id", changed: Changed::Named { table, name, key: "id" } }
    }
}

/// Which rows may have changed since an earlier audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Changed {
    /// Those that were added: they have larger keys, and no statement changes or deletes a row.
    Added,
    /// Those whose last change is not older than the earlier audit: every statement that changes a row of `table` writes the time
    /// into its column `at`, which an index begins with. `key` of the same row is the key that the check runs over.
    Dated { table: &'static str, at: &'static str, key: &'static str },
    /// Those of the things that events are about. The key of an event is in the column `name` of `table`, and `key` of the same row
    /// is the key that the check runs over.
    Named { table: &'static str, name: &'static str, key: &'static str },
    /// All of them, because they are few, or because their changes have no events.
    All,
}

/// A value of the column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    Int(i64),
    Text(String),
}

/// The rows from a key to a key, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub from: Key,
    pub to: Key,
}

/// Where the rows of all checks ended when an audit began. An incremental audit begins there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The sequence number of the newest event.
    pub sequence: i64,
    /// The largest key of each table to which rows are only added.
    pub added: BTreeMap<String, Key>,
    /// When; older versions did not store it.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// What an incremental audit looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// What changed after this …
    pub from: Mark,
    /// … and up to this, where the audit begins. What changes later is for the next one; otherwise an audit of a busy shop would
    /// have no end.
    pub to: Mark,
}

impl Key {
    pub(super) fn to_arg(&self) -> Arg<'_> {
        match self {
            Key::Int(number) => Arg::Int(*number),
            Key::Text(text) => Arg::Text(text),
        }
    }
}

impl FromColumn for Key {
    fn from_column(column: Column<'_>) -> Result<Key> {
        match column {
            Column::Null => Err(Code::Internal.error().caused_by("the key of a row is null")),
            Column::Int(number) => Ok(Key::Int(number)),
            Column::Text(text) => Ok(Key::Text(text.to_owned())),
        }
    }
}

impl Keys {
    /// Its name in a stored position.
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// The range of about `rows` rows after a key, or from the first row on, and whether more rows may come after it. `None` after
    /// the last row.
    pub fn after(self, tx: &mut Tx<'_>, key: Option<&Key>, rows: i64) -> Result<Option<(Range, bool)>> {
        let Keys { table, column, .. } = self;
        let after = if key.is_some() { format!(" where {column} > ?") } else { String::new() };
        let sql = format!(
            "select min(r.k), max(r.k), count(*) from (select {column} as k from {table}{after} order by {column} limit ?) r"
        );
        let args: Vec<Arg<'_>> = key.map(Key::to_arg).into_iter().chain([Arg::Int(rows)]).collect();
        tx.query_one(kept(sql), &args, |row| {
            let ends = row.next::<Option<Key>>()?.zip(row.next::<Option<Key>>()?);
            let is_full = row.next::<i64>()? >= rows;
            Ok(ends.map(|(from, to)| (Range { from, to }, is_full)))
        })
    }

    /// The largest key.
    pub fn last(self, tx: &mut Tx<'_>) -> Result<Option<Key>> {
        let Keys { table, column, .. } = self;
        tx.query_one(kept(format!("select max({column}) from {table}")), args![], |row| row.next())
    }

    /// Whether an incremental audit is led to the rows that changed, instead of looking at ranges.
    pub fn has_changes(self) -> bool {
        matches!(self.changed, Changed::Named { .. } | Changed::Dated { .. })
    }

    /// The next ranges to look at, and where the ranges after them begin; `None` when there are no more. A full audit, one
    /// without `since`, looks at the next range of about so many `rows`.
    pub fn next(
        self,
        tx: &mut Tx<'_>,
        since: Option<&Since>,
        after: Option<&Key>,
        rows: i64,
    ) -> Result<(Vec<Range>, Option<Key>)> {
        let number = |after: Option<&Key>, first: i64| match after {
            Some(Key::Int(number)) => *number,
            Some(Key::Text(_)) | None => first,
        };
        match (self.changed, since) {
            (Changed::Named { table, name, key }, Some(since)) => {
                let events = outbox::keys_after(tx, number(after, since.from.sequence), EVENTS_AT_ONCE)?;
                let last = events.last().map(|(sequence, _)| Key::Int(*sequence));
                let is_over = events.last().is_some_and(|(sequence, _)| *sequence >= since.to.sequence);
                let events: BTreeSet<String> = events.into_iter().map(|(_, key)| key).collect();
                let list = Arg::List(events.iter().map(|event| Arg::Text(event)).collect());
                let sql = format!("select {key} from {table} where {name} in ([?])");
                Ok((self.found(tx, kept(sql), &[list])?, last.filter(|_| !is_over)))
            }
            (Changed::Dated { table, at, key }, Some(since)) => {
                let first = since.from.at.map_or(-1, |at| at.before(CLOCKS_APART).as_millis());
                let (after, to) = (number(after, first), since.to.at.map_or(i64::MAX, Timestamp::as_millis));
                // changes of the same millisecond are looked at together
                let last = format!(
                    "select max(r.t) from (select {at} as t from {table} where {at} > ? and {at} <= ?
                     order by {at} limit ?) r"
                );
                let last: Option<i64> = tx.query_one(kept(last), args![after, to, rows], |row| row.next())?;
                let Some(last) = last else { return Ok((Vec::new(), None)) };
                let sql = format!("select distinct {key} from {table} where {at} > ? and {at} <= ?");
                Ok((self.found(tx, kept(sql), args![after, last])?, Some(Key::Int(last))))
            }
            (Changed::Added, Some(since)) => self.range(tx, after.or_else(|| since.from.added.get(&self.name())), rows),
            (Changed::All, Some(_)) | (_, None) => self.range(tx, after, rows),
        }
    }

    fn range(self, tx: &mut Tx<'_>, after: Option<&Key>, rows: i64) -> Result<(Vec<Range>, Option<Key>)> {
        let Some((range, is_full)) = self.after(tx, after, rows)? else { return Ok((Vec::new(), None)) };
        let last = range.to.clone();
        Ok((vec![range], Some(last).filter(|_| is_full)))
    }

    fn found(self, tx: &mut Tx<'_>, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Range>> {
        let keys = tx.query(sql, args, |row| row.next::<Option<Key>>())?;
        Ok(joined(keys.into_iter().flatten().collect()))
    }
}

/// Ranges of these keys, with numbers that are near each other in one range.
fn joined(keys: BTreeSet<Key>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for key in keys {
        match (ranges.last_mut(), &key) {
            (Some(Range { to: Key::Int(to), .. }), Key::Int(next)) if next - *to <= GAP_MAX => *to = *next,
            _ => ranges.push(Range { from: key.clone(), to: key }),
        }
    }
    ranges
}

impl Mark {
    /// Where the rows of these checks end now.
    pub fn now(tx: &mut Tx<'_>, keys: impl IntoIterator<Item = Keys>) -> Result<Mark> {
        let mut mark = Mark { sequence: outbox::newest(tx)?, added: BTreeMap::new(), at: Some(tx.now()) };
        for keys in keys.into_iter().filter(|keys| keys.changed == Changed::Added) {
            if let Some(last) = keys.last(tx)? {
                mark.added.insert(keys.name(), last);
            }
        }
        Ok(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_near_each_other_are_one_range() {
        let range = |from: i64, to: i64| Range { from: Key::Int(from), to: Key::Int(to) };
        let numbers = [1, 2, 3, 23, 44, 1_000].map(Key::Int);
        assert_eq!(joined(numbers.into()), [range(1, 23), range(44, 44), range(1_000, 1_000)]);
        let texts = ["a", "b"].map(|text| Key::Text(text.to_owned()));
        assert_eq!(joined(texts.into()).len(), 2);
    }

    #[test]
    fn a_key_is_stored_as_a_number_or_a_text() {
        for key in [Key::Int(7), Key::Text("ORD-7".to_owned())] {
            let text = serde_json::to_string(&key).unwrap();
            assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key);
        }
    }
}
