//! Earning, spending, losing and getting back points. The wallet is locked first, then its lots.

use super::{ByHand, adjust, book_in, changed_meanwhile};
use crate::points::{Earning, Lot, Take, come_back, earned, take, taken};
use crate::store::{self, points};
use crate::wallet::{Account, Booking, Entry, Kind, Wallet, short};
use ::store::Tx;
use events::{PointsEarned, PointsExpired, PointsTakenBack};
use kernel::{Money, OrderNumber, Percent, Result, Timestamp, UserId};
use std::time::Duration;

/// Most lots that a response shows.
const LOTS_SHOWN: i64 = 50;

/// What the user can use, and the lots that expire first; at most 50.
pub fn usable(tx: &mut Tx<'_>, user: &UserId) -> Result<(Money, Vec<Lot>)> {
    Ok((points::sum_usable(tx, user)?, points::usable(tx, user, LOTS_SHOWN)?))
}

/// How many points the user can use.
pub fn held(tx: &mut Tx<'_>, user: &UserId) -> Result<Money> {
    points::sum_usable(tx, user)
}

/// Takes points for an order, from the lots that expire first. `false` when the order has them already; S310 when the user can use
/// less.
pub fn spend(tx: &mut Tx<'_>, user: &UserId, order: &OrderNumber, amount: Money) -> Result<bool> {
    let wallet = store::lock(tx, user)?;
    if !points::uses(tx, order)?.is_empty() {
        return Ok(false);
    }
    let lots = points::lock_usable(tx, user)?;
    let takes = take(&lots, amount);
    if taken(&takes) < amount {
        return Err(short(Account::Points, taken(&take(&lots, Money::MAX)), amount));
    }
    if !points::spend(tx, order, &takes)? {
        return Err(changed_meanwhile());
    }
    let out = Booking::of(Account::Points, Kind::Spent, order.as_str(), negative(amount));
    book_in(tx, &wallet, &out)?.map(|_| true).ok_or_else(changed_meanwhile)
}

/// Gives the points of an order back into their lots, which keep their expiry. Repeated, or of an order that took none: no effect.
pub fn restore(tx: &mut Tx<'_>, user: &UserId, order: &OrderNumber) -> Result<Money> {
    // most orders took none, and then nothing is locked
    if points::uses(tx, order)?.is_empty() {
        return Ok(Money::ZERO);
    }
    let wallet = store::lock(tx, user)?;
    let takes = points::uses(tx, order)?;
    if takes.is_empty() {
        return Ok(Money::ZERO);
    }
    if !points::restore(tx, order, &takes)? {
        return Err(changed_meanwhile());
    }
    let back = Booking::of(Account::Points, Kind::Restored, order.as_str(), taken(&takes));
    book_in(tx, &wallet, &back)?.map(|_| taken(&takes)).ok_or_else(changed_meanwhile)
}

/// Gives some of the points of an order back, as [`restore`] does, because of `reference`; less when it did not take so many, or gave
/// them back before. Repeated for the same reference: no effect.
pub fn restore_part(
    tx: &mut Tx<'_>,
    user: &UserId,
    order: &OrderNumber,
    reference: &str,
    wanted: Money,
) -> Result<Money> {
    let wallet = store::lock(tx, user)?;
    let (ended, part) = come_back(&points::uses(tx, order)?, wanted);
    let back = taken(&ended).plus(part.map_or(Money::ZERO, |part| part.amount))?;
    let booking = Booking::of(Account::Points, Kind::Restored, reference, back);
    if !back.is_positive() || store::by_reference(tx, user, &booking)?.is_some() {
        return Ok(Money::ZERO);
    }
    if !points::restore_part(tx, order, &ended, part)? {
        return Err(changed_meanwhile());
    }
    book_in(tx, &wallet, &booking)?.map(|_| back).ok_or_else(changed_meanwhile)
}

/// Notes that an order was delivered, for `base` of money that was not given back: it earns points some time later. Repeated: no
/// effect.
pub fn expect(tx: &mut Tx<'_>, user: UserId, order: &OrderNumber, base: Money, delivered_at: Timestamp) -> Result<()> {
    let earning = Earning { order: order.clone(), user, base, delivered_at, granted: None };
    points::expect(tx, &earning).map(drop)
}

/// How points are earned.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub rate: Percent,
    /// How long after the delivery.
    pub after: Duration,
    pub expire_after: Duration,
}

/// Orders that earn their points now.
pub fn waiting(tx: &mut Tx<'_>, rules: &Rules, limit: i64) -> Result<Vec<OrderNumber>> {
    let until = tx.now().before(rules.after);
    points::waiting(tx, until, limit)
}

/// When the next order earns its points; `None` when none waits.
pub fn next_waiting(tx: &mut Tx<'_>, rules: &Rules) -> Result<Option<Timestamp>> {
    Ok(points::next_waiting(tx)?.map(|delivered| delivered.after(rules.after)))
}

/// The order earns its points; emits [`PointsEarned`]. Points that the user owes are taken from them at once. Repeated: no effect.
pub fn grant(tx: &mut Tx<'_>, order: &OrderNumber, rules: &Rules) -> Result<()> {
    let Some(earning) = points::lock_earning(tx, order)?.filter(|earning| earning.granted.is_none()) else {
        return Ok(());
    };
    let amount = earned(earning.base, rules.rate)?;
    if !points::grant(tx, order, rules.rate, amount)? {
        return Err(changed_meanwhile());
    }
    if !amount.is_positive() {
        return Ok(());
    }
    let wallet = store::lock(tx, &earning.user)?;
    let expires_at = tx.now().after(rules.expire_after);
    points::add_lot(tx, &earning.user, order.as_str(), amount, expires_at)?;
    let booking = Booking::of(Account::Points, Kind::Earned, order.as_str(), amount);
    let entry = book_in(tx, &wallet, &booking)?.ok_or_else(changed_meanwhile)?;
    tx.emit(&PointsEarned {
        user_id: earning.user,
        order_number: order.clone(),
        points: amount,
        expires_at,
        earned_at: entry.at,
    })?;
    if wallet.points_owed.is_positive() {
        let owed = wallet.points_owed.at_most(amount);
        if !store::owe(tx, &earning.user, negative(owed))? {
            return Err(changed_meanwhile());
        }
        take_back(tx, &earning.user, order, &format!("owed/{order}"), owed)?;
    }
    Ok(())
}

/// `base` is what is left of the order's money: points that were earned with the rest are taken back, first from those of this
/// order, then from those that expire first. What the user has spent of them is owed. Repeated: no effect.
pub fn rebase(tx: &mut Tx<'_>, order: &OrderNumber, base: Money) -> Result<()> {
    let Some(earning) = points::lock_earning(tx, order)? else { return Ok(()) };
    if base == earning.base {
        return Ok(());
    }
    let too_many = earning.granted.map_or(Ok(Money::ZERO), |granted| granted.too_many(base))?;
    if !points::rebase(tx, order, base, too_many)? {
        return Err(changed_meanwhile());
    }
    if !too_many.is_positive() {
        return Ok(());
    }
    // one order's money may go back in several parts
    let reference = format!("{order}/{base}");
    let missing = take_back(tx, &earning.user, order, &reference, too_many)?;
    if missing.is_positive() && !store::owe(tx, &earning.user, missing)? {
        return Err(changed_meanwhile());
    }
    Ok(())
}

/// Takes points back, first from the lot of this order; emits [`PointsTakenBack`]. Gives what was missing.
fn take_back(tx: &mut Tx<'_>, user: &UserId, order: &OrderNumber, reference: &str, amount: Money) -> Result<Money> {
    let wallet = store::lock(tx, user)?;
    let mut lots = points::lock_all(tx, user)?;
    lots.sort_by_key(|lot| lot.reference != order.as_str());
    let takes = take(&lots, amount);
    let found = taken(&takes);
    if found.is_positive() {
        lose(tx, &wallet, &takes, Kind::TakenBack, reference)?;
        let at = tx.now();
        tx.emit(&PointsTakenBack { user_id: *user, order_number: order.clone(), points: found, taken_back_at: at })?;
    }
    amount.minus(found)
}

/// Takes these parts of lots away for good.
fn lose(tx: &mut Tx<'_>, wallet: &Wallet, takes: &[Take], kind: Kind, reference: &str) -> Result<Entry> {
    if !points::remove(tx, takes)? {
        return Err(changed_meanwhile());
    }
    let booking = Booking::of(Account::Points, kind, reference, negative(taken(takes)));
    book_in(tx, wallet, &booking)?.ok_or_else(changed_meanwhile)
}

/// Lots that have expired with something left, with their users.
pub fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(i64, UserId)>> {
    points::due(tx, limit)
}

/// When the next lot expires; `None` when there are no points.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    points::next_due(tx)
}

/// Ends what is left of a lot whose time is over; emits [`PointsExpired`]. Repeated: no effect.
pub fn expire(tx: &mut Tx<'_>, lot: i64, user: &UserId) -> Result<()> {
    let wallet = store::lock(tx, user)?;
    let now = tx.now();
    let over = |lot: &Lot| lot.remaining.is_positive() && lot.expires_at <= now;
    let Some(lot) = points::lock_lot(tx, lot)?.filter(over) else { return Ok(()) };
    if !points::expire(tx, &lot)? {
        return Err(changed_meanwhile());
    }
    // points that come back after their expiry expire once more
    let reference = format!("{}/{}", lot.id, lot.expired + 1);
    let booking = Booking::of(Account::Points, Kind::Expired, &reference, negative(lot.remaining));
    let entry = book_in(tx, &wallet, &booking)?.ok_or_else(changed_meanwhile)?;
    tx.emit(&PointsExpired {
        user_id: *user,
        points: lot.remaining,
        left: entry.after,
        earned_by: lot.reference,
        expired_at: lot.expires_at,
    })
}

/// Changes points by hand: more of them are a lot of their own, fewer come from the lots that expire first. S310 when the user can
/// use less.
pub fn adjust_points(tx: &mut Tx<'_>, by_hand: &ByHand, expires_at: Timestamp) -> Result<Entry> {
    let (wallet, user) = (store::lock(tx, &by_hand.user)?, &by_hand.user);
    if by_hand.amount.is_positive() {
        let entry = adjust(tx, &wallet, Account::Points, by_hand)?;
        points::add_lot(tx, user, &entry.reference, by_hand.amount, expires_at)?;
        return Ok(entry);
    }
    let (lots, wanted) = (points::lock_usable(tx, user)?, negative(by_hand.amount));
    let takes = take(&lots, wanted);
    if taken(&takes) < wanted {
        return Err(short(Account::Points, taken(&takes), wanted));
    }
    if !points::remove(tx, &takes)? {
        return Err(changed_meanwhile());
    }
    adjust(tx, &wallet, Account::Points, by_hand)
}

fn negative(amount: Money) -> Money {
    Money::minor(-amount.as_minor())
}
