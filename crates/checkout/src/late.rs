//! Money that is captured late. A charge is abandoned when the gateway does not know it, but its request may still be on the
//! way. So the gateway is asked again some time later, and what it captured after all goes back.

use crate::{
    flow::{LATE_CAPTURE, LateCapture, lock_run_of_order},
    steps::{Charge, ProcessPayment},
};
use kernel::{Currency, OrderNumber, PaymentNumber, Result, Timestamp};
use payment::{
    Method, Payment, remote,
    wrong::{self, Asked},
};
use ports::{Ports, gateway};
use saga::{Action, Cancellation, Remote, Status};
use serde::Deserialize;
use std::time::Duration;
use store::{Db, Tx, args};

/// When the gateway is asked, counted from the moment the charge was abandoned. The last time is longer than any request
/// stays on its way.
const SEARCHES: [Duration; 3] = [Duration::from_secs(60), Duration::from_secs(15 * 60), Duration::from_secs(120 * 60)];
/// Pause before the gateway is asked again after it gave no answer.
const ASK_AGAIN: Duration = Duration::from_secs(30);

const INSERT: &str = "insert into abandoned_charges (payment_number, order_number, abandoned_at, searches, search_at)
    values (?, ?, ?, 0, ?) {on conflict (payment_number): search_at = new.search_at}";
const DUE: &str = "select payment_number from abandoned_charges where search_at <= ? order by search_at limit ?";
const NEXT: &str = "select min(search_at) from abandoned_charges";
const LOCK: &str = "select abandoned_at, searches from abandoned_charges where payment_number = ? {for update}";
const SEARCHED: &str = "update abandoned_charges set searches = ?, search_at = ? where payment_number = ?";
const OF_ORDER: &str = "select payment_number from abandoned_charges where order_number = ? limit 1";
const DELETE: &str = "delete from abandoned_charges where payment_number = ?";

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[INSERT, DUE, NEXT, LOCK, OF_ORDER, SEARCHED, DELETE];

/// Searches for what the gateway may capture for the abandoned charge of this payment.
pub fn search(tx: &mut Tx<'_>, payment: &Payment) -> Result<()> {
    let at = tx.now().after(SEARCHES[0]);
    search_at(tx, &payment.number, &payment.order, at)
}

/// The same, beginning now, because there is a sign that money was captured.
pub fn search_now(tx: &mut Tx<'_>, payment: &Payment) -> Result<()> {
    let at = tx.now();
    search_at(tx, &payment.number, &payment.order, at)
}

fn search_at(tx: &mut Tx<'_>, payment: &PaymentNumber, order: &OrderNumber, at: Timestamp) -> Result<()> {
    let now = tx.now();
    tx.exec(INSERT, args![payment, order, now, at]).map(|_| ())
}

/// Payments that have to be searched for now, longest due first.
pub fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<PaymentNumber>> {
    let now = tx.now();
    tx.query(DUE, args![now, limit], |row| row.get(0))
}

/// When the next search is due, or since when one is; `None` when nothing is searched for.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(NEXT, args![], |row| row.get(0))
}

/// Whether an abandoned charge of this order is still searched for.
pub fn is_searched(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<bool> {
    Ok(tx.query_first(OF_ORDER, args![order], |_| Ok(()))?.is_some())
}

/// Asks the gateway once about an abandoned charge. What was captured goes back; otherwise the next search is noted.
pub async fn look(db: &Db, ports: &Ports, payment: PaymentNumber) -> Result<()> {
    let number = payment.clone();
    let (found, charge) = db.read("checkout.late", move |tx| charge(tx, &number)).await?;
    let answer = match charge {
        // the capture is recorded already
        _ if found.captured.is_positive() => None,
        Some(charge) => remote::ask(ports.gateway.as_ref(), &charge).await,
        None => {
            tracing::error!(payment = %payment, "a charge is searched for that was never made");
            None
        }
    };
    let currency = ports.gateway.currency();
    let action = db.write("checkout.late", move |tx| looked(tx, &payment, answer.as_ref(), currency)).await?;
    saga::drive(&LATE_CAPTURE, db, ports, action).await.map(|_| ())
}

/// The payment, and its charge that was refused or abandoned.
fn charge(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<(Payment, Option<gateway::ChargeRequest>)> {
    let payment = payment::ops::find(tx, number)?;
    let runs = saga::store::of_key(tx, payment.order.as_str())?;
    let entries = runs.iter().filter_map(|run| run.memory.get(ProcessPayment::NAME));
    let of_payment = |call: &saga::CallRecord| {
        let charge = Charge::deserialize(&call.request).ok().filter(|charge| charge.payment == *number)?;
        Some(charge.request(&call.key))
    };
    let charge = entries.flat_map(|entry| &entry.past).find_map(of_payment);
    Ok((payment, charge))
}

/// Stores what the gateway answered, and begins to give back what it captured.
fn looked(
    tx: &mut Tx<'_>,
    number: &PaymentNumber,
    answer: Option<&gateway::Outcome>,
    currency: Currency,
) -> Result<Action> {
    // the run first, as in every transaction that changes an order's payments
    let Payment { order, amount, .. } = payment::ops::find(tx, number)?;
    lock_run_of_order(tx, &order)?;
    let rest = Ok(Action::Rest(Status::Completed));
    let Some((abandoned_at, searches)) =
        tx.query_first(LOCK, args![number], |row| Ok((row.next::<Timestamp>()?, row.next::<i64>()?)))?
    else {
        return rest;
    };
    if let Some(wrong) = answer.and_then(|answer| answer.wrong(amount, currency)) {
        wrong::keep(tx, &Asked { number: number.into(), reference: order.into(), amount }, &wrong)?;
        tx.exec(DELETE, args![number])?;
        return rest;
    }
    match answer {
        Some(gateway::Outcome::Approved { transaction, method, .. }) => {
            if let Some(method) = Method::of_gateway(method.as_deref()) {
                payment::ops::made_by(tx, number, method)?;
            }
            payment::ops::completed(tx, number, transaction)?;
        }
        Some(
            gateway::Outcome::Awaiting(_)
            | gateway::Outcome::Pending
            | gateway::Outcome::NotDone
            | gateway::Outcome::Withheld
            | gateway::Outcome::Unknown,
        ) => {
            let at = tx.now().after(ASK_AGAIN);
            tx.exec(SEARCHED, args![searches, at, number])?;
            return rest;
        }
        Some(gateway::Outcome::Declined(_)) | None => {}
    }
    let payment = payment::ops::find(tx, number)?;
    let next = usize::try_from(searches + 1).ok().and_then(|n| SEARCHES.get(n));
    if let Some(pause) = next
        && !payment.captured.is_positive()
    {
        tx.exec(SEARCHED, args![searches + 1, abandoned_at.after(*pause), number])?;
        return rest;
    }
    tx.exec(DELETE, args![number])?;
    if payment.status.is_live() || !payment.refundable().is_positive() {
        return rest;
    }
    give_back(tx, payment)
}

fn give_back(tx: &mut Tx<'_>, payment: Payment) -> Result<Action> {
    let late = LateCapture { payment };
    let Some((mut run, _)) = LATE_CAPTURE.begin(tx, &late, &late.start())? else {
        // a run gives this money back already, or waits for a person because the gateway refused
        return Ok(Action::Rest(Status::Compensating));
    };
    LATE_CAPTURE.cancel(tx, &mut run, Cancellation::by_system("captured after it was abandoned"))
}
