//! OPEN_CHARGE, CHARGE_GATEWAY, BOOK_CHARGE: money goes into a balance.

use crate::{
    flow::{BalanceCharge, charge_subject},
    webhook,
};
use kernel::{Code, Error, Money, Result, Timestamp};
use payment::{
    remote,
    wrong::{self, Asked},
};
use ports::{
    Ports,
    gateway::{self, WrongAmount},
};
use saga::{First, Local, Missing, Next, NoCall, Outcome, Remote, RemoteCall, Subject, Undo};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use store::Tx;
use wallet::{Charge, ChargeNumber, NewCharge, charge::Status, ops::charges};

/// How long a charge that the gateway does not know is asked for again: what a user agrees to in a payment window waits no longer.
const REPEATED_FOR: Duration = Duration::from_secs(10 * 60);
/// When such a charge is abandoned: no request stays on its way so long after the last one was made.
pub const ABANDONED_AFTER: Duration = Duration::from_secs(3 * 3_600);

/// Stores the charge and keeps its room below the limit of the balance.
pub struct OpenCharge;

impl First for OpenCharge {
    const NAME: &'static str = "OPEN_CHARGE";
    type Input = NewCharge;
    type Saga = BalanceCharge;

    fn run(tx: &mut Tx<'_>, new: NewCharge) -> Result<BalanceCharge> {
        Ok(BalanceCharge { charge: charges::begin(tx, &new)? })
    }

    fn subject(saga: &BalanceCharge) -> Subject {
        charge_subject(&saga.charge.number)
    }

    fn event_key(saga: &BalanceCharge) -> String {
        saga.charge.number.to_string()
    }
}

/// The gateway takes the money. What it took is not given back: it is booked, however long that takes.
pub struct ChargeGateway;

/// What is asked of the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayCharge {
    pub charge: ChargeNumber,
    pub amount: Money,
    /// The payment method's name.
    pub method: String,
    /// What the gateway gave the user's browser.
    pub payment_key: Option<String>,
}

impl GatewayCharge {
    /// What is asked for this charge.
    pub fn of(charge: &Charge) -> GatewayCharge {
        GatewayCharge {
            charge: charge.number.clone(),
            amount: charge.amount,
            method: charge.method.clone(),
            payment_key: charge.payment_key.clone(),
        }
    }

    /// The request with this idempotency key.
    pub fn request(&self, key: &str) -> gateway::ChargeRequest {
        gateway::ChargeRequest {
            key: key.to_owned(),
            order: self.charge.clone().into(),
            amount: self.amount,
            method: self.method.clone(),
            payment_key: self.payment_key.clone(),
        }
    }
}

impl Remote for ChargeGateway {
    const NAME: &'static str = "CHARGE_GATEWAY";
    type Saga = BalanceCharge;
    type Forward = ChargingBalance;
    type Backward = NoCall<BalanceCharge>;
    const CAN_BE_COMPENSATED: bool = false;

    fn prepare(tx: &mut Tx<'_>, saga: &BalanceCharge) -> Result<Next<GatewayCharge, String>> {
        // when it has just been abandoned, what the saga knows was read before
        let charge = charges::find(tx, &saga.charge.number)?;
        if charge.status == Status::Failed {
            return Ok(Next::Fail(Code::SagaTimeout.because(charge.failure.unwrap_or_default())));
        }
        Ok(Next::Call(GatewayCharge::of(&charge)))
    }

    fn prepare_compensation(_: &mut Tx<'_>, _: &BalanceCharge, _: String) -> Result<Undo<()>> {
        Ok(Undo::Complete(()))
    }
}

/// Taking the money of a charge. Its row is the shop's record of it and changes with the saga's.
pub struct ChargingBalance;

impl RemoteCall for ChargingBalance {
    type Saga = BalanceCharge;
    type Request = GatewayCharge;
    type Response = String;
    const STORED: &'static str = "payment.outcome-stored";

    async fn call(ports: &Ports, charge: GatewayCharge, key: &str) -> Outcome<String> {
        let answer = remote::take(ports.gateway.as_ref(), &charge.request(key)).await;
        charged(ports, charge.amount, Some(answer))
    }

    async fn ask(ports: &Ports, charge: GatewayCharge, key: &str) -> Outcome<String> {
        let answer = remote::ask(ports.gateway.as_ref(), &charge.request(key)).await;
        charged(ports, charge.amount, answer)
    }

    async fn withdraw(ports: &Ports, charge: GatewayCharge, key: &str) -> Outcome<String> {
        let answer = remote::withdraw(ports.gateway.as_ref(), &charge.request(key)).await;
        charged(ports, charge.amount, answer)
    }

    fn when_missing(tx: &mut Tx<'_>, saga: &BalanceCharge, _: &GatewayCharge) -> Result<Missing> {
        Ok(missing(tx.now().since(saga.charge.created_at)))
    }

    fn waiting(
        tx: &mut Tx<'_>,
        _: &BalanceCharge,
        charge: GatewayCharge,
        _until: Timestamp,
        note: &Value,
    ) -> Result<()> {
        let account = gateway::Account::deserialize(note).map_err(|e| Code::Internal.error().caused_by(e))?;
        payment::deposit::keep(tx, charge.charge.as_str(), &account, None)?;
        // whatever the user chose
        charges::made_by(tx, &charge.charge, payment::Method::VirtualAccount.name())
    }

    fn succeeded(tx: &mut Tx<'_>, _: &BalanceCharge, charge: GatewayCharge, transaction: &String) -> Result<()> {
        charges::captured(tx, &charge.charge, transaction)
    }

    fn refused(tx: &mut Tx<'_>, _: &BalanceCharge, charge: GatewayCharge, why: &Error) -> Result<()> {
        if let Some(wrong) = WrongAmount::of(why) {
            let number = kernel::Reference::from(&charge.charge);
            wrong::keep(tx, &Asked { number: number.clone(), reference: number, amount: charge.amount }, &wrong)?;
        }
        charges::failed(tx, &charge.charge, why.detail().unwrap_or(why.code().english()))
    }

    fn abandoned(tx: &mut Tx<'_>, saga: &BalanceCharge, charge: GatewayCharge, _: &str, why: &Error) -> Result<()> {
        let at = tx.now().after(ABANDONED_AFTER);
        webhook::search_at(tx, &kernel::Reference::from(&charge.charge), at)?;
        Self::refused(tx, saga, charge, why)
    }

    fn succeeded_late(tx: &mut Tx<'_>, _: &BalanceCharge, charge: GatewayCharge, _: &str, _: &String) -> Result<()> {
        let now = tx.now();
        webhook::search_at(tx, &kernel::Reference::from(&charge.charge), now)
    }
}

/// What becomes of a charge that began this long ago and that the gateway does not know.
fn missing(age: Duration) -> Missing {
    if age < REPEATED_FOR {
        Missing::Repeat
    } else if age < ABANDONED_AFTER {
        Missing::Ask
    } else {
        Missing::Abandon
    }
}

/// The gateway's answer about a charge.
fn charged(ports: &Ports, amount: Money, answer: Option<gateway::Outcome>) -> Outcome<String> {
    Outcome::of_gateway(answer, (amount, ports.gateway.currency()), Code::PaymentDeclined)
}

/// What the gateway took goes into the balance.
pub struct BookCharge;

impl Local for BookCharge {
    const NAME: &'static str = "BOOK_CHARGE";
    type Saga = BalanceCharge;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &BalanceCharge) -> Result<()> {
        charges::book(tx, &saga.charge.number)
    }

    fn compensate(_: &mut Tx<'_>, _: &BalanceCharge, (): ()) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_that_stays_missing_is_repeated_then_asked_about_then_abandoned() {
        let minutes = |minutes: u64| missing(Duration::from_secs(minutes * 60));
        assert_eq!((minutes(0), minutes(9)), (Missing::Repeat, Missing::Repeat));
        assert_eq!((minutes(10), minutes(179)), (Missing::Ask, Missing::Ask));
        assert_eq!((minutes(180), minutes(10_000)), (Missing::Abandon, Missing::Abandon));
    }
}
