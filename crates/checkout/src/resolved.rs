//! Orders whose sagas a person resolved in an older version, which closed the order and left the steps before the one that was stuck as they
//! were: the stock reserved, the coupon and the points used.

use crate::{flow::ORDER, steps::ProcessPayment};
use kernel::Result;
use saga::{Record, Remote, store::lock_resolved};
use store::{Backfill, Tx};

/// Runs of one transaction; each may move the stock of an order.
const CHUNK: i64 = 20;

/// Looks at every start through the runs that failed, by their index; a run is mended once.
pub const BACKFILLS: &[Backfill] = &[Backfill { name: "checkout.resolved-orders", chunk: mend }];

fn mend(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    let runs = lock_resolved(tx, ORDER.family(), after, CHUNK)?;
    let last = runs.last().map(|(id, _)| *id);
    for (_, mut run) in runs.into_iter().filter(|(_, run)| is_safe(run)) {
        let resolution = run.resolution.clone().unwrap_or_default();
        ORDER.resolve(tx, &mut run, &resolution)?;
    }
    Ok(last)
}

/// Whether only steps without money are left. When the goods or the parcel of a paid order were stuck, the person who resolved it may have
/// paid the buyer back too, so a call to the gateway could pay twice: the audit goes on naming those, and a person decides.
fn is_safe(run: &Record) -> bool {
    let paid = run.completed.iter().position(|step| step == ProcessPayment::NAME);
    paid.is_none_or(|paid| paid + 1 == run.completed.len())
}
