//! The settings of returns: `[returns]` in the configuration.

use crate::returns::{Payer, Reason};
use kernel::{Money, Timestamp, Zone};
use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[returns]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub window: Window,
    pub window_of_faults: Window,
    pub fee: Money,
}

/// How long after the delivery something can be sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Window {
    /// Whole days of the shop's zone. As in the law of Korea (Civil Act, articles 157 and 159), the day of the delivery does not count and
    /// the last day counts to its end.
    Days(u16),
    /// A time to the millisecond.
    Exact(Duration),
}

impl Window {
    /// Whether something that arrived at `delivered_at` can be sent back now.
    pub fn is_open(self, delivered_at: Timestamp, now: Timestamp, zone: &Zone) -> bool {
        match self {
            Window::Days(days) => now < zone.end_of_day_after(delivered_at, days),
            Window::Exact(window) => now <= delivered_at.after(window),
        }
    }

    fn duration(self) -> Duration {
        match self {
            Window::Days(days) => Duration::from_secs(86_400) * u32::from(days),
            Window::Exact(window) => window,
        }
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    /// `7d` or `7 days` are whole days; `0d` and other units are times.
    fn try_from(text: String) -> Result<Window, String> {
        let window = settings::parse_duration(&text)?;
        let number = ["days", "day", "d"].iter().find_map(|unit| text.trim().strip_suffix(unit));
        let days = number.and_then(|number| number.trim().parse().ok());
        Ok(days.filter(|days| *days > 0).map_or(Window::Exact(window), Window::Days))
    }
}

impl Settings {
    /// How long after the delivery something can be sent back for this reason.
    pub fn window(&self, reason: Reason) -> Window {
        match reason.payer() {
            Payer::Buyer => self.window,
            Payer::Shop => self.window_of_faults,
        }
    }

    /// What the way back costs a buyer who pays it.
    pub fn fee(&self, payer: Payer) -> Money {
        match payer {
            Payer::Buyer => self.fee,
            Payer::Shop => Money::ZERO,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        // three months are at most 92 days
        Settings { window: Window::Days(7), window_of_faults: Window::Days(92), fee: Money::ZERO }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if self.fee < Money::ZERO {
            return Err(WrongSetting::new("fee", "it is negative", "write 0 or more"));
        }
        if self.window_of_faults.duration() < self.window.duration() {
            let why = "goods with a fault would come back for a shorter time than others";
            return Err(WrongSetting::new("window_of_faults", why, "write the time of window or longer"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        Timestamp::parse(time, &Zone::utc()).unwrap()
    }

    /// The last millisecond at which a return is in time.
    fn last(window: &str, delivered_at: &str, zone: &str) -> String {
        let (window, zone) = (Window::try_from(window.to_owned()).unwrap(), Zone::named(zone).unwrap());
        let (mut open, mut closed) = (at(delivered_at).as_millis(), at("2030-01-01T00:00:00Z").as_millis());
        while closed - open > 1 {
            let middle = i64::midpoint(open, closed);
            let is_open = window.is_open(at(delivered_at), Timestamp::from_millis(middle), &zone);
            if is_open { open = middle } else { closed = middle }
        }
        Timestamp::from_millis(open).to_string()
    }

    #[test]
    fn the_seventh_day_counts_to_its_end_in_the_shops_zone() {
        // 00:00 and 23:59 of 6 February in Seoul
        for delivered in ["2026-02-05T15:00:00Z", "2026-02-06T14:59:59Z"] {
            assert_eq!(last("7d", delivered, "Asia/Seoul"), "2026-02-13T14:59:59.999Z");
        }
        assert_eq!(last("7 days", "2026-02-06T15:00:00Z", "Asia/Seoul"), "2026-02-14T14:59:59.999Z");
        assert_eq!(last("1d", "2026-02-28T12:00:00Z", "UTC"), "2026-03-01T23:59:59.999Z");
    }

    #[test]
    fn a_day_of_23_hours_is_a_day() {
        // New York sets its clocks forward on 8 March 2026
        assert_eq!(last("7d", "2026-03-05T17:00:00Z", "America/New_York"), "2026-03-13T03:59:59.999Z");
    }

    #[test]
    fn three_months_are_in_the_window_of_faults() {
        let faults = Settings::default().window_of_faults;
        let zone = Zone::named("Asia/Seoul").unwrap();
        assert!(faults.is_open(at("2026-07-01T03:00:00Z"), at("2026-10-01T14:59:59Z"), &zone));
        assert!(!faults.is_open(at("2026-07-01T03:00:00Z"), at("2026-10-01T15:00:00Z"), &zone));
    }

    #[test]
    fn other_units_are_exact_times() {
        assert_eq!(last("168h", "2026-02-06T03:00:00Z", "Asia/Seoul"), "2026-02-13T03:00:00Z".replace('Z', ".000Z"));
        assert_eq!(Window::try_from("0d".to_owned()), Ok(Window::Exact(Duration::ZERO)));
        assert_eq!(Window::try_from("7d 12h".to_owned()), Ok(Window::Exact(Duration::from_secs(180 * 3_600))));
        assert!(Window::try_from("soon".to_owned()).is_err());
    }
}
