//! PROCESS_PAYMENT: the gateway takes the buyer's money. Undone, it gives back what has not gone back yet.

use super::refund_payment::{MoneyBack, Refunding};
use crate::{
    flow::{Checkout, LATE},
    saga::{About, Errand, Next, Outcome, Remote, SYSTEM},
};
use kernel::{Code, Error, Money, OrderNumber, PaymentNumber, Result};
use payment::{Approval, Payment, remote, remote::ChargeOutcome};
use ports::{Ports, gateway::ChargeRequest};
use serde::{Deserialize, Serialize};
use store::Tx;

/// Waits for the buyer to bring a payment, until the time to pay is over. An order that costs nothing needs none.
pub struct ProcessPayment;

/// What is asked of the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// The payment this is.
    pub payment: PaymentNumber,
    /// The order that is paid.
    pub order: OrderNumber,
    /// How much.
    pub amount: Money,
    /// The payment method's name.
    pub method: String,
    /// What the gateway gave the buyer's browser.
    pub payment_key: Option<String>,
}

impl Charge {
    /// What `payment` asks for.
    pub fn of(payment: &Payment) -> Charge {
        Charge {
            payment: payment.number.clone(),
            order: payment.order.clone(),
            amount: payment.amount,
            method: payment.method.name().to_owned(),
            payment_key: payment.payment_key.clone(),
        }
    }
}

/// What the gateway took; nothing for an order that costs nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Captured {
    /// By which payment.
    pub payment: Option<PaymentNumber>,
    /// The gateway's name for it.
    pub transaction: Option<String>,
}

impl Remote for ProcessPayment {
    const NAME: &'static str = "PROCESS_PAYMENT";
    type Saga = Checkout;
    type Forward = Charging;
    type Backward = Refunding<Checkout>;

    fn intend(tx: &mut Tx<'_>, saga: &Checkout) -> Result<Next<Charge, Captured>> {
        if saga.order.amounts.payable.is_zero() {
            return Ok(Next::Skip(Captured { payment: None, transaction: None }));
        }
        Ok(match saga.order.status.pay_by() {
            Some(pay_by) if tx.now() < pay_by => Next::Wait(pay_by),
            Some(_) => Next::GiveUp(Code::SagaTimeout.because("not paid in time")),
            None => Next::GiveUp(Code::InvalidOrderStatus.because("it does not wait for a payment any more")),
        })
    }

    fn intend_undo(tx: &mut Tx<'_>, _: &Checkout, given: Captured) -> Result<Option<MoneyBack>> {
        let Some(payment) = given.payment else { return Ok(None) };
        MoneyBack::of_rest(tx, &payment)
    }
}

/// Taking money. The payment's row is the shop's record of it and changes with the saga's.
pub struct Charging;

impl Errand for Charging {
    type Saga = Checkout;
    type Intent = Charge;
    type Given = Captured;
    const STORED: &'static str = "payment.outcome-stored";

    async fn call(ports: &Ports, charge: Charge, key: &str) -> Outcome<Captured> {
        let request = ChargeRequest {
            key: key.to_owned(),
            order: charge.order.clone(),
            amount: charge.amount,
            method: charge.method.clone(),
            payment_key: charge.payment_key.clone(),
        };
        said(&charge, remote::take(ports.gateway.as_ref(), &request).await)
    }

    async fn ask(ports: &Ports, charge: Charge, key: &str) -> Outcome<Captured> {
        said(&charge, remote::ask(ports.gateway.as_ref(), key).await)
    }

    fn given(tx: &mut Tx<'_>, _: &Checkout, charge: Charge, given: &Captured) -> Result<()> {
        match payment::ops::completed(tx, &charge.payment, given.transaction.as_deref().unwrap_or(""))? {
            Approval::Completed(_) => Ok(()),
            Approval::Late(_) => {
                Err(Code::Internal.error().caused_by("a payment ended behind the back of its order's saga"))
            }
        }
    }

    fn refused(tx: &mut Tx<'_>, _: &Checkout, charge: Charge, why: &Error) -> Result<()> {
        let reason = why.detail().unwrap_or(why.code().english()).to_owned();
        payment::ops::failed(tx, &charge.payment, &reason).map(|_| ())
    }

    fn given_up(tx: &mut Tx<'_>, _: &Checkout, charge: Charge, _: &str, _: &Error) -> Result<()> {
        let payment = payment::ops::cancelled(tx, &charge.payment)?;
        look_for(tx, &payment)
    }

    fn late(tx: &mut Tx<'_>, _: &Checkout, charge: Charge, _: &str, given: &Captured) -> Result<()> {
        let transaction = given.transaction.as_deref().unwrap_or("");
        match payment::ops::completed(tx, &charge.payment, transaction)? {
            Approval::Late(payment) => look_for(tx, &payment),
            Approval::Completed(_) => Ok(()),
        }
    }
}

/// Sees to it that what is or will be taken by a payment that was given up goes back.
fn look_for(tx: &mut Tx<'_>, payment: &Payment) -> Result<()> {
    LATE.enlist(tx, &About { order: &payment.order, slot: payment.id.raw(), by: SYSTEM })
}

fn said(charge: &Charge, outcome: ChargeOutcome) -> Outcome<Captured> {
    match outcome {
        ChargeOutcome::Approved { transaction } => {
            Outcome::Done(Captured { payment: Some(charge.payment.clone()), transaction: Some(transaction) })
        }
        ChargeOutcome::Declined { reason } => Outcome::Refused(Code::PaymentDeclined.because(reason)),
        ChargeOutcome::Open => Outcome::Unknown,
        ChargeOutcome::Absent => Outcome::Absent,
    }
}
