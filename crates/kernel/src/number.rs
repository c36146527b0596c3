//! Printed numbers: the short texts by which people name orders, payments, parcels and sagas.
//!
//! One generic type with a marker, as for [`crate::Id`], so that an order number cannot be passed where a payment number is
//! meant. [`printed_numbers!`](crate::printed_numbers) declares them. A number that no event carries is declared in its own
//! domain.

use crate::{Code, Random, Result, Timestamp, Zone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, hash, marker::PhantomData, str::FromStr};

/// Letters and digits without look-alikes (no 0 O, 1 I L): 31 signs, so 8 of them are 8.5 × 10^11 numbers.
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Length of the day in a number, such as `20260207`.
const DAY_LENGTH: usize = 8;

/// How one kind of number looks. [`printed_numbers!`](crate::printed_numbers) implements it.
pub trait NumberKind: 'static {
    /// Its name in the API description.
    const NAME: &'static str;
    /// Its sentence in the API description.
    const DESCRIPTION: &'static str;
    /// What every number begins with.
    const PREFIX: &'static str;
    /// Whether the day follows the prefix.
    const DATED: bool;
    /// How many random signs it ends with.
    const SIGNS: usize;
}

/// A printed number of the kind `Kind`: its prefix, for some kinds a day, and random signs of [`ALPHABET`].
pub struct Number<Kind> {
    text: Box<str>,
    kind: PhantomData<fn() -> Kind>,
}

/// Declares printed numbers: a type alias of [`Number`] and its marker, one line each. `day` puts the shop's day before the
/// random signs.
///
/// ```
/// kernel::printed_numbers! {
///     /// `CPN-XXXXXX`.
///     CouponNumber = "CPN-", 6;
///     /// `RET-YYYYMMDD-XXXXXXXX`: the day is the shop's day on which the return was asked for.
///     ReturnNumber = "RET-", day, 8;
/// }
/// let number = CouponNumber::draw(&mut kernel::Random::seeded(1));
/// assert!(number.as_str().starts_with("CPN-"));
/// assert_eq!(number.as_str().parse::<CouponNumber>().unwrap(), number);
/// ```
#[macro_export]
macro_rules! printed_numbers {
    ($(#[doc = $doc:literal] $name:ident = $prefix:literal, $($day:ident,)? $signs:literal;)*) => {
        $(
            #[doc = $doc]
            pub type $name = $crate::number::Number<number_kinds::$name>;
        )*

        /// The markers of the printed numbers that are declared here.
        pub mod number_kinds {
            $(
                #[doc = concat!("Marks a `", stringify!($name), "`.")]
                pub enum $name {}
                impl $crate::number::NumberKind for $name {
                    const NAME: &'static str = stringify!($name);
                    const DESCRIPTION: &'static str = $doc.trim_ascii();
                    const PREFIX: &'static str = $prefix;
                    const DATED: bool = $crate::printed_numbers!(@dated $($day)?);
                    const SIGNS: usize = $signs;
                }
            )*
        }
    };
    (@dated) => { false };
    (@dated day) => { true };
}

printed_numbers! {
    /// `ORD-YYYYMMDD-XXXXXXXX`: the day is the shop's day on which the order was placed.
    OrderNumber = "ORD-", day, 8;
    /// `PAY-XXXXXXXX`.
    PaymentNumber = "PAY-", 8;
    /// `TRK-XXXXXXXXXXXX`.
    TrackingNumber = "TRK-", 12;
    /// `SAGA-XXXXXXXX`.
    SagaId = "SAGA-", 8;
}

impl<Kind: NumberKind> Number<Kind> {
    const LENGTH: usize = Kind::PREFIX.len() + Kind::SIGNS + if Kind::DATED { DAY_LENGTH + 1 } else { 0 };

    /// A new number of a kind without a day.
    pub fn draw(random: &mut Random) -> Self {
        const { assert!(!Kind::DATED, "this kind of number has a day: use draw_on") };
        Self::of(format!("{}{}", Kind::PREFIX, signs(random, Kind::SIGNS)).into())
    }

    /// A new number of a kind with a day: the day that `now` is in `zone`.
    pub fn draw_on(random: &mut Random, now: Timestamp, zone: &Zone) -> Self {
        const { assert!(Kind::DATED, "this kind of number has no day: use draw") };
        Self::of(format!("{}{}-{}", Kind::PREFIX, zone.compact_day(now), signs(random, Kind::SIGNS)).into())
    }

    fn of(text: Box<str>) -> Self {
        Number { text, kind: PhantomData }
    }
}

impl<Kind> Number<Kind> {
    /// The printed form.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn signs(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| char::from(ALPHABET[random.below(ALPHABET.len() as u64) as usize])).collect()
}

impl<Kind> Clone for Number<Kind> {
    fn clone(&self) -> Self {
        Number { text: self.text.clone(), kind: PhantomData }
    }
}
impl<Kind> PartialEq for Number<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl<Kind> Eq for Number<Kind> {}
impl<Kind> PartialOrd for Number<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<Kind> Ord for Number<Kind> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}
impl<Kind> hash::Hash for Number<Kind> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
impl<Kind> fmt::Debug for Number<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<Kind> fmt::Display for Number<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl<Kind: NumberKind> FromStr for Number<Kind> {
    type Err = crate::Error;
    /// Checks prefix, length and letters only: old numbers stay readable when [`ALPHABET`] changes.
    fn from_str(text: &str) -> Result<Self> {
        let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        if text.len() == Self::LENGTH && text.starts_with(Kind::PREFIX) && text.bytes().all(allowed) {
            Ok(Self::of(text.into()))
        } else {
            Err(Code::InvalidInput.because(format!("that is not a number like {}…", Kind::PREFIX)))
        }
    }
}
impl<Kind> From<Number<Kind>> for String {
    fn from(number: Number<Kind>) -> String {
        number.text.into()
    }
}
impl<Kind> Serialize for Number<Kind> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
impl<'de, Kind: NumberKind> Deserialize<'de> for Number<Kind> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
impl<Kind: NumberKind> utoipa::PartialSchema for Number<Kind> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new().schema_type(Type::String).description(Some(Kind::DESCRIPTION)).into()
    }
}
impl<Kind: NumberKind> utoipa::ToSchema for Number<Kind> {
    fn name() -> Cow<'static, str> {
        Kind::NAME.into()
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
        let order = OrderNumber::draw_on(&mut random, Timestamp::parse("2026-02-06T15:30:00Z", &zone).unwrap(), &zone);
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
