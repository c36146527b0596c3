//! The days of a report.

use crate::view::Day;
use jiff::civil::{Date, Weekday};
use kernel::{Code, Result, Timestamp, Together, Zone, text};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;
use web::Checked;

/// Days of a report when the caller does not say.
const DAYS_DEFAULT: i32 = 30;
/// Most days of one report: three years, because each costs reading.
pub const DAYS_MAX: i32 = 1_100;

/// Which days a report is about.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DaysQuery {
    /// The first day, `YYYY-MM-DD`; 29 days before the last one when absent.
    from: Option<String>,
    /// The last day; today in the shop's zone when absent. At most 1,100 days.
    to: Option<String>,
}

/// The days from `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub from: Date,
    pub to: Date,
}

impl DaysQuery {
    /// Today alone.
    pub fn of_today(zone: &Zone, now: Timestamp) -> DaysQuery {
        let today = zone.day(now);
        DaysQuery { from: Some(today.clone()), to: Some(today) }
    }

    /// The days; C002 for what is no day, for the wrong order, and for too many days.
    pub fn days(&self, zone: &Zone, now: Timestamp) -> Result<Days> {
        let today = || date(&zone.day(now));
        let read = |field: &str, text: &Option<String>| text.as_deref().map(|text| asked(field, text)).transpose();
        let (from, to) = (read("from", &self.from), read("to", &self.to)).together()?;
        let to = to.map_or_else(today, Ok)?;
        let first = || to.checked_sub(jiff::Span::new().days(DAYS_DEFAULT - 1)).unwrap_or(Date::MIN);
        let from = from.unwrap_or_else(first);
        kernel::time::in_order(&from, &to)?;
        let days = Days { from, to };
        match days.count() <= i64::from(DAYS_MAX) {
            true => Ok(days),
            false => Err(text::wrong("from", format!("must be at most {DAYS_MAX} days before to"))),
        }
    }
}

impl Checked for DaysQuery {
    fn check(&self) -> Result<()> {
        self.days(&Zone::utc(), Timestamp::from_millis(0)).map(drop).or_else(|error| match (&self.from, &self.to) {
            // the last day is today, which is not known here
            (Some(from), None) => asked("from", from).map(drop),
            _ => Err(error),
        })
    }
}

fn asked(field: &str, text: &str) -> Result<Date> {
    let day = date(text).ok().filter(|day| text.len() == 10 && (1970..=9998).contains(&day.year()));
    day.ok_or_else(|| text::wrong(field, "must be a day such as 2026-02-06"))
}

fn date(text: &str) -> Result<Date> {
    text.parse().map_err(|e| Code::Internal.error().caused_by(e))
}

/// A day as a number, such as 20260206.
pub fn number(date: Date) -> Day {
    (i64::from(date.year()) * 100 + i64::from(date.month())) * 100 + i64::from(date.day())
}

/// The day of such a number; `None` for a number that is none, which only damage can make.
pub fn of_number(day: Day) -> Option<Date> {
    let part = |n: i64| i8::try_from(n % 100).ok();
    Date::new(i16::try_from(day / 10_000).ok()?, part(day / 100)?, part(day)?).ok()
}

impl Days {
    pub fn first(&self) -> Day {
        number(self.from)
    }

    pub fn last(&self) -> Day {
        number(self.to)
    }

    /// How many days.
    pub fn count(&self) -> i64 {
        self.to.since(self.from).map_or(0, |span| i64::from(span.get_days())) + 1
    }

    /// From the first moment of the first day to the first moment after the last one.
    pub fn moments(&self, zone: &Zone) -> Result<(Timestamp, Timestamp)> {
        Ok((zone.start_of_day(&self.from.to_string())?, zone.end_of_day(&self.to.to_string())?))
    }
}

/// What sales are summed up by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Unit {
    #[default]
    Day,
    /// From Monday to Sunday.
    Week,
    Month,
}

impl Unit {
    /// The days of the unit in which `day` is, as far as they are among `days`.
    pub fn around(self, day: Date, days: Days) -> Days {
        let (from, to) = match self {
            Unit::Day => (day, day),
            Unit::Week => {
                let before = i32::from(day.weekday().since(Weekday::Monday));
                let monday = day.saturating_sub(jiff::Span::new().days(before));
                (monday, monday.saturating_add(jiff::Span::new().days(6)))
            }
            Unit::Month => (day.first_of_month(), day.last_of_month()),
        };
        Days { from: from.max(days.from), to: to.min(days.to) }
    }

    /// `days` as a list of units, oldest first.
    pub fn split(self, days: Days) -> Vec<Days> {
        let (mut units, mut next) = (Vec::new(), Some(days.from));
        while let Some(day) = next.filter(|day| *day <= days.to) {
            let unit = self.around(day, days);
            next = unit.to.tomorrow().ok();
            units.push(unit);
        }
        units
    }
}

/// The hour that the zone's clock shows at `at`.
pub fn hour(zone: &Zone, at: Timestamp) -> i64 {
    zone.millis_of_day(at) / Duration::from_secs(3_600).as_millis() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Result<Days> {
        let query = DaysQuery { from: Some(from.to_owned()), to: Some(to.to_owned()) };
        query.days(&Zone::utc(), Timestamp::from_millis(0))
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        // a Friday and a Tuesday
        let days = days("2026-02-06", "2026-03-03").unwrap();
        let shown = |unit: Unit| -> Vec<String> {
            unit.split(days).iter().map(|one| format!("{}..{}", one.from, one.to)).collect()
        };
        assert_eq!(shown(Unit::Month), ["2026-02-06..2026-02-28", "2026-03-01..2026-03-03"]);
        let weeks = shown(Unit::Week);
        assert_eq!((weeks[0].as_str(), weeks[1].as_str()), ("2026-02-06..2026-02-08", "2026-02-09..2026-02-15"));
        assert_eq!(weeks.last().map(String::as_str), Some("2026-03-02..2026-03-03"));
        assert_eq!(shown(Unit::Day).len(), 26);
        assert_eq!((days.first(), days.count()), (20_260_206, 26));
    }

    #[test]
    fn wild_days_are_refused() {
        for (from, to) in [
            ("2026-02-07", "2026-02-06"),
            ("2020-01-01", "2026-02-06"),
            ("yesterday", "2026-02-06"),
            ("2026-02-30", "2026-03-01"),
            ("0000-01-01", "9999-12-31"),
        ] {
            assert!(days(from, to).is_err(), "{from} {to}");
        }
        assert_eq!(of_number(20_260_206).map(number), Some(20_260_206));
        assert_eq!(of_number(20_261_399), None);
    }
}
