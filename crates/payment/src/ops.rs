//! Operations on payments and refunds, one function per verb.

use crate::events;
use crate::payment::{
    Approval, Change, Method, NewPayment, PAYMENT_KEY_MAX, Payment, Recording, Records, Refund, RefundStatus,
    RefundedLine, Status,
};
use crate::{Part, store};
use ::events::PaymentCompleted;
use ::store::Tx;
use kernel::{Code, Detail, Error, Money, OrderNumber, PaymentNumber, RefundId, Result, Timestamp, UserId, text};

/// Seconds after which the outcome of an open payment may be known.
const OPEN_S: u32 = 5;
/// The failure reason of a payment that was abandoned, in place of a gateway's reason.
const ABANDONED: &str = "CANCELLED: abandoned before there was an outcome";

/// Begins a payment in PROCESSING. S302 naming the live payment when the order has one of the same part, S306 when the amount is not
/// above zero, C002 when the payment key is too long.
pub fn begin(tx: &mut Tx<'_>, new: NewPayment) -> Result<Payment> {
    if !new.amount.is_positive() {
        return Err(Code::InvalidPaymentAmount.because("a payment is above zero"));
    }
    let payment_key = text::optional("paymentKey", new.payment_key.as_deref(), PAYMENT_KEY_MAX)?;
    let new = NewPayment { payment_key, ..new };
    let (number, id) = tx.insert_drawn(PaymentNumber::draw, |tx, number| {
        if let Some(id) = store::insert(tx, number, &new)? {
            return Ok(Some((number.clone(), id)));
        }
        match store::live(tx, &new.order, Part::of(new.method))? {
            Some(live) => Err(already(&live)),
            None => Ok(None),
        }
    })?;
    let now = tx.now();
    Ok(Payment {
        id,
        number,
        order: new.order,
        user: new.user,
        amount: new.amount,
        method: new.method,
        method_sent: new.method_sent,
        payment_key: new.payment_key,
        status: Status::Processing,
        transaction: None,
        captured: Money::ZERO,
        refunded: Money::ZERO,
        refund_claimed: Money::ZERO,
        created_at: now,
        updated_at: now,
        version: 1,
    })
}

fn already(live: &Payment) -> Error {
    let detail = Detail::note(format!("payment {} is {}", live.number, live.status.kind()))
        .with("paymentNumber", live.number.as_str())
        .with("status", live.status.kind().name());
    let error = Code::PaymentAlreadyCompleted.error().with(detail);
    // while the outcome of the live one is open, this is no outcome either
    if matches!(live.status, Status::Pending | Status::Processing) { error.retry_after(OPEN_S) } else { error }
}

/// The gateway says by which method a payment is made. What the buyer said was only what they meant to choose, and some routes do not ask
/// them. Repeated: no effect. Call it before the payment is completed, so that the event has the right one.
pub fn made_by(tx: &mut Tx<'_>, number: &PaymentNumber, method: Method) -> Result<()> {
    store::set_method(tx, number, method)
}

/// The gateway approved: → COMPLETED; emits [`::events::PaymentCompleted`]. Repeated with the same transaction: no effect.
///
/// [`Approval::Late`] when the payment had failed or was abandoned: its status stays, the capture is recorded, and
/// the caller must refund the money. C019 when another transaction is recorded already: a gateway never captures one
/// payment twice.
pub fn completed(tx: &mut Tx<'_>, number: &PaymentNumber, transaction: &str) -> Result<Approval> {
    let (mut payment, now) = (locked(tx, number)?, tx.now());
    if let Some(known) = &payment.transaction {
        if known != transaction {
            return Err(Code::Conflict.error().caused_by(format!("{number} is {known} and not {transaction}")));
        }
        return Ok(approval(payment));
    }
    let next = payment.status.step(&Change::Approved { at: now })?;
    if !store::capture(tx, &payment, &next, transaction, now)? {
        return Err(changed_meanwhile());
    }
    captured(&mut payment, next, transaction, now);
    if payment.status.is_live() {
        tx.emit(&events::completed(&payment))?;
    }
    Ok(approval(payment))
}

/// [`completed`] for a payment in PROCESSING of which the caller knows everything that the event reports. `false` when it is in
/// another status; then nothing is written, and [`completed`] says what is true.
pub fn completed_as_known(tx: &mut Tx<'_>, completed: &PaymentCompleted) -> Result<bool> {
    let captured = store::capture_waiting(tx, completed)?;
    if captured {
        tx.emit(completed)?;
    }
    Ok(captured)
}

/// The payment of which [`completed_as_known`] has said that it is completed now, from what [`begin`] returned of it.
pub fn completed_as_begun(mut begun: Payment, transaction: &str, at: Timestamp) -> Result<Payment> {
    let next = begun.status.step(&Change::Approved { at })?;
    captured(&mut begun, next, transaction, at);
    Ok(begun)
}

fn captured(payment: &mut Payment, next: Status, transaction: &str, at: Timestamp) {
    payment.transaction = Some(transaction.to_owned());
    payment.captured = payment.amount;
    changed(payment, next, at);
}

fn approval(payment: Payment) -> Approval {
    if payment.status.is_live() { Approval::Completed(payment) } else { Approval::Late(payment) }
}

/// The gateway refused: → FAILED with its reason (`CODE: text`, cut at 500 characters); emits [`::events::PaymentFailed`].
/// Repeated, or after the payment was abandoned: no effect. S302 when it is completed: captured money is never
/// recorded as refused.
pub fn failed(tx: &mut Tx<'_>, number: &PaymentNumber, reason: &str) -> Result<Payment> {
    let reason = reason.chars().take(text::REASON_MAX).collect();
    let change = Change::Declined { at: tx.now(), reason };
    end(tx, number, &change)
}

/// The buyer or the shop abandoned the payment: → CANCELLED; emits [`::events::PaymentFailed`]. Repeated: no effect; S312 when
/// its outcome is known. The caller must find out whether the gateway took the money anyway.
pub fn cancelled(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Payment> {
    let change = Change::Abandoned { at: tx.now() };
    end(tx, number, &change)
}

fn end(tx: &mut Tx<'_>, number: &PaymentNumber, change: &Change) -> Result<Payment> {
    let (mut payment, now) = (locked(tx, number)?, tx.now());
    let next = payment.status.step(change)?;
    if next == payment.status {
        return Ok(payment);
    }
    if !store::end(tx, &payment, &next, now)? {
        return Err(changed_meanwhile());
    }
    changed(&mut payment, next, now);
    let reason = payment.status.failure().unwrap_or(ABANDONED);
    tx.emit(&events::failed(&payment, reason))?;
    Ok(payment)
}

/// Claims `amount` of the captured money for a refund in PROCESSING. S306 when the amount is not above
/// zero or exceeds [`Payment::refundable`], which is nothing before the capture.
pub fn begin_refund(tx: &mut Tx<'_>, number: &PaymentNumber, amount: Money, reason: &str) -> Result<Refund> {
    let reason = text::required_paragraph("reason", reason, text::REASON_MAX)?;
    let (payment, now) = (locked(tx, number)?, tx.now());
    if !payment.refundable().is_positive() {
        let detail = Detail::field("amount", "nothing is left to give back").with("refundable", 0);
        return Err(Code::InvalidPaymentAmount.because("nothing of this payment is left to give back").with(detail));
    }
    if !amount.is_positive() || !store::claim(tx, number, amount, now)? {
        let why = format!("at least 1 and at most {} can be given back", payment.refundable());
        let detail = Detail::field("amount", why.clone()).with("refundable", payment.refundable().as_minor());
        return Err(Code::InvalidPaymentAmount.because(why).with(detail));
    }
    let mut refund = Refund {
        id: RefundId::new(0),
        payment: payment.number,
        order: payment.order,
        amount,
        reason,
        status: RefundStatus::Processing,
        created_at: now,
    };
    refund.id = store::insert_refund(tx, &refund)?;
    Ok(refund)
}

/// Remembers what a refund that has just begun gives back of each line. The amounts add up to the refund's.
pub fn remember_lines(tx: &mut Tx<'_>, refund: RefundId, lines: &[RefundedLine]) -> Result<()> {
    if lines.is_empty() { Ok(()) } else { store::insert_refund_lines(tx, refund, lines) }
}

/// The gateway refunded the money: the refund → COMPLETED, its payment → PARTIALLY_REFUNDED or REFUNDED (a payment
/// whose approval came late keeps its status); emits [`::events::PaymentRefunded`]. Repeated with the same transaction: no
/// effect. C019 when another outcome is recorded.
pub fn refund_completed(tx: &mut Tx<'_>, refund: RefundId, transaction: &str) -> Result<Refund> {
    let (mut refund, now) = (locked_refund(tx, refund)?, tx.now());
    match &refund.status {
        RefundStatus::Processing => {}
        RefundStatus::Completed { transaction: known, .. } if known == transaction => return Ok(refund),
        RefundStatus::Completed { .. } | RefundStatus::Failed { .. } => return Err(contradicts(&refund, transaction)),
    }
    let end = RefundStatus::Completed { at: now, transaction: transaction.to_owned() };
    let mut payment = locked(tx, &refund.payment)?;
    payment.refunded = payment.refunded.plus(refund.amount)?;
    let all = payment.refunded == payment.captured;
    let change = if all { Change::AllRefunded { at: now } } else { Change::PartRefunded { at: now } };
    let next = payment.status.step(&change)?;
    if !store::end_refund(tx, refund.id, &end)? || !store::add_refunded(tx, &payment, &next, refund.amount, now)? {
        return Err(changed_meanwhile());
    }
    changed(&mut payment, next, now);
    refund.status = end;
    tx.emit(&events::refunded(&payment, &refund, now))?;
    Ok(refund)
}

/// The gateway refused the refund: → FAILED with its reason, and its claim is released. Repeated: no effect. C019
/// when it is completed.
pub fn refund_failed(tx: &mut Tx<'_>, refund: RefundId, reason: &str) -> Result<Refund> {
    let (mut refund, now) = (locked_refund(tx, refund)?, tx.now());
    match &refund.status {
        RefundStatus::Processing => {}
        RefundStatus::Failed { .. } => return Ok(refund),
        RefundStatus::Completed { .. } => return Err(contradicts(&refund, reason)),
    }
    let end = RefundStatus::Failed { at: now, reason: reason.chars().take(text::REASON_MAX).collect() };
    if !store::end_refund(tx, refund.id, &end)? || !store::unclaim(tx, &refund.payment, refund.amount, now)? {
        return Err(changed_meanwhile());
    }
    refund.status = end;
    Ok(refund)
}

fn contradicts(refund: &Refund, outcome: &str) -> Error {
    Code::Conflict.error().caused_by(format!("refund {} is {:?}, and now {outcome}", refund.id, refund.status))
}

fn changed_meanwhile() -> Error {
    Code::OutdatedVersion.because("the payment changed at the same moment").retry_after(1)
}

fn changed(payment: &mut Payment, next: Status, now: kernel::Timestamp) {
    payment.status = next;
    payment.updated_at = now;
    payment.version += 1;
}

fn locked(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Payment> {
    store::lock(tx, number)?.ok_or_else(|| Code::PaymentNotFound.error())
}

fn locked_refund(tx: &mut Tx<'_>, refund: RefundId) -> Result<Refund> {
    store::lock_refund(tx, refund)?.ok_or_else(|| Code::PaymentNotFound.because("no such refund"))
}

/// The payment; S301 when there is none.
pub fn find(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Payment> {
    store::find(tx, number)?.ok_or_else(|| Code::PaymentNotFound.error())
}

/// The caller's own payment; S301 when there is none, S313 when it is someone else's.
pub fn own(tx: &mut Tx<'_>, number: &PaymentNumber, user: &UserId) -> Result<Payment> {
    let payment = find(tx, number)?;
    if payment.user == *user { Ok(payment) } else { Err(Code::PaymentUserMismatch.error()) }
}

/// The refund; S301 when there is none.
pub fn find_refund(tx: &mut Tx<'_>, refund: RefundId) -> Result<Refund> {
    store::find_refund(tx, refund)?.ok_or_else(|| Code::PaymentNotFound.because("no such refund"))
}

/// The payment's refunds, oldest first, each with what it gives back of the lines that it names.
pub fn refunds(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<Vec<(Refund, Vec<RefundedLine>)>> {
    let refunds = store::refunds_of_payment(tx, number)?;
    with_lines(tx, refunds)
}

/// Every payment of the order, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Payment>> {
    store::of_order(tx, order)
}

/// Every refund of the order's payments, oldest first, each with what it gives back of the lines that it names.
pub fn refunds_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<(Refund, Vec<RefundedLine>)>> {
    let refunds = store::refunds_of_order(tx, order)?;
    with_lines(tx, refunds)
}

fn with_lines(tx: &mut Tx<'_>, refunds: Vec<Refund>) -> Result<Vec<(Refund, Vec<RefundedLine>)>> {
    if refunds.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<RefundId> = refunds.iter().map(|refund| refund.id).collect();
    let all = store::lines_of_refunds(tx, &ids)?;
    let lines = |id: RefundId| all.iter().filter(|(of, _)| *of == id).map(|(_, line)| *line).collect();
    Ok(refunds.into_iter().map(|refund| (lines(refund.id), refund)).map(|(lines, refund)| (refund, lines)).collect())
}

/// The order's live payment of this part (PROCESSING, COMPLETED or refunded), if it has one.
pub fn live(tx: &mut Tx<'_>, order: &OrderNumber, part: Part) -> Result<Option<Payment>> {
    store::live(tx, order, part)
}

/// The order's current payment: the live one; without a live one, the newest that failed or was abandoned. S301 when
/// the order has no payment.
pub fn current(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Payment> {
    let mut payments = store::of_order(tx, order)?;
    let live = payments.iter().rposition(|payment| payment.status.is_live());
    let wanted = live.or(payments.len().checked_sub(1)).ok_or_else(|| Code::PaymentNotFound.error())?;
    Ok(payments.swap_remove(wanted))
}

/// The row before the first one that was made at `at` or a little later.
pub fn row_before(tx: &mut Tx<'_>, which: Recording, at: Timestamp) -> Result<i64> {
    store::row_before(tx, which, at)
}

/// What the next `limit` rows after the row `after` have recorded of money whose request came from `from` on and before `to`.
pub fn recorded_after(
    tx: &mut Tx<'_>,
    which: Recording,
    (from, to): (Timestamp, Timestamp),
    after: i64,
    limit: i64,
) -> Result<Records> {
    store::recorded_after(tx, which, (from, to), after, limit)
}
