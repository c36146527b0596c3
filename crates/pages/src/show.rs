//! Money, numbers and times as people write them, in both languages.

use crate::{Language, typed};
use kernel::{Currency, Money, Timestamp, Zone};
use web::App;

/// Signs of currencies before a number, and their Korean words after it.
const CURRENCIES: &[(&str, &str, &str)] = &[
    ("KRW", "₩", "원"),
    ("JPY", "¥", "엔"),
    ("USD", "$", "달러"),
    ("EUR", "€", "유로"),
    ("GBP", "£", "파운드"),
    ("CNY", "CN¥", "위안"),
    ("SGD", "S$", "싱가포르달러"),
    ("VND", "₫", "동"),
];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How a shop shows amounts and times in one language.
#[derive(Debug, Clone)]
pub struct Show {
    pub language: Language,
    pub currency: Currency,
    pub zone: Zone,
}

impl Show {
    /// How this shop does.
    pub fn of(app: &App, language: Language) -> Show {
        Show { language, currency: app.shop.currency, zone: app.shop.zone.clone() }
    }

    /// `₩12,900`, `12,900원`.
    pub fn money(&self, amount: Money) -> String {
        let shown = self.currency.show(amount);
        let (number, code) = shown.rsplit_once(' ').unwrap_or((&shown, ""));
        let Some((_, sign, word)) = CURRENCIES.iter().find(|(known, _, _)| *known == code) else { return shown };
        match (self.language, number.strip_prefix('-')) {
            (Language::English, Some(number)) => format!("−{sign}{number}"),
            (Language::English, None) => format!("{sign}{number}"),
            (Language::Korean, Some(number)) => format!("−{number}{word}"),
            (Language::Korean, None) => format!("{number}{word}"),
        }
    }

    /// The amount as machines read it: `12900`, `129.00`.
    pub fn plain(&self, amount: Money) -> String {
        let shown = self.currency.show(amount);
        shown.split(' ').next().unwrap_or_default().replace(',', "")
    }

    /// The amount that somebody typed in main units, as `12,900` or `129.05`; `None` for a text that is no amount.
    pub fn amount(&self, typed: &str) -> Option<Money> {
        let typed = typed::plain(typed)?;
        let (whole, part) = typed.split_once('.').unwrap_or((typed.as_str(), ""));
        let digits = usize::from(self.currency.minor_digits());
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() > digits || !is_number(whole) || !is_number(part) {
            return None;
        }
        Money::checked(format!("{whole}{part:0<digits$}").parse().ok()?).ok()
    }

    /// `1,234`.
    pub fn count(&self, number: i64) -> String {
        Currency::KRW.show(Money::minor(number)).trim_end_matches(" KRW").to_owned()
    }

    /// The day in the shop's zone: `6 Feb 2026`, `2026년 2월 6일`.
    pub fn day(&self, at: Timestamp) -> String {
        self.civil_day(&self.zone.day(at))
    }

    /// The same for a day written as `2026-02-06`.
    pub fn civil_day(&self, day: &str) -> String {
        let parts: Vec<&str> = day.split('-').collect();
        let &[year, month, date] = parts.as_slice() else { return day.to_owned() };
        let (month, date) = (month.trim_start_matches('0'), date.trim_start_matches('0'));
        match self.language {
            Language::English => {
                let name = month.parse::<usize>().ok().and_then(|n| MONTHS.get(n.wrapping_sub(1))).unwrap_or(&"");
                format!("{date} {name} {year}")
            }
            Language::Korean => format!("{year}년 {month}월 {date}일"),
        }
    }

    /// Day and time in the shop's zone: `6 Feb 2026, 09:00`, `2026년 2월 6일 09:00`.
    pub fn moment(&self, at: Timestamp) -> String {
        let minutes = self.zone.millis_of_day(at) / 60_000;
        let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        match self.language {
            Language::English => format!("{}, {time}", self.day(at)),
            Language::Korean => format!("{} {time}", self.day(at)),
        }
    }

    /// A length of time in its largest unit: `40 seconds`, `3분`.
    pub fn wait(&self, seconds: u64) -> String {
        let (number, english, korean) = match seconds {
            0..=59 => (seconds, "second", "초"),
            60..=3_599 => (seconds.div_ceil(60), "minute", "분"),
            _ => (seconds.div_ceil(3_600), "hour", "시간"),
        };
        match self.language {
            Language::English => format!("{number} {english}{}", if number == 1 { "" } else { "s" }),
            Language::Korean => format!("{number}{korean}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(language: Language, currency: &str) -> Show {
        Show { language, currency: Currency::of_code(currency).unwrap(), zone: Zone::named("Asia/Seoul").unwrap() }
    }

    #[test]
    fn money_is_written_as_each_language_writes_it() {
        let (en, ko) = (show(Language::English, "KRW"), show(Language::Korean, "KRW"));
        assert_eq!(en.money(Money::minor(1_234_500)), "₩1,234,500");
        assert_eq!(ko.money(Money::minor(1_234_500)), "1,234,500원");
        assert_eq!(ko.money(Money::minor(-900)), "−900원");
        let dollars = show(Language::English, "USD");
        assert_eq!(
            (dollars.money(Money::minor(12_905)), dollars.plain(Money::minor(123_405))),
            ("$129.05".into(), "1234.05".into())
        );
        assert_eq!(en.count(12_345), "12,345");
    }

    #[test]
    fn a_typed_amount_is_read_as_it_is_shown() {
        let (won, dollars) = (show(Language::Korean, "KRW"), show(Language::English, "USD"));
        assert_eq!(won.amount(" 12,900 "), Some(Money::minor(12_900)));
        assert_eq!(won.amount("１０００"), Some(Money::minor(1_000)));
        assert_eq!(
            (dollars.amount("129.5"), dollars.amount("129")),
            (Some(Money::minor(12_950)), Some(Money::minor(12_900)))
        );
        for wrong in ["", "-1", "1.5", "1,5", "1e3", "won", ".", "99999999999999999999"] {
            assert_eq!(won.amount(wrong), None, "{wrong}");
        }
        assert_eq!(dollars.amount(&dollars.plain(Money::minor(7))), Some(Money::minor(7)));
    }

    #[test]
    fn times_are_those_of_the_shops_zone() {
        let at = Timestamp::parse("2026-02-06T00:05:00Z", &Zone::utc()).unwrap();
        assert_eq!(show(Language::English, "KRW").moment(at), "6 Feb 2026, 09:05");
        assert_eq!(show(Language::Korean, "KRW").moment(at), "2026년 2월 6일 09:05");
        assert_eq!(show(Language::English, "KRW").civil_day("2026-12-31"), "31 Dec 2026");
    }

    #[test]
    fn waits_are_short_to_read() {
        let (en, ko) = (show(Language::English, "KRW"), show(Language::Korean, "KRW"));
        assert_eq!(
            (en.wait(1), en.wait(61), ko.wait(61), ko.wait(7_200)),
            ("1 second".into(), "2 minutes".into(), "2분".into(), "2시간".into())
        );
    }
}
