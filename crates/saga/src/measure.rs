//! Measurements of sagas. The module that registers flows puts them into its `gauges` and `counters`.

use super::{record::Status, store};
use ::store::Tx;
use kernel::Result;
use metrics::counter;
use web::Gauge;

const COMPENSATION_FAILED: &str = "holdfast_saga_compensation_failed_total";

/// What is read from the database.
pub const GAUGES: &[Gauge] = &[Gauge {
    name: "holdfast_sagas",
    help: "Runs of sagas that have not ended well, by status.",
    label: "status",
    read: unfinished,
}];
/// What is counted as it happens.
pub const COUNTERS: &[(&str, &str)] =
    &[(COMPENSATION_FAILED, "Runs of sagas that could not be compensated and wait for a person.")];

/// Runs that have not ended, or ended where a person has to look, by status.
fn unfinished(tx: &mut Tx<'_>) -> Result<Vec<(&'static str, i64)>> {
    let unfinished = [Status::Started, Status::Compensating, Status::CompensationFailed];
    unfinished.into_iter().map(|status| Ok((status.name(), store::count_unfinished(tx, status)?))).collect()
}

/// Counts a run that only a person can move on.
pub fn count_failure(status: Status) {
    if status == Status::CompensationFailed {
        counter!(COMPENSATION_FAILED).increment(1);
    }
}
