//! Lengths of time as people write them in a configuration file.

use serde::{Deserialize, Deserializer};
use std::{fmt, str::FromStr, time::Duration};

/// A length of time written as a whole number and a unit: `500ms`, `10s`, `5m`, `24h`, `7d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

/// Longest time a setting may name; a limit against a slipped unit.
const LONGEST: Duration = Duration::from_secs(3_660 * 86_400);
/// Units, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    /// So many hours.
    pub(crate) const fn hours(count: u64) -> Span {
        Span(Duration::from_secs(count * 3_600))
    }

    /// The length of time.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// Whether it is no time at all, which several settings read as "never".
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Span, String> {
        let wrong = || format!("{text:?} is not a time such as 500ms, 10s, 5m, 24h or 7d");
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count: u64 = text[..digits].parse().map_err(|_| wrong())?;
        let unit = UNITS.iter().find(|(name, _)| *name == text[digits..].trim()).ok_or_else(wrong)?;
        let time = count.checked_mul(unit.1).map(Duration::from_millis).ok_or_else(wrong)?;
        if time <= LONGEST { Ok(Span(time)) } else { Err(format!("{text} is longer than ten years")) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis() as u64;
        let fits = |(_, size): &&(&str, u64)| millis > 0 && millis.is_multiple_of(*size);
        let (unit, size) = UNITS.iter().find(fits).unwrap_or(&("s", 1_000));
        write!(f, "{}{unit}", millis / size)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_alike() {
        for text in ["500ms", "1s", "90s", "10m", "24h", "7d", "0s", "1500ms"] {
            let shown = text.parse::<Span>().unwrap().to_string();
            assert_eq!(shown.parse::<Span>().unwrap(), text.parse().unwrap(), "{text} {shown}");
        }
        assert_eq!("24h".parse::<Span>().unwrap().to_string(), "1d");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "10", "s", "-1s", "1.5s", "10 weeks", "99999999999999999999d", "4000d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
