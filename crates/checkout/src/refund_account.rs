//! The buyer's account, to which deposited money goes back: it cannot go back the way it came. The one who decides on a refund is asked for
//! it before anything is undone. A run that gives money back by itself, such as that of a late deposit, waits for it.

use crate::steps::{CaptureLate, Captured, ProcessPayment};
use kernel::{Code, Detail, OrderNumber, PaymentNumber, Result};
use payment::{Payment, deposit};
use ports::gateway::RefundAccount;
use saga::{Record, Remote, Status, Undo};
use serde::Deserialize;
use std::time::Duration;
use store::Tx;

/// When a run looks again that waits for an account. Naming one wakes it.
const LOOK_AGAIN: Duration = Duration::from_secs(24 * 3_600);

/// C002 while no one has named the account to which money of this payment can go back.
pub fn required(tx: &mut Tx<'_>, payment: &PaymentNumber) -> Result<()> {
    if !deposit::lacks_account(tx, payment)? {
        return Ok(());
    }
    let detail = Detail::field("refundAccount", "is required").with("paymentNumber", payment.as_str());
    let why = "name first the account to which the deposit goes back";
    Err(Code::InvalidInput.because(why).with(detail).preparable())
}

/// C002 when the order has such money to give back.
pub fn required_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<()> {
    for payment in payment::ops::of_order(tx, order)? {
        if payment.status.is_live() && payment.refundable().is_positive() {
            required(tx, &payment.number)?;
        }
    }
    Ok(())
}

/// What gives the money of a payment back, once there is an account to which it can go.
pub fn undo<T>(
    tx: &mut Tx<'_>,
    payment: &PaymentNumber,
    refund: impl FnOnce(&mut Tx<'_>) -> Result<Option<T>>,
) -> Result<Undo<T>> {
    let has_money = |payment: &Payment| payment.captured > payment.refunded;
    if has_money(&payment::ops::find(tx, payment)?) && deposit::lacks_account(tx, payment)? {
        return Ok(Undo::WaitUntil(tx.now().after(LOOK_AGAIN)));
    }
    Ok(refund(tx)?.map_or(Undo::Complete(()), Undo::Call))
}

/// Stores the account. Runs that wait for it go on at once, and so do those for which the gateway refused the former one. The errors are
/// those of [`deposit::refund_to`].
pub fn set(tx: &mut Tx<'_>, payment: &Payment, account: &RefundAccount) -> Result<()> {
    let before = deposit::find(tx, payment.number.as_str())?.and_then(|deposit| deposit.refund);
    // the runs first, as in every transaction that changes an order
    let waiting = waiting(tx, payment)?;
    deposit::refund_to(tx, payment, account)?;
    let now = tx.now();
    let after = deposit::find(tx, payment.number.as_str())?.and_then(|deposit| deposit.refund);
    for mut run in waiting.into_iter().filter(|_| before != after) {
        run.try_again(now);
        saga::store::save(tx, &mut run)?;
    }
    Ok(())
}

/// The runs that are about to give money of this payment back and make no call now, locked until this transaction ends.
fn waiting(tx: &mut Tx<'_>, payment: &Payment) -> Result<Vec<Record>> {
    let now = tx.now();
    let mut found = Vec::new();
    for run in saga::store::of_key(tx, payment.order.as_str())? {
        if !gives_back(&run, payment) {
            continue;
        }
        let run = saga::store::lock(tx, &run.id)?;
        if gives_back(&run, payment) && run.held_for(now).is_none() {
            found.push(run);
        }
    }
    Ok(found)
}

fn gives_back(run: &Record, payment: &Payment) -> bool {
    let is_undone = matches!(run.status, Status::Compensating | Status::CompensationFailed);
    is_undone && payment_of(run).is_some_and(|number| number == payment.number)
}

/// The payment whose money a run that is compensated gives back next.
fn payment_of(run: &Record) -> Option<PaymentNumber> {
    match run.completed.last()?.as_str() {
        CaptureLate::NAME => run.subject.id.parse().ok(),
        step @ ProcessPayment::NAME => Captured::deserialize(run.memory.get(step)?.memory.as_ref()?).ok()?.payment,
        _ => None,
    }
}

/// Whether a run waits for an account. Then it makes no attempts that could fail, and a person may still deal with the money otherwise.
pub fn is_awaited(tx: &mut Tx<'_>, run: &Record) -> Result<bool> {
    let makes_call = run.memory.values().any(|entry| entry.backward.is_some());
    match payment_of(run).filter(|_| run.status == Status::Compensating && !makes_call) {
        Some(payment) => deposit::lacks_account(tx, &payment),
        None => Ok(false),
    }
}
