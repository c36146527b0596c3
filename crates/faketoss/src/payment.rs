//! A payment as Toss Payments keeps and shows it.

use crate::failure::Failure;
use kernel::{Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where a payment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The buyer has agreed to it in the window; it waits for the confirmation.
    InProgress,
    WaitingForDeposit,
    Done,
    Canceled,
    PartialCanceled,
    Aborted,
    Expired,
}

/// How the buyer pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Method {
    Card,
    /// With the provider's Korean name.
    EasyPay(String),
    Transfer,
    MobilePhone,
    VirtualAccount,
}

impl Method {
    /// The method that the window's SDK names so.
    pub fn named(name: &str) -> Option<Method> {
        Some(match name {
            "CARD" => Method::Card,
            "KAKAO_PAY" => Method::EasyPay("카카오페이".to_owned()),
            "NAVER_PAY" => Method::EasyPay("네이버페이".to_owned()),
            "TOSS_PAY" => Method::EasyPay("토스페이".to_owned()),
            "TRANSFER" => Method::Transfer,
            "MOBILE_PHONE" => Method::MobilePhone,
            "VIRTUAL_ACCOUNT" => Method::VirtualAccount,
            _ => return None,
        })
    }

    /// The literal in its answers.
    pub fn literal(&self) -> &'static str {
        match self {
            Method::Card => "카드",
            Method::EasyPay(_) => "간편결제",
            Method::Transfer => "계좌이체",
            Method::MobilePhone => "휴대폰",
            Method::VirtualAccount => "가상계좌",
        }
    }

    /// The smallest amount that can be paid so, in won.
    pub fn minimum(&self) -> i64 {
        match self {
            Method::Transfer => 200,
            Method::Card | Method::EasyPay(_) | Method::MobilePhone | Method::VirtualAccount => 100,
        }
    }
}

/// An account into which one payment is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub number: String,
    pub bank: String,
    pub holder: String,
    pub due: Timestamp,
}

/// Money that went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    pub amount: i64,
    pub reason: String,
    pub left: i64,
    pub at: Timestamp,
    pub transaction: String,
    /// The idempotency key with which it was asked for.
    pub key: Option<String>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub key: String,
    pub order: String,
    pub name: String,
    /// In won.
    pub total: i64,
    pub balance: i64,
    pub method: Method,
    pub status: Status,
    /// When the buyer agreed to it.
    pub requested: Timestamp,
    pub approved: Option<Timestamp>,
    pub account: Option<Account>,
    pub cancels: Vec<Cancel>,
    pub last_transaction: Option<String>,
    pub failure: Option<Failure>,
    pub secret: String,
    /// What it is made to do; see the README.
    pub script: String,
    /// The idempotency key with which it was confirmed.
    pub confirmed_with: Option<String>,
    /// How long its account waits for the deposit.
    pub valid_hours: u64,
}

/// A movement in the list of transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub transaction: String,
    pub payment: String,
    pub order: String,
    pub method: String,
    pub status: Status,
    pub amount: i64,
    pub at: Timestamp,
}

/// A time as its answers have it: in Seoul's, with the offset.
pub fn seoul(at: Timestamp) -> String {
    format!("{}+09:00", seoul_local(at, false))
}

/// The same without offset, with microseconds if wanted.
pub fn seoul_local(at: Timestamp, micros: bool) -> String {
    let zone = Zone::named("Asia/Seoul").unwrap_or_else(|_| Zone::utc());
    let of_day = zone.millis_of_day(at);
    let (seconds, millis) = (of_day / 1_000, of_day % 1_000);
    let text = format!("{}T{:02}:{:02}:{:02}", zone.day(at), seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if micros { format!("{text}.{millis:03}000") } else { text }
}

impl Payment {
    /// As version 2022-11-16 shows it.
    pub fn shown(&self) -> Value {
        let (account, easy_pay) = (self.shown_account(), self.shown_easy_pay());
        let card = matches!(self.method, Method::Card).then(|| {
            json!({ "amount": self.total, "issuerCode": "61", "acquirerCode": "31", "number": "12345678****000*",
                "installmentPlanMonths": 0, "approveNo": "00000000", "useCardPoint": false, "cardType": "신용",
                "ownerType": "개인", "acquireStatus": "READY", "isInterestFree": false, "interestPayer": null })
        });
        json!({
            "version": "2022-11-16", "paymentKey": self.key, "type": "NORMAL", "orderId": self.order,
            "orderName": self.name, "mId": "fake-toss", "currency": "KRW", "method": self.method.literal(),
            "totalAmount": self.total, "balanceAmount": self.balance, "status": self.status,
            "requestedAt": seoul(self.requested), "approvedAt": self.approved.map(seoul), "useEscrow": false,
            "lastTransactionKey": self.last_transaction,
            "suppliedAmount": self.balance - vat(self.balance), "vat": vat(self.balance),
            "cultureExpense": false, "taxFreeAmount": 0, "taxExemptionAmount": 0, "isPartialCancelable": true,
            "cancels": self.shown_cancels(), "card": card, "virtualAccount": account, "transfer": null,
            "mobilePhone": null, "giftCertificate": null, "easyPay": easy_pay, "discount": null, "cashReceipt": null,
            "cashReceipts": null, "receipt": { "url": null }, "checkout": { "url": null }, "country": "KR",
            "metadata": null, "failure": self.failure.as_ref().map(Failure::body), "secret": self.secret,
            // clients must leave out what they do not know
            "aMemberOfALaterVersion": { "of": "fake-toss" },
        })
    }

    fn shown_easy_pay(&self) -> Option<Value> {
        match &self.method {
            Method::EasyPay(provider) => {
                Some(json!({ "provider": provider, "amount": self.total, "discountAmount": 0 }))
            }
            Method::Card | Method::Transfer | Method::MobilePhone | Method::VirtualAccount => None,
        }
    }

    fn shown_account(&self) -> Option<Value> {
        let account = self.account.as_ref()?;
        Some(json!({ "accountType": "일반", "accountNumber": account.number, "bankCode": account.bank,
            "customerName": account.holder, "depositorName": account.holder, "dueDate": seoul(account.due),
            "refundStatus": if self.cancels.is_empty() { "NONE" } else { "PENDING" }, "expired": false,
            "settlementStatus": "INCOMPLETED", "refundReceiveAccount": null }))
    }

    fn shown_cancels(&self) -> Option<Vec<Value>> {
        let shown = |cancel: &Cancel| {
            json!({ "cancelAmount": cancel.amount, "cancelReason": cancel.reason, "taxFreeAmount": 0,
                "taxExemptionAmount": 0, "refundableAmount": cancel.left, "cardDiscountAmount": 0,
                "transferDiscountAmount": 0, "easyPayDiscountAmount": 0, "canceledAt": seoul(cancel.at),
                "transactionKey": cancel.transaction, "receiptKey": null, "cancelStatus": "DONE",
                "cancelRequestId": null })
        };
        (!self.cancels.is_empty()).then(|| self.cancels.iter().map(shown).collect())
    }

    /// What was taken, also when it went back later.
    pub fn captured(&self) -> i64 {
        if self.approved.is_some() { self.total } else { 0 }
    }

    /// What went back of it.
    pub fn refunded(&self) -> i64 {
        if self.approved.is_some() { self.cancels.iter().map(|cancel| cancel.amount).sum() } else { 0 }
    }
}

fn vat(amount: i64) -> i64 {
    (amount * 2 + 11) / 22
}

impl Transaction {
    /// As the list shows it.
    pub fn shown(&self) -> Value {
        json!({ "mId": "fake-toss", "transactionKey": self.transaction, "paymentKey": self.payment,
            "orderId": self.order, "method": self.method, "customerKey": null, "useEscrow": false, "receiptUrl": null,
            "status": self.status, "transactionAt": seoul(self.at), "currency": "KRW", "amount": self.amount })
    }
}
