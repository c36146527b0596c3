//! GIVE_BACK: if money was taken by a payment that had been given up, the saga turns back here, and undoing its steps gives
//! the money back, with the three attempts and the alert of every compensation.

use crate::{flow::Abandoned, saga::Local};
use kernel::{Code, Result};
use store::Tx;

/// Turns the saga back when anything was found.
pub struct GiveBack;

impl Local for GiveBack {
    const NAME: &'static str = "GIVE_BACK";
    type Saga = Abandoned;
    type Memory = ();

    fn run(tx: &mut Tx<'_>, saga: &Abandoned) -> Result<()> {
        if payment::ops::find(tx, &saga.payment.number)?.refundable().is_positive() {
            return Err(Code::PaymentAlreadyCancelled.because("taken after it was given up"));
        }
        Ok(())
    }

    fn undo(_: &mut Tx<'_>, _: &Abandoned, (): ()) -> Result<()> {
        Ok(())
    }
}
