//! Rebuilds the snapshots from the ledger: compares on a read connection, repairs row by row on request.

use crate::Location;
use crate::events;
use crate::store;
use ::store::{Db, Row, Tx, args};
use kernel::{ProductId, Result, SnapshotId, Timestamp, VariantId};
use serde::Serialize;
use utoipa::ToSchema;

/// Snapshots compared by one job.
const CHUNK: i64 = 500;
/// Differences listed in a report; further ones are only counted and repaired.
const LISTED_MAX: usize = 1_000;

pub(crate) const NEWEST: &str = "select coalesce(max(id), 0) from inventory_snapshots";
pub(crate) const NEWEST_IN_LEDGER: &str = "select coalesce(max(snapshot_id), 0) from inventory_events";
pub(crate) const COMPARE: &str = "
    select s.id, s.product_id, s.variant_id, s.location_code, s.available, s.reserved, s.version,
           coalesce(e.available, 0), coalesce(e.reserved, 0), coalesce(e.last_version, 0), coalesce(e.events, 0),
           s.created_at
      from inventory_snapshots s
      left join (select snapshot_id, count(*) as events, max(aggregate_version) as last_version,
                        cast(sum(quantity_change) as {bigint}) as available,
                        cast(sum(reserved_change) as {bigint}) as reserved
                   from inventory_events where snapshot_id > ? and snapshot_id <= ? group by snapshot_id) e
        on e.snapshot_id = s.id
     where s.id > ? and s.id <= ?
     order by s.id";
pub(crate) const LOST: &str = "
    select snapshot_id, product_id, variant_id, location_code,
           cast(0 as {bigint}), cast(0 as {bigint}), cast(0 as {bigint}),
           cast(sum(quantity_change) as {bigint}), cast(sum(reserved_change) as {bigint}), max(aggregate_version),
           count(*), min(occurred_at)
      from inventory_events e
     where snapshot_id > ? and snapshot_id <= ?
       and not exists (select 1 from inventory_snapshots s where s.id = e.snapshot_id)
     group by snapshot_id, product_id, variant_id, location_code
     order by snapshot_id";
pub(crate) const LOCK: &str = "select available, reserved, version from inventory_snapshots where id = ? {for update}";
pub(crate) const FOLD: &str = "
    select cast(coalesce(sum(quantity_change), 0) as {bigint}), cast(coalesce(sum(reserved_change), 0) as {bigint}),
           coalesce(max(aggregate_version), 0), count(*)
      from inventory_events where snapshot_id = ? and aggregate_version > ? and aggregate_version <= ?";
/// Changes stock outside `MOVE`: sets the snapshot to what the ledger says.
pub(crate) const REPAIR: &str = "
    update inventory_snapshots set available = ?, reserved = ?, version = ?, updated_at = ? where id = ?";
pub(crate) const RESTORE: &str = "
    insert into inventory_snapshots (id, product_id, variant_id, location_code, available, reserved, low_stock_threshold,
        version, created_at, updated_at)
    values (?, ?, ?, ?, 0, 0, ?, 0, ?, ?) {on conflict ignore: variant_id}";

/// Result of a rebuild.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryRebuildReport)]
pub struct Report {
    /// Whether it only compared.
    pub dry_run: bool,
    /// Snapshots compared.
    pub snapshots: i64,
    /// Events folded.
    pub events: i64,
    /// Snapshots that differ from the fold of their events, or are lost.
    pub different: i64,
    /// How many of them were repaired.
    pub repaired: i64,
    /// The first 1,000 of them.
    pub differences: Vec<Difference>,
}

/// A snapshot that differs from the fold of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryDifference)]
pub struct Difference {
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// Where.
    pub location_code: Location,
    /// The stored figures; all zero when the snapshot is lost.
    pub kept: Figures,
    /// The figures according to the events.
    pub folded: Figures,
    /// Events missing in the sequence of versions; they cannot be restored.
    pub missing_events: i64,
    /// Whether it was repaired. A fold with a negative figure is left to a person.
    pub repaired: bool,
}

/// The figures of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryFigures)]
pub struct Figures {
    /// Units that can be sold.
    pub available: i64,
    /// Units held by orders.
    pub reserved: i64,
    /// Number of events.
    pub version: i64,
}

/// One row compared.
#[derive(Debug, Clone)]
struct Compared {
    id: SnapshotId,
    events: i64,
    opened_at: Timestamp,
    difference: Difference,
}

impl Compared {
    fn differs(&self) -> bool {
        self.difference.kept != self.difference.folded || self.difference.missing_events != 0
    }
}

fn compared(row: &Row<'_>) -> Result<Compared> {
    let id = row.next()?;
    let (product_id, variant_id, location_code) = (row.next()?, row.next()?, row.next()?);
    let (kept, folded) = (figures(row)?, figures(row)?);
    let (events, opened_at) = (row.next()?, row.next()?);
    let missing_events = folded.version - events;
    let difference =
        Difference { product_id, variant_id, location_code, kept, folded, missing_events, repaired: false };
    Ok(Compared { id, events, opened_at, difference })
}

fn figures(row: &Row<'_>) -> Result<Figures> {
    Ok(Figures { available: row.next()?, reserved: row.next()?, version: row.next()? })
}

/// Compares every snapshot with the fold of its events and, unless `dry_run`, sets it to the fold. Safe while the
/// shop sells: the repair also folds the events since the comparison. A lost snapshot comes back with
/// `low_stock_threshold`, because the ledger does not record thresholds.
pub async fn run(db: &Db, dry_run: bool, low_stock_threshold: i64) -> Result<Report> {
    let newest = db.read("inventory.rebuild", |tx| {
        let newest: i64 = tx.query_one(NEWEST, args![], |row| row.get(0))?;
        Ok(newest.max(tx.query_one(NEWEST_IN_LEDGER, args![], |row| row.get(0))?))
    });
    let newest = newest.await?;
    let mut report = Report { dry_run, ..Report::default() };
    for from in (0..newest).step_by(CHUNK as usize) {
        for mut row in db.read("inventory.rebuild", move |tx| chunk(tx, from, from + CHUNK)).await? {
            report.snapshots += 1;
            report.events += row.events;
            if row.differs() {
                row = db.read("inventory.fold-again", move |tx| folded_again(tx, row.clone())).await?;
            }
            if !row.differs() {
                continue;
            }
            report.different += 1;
            if !dry_run && row.difference.kept != row.difference.folded {
                let found = row.clone();
                row.difference.repaired =
                    db.write("inventory.repair", move |tx| repair(tx, &found, low_stock_threshold)).await?;
                report.repaired += i64::from(row.difference.repaired);
            }
            if report.differences.len() < LISTED_MAX {
                report.differences.push(row.difference);
            }
        }
    }
    Ok(report)
}

/// Compares the rows with ids above `from` up to `to`.
fn chunk(tx: &mut Tx<'_>, from: i64, to: i64) -> Result<Vec<Compared>> {
    let mut rows = tx.query(COMPARE, args![from, to, from, to], compared)?;
    rows.extend(tx.query(LOST, args![from, to], compared)?);
    Ok(rows)
}

/// The row with the events up to the same version folded again, in a view of the database that began later: one of MariaDB may
/// show an event without the one before it, and the repair would then leave that one out.
fn folded_again(tx: &mut Tx<'_>, row: Compared) -> Result<Compared> {
    let version = row.difference.folded.version;
    let (folded, events) = fold(tx, row.id, (0, version))?;
    let difference = Difference { folded, missing_events: version - events, ..row.difference };
    Ok(Compared { events, difference, ..row })
}

/// The figures of the events after one version and up to another, and how many they are.
fn fold(tx: &mut Tx<'_>, id: SnapshotId, (after, upto): (i64, i64)) -> Result<(Figures, i64)> {
    tx.query_one(FOLD, args![id, after, upto], |row| Ok((figures(row)?, row.next()?)))
}

/// Sets one snapshot to the fold of its events: those compared before and those since.
fn repair(tx: &mut Tx<'_>, found: &Compared, low_stock_threshold: i64) -> Result<bool> {
    let Difference { product_id, variant_id, location_code, folded, .. } = &found.difference;
    let now = tx.now();
    let restored = args![found.id, product_id, variant_id, location_code, low_stock_threshold, found.opened_at, now];
    tx.exec(RESTORE, restored)?;
    if tx.query_first(LOCK, args![found.id], |row| row.get::<i64>(0))?.is_none() {
        return Ok(false);
    }
    let (since, _) = fold(tx, found.id, (folded.version, i64::MAX))?;
    let (available, reserved) = (folded.available + since.available, folded.reserved + since.reserved);
    if available < 0 || reserved < 0 {
        return Ok(false);
    }
    let version = folded.version.max(since.version);
    if tx.exec(REPAIR, args![available, reserved, version, now, found.id])? != 1 {
        return Ok(false);
    }
    tracing::warn!(
        variant = variant_id.raw(),
        location = location_code.as_str(),
        available,
        reserved,
        "stock repaired"
    );
    store::levels(tx, &[*variant_id])?.iter().try_for_each(|level| tx.emit(&events::changed(level)))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{self, Opening};
    use crate::stock::LOW_STOCK_THRESHOLD;
    use crate::{Line, MODULE};
    use fixture::{Fixture, user_id};
    use kernel::Quantity;

    #[test]
    fn an_event_that_the_comparison_did_not_show_is_not_lost() {
        let warehouse = Fixture::of(&[MODULE]);
        let (product, variant) = (ProductId::new(1), VariantId::new(1));
        let openings = [Opening::at_main(product, variant, 10, LOW_STOCK_THRESHOLD)];
        warehouse.write(move |tx| ops::open(tx, &openings, None, "SYSTEM")).unwrap();
        for n in 1..=2 {
            let number = format!("ORD-20260206-{n:08}").parse().unwrap();
            let lines = [Line { variant, product, quantity: Quantity::new(3).unwrap() }];
            warehouse.write(move |tx| ops::reserve(tx, &number, &user_id(1), &lines)).unwrap();
        }
        let mut row = warehouse.read(|tx| chunk(tx, 0, CHUNK)).unwrap().remove(0);
        let complete = row.difference.folded;
        // as a snapshot shows it that has the second reservation and not the first
        row.events -= 1;
        row.difference.folded =
            Figures { available: complete.available + 3, reserved: complete.reserved - 3, ..complete };
        row.difference.missing_events = 1;
        assert!(row.differs());
        let again = warehouse.read(move |tx| folded_again(tx, row.clone())).unwrap();
        assert_eq!((again.difference.folded, again.differs()), (complete, false));
    }
}
