//! The shop's sagas, each whole flow on one screen. One file per step in [`crate::steps`].

use crate::saga::{self, Asked, Ending, Flow, Record, Remote, Saga, Step};
use crate::steps::{
    Charge, CloseOrder, ConfirmOrder, CreateDelivery, DeductInventory, GiveBack, LookFor, ProcessPayment,
    RefundPayment, ReserveInventory,
};
use kernel::{Code, PaymentNumber, RefundId, Result, Timestamp};
use order::{Kind, Order};
use payment::{Payment, Refund};
use serde::Deserialize;
use store::Tx;

/// An order from its placing to its delivery. It waits at PROCESS_PAYMENT until the buyer pays or the time to pay is over.
/// Cancelling an order, paid or not, is undoing it. USE_COUPON and USE_POINTS belong between the first two steps.
pub const ORDER: Saga<Checkout> = Saga {
    name: "order.v1",
    steps: &[
        Step::local::<ReserveInventory>(),
        Step::remote::<ProcessPayment>(),
        Step::local::<DeductInventory>(),
        Step::local::<CreateDelivery>(),
        Step::local::<ConfirmOrder>(),
    ],
    load: checkout,
    undone: |tx, saga, ending| close(tx, &saga.order, ending),
    bend: None,
};

/// Money given back while the order stays: a part of it, or all of it when the parcel is on its way. The slot is the
/// refund's id.
pub const REFUND: Saga<GivingBack> = Saga {
    name: "refund.v1",
    steps: &[Step::remote::<RefundPayment>(), Step::local::<CloseOrder>()],
    load: giving_back,
    // the refund is FAILED and nothing else has changed
    undone: |_, _, _| Ok(()),
    bend: None,
};

/// A payment that was given up without the gateway's word is looked for, so that money taken after all goes back. The slot
/// is the payment's id.
pub const LATE: Saga<Abandoned> = Saga {
    name: "late.v1",
    steps: &[
        Step::remote::<LookFor<1>>(),
        Step::remote::<LookFor<15>>(),
        Step::remote::<LookFor<120>>(),
        Step::local::<GiveBack>(),
    ],
    load: abandoned,
    undone: |_, _, _| Ok(()),
    bend: None,
};

/// Every saga of the shop.
pub static FLOWS: &[&dyn Flow] = &[&ORDER, &REFUND, &LATE];

/// The saga with this name; C001 for a run of a saga this program does not know.
pub fn flow(name: &str) -> Result<&'static dyn Flow> {
    let found = FLOWS.iter().find(|flow| flow.name() == name);
    found.copied().ok_or_else(|| Code::Internal.error().caused_by(format!("no such saga: {name}")))
}

/// What the steps of an order know.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// The order.
    pub order: Order,
    /// The payment that is being made, or was.
    pub payment: Option<PaymentNumber>,
}

/// What the steps of a refund know.
#[derive(Debug, Clone)]
pub struct GivingBack {
    /// What is given back.
    pub refund: Refund,
    /// Of which payment.
    pub payment: Payment,
    /// Who decided it.
    pub by: String,
}

/// What is known about a payment that was given up.
#[derive(Debug, Clone)]
pub struct Abandoned {
    /// The payment.
    pub payment: Payment,
    /// The idempotency key it was asked for with.
    pub key: String,
    /// When it was given up.
    pub started_at: Timestamp,
}

fn checkout(tx: &mut Tx<'_>, record: &Record) -> Result<Checkout> {
    let order = order::ops::find(tx, &record.order)?;
    let asked = record.memory.get(ProcessPayment::NAME).and_then(|entry| entry.forward.as_ref());
    let payment = asked.and_then(charge).map(|charge| charge.payment);
    Ok(Checkout { order, payment })
}

fn charge(asked: &Asked) -> Option<Charge> {
    Charge::deserialize(&asked.intent).ok()
}

fn giving_back(tx: &mut Tx<'_>, record: &Record) -> Result<GivingBack> {
    let refund = payment::ops::find_refund(tx, RefundId::new(record.slot))?;
    let payment = payment::ops::find(tx, &refund.payment)?;
    Ok(GivingBack { refund, payment, by: record.started_by.clone() })
}

fn abandoned(tx: &mut Tx<'_>, record: &Record) -> Result<Abandoned> {
    let payments = payment::ops::of_order(tx, &record.order)?;
    let payment = payments.into_iter().find(|payment| payment.id.raw() == record.slot);
    let payment = payment.ok_or_else(|| Code::PaymentNotFound.error())?;
    // not locked: the saga that gave it up locks its own run first and this one after it
    let order = saga::store::of_order(tx, &record.order)?.into_iter().find(|run| run.name == ORDER.name);
    let past = order.and_then(|run| run.memory.get(ProcessPayment::NAME).map(|entry| entry.past.clone()));
    let past = past.unwrap_or_default();
    let asked = past.iter().find(|asked| charge(asked).is_some_and(|charge| charge.payment == payment.number));
    let key = asked.ok_or_else(|| Code::Internal.error().caused_by("nobody gave this payment up"))?.key.clone();
    Ok(Abandoned { payment, key, started_at: record.started_at })
}

/// Closes an order of which everything is undone: CANCELLED, or REFUNDED when it had been paid.
fn close(tx: &mut Tx<'_>, order: &Order, ending: &Ending) -> Result<()> {
    match order.status.kind() {
        Kind::Pending | Kind::Confirmed => {
            order::ops::cancelled(tx, &order.number, &ending.reason, &ending.by).map(|_| ())
        }
        Kind::Paid | Kind::Shipping => order::ops::refunded(tx, &order.number, &ending.reason, &ending.by).map(|_| ()),
        Kind::Cancelled | Kind::Refunded => Ok(()),
        Kind::Delivered => Err(Code::OrderCannotBeCancelled.because("it has arrived")),
    }
}
