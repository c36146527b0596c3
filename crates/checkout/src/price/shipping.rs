//! What sending an order costs: a flat fee, free from an amount on, and surcharges for places that are far away.

use kernel::{Code, Detail, Error, Money, Result, text};
use serde::Deserialize;

/// Digits of a zip code that are compared; more than any country has.
const DIGITS_MAX: usize = 10;

/// The shop's shipping fees. By default nothing costs anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipping {
    pub fee: Money,
    /// What goods have to cost, after the coupon and before points, to be sent without the flat fee.
    pub free_from: Option<Money>,
    /// Added to the fee, also to one that is nothing. The first that has the zip code counts.
    pub surcharges: Vec<Surcharge>,
}

impl Shipping {
    /// What sending goods of this value costs. Without a zip code it is the fee without surcharge.
    pub fn fee(&self, goods: Money, zip_code: Option<&str>) -> Result<Money> {
        let is_free = self.free_from.is_some_and(|free_from| goods >= free_from);
        let fee = if is_free { Money::ZERO } else { self.fee };
        fee.plus(self.surcharge(zip_code))
    }

    /// S211 naming `zipCode` where far places cost more and the zip code has not as many digits as theirs: then it may be one of theirs in
    /// another spelling, and would go without what it costs.
    pub fn check(&self, zip_code: &str) -> Result<()> {
        let mut lengths: Vec<usize> = self.surcharges.iter().map(|surcharge| surcharge.from.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        if lengths.is_empty() || lengths.contains(&digits(zip_code).len()) {
            return Ok(());
        }
        let wanted: Vec<String> = lengths.iter().map(usize::to_string).collect();
        let why = format!("must have {} digits", wanted.join("/"));
        Err(Error::of_fields(Code::InvalidShippingAddress, vec![Detail::field("zipCode", why)]))
    }

    /// What this zip code adds.
    pub fn surcharge(&self, zip_code: Option<&str>) -> Money {
        let Some(digits) = zip_code.map(digits) else { return Money::ZERO };
        let found = self.surcharges.iter().find(|surcharge| surcharge.has(&digits));
        found.map_or(Money::ZERO, |surcharge| surcharge.fee)
    }
}

/// What the zip codes of a range add. Written as `63000-63644=3000`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Surcharge {
    from: String,
    to: String,
    fee: Money,
}

impl Surcharge {
    /// Zip codes of as many digits, between the ends of the range or one of them.
    fn has(&self, digits: &str) -> bool {
        digits.len() == self.from.len() && (self.from.as_str()..=self.to.as_str()).contains(&digits)
    }

    fn of(text: &str) -> Option<Surcharge> {
        let (range, fee) = text.split_once('=')?;
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to, fee) = (from.trim(), to.trim(), Money::checked(fee.trim().parse().ok()?).ok()?);
        let is_code = |text: &str| (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let fits = is_code(from) && is_code(to) && from.len() == to.len() && from <= to;
        fits.then(|| Surcharge { from: from.to_owned(), to: to.to_owned(), fee })
    }
}

impl TryFrom<String> for Surcharge {
    type Error = String;
    fn try_from(text: String) -> std::result::Result<Surcharge, String> {
        Surcharge::of(&text).ok_or_else(|| format!("{text:?} is not written like \"63000-63644=3000\""))
    }
}

/// The digits of a zip code, without the signs between them.
fn digits(zip_code: &str) -> String {
    // addresses of older versions have the digits of any keyboard
    text::identity(zip_code).chars().filter(char::is_ascii_digit).take(DIGITS_MAX + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surcharge(text: &str) -> Surcharge {
        Surcharge::try_from(text.to_owned()).unwrap()
    }

    fn fees() -> Shipping {
        Shipping {
            fee: Money::minor(3_000),
            free_from: Some(Money::minor(50_000)),
            surcharges: vec![surcharge("63365=5000"), surcharge("63000-63644=3000"), surcharge("40200 - 40240 = 6000")],
        }
    }

    #[test]
    fn sending_is_free_from_an_amount_on_but_far_away_it_still_costs_more() {
        for (goods, zip_code, fee) in [
            (49_999, None, 3_000),
            (50_000, None, 0),
            (49_999, Some("04524"), 3_000),
            (50_000, Some("63000"), 3_000),
            (1, Some("63644"), 6_000),
            (1, Some("63645"), 3_000),
            (1, Some("63365"), 8_000),
            (50_000, Some("40220"), 6_000),
            (1, Some("402-20"), 9_000),
            (1, Some("630001"), 3_000),
            (1, Some("제주"), 3_000),
            (1, Some("６３１００"), 6_000),
        ] {
            assert_eq!(fees().fee(Money::minor(goods), zip_code).unwrap().as_minor(), fee, "{goods} to {zip_code:?}");
        }
        assert!(Shipping::default().fee(Money::ZERO, Some("63000")).unwrap().is_zero());
    }

    #[test]
    fn a_zip_code_has_as_many_digits_as_those_of_far_places() {
        for (zip_code, fits) in [
            ("63100", true),
            ("631 00", true),
            ("６３１００", true),
            ("04524", true),
            ("063100", false),
            ("63100 1", false),
            ("4524", false),
            ("abc", false),
            ("", false),
        ] {
            let checked = fees().check(zip_code);
            assert_eq!(checked.is_ok(), fits, "{zip_code}");
            if let Err(refused) = checked {
                assert_eq!(refused.detail(), Some("zipCode must have 5 digits"));
            }
            assert!(Shipping::default().check(zip_code).is_ok(), "a shop without surcharges sends anywhere");
        }
        let both = Shipping { surcharges: vec![surcharge("63000=1"), surcharge("690003=1")], ..Shipping::default() };
        assert!(both.check("63000").is_ok() && both.check("690-003").is_ok());
        assert_eq!(both.check("1234").unwrap_err().detail(), Some("zipCode must have 5/6 digits"));
    }

    #[test]
    fn surcharges_that_mean_nothing_are_refused() {
        for text in ["", "63000", "63000=", "=3000", "63000-=1", "63644-63000=1", "6300-63644=1", "63000=-1", "x-y=1"] {
            assert!(Surcharge::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
