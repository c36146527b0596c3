//! Positions: up to which event a subscriber has dealt with the stream.

use crate::{Tx, args};
use kernel::Result;

const POSITION: &str = "select position from consumer_positions where consumer = ?";
const MOVE: &str = "insert into consumer_positions (consumer, position) values (?, ?) {on conflict (consumer): position = new.position}";

pub(crate) const STATEMENTS: &[&str] = &[POSITION, MOVE];

/// The sequence number of the last event that the subscriber has dealt with; `None` for a new subscriber.
pub fn position(tx: &mut Tx<'_>, subscriber: &str) -> Result<Option<i64>> {
    tx.query_first(POSITION, args![subscriber], |row| row.get(0))
}

/// Sets the subscriber's position, in the same transaction as what it did.
pub fn set_position(tx: &mut Tx<'_>, subscriber: &str, position: i64) -> Result<()> {
    tx.exec(MOVE, args![subscriber, position]).map(|_| ())
}
