//! What the gateway sends, as far as the shop reads it. New members may appear at any time, and are left out.

use kernel::{Currency, Money, Timestamp, Zone};
use ports::gateway::Account;
use serde::Deserialize;
use serde_json::Number;
use sha2::{Digest, Sha256};

/// How every key of the shop's requests begins, in the reasons of its own cancellations.
const OWN_TAG: &str = "[SAGA-";
/// Longest payment key that is its own name for a capture; longer ones get a shorter name.
const NAME_MAX: usize = 100;

/// A payment (version 2022-11-16).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    pub payment_key: String,
    pub order_id: String,
    /// A text and not an enum: an unknown word must be readable.
    pub status: String,
    pub currency: String,
    /// Its words for the ways to pay; [`Payment::paid_by`].
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub easy_pay: Option<EasyPay>,
    pub total_amount: Number,
    /// What is left of it.
    #[serde(default)]
    pub balance_amount: Option<Number>,
    #[serde(default)]
    pub approved_at: Option<String>,
    #[serde(default)]
    pub virtual_account: Option<VirtualAccount>,
    #[serde(default)]
    pub cancels: Option<Vec<Cancel>>,
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// The service by which was paid.
#[derive(Debug, Clone, Deserialize)]
pub struct EasyPay {
    #[serde(default)]
    pub provider: Option<String>,
}

/// The account that was opened for a payment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VirtualAccount {
    #[serde(default)]
    pub account_number: Option<String>,
    #[serde(default)]
    pub bank_code: Option<String>,
    #[serde(default)]
    pub customer_name: Option<String>,
    #[serde(default)]
    pub due_date: Option<String>,
}

/// Money that went back.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    pub cancel_amount: Number,
    #[serde(default)]
    pub cancel_reason: Option<String>,
    #[serde(default)]
    pub transaction_key: Option<String>,
    #[serde(default)]
    pub cancel_status: Option<String>,
}

/// An error, or why a payment failed.
#[derive(Debug, Clone, Deserialize)]
pub struct Failure {
    pub code: String,
    #[serde(default)]
    pub message: Option<String>,
}

/// A movement of money in the gateway's list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    pub transaction_key: String,
    pub payment_key: String,
    #[serde(default)]
    pub order_id: Option<String>,
    pub status: String,
    #[serde(default)]
    pub method: Option<String>,
    pub currency: String,
    pub amount: Number,
    pub transaction_at: String,
}

impl Payment {
    /// What was or is to be paid, with its currency; `None` when it cannot be read.
    pub fn total(&self) -> Option<(Money, Currency)> {
        let currency = Currency::of_code(&self.currency).ok()?;
        Some((money(&self.total_amount, currency)?, currency))
    }

    /// How it is paid, by the shop's names; `None` for what the shop has no name for, such as gift certificates. The gateway has a Korean
    /// and an English word for each.
    pub fn paid_by(&self) -> Option<&'static str> {
        match self.method.as_deref()? {
            "카드" | "CARD" => Some("CREDIT_CARD"),
            "가상계좌" | "VIRTUAL_ACCOUNT" => Some("VIRTUAL_ACCOUNT"),
            "계좌이체" | "TRANSFER" => Some("BANK_TRANSFER"),
            "휴대폰" | "MOBILE_PHONE" => Some("MOBILE"),
            "간편결제" | "EASY_PAY" => match self.easy_pay.as_ref()?.provider.as_deref()? {
                "토스페이" | "TOSSPAY" => Some("TOSS_PAY"),
                "네이버페이" | "NAVERPAY" => Some("NAVER_PAY"),
                "카카오페이" | "KAKAOPAY" => Some("KAKAO_PAY"),
                _ => None,
            },
            _ => None,
        }
    }

    /// The cancellation of the whole of it that the shop did not ask for, after it had been paid.
    pub fn cancelled_elsewhere(&self) -> Option<&Cancel> {
        let [cancel] = self.cancels.as_deref()? else { return None };
        let is_own = cancel.cancel_reason.as_deref().is_some_and(|reason| reason.contains(OWN_TAG));
        let is_all = self.status == "CANCELED" && cancel.cancel_amount == self.total_amount;
        (is_all && !is_own && self.approved_at.is_some()).then_some(cancel)
    }

    /// The account into which it is paid.
    pub fn account(&self) -> Option<Account> {
        let account = self.virtual_account.as_ref()?;
        Some(Account {
            bank: account.bank_code.clone().unwrap_or_default(),
            number: account.account_number.clone()?,
            holder: account.customer_name.clone().unwrap_or_default(),
            due: time(account.due_date.as_deref()?)?,
        })
    }
}

/// The name of a capture, as the shop keeps it: the payment key, or a shorter text made of it.
pub fn capture_name(payment_key: &str) -> String {
    if payment_key.chars().count() <= NAME_MAX {
        return payment_key.to_owned();
    }
    format!("TK-{}", kernel::text::hex(&Sha256::digest(payment_key.as_bytes())))
}

/// A time of the gateway, which may come without its zone.
pub fn time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text, &zone()).ok()
}

/// The gateway's time zone.
pub fn zone() -> Zone {
    Zone::named("Asia/Seoul").unwrap_or_else(|_| Zone::utc())
}

/// A time as the gateway's list takes it: in its zone, without naming it.
pub fn local(at: Timestamp) -> String {
    let (zone, day_ms) = (zone(), 1_000);
    let of_day = zone.millis_of_day(at);
    let (seconds, millis) = (of_day / day_ms, of_day % day_ms);
    format!("{}T{:02}:{:02}:{:02}.{millis:03}", zone.day(at), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// An amount in minor units; the gateway writes main units. Negative ones become positive: the status says the direction.
pub fn money(number: &Number, currency: Currency) -> Option<Money> {
    let text = number.to_string();
    let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
    let digits = usize::from(currency.minor_digits());
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > digits || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let minor: i64 = format!("{whole}{fraction:0<digits$}").parse().ok()?;
    Money::checked(minor).ok()
}

/// The same the other way: an amount as the gateway writes it.
pub fn number(amount: Money, currency: Currency) -> Option<Number> {
    let digits = u32::from(currency.minor_digits());
    let scale = 10_i64.pow(digits);
    let minor = amount.as_minor();
    if minor % scale == 0 {
        return Some(Number::from(minor / scale));
    }
    let width = digits as usize;
    format!("{}.{:0width$}", minor / scale, (minor % scale).abs()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_main_units_outside() {
        let usd = Currency::of_code("USD").unwrap();
        let read = |text: &str, currency| money(&text.parse().unwrap(), currency).map(Money::as_minor);
        assert_eq!(read("12900", Currency::KRW), Some(12_900));
        assert_eq!(read("12900.0", Currency::KRW), Some(12_900));
        assert_eq!(read("-500", Currency::KRW), Some(500));
        assert_eq!(read("12.5", Currency::KRW), None);
        assert_eq!((read("12.5", usd), read("12", usd), read("12.345", usd)), (Some(1_250), Some(1_200), None));
        assert_eq!(number(Money::minor(12_900), Currency::KRW).unwrap().to_string(), "12900");
        assert_eq!(number(Money::minor(1_205), usd).unwrap().to_string(), "12.05");
    }

    #[test]
    fn times_are_seoul_time_unless_they_name_another() {
        let at = Timestamp::from_millis(1_770_336_000_123);
        assert_eq!(local(at), "2026-02-06T09:00:00.123");
        assert_eq!(time("2026-02-06T09:00:00.123"), Some(at));
        assert_eq!(time("2026-02-06T00:00:00.123Z"), Some(at));
    }

    #[test]
    fn a_long_payment_key_gets_a_short_name() {
        assert_eq!(capture_name("tgen_2026"), "tgen_2026");
        let (one, other) = (capture_name(&"a".repeat(200)), capture_name(&"b".repeat(200)));
        assert!(one.len() <= NAME_MAX && one != other);
    }
}
