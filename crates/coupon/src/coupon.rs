//! Types and pure rules of coupons.

use crate::scope::{Line, Scope};
use kernel::{
    Code, CouponId, Error, Money, OrderNumber, Percent, Result, Timestamp, Together, UserCouponId, UserId,
    text::{self, wrong},
};

/// Longest code, in characters.
pub const CODE_MAX: usize = 50;
/// Longest name, in characters.
pub const NAME_MAX: usize = 100;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 2_000;
/// Most coupons of one kind: more than one for each inhabitant of a large country makes no sense.
pub const TOTAL_MAX: i64 = 100_000_000;
/// Basis points of one percent.
const POINTS_OF_PERCENT: i64 = 100;

::store::text_enum! {
    /// How a coupon stands.
    #[schema(as = CouponStatus)]
    pub enum Status: "coupon status" {
        /// Issued from its start until its expiry.
        Active = "ACTIVE",
        /// All are issued.
        Exhausted = "EXHAUSTED",
        Expired = "EXPIRED",
        /// An administrator deactivated it.
        Inactive = "INACTIVE",
    }
}

::store::text_enum! {
    /// How a discount is computed.
    pub enum DiscountType: "discount type" {
        /// An amount.
        Fixed = "FIXED",
        /// A share of the amount, in whole percents.
        Percentage = "PERCENTAGE",
    }
}

::store::text_enum! {
    /// How a user's coupon stands.
    #[schema(as = UserCouponStatus)]
    pub enum UserStatus: "user coupon status" {
        Available = "AVAILABLE",
        Used = "USED",
        Expired = "EXPIRED",
    }
}

/// A discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    Fixed(Money),
    Percentage(Percent),
}

impl Discount {
    /// The discount of this type with the value that people write: minor units from 1, or percents from 1 to 100. C002.
    pub fn checked(kind: DiscountType, value: i64) -> Result<Discount> {
        match kind {
            DiscountType::Fixed if !(1..=Money::MAX.as_minor()).contains(&value) => {
                Err(wrong("discountValue", format!("must be between 1 and {}", Money::MAX)))
            }
            DiscountType::Fixed => Money::checked(value).map(Discount::Fixed),
            DiscountType::Percentage if !(1..=100).contains(&value) => {
                Err(wrong("discountValue", "must be between 1 and 100 percent"))
            }
            DiscountType::Percentage => Percent::of_basis_points(value * POINTS_OF_PERCENT).map(Discount::Percentage),
        }
    }

    /// Its type.
    pub const fn kind(self) -> DiscountType {
        match self {
            Discount::Fixed(_) => DiscountType::Fixed,
            Discount::Percentage(_) => DiscountType::Percentage,
        }
    }

    /// Minor units, or percents.
    pub fn value(self) -> i64 {
        match self {
            Discount::Fixed(amount) => amount.as_minor(),
            Discount::Percentage(percent) => i64::from(percent.basis_points()) / POINTS_OF_PERCENT,
        }
    }
}

/// What a coupon takes off which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub discount: Discount,
    /// The smallest sum of the lines that it applies to, for which it can be used.
    pub minimum_order: Option<Money>,
    /// The most that it takes off.
    pub maximum_discount: Option<Money>,
    /// The products that it applies to.
    pub scope: Scope,
    /// Whether it is only for users who have not ordered before.
    pub first_order_only: bool,
}

impl Offer {
    /// An offer for every product and every order. C002 unless the amounts make sense, each and together.
    pub fn of(
        discount: Result<Discount>,
        minimum_order: Option<Money>,
        maximum_discount: Option<Money>,
    ) -> Result<Offer> {
        let positive = |field: &str, amount: Option<Money>| match amount {
            Some(amount) if !amount.is_positive() => Err(wrong(field, "must be above 0; leave it out for none")),
            _ => Ok(amount),
        };
        let (minimum, maximum) =
            (positive("minimumOrderAmount", minimum_order), positive("maximumDiscountAmount", maximum_discount));
        let (discount, minimum_order, maximum_discount) = (discount, minimum, maximum).together()?;
        match (discount, maximum_discount) {
            (Discount::Fixed(amount), Some(most)) if most < amount => {
                Err(wrong("maximumDiscountAmount", "is below the fixed discount"))
            }
            _ => Ok(Offer {
                discount,
                minimum_order,
                maximum_discount,
                scope: Scope::default(),
                first_order_only: false,
            }),
        }
    }

    /// What it takes off an order of these lines: [`Offer::discount_of`] what the lines cost that it applies to. S612 when it applies
    /// to none of them.
    pub fn discount_of_lines(&self, lines: &[Line]) -> Result<Money> {
        self.discount_of(self.scope.eligible(lines)?)
    }

    /// What it takes off `subtotal`, the sum of the lines that it applies to: a percentage is rounded half-up, and no discount is more than the subtotal. S611 when the
    /// subtotal is below the minimum.
    pub fn discount_of(&self, subtotal: Money) -> Result<Money> {
        if let Some(minimum) = self.minimum_order.filter(|minimum| subtotal < *minimum) {
            return Err(Code::CouponMinimumOrderNotMet.because(format!("it needs an order of at least {minimum}")));
        }
        let whole = match self.discount {
            Discount::Fixed(amount) => amount,
            Discount::Percentage(percent) => subtotal.part(percent)?,
        };
        Ok(whole.at_most(self.maximum_discount).at_most(subtotal))
    }
}

/// How many coupons there are; C002.
pub fn total(quantity: i64) -> Result<i64> {
    match (1..=TOTAL_MAX).contains(&quantity) {
        true => Ok(quantity),
        false => Err(wrong("totalQuantity", format!("must be between 1 and {TOTAL_MAX}"))),
    }
}

/// What an administrator or a seller decides about a coupon. Whose it is is not decided here: it is of who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub code: String,
    pub name: String,
    pub description: Option<String>,
    pub offer: Offer,
    /// How many there are.
    pub total: i64,
    /// Whether everybody sees it; otherwise only who has its code.
    pub listed: bool,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Content {
    /// The content of a coupon of this seller; `None` for the shop's own.
    pub(crate) fn of(mut self, seller: Option<UserId>) -> Content {
        self.offer.scope.seller = seller;
        self
    }

    /// C002 unless the numbers and the period make sense.
    pub fn checked(self) -> Result<Content> {
        let Offer { discount, minimum_order, maximum_discount, scope, first_order_only } = self.offer;
        let period = match self.expires_at <= self.starts_at {
            true => Err(wrong("expiresAt", "must be after startsAt")),
            false => Ok(()),
        };
        let offer = Offer::of(Ok(discount), minimum_order, maximum_discount);
        let (total, offer, ()) = (total(self.total), offer, period).together()?;
        let offer = Offer { scope, first_order_only, ..offer };
        Ok(Content { offer, total, ..self })
    }
}

/// A coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    pub id: CouponId,
    pub content: Content,
    /// How many users have got one.
    pub issued: i64,
    pub deactivated_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Coupon {
    /// How it stands at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        if self.deactivated_at.is_some() {
            Status::Inactive
        } else if self.content.expires_at <= now {
            Status::Expired
        } else if self.issued >= self.content.total {
            Status::Exhausted
        } else {
            Status::Active
        }
    }

    /// Whose it is; `None` for the shop's own.
    pub const fn seller(&self) -> Option<UserId> {
        self.content.offer.scope.seller
    }

    /// How many can still be issued.
    pub const fn remaining(&self) -> i64 {
        self.content.total - self.issued
    }

    /// Whether its time and its administrators let it be issued, whatever is left: S606, S605 with the wait, S603.
    pub fn is_open(&self, now: Timestamp) -> Result<()> {
        if self.deactivated_at.is_some() {
            return Err(Code::CouponInactive.error());
        }
        if now < self.content.starts_at {
            return Err(not_started(self.content.starts_at, now));
        }
        if self.content.expires_at <= now {
            return Err(Code::CouponExpired.error());
        }
        Ok(())
    }

    /// Whether `content` may replace what this coupon has. C019 when users hold it and the change would touch them.
    pub fn may_become(&self, content: &Content) -> Result<()> {
        if text::folded(&content.code) != text::folded(&self.content.code) {
            return Err(wrong("code", "of a coupon stays"));
        }
        if self.issued > 0 && content.offer != self.content.offer {
            return Err(Code::Conflict.because("users have this coupon, so what it takes off which orders stays"));
        }
        if content.total < self.issued {
            return Err(Code::Conflict.because(format!("{} are issued already", self.issued)));
        }
        Ok(())
    }
}

fn not_started(starts_at: Timestamp, now: Timestamp) -> Error {
    let wait = starts_at.since(now).as_secs().saturating_add(1);
    Code::CouponNotStarted.error().retry_after(u32::try_from(wait).unwrap_or(u32::MAX))
}

/// What a user's coupon has gone through; its expiry follows from the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Available,
    Used { order: OrderNumber, at: Timestamp },
}

/// A coupon that a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCoupon {
    pub id: UserCouponId,
    pub coupon: CouponId,
    pub user: UserId,
    pub code: String,
    pub name: String,
    pub offer: Offer,
    pub state: State,
    pub issued_at: Timestamp,
    /// The coupon's expiry on the day of issue.
    pub expires_at: Timestamp,
}

impl UserCoupon {
    /// Whether it was used in this order.
    pub fn is_used_in(&self, order: &OrderNumber) -> bool {
        matches!(&self.state, State::Used { order: used_in, .. } if used_in == order)
    }

    /// How it stands at `now`.
    pub fn status(&self, now: Timestamp) -> UserStatus {
        match self.state {
            State::Used { .. } => UserStatus::Used,
            State::Available if self.expires_at <= now => UserStatus::Expired,
            State::Available => UserStatus::Available,
        }
    }

    /// Whether it can be used at `now`: S609 used, S610 expired.
    pub fn is_available(&self, now: Timestamp) -> Result<()> {
        match self.status(now) {
            UserStatus::Used => Err(Code::UserCouponAlreadyUsed.error()),
            UserStatus::Expired => Err(Code::UserCouponExpired.error()),
            UserStatus::Available => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offer(kind: DiscountType, value: i64, minimum: Option<i64>, maximum: Option<i64>) -> Result<Offer> {
        let discount = Discount::checked(kind, value)?;
        let (minimum_order, maximum_discount) = (minimum.map(Money::minor), maximum.map(Money::minor));
        Offer::of(Ok(discount), minimum_order, maximum_discount)
    }

    #[test]
    fn a_percentage_is_rounded_half_up_and_capped() {
        let tenth = offer(DiscountType::Percentage, 10, None, Some(1_000)).unwrap();
        for (subtotal, discount) in [(0, 0), (4, 0), (5, 1), (9_994, 999), (9_995, 1_000), (50_000, 1_000)] {
            assert_eq!(tenth.discount_of(Money::minor(subtotal)).unwrap(), Money::minor(discount), "{subtotal}");
        }
    }

    #[test]
    fn an_order_below_the_minimum_gets_no_discount() {
        let fixed = offer(DiscountType::Fixed, 3_000, Some(10_000), None).unwrap();
        let refused = fixed.discount_of(Money::minor(9_999)).unwrap_err();
        assert_eq!(refused.code(), Code::CouponMinimumOrderNotMet);
        assert_eq!(fixed.discount_of(Money::minor(10_000)).unwrap(), Money::minor(3_000));
    }

    #[test]
    fn discounts_that_make_no_sense_are_refused() {
        for (kind, value, minimum, maximum) in [
            (DiscountType::Percentage, 101, None, None),
            (DiscountType::Percentage, 0, None, None),
            (DiscountType::Fixed, 0, None, None),
            (DiscountType::Fixed, -1, None, None),
            (DiscountType::Fixed, i64::MAX, None, None),
            (DiscountType::Fixed, 10, Some(0), None),
            (DiscountType::Fixed, 10, None, Some(-5)),
            (DiscountType::Fixed, 10, None, Some(9)),
        ] {
            let refused = offer(kind, value, minimum, maximum).map(|_| ()).unwrap_err();
            assert_eq!(refused.code(), Code::InvalidInput, "{kind} {value}");
        }
    }

    proptest! {
        #[test]
        fn no_discount_is_negative_or_more_than_the_order_or_its_limit(
            percent in any::<bool>(), value in 1_i64..=100, subtotal in 0_i64..1_000_000_000,
            maximum in proptest::option::of(100_i64..1_000_000),
        ) {
            let kind = if percent { DiscountType::Percentage } else { DiscountType::Fixed };
            let offer = offer(kind, value, None, maximum).unwrap();
            let discount = offer.discount_of(Money::minor(subtotal)).unwrap().as_minor();
            prop_assert!((0..=subtotal).contains(&discount));
            prop_assert!(maximum.is_none_or(|maximum| discount <= maximum));
            if percent && maximum.is_none() {
                // half-up to whole minor units
                prop_assert_eq!(discount, (subtotal * value * 2 + 100) / 200);
            }
        }
    }
}
