//! The ledger comparison: the money that the gateway moved in a period, beside the payments and refunds of the shop.

use crate::{Settings, late, pay};
use kernel::{Code, Money, OrderNumber, Result, Timestamp};
use payment::{Recorded, RefundStatus};
use ports::gateway::{Listed, Listing, Moved, Movement, Period};
use std::{collections::HashMap, time::Duration};
use store::{Tx, Violation};
use web::{App, module::Compared};

/// How far the clocks of the shop and of its gateway may be apart.
const APART: Duration = Duration::from_secs(3_600);
/// Rows read by one job.
const READ_AT_ONCE: i64 = 1_000;

const TAKEN: &str = "all money that the gateway took belongs to a payment";
const GIVEN_BACK: &str = "all money that the gateway gave back belongs to a refund";
const PAYMENT_TAKEN: &str = "the gateway took the money of every captured payment";
const REFUND_GIVEN_BACK: &str = "the gateway gave back the money of every completed refund";
const SAME: &str = "the shop and the gateway have the same amount and order for the same money";

/// What the shop has recorded of the money that moved, by direction and by the gateway's name for it.
type Ours = HashMap<(Movement, String), Recorded>;

/// Compares the money that moved in `period`, or in the time before now that the settings name.
pub async fn compare(app: App, period: Option<Period>) -> Result<Compared> {
    let lately = || {
        let to = app.now().after(Duration::from_millis(1));
        Period { from: to.before(app.settings::<Settings>().compare_last), to }
    };
    let period = period.unwrap_or_else(lately);
    // the shop's side is read first: whatever it has recorded is in the gateway's list by then
    let mut ours = recorded(&app, period).await?;
    let mut found = Vec::new();
    let wide = Period { from: period.from.before(APART), to: Timestamp::from_millis(i64::MAX) };
    let mut after = None;
    loop {
        let Listed { moved, next, since } = match app.ports.gateway.list(wide, after.as_deref()).await {
            Listing::Page(page) => page,
            Listing::NotKept => return Ok(Compared::not(period, "the payment gateway keeps no list of what it did")),
            Listing::Unknown => return Ok(Compared::not(period, "the payment gateway gave no list of what it did")),
        };
        if let (None, Some(since)) = (&after, since) {
            ours.retain(|_, one| one.created_at >= since);
        }
        let mut strange = Vec::new();
        for one in moved {
            match ours.remove(&(one.movement, one.transaction.clone())) {
                Some(ours) => found.extend(difference((ours.amount, &ours.order), &one)),
                None if period.has(one.at) => strange.push(one),
                None => {}
            }
        }
        found.extend(app.db.read("checkout.compare", move |tx| unexplained(tx, &strange)).await?);
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    found.extend(ours.iter().map(|((movement, transaction), one)| missing(*movement, transaction, one)));
    Ok(Compared { period, found, left_out: None })
}

async fn recorded(app: &App, period: Period) -> Result<Ours> {
    let mut ours = Ours::new();
    for movement in [Movement::Captured, Movement::Refunded] {
        let mut after = 0;
        loop {
            let read = move |tx: &mut Tx<'_>| match movement {
                Movement::Captured => payment::ops::captured_between(tx, period.from, period.to, after, READ_AT_ONCE),
                Movement::Refunded => payment::ops::refunded_between(tx, period.from, period.to, after, READ_AT_ONCE),
            };
            let rows = app.db.read("checkout.recorded", read).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            ours.extend(rows.into_iter().map(|one| ((movement, one.transaction.clone()), one)));
        }
    }
    Ok(ours)
}

fn difference((amount, order): (Money, &OrderNumber), theirs: &Moved) -> Option<Violation> {
    let same = amount == theirs.amount && *order == theirs.order;
    let found = || format!("{amount} of {order} here, {} of {} at the gateway", theirs.amount, theirs.order);
    (!same).then(|| Violation::new(SAME, &theirs.transaction, found()))
}

fn missing(movement: Movement, transaction: &str, ours: &Recorded) -> Violation {
    let rule = match movement {
        Movement::Captured => PAYMENT_TAKEN,
        Movement::Refunded => REFUND_GIVEN_BACK,
    };
    let found = format!("{} of {}; the gateway has no {transaction}", ours.amount, ours.order);
    Violation::new(rule, ours.payment.to_string(), found)
}

/// What of the money that the gateway moved belongs to nothing that the shop has recorded or still finds out.
fn unexplained(tx: &mut Tx<'_>, moved: &[Moved]) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    for one in moved {
        found.extend(match one.movement {
            Movement::Captured => unexplained_capture(tx, one)?,
            Movement::Refunded => unexplained_refund(tx, one)?,
        });
    }
    Ok(found)
}

fn unexplained_capture(tx: &mut Tx<'_>, moved: &Moved) -> Result<Option<Violation>> {
    let payments = payment::ops::of_order(tx, &moved.order)?;
    // a payment that began outside the period, or after it was read
    if let Some(payment) = payments.iter().find(|one| one.transaction.as_deref() == Some(&moved.transaction)) {
        return Ok(difference((payment.captured, &payment.order), moved));
    }
    if payments.iter().any(pay::is_open) || late::is_searched(tx, &moved.order)? {
        return Ok(None);
    }
    let what = format!("it took {} as {}", moved.amount, moved.transaction);
    let found = match (payments.is_empty(), is_order(tx, &moved.order)?) {
        (true, false) => format!("{what}, and there is no such order"),
        (true, true) => format!("{what}, and the order has no payment"),
        (false, _) => format!("{what}, which is none of the order's payments"),
    };
    Ok(Some(Violation::new(TAKEN, moved.order.to_string(), found)))
}

fn unexplained_refund(tx: &mut Tx<'_>, moved: &Moved) -> Result<Option<Violation>> {
    let refunds = payment::ops::refunds_of_order(tx, &moved.order)?;
    for (refund, _) in &refunds {
        match &refund.status {
            RefundStatus::Completed { transaction, .. } if *transaction == moved.transaction => {
                return Ok(difference((refund.amount, &refund.order), moved));
            }
            RefundStatus::Processing => return Ok(None),
            RefundStatus::Completed { .. } | RefundStatus::Failed { .. } => {}
        }
    }
    let found = format!("it gave back {} as {}, which is no refund of the order", moved.amount, moved.transaction);
    Ok(Some(Violation::new(GIVEN_BACK, moved.order.to_string(), found)))
}

fn is_order(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<bool> {
    match order::ops::find(tx, number) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Code::OrderNotFound => Ok(false),
        Err(error) => Err(error),
    }
}
