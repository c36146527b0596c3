//! REFUND_PAYMENT: the gateway gives money back. The same errand undoes PROCESS_PAYMENT.

use super::GIVEN_UP;
use crate::{
    flow::GivingBack,
    saga::{Errand, Next, Nothing, Outcome, Remote},
};
use kernel::{Code, Error, Money, PaymentNumber, RefundId, Result};
use payment::{Payment, Refund, remote, remote::RefundOutcome};
use ports::Ports;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use store::Tx;

/// Asks for a refund that was decided and claimed when its saga began.
pub struct RefundPayment;

/// What is asked of the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MoneyBack {
    /// The refund this is.
    pub refund: RefundId,
    /// Of which payment.
    pub payment: PaymentNumber,
    /// The gateway's name for the capture.
    pub transaction: Option<String>,
    /// How much.
    pub amount: Money,
}

impl MoneyBack {
    /// What `refund` of `payment` asks for.
    pub fn of(payment: &Payment, refund: &Refund) -> MoneyBack {
        MoneyBack {
            refund: refund.id,
            payment: payment.number.clone(),
            transaction: payment.transaction.clone(),
            amount: refund.amount,
        }
    }

    /// Claims whatever of the payment has not gone back; `None` when all has.
    pub fn of_rest(tx: &mut Tx<'_>, payment: &PaymentNumber) -> Result<Option<MoneyBack>> {
        let payment = payment::ops::find(tx, payment)?;
        if !payment.refundable().is_positive() {
            return Ok(None);
        }
        let refund = payment::ops::begin_refund(tx, &payment.number, payment.refundable(), GIVEN_UP)?;
        Ok(Some(MoneyBack::of(&payment, &refund)))
    }
}

impl Remote for RefundPayment {
    const NAME: &'static str = "REFUND_PAYMENT";
    type Saga = GivingBack;
    type Forward = Refunding<GivingBack>;
    type Backward = Nothing<GivingBack>;

    fn intend(_: &mut Tx<'_>, saga: &GivingBack) -> Result<Next<MoneyBack, String>> {
        Ok(Next::Call(MoneyBack::of(&saga.payment, &saga.refund)))
    }

    fn intend_undo(_: &mut Tx<'_>, _: &GivingBack, _: String) -> Result<Option<()>> {
        Ok(None)
    }
}

/// Giving money back. The refund's row is the shop's record of it and changes with the saga's.
pub struct Refunding<S>(PhantomData<fn() -> S>);

impl<S: 'static> Errand for Refunding<S> {
    type Saga = S;
    type Intent = MoneyBack;
    type Given = String;
    const STORED: &'static str = "refund.outcome-stored";

    async fn call(ports: &Ports, back: MoneyBack, key: &str) -> Outcome<String> {
        said(remote::give_back(ports.gateway.as_ref(), back.transaction.as_deref(), back.amount, key).await)
    }

    async fn ask(ports: &Ports, _: MoneyBack, key: &str) -> Outcome<String> {
        said(remote::ask_refund(ports.gateway.as_ref(), key).await)
    }

    fn given(tx: &mut Tx<'_>, _: &S, back: MoneyBack, transaction: &String) -> Result<()> {
        payment::ops::refund_completed(tx, back.refund, transaction).map(|_| ())
    }

    fn refused(tx: &mut Tx<'_>, _: &S, back: MoneyBack, why: &Error) -> Result<()> {
        let reason = why.detail().unwrap_or(why.code().english()).to_owned();
        payment::ops::refund_failed(tx, back.refund, &reason).map(|_| ())
    }

    fn given_up(tx: &mut Tx<'_>, saga: &S, back: MoneyBack, _: &str, why: &Error) -> Result<()> {
        Self::refused(tx, saga, back, why)
    }

    fn late(_: &mut Tx<'_>, _: &S, back: MoneyBack, _: &str, _: &String) -> Result<()> {
        // never given up while it may still happen; if a gateway contradicts itself, a person has to look
        tracing::error!(payment = %back.payment, refund = %back.refund, "a refund that had been refused happened after all");
        Ok(())
    }
}

fn said(outcome: RefundOutcome) -> Outcome<String> {
    match outcome {
        RefundOutcome::Approved { transaction } => Outcome::Done(transaction),
        RefundOutcome::Declined { reason } => Outcome::Refused(Code::PaymentRefundFailed.because(reason)),
        RefundOutcome::Open => Outcome::Unknown,
        RefundOutcome::Absent => Outcome::Absent,
    }
}
