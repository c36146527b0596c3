//! Instants, the shop's time zone, and the trait of clocks.

use crate::{Code, Result, text};
use jiff::{civil, fmt::temporal::Pieces, tz::TimeZone};
use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, time::Duration};
use utoipa::ToSchema;

/// An instant in whole milliseconds since 1970-01-01T00:00:00Z. Outside: RFC 3339 with `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-02-06T12:34:56.123Z")]
pub struct Timestamp(i64);

/// The latest instant we handle, 9999-12-30T22:00:00.000Z: the latest that has a date in every time zone.
const LATEST_MS: i64 = 253_402_207_200_000;

impl Timestamp {
    /// The instant `ms` milliseconds after 1970 began; clamped to the years 1970 to 9999.
    pub fn from_millis(ms: i64) -> Timestamp {
        Timestamp(ms.clamp(0, LATEST_MS))
    }

    /// Milliseconds since 1970 began.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant moved later by `duration`.
    pub fn after(self, duration: Duration) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant moved earlier by `duration`.
    pub fn before(self, duration: Duration) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Reads RFC 3339, or a time without zone as one in `zone` (docs/RULES.md), or a day as its first instant there;
    /// C002 for anything else.
    pub fn parse(text: &str, zone: &Zone) -> Result<Timestamp> {
        let millis = match text.parse::<jiff::Timestamp>() {
            Ok(instant) => instant.as_millisecond(),
            // a client that means "for ever" writes the last day that it can
            Err(_) if is_last_day(text) => LATEST_MS,
            Err(_) => {
                let local: civil::DateTime = text.parse().map_err(|_| not_a_time(text))?;
                zone.0.to_timestamp(local).map_err(|_| not_a_time(text))?.as_millisecond()
            }
        };
        if (0..=LATEST_MS).contains(&millis) { Ok(Timestamp(millis)) } else { Err(not_a_time(text)) }
    }

    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// Whether it is a time on one of the last two days of the year 9999, which has no instant in some zones.
fn is_last_day(text: &str) -> bool {
    Pieces::parse(text).is_ok_and(|pieces| pieces.date() >= civil::date(9999, 12, 30))
}

fn not_a_time(text: &str) -> crate::Error {
    let shown: String = text.chars().take(40).collect();
    Code::InvalidInput.because(format!("{shown:?} is not a time such as 2026-02-06T12:34:56Z"))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Reads RFC 3339 with a zone. For a field that may come without a zone, read text and call [`Timestamp::parse`].
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let instant: jiff::Timestamp =
            text.parse().map_err(|_| serde::de::Error::custom("must be a time such as 2026-02-06T12:34:56Z"))?;
        Ok(Timestamp::from_millis(instant.as_millisecond()))
    }
}

/// The shop's time zone: what a day is, and how a time without zone is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone with this IANA name, such as `Asia/Seoul`; C002 when there is none.
    pub fn named(name: &str) -> Result<Zone> {
        TimeZone::get(name).map(Zone).map_err(|_| Code::InvalidInput.because(format!("unknown time zone {name}")))
    }

    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The zone's day at `instant`, as `YYYYMMDD`.
    pub fn compact_day(&self, instant: Timestamp) -> String {
        let date = self.0.to_datetime(instant.to_jiff()).date();
        format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
    }

    /// Milliseconds that the zone's clock shows at `instant` since midnight: below 86,400,000.
    pub fn millis_of_day(&self, instant: Timestamp) -> i64 {
        let time = self.0.to_datetime(instant.to_jiff()).time();
        let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        seconds * 1_000 + i64::from(time.millisecond())
    }

    /// The zone's day at `instant`, as `YYYY-MM-DD`.
    pub fn day(&self, instant: Timestamp) -> String {
        self.0.to_datetime(instant.to_jiff()).date().to_string()
    }

    /// The instant at which the day `YYYY-MM-DD` is over in this zone, or the latest instant there is; C002 when it is not a
    /// day.
    pub fn end_of_day(&self, day: &str) -> Result<Timestamp> {
        let date: civil::Date = day.parse().map_err(|_| not_a_time(day))?;
        let next = date.tomorrow().and_then(|next| next.to_zoned(self.0.clone()));
        let millis = next.map_or(LATEST_MS, |next| next.timestamp().as_millisecond());
        Ok(Timestamp::from_millis(millis))
    }

    /// The instant at which the day is over in this zone that is `days` days after the one of `instant`, or the latest instant there is.
    pub fn end_of_day_after(&self, instant: Timestamp, days: u16) -> Timestamp {
        let date = self.0.to_datetime(instant.to_jiff()).date();
        let day = date.checked_add(jiff::Span::new().days(days));
        day.map_or(Timestamp(LATEST_MS), |day| self.end_of_day(&day.to_string()).unwrap_or(Timestamp(LATEST_MS)))
    }

    /// The instant at which the day `YYYY-MM-DD` begins in this zone; C002 when it is not a day.
    pub fn start_of_day(&self, day: &str) -> Result<Timestamp> {
        let date: civil::Date = day.parse().map_err(|_| not_a_time(day))?;
        let start = date.to_zoned(self.0.clone()).map_err(|_| not_a_time(day))?;
        Ok(Timestamp::from_millis(start.timestamp().as_millisecond()))
    }
}

/// A source of time. `ports` implements it with the machine's clock, and with one that tests set by hand.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// C002 for a range that ends before it begins, which would be an empty list and look as if there were nothing.
pub fn in_order<T: PartialOrd>(from: &T, to: &T) -> Result<()> {
    if from > to { Err(text::wrong("from", "must not be after to")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_zone_is_the_shops() {
        let seoul = Zone::named("Asia/Seoul").unwrap();
        let local = Timestamp::parse("2026-02-06T12:34:56", &seoul).unwrap();
        assert_eq!(local.to_string(), "2026-02-06T03:34:56.000Z");
        let offset = Timestamp::parse("2026-02-06T12:34:56+09:00", &Zone::utc()).unwrap();
        assert_eq!(local, offset);
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let zone = Zone::named("America/New_York").unwrap();
        for (day, next) in [("2026-03-08", "2026-03-09"), ("2026-11-01", "2026-11-02"), ("2026-12-31", "2027-01-01")] {
            assert_eq!(zone.end_of_day(day).unwrap(), zone.start_of_day(next).unwrap(), "{day}");
        }
        for zone in ["Asia/Seoul", "America/New_York", "UTC"].map(|name| Zone::named(name).unwrap()) {
            assert_eq!(zone.end_of_day("9999-12-31").unwrap().as_millis(), LATEST_MS);
            assert!(zone.end_of_day("9999-12-32").is_err());
        }
    }

    #[test]
    fn the_last_instant_is_one_that_can_be_written() {
        assert_eq!(LATEST_MS, jiff::Timestamp::MAX.as_second() * 1_000);
        for text in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999+09:00", "9999-12-31T00:00", "9999-12-31"] {
            assert_eq!(Timestamp::parse(text, &Zone::utc()).unwrap().as_millis(), LATEST_MS, "{text}");
        }
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-30T22:00:00.000Z");
    }

    #[test]
    fn times_survive_json() {
        let at = Timestamp::from_millis(1_770_381_296_123);
        let text = serde_json::to_string(&at).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), at);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z"] {
            assert!(Timestamp::parse(text, &Zone::utc()).is_err(), "{text}");
        }
    }
}
