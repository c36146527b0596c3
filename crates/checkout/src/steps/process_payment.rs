//! PROCESS_PAYMENT: the gateway takes the buyer's money, or its share of a split payment. Compensation gives back what has not gone
//! back yet.

use super::{
    ORDER_CANCELLED,
    refund_payment::{GatewayRefund, Refunding},
};
use crate::{flow::Checkout, late, own_money, refund_account};
use events::PaymentCompleted;
use kernel::{Code, Error, Money, OrderNumber, PaymentNumber, Result, Timestamp};
use payment::{
    Approval, Method, Payment, remote,
    wrong::{self, Asked},
};
use ports::{
    Ports,
    gateway::{self, Account, ChargeRequest, WrongAmount},
};
use saga::{Missing, Next, Outcome, Remote, RemoteCall, Undo};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Tx;

/// Waits until the buyer submits a payment or the time to pay is over. An order that costs nothing needs none, and one that is paid
/// from the balance alone does not ask the gateway.
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
    /// Whether the order waits for another payment if this one is declined.
    #[serde(default)]
    pub may_be_followed: bool,
    /// When an account for a deposit is closed, if the gateway's own time for it is not over before; none in requests of an older
    /// version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_until: Option<Timestamp>,
    /// The payment that holds the share of the balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<PaymentNumber>,
}

impl Charge {
    /// What `payment` asks for.
    pub fn of(payment: &Payment, may_be_followed: bool) -> Charge {
        Charge {
            may_be_followed,
            payment: payment.number.clone(),
            order: payment.order.clone(),
            amount: payment.amount,
            method: payment.method.name().to_owned(),
            payment_key: payment.payment_key.clone(),
            deposit_until: None,
            own: None,
        }
    }

    /// The request with this idempotency key.
    pub fn request(&self, key: &str) -> ChargeRequest {
        ChargeRequest {
            key: key.to_owned(),
            order: (&self.order).into(),
            amount: self.amount,
            method: self.method.clone(),
            payment_key: self.payment_key.clone(),
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
    /// The gateway's word for how it was paid; none in those of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// By which payment the balance paid its share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<PaymentNumber>,
}

impl Captured {
    /// What is taken for an order that costs nothing.
    pub fn nothing() -> Captured {
        Captured { payment: None, transaction: None, method: None, own: None }
    }

    /// The method by which the gateway says that it was paid.
    pub fn paid_by(&self) -> Option<Method> {
        Method::of_gateway(self.method.as_deref())
    }
}

impl Remote for ProcessPayment {
    const NAME: &'static str = "PROCESS_PAYMENT";
    type Saga = Checkout;
    type Forward = Charging;
    type Backward = Refunding<Checkout>;

    fn prepare(tx: &mut Tx<'_>, saga: &Checkout) -> Result<Next<Charge, Captured>> {
        if saga.order.amounts.payable.is_zero() {
            return Ok(Next::Complete(Captured::nothing()));
        }
        Ok(match saga.order.status.pay_by() {
            Some(pay_by) if tx.now() < pay_by => Next::WaitUntil(pay_by),
            Some(_) => Next::Fail(Code::SagaTimeout.because("not paid in time")),
            None => Next::Fail(Code::InvalidOrderStatus.because("it does not wait for a payment any more")),
        })
    }

    fn prepare_compensation(tx: &mut Tx<'_>, saga: &Checkout, captured: Captured) -> Result<Undo<GatewayRefund>> {
        if let Some(own) = &captured.own {
            own_money::give_back_rest(tx, &saga.order, own, ORDER_CANCELLED)?;
        }
        let Some(payment) = captured.payment else { return Ok(Undo::Complete(())) };
        refund_account::undo(tx, &payment, |tx| GatewayRefund::of_order(tx, &saga.order, &payment))
    }
}

/// Taking money. The payment's row is the shop's record of it and changes with the saga's.
pub struct Charging;

impl RemoteCall for Charging {
    type Saga = Checkout;
    type Request = Charge;
    type Response = Captured;
    const STORED: &'static str = "payment.outcome-stored";

    async fn call(ports: &Ports, charge: Charge, key: &str) -> Outcome<Captured> {
        let answer = remote::take(ports.gateway.as_ref(), &charge.request(key)).await;
        charged(ports, charge, Some(answer))
    }

    async fn ask(ports: &Ports, charge: Charge, key: &str) -> Outcome<Captured> {
        let answer = remote::ask(ports.gateway.as_ref(), &charge.request(key)).await;
        charged(ports, charge, answer)
    }

    async fn withdraw(ports: &Ports, charge: Charge, key: &str) -> Outcome<Captured> {
        let answer = remote::withdraw(ports.gateway.as_ref(), &charge.request(key)).await;
        charged(ports, charge, answer)
    }

    /// An order that is no longer payable wants no charge. Its last request may still be on its way, so what it captures is searched
    /// for ([`late`]).
    fn when_missing(tx: &mut Tx<'_>, saga: &Checkout, _: &Charge) -> Result<Missing> {
        let is_payable = saga.order.status.pay_by().is_some_and(|pay_by| tx.now() < pay_by);
        Ok(if is_payable { Missing::Repeat } else { Missing::Abandon })
    }

    fn waiting(tx: &mut Tx<'_>, saga: &Checkout, charge: Charge, until: Timestamp, note: &Value) -> Result<()> {
        let account = Account::deserialize(note).map_err(|e| Code::Internal.error().caused_by(e))?;
        payment::deposit::keep(tx, charge.payment.as_str(), &account, saga.order.status.pay_by())?;
        // whatever the buyer chose or the route assumed
        if charge.method != Method::VirtualAccount.name() {
            payment::ops::made_by(tx, &charge.payment, Method::VirtualAccount)?;
        }
        if saga.order.status.pay_by() == Some(until) {
            return Ok(());
        }
        order::ops::pay_until(tx, &charge.order, until)
    }

    fn succeeded(tx: &mut Tx<'_>, saga: &Checkout, charge: Charge, captured: &Captured) -> Result<()> {
        if let Some(own) = &charge.own {
            own_money::take(tx, own)?;
        }
        let paid_by = captured.paid_by().filter(|method| method.name() != charge.method);
        if let Some(method) = paid_by {
            payment::ops::made_by(tx, &charge.payment, method)?;
        }
        let completed = PaymentCompleted {
            payment_number: charge.payment.clone(),
            order_number: charge.order.clone(),
            user_id: saga.order.user,
            amount: charge.amount,
            payment_method: paid_by.map_or(charge.method.clone(), |method| method.name().to_owned()),
            pg_transaction_id: captured.transaction.clone(),
            paid_at: tx.now(),
        };
        if captured.transaction.is_some() && payment::ops::completed_as_known(tx, &completed)? {
            return Ok(());
        }
        match payment::ops::completed(tx, &charge.payment, captured.transaction.as_deref().unwrap_or(""))? {
            Approval::Completed(_) => Ok(()),
            Approval::Late(_) => Err(Code::Internal.error().caused_by("a payment ended without its order's saga")),
        }
    }

    fn refused(tx: &mut Tx<'_>, _: &Checkout, charge: Charge, why: &Error) -> Result<()> {
        if let Some(wrong) = WrongAmount::of(why) {
            let (number, reference) = (charge.payment.clone().into(), charge.order.clone().into());
            wrong::keep(tx, &Asked { number, reference, amount: charge.amount }, &wrong)?;
        }
        let reason = why.detail().unwrap_or(why.code().english()).to_owned();
        if let Some(own) = &charge.own {
            own_money::release(tx, own, &reason)?;
        }
        payment::ops::failed(tx, &charge.payment, &reason).map(|_| ())
    }

    fn may_be_followed(charge: &Charge) -> bool {
        charge.may_be_followed
    }

    fn abandoned(tx: &mut Tx<'_>, _: &Checkout, charge: Charge, _: &str, _: &Error) -> Result<()> {
        if let Some(own) = &charge.own {
            own_money::abandon(tx, own)?;
        }
        let payment = payment::ops::cancelled(tx, &charge.payment)?;
        let deposit = payment::deposit::find(tx, charge.payment.as_str())?;
        if let Some(pay_by) = deposit.and_then(|deposit| deposit.pay_by_before) {
            order::ops::pay_until(tx, &charge.order, pay_by)?;
        }
        late::search(tx, &payment)
    }

    fn succeeded_late(tx: &mut Tx<'_>, _: &Checkout, charge: Charge, _: &str, captured: &Captured) -> Result<()> {
        if let Some(method) = captured.paid_by() {
            payment::ops::made_by(tx, &charge.payment, method)?;
        }
        let transaction = captured.transaction.as_deref().unwrap_or("");
        match payment::ops::completed(tx, &charge.payment, transaction)? {
            Approval::Late(payment) => late::search_now(tx, &payment),
            Approval::Completed(_) => Ok(()),
        }
    }
}

/// An account waits no longer than until `until`: the buyer chose the gateway's time in the payment window, and stock waits with it.
fn bounded(answer: gateway::Outcome, until: Option<Timestamp>) -> gateway::Outcome {
    match (answer, until) {
        (gateway::Outcome::Awaiting(account), Some(until)) => {
            gateway::Outcome::Awaiting(Account { due: account.due.min(until), ..account })
        }
        (answer, _) => answer,
    }
}

/// The gateway's answer about this charge.
fn charged(ports: &Ports, charge: Charge, answer: Option<gateway::Outcome>) -> Outcome<Captured> {
    let asked = (charge.amount, ports.gateway.currency());
    let Charge { payment, own, deposit_until, .. } = charge;
    let answer = answer.map(|answer| bounded(answer, deposit_until));
    let method = match &answer {
        Some(gateway::Outcome::Approved { method, .. }) => method.clone(),
        _ => None,
    };
    let captured = |transaction| Captured { payment: Some(payment), transaction: Some(transaction), method, own };
    Outcome::of_gateway(answer, asked, Code::PaymentDeclined).map(captured)
}
