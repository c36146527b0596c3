//! What a user holds in the shop, and what was booked in it.

use kernel::{Code, Detail, Error, Money, Result, Timestamp, UserId};
use web::Label;

::store::text_enum! {
    /// What is counted separately in a wallet.
    #[schema(as = WalletAccount)]
    pub enum Account: "account" {
        /// Money that the user has paid in.
        Balance = "BALANCE",
        Points = "POINTS",
    }
}

::store::text_enum! {
    /// Why an account changed. A reference is booked at most once of each kind.
    #[schema(as = WalletEntryKind)]
    pub enum Kind: "kind of entry" {
        /// The user paid money in. Reference: the charge.
        Charge = "CHARGE",
        /// An order was paid, or its payment waits for the gateway's share. Reference: the payment.
        Payment = "PAYMENT",
        /// The gateway refused its share, so this one came back. Reference: the payment.
        Release = "RELEASE",
        /// Reference: the refund.
        Refund = "REFUND",
        /// By an administrator, with a reason.
        Adjustment = "ADJUSTMENT",
        /// Reference: the order that was delivered.
        Earned = "EARNED",
        /// Reference: the order that was placed.
        Spent = "SPENT",
        /// The order in which they were spent was cancelled. Reference: the order.
        Restored = "RESTORED",
        /// Reference: the lot.
        Expired = "EXPIRED",
        /// They were earned with money that was given back. Reference: the order.
        TakenBack = "TAKEN_BACK",
    }
}

impl Kind {
    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Kind::Charge => Label::new("charged", "충전"),
            Kind::Payment => Label::new("paid", "결제"),
            Kind::Release => Label::new("given back, not paid", "결제 취소 반환"),
            Kind::Refund => Label::new("refunded", "환불"),
            Kind::Adjustment => Label::new("booked by the shop", "관리자 조정"),
            Kind::Earned => Label::new("earned", "적립"),
            Kind::Spent => Label::new("spent", "사용"),
            Kind::Restored => Label::new("given back", "사용 취소"),
            Kind::Expired => Label::new("expired", "소멸"),
            Kind::TakenBack => Label::new("taken back", "적립 취소"),
        }
    }
}

/// What a user holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    pub user: UserId,
    pub balance: Money,
    /// Being paid in: charges without an outcome keep this much room below the limit.
    pub charging: Money,
    pub points: Money,
    /// Points that had to be taken back and had been spent; the next ones that are earned go there.
    pub points_owed: Money,
    /// How often each account changed.
    pub balance_entries: i64,
    pub point_entries: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Wallet {
    /// The wallet of a user for whom nothing was booked yet.
    pub fn empty(user: UserId, now: Timestamp) -> Wallet {
        Wallet {
            user,
            balance: Money::ZERO,
            charging: Money::ZERO,
            points: Money::ZERO,
            points_owed: Money::ZERO,
            balance_entries: 0,
            point_entries: 0,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// What is in an account, and how often it changed.
    pub fn of(&self, account: Account) -> (Money, i64) {
        match account {
            Account::Balance => (self.balance, self.balance_entries),
            Account::Points => (self.points, self.point_entries),
        }
    }

    /// What is in the account after `amount` more, or less; S310 when that would be below zero.
    pub fn after(&self, account: Account, amount: Money) -> Result<Money> {
        let (held, _) = self.of(account);
        let after = held.plus(amount)?;
        if after < Money::ZERO { Err(short(account, held, Money::minor(-amount.as_minor()))) } else { Ok(after) }
    }

    /// Whether `amount` more may be charged; S314 when the user would hold more than `held_max`.
    pub fn has_room_for(&self, amount: Money, held_max: Money) -> Result<()> {
        let held = self.balance.plus(self.charging)?;
        if held.plus(amount)? <= held_max {
            return Ok(());
        }
        let room = Money::minor((held_max.as_minor() - held.as_minor()).max(0));
        let detail = Detail::field("amount", format!("must be at most {room}")).with("limit", held_max.as_minor());
        Err(Code::BalanceLimitExceeded.because(format!("at most {held_max} can be held")).with(detail))
    }
}

/// S310: less is held than is wanted.
pub fn short(account: Account, held: Money, wanted: Money) -> Error {
    let (field, why) = match account {
        Account::Balance => ("amount", format!("the balance is {held}")),
        Account::Points => ("pointsToUse", format!("{held} points can be used")),
    };
    let detail = Detail::field(field, why.clone()).with("held", held.as_minor()).with("wanted", wanted.as_minor());
    Code::InsufficientBalance.because(why).with(detail)
}

/// A change of an account, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking<'a> {
    pub account: Account,
    pub kind: Kind,
    /// What it belongs to. The same kind is booked once for it.
    pub reference: &'a str,
    /// Below zero takes out.
    pub amount: Money,
    pub reason: Option<&'a str>,
    /// The administrator who booked it.
    pub by: Option<UserId>,
}

impl<'a> Booking<'a> {
    /// A change without a person's reason.
    pub fn of(account: Account, kind: Kind, reference: &'a str, amount: Money) -> Booking<'a> {
        Booking { account, kind, reference, amount, reason: None, by: None }
    }
}

/// A change of an account that was booked. No statement changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub user: UserId,
    pub account: Account,
    /// Counts from 1 within the account.
    pub number: i64,
    pub kind: Kind,
    pub reference: String,
    /// Below zero was taken out.
    pub amount: Money,
    /// What was in the account then.
    pub after: Money,
    pub reason: Option<String>,
    pub by: Option<UserId>,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(balance: i64, charging: i64) -> Wallet {
        let now = Timestamp::from_millis(0);
        let empty = Wallet::empty(fixture::user_id(1), now);
        Wallet { balance: Money::minor(balance), charging: Money::minor(charging), ..empty }
    }

    #[test]
    fn nothing_is_taken_out_that_is_not_in() {
        let wallet = holding(1_000, 0);
        assert_eq!(wallet.after(Account::Balance, Money::minor(-1_000)).unwrap(), Money::ZERO);
        let refused = wallet.after(Account::Balance, Money::minor(-1_001)).unwrap_err();
        assert_eq!(refused.code(), Code::InsufficientBalance);
        assert_eq!(wallet.after(Account::Points, Money::minor(-1)).unwrap_err().code(), Code::InsufficientBalance);
    }

    #[test]
    fn charges_under_way_count_against_the_limit() {
        let (wallet, limit) = (holding(6_000, 3_000), Money::minor(10_000));
        assert!(wallet.has_room_for(Money::minor(1_000), limit).is_ok());
        let refused = wallet.has_room_for(Money::minor(1_001), limit).unwrap_err();
        assert_eq!(refused.code(), Code::BalanceLimitExceeded);
        // what came back by refunds may be above the limit
        assert!(holding(12_000, 0).has_room_for(Money::minor(1), limit).is_err());
    }
}
