//! Giving money back by decision of the shop: a part of what was paid, or all of it, which also undoes the order. Of a payment in shares,
//! the share that is named gives first, and the other one gives the rest.

use crate::{
    cancel,
    flow::{ORDER, PartialRefund, REFUND, lock_run_of_order, refund_of},
    parts::Shares,
    pay::Standing,
    refund_account,
    refund_lines::{self, Claim, Left},
    request::{RefundLine, RefundRequest},
    returning,
};
use kernel::{Code, Error, Money, OrderNumber, PaymentNumber, Result};
use order::{Kind, Order};
use payment::{Payment, Refund, RefundStatus};
use returns::ReturnNumber;
use saga::{Action, Cancellation, Flow, Record, Status};
use store::Tx;

/// What the shop decides to give back.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Of what.
    pub payment: PaymentNumber,
    /// How much; `None` is all that is left.
    pub amount: Option<Money>,
    /// For which lines.
    pub lines: Vec<RefundLine>,
    /// Why, and who decided it.
    pub why: Cancellation,
}

impl Decision {
    /// The request as `by` sent it, with everything checked that can be without reading.
    pub fn of(payment: PaymentNumber, request: &RefundRequest, by: String) -> Result<Decision> {
        let reason = request.checked_reason()?;
        let lines = request.lines.clone().unwrap_or_default();
        let why = Cancellation { reason, by };
        Ok(Decision { payment, amount: request.amount, lines, why })
    }
}

/// Decides a refund and claims its amount. All of the money of an order that has not left cancels the order. A refund by lines of which one
/// share was given and the gateway refused the other is gone on with when it is asked for again. Money that the order does not need,
/// because it was captured late, goes back by itself, whatever the order's status.
///
/// S301 the payment, S306 when nothing of it is left, or less than is wanted, or when the lines cost less, S203 while the
/// order is not paid; C019 while the order is being cancelled; C002 for a deposit without an account to which it can go back.
pub fn begin(tx: &mut Tx<'_>, decision: &Decision) -> Result<(&'static dyn Flow, Record, Action)> {
    let payment = payment::ops::find(tx, &decision.payment)?;
    if !payment.status.is_live() {
        return of_late_capture(tx, payment, decision);
    }
    let open = Refundable::lock(tx, &decision.payment)?;
    let refunds = payment::ops::refunds_of_order(tx, &open.order.number)?;
    let again = refund_lines::refused(&refunds, decision.amount, &decision.lines);
    if let Some((refund, lines)) = again
        && returns::ops::of_refund(tx, refund.id)?.is_none()
        && let Some(share) = open.shares.of_payment(&refund.payment)
        && share.refundable() >= refund.amount
    {
        let claim = Claim { amount: refund.amount, lines: lines.clone() };
        let claims = vec![(share.clone(), claim)];
        return open.begin(tx, claims, &decision.why, None);
    }
    let withheld = returning::withheld(tx, &open.order.number, &refunds, None)?;
    let left = Left::of(&open.order, &open.shares, &refund_lines::sums(&refunds)).withholding(&withheld);
    let claims = open.divided(left.claim(decision.amount, &decision.lines)?);
    open.begin(tx, claims, &decision.why, None)
}

/// An order whose money can be given back, locked with its run.
pub struct Refundable {
    pub order: Order,
    pub shares: Shares,
}

impl Refundable {
    /// The order of a payment. The errors are those of [`begin`].
    pub fn lock(tx: &mut Tx<'_>, payment: &PaymentNumber) -> Result<Refundable> {
        let order = payment::ops::find(tx, payment)?.order;
        // the run is locked first, so that no other refund is decided at the same time
        let record = lock_run_of_order(tx, &order)?;
        let shares = Shares::of(tx, &order, payment)?;
        if !shares.refundable().is_positive() {
            return Err(nothing_is_left(shares.first()));
        }
        let order = order::ops::find(tx, &order)?;
        if record.status.is_moving() || record.status == Status::CompensationFailed {
            return Err(Code::Conflict.because("the order is being cancelled already").retry_after(10));
        }
        Ok(Refundable { order, shares })
    }

    /// What each share gives of a claim.
    pub fn divided(&self, claim: Claim) -> Claims {
        let payments = self.shares.clone().into_payments();
        let claims = refund_lines::divided(claim, &payments);
        payments.into_iter().zip(claims).filter(|(_, claim)| claim.amount.is_positive()).collect()
    }

    /// Begins to give back what is claimed, for a return or not.
    pub fn begin(
        self,
        tx: &mut Tx<'_>,
        claims: Claims,
        why: &Cancellation,
        of_return: Option<&ReturnNumber>,
    ) -> Result<(&'static dyn Flow, Record, Action)> {
        let number = &self.order.number;
        let all = Money::sum(claims.iter().map(|(_, claim)| claim.amount))? == self.shares.refundable();
        match self.order.status.kind() {
            Kind::Paid | Kind::Shipping | Kind::Delivered if all && !parcel_has_left(tx, number)? => {
                // the saga that cancels the order gives back what is claimed here, of the lines that are named here
                claimed(tx, claims, why)?;
                let (run, action) = cancel::begin(tx, &ORDER, number, None, why)?;
                Ok((&ORDER, run, action))
            }
            // a cancelled order has money only if an administrator resolved its run without it
            Kind::Paid | Kind::Shipping | Kind::Delivered | Kind::Cancelled | Kind::Refunded => {
                money_only(tx, claims, why, of_return)
            }
            Kind::Pending | Kind::Confirmed => {
                let why = format!("an order in {} cannot be refunded", self.order.status.kind());
                Err(Code::OrderCannotBeCancelled.because(why))
            }
        }
    }
}

/// A refund of a payment that failed or was cancelled and was captured after all. No line of the order was paid with it.
fn of_late_capture(
    tx: &mut Tx<'_>,
    payment: Payment,
    decision: &Decision,
) -> Result<(&'static dyn Flow, Record, Action)> {
    lock_run_of_order(tx, &payment.order)?;
    let payment = payment::ops::find(tx, &payment.number)?;
    if !decision.lines.is_empty() {
        let status = payment.status.kind();
        return Err(Code::InvalidPaymentAmount.because(format!("a payment in {status} paid for no lines")));
    }
    let left = payment.refundable();
    if !left.is_positive() {
        return Err(nothing_is_left(&payment));
    }
    let claim = Claim { amount: refund_lines::within(decision.amount.unwrap_or(left), left)?, lines: Vec::new() };
    money_only(tx, vec![(payment, claim)], &decision.why, None)
}

/// Decides to give back all that is left of what an order cost. An order that cost nothing is cancelled, if its parcel is still
/// here. S201 the order, S205 before it is paid, and the errors of [`begin`].
pub fn begin_of_order(
    tx: &mut Tx<'_>,
    number: &OrderNumber,
    why: Cancellation,
) -> Result<(&'static dyn Flow, Record, Action)> {
    let order = order::ops::find(tx, number)?;
    match order.status.kind() {
        Kind::Pending | Kind::Confirmed => return Err(Code::OrderNotPaid.because("cancel it instead")),
        Kind::Paid | Kind::Shipping | Kind::Delivered | Kind::Cancelled | Kind::Refunded => {}
    }
    if order.amounts.payable.is_zero() {
        let (run, action) = cancel::begin(tx, &ORDER, number, None, &why)?;
        return Ok((&ORDER, run, action));
    }
    let payment = payment::ops::current(tx, number)?.number;
    begin(tx, &Decision { payment, amount: None, lines: Vec::new(), why })
}

fn nothing_is_left(payment: &Payment) -> Error {
    let status = payment.status.kind();
    Code::InvalidPaymentAmount.because(format!("nothing of a payment in {status} is left"))
}

fn parcel_has_left(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<bool> {
    Ok(delivery::ops::all_of_order(tx, order)?.iter().any(|parcel| parcel.status.has_left()))
}

/// What each share gives.
pub type Claims = Vec<(Payment, Claim)>;

fn claimed(tx: &mut Tx<'_>, claims: Claims, why: &Cancellation) -> Result<Vec<(Payment, Refund)>> {
    let mut refunds = Vec::with_capacity(claims.len());
    for (payment, _) in &claims {
        refund_account::required(tx, &payment.number)?;
    }
    for (payment, claim) in claims {
        let refund = payment::ops::begin_refund(tx, &payment.number, claim.amount, &why.reason)?;
        payment::ops::remember_lines(tx, refund.id, &claim.lines)?;
        refunds.push((payment, refund));
    }
    Ok(refunds)
}

/// Begins a run for each share. What the balance gives back is done at once; the run that is returned is the gateway's, if it gives
/// something.
fn money_only(
    tx: &mut Tx<'_>,
    claims: Claims,
    why: &Cancellation,
    of_return: Option<&ReturnNumber>,
) -> Result<(&'static dyn Flow, Record, Action)> {
    let refunds = claimed(tx, claims, why)?;
    if let Some(number) = of_return {
        // before the first of them can come back
        let ids: Vec<_> = refunds.iter().map(|(_, refund)| refund.id).collect();
        returns::ops::remember_refunds(tx, number, &ids)?;
    }
    let mut begun = None;
    for (payment, refund) in refunds {
        let refund = PartialRefund { refund, payment, by: why.by.clone() };
        let run = REFUND.begin(tx, &refund, &refund.start())?;
        let run = run.ok_or_else(|| Code::Internal.error().caused_by("a new refund has a saga already"))?;
        if begun.is_none() || matches!(run.1, Action::Call(_)) {
            begun = Some(run);
        }
    }
    let (run, action) = begun.ok_or_else(|| Code::Internal.error().caused_by("a refund of nothing"))?;
    Ok((&REFUND, run, action))
}

/// How the refund of a run stands, with the payment `number`. S305 when the gateway refused it.
pub fn standing(tx: &mut Tx<'_>, record: &Record, number: &PaymentNumber) -> Result<Standing> {
    let done = is_done(tx, record)?;
    let payment = payment::ops::find(tx, number)?;
    Ok(if done { Standing::Completed(payment) } else { Standing::Open(payment) })
}

/// Whether the money of a run has gone back: the run's own refund, or, when an order is being cancelled, all of it. S305 when
/// the gateway refused.
pub fn is_done(tx: &mut Tx<'_>, record: &Record) -> Result<bool> {
    if record.family == REFUND.family() {
        return match payment::ops::find_refund(tx, refund_of(record)?)?.status {
            RefundStatus::Completed { .. } => Ok(true),
            RefundStatus::Processing => Ok(false),
            RefundStatus::Failed { reason, .. } => Err(Code::PaymentRefundFailed.because(reason)),
        };
    }
    Ok(match record.status {
        Status::Failed => true,
        Status::Started | Status::Completed | Status::Compensating | Status::CompensationFailed => false,
    })
}
