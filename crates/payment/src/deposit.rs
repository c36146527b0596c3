//! Accounts that the gateway opened for a payment: where the buyer deposits the money, until when, and the buyer's own account, to
//! which a refund goes.

use crate::{Method, Payment};
use ::store::{Tx, args};
use kernel::{Code, PaymentNumber, Result, Timestamp, Together, text};
use ports::gateway::{Account, RefundAccount};

/// Longest code of a bank, in characters.
pub const BANK_MAX: usize = 30;
/// Longest number of an account, in characters.
pub const NUMBER_MAX: usize = 40;
/// Longest name of an account's holder, in characters.
pub const HOLDER_MAX: usize = 100;
/// Fewest and most digits of a buyer's account (Toss Payments).
const REFUND_DIGITS: std::ops::RangeInclusive<usize> = 6..=20;
/// Longest name of a buyer's account, in characters (Toss Payments).
const REFUND_HOLDER_MAX: usize = 60;

/// The account of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    pub account: Account,
    /// Until when the order had to be paid before it waited for the deposit.
    pub pay_by_before: Option<Timestamp>,
    /// Where refunds go; `None` until the buyer says it.
    pub refund: Option<RefundAccount>,
}

// the gateway says the same account each time it is asked; only the time may change
const KEEP: &str =
    "insert into deposit_accounts (payment_number, bank, account_number, holder, due_at, pay_by_before, created_at)
    values (?, ?, ?, ?, ?, ?, ?) {on conflict (payment_number): due_at = new.due_at}";
const FIND: &str =
    "select bank, account_number, holder, due_at, pay_by_before, refund_bank, refund_account, refund_holder
    from deposit_accounts where payment_number = ?";
const SET_REFUND: &str = "update deposit_accounts set refund_bank = ?, refund_account = ?, refund_holder = ?
    where payment_number = ?";

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[KEEP, FIND, SET_REFUND];

/// Stores the account of a payment, or of a charge of a balance, by its number. Repeated: only its due time may change.
pub fn keep(tx: &mut Tx<'_>, number: &str, account: &Account, pay_by: Option<Timestamp>) -> Result<()> {
    let now = tx.now();
    let row = args![number, account.bank, account.number, account.holder, account.due, pay_by, now];
    tx.exec(KEEP, row).map(|_| ())
}

/// The account of the payment or charge with this number, if the gateway opened one.
pub fn find(tx: &mut Tx<'_>, number: &str) -> Result<Option<Deposit>> {
    tx.query_first(FIND, args![number], |row| {
        let account = Account { bank: row.next()?, number: row.next()?, holder: row.next()?, due: row.next()? };
        let pay_by_before = row.next()?;
        let (bank, number, holder) = (row.next()?, row.next()?, row.next()?);
        let refund = match (bank, number, holder) {
            (Some(bank), Some(number), Some(holder)) => Some(RefundAccount { bank, number, holder }),
            _ => None,
        };
        Ok(Deposit { account, pay_by_before, refund })
    })
}

/// Stores where refunds of a payment go. S312 when it was not paid into an account, so that its money goes back by itself; C002 for
/// what is no account.
pub fn refund_to(tx: &mut Tx<'_>, payment: &Payment, account: &RefundAccount) -> Result<()> {
    let (account, number) = (checked(account)?, payment.number.as_str());
    if find(tx, number)?.is_none() {
        if payment.method != Method::VirtualAccount {
            let why = "it was not paid into an account; its money goes back the way it came";
            return Err(Code::PaymentCannotBeCancelled.because(why));
        }
        // the deposit came before the gateway had named the account
        let unknown = String::new;
        let opened = Account { bank: unknown(), number: unknown(), holder: unknown(), due: payment.created_at };
        keep(tx, number, &opened, None)?;
    }
    tx.exec(SET_REFUND, args![account.bank, account.number, account.holder, number]).map(|_| ())
}

/// Whether the money of a payment can only go back to an account that no one has named yet.
pub fn lacks_account(tx: &mut Tx<'_>, payment: &PaymentNumber) -> Result<bool> {
    Ok(find(tx, payment.as_str())?.is_some_and(|deposit| deposit.refund.is_none()))
}

/// The account without the signs that people write between digits; C002.
pub fn checked(account: &RefundAccount) -> Result<RefundAccount> {
    let number: String = account.number.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let are_digits = REFUND_DIGITS.contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let (bank, number, holder) = (
        text::required("bank", &account.bank, BANK_MAX),
        are_digits.then_some(number).ok_or_else(|| text::wrong("accountNumber", "must be 6 to 20 digits")),
        text::required("holder", &account.holder, REFUND_HOLDER_MAX),
    )
        .together()?;
    Ok(RefundAccount { bank, number, holder })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_digits_without_what_stands_between_them() {
        let account = |number: &str| {
            let account =
                RefundAccount { bank: "20".to_owned(), number: number.to_owned(), holder: "김미나".to_owned() };
            checked(&account).map(|account| account.number).ok()
        };
        assert_eq!(account("1002-123-456789"), Some("1002123456789".to_owned()));
        for wrong in ["", "12345", "1002-123-45678x", "123456789012345678901"] {
            assert_eq!(account(wrong), None, "{wrong}");
        }
        let debug =
            format!("{:?}", RefundAccount { bank: "20".into(), number: "10021234".into(), holder: "김".into() });
        assert!(!debug.contains("1002") && !debug.contains('김'), "{debug}");
    }
}
