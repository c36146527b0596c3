//! How long rows stay, and deleting those that are old.

use crate::kept::kept;
use crate::{Tx, args};
use kernel::{Result, Timestamp};
use std::time::Duration;

/// About how many rows one job deletes, so that other jobs do not wait long for the writer.
pub const DELETED_AT_ONCE: i64 = 500;

/// How long the rows of a table stay. Each table of a shop has its line in the list of its module: a table that grows with every
/// order and that has no line would fill the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// For ever: they are the records of the shop.
    Records,
    /// There are few of them: this is why.
    Few(&'static str),
    /// Until the task with this name deletes them.
    Until(&'static str),
}

/// A table, and how long its rows stay.
pub type Kept = (&'static str, Stay);

/// Rows with a time after which they are not needed, in a column that an index begins with.
#[derive(Debug, Clone, Copy)]
pub struct Aged {
    pub table: &'static str,
    /// A row without a time is not old.
    pub at: &'static str,
}

impl Aged {
    /// The time of the oldest row.
    pub fn oldest(self, tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
        let Aged { table, at } = self;
        tx.query_one(kept(format!("select min({at}) from {table}")), args![], |row| row.get(0))
    }

    /// Deletes about [`DELETED_AT_ONCE`] of the rows from before `cutoff`, oldest first. Returns how many; call it again until
    /// that is 0.
    pub fn delete_before(self, tx: &mut Tx<'_>, cutoff: Timestamp) -> Result<u64> {
        let Aged { table, at } = self;
        let last = kept(format!("select {at} from {table} where {at} < ? order by {at} limit 1 offset ?"));
        let last = tx.query_first(last, args![cutoff, DELETED_AT_ONCE], |row| row.get::<Timestamp>(0))?;
        // rows of the same millisecond are deleted together, so that every call deletes at least one
        let before = last.map_or(cutoff, |at| at.after(Duration::from_millis(1)).min(cutoff));
        tx.exec(kept(format!("delete from {table} where {at} < ?")), args![before])
    }
}
