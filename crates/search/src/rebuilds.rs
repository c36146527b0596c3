//! A rebuild of every instance's index: an administrator asks one of them, all of them learn it from the stream of events, and each says
//! in a row of its own how far it is.

use crate::store;
use ::store::Tx;
use events::SearchRebuildAsked;
use kernel::{Result, Timestamp};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How often an instance says how far it is.
pub const REPORTED_EVERY: Duration = Duration::from_secs(1);
/// An instance that has not said anything for so long has ended, or stands still.
const GONE_AFTER: Duration = Duration::from_secs(60);

/// How far an instance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub instance: String,
    pub asked_at: Timestamp,
    /// Products that have been read.
    pub done: i64,
    /// Products that its old index has.
    pub products: i64,
    pub finished_at: Option<Timestamp>,
}

/// How far an instance is with the rebuild that was asked for last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchRebuild {
    /// The number of its process and a number drawn at its start.
    pub instance: String,
    pub asked_at: Timestamp,
    /// Products that have been read.
    pub done: i64,
    /// Products that its old index has.
    pub products: i64,
    /// Since when the new index serves; `null` until then.
    pub finished_at: Option<Timestamp>,
    /// When it said this.
    pub seen_at: Timestamp,
    /// Whether it has said nothing for a minute without having finished: it has ended, or stands still.
    pub is_gone: bool,
}

/// Asks every instance. Gives when that was, by which they recognise the request.
pub fn ask(tx: &mut Tx<'_>) -> Result<Timestamp> {
    let asked_at = tx.now();
    tx.emit(&SearchRebuildAsked { asked_at })?;
    Ok(asked_at)
}

/// Every instance that took part in the rebuild that was asked for last; the first that took it up first.
pub fn newest(tx: &mut Tx<'_>) -> Result<Vec<SearchRebuild>> {
    let now = tx.now();
    let mut all = store::rebuilds(tx)?;
    let newest = all.iter().map(|(one, _)| one.asked_at).max();
    all.retain(|(one, _)| Some(one.asked_at) == newest);
    let shown = |(one, seen_at): (Progress, Timestamp)| SearchRebuild {
        instance: one.instance,
        asked_at: one.asked_at,
        done: one.done,
        products: one.products,
        is_gone: one.finished_at.is_none() && now.since(seen_at) >= GONE_AFTER,
        finished_at: one.finished_at,
        seen_at,
    };
    Ok(all.into_iter().map(shown).collect())
}
