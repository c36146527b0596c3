//! Whether the sagas of an order are at rest. While one of them gives back money or goods, the order is not moved by hand.

use crate::flow::{ORDER, REFUND};
use kernel::{Code, OrderNumber, Result};
use saga::{Record, Status};
use store::Tx;

/// Seconds after which a saga that moves by itself is asked about again.
const MOVES_ON_S: u32 = 10;
/// The same for a saga that waits for a person.
const PERSON_S: u32 = 60;

/// C019 while the order is being cancelled or a refund of it is open, also when that failed and a person has to decide.
pub fn required(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<()> {
    for run in saga::store::of_key(tx, order.as_str())? {
        if is_undoing(&run) {
            let why = format!("the order is being cancelled or refunded; try again in {MOVES_ON_S} seconds");
            return Err(Code::Conflict.because(why).retry_after(MOVES_ON_S));
        }
        if run.status == Status::CompensationFailed && may_end_order(&run) {
            let why = format!("the order could not be undone; retry or resolve {} first", run.id);
            return Err(Code::Conflict.because(why).retry_after(PERSON_S));
        }
    }
    Ok(())
}

/// C019 while a refund of a part has no known outcome.
pub fn of_refunds(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<()> {
    if saga::store::of_key(tx, order.as_str())?.iter().any(is_open_refund) {
        let why = "a refund of this order is open; try again later";
        return Err(Code::Conflict.because(why).retry_after(MOVES_ON_S));
    }
    Ok(())
}

fn is_undoing(run: &Record) -> bool {
    let order = run.family == ORDER.family() && run.status == Status::Compensating;
    order || is_open_refund(run)
}

fn is_open_refund(run: &Record) -> bool {
    run.family == REFUND.family() && run.status.is_moving()
}

/// Money that was captured late belongs to a payment that the order does not need, so it keeps no order from moving.
fn may_end_order(run: &Record) -> bool {
    run.family == ORDER.family() || run.family == REFUND.family()
}
