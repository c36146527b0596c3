//! Printed numbers: the short texts by which people name orders, payments, parcels and sagas.
//!
//! One generic type with a marker, as for [`crate::Id`], so that an order number cannot be passed where a payment number is
//! meant. [`printed_numbers!`](crate::printed_numbers) declares them. A number that no event carries is declared in its own
//! domain.

use crate::{Code, Random, Result, Timestamp, Zone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, hash, marker::PhantomData, str::FromStr};

/// Letters and digits without look-alikes (no 0 O, 1 I L), in the order in which databases sort them.
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Length of the day in a number, such as `20260207`.
const DAY_LENGTH: usize = 8;
/// Signs that give the time.
const TIME_SIGNS: usize = 4;
/// Milliseconds that share the signs of the time. A day has 864,000 such ticks, and four signs distinguish 923,521.
const TICK_MS: i64 = 100;
/// Ticks after which the signs of the time begin again in a number without a day: 25.7 hours. It is not a day, so that a sale at
/// the same hour of every day does not use the same numbers up.
const TICKS: i64 = (ALPHABET.len() as i64).pow(TIME_SIGNS as u32);

/// What the signs of a number begin with. With the time in front, numbers drawn together lie together in every index, so that
/// the orders of a batch can share pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// Nothing: all signs are random, as a code must be that people must not guess.
    AtRandom,
    /// Four signs of time.
    WithTime,
    /// The day and, in the signs, the time within the day.
    WithDay,
}

/// How one kind of number looks. [`printed_numbers!`](crate::printed_numbers) implements it.
pub trait NumberKind: 'static {
    /// Its name in the API description.
    const NAME: &'static str;
    /// Its sentence in the API description.
    const DESCRIPTION: &'static str;
    /// What every number begins with.
    const PREFIX: &'static str;
    const BEGINS: Begins;
    /// How many signs it ends with. If they begin with the time, four less are random: with 8 signs that is one of 923,521 numbers
    /// (19.8 bits) for each tenth of a second. It need not be more, because a number is never a permission: every route
    /// asks whose order or payment it is.
    const SIGNS: usize;
}

/// A printed number of the kind `Kind`: its prefix, for some kinds a day, and signs of [`ALPHABET`].
pub struct Number<Kind> {
    text: Box<str>,
    kind: PhantomData<fn() -> Kind>,
}

/// Declares printed numbers: a type alias of [`Number`] and its marker, one line each. What [`Begins`] says is
/// written as `day`, `time` or not at all.
///
/// ```
/// kernel::printed_numbers! {
///     /// `CPN-XXXXXX`.
///     CouponNumber = "CPN-", 6;
///     /// `EXC-XXXXXXXX`.
///     ExchangeNumber = "EXC-", time, 8;
///     /// `RET-YYYYMMDD-XXXXXXXX`: the day is the shop's day on which the return was asked for.
///     ReturnNumber = "RET-", day, 8;
/// }
/// let number = CouponNumber::draw(&mut kernel::Random::seeded(1), kernel::Timestamp::from_millis(0));
/// assert!(number.as_str().starts_with("CPN-"));
/// assert_eq!(number.as_str().parse::<CouponNumber>().unwrap(), number);
/// ```
#[macro_export]
macro_rules! printed_numbers {
    ($(#[doc = $doc:literal] $name:ident = $prefix:literal, $($begins:ident,)? $signs:literal;)*) => {
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
                    const BEGINS: $crate::number::Begins = $crate::printed_numbers!(@begins $($begins)?);
                    const SIGNS: usize = $signs;
                }
            )*
        }
    };
    (@begins) => { $crate::number::Begins::AtRandom };
    (@begins time) => { $crate::number::Begins::WithTime };
    (@begins day) => { $crate::number::Begins::WithDay };
}

printed_numbers! {
    /// `ORD-YYYYMMDD-XXXXXXXX`: the day is the shop's day on which the order was placed.
    OrderNumber = "ORD-", day, 8;
    /// `PAY-XXXXXXXX`.
    PaymentNumber = "PAY-", time, 8;
    /// `TRK-XXXXXXXXXXXX`.
    TrackingNumber = "TRK-", time, 12;
    /// `SAGA-XXXXXXXX`.
    SagaId = "SAGA-", time, 8;
}

impl<Kind: NumberKind> Number<Kind> {
    const LENGTH: usize = Kind::PREFIX.len()
        + Kind::SIGNS
        + match Kind::BEGINS {
            Begins::WithDay => DAY_LENGTH + 1,
            Begins::WithTime | Begins::AtRandom => 0,
        };

    /// A new number of a kind without a day. `now` is used by the kinds that begin with the time.
    pub fn draw(random: &mut Random, now: Timestamp) -> Self {
        const { assert!(!matches!(Kind::BEGINS, Begins::WithDay), "this kind of number has a day: use draw_on") };
        let mut text = String::with_capacity(Self::LENGTH);
        text.push_str(Kind::PREFIX);
        match Kind::BEGINS {
            Begins::AtRandom => push_random(&mut text, random, Kind::SIGNS),
            Begins::WithTime => {
                push_tick(&mut text, (now.as_millis() / TICK_MS).rem_euclid(TICKS));
                push_random(&mut text, random, Kind::SIGNS - TIME_SIGNS);
            }
            Begins::WithDay => {} // does not compile, see above
        }
        Self::of(text.into())
    }

    /// A new number of a kind with a day: the day that `now` is in `zone`.
    pub fn draw_on(random: &mut Random, now: Timestamp, zone: &Zone) -> Self {
        const { assert!(matches!(Kind::BEGINS, Begins::WithDay), "this kind of number has no day: use draw") };
        let mut text = String::with_capacity(Self::LENGTH);
        text.push_str(Kind::PREFIX);
        text.push_str(&zone.compact_day(now));
        text.push('-');
        push_tick(&mut text, zone.millis_of_day(now) / TICK_MS);
        push_random(&mut text, random, Kind::SIGNS - TIME_SIGNS);
        Self::of(text.into())
    }

    fn wrong() -> String {
        format!("must be a number such as {}…", Kind::PREFIX)
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

fn push_random(text: &mut String, random: &mut Random, count: usize) {
    text.extend((0..count).map(|_| char::from(ALPHABET[random.below(ALPHABET.len() as u64) as usize])));
}

/// Appends the signs of the time, the highest first, so that later numbers sort behind earlier ones.
fn push_tick(text: &mut String, tick: i64) {
    let base = ALPHABET.len() as i64;
    let sign = |place: usize| char::from(ALPHABET[((tick / base.pow(place as u32)) % base) as usize]);
    text.extend((0..TIME_SIGNS).rev().map(sign));
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
            Err(Code::InvalidInput.because(Self::wrong()))
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
        String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom(Self::wrong()))
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
        let now = Timestamp::from_millis(1_770_000_000_000);
        let payment = PaymentNumber::draw(&mut random, now);
        assert_eq!(payment.as_str().parse::<PaymentNumber>().unwrap(), payment);
        let tracking = TrackingNumber::draw(&mut random, now);
        assert_eq!(tracking.as_str().parse::<TrackingNumber>().unwrap(), tracking);
        let saga = SagaId::draw(&mut random, now);
        assert_eq!(saga.as_str().parse::<SagaId>().unwrap(), saga);
    }

    #[test]
    fn numbers_drawn_later_on_a_day_sort_behind_earlier_ones_and_differ_within_a_tick() {
        let mut random = Random::seeded(7);
        let zone = Zone::named("Asia/Seoul").unwrap();
        let begin = zone.start_of_day("2026-02-06").unwrap();
        let at = |random: &mut Random, ms: i64| {
            OrderNumber::draw_on(random, Timestamp::from_millis(begin.as_millis() + ms), &zone)
        };
        let drawn: Vec<_> = (0..864).map(|n| at(&mut random, n * 100_000)).collect();
        assert!(drawn.is_sorted(), "{drawn:?}");
        assert!(drawn[0].as_str().starts_with("ORD-20260206-2222"), "{}", drawn[0]);
        let last = at(&mut random, 86_399_999);
        assert!(last > drawn[863] && last.as_str().starts_with("ORD-20260206-"), "{last}");
        let together: std::collections::HashSet<_> = (0..100).map(|n| at(&mut random, n).to_string()).collect();
        assert_eq!(together.len(), 100);
        let prefix = |number: &str| number[..17].to_owned();
        assert_eq!(together.iter().map(|number| prefix(number)).collect::<std::collections::HashSet<_>>().len(), 1);
    }

    #[test]
    fn a_sale_at_the_same_hour_of_each_day_draws_from_different_numbers() {
        let mut random = Random::seeded(7);
        let mut signs_on = |day: i64| {
            let number = PaymentNumber::draw(&mut random, Timestamp::from_millis(day * 86_400_000));
            number.as_str()[4..8].to_owned()
        };
        let signs: std::collections::HashSet<_> = (20_000..20_365).map(&mut signs_on).collect();
        assert_eq!(signs.len(), 365);
    }

    #[test]
    fn other_texts_are_not_numbers() {
        for text in ["", "ORD-1", "PAY-2345678'", "ORD-20260207-2345678a", "XXX-20260207-23456789"] {
            assert!(text.parse::<OrderNumber>().is_err(), "{text}");
        }
    }
}
