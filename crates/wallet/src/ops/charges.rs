//! Paying money in. The saga that asks the gateway is a flow of `checkout`.

use super::changed_meanwhile;
use crate::charge::{Charge, ChargeNumber, NewCharge, Records, Status};
use crate::store::{self, charges};
use crate::wallet::{Account, Booking, Kind};
use ::store::Tx;
use events::BalanceCharged;
use kernel::{Code, Error, Money, Result, Timestamp, UserId, text};

/// Begins a charge, which keeps its room below the limit until it ends. S306 for an amount that no charge has, S314 when the user
/// would hold too much, C002 for a number that another charge has.
pub fn begin(tx: &mut Tx<'_>, new: &NewCharge) -> Result<Charge> {
    new.limits.check(new.amount)?;
    let wallet = store::lock(tx, &new.user)?;
    wallet.has_room_for(new.amount, new.limits.held_max)?;
    if !store::keep_room(tx, &new.user, new.amount, new.limits.held_max)? {
        return Err(changed_meanwhile());
    }
    let (number, id) = match &new.number {
        Some(number) => (number.clone(), charges::insert(tx, number, new)?.ok_or_else(taken)?),
        None => tx.insert_drawn(ChargeNumber::draw, |tx, number| {
            Ok(charges::insert(tx, number, new)?.map(|id| (number.clone(), id)))
        })?,
    };
    let now = tx.now();
    Ok(Charge {
        id,
        number,
        user: new.user,
        amount: new.amount,
        method: new.method.clone(),
        method_sent: new.method_sent.clone(),
        payment_key: new.payment_key.clone(),
        status: Status::Processing,
        transaction: None,
        failure: None,
        balance_before: None,
        ended_at: None,
        created_at: now,
        updated_at: now,
    })
}

fn taken() -> Error {
    text::wrong("transactionId", "is taken")
}

/// The charge, if there is one.
pub fn known(tx: &mut Tx<'_>, number: &ChargeNumber) -> Result<Option<Charge>> {
    charges::find(tx, number)
}

/// The charge; S301 when there is none.
pub fn find(tx: &mut Tx<'_>, number: &ChargeNumber) -> Result<Charge> {
    charges::find(tx, number)?.ok_or_else(not_found)
}

/// The user's charge; S301 when the user has no such charge.
pub fn of_user(tx: &mut Tx<'_>, user: &UserId, number: &ChargeNumber) -> Result<Charge> {
    charges::find(tx, number)?.filter(|charge| charge.user == *user).ok_or_else(not_found)
}

fn locked(tx: &mut Tx<'_>, number: &ChargeNumber) -> Result<Charge> {
    charges::lock(tx, number)?.ok_or_else(not_found)
}

fn not_found() -> Error {
    Code::PaymentNotFound.because("no such charge")
}

/// The gateway says by which method the charge is made. Repeated: no effect.
pub fn made_by(tx: &mut Tx<'_>, number: &ChargeNumber, method: &str) -> Result<()> {
    charges::set_method(tx, number, method)
}

/// The gateway took the money. Repeated with the same transaction: no effect; C019 with another one.
pub fn captured(tx: &mut Tx<'_>, number: &ChargeNumber, transaction: &str) -> Result<()> {
    if charges::capture(tx, number, transaction)? {
        return Ok(());
    }
    let charge = find(tx, number)?;
    if charge.transaction.as_deref() == Some(transaction) {
        return Ok(());
    }
    let cause = format!("{number} is {} with {:?}, and now {transaction}", charge.status, charge.transaction);
    Err(Code::Conflict.error().caused_by(cause))
}

/// The money that the gateway took goes into the balance; emits [`BalanceCharged`]. Repeated: no effect. C019 when the gateway took none, S315
/// when another job changed the wallet or the charge meanwhile.
pub fn book(tx: &mut Tx<'_>, number: &ChargeNumber) -> Result<()> {
    let charge = locked(tx, number)?;
    match (charge.status, &charge.transaction) {
        (Status::Completed, _) => return Ok(()),
        (Status::Processing, Some(_)) => {}
        (Status::Processing | Status::Failed, _) => {
            return Err(Code::Conflict.error().caused_by(format!("{number} was not captured")));
        }
    }
    let (user, amount) = (charge.user, charge.amount);
    let booking = Booking::of(Account::Balance, Kind::Charge, number.as_str(), amount);
    let Some(entry) = super::book(tx, &user, &booking)? else {
        return Err(Code::Internal.error().caused_by(format!("{number} is booked and not completed")));
    };
    let before = Money::minor(entry.after.as_minor() - amount.as_minor());
    if !store::leave_room(tx, &user, amount)? || !charges::complete(tx, number, before)? {
        return Err(changed_meanwhile());
    }
    tx.emit(&BalanceCharged {
        charge_number: number.to_string(),
        user_id: user,
        amount,
        balance: entry.after,
        charged_at: entry.at,
    })
}

/// The gateway refused: the charge keeps no room any more. Repeated: no effect. C019 when its money was taken.
pub fn failed(tx: &mut Tx<'_>, number: &ChargeNumber, reason: &str) -> Result<()> {
    let charge = locked(tx, number)?;
    let reason: String = reason.chars().take(text::REASON_MAX).collect();
    match charge.status {
        Status::Failed => return Ok(()),
        Status::Processing if charge.transaction.is_none() => {}
        Status::Processing | Status::Completed => {
            return Err(Code::Conflict.error().caused_by(format!("{number} was captured and is refused now")));
        }
    }
    let left = store::leave_room(tx, &charge.user, charge.amount)?;
    if left && charges::fail(tx, number, &reason)? { Ok(()) } else { Err(changed_meanwhile()) }
}

/// The row before the first one that was made at `at` or a little later.
pub fn row_before(tx: &mut Tx<'_>, at: Timestamp) -> Result<i64> {
    charges::row_before(tx, at)
}

/// What the next `limit` rows after the row `after` have recorded of money whose request came from `from` on and before `to`.
pub fn recorded_after(tx: &mut Tx<'_>, period: (Timestamp, Timestamp), after: i64, limit: i64) -> Result<Records> {
    charges::recorded_after(tx, period, after, limit)
}
