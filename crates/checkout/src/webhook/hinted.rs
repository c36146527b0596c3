//! What a gateway's message may be about: a payment of an order, or a charge of a balance.

use crate::{
    flow::{CHARGE, charge_subject, lock_run_of_order},
    pay,
    steps::{Charge, ChargeGateway, GatewayCharge},
};
use kernel::{Money, OrderNumber, PaymentNumber, Reference, Result, Timestamp};
use payment::{Method, Payment, deposit, wrong::Asked};
use ports::gateway::{ChargeRequest, Outcome, WrongAmount};
use saga::{Record, Remote};
use store::Tx;
use wallet::{ChargeNumber, charge::Status, ops::charges};

/// A payment or a charge of a balance, about which the gateway may be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Hinted {
    Payment(Payment),
    Charge(wallet::Charge),
}

/// How far it is with its money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its outcome is not known; its run asks.
    Open,
    /// Its money came by a deposit, which the bank may take back.
    Deposited,
    /// It has its money for good.
    Captured,
    /// It ended without money.
    Ended,
}

impl Hinted {
    /// The newest payment of an order or the charge with this number, if the gateway knows it by `key`.
    pub fn of_reference(tx: &mut Tx<'_>, reference: &str, key: Option<&str>) -> Result<Option<Hinted>> {
        let has_key = |own: &Option<String>| key.is_none_or(|key| own.as_deref() == Some(key));
        if let Ok(number) = reference.parse::<ChargeNumber>() {
            let charge = charges::known(tx, &number)?.filter(|charge| has_key(&charge.payment_key));
            return charge.map(|charge| Hinted::of_charge(tx, charge)).transpose();
        }
        let Ok(order) = reference.parse::<OrderNumber>() else { return Ok(None) };
        let payments = payment::ops::of_order(tx, &order)?;
        let payment = payments.into_iter().rfind(|payment| has_key(&payment.payment_key));
        payment.map(|payment| Hinted::of_payment(tx, payment)).transpose()
    }

    // older versions kept the method that the buyer, or the route, had named; that an account was opened for it says more
    fn of_payment(tx: &mut Tx<'_>, payment: Payment) -> Result<Hinted> {
        if payment.method == Method::VirtualAccount || deposit::find(tx, payment.number.as_str())?.is_none() {
            return Ok(Hinted::Payment(payment));
        }
        Ok(Hinted::Payment(payment.made_by(Method::VirtualAccount)))
    }

    fn of_charge(tx: &mut Tx<'_>, charge: wallet::Charge) -> Result<Hinted> {
        let by_deposit = Method::VirtualAccount.name();
        if charge.method == by_deposit || deposit::find(tx, charge.number.as_str())?.is_none() {
            return Ok(Hinted::Charge(charge));
        }
        Ok(Hinted::Charge(wallet::Charge { method: by_deposit.to_owned(), ..charge }))
    }

    /// The payment or the charge with this number; S301 when there is none.
    pub fn find(tx: &mut Tx<'_>, number: &Reference) -> Result<Hinted> {
        match number.as_str().parse::<PaymentNumber>() {
            Ok(payment) => {
                let payment = payment::ops::find(tx, &payment)?;
                Hinted::of_payment(tx, payment)
            }
            Err(_) => {
                let charge = charges::find(tx, &number.as_str().parse()?)?;
                Hinted::of_charge(tx, charge)
            }
        }
    }

    /// Its own number.
    pub fn number(&self) -> Reference {
        match self {
            Hinted::Payment(payment) => Reference::from(&payment.number),
            Hinted::Charge(charge) => Reference::from(&charge.number),
        }
    }

    fn method(&self) -> &str {
        match self {
            Hinted::Payment(payment) => payment.method.name(),
            Hinted::Charge(charge) => &charge.method,
        }
    }

    /// Whether it is paid by a deposit.
    pub fn is_by_deposit(&self) -> bool {
        self.method() == Method::VirtualAccount.name()
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        let (is_open, has_money, is_live) = match self {
            Hinted::Payment(payment) => {
                (pay::is_open(payment), payment.captured.is_positive(), payment.status.is_live())
            }
            Hinted::Charge(charge) => {
                let has_money = charge.transaction.is_some();
                (charge.status == Status::Processing && !has_money, has_money, true)
            }
        };
        match (is_open, has_money) {
            (true, _) => Stage::Open,
            (false, false) => Stage::Ended,
            (false, true) if is_live && self.is_by_deposit() => Stage::Deposited,
            (false, true) => Stage::Captured,
        }
    }

    /// Its run, locked until this transaction ends.
    pub fn lock_run(&self, tx: &mut Tx<'_>) -> Result<Record> {
        match self {
            Hinted::Payment(payment) => lock_run_of_order(tx, &payment.order),
            Hinted::Charge(charge) => {
                let subject = charge_subject(&charge.number);
                saga::store::lock_of_subject(tx, charge.number.as_str(), CHARGE.family(), &subject)
            }
        }
    }

    /// The request with which the gateway is asked about it.
    pub fn request(&self, tx: &mut Tx<'_>) -> Result<ChargeRequest> {
        match self {
            Hinted::Payment(payment) => Ok(Charge::of(payment, false).request(payment.number.as_str())),
            Hinted::Charge(charge) => {
                let runs = saga::store::of_key(tx, charge.number.as_str())?;
                let entry = runs.iter().find_map(|run| run.memory.get(ChargeGateway::NAME));
                let call = entry.and_then(|entry| entry.forward.as_ref().or(entry.past.last()));
                let key = call.map_or(charge.number.as_str(), |call| &call.key);
                Ok(GatewayCharge::of(charge).request(key))
            }
        }
    }

    /// The capture to keep apart, if this answer of the gateway says that there is one.
    pub fn wrong(&self, answer: Option<&Outcome>, currency: &str) -> Option<WrongAmount> {
        match (self.stage(), answer?) {
            // the gateway waits again for a deposit that it had: the bank took it back
            (Stage::Deposited, Outcome::Awaiting(_)) => Some(WrongAmount {
                transaction: taken_back(self.transaction()),
                amount: Money::ZERO,
                currency: currency.to_owned(),
            }),
            // the money of a payment that ended is searched for and given back; that of a charge waits for a person
            (Stage::Ended, Outcome::Approved { transaction, amount, currency, .. }) => Some(WrongAmount {
                transaction: transaction.clone(),
                amount: *amount,
                currency: currency.code().to_owned(),
            }),
            _ => None,
        }
    }

    fn transaction(&self) -> &str {
        let transaction = match self {
            Hinted::Payment(payment) => &payment.transaction,
            Hinted::Charge(charge) => &charge.transaction,
        };
        transaction.as_deref().unwrap_or_default()
    }

    /// What the gateway was asked for.
    pub fn asked(&self) -> Asked {
        let (reference, amount) = match self {
            Hinted::Payment(payment) => (Reference::from(&payment.order), payment.captured),
            Hinted::Charge(charge) => (Reference::from(&charge.number), charge.amount),
        };
        Asked { number: self.number(), reference, amount }
    }

    /// When it ended, for a charge that ended.
    pub fn charge_ended_at(&self) -> Option<Timestamp> {
        match self {
            Hinted::Payment(_) => None,
            Hinted::Charge(charge) => charge.ended_at,
        }
    }
}

/// The name under which it is kept that a capture was taken back. It has at most the 100 characters of its column.
pub fn taken_back(transaction: &str) -> String {
    transaction.chars().take(95).chain("#BACK".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_what_was_taken_back_fits_its_column() {
        assert_eq!(taken_back("tgen_1"), "tgen_1#BACK");
        assert_eq!(taken_back(&"x".repeat(100)).len(), 100);
    }
}
