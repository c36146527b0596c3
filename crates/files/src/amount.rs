//! Amounts and counts as people write them in files.
//!
//! A file carries amounts in the currency's main unit (`20` is twenty dollars), the API in minor units. Where a sign may be the
//! decimal mark or part of the thousands, the digits decide; where they cannot, the amount is refused, because a wrong guess is
//! wrong by a factor of 1,000.

use crate::csv::shown;
use kernel::{Currency, Money, Result, text};
use std::str::FromStr;

/// The sign before the fraction, when the caller names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    Point,
    Comma,
}

impl DecimalMark {
    pub(crate) fn sign(self) -> char {
        match self {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        }
    }
}

impl FromStr for DecimalMark {
    type Err = kernel::Error;
    fn from_str(text: &str) -> Result<DecimalMark> {
        match text {
            "." | "point" => Ok(DecimalMark::Point),
            "," | "comma" => Ok(DecimalMark::Comma),
            _ => Err(text::wrong("decimal", "must be point or comma")),
        }
    }
}

/// How the amounts of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// The shop's one currency.
    pub currency: Currency,
    /// `None`: the digits of each amount decide.
    pub decimal: Option<DecimalMark>,
}

/// What people write before or after an amount of each currency.
const SIGNS: [(&str, &[&str]); 8] = [
    ("KRW", &["₩", "원"]),
    ("JPY", &["¥", "円"]),
    ("USD", &["US$", "$"]),
    ("EUR", &["€"]),
    ("GBP", &["£"]),
    ("CNY", &["¥", "元"]),
    ("SGD", &["S$", "$"]),
    ("VND", &["₫", "đ"]),
];
/// Most digits of a number; more is not a price.
const DIGITS_MAX: usize = 17;

impl Amounts {
    /// The amount in minor units that `written` is; C002 naming `field`. It may be negative.
    pub fn money(self, field: &str, written: &str) -> Result<Money> {
        let refused = |why: String| text::wrong(field, format!("{} {why}", shown(written)));
        let plain = text::identity(written);
        let bare = self.without_sign(&plain).map_err(refused)?;
        let minor = self.scaled(&bare, self.currency.minor_digits()).map_err(refused)?;
        let size = minor.checked_abs().and_then(|size| Money::checked(size).ok());
        let size = size.ok_or_else(|| refused("is too large".to_owned()))?;
        Ok(if minor < 0 { Money::minor(-size.as_minor()) } else { size })
    }

    /// The whole number that `written` is, such as `1,200`; C002 naming `field`.
    pub fn count(self, field: &str, written: &str) -> Result<i64> {
        let plain = text::identity(written);
        self.scaled(&plain, 0).map_err(|why| {
            let why = if why.contains("digits after") { "is not a whole number".to_owned() } else { why };
            text::wrong(field, format!("{} {why}", shown(written)))
        })
    }

    /// The amount without the sign or the code of the shop's currency.
    fn without_sign(self, text: &str) -> Result<String, String> {
        let code = self.currency.code();
        let own = SIGNS.iter().find(|(known, _)| *known == code).map_or(&[][..], |(_, signs)| signs);
        let (minus, unsigned) = sign(text);
        let upper = unsigned.to_uppercase();
        let mut bare = unsigned;
        for name in own.iter().copied().chain([code]) {
            let length = name.len();
            if upper.starts_with(&name.to_uppercase()) && unsigned.is_char_boundary(length) {
                bare = unsigned[length..].trim();
                break;
            }
            if upper.ends_with(&name.to_uppercase()) && unsigned.is_char_boundary(unsigned.len() - length) {
                bare = unsigned[..unsigned.len() - length].trim();
                break;
            }
        }
        let (minus_inside, bare) = if bare.len() == unsigned.len() { (false, bare) } else { sign(bare) };
        if minus && minus_inside {
            return Err("has two signs".to_owned());
        }
        if let Some(other) = bare.chars().find(|c| !c.is_ascii_digit() && !is_separator(*c) && *c != '-') {
            return Err(match other.is_alphabetic() || is_currency(other) {
                true => format!("is not an amount in {code}, the shop's currency"),
                false => "is not an amount".to_owned(),
            });
        }
        Ok(if minus || minus_inside { format!("-{bare}") } else { bare.to_owned() })
    }

    /// `text` times ten to the power of `digits`.
    fn scaled(self, text: &str, digits: u8) -> Result<i64, String> {
        let (minus, number) = sign(text);
        let (whole, fraction) = self.split(number)?;
        let digits = usize::from(digits);
        let kept = fraction.trim_end_matches('0');
        if kept.len() > digits {
            let code = self.currency.code();
            return Err(match digits {
                0 => format!("has digits after the decimal mark, which {code} does not have"),
                _ => format!("has more than the {digits} digits after the decimal mark that {code} has"),
            });
        }
        if whole.len() + digits > DIGITS_MAX {
            return Err("is too large".to_owned());
        }
        let all = format!("{whole}{kept:0<digits$}");
        let size: i64 = all.parse().map_err(|_| "is not a number".to_owned())?;
        Ok(if minus { -size } else { size })
    }

    /// The digits before and after the decimal mark.
    fn split(self, number: &str) -> Result<(String, String), String> {
        let not = || "is not a number".to_owned();
        if !number.starts_with(|c: char| c.is_ascii_digit()) || !number.ends_with(|c: char| c.is_ascii_digit()) {
            return Err(not());
        }
        if number.chars().any(|c| !c.is_ascii_digit() && !is_separator(c)) {
            return Err(not());
        }
        let (whole, fraction) = match self.mark(number)? {
            Some(mark) => number.split_once(mark).ok_or_else(not)?,
            None => (number, ""),
        };
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not());
        }
        Ok((
            ungrouped(whole).ok_or_else(|| "has thousands that are not groups of three digits".to_owned())?,
            fraction.to_owned(),
        ))
    }

    /// The decimal mark of `number`, `None` when it has none.
    fn mark(self, number: &str) -> Result<Option<char>, String> {
        let count = |sign: char| number.chars().filter(|c| *c == sign).count();
        let (points, commas) = (count('.'), count(','));
        if let Some(mark) = self.decimal.map(DecimalMark::sign) {
            return match count(mark) {
                0 => Ok(None),
                1 => Ok(Some(mark)),
                _ => Err(format!("has more than one decimal mark {mark:?}")),
            };
        }
        match (points, commas) {
            (0, 0) => Ok(None),
            // the last of two signs is before the fraction: 1,999.00 and 1.999,00
            (1.., 1..) => {
                let last = if number.rfind('.') > number.rfind(',') { '.' } else { ',' };
                if count(last) == 1 { Ok(Some(last)) } else { Err("has more than one decimal mark".to_owned()) }
            }
            (2.., 0) | (0, 2..) => Ok(None),
            (1, 0) => match is_group(number, '.') {
                true => Err("may be thousands or a fraction; write it without the point, or name the decimal mark \
                             (decimal=comma or decimal=point)"
                    .to_owned()),
                false => Ok(Some('.')),
            },
            // no currency has three digits after the mark, so 1,999 are thousands
            (0, 1) => Ok((!is_group(number, ',')).then_some(',')),
        }
    }
}

/// The amount without its minus, and whether it had one.
fn sign(text: &str) -> (bool, &str) {
    let text = text.trim();
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',' | ' ' | '\'' | '’')
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '£' | '¥' | '₩' | '€' | '₫' | '₹')
}

/// Whether the one `mark` of `number` may separate thousands: one to three digits before it, three after it.
fn is_group(number: &str, mark: char) -> bool {
    number.split_once(mark).is_some_and(|(before, after)| {
        after.len() == 3
            && before != "0"
            && (1..=3).contains(&before.rsplit([' ', '\'', '’']).next().unwrap_or("").len())
    })
}

/// The digits of `1,234,567`, `1.234.567`, `1 234 567` or `1'234'567`; `None` when the groups are not of three digits or differ in
/// their sign.
fn ungrouped(whole: &str) -> Option<String> {
    let mut signs = whole.chars().filter(|c| !c.is_ascii_digit());
    let Some(sign) = signs.next() else { return Some(whole.to_owned()) };
    let groups: Vec<&str> = whole.split(sign).collect();
    let right = signs.all(|other| other == sign)
        && (1..=3).contains(&groups[0].len())
        && groups[1..].iter().all(|group| group.len() == 3);
    right.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amounts(code: &str, decimal: Option<DecimalMark>) -> Amounts {
        Amounts { currency: Currency::of_code(code).unwrap(), decimal }
    }

    fn minor(code: &str, text: &str) -> Result<i64, String> {
        amounts(code, None)
            .money("price", text)
            .map(Money::as_minor)
            .map_err(|e| e.detail().unwrap_or_default().to_owned())
    }

    #[test]
    fn amounts_are_in_the_main_unit_with_the_digits_of_the_currency() {
        for (code, text, expected) in [
            ("USD", "20", 2_000),
            ("USD", "1,999", 199_900),
            ("USD", "1,999.00", 199_900),
            ("USD", "19.99", 1_999),
            ("USD", "19.9", 1_990),
            ("USD", "0.5", 50),
            ("USD", "0.500", 50),
            ("USD", "$20.00", 2_000),
            ("USD", "US$ 1,234,567.89", 123_456_789),
            ("USD", "20 USD", 2_000),
            ("USD", "-5.25", -525),
            ("USD", "-$5.25", -525),
            ("USD", "$-5.25", -525),
            ("EUR", "1.999,00", 199_900),
            ("EUR", "1.999.000", 199_900_000),
            ("EUR", "19,99 €", 1_999),
            ("EUR", "1 999,5", 199_950),
            ("EUR", "1\u{A0}999,00", 199_900),
            ("EUR", "1'999.00", 199_900),
            ("KRW", "1,999", 1_999),
            ("KRW", "19900", 19_900),
            ("KRW", "₩19,900", 19_900),
            ("KRW", "￦１９，９００", 19_900),
            ("KRW", "19,900원", 19_900),
            ("KRW", "1,999.00", 1_999),
            ("KRW", "1000.0", 1_000),
            ("KRW", "1,000,000", 1_000_000),
            ("JPY", "¥1,500", 1_500),
            ("SGD", "S$3.20", 320),
        ] {
            assert_eq!(minor(code, text), Ok(expected), "{code} {text}");
        }
    }

    #[test]
    fn amounts_that_may_mean_two_things_are_refused_and_say_so() {
        for (code, text, why) in [
            ("USD", "1.999", "may be thousands or a fraction"),
            ("KRW", "1.999", "may be thousands or a fraction"),
            ("USD", "19.999,999", "more than the 2 digits"),
            ("USD", "0.125", "more than the 2 digits"),
            ("KRW", "19.5", "digits after the decimal mark, which KRW does not have"),
            ("KRW", "19,95", "digits after the decimal mark"),
            ("USD", "€20", "not an amount in USD"),
            ("USD", "20 EUR", "not an amount in USD"),
            ("KRW", "$20", "not an amount in KRW"),
            ("USD", "1,99,999.00", "groups of three"),
            ("USD", "1,999,00", "groups of three"),
            ("USD", "1.999.00,0", "groups of three"),
            ("USD", "1,5.0,0", "more than one decimal mark"),
            ("USD", "--5", "not a number"),
            ("USD", "", "not a number"),
            ("USD", "-", "not a number"),
            ("USD", "1e3", "not an amount in USD"),
            ("USD", "5-", "not a number"),
            ("USD", ".5", "not a number"),
            ("USD", "(5)", "not an amount"),
            ("KRW", "99999999999999999999", "too large"),
            ("KRW", "9999999999999999", "too large"),
        ] {
            let found = minor(code, text);
            assert!(found.as_ref().is_err_and(|found| found.contains(why)), "{code} {text}: {found:?}");
        }
    }

    #[test]
    fn a_named_decimal_mark_decides() {
        let (comma, point) = (amounts("EUR", Some(DecimalMark::Comma)), amounts("EUR", Some(DecimalMark::Point)));
        let minor = |amounts: Amounts, text| amounts.money("price", text).map(Money::as_minor).ok();
        assert_eq!((minor(comma, "1.999"), minor(comma, "19,99")), (Some(199_900), Some(1_999)));
        assert_eq!((minor(comma, "1,999"), minor(comma, "1.999.000,5")), (None, Some(199_900_050)));
        assert_eq!((minor(point, "1.990"), minor(point, "1,999")), (Some(199), Some(199_900)));
    }

    #[test]
    fn counts_are_whole() {
        let read = |text| amounts("USD", None).count("stock", text).ok();
        assert_eq!((read("1,200"), read("5"), read("5.0"), read("-3")), (Some(1_200), Some(5), Some(5), Some(-3)));
        assert_eq!((read("5.5"), read("$5"), read("five"), read("1.200")), (None, None, None, None));
    }

    proptest! {
        #[test]
        fn shown_amounts_are_read_back(minor in -999_999_999_999_i64..=999_999_999_999, code in "KRW|USD|EUR|JPY") {
            let amounts = amounts(&code, None);
            let text = amounts.currency.show(Money::minor(minor));
            prop_assert_eq!(amounts.money("price", &text).unwrap().as_minor(), minor, "{}", text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,12}", code in "KRW|USD") {
            let _ = amounts(&code, None).money("price", &text);
            let _ = amounts(&code, None).count("stock", &text);
        }
    }
}
