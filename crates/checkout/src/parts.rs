//! How what an order costs is divided among the shares of its payment: what the balance pays, and what the gateway takes.

use crate::request::PaymentMethod;
use kernel::{Code, Detail, Money, OrderNumber, PaymentNumber, Result};
use payment::{Method, Payment};
use store::Tx;

/// The amount of each share; together they are what the order costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Taken from the balance, or by another sales channel.
    pub own: Money,
    /// Taken by the gateway.
    pub gateway: Money,
}

impl Parts {
    /// The shares of an order that costs `payable` and is paid so. S306 when the shares of a split payment are not what it costs.
    pub fn of(payable: Money, method: &PaymentMethod) -> Result<Parts> {
        let Some(split) = method.split else {
            return Ok(match method.method {
                Method::Balance | Method::Channel => Parts { own: payable, gateway: Money::ZERO },
                _ => Parts { own: Money::ZERO, gateway: payable },
            });
        };
        let sum = split.own.plus(split.gateway)?;
        if sum != payable {
            let detail = Detail::field("splits", format!("the shares are {sum} and the order costs {payable}"));
            return Err(kernel::Error::of_fields(Code::InvalidPaymentAmount, vec![detail]));
        }
        Ok(Parts { own: split.own, gateway: split.gateway })
    }
}

/// The payments of an order that count, one for each share: money of them is given back together.
#[derive(Debug, Clone)]
pub struct Shares(Vec<Payment>);

impl Shares {
    /// The shares of an order that have money, the payment `first` in front. A payment that was abandoned and captured after all is
    /// a share by itself, because its money is not the order's.
    pub fn of(tx: &mut Tx<'_>, order: &OrderNumber, first: &PaymentNumber) -> Result<Shares> {
        let mut payments = payment::ops::of_order(tx, order)?;
        let counts = payments.iter().any(|payment| payment.number == *first && payment.status.is_live());
        payments.retain(|payment| payment.number == *first || (counts && payment.status.is_live()));
        payments.sort_by_key(|payment| payment.number != *first);
        if payments.is_empty() { Err(Code::PaymentNotFound.error()) } else { Ok(Shares(payments)) }
    }

    /// The share in front.
    pub fn first(&self) -> &Payment {
        &self.0[0]
    }

    /// The share of this payment.
    pub fn of_payment(&self, number: &PaymentNumber) -> Option<&Payment> {
        self.0.iter().find(|payment| payment.number == *number)
    }

    /// All that was taken.
    pub fn captured(&self) -> Money {
        sum(self.0.iter().map(|payment| payment.captured))
    }

    /// All that can still be given back.
    pub fn refundable(&self) -> Money {
        sum(self.0.iter().map(Payment::refundable))
    }

    /// Whether all that was taken has gone back.
    pub fn is_refunded(&self) -> bool {
        sum(self.0.iter().map(|payment| payment.refunded)) == self.captured()
    }

    /// The payments, the share in front first.
    pub fn into_payments(self) -> Vec<Payment> {
        self.0
    }
}

fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    Money::minor(amounts.map(|amount| amount.as_minor()).sum())
}
