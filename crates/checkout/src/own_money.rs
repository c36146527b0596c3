//! The share of an order that its buyer pays from the balance. It is held before the gateway is asked for the other share, becomes a
//! completed payment together with it, and goes back when the gateway refuses. All of it is in our database, so nothing of it is ever
//! unknown. The payment's row and the wallet's entry say the same; the audit compares them.

use crate::{
    parts::Shares,
    refund_lines::{self, Left},
};
use kernel::{Code, Money, PaymentNumber, Result, UserId};
use order::Order;
use payment::{Approval, Method, NewPayment, Payment, Refund, RefundStatus};
use store::Tx;

/// Takes the share out of the balance, for a payment in PROCESSING. S302 when the order has such a share, S310 when less is held.
pub fn hold(tx: &mut Tx<'_>, order: &Order, amount: Money) -> Result<Payment> {
    let new = NewPayment {
        order: order.number.clone(),
        user: order.user,
        amount,
        method: Method::Balance,
        method_sent: Some(Method::Balance.name().to_owned()),
        payment_key: None,
    };
    let payment = payment::ops::begin(tx, new)?;
    if wallet::ops::pay(tx, &order.user, payment.number.as_str(), amount)? {
        return Ok(payment);
    }
    Err(Code::Internal.error().caused_by(format!("{} took from the balance before it began", payment.number)))
}

/// The held share is paid. Repeated: no effect.
pub fn take(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<()> {
    match payment::ops::completed(tx, number, &format!("WALLET-{number}"))? {
        Approval::Completed(_) => Ok(()),
        Approval::Late(_) => {
            Err(Code::Internal.error().caused_by(format!("{number} was given back before it was paid")))
        }
    }
}

/// The held share goes back, because the gateway refused the other one. Repeated: no effect.
pub fn release(tx: &mut Tx<'_>, number: &PaymentNumber, reason: &str) -> Result<()> {
    let payment = payment::ops::failed(tx, number, reason)?;
    back(tx, &payment)
}

/// The held share goes back, because the other one was abandoned. Repeated: no effect.
pub fn abandon(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<()> {
    let payment = payment::ops::cancelled(tx, number)?;
    back(tx, &payment)
}

fn back(tx: &mut Tx<'_>, payment: &Payment) -> Result<()> {
    wallet::ops::release(tx, &payment.user, payment.number.as_str(), payment.amount)
}

/// A refund that is decided goes into the balance at once; the name of what moved it. Repeated: no effect.
pub fn give_back(tx: &mut Tx<'_>, refund: &Refund, user: &UserId) -> Result<String> {
    let transaction = format!("WALLET-RF-{}", refund.id);
    payment::ops::refund_completed(tx, refund.id, &transaction)?;
    wallet::ops::refund(tx, user, &format!("RF-{}", refund.id), refund.amount)?;
    Ok(transaction)
}

/// Everything of the share that has not gone back goes back, because its order is cancelled. What was decided before is taken as it
/// is. Repeated: no effect.
pub fn give_back_rest(tx: &mut Tx<'_>, order: &Order, number: &PaymentNumber, reason: &str) -> Result<()> {
    let refunds = payment::ops::refunds_of_order(tx, &order.number)?;
    let open = |refund: &Refund| refund.payment == *number && refund.status == RefundStatus::Processing;
    for (refund, _) in refunds.iter().filter(|(refund, _)| open(refund)) {
        give_back(tx, refund, &order.user)?;
    }
    let shares = Shares::of(tx, &order.number, number)?;
    let rest = shares.first().refundable();
    if !rest.is_positive() {
        return Ok(());
    }
    let all = refund_lines::Claim {
        amount: shares.refundable(),
        lines: Left::of(order, &shares, &refund_lines::sums(&refunds)).rest(),
    };
    let claim = refund_lines::divided(all, &shares.into_payments()).swap_remove(0);
    let refund = payment::ops::begin_refund(tx, number, rest, reason)?;
    payment::ops::remember_lines(tx, refund.id, &claim.lines)?;
    give_back(tx, &refund, &order.user).map(drop)
}
