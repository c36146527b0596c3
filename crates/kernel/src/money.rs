//! Money, percentages and quantities: integers with checked arithmetic, never floats.

use crate::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// An amount in minor units of the shop's one currency (KRW: won). A shop has exactly one [`Currency`], so two amounts
/// of one shop always share it. Written as a JSON integer; a fraction is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = i64, example = 19900)]
pub struct Money(i64);

/// Largest amount the shop handles, in minor units: 10^15 keeps every sum of 1,000 lines of 1,000,000 units inside 64 bits
/// when multiplied with checks, and stays below 2^53 so that JSON readers keep it exact.
pub const MONEY_MAX_MINOR: i64 = 1_000_000_000_000_000;

impl Money {
    pub const ZERO: Money = Money(0);
    /// The largest amount.
    pub const MAX: Money = Money(MONEY_MAX_MINOR);

    /// An amount of `minor` units. Use [`Money::checked`] for numbers that come from outside.
    pub const fn minor(minor: i64) -> Money {
        Money(minor)
    }

    /// An amount from outside: 0 to [`MONEY_MAX_MINOR`], else C002.
    pub fn checked(minor: i64) -> Result<Money> {
        if (0..=MONEY_MAX_MINOR).contains(&minor) {
            Ok(Money(minor))
        } else {
            Err(Code::InvalidInput.because(format!("amount must be between 0 and {MONEY_MAX_MINOR}")))
        }
    }

    /// The number of minor units.
    pub const fn as_minor(self) -> i64 {
        self.0
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether the amount is above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Sum; C002 when it leaves the range of money.
    pub fn plus(self, other: Money) -> Result<Money> {
        self.0.checked_add(other.0).filter(|minor| is_possible(*minor)).map(Money).ok_or_else(out_of_range)
    }

    /// C002 naming `field` for an amount below zero: what somebody was shown, or wants to pay, is never that.
    pub fn not_negative(self, field: &str) -> Result<()> {
        if self.0 < 0 { Err(crate::text::wrong(field, "must be 0 or more")) } else { Ok(()) }
    }

    /// Difference, which may be negative; C002 when it leaves the range of money.
    pub fn minus(self, other: Money) -> Result<Money> {
        self.0.checked_sub(other.0).filter(|minor| is_possible(*minor)).map(Money).ok_or_else(out_of_range)
    }

    /// Unit price times quantity; C002 when it leaves the range of money.
    pub fn times(self, quantity: Quantity) -> Result<Money> {
        self.0.checked_mul(quantity.as_i64()).filter(|minor| is_possible(*minor)).map(Money).ok_or_else(out_of_range)
    }

    /// `percent` of this amount, rounded half-up to a whole minor unit.
    pub fn part(self, percent: Percent) -> Result<Money> {
        let exact = i128::from(self.0) * i128::from(percent.basis_points());
        let rounded = (exact + 5_000).div_euclid(10_000);
        i64::try_from(rounded).map(Money).map_err(|_| out_of_range())
    }

    /// The smaller of this amount and `limit`, when there is a limit.
    pub fn at_most(self, limit: impl Into<Option<Money>>) -> Money {
        limit.into().map_or(self, |limit| self.min(limit))
    }

    /// Sum of many amounts; C002 when it leaves the range of money.
    pub fn sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money> {
        amounts.into_iter().try_fold(Money::ZERO, Money::plus)
    }
}

/// Whether an amount, or a difference of two, can have so many minor units.
const fn is_possible(minor: i64) -> bool {
    // not abs(): the smallest number has none
    minor.unsigned_abs() <= MONEY_MAX_MINOR.unsigned_abs()
}

fn out_of_range() -> Error {
    Code::InvalidInput.because("the amount is out of range")
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let minor = i64::deserialize(deserializer)?;
        if !is_possible(minor) {
            return Err(serde::de::Error::custom(format!("must be between -{MONEY_MAX_MINOR} and {MONEY_MAX_MINOR}")));
        }
        Ok(Money(minor))
    }
}

/// A share in basis points: 1 % is 100, the whole is 10,000. Between 0 and 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = i64, minimum = 0, maximum = 10000)]
pub struct Percent(u16);

impl Percent {
    /// A share of `basis_points`; C002 above 10,000, because a discount of more than the whole would pay the buyer.
    pub fn of_basis_points(basis_points: i64) -> Result<Percent> {
        u16::try_from(basis_points)
            .ok()
            .filter(|bp| *bp <= 10_000)
            .map(Percent)
            .ok_or_else(|| Code::InvalidInput.because("a percentage must be between 0 and 10000 basis points"))
    }

    /// The share in basis points.
    pub const fn basis_points(self) -> u16 {
        self.0
    }
}

/// How many units of something: 1 to [`Quantity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = i64, minimum = 1, maximum = 1000000)]
pub struct Quantity(u32);

impl Quantity {
    /// One unit.
    pub const ONE: Quantity = Quantity(1);
    /// Most units one line, movement or adjustment may name; a limit against typing errors.
    pub const MAX: i64 = 1_000_000;

    /// `units`, if there are 1 to [`Quantity::MAX`] of them, else C002.
    pub fn new(units: i64) -> Result<Quantity> {
        if (1..=Self::MAX).contains(&units) {
            Ok(Quantity(units as u32))
        } else {
            Err(Code::InvalidInput.because(format!("quantity must be between 1 and {}", Self::MAX)))
        }
    }

    /// The number of units.
    pub const fn as_i64(self) -> i64 {
        self.0 as i64
    }

    /// Sum; C002 above [`Quantity::MAX`].
    pub fn plus(self, other: Quantity) -> Result<Quantity> {
        Quantity::new(self.as_i64() + other.as_i64())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let units = i64::deserialize(deserializer)?;
        Quantity::new(units).map_err(|_| serde::de::Error::custom(format!("must be between 1 and {}", Quantity::MAX)))
    }
}

/// The shop's currency: an ISO 4217 code and how many decimal digits its minor unit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    code: &'static str,
    minor_digits: u8,
}

impl Currency {
    /// South Korean won, which has no minor unit.
    pub const KRW: Currency = Currency { code: "KRW", minor_digits: 0 };

    /// The known currency with this ISO 4217 code; C002 for any other.
    pub fn of_code(code: &str) -> Result<Currency> {
        const KNOWN: [(&str, u8); 8] =
            [("KRW", 0), ("JPY", 0), ("USD", 2), ("EUR", 2), ("GBP", 2), ("CNY", 2), ("SGD", 2), ("VND", 0)];
        KNOWN
            .iter()
            .find(|(known, _)| *known == code)
            .map(|&(code, minor_digits)| Currency { code, minor_digits })
            .ok_or_else(|| Code::InvalidInput.because(format!("unknown currency {code}")))
    }

    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many decimal digits the minor unit has: 2 for the cents of a dollar.
    pub const fn minor_digits(self) -> u8 {
        self.minor_digits
    }

    /// `amount` in the main unit as files have it: `12900`, `129.00`.
    pub fn plain(self, amount: Money) -> String {
        let scale = 10_u64.pow(u32::from(self.minor_digits));
        let (whole, rest) = (amount.0.unsigned_abs() / scale, amount.0.unsigned_abs() % scale);
        let sign = if amount.0 < 0 { "-" } else { "" };
        match self.minor_digits {
            0 => format!("{sign}{whole}"),
            n => format!("{sign}{whole}.{rest:0width$}", width = usize::from(n)),
        }
    }

    /// `amount` for people: `12,900 KRW`, `129.00 USD`.
    pub fn show(self, amount: Money) -> String {
        let scale = 10_i64.pow(u32::from(self.minor_digits));
        let (whole, rest) = (amount.0 / scale, (amount.0 % scale).abs());
        let digits = whole.abs().to_string();
        let mut grouped = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if amount.0 < 0 { "-" } else { "" };
        match self.minor_digits {
            0 => format!("{sign}{grouped} {}", self.code),
            n => format!("{sign}{grouped}.{rest:0width$} {}", self.code, width = usize::from(n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_part_is_rounded_half_up() {
        let third = Percent::of_basis_points(3_333).unwrap();
        assert_eq!(Money::minor(100).part(third).unwrap(), Money::minor(33));
        let half = Percent::of_basis_points(5_000).unwrap();
        assert_eq!(Money::minor(5).part(half).unwrap(), Money::minor(3));
    }

    #[test]
    fn amounts_are_integers_on_the_wire() {
        assert!(serde_json::from_str::<Money>("19900.5").is_err());
        assert!(serde_json::from_str::<Money>("1e3").is_err());
        assert!(serde_json::from_str::<Money>("9223372036854775807").is_err());
        assert_eq!(serde_json::from_str::<Money>("19900").unwrap(), Money::minor(19_900));
    }

    #[test]
    fn amounts_are_shown_with_groups_and_minor_digits() {
        assert_eq!(Currency::KRW.show(Money::minor(1_234_567)), "1,234,567 KRW");
        assert_eq!(Currency::of_code("USD").unwrap().show(Money::minor(-123_405)), "-1,234.05 USD");
    }

    #[test]
    fn numbers_that_are_no_amount_are_refused() {
        let read = |text: &str| serde_json::from_str::<Money>(text).map(Money::as_minor).ok();
        assert_eq!(read("-1"), Some(-1));
        for text in ["1000000000000001", "-1000000000000001", "9223372036854775807", "-9223372036854775808", "1.5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_part_never_exceeds_the_whole(minor in 0..MONEY_MAX_MINOR, bp in 0..=10_000_i64) {
            let whole = Money::minor(minor);
            let part = whole.part(Percent::of_basis_points(bp).unwrap()).unwrap();
            prop_assert!(part <= whole && part >= Money::ZERO);
        }

        #[test]
        fn sums_are_exact_or_refused(a in any::<i64>(), b in any::<i64>()) {
            match Money::minor(a).plus(Money::minor(b)) {
                Ok(sum) => prop_assert_eq!(i128::from(sum.as_minor()), i128::from(a) + i128::from(b)),
                Err(_) => prop_assert!((i128::from(a) + i128::from(b)).abs() > i128::from(MONEY_MAX_MINOR)),
            }
        }
    }
}
