//! The printed numbers of orders, payments, parcels and sagas.

use crate::{Code, Random, Result, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// Letters and digits without look-alikes (no 0 O, 1 I L): 31 signs, so 8 of them are 8.5 × 10^11 numbers.
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

fn signs(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| char::from(ALPHABET[random.below(ALPHABET.len() as u64) as usize])).collect()
}

fn parse(text: &str, prefix: &str, length: usize) -> Result<Box<str>> {
    let ok = text.len() == length
        && text.starts_with(prefix)
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    if ok { Ok(text.into()) } else { Err(Code::InvalidInput.because(format!("that is not a number like {prefix}…"))) }
}

/// Implements what the four printed numbers share. A list of literals, so every name can be searched for.
macro_rules! printed_numbers {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $length:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String)]
        pub struct $name(Box<str>);

        impl $name {
            /// The printed form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = crate::Error;
            fn from_str(text: &str) -> Result<Self> {
                parse(text, $prefix, $length).map($name)
            }
        }
        impl TryFrom<String> for $name {
            type Error = crate::Error;
            fn try_from(text: String) -> Result<Self> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(number: $name) -> String {
                number.0.into()
            }
        }
    )* };
}

printed_numbers! {
    /// `ORD-YYYYMMDD-XXXXXXXX`: the day is the shop's day on which the order was placed.
    OrderNumber = "ORD-", 21;
    /// `PAY-XXXXXXXX`.
    PaymentNumber = "PAY-", 12;
    /// `TRK-XXXXXXXXXXXX`.
    TrackingNumber = "TRK-", 16;
    /// `SAGA-XXXXXXXX`.
    SagaId = "SAGA-", 13;
}

impl OrderNumber {
    /// A new number for an order placed at `now` in a shop whose days are those of `zone`.
    pub fn draw(random: &mut Random, now: Timestamp, zone: &Zone) -> OrderNumber {
        OrderNumber(format!("ORD-{}-{}", zone.compact_day(now), signs(random, 8)).into())
    }
}

impl PaymentNumber {
    /// A new number.
    pub fn draw(random: &mut Random) -> PaymentNumber {
        PaymentNumber(format!("PAY-{}", signs(random, 8)).into())
    }
}

impl TrackingNumber {
    /// A new number.
    pub fn draw(random: &mut Random) -> TrackingNumber {
        TrackingNumber(format!("TRK-{}", signs(random, 12)).into())
    }
}

impl SagaId {
    /// A new number.
    pub fn draw(random: &mut Random) -> SagaId {
        SagaId(format!("SAGA-{}", signs(random, 8)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_number_is_read_back() {
        let mut random = Random::seeded(7);
        let zone = Zone::named("Asia/Seoul").unwrap();
        // 2026-02-06T15:30:00Z is already the 7th in Seoul
        let order = OrderNumber::draw(&mut random, Timestamp::parse("2026-02-06T15:30:00Z", &zone).unwrap(), &zone);
        assert!(order.as_str().starts_with("ORD-20260207-"), "{order}");
        assert_eq!(order.as_str().parse::<OrderNumber>().unwrap(), order);
        let payment = PaymentNumber::draw(&mut random);
        assert_eq!(payment.as_str().parse::<PaymentNumber>().unwrap(), payment);
        let tracking = TrackingNumber::draw(&mut random);
        assert_eq!(tracking.as_str().parse::<TrackingNumber>().unwrap(), tracking);
        let saga = SagaId::draw(&mut random);
        assert_eq!(saga.as_str().parse::<SagaId>().unwrap(), saga);
    }

    #[test]
    fn other_texts_are_not_numbers() {
        for text in ["", "ORD-1", "PAY-2345678'", "ORD-20260207-2345678a", "XXX-20260207-23456789"] {
            assert!(text.parse::<OrderNumber>().is_err(), "{text}");
        }
    }
}
