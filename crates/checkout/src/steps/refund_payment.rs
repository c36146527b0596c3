//! REFUND_PAYMENT: the gateway gives money back, or the balance its share. The same call compensates PROCESS_PAYMENT and LATE_CAPTURE.

use super::ORDER_CANCELLED;
use crate::flow::{PartialRefund, REFUND};
use crate::own_money;
use crate::parts::Shares;
use crate::refund_lines::{self, Claim, Left};
use kernel::{Code, Error, Money, OrderNumber, PaymentNumber, RefundId, Result};
use order::Order;
use payment::{Method, Payment, Refund, RefundKind, RefundStatus, remote};
use ports::{
    Gateway, Ports,
    gateway::{self, RefundAccount},
};
use saga::{Next, NoCall, Outcome, Remote, RemoteCall, Undo};
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
    /// What the gateway charged it for; none in requests of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderNumber>,
    /// The gateway's key of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_key: Option<String>,
    /// The buyer's account, for what was deposited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<RefundAccount>,
}

impl GatewayRefund {
    /// What `refund` of `payment` asks for.
    pub fn of(tx: &mut Tx<'_>, payment: &Payment, refund: &Refund) -> Result<GatewayRefund> {
        let deposit = payment::deposit::find(tx, payment.number.as_str())?;
        Ok(GatewayRefund {
            refund: refund.id,
            payment: payment.number.clone(),
            transaction: payment.transaction.clone(),
            amount: refund.amount,
            order: Some(payment.order.clone()),
            payment_key: payment.payment_key.clone(),
            account: deposit.and_then(|deposit| deposit.refund),
        })
    }

    /// The request with this idempotency key; `None` when nothing was captured.
    fn request(self, key: &str) -> Option<gateway::RefundRequest> {
        Some(gateway::RefundRequest {
            key: key.to_owned(),
            transaction: self.transaction?,
            order: self.order.as_ref().map(Into::into),
            payment_key: self.payment_key,
            amount: self.amount,
            account: self.account,
        })
    }

    /// Claims everything of an order's payment that has not gone back, line by line; `None` when all has. What was claimed when
    /// it was decided to cancel the order is taken as it is, and what the gateway refused is asked for again for the same lines.
    pub fn of_order(tx: &mut Tx<'_>, order: &Order, payment: &PaymentNumber) -> Result<Option<GatewayRefund>> {
        let shares = Shares::of(tx, &order.number, payment)?;
        let payment = shares.first().clone();
        let refunds = payment::ops::refunds_of_order(tx, &order.number)?;
        let mut own = refunds.iter().filter(|(refund, _)| refund.payment == payment.number);
        if let Some((open, _)) = own.clone().find(|(refund, _)| refund.status == RefundStatus::Processing) {
            return GatewayRefund::of(tx, &payment, open).map(Some);
        }
        let rest = payment.refundable();
        if !rest.is_positive() {
            return Ok(None);
        }
        let refused = own.rfind(|(refund, lines)| refund.amount == rest && !lines.is_empty());
        let refused = refused.filter(|(refund, _)| refund.status.kind() == RefundKind::Failed);
        let refund = payment::ops::begin_refund(tx, &payment.number, rest, ORDER_CANCELLED)?;
        let lines = match refused {
            Some((_, lines)) => lines.clone(),
            None => {
                let lines = Left::of(order, &shares, &refund_lines::sums(&refunds)).rest();
                let all = Claim { amount: shares.refundable(), lines };
                refund_lines::divided(all, &shares.into_payments()).swap_remove(0).lines
            }
        };
        payment::ops::remember_lines(tx, refund.id, &lines)?;
        GatewayRefund::of(tx, &payment, &refund).map(Some)
    }

    /// Claims everything of a payment that its order does not need and that has not gone back; `None` when all has, or when runs of
    /// their own ask for it. Versions before this one could claim such money without a run: that refund is taken up.
    pub fn of_rest(tx: &mut Tx<'_>, payment: &PaymentNumber) -> Result<Option<GatewayRefund>> {
        let payment = payment::ops::find(tx, payment)?;
        if !payment.refundable().is_positive() {
            let forgotten = forgotten(tx, &payment)?;
            return forgotten.map(|refund| GatewayRefund::of(tx, &payment, &refund)).transpose();
        }
        let refund = payment::ops::begin_refund(tx, &payment.number, payment.refundable(), ORDER_CANCELLED)?;
        GatewayRefund::of(tx, &payment, &refund).map(Some)
    }
}

/// The open refund of a payment that no run asks for.
fn forgotten(tx: &mut Tx<'_>, payment: &Payment) -> Result<Option<Refund>> {
    let runs = saga::store::of_key(tx, payment.order.as_str())?;
    let has_run = |refund: &Refund| {
        let id = refund.id.to_string();
        runs.iter().any(|run| run.family == REFUND.family() && run.subject.id == id)
    };
    let refunds = payment::ops::refunds(tx, &payment.number)?.into_iter().map(|(refund, _)| refund);
    Ok(refunds.filter(|refund| refund.status == RefundStatus::Processing).find(|refund| !has_run(refund)))
}

impl Remote for RefundPayment {
    const NAME: &'static str = "REFUND_PAYMENT";
    type Saga = PartialRefund;
    type Forward = Refunding<PartialRefund>;
    type Backward = NoCall<PartialRefund>;
    const CAN_BE_COMPENSATED: bool = false;

    fn prepare(tx: &mut Tx<'_>, saga: &PartialRefund) -> Result<Next<GatewayRefund, String>> {
        if matches!(saga.payment.method, Method::Balance | Method::Channel) {
            return own_money::give_back(tx, &saga.refund, &saga.payment).map(Next::Complete);
        }
        GatewayRefund::of(tx, &saga.payment, &saga.refund).map(Next::Call)
    }

    fn prepare_compensation(_: &mut Tx<'_>, _: &PartialRefund, _: String) -> Result<Undo<()>> {
        Ok(Undo::Complete(()))
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
        let (gateway, amount) = (ports.gateway.as_ref(), request.amount);
        let answer = remote::give_back(gateway, request.request(key).as_ref()).await;
        refunded(gateway, amount, Some(answer))
    }

    async fn ask(ports: &Ports, request: GatewayRefund, key: &str) -> Outcome<String> {
        let (gateway, amount) = (ports.gateway.as_ref(), request.amount);
        let answer = remote::ask_refund(gateway, request.request(key).as_ref()).await;
        refunded(gateway, amount, answer)
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

/// The gateway's answer about a refund. After one of another amount it stays open, because repeating it would give more back.
fn refunded(gateway: &dyn Gateway, amount: Money, answer: Option<gateway::Outcome>) -> Outcome<String> {
    let asked = (amount, gateway.currency());
    if let Some(wrong) = answer.as_ref().and_then(|answer| answer.wrong(asked.0, asked.1)) {
        tracing::error!(expected = %amount, ?wrong, "the gateway gave back another amount than it was asked for");
        return Outcome::Unknown;
    }
    Outcome::of_gateway(answer, asked, Code::PaymentRefundFailed)
}
