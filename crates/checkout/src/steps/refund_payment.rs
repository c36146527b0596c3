//! REFUND_PAYMENT: the gateway gives money request. The same call compensates PROCESS_PAYMENT and LATE_CAPTURE.

use super::ORDER_CANCELLED;
use crate::flow::PartialRefund;
use crate::refund_lines::{self, Left};
use kernel::{Code, Error, Money, PaymentNumber, RefundId, Result};
use order::Order;
use payment::{Payment, Refund, RefundKind, RefundStatus, remote};
use ports::Ports;
use saga::{Next, NoCall, Outcome, Remote, RemoteCall};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use store::Tx;

/// Asks for a refund that was decided and claimed when its saga began.
pub struct RefundPayment;

/// What is asked of the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayRefund {
    /// The refund this is.
    pub refund: RefundId,
    /// Of which payment.
    pub payment: PaymentNumber,
    /// The gateway's name for the capture.
    pub transaction: Option<String>,
    /// How much.
    pub amount: Money,
}

impl GatewayRefund {
    /// What `refund` of `payment` asks for.
    pub fn of(payment: &Payment, refund: &Refund) -> GatewayRefund {
        GatewayRefund {
            refund: refund.id,
            payment: payment.number.clone(),
            transaction: payment.transaction.clone(),
            amount: refund.amount,
        }
    }

    /// Claims everything of an order's payment that has not gone back, line by line; `None` when all has. What was claimed when
    /// it was decided to cancel the order is taken as it is, and what the gateway refused is asked for again for the same lines.
    pub fn of_order(tx: &mut Tx<'_>, order: &Order, payment: &PaymentNumber) -> Result<Option<GatewayRefund>> {
        let payment = payment::ops::find(tx, payment)?;
        let refunds = payment::ops::refunds(tx, &payment.number)?;
        if let Some((open, _)) = refunds.iter().find(|(refund, _)| refund.status == RefundStatus::Processing) {
            return Ok(Some(GatewayRefund::of(&payment, open)));
        }
        let rest = payment.refundable();
        if !rest.is_positive() {
            return Ok(None);
        }
        let refused = refunds.iter().rev().find(|(refund, lines)| refund.amount == rest && !lines.is_empty());
        let refused = refused.filter(|(refund, _)| refund.status.kind() == RefundKind::Failed);
        let refund = payment::ops::begin_refund(tx, &payment.number, rest, ORDER_CANCELLED)?;
        let lines = match refused {
            Some((_, lines)) => lines.clone(),
            None => Left::of(order, &payment, &refund_lines::sums(&refunds)).rest(),
        };
        payment::ops::remember_lines(tx, refund.id, &lines)?;
        Ok(Some(GatewayRefund::of(&payment, &refund)))
    }

    /// Claims everything of a payment that its order does not need and that has not gone back; `None` when all has.
    pub fn of_rest(tx: &mut Tx<'_>, payment: &PaymentNumber) -> Result<Option<GatewayRefund>> {
        let payment = payment::ops::find(tx, payment)?;
        if !payment.refundable().is_positive() {
            return Ok(None);
        }
        let refund = payment::ops::begin_refund(tx, &payment.number, payment.refundable(), ORDER_CANCELLED)?;
        Ok(Some(GatewayRefund::of(&payment, &refund)))
    }
}

impl Remote for RefundPayment {
    const NAME: &'static str = "REFUND_PAYMENT";
    type Saga = PartialRefund;
    type Forward = Refunding<PartialRefund>;
    type Backward = NoCall<PartialRefund>;
    const CAN_BE_COMPENSATED: bool = false;

    fn prepare(_: &mut Tx<'_>, saga: &PartialRefund) -> Result<Next<GatewayRefund, String>> {
        Ok(Next::Call(GatewayRefund::of(&saga.payment, &saga.refund)))
    }

    fn prepare_compensation(_: &mut Tx<'_>, _: &PartialRefund, _: String) -> Result<Option<()>> {
        Ok(None)
    }
}

/// Giving money request. The refund's row is the shop's record of it and changes with the saga's.
pub struct Refunding<S>(PhantomData<fn() -> S>);

impl<S: 'static> RemoteCall for Refunding<S> {
    type Saga = S;
    type Request = GatewayRefund;
    type Response = String;
    const STORED: &'static str = "refund.outcome-stored";

    async fn call(ports: &Ports, request: GatewayRefund, key: &str) -> Outcome<String> {
        let answer =
            remote::give_back(ports.gateway.as_ref(), request.transaction.as_deref(), request.amount, key).await;
        Outcome::of_gateway(Some(answer), Code::PaymentRefundFailed)
    }

    async fn ask(ports: &Ports, _: GatewayRefund, key: &str) -> Outcome<String> {
        Outcome::of_gateway(remote::ask_refund(ports.gateway.as_ref(), key).await, Code::PaymentRefundFailed)
    }

    fn succeeded(tx: &mut Tx<'_>, _: &S, request: GatewayRefund, transaction: &String) -> Result<()> {
        payment::ops::refund_completed(tx, request.refund, transaction).map(|_| ())
    }

    fn refused(tx: &mut Tx<'_>, _: &S, request: GatewayRefund, why: &Error) -> Result<()> {
        let reason = why.detail().unwrap_or(why.code().english()).to_owned();
        payment::ops::refund_failed(tx, request.refund, &reason).map(|_| ())
    }

    fn succeeded_late(_: &mut Tx<'_>, _: &S, request: GatewayRefund, _: &str, _: &String) -> Result<()> {
        // a refund is not abandoned while it may still happen; if a gateway contradicts itself, a person has to look
        tracing::error!(payment = %request.payment, refund = %request.refund, "a refund that had been refused happened after all");
        Ok(())
    }
}
