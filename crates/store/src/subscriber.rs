//! Positions: up to which event a subscriber has dealt with the stream.

use crate::{Tx, args};
use kernel::Result;
use std::collections::BTreeMap;

const POSITION: &str = "select position from consumer_positions where consumer = ?";
const MOVE: &str = "insert into consumer_positions (consumer, position) values (?, ?) {on conflict (consumer): position = new.position}";
const ALL: &str = "select consumer, position from consumer_positions";
const RAISE: &str = "update consumer_positions set position = ? where consumer = ? and position < ?";
const BEGIN: &str = "insert into consumer_positions (consumer, position) values (?, ?) {on conflict ignore: consumer}";

pub(crate) const STATEMENTS: &[&str] = &[POSITION, ALL, MOVE, RAISE, BEGIN];

/// The sequence number of the last event that the subscriber has dealt with; `None` for a new subscriber.
pub fn position(tx: &mut Tx<'_>, subscriber: &str) -> Result<Option<i64>> {
    tx.query_first(POSITION, args![subscriber], |row| row.next())
}

/// Every stored position, by the subscriber's name.
pub fn positions(tx: &mut Tx<'_>) -> Result<BTreeMap<String, i64>> {
    Ok(tx.query(ALL, args![], |row| Ok((row.next()?, row.next()?)))?.into_iter().collect())
}

/// Sets the subscriber's position, in the same transaction as what it did.
pub fn set_position(tx: &mut Tx<'_>, subscriber: &str, position: i64) -> Result<()> {
    tx.exec(MOVE, args![subscriber, position]).map(|_| ())
}

/// Moves the subscriber's position forward, never back: another transaction may have moved it further meanwhile.
pub fn raise_position(tx: &mut Tx<'_>, subscriber: &str, position: i64) -> Result<()> {
    if tx.exec(RAISE, args![position, subscriber, position])? == 0 {
        tx.exec(BEGIN, args![subscriber, position])?;
    }
    Ok(())
}
