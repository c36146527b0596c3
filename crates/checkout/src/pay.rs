//! Paying an order: the payment begins, the gateway is asked, and its answer completes or undoes the order.

use crate::{
    Settings,
    deal::buy::without_address,
    flow::{Checkout, ORDER, lock_run_of_order, order_of},
    own_money::{self, Own},
    parts::Parts,
    quote,
    request::PaymentMethod,
    steps::{Captured, Charge, ProcessPayment, ReserveInventory},
};
use kernel::{Code, Detail, Error, Money, OrderNumber, PaymentNumber, Result, UserId, text};
use order::{Kind, Order};
use payment::{Method, NewPayment, Part, Payment};
use saga::{Action, Call, Record, Remote, SYSTEM, Saga, Status};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Tx;
use web::App;

/// What the shop and its gateway ask of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// After so many declined payments an order is cancelled.
    pub attempts: u32,
    /// The longest time for which an order waits for a deposit, whatever the gateway allows.
    pub deposit_within: Duration,
    /// Whether the gateway takes nothing without a payment key.
    pub needs_key: bool,
    /// The least that the gateway takes.
    pub least: Money,
}

impl Limits {
    /// Those of this shop.
    pub fn of(app: &App) -> Limits {
        let settings = app.settings::<Settings>();
        let (attempts, deposit_within) = (settings.payment_attempts, settings.deposit_within);
        let gateway = &app.ports.gateway;
        Limits { attempts, deposit_within, needs_key: gateway.needs_payment_key(), least: gateway.least() }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        let Settings { payment_attempts: attempts, deposit_within, .. } = Settings::default();
        Limits { attempts, deposit_within, needs_key: false, least: Money::minor(1) }
    }
}

/// C002 when the gateway needs a payment key and there is none: asked without one it would refuse, which may cancel the order.
pub fn must_have_key(key: Option<&str>, needs_key: bool) -> Result<()> {
    if needs_key && key.is_none() { Err(text::wrong("paymentKey", "is required")) } else { Ok(()) }
}

/// Begins the payment of an order: the charge is stored, the gateway is not asked yet. If this very payment (by the gateway's
/// key) was begun before, nothing new begins. After as many declined payments as `limits` allow the order is
/// cancelled.
///
/// S201 S212 the order, S204 S209 its status, S210 the amount, S302 another payment of it, C002 without a key that the gateway needs.
pub fn begin(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    number: &OrderNumber,
    user: &UserId,
    method: &PaymentMethod,
    amount: Option<Money>,
    limits: Limits,
) -> Result<(Record, Action)> {
    // the run is locked first, so that what is read after it is not paid or cancelled meanwhile; if both are missing, report
    // the missing order: the caller can act on it
    let record = lock_run_of_order(tx, number);
    let order = order::ops::own(tx, number, user)?;
    let mut record = record?;
    if amount.is_some() && is_known(tx, number, method)? {
        quote::expect("amount", amount, order.amounts.payable)?;
        let action = ask_again(tx, saga, &mut record)?;
        return Ok((record, action));
    }
    payable(tx, &order)?;
    quote::expect("amount", amount, order.amounts.payable)?;
    let action = submit(tx, saga, &mut record, &order, method, limits)?;
    Ok((record, action))
}

/// The same payment once more: while its outcome is not known, the gateway is asked.
fn ask_again(tx: &mut Tx<'_>, saga: &Saga<Checkout>, record: &mut Record) -> Result<Action> {
    match record.pending() {
        Some(_) => saga.resume(tx, record),
        None => Ok(Action::Rest(record.status)),
    }
}

/// Whether the order has a payment with the gateway's key of this one that was not cancelled.
fn is_known(tx: &mut Tx<'_>, order: &OrderNumber, method: &PaymentMethod) -> Result<bool> {
    if method.key.is_none() {
        return Ok(false);
    }
    let payments = payment::ops::of_order(tx, order)?;
    let wanted =
        |payment: &Payment| payment.payment_key == method.key && payment.status.kind() != payment::Kind::Cancelled;
    Ok(payments.iter().any(wanted))
}

/// Whether the order waits for a payment.
fn payable(tx: &mut Tx<'_>, order: &Order) -> Result<()> {
    match order.status.kind() {
        Kind::Confirmed if order.status.pay_by().is_some_and(|pay_by| tx.now() >= pay_by) => {
            Err(Code::InvalidOrderStatus.because("the time to pay it is over"))
        }
        // an order from a time deal may have been placed without one
        Kind::Confirmed if order.address.is_none() => Err(without_address().preparable()),
        Kind::Confirmed => Ok(()),
        Kind::Paid | Kind::Shipping | Kind::Delivered => Err(Code::OrderAlreadyPaid.error()),
        Kind::Pending | Kind::Cancelled | Kind::Refunded => {
            Err(Code::InvalidOrderStatus.because(format!("an order in {} cannot be paid", order.status.kind())))
        }
    }
}

/// Begins a payment of an order whose saga waits for one. What comes from the balance is taken first; if that is all, the order is
/// paid in this transaction. S302 when the order has a payment, S306 for shares that are not what it costs or that are less than the gateway takes, S310 when the balance is
/// too low, C002 without a key that the gateway needs.
pub fn submit(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    record: &mut Record,
    order: &Order,
    method: &PaymentMethod,
    limits: Limits,
) -> Result<Action> {
    if record.pending().is_some() {
        return Err(Code::PaymentAlreadyCompleted.because("a payment of this order is running").retry_after(5));
    }
    let parts = Parts::of(order.amounts.payable, method)?;
    must_have_key(method.key.as_deref(), limits.needs_key && parts.gateway.is_positive())?;
    if parts.gateway.is_positive() && parts.gateway < limits.least {
        // asked, it would refuse, which may cancel the order
        return Err(Code::InvalidPaymentAmount.because(format!("the gateway takes at least {}", limits.least)));
    }
    let from = if method.method == Method::Channel { Own::Channel } else { Own::Balance };
    let own = if parts.own.is_positive() { Some(own_money::hold(tx, order, parts.own, from)?.number) } else { None };
    if let Some(own) = own.as_ref().filter(|_| parts.gateway.is_zero()) {
        own_money::complete(tx, own, from)?;
        let captured = Captured { own: Some(own.clone()), ..Captured::nothing() };
        return saga.complete_waiting(tx, record, written(&captured)?);
    }
    let new = NewPayment {
        order: order.number.clone(),
        user: order.user,
        amount: parts.gateway,
        method: method.method,
        method_sent: Some(method.sent.clone()),
        payment_key: method.key.clone(),
    };
    let may_be_followed = limits.attempts > 1 && declined(tx, record, order)? + 1 < limits.attempts;
    let payment = payment::ops::begin(tx, new)?;
    let deposit_until = Some(tx.now().after(limits.deposit_within));
    let charge = Charge { own, deposit_until, ..Charge::of(&payment, may_be_followed) };
    record.know(Checkout {
        order: order.clone(),
        payment: Some(payment.number.clone()),
        deal: ReserveInventory::remembered(record)?,
        begun: Some(payment),
    });
    saga.submit(tx, record, written(&charge)?)
}

fn written<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|e| Code::Internal.error().caused_by(e))
}

/// How many payments of the order were declined. One that was cancelled is none of them.
fn declined(tx: &mut Tx<'_>, record: &mut Record, order: &Order) -> Result<u32> {
    if record.entry(ProcessPayment::NAME).past.is_empty() {
        return Ok(0);
    }
    let payments = payment::ops::of_order(tx, &order.number)?;
    let is_declined = |payment: &&Payment| {
        payment.status.kind() == payment::Kind::Failed && Part::of(payment.method) == Part::Gateway
    };
    let count = payments.iter().filter(is_declined).count();
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// How a charge or a refund stands, with its payment.
#[derive(Debug)]
pub enum Standing {
    /// A charge: the money was taken, and the order is paid. A refund: the money went back.
    Completed(Payment),
    /// The outcome is not known yet.
    Open(Payment),
}

/// The state of an order's current payment. S301 without one; S304 declined, S309 cancelled, S208 when the order could
/// not be completed after the money had been taken.
pub fn standing(tx: &mut Tx<'_>, record: &Record) -> Result<Standing> {
    use payment::Status::{Cancelled, Completed, Failed, PartiallyRefunded, Pending, Processing, Refunded};
    let payment = match just_completed(record) {
        Some(payment) => payment,
        None => payment::ops::current(tx, &order_of(record)?)?,
    };
    match &payment.status {
        Pending | Processing => Ok(Standing::Open(payment)),
        // also when all of it was given back later: the order was paid
        Completed { .. } | PartiallyRefunded { .. } | Refunded { .. } if record.status == Status::Completed => {
            Ok(Standing::Completed(payment))
        }
        Completed { .. } | PartiallyRefunded { .. } | Refunded { .. } => Err(named(undone(record), &payment)),
        Failed { reason, .. } => Err(refused(record, reason, &payment)),
        Cancelled { .. } => Err(named(Code::PaymentCancelledByUser.error(), &payment)),
    }
}

/// The payment that this transaction has completed, if it has begun it and knows it.
fn just_completed(record: &Record) -> Option<Payment> {
    let begun = record.known::<Checkout>()?.begun.clone()?;
    let at = record.completed_at.filter(|_| record.status == Status::Completed)?;
    let captured = Captured::deserialize(record.memory.get(ProcessPayment::NAME)?.memory.as_ref()?).ok()?;
    let paid_by = captured.paid_by().unwrap_or(begun.method);
    payment::ops::completed_as_begun(begun.made_by(paid_by), &captured.transaction?, at).ok()
}

/// Why an order is not paid although its money was taken. S208 only when a step of ours failed after the capture: that its time
/// was over, or that somebody cancelled it meanwhile, is not the shop's failure.
fn undone(record: &Record) -> Error {
    match &record.cancellation {
        Some(why) if why.by != SYSTEM => {
            Code::PaymentCancelledByUser.because("the order was cancelled meanwhile; the money goes back")
        }
        Some(_) if record.last_code() == Some(Code::SagaTimeout) => {
            Code::InvalidOrderStatus.because("the time to pay it was over meanwhile; the money goes back")
        }
        Some(_) | None => Code::OrderCreationFailed.because("the order was undone; the money goes back"),
    }
}

/// S304, which says whether the order waits for another payment.
fn refused(record: &Record, reason: &str, payment: &Payment) -> Error {
    let error = named(Code::PaymentDeclined.because(reason), payment);
    match (record.status, record.wake_at) {
        (Status::Started, Some(pay_by)) => {
            error.with(Detail::note("the order waits for another payment").with("payBy", pay_by.to_string()))
        }
        (Status::Started, None)
        | (Status::Completed | Status::Compensating | Status::Failed | Status::CompensationFailed, _) => error,
    }
}

fn named(error: Error, payment: &Payment) -> Error {
    error.with(
        Detail::note("this payment")
            .with("paymentNumber", payment.number.as_str())
            .with("orderNumber", payment.order.as_str()),
    )
}

/// Begins to cancel a payment whose outcome is not known: the gateway is asked, and if it does not know the payment, the
/// payment is abandoned and the order waits for another. S312 when the outcome is known, C019 while it is being found out.
/// `owner` is none for the shop; S313 for another one than the payer.
pub fn begin_cancel(tx: &mut Tx<'_>, number: &PaymentNumber, owner: Option<&UserId>) -> Result<(Record, Action)> {
    let payment = match owner {
        Some(user) => payment::ops::own(tx, number, user)?,
        None => payment::ops::find(tx, number)?,
    };
    must_be_open(&payment)?;
    let mut record = lock_run_of_order(tx, &payment.order)?;
    if record.status != Status::Started || record.pending().is_none() {
        // its outcome may have been stored while this waited for the run
        must_be_open(&payment::ops::find(tx, number)?)?;
        return Err(being_found_out());
    }
    let action = withdraw(tx, &ORDER, &mut record)?;
    Ok((record, action))
}

/// Begins to ask the gateway about the pending call of a run and to end it, unless the money was taken. C019 while another process asks.
pub fn withdraw<S: 'static>(tx: &mut Tx<'_>, saga: &Saga<S>, run: &mut Record) -> Result<Action> {
    match saga.resume(tx, run)? {
        Action::Call(call) if call.ask => {
            let why = (Code::PaymentCancelledByUser, "cancelled by its payer".to_owned());
            Ok(Action::Call(Call { abandon_unless_found: Some(why), withdraw: true, ..call }))
        }
        Action::Call(_) | Action::Rest(_) => Err(being_found_out()),
    }
}

fn must_be_open(payment: &Payment) -> Result<()> {
    if is_open(payment) {
        return Ok(());
    }
    Err(Code::PaymentCannotBeCancelled.because(format!("it is {}", payment.status.kind())))
}

/// Whether the outcome of the payment is not known.
pub fn is_open(payment: &Payment) -> bool {
    use payment::Status::{Cancelled, Completed, Failed, PartiallyRefunded, Pending, Processing, Refunded};
    match payment.status {
        Pending | Processing => true,
        Completed { .. } | Failed { .. } | Cancelled { .. } | PartiallyRefunded { .. } | Refunded { .. } => false,
    }
}

/// C019: the gateway is being asked; repeat later.
pub fn being_found_out() -> Error {
    Code::Conflict.because("the gateway is being asked what became of this payment").retry_after(5)
}
