//! Measurements of sagas.

use super::{record::Status, store};
use ::store::Tx;
use kernel::Result;
use metrics::{counter, describe_counter, describe_gauge, gauge};

/// Says what the measurements mean.
pub fn describe() {
    describe_gauge!("holdfast_sagas", "Runs of sagas that have not ended well, by status.");
    describe_counter!(
        "holdfast_saga_compensation_failed_total",
        "Runs of sagas that could not be compensated and wait for a person."
    );
}

/// Runs that have not ended, or ended where a person has to look, by status.
pub fn unfinished(tx: &mut Tx<'_>) -> Result<Vec<(Status, i64)>> {
    let unfinished = [Status::Started, Status::Compensating, Status::CompensationFailed];
    unfinished.into_iter().map(|status| Ok((status, store::count(tx, status)?))).collect()
}

/// Sets the gauges.
pub fn set(unfinished: Vec<(Status, i64)>) {
    for (status, count) in unfinished {
        gauge!("holdfast_sagas", "status" => status.name()).set(count as f64);
    }
}

/// Counts a run that only a person can move on.
pub fn count_failure(status: Status) {
    if status == Status::CompensationFailed {
        counter!("holdfast_saga_compensation_failed_total").increment(1);
    }
}
