//! Finding rows by their time, in a table that no index orders by it.

use crate::{Tx, args};
use kernel::{Result, Timestamp};

/// The row before the first one that was made at `at` or later, by id. `last` selects the largest id, or 0; `first` selects the id
/// and the time of the first row with an id of at least `?`. Rows are made nearly in the order of their ids, so a few of them are
/// read; the caller names an earlier time than it needs.
pub fn row_before(tx: &mut Tx<'_>, last: &'static str, first: &'static str, at: Timestamp) -> Result<i64> {
    let (mut low, mut high) = (0, tx.query_one(last, args![], |row| row.next::<i64>())? + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let row = tx.query_first(first, args![middle], |row| Ok((row.next::<i64>()?, row.next::<Timestamp>()?)))?;
        match row {
            Some((id, made)) if made < at => low = id + 1,
            Some(_) | None => high = middle,
        }
    }
    Ok(low - 1)
}
