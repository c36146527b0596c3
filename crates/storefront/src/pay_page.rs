//! Paying an order: from the balance, by a method of the gateway, or in shares of both; at once, or in the gateway's payment window.

use crate::{
    cards::label,
    order_page::refused_page,
    visit::Visit,
    window::{self, Agreed, Asked},
};
use askama::Template;
use axum::http::{Method, StatusCode};
use checkout::response::OrderDetail;
use kernel::{Code, Money, OrderNumber};
use pages::{Fields, FormToken, Html, PageResult, Refused, form, html::see, show::Show, texts, words::fill};
use payment::Method as Pays;
use serde_json::{Value, json};
use std::fmt::Write;

/// How a buyer can pay here through the gateway.
pub const METHODS: [Pays; 7] = [
    Pays::CreditCard,
    Pays::KakaoPay,
    Pays::NaverPay,
    Pays::TossPay,
    Pays::BankTransfer,
    Pays::Mobile,
    Pays::VirtualAccount,
];
/// Outcomes that the simulated gateway can be asked for.
pub const OUTCOMES: [&str; 6] =
    ["approve", "decline-expired-card", "decline-insufficient-funds", "timeout-charged", "deposit", "deposit-never"];

texts! {
    /// The texts of paying.
    PayTexts {
        title: "Payment", "결제";
        until: "Your items are reserved until {}.", "{}까지 상품을 확보해 둡니다.";
        left: "Time left", "남은 시간";
        over: "The time to pay is over", "결제 기한이 지났습니다";
        days: "{} d", "{}일";
        method: "Payment method", "결제 수단";
        own: "Use your balance (you have {})", "잔액으로 결제(보유 {})";
        own_help: "The rest is paid by the method above.", "나머지 금액은 위의 결제 수단으로 결제합니다.";
        pay: "Pay {}", "{} 결제하기";
        outcome: "Outcome of the simulated gateway", "모의 결제 결과";
        chance: "by chance", "무작위";
        in_window: "You pay in our payment provider's window and come back here.", "결제 대행사의 결제창에서 결제한 뒤 이 화면으로 돌아옵니다.";
        to_window: "Go to the payment window", "결제창으로 이동";
        back: "Back", "돌아가기";
        from_own: "From your balance", "잔액 결제";
        from_window: "In the payment window", "결제창 결제";
        complete: "Complete the payment", "결제 완료하기";
        agreed: "You have agreed to this payment. Nothing was taken yet.", "결제에 동의하셨습니다. 아직 결제되지 않았습니다.";
    }
}

/// The part of an order's page in which it is paid.
#[derive(Template)]
#[template(path = "pay.html")]
struct Pay {
    t: &'static PayTexts,
    token: FormToken,
    once: String,
    number: String,
    until: String,
    until_ms: i64,
    now_ms: i64,
    button: String,
    methods: Vec<(&'static str, &'static str)>,
    /// What the buyer has in the balance, as a sentence; `None` for an empty one.
    balance: Option<String>,
    own: String,
    outcomes: &'static [&'static str],
    in_window: bool,
}

/// The part of its page in which this order is paid. `sent` is the form that was refused.
pub fn part(visit: &Visit, detail: &OrderDetail, balance: Money, sent: &Fields) -> kernel::Result<Html> {
    let (t, show) = (PayTexts::of(visit.language), visit.show());
    let order = &detail.order;
    let until = order.pay_by.unwrap_or(order.created_at);
    let mut methods: Vec<Pays> = METHODS.into();
    if balance >= order.final_amount {
        methods.push(Pays::Balance);
    }
    let in_window = !visit.site.settings.payment_window.is_empty();
    Html::of(&Pay {
        t,
        token: visit.token.clone(),
        once: form::draw(),
        number: order.order_number.to_string(),
        until: fill(t.until, show.moment(until)),
        until_ms: until.as_millis(),
        now_ms: visit.app().now().as_millis(),
        button: fill(t.pay, show.money(order.final_amount)),
        methods: named(&methods, &show),
        balance: balance.is_positive().then(|| fill(t.own, show.money(balance))),
        own: sent.text("own").to_owned(),
        outcomes: if visit.site.settings.offer_outcomes && !in_window { &OUTCOMES } else { &[] },
        in_window,
    })
}

/// The names of these methods, in the API and for people.
pub fn named(methods: &[Pays], show: &Show) -> Vec<(&'static str, &'static str)> {
    methods.iter().map(|method| (method.name(), label(method.label(), show.language))).collect()
}

/// How an order is paid: so much from the balance, the rest by a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    pub method: Pays,
    pub own: Money,
    pub rest: Money,
}

impl Shares {
    /// The shares of `payable` that a form asks for; S307 for a method that does not exist, S306 for a share that is no amount.
    /// More from the balance than the order costs is all of it.
    pub fn of(fields: &Fields, payable: Money, show: &Show) -> Result<Shares, Refused> {
        let method: Pays = fields.text("method").parse()?;
        let asked = match fields.given("own") {
            Some(typed) => show.amount(typed).ok_or(Code::InvalidPaymentAmount)?,
            None => Money::ZERO,
        };
        let own = if method == Pays::Balance { payable } else { asked.at_most(payable) };
        let rest = payable.minus(own)?;
        let is_own = own.is_positive() && rest.is_zero();
        Ok(Shares { method: if is_own { Pays::Balance } else { method }, own, rest })
    }

    /// The API's request to pay an order so.
    pub fn request(&self, number: &OrderNumber, payment_key: Option<&str>) -> Value {
        let mut request = json!({"orderNumber": number, "paymentMethod": self.method.name()});
        if let Some(key) = payment_key.filter(|_| self.method != Pays::Balance) {
            request["paymentKey"] = json!(key);
        }
        if self.own.is_positive() && self.rest.is_positive() {
            request["splits"] = json!([{"method": Pays::Balance.name(), "amount": self.own},
                {"method": self.method.name(), "amount": self.rest}]);
        }
        request
    }
}

/// What has to be known of an order to pay it.
struct Payable {
    amount: Money,
    /// What it is called in the payment window.
    name: String,
}

async fn payable(visit: &Visit, number: &OrderNumber) -> Result<Payable, Refused> {
    let (buyer, number) = (visit.buyer()?.id, number.clone());
    let look = move |tx: &mut store::Tx<'_>| {
        let order = order::ops::own(tx, &number, &buyer)?;
        let mut name = order.lines.first().map(|line| line.product_name.clone()).unwrap_or_default();
        if order.lines.len() > 1 {
            let _ = write!(name, " +{}", order.lines.len() - 1);
        }
        Ok(Payable { amount: order.amounts.payable, name })
    };
    visit.read("storefront.payable", look).await
}

/// `POST /orders/{number}/pay`: pays, or leads to the payment window.
pub async fn pay_order(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    match pays(&visit, &number, &fields).await {
        Ok(response) => Ok(response),
        Err(refused) => refused_page(&visit, &number, refused, &fields).await,
    }
}

async fn pays(visit: &Visit, number: &OrderNumber, fields: &Fields) -> PageResult {
    let shares = Shares::of(fields, payable(visit, number).await?.amount, &visit.show())?;
    if !visit.site.settings.payment_window.is_empty() && shares.rest.is_positive() {
        let own = visit.show().plain(shares.own);
        return Ok(see(&format!("/orders/{number}/window?method={}&own={own}", shares.method.name())));
    }
    let outcome = fields.given("outcome").filter(|_| visit.site.settings.offer_outcomes);
    sent(visit, number, fields.raw("once"), shares.request(number, outcome)).await
}

async fn sent(visit: &Visit, number: &OrderNumber, key: &str, request: Value) -> PageResult {
    let response = visit.send_once(key, Method::POST, "/payments", Some(request)).await?;
    let done = if response.status() == StatusCode::ACCEPTED { "open" } else { "paid" };
    Ok(see(&format!("/orders/{number}?done={done}")))
}

/// `GET /orders/{number}/window`: the way to the payment window.
pub async fn window(web::Path(number): web::Path<OrderNumber>, visit: Visit) -> PageResult {
    let order = payable(&visit, &number).await?;
    let shares = Shares::of(&visit.query, order.amount, &visit.show())?;
    let path = format!("/orders/{number}");
    if shares.rest.is_zero() {
        return Ok(see(&path));
    }
    let asked = Asked {
        number: number.as_str(),
        name: &order.name,
        method: shares.method,
        own: shares.own,
        amount: shares.rest,
        back: (format!("{path}/paid"), format!("{path}?done=left")),
    };
    window::lead_there(&visit, &asked, &path)
}

/// `GET /orders/{number}/paid`: the payment window sends the buyer here. What this browser has asked for is completed at once; anything
/// else needs the buyer's own click, because another site could lead here, too.
pub async fn paid(web::Path(number): web::Path<OrderNumber>, visit: Visit) -> PageResult {
    let (order, show) = (payable(&visit, &number).await?, visit.show());
    let agreed = Agreed::of(&visit.query, &show)?;
    if agreed.number == number.as_str() && agreed.is_asked_for(&visit.token, &show) {
        return complete(&visit, &number, order.amount, &agreed).await;
    }
    let path = format!("/orders/{number}");
    window::ask_to_complete(&visit, &agreed, &format!("{path}/paid"), &path)
}

/// `POST /orders/{number}/paid`: the buyer completes a payment that was agreed to in the window.
pub async fn confirm(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    let amount = payable(&visit, &number).await?.amount;
    let agreed = Agreed::of(&fields, &visit.show())?;
    complete(&visit, &number, amount, &agreed).await
}

async fn complete(visit: &Visit, number: &OrderNumber, payable: Money, agreed: &Agreed) -> PageResult {
    let shares = Shares { method: agreed.method, own: agreed.own, rest: agreed.amount };
    // the gateway would refuse it as well, but this costs the order no attempt
    let is_all = shares.own.plus(shares.rest).is_ok_and(|sum| sum == payable);
    let done = match is_all {
        // the same key of the window is the same payment, however often the browser comes back
        true => sent(visit, number, &agreed.once(), shares.request(number, Some(&agreed.payment_key))).await,
        false => Err(Code::InvalidPaymentAmount.into()),
    };
    match done {
        Ok(response) => Ok(response),
        Err(refused) => refused_page(visit, number, refused, &Fields::default()).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Zone};
    use pages::Language;

    fn shares(query: &str) -> Result<Shares, Code> {
        let show = Show { language: Language::English, currency: Currency::KRW, zone: Zone::utc() };
        Shares::of(&Fields::parse(query.as_bytes()), Money::minor(9_000), &show).map_err(|refused| refused.code())
    }

    fn all(method: Pays, own: i64, rest: i64) -> Shares {
        Shares { method, own: Money::minor(own), rest: Money::minor(rest) }
    }

    #[test]
    fn shares_are_always_what_the_order_costs() {
        assert_eq!(shares("method=KAKAO_PAY"), Ok(all(Pays::KakaoPay, 0, 9_000)));
        assert_eq!(shares("method=CREDIT_CARD&own=4%2C000"), Ok(all(Pays::CreditCard, 4_000, 5_000)));
        for whole in
            ["method=BALANCE", "method=CREDIT_CARD&own=9000", "method=MOBILE&own=10000", "method=BALANCE&own=1"]
        {
            assert_eq!(shares(whole), Ok(all(Pays::Balance, 9_000, 0)), "{whole}");
        }
        assert_eq!(shares("method=CREDIT_CARD&own=much"), Err(Code::InvalidPaymentAmount));
        assert_eq!(shares("method=GOLD"), Err(Code::PaymentMethodNotSupported));
    }

    #[test]
    fn the_request_has_splits_only_for_two_shares() {
        let number = "ORD-20260206-AAAAAAAA".parse().unwrap();
        let split = all(Pays::CreditCard, 4_000, 5_000).request(&number, Some("key"));
        assert_eq!(
            split["splits"],
            json!([{"method": "BALANCE", "amount": 4_000}, {"method": "CREDIT_CARD", "amount": 5_000}])
        );
        let own = all(Pays::Balance, 9_000, 0).request(&number, Some("key"));
        assert_eq!(own, json!({"orderNumber": "ORD-20260206-AAAAAAAA", "paymentMethod": "BALANCE"}));
    }
}
