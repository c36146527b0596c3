//! What can be done with wallets.

pub mod charges;
pub mod points;

use crate::store;
use crate::wallet::{Account, Booking, Entry, Kind, Wallet};
use ::store::Tx;
use kernel::{Code, Cursor, Detail, Error, Money, OrderNumber, Page, PageRequest, Result, Together, UserId, text};

kernel::printed_numbers! {
    /// `ADJ-XXXXXXXX`.
    AdjustmentNumber = "ADJ-", time, 8;
}

/// The user's wallet; an empty one for a user for whom nothing was booked yet.
pub fn find(tx: &mut Tx<'_>, user: &UserId) -> Result<Wallet> {
    let now = tx.now();
    Ok(store::find(tx, user)?.unwrap_or_else(|| Wallet::empty(*user, now)))
}

/// The entries of an account, newest first.
pub fn history(
    tx: &mut Tx<'_>,
    user: &UserId,
    account: Account,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<Page<Entry>> {
    let (rows, total) = store::page(tx, user, account, request, after)?;
    Ok(request.page_of(rows, total, after, |entry| entry.number))
}

/// What was booked for an order, oldest first: for its payments and refunds, whose references these are, and for its points.
pub fn of_order(tx: &mut Tx<'_>, user: &UserId, order: &OrderNumber, money: Vec<String>) -> Result<Vec<Entry>> {
    let references = [money, vec![order.to_string()]].concat();
    store::of_references(tx, user, &references, &format!("{order}/"))
}

/// Changes an account and says so in an entry, in this transaction. `None` when this kind is booked for this reference already.
/// S310 when less is held than is taken out.
pub fn book(tx: &mut Tx<'_>, user: &UserId, booking: &Booking<'_>) -> Result<Option<Entry>> {
    let wallet = store::lock(tx, user)?;
    book_in(tx, &wallet, booking)
}

/// [`book`] in a wallet that this transaction has locked.
fn book_in(tx: &mut Tx<'_>, wallet: &Wallet, booking: &Booking<'_>) -> Result<Option<Entry>> {
    let (_, entries) = wallet.of(booking.account);
    let number = entries + 1;
    // what is booked already stays so, also when less is held by now
    let after = match wallet.after(booking.account, booking.amount) {
        Ok(after) => after,
        Err(_) if store::by_reference(tx, &wallet.user, booking)?.is_some() => return Ok(None),
        Err(short) => return Err(short),
    };
    let Some(id) = store::add(tx, &wallet.user, booking, number, after)? else {
        return match store::by_reference(tx, &wallet.user, booking)? {
            Some(_) => Ok(None),
            None => Err(changed_meanwhile()),
        };
    };
    if !store::change(tx, wallet, booking.account, booking.amount)? {
        return Err(changed_meanwhile());
    }
    Ok(Some(Entry {
        id,
        user: wallet.user,
        account: booking.account,
        number,
        kind: booking.kind,
        reference: booking.reference.to_owned(),
        amount: booking.amount,
        after,
        reason: booking.reason.map(str::to_owned),
        by: booking.by,
        at: tx.now(),
    }))
}

/// S315: another request changed the wallet at the same moment.
fn changed_meanwhile() -> Error {
    Code::BalanceConflict.error().retry_after(1)
}

/// What an administrator changes by hand.
#[derive(Debug, Clone)]
pub struct ByHand {
    pub user: UserId,
    /// Below zero takes out; not zero.
    pub amount: Money,
    /// Why, for the user to read.
    pub reason: String,
    pub by: UserId,
}

impl ByHand {
    /// The booking, with everything checked that needs no reading: C002 for the reason, S306 for an amount of 0.
    /// `field` is where the amount stands.
    pub fn checked(user: UserId, (field, amount): (&str, Money), reason: &str, by: UserId) -> Result<ByHand> {
        let nothing = || Error::of_fields(Code::InvalidPaymentAmount, vec![Detail::field(field, "must not be 0")]);
        let amount = if amount.is_zero() { Err(nothing()) } else { Ok(amount) };
        let (reason, amount) = (text::required_paragraph("reason", reason, text::REASON_MAX), amount).together()?;
        Ok(ByHand { user, amount, reason, by })
    }
}

/// Changes a balance by hand. S310 when less is held than is taken out, S314 when more would be held than `held_max`.
pub fn adjust_balance(tx: &mut Tx<'_>, by_hand: &ByHand, held_max: Money) -> Result<Entry> {
    let wallet = store::lock(tx, &by_hand.user)?;
    if by_hand.amount.is_positive() {
        wallet.has_room_for(by_hand.amount, held_max)?;
    }
    adjust(tx, &wallet, Account::Balance, by_hand)
}

fn adjust(tx: &mut Tx<'_>, wallet: &Wallet, account: Account, by_hand: &ByHand) -> Result<Entry> {
    let amount = by_hand.amount;
    let entry = tx.insert_drawn(AdjustmentNumber::draw, |tx, number| {
        let booking = Booking {
            account,
            kind: Kind::Adjustment,
            reference: number.as_str(),
            amount,
            reason: Some(&by_hand.reason),
            by: Some(by_hand.by),
        };
        book_in(tx, wallet, &booking)
    })?;
    Ok(entry)
}

/// Takes money out of a balance to pay with. `false` when this payment took it already; S310 when less is held.
pub fn pay(tx: &mut Tx<'_>, user: &UserId, payment: &str, amount: Money) -> Result<bool> {
    let out = Money::minor(-amount.as_minor());
    Ok(book(tx, user, &Booking::of(Account::Balance, Kind::Payment, payment, out))?.is_some())
}

/// Puts back what [`pay`] took for a payment that came to nothing. Repeated: no effect.
pub fn release(tx: &mut Tx<'_>, user: &UserId, payment: &str, amount: Money) -> Result<()> {
    book(tx, user, &Booking::of(Account::Balance, Kind::Release, payment, amount)).map(drop)
}

/// Gives money back into a balance, whatever is held: a refund is never refused. Repeated: no effect.
pub fn refund(tx: &mut Tx<'_>, user: &UserId, refund: &str, amount: Money) -> Result<()> {
    book(tx, user, &Booking::of(Account::Balance, Kind::Refund, refund, amount)).map(drop)
}
