//! What no gateway takes: the share of an order that its buyer pays from the balance, and what another sales channel took for it. A
//! share is held before the gateway is asked for the other one, becomes a completed payment together with it, and goes back when the
//! gateway refuses. All of it is in our database, so nothing of it is ever unknown. The payment's row and the wallet's entry say the same;
//! the audit compares them. What a channel took is in no wallet: the channel gives it back itself, and the shop records that.

use crate::{
    parts::Shares,
    refund_lines::{self, Left},
};
use kernel::{Code, Money, PaymentNumber, Result};
use order::Order;
use payment::{Approval, Method, NewPayment, Payment, Refund, RefundStatus};
use store::Tx;

/// Where money comes from that no gateway takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// The buyer's balance.
    Balance,
    /// Another sales channel, which has the buyer's money.
    Channel,
}

impl Own {
    fn method(self) -> Method {
        match self {
            Own::Balance => Method::Balance,
            Own::Channel => Method::Channel,
        }
    }

    /// What begins the names of its movements.
    fn prefix(method: Method) -> &'static str {
        if method == Method::Channel { "CHANNEL" } else { "WALLET" }
    }
}

/// Takes the share out of the balance, or notes that a channel took it, for a payment in PROCESSING. S302 when the order has such a share,
/// S310 when less is held.
pub fn hold(tx: &mut Tx<'_>, order: &Order, amount: Money, from: Own) -> Result<Payment> {
    let new = NewPayment {
        order: order.number.clone(),
        user: order.user,
        amount,
        method: from.method(),
        method_sent: Some(from.method().name().to_owned()),
        payment_key: None,
    };
    let payment = payment::ops::begin(tx, new)?;
    if from == Own::Channel || wallet::ops::pay(tx, &order.user, payment.number.as_str(), amount)? {
        return Ok(payment);
    }
    Err(Code::Internal.error().caused_by(format!("{} took from the balance before it began", payment.number)))
}

/// The held share of the balance is paid. Repeated: no effect.
pub fn take(tx: &mut Tx<'_>, number: &PaymentNumber) -> Result<()> {
    complete(tx, number, Own::Balance)
}

/// What was held is paid. Repeated: no effect.
pub fn complete(tx: &mut Tx<'_>, number: &PaymentNumber, from: Own) -> Result<()> {
    match payment::ops::completed(tx, number, &format!("{}-{number}", Own::prefix(from.method())))? {
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

/// A refund that is decided goes into the balance at once, or back by the channel; the name of what moved it. Repeated: no effect.
pub fn give_back(tx: &mut Tx<'_>, refund: &Refund, payment: &Payment) -> Result<String> {
    let transaction = format!("{}-RF-{}", Own::prefix(payment.method), refund.id);
    payment::ops::refund_completed(tx, refund.id, &transaction)?;
    if payment.method == Method::Balance {
        wallet::ops::refund(tx, &payment.user, &format!("RF-{}", refund.id), refund.amount)?;
    }
    Ok(transaction)
}

/// Everything of the share that has not gone back goes back, because its order is cancelled. What was decided before is taken as it
/// is. Repeated: no effect.
pub fn give_back_rest(tx: &mut Tx<'_>, order: &Order, number: &PaymentNumber, reason: &str) -> Result<()> {
    let refunds = payment::ops::refunds_of_order(tx, &order.number)?;
    let open = |refund: &Refund| refund.payment == *number && refund.status == RefundStatus::Processing;
    let payment = payment::ops::find(tx, number)?;
    for (refund, _) in refunds.iter().filter(|(refund, _)| open(refund)) {
        give_back(tx, refund, &payment)?;
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
    give_back(tx, &refund, &payment).map(drop)
}
