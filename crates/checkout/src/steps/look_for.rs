//! LOOK_FOR_…: a payment was given up although the gateway had only said that it knows nothing of it. A request may still
//! have been on its way, so the gateway is asked again after a while, and once more much later.

use super::refund_payment::{MoneyBack, Refunding};
use crate::{
    flow::Abandoned,
    saga::{Errand, Next, Outcome, Remote},
};
use kernel::{Error, Result};
use payment::remote::{self, ChargeOutcome};
use ports::Ports;
use std::time::Duration;
use store::Tx;

/// Looks for money `MINUTES` after the payment was given up. Undone, it gives back what was found.
pub struct LookFor<const MINUTES: u64>;

impl<const MINUTES: u64> Remote for LookFor<MINUTES> {
    const NAME: &'static str = match MINUTES {
        1 => "LOOK_SOON",
        15 => "LOOK_LATER",
        _ => "LOOK_LAST",
    };
    type Saga = Abandoned;
    type Forward = Looking;
    type Backward = Refunding<Abandoned>;

    fn intend(tx: &mut Tx<'_>, saga: &Abandoned) -> Result<Next<String, Option<String>>> {
        let payment = payment::ops::find(tx, &saga.payment.number)?;
        if payment.refundable().is_positive() {
            // it was told meanwhile
            return Ok(Next::Skip(payment.transaction));
        }
        let at = saga.started_at.after(Duration::from_secs(60 * MINUTES));
        Ok(if tx.now() < at { Next::Wait(at) } else { Next::Call(saga.key.clone()) })
    }

    fn intend_undo(tx: &mut Tx<'_>, saga: &Abandoned, _: Option<String>) -> Result<Option<MoneyBack>> {
        MoneyBack::of_rest(tx, &saga.payment.number)
    }
}

/// Asking about the charge that was given up.
pub struct Looking;

impl Errand for Looking {
    type Saga = Abandoned;
    type Intent = String;
    type Given = Option<String>;
    const STORED: &'static str = "payment.outcome-stored";

    async fn call(ports: &Ports, charge_key: String, _: &str) -> Outcome<Option<String>> {
        match remote::ask(ports.gateway.as_ref(), &charge_key).await {
            ChargeOutcome::Approved { transaction } => Outcome::Done(Some(transaction)),
            ChargeOutcome::Declined { .. } | ChargeOutcome::Absent => Outcome::Done(None),
            ChargeOutcome::Open => Outcome::Unknown,
        }
    }

    async fn ask(ports: &Ports, charge_key: String, key: &str) -> Outcome<Option<String>> {
        Self::call(ports, charge_key, key).await
    }

    fn given(tx: &mut Tx<'_>, saga: &Abandoned, _: String, found: &Option<String>) -> Result<()> {
        match found {
            Some(transaction) => payment::ops::completed(tx, &saga.payment.number, transaction).map(|_| ()),
            None => Ok(()),
        }
    }

    fn refused(_: &mut Tx<'_>, _: &Abandoned, _: String, _: &Error) -> Result<()> {
        Ok(())
    }

    fn given_up(_: &mut Tx<'_>, _: &Abandoned, _: String, _: &str, _: &Error) -> Result<()> {
        Ok(())
    }

    fn late(_: &mut Tx<'_>, _: &Abandoned, _: String, _: &str, _: &Option<String>) -> Result<()> {
        Ok(())
    }
}
