//! The number under which another company's system knows something of the shop.

use crate::{Code, Error, Result, number::Number};
use serde::{Deserialize, Deserializer, Serialize};
use std::{fmt, str::FromStr};

/// Letters that a reference has at least and at most: the narrowest limits of the gateways that we know (Toss Payments).
const LENGTH: std::ops::RangeInclusive<usize> = 6..=64;

/// What a payment gateway takes money for: the number of an order, or of a charge of a balance. 6 to 64 letters, digits, `-`
/// and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Reference(Box<str>);

impl Reference {
    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<Kind> From<&Number<Kind>> for Reference {
    fn from(number: &Number<Kind>) -> Reference {
        Reference(number.as_str().into())
    }
}

impl<Kind> From<Number<Kind>> for Reference {
    fn from(number: Number<Kind>) -> Reference {
        Reference::from(&number)
    }
}

impl<Kind> PartialEq<Number<Kind>> for Reference {
    fn eq(&self, number: &Number<Kind>) -> bool {
        self.as_str() == number.as_str()
    }
}

impl FromStr for Reference {
    type Err = Error;
    fn from_str(text: &str) -> Result<Reference> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if LENGTH.contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Reference(text.into()));
        }
        Err(Code::InvalidInput.because("must be 6 to 64 letters, digits, hyphens and underscores"))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Reference, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OrderNumber;

    #[test]
    fn a_number_is_a_reference_and_is_read_back() {
        let order: OrderNumber = "ORD-20260207-23456789".parse().unwrap();
        let reference = Reference::from(&order);
        assert!(reference == order);
        let sent = serde_json::to_string(&reference).unwrap();
        assert_eq!(serde_json::from_str::<Reference>(&sent).unwrap(), reference);
        assert_eq!(reference.as_str().parse::<OrderNumber>().unwrap(), order);
    }

    #[test]
    fn other_texts_are_no_references() {
        for text in ["", "ORD-1", "with blank", &"x".repeat(65)] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
