//! What a buyer holds: the balance with its charging, and points with those that expire first. Each with its history.

use crate::{
    cards::label,
    pay_page::{METHODS, OUTCOMES, named},
    visit::Visit,
    window::{self, Agreed, Asked},
};
use askama::Template;
use axum::http::{Method, StatusCode};
use kernel::{Code, Cursor, Money, OrderNumber, Page as Rows, PageRequest};
use pages::{Fields, FormToken, Html, PageResult, Refused, form, html::see, show::Show, texts, words::fill};
use payment::Method as Pays;
use serde_json::{Value, json};
use wallet::{Account, ChargeNumber, Entry, Settings, Wallet, points::Lot};

/// Changes on a page.
const SIZE: i64 = 20;
/// Lots of points that are shown, those that expire first.
const LOTS: usize = 10;

texts! {
    /// The texts of balance and points.
    WalletTexts {
        balance: "Balance", "잔액";
        points: "Points", "포인트";
        balance_lead: "Your prepaid money. Pay with it alone, or together with a card.", "미리 충전해 둔 금액입니다. 단독으로 또는 카드와 함께 결제할 수 있습니다.";
        points_lead: "You earn points when an order is delivered, and use them in the checkout.", "주문이 배송 완료되면 적립되고, 주문할 때 사용할 수 있습니다.";
        charging: "On its way: {}", "충전 처리 중: {}";
        charge: "Top up", "충전하기";
        amount: "Amount ({} to {})", "충전 금액({}~{})";
        method: "Payment method", "결제 수단";
        outcome: "Outcome of the simulated gateway", "모의 결제 결과";
        chance: "by chance", "무작위";
        charged: "Your balance is topped up.", "충전했습니다.";
        open: "The payment is being confirmed. Your balance follows as soon as it is.", "결제 결과를 확인하고 있습니다. 확인되면 잔액에 반영됩니다.";
        left: "Nothing was charged.", "충전되지 않았습니다.";
        in_window: "You pay in our payment provider's window and come back here.", "결제 대행사의 결제창에서 결제한 뒤 이 화면으로 돌아옵니다.";
        owed: "{} points were taken back after you had used them. They come off the next ones you earn.", "{}포인트가 회수 대기 중이며, 다음 적립분에서 차감됩니다.";
        expire_first: "Expiring first", "먼저 소멸되는 포인트";
        expires: "until {}", "{}까지";
        history: "History", "내역";
        nothing: "No activity yet.", "아직 내역이 없습니다.";
        after: "balance {}", "잔여 {}";
        start: "Newest", "처음으로";
        older: "Older", "이전 내역";
        pages: "Pages", "페이지";
        account: "Account", "내 정보";
    }
}

/// Changes of an account, newest first.
struct History {
    entries: Vec<Change>,
    start: Option<String>,
    older: Option<String>,
}

struct Change {
    at: String,
    what: &'static str,
    /// An administrator's reason, or what it belongs to.
    about: String,
    /// The page of the order that it belongs to.
    href: Option<String>,
    amount: String,
    is_in: bool,
    after: String,
}

#[derive(Template)]
#[template(path = "balance.html")]
struct Balance {
    t: &'static WalletTexts,
    token: FormToken,
    once: String,
    trouble: Option<Html>,
    note: Option<&'static str>,
    held: String,
    charging: Option<String>,
    in_window: bool,
    amount_label: String,
    amount: String,
    methods: Vec<(&'static str, &'static str)>,
    outcomes: Vec<&'static str>,
    history: History,
}

#[derive(Template)]
#[template(path = "points.html")]
struct Points {
    t: &'static WalletTexts,
    held: String,
    owed: Option<String>,
    lots: Vec<(String, String)>,
    history: History,
}

/// What both pages are made of.
struct Found {
    wallet: Wallet,
    rows: Rows<Entry>,
    /// The points that can be used, and their lots.
    points: Money,
    lots: Vec<Lot>,
}

async fn found(visit: &Visit, account: Account) -> Result<Found, Refused> {
    let buyer = visit.buyer()?.id;
    let after: Option<Cursor> = visit.query.given("after").map(str::parse).transpose()?;
    let look = move |tx: &mut store::Tx<'_>| {
        let rows = wallet::ops::history(tx, &buyer, account, PageRequest::new(0, SIZE)?, after)?;
        let (points, lots) = match account {
            Account::Points => wallet::ops::points::usable(tx, &buyer)?,
            Account::Balance => (Money::ZERO, Vec::new()),
        };
        Ok(Found { wallet: wallet::ops::find(tx, &buyer)?, rows, points, lots })
    };
    visit.read("storefront.wallet", look).await
}

fn history(rows: &Rows<Entry>, path: &str, is_first: bool, show: &Show) -> History {
    History {
        entries: rows.content.iter().map(|entry| change(entry, show)).collect(),
        start: (!is_first).then(|| path.to_owned()),
        older: rows.next_cursor.as_ref().map(|cursor| format!("{path}?after={cursor}")),
    }
}

fn change(entry: &Entry, show: &Show) -> Change {
    let t = WalletTexts::of(show.language);
    let amount = show.money(entry.amount);
    Change {
        at: show.moment(entry.at),
        what: label(entry.kind.label(), show.language),
        about: entry.reason.clone().unwrap_or_else(|| thing_of(&entry.reference).to_owned()),
        href: order_of(&entry.reference).map(|order| format!("/orders/{order}")),
        is_in: entry.amount.is_positive(),
        amount: if entry.amount.is_positive() { format!("+{amount}") } else { amount },
        after: fill(t.after, show.money(entry.after)),
    }
}

/// `GET /balance`
pub async fn balance(visit: Visit) -> PageResult {
    let t = WalletTexts::of(visit.language);
    let note = match visit.query.text("done") {
        "charged" => Some(t.charged),
        "open" => Some(t.open),
        "left" => Some(t.left),
        _ => None,
    };
    balance_page(&visit, StatusCode::OK, None, note, &Fields::default()).await
}

async fn balance_page(
    visit: &Visit,
    status: StatusCode,
    trouble: Option<Html>,
    note: Option<&'static str>,
    sent: &Fields,
) -> PageResult {
    let found = found(visit, Account::Balance).await?;
    let (t, show) = (WalletTexts::of(visit.language), visit.show());
    let limits = visit.app().settings::<Settings>().limits();
    let charging = found.wallet.charging;
    let page = Balance {
        t,
        token: visit.token.clone(),
        once: form::draw(),
        trouble,
        note,
        held: show.money(found.wallet.balance),
        charging: charging.is_positive().then(|| fill(t.charging, show.money(charging))),
        in_window: in_window(visit),
        amount_label: fill(&fill(t.amount, show.money(limits.least)), show.money(limits.most)),
        amount: sent.text("amount").to_owned(),
        methods: named(&charging_methods(), &show),
        outcomes: charging_outcomes(visit),
        history: history(&found.rows, "/balance", !visit.query.is_on("after"), &show),
    };
    visit.page_as(status, t.balance, &page)
}

/// Whether buyers of this shop pay in a window of the gateway.
fn in_window(visit: &Visit) -> bool {
    !visit.site.settings.payment_window.is_empty()
}

/// The methods by which money is there at once.
fn charging_methods() -> Vec<Pays> {
    METHODS.into_iter().filter(|method| *method != Pays::VirtualAccount).collect()
}

/// The outcomes of the simulated gateway that can be asked for here.
fn charging_outcomes(visit: &Visit) -> Vec<&'static str> {
    let offered = visit.site.settings.offer_outcomes && !in_window(visit);
    OUTCOMES.into_iter().filter(|outcome| offered && !outcome.starts_with("deposit")).collect()
}

/// A charge as the form or the address asks for it.
struct ChargeForm {
    amount: Money,
    method: Pays,
}

impl ChargeForm {
    /// S306 for an amount that no charge has, S307 for a method that charges nothing.
    fn of(visit: &Visit, fields: &Fields) -> Result<ChargeForm, Refused> {
        let amount = visit.show().amount(fields.text("amount")).ok_or(Code::InvalidPaymentAmount)?;
        visit.app().settings::<Settings>().limits().check(amount)?;
        let method: Pays = fields.text("method").parse()?;
        let charges = charging_methods().contains(&method);
        if charges { Ok(ChargeForm { amount, method }) } else { Err(Code::PaymentMethodNotSupported.into()) }
    }
}

/// `POST /balance/charge`: charges, or leads to the payment window. The same form sent twice charges once.
pub async fn charge(visit: Visit, fields: Fields) -> PageResult {
    visit.buyer()?;
    let done = match ChargeForm::of(&visit, &fields) {
        Ok(form) if in_window(&visit) => return Ok(see(&way_to_window(&visit, &form))),
        Ok(form) => {
            let outcome = fields.given("outcome").filter(|_| visit.site.settings.offer_outcomes);
            let body = json!({"amount": form.amount, "paymentMethod": form.method.name(), "paymentKey": outcome});
            sent(&visit, fields.raw("once"), body).await
        }
        Err(refused) => Err(refused),
    };
    ended(&visit, done, &fields).await
}

async fn sent(visit: &Visit, key: &str, body: Value) -> PageResult {
    let path = format!("/users/{}/balance/charge", visit.buyer()?.id);
    let response = visit.send_once(key, Method::POST, &path, Some(body)).await?;
    let done = if response.status() == StatusCode::ACCEPTED { "open" } else { "charged" };
    Ok(see(&format!("/balance?done={done}")))
}

/// The response, or the page with its refusal. A buyer who is not signed in goes to the sign-in.
async fn ended(visit: &Visit, done: PageResult, fields: &Fields) -> PageResult {
    match done {
        Ok(response) => Ok(response),
        Err(refused) if refused.code() == Code::SignInRequired => Err(refused),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            balance_page(visit, refused.status(), Some(trouble), None, fields).await
        }
    }
}

/// The page that leads to the window. The window wants a number before the charge begins.
fn way_to_window(visit: &Visit, form: &ChargeForm) -> String {
    let number = form::by_chance(|random| ChargeNumber::draw(random, visit.app().now()));
    let amount = visit.show().plain(form.amount);
    format!("/balance/window?amount={amount}&method={}&number={number}", form.method.name())
}

/// `GET /balance/window`: the way to the payment window.
pub async fn to_window(visit: Visit) -> PageResult {
    visit.buyer()?;
    let (form, number) = (ChargeForm::of(&visit, &visit.query)?, visit.query.text("number").parse::<ChargeNumber>()?);
    let asked = Asked {
        number: number.as_str(),
        name: WalletTexts::of(visit.language).charge,
        method: form.method,
        own: Money::ZERO,
        amount: form.amount,
        back: ("/balance/charged".to_owned(), "/balance?done=left".to_owned()),
    };
    window::lead_there(&visit, &asked, "/balance")
}

/// `GET /balance/charged`: the payment window sends the buyer here. What this browser has asked for is completed at once.
pub async fn charged(visit: Visit) -> PageResult {
    visit.buyer()?;
    let agreed = Agreed::of(&visit.query, &visit.show())?;
    if agreed.is_asked_for(&visit.token, &visit.show()) {
        return complete(&visit, &agreed).await;
    }
    window::ask_to_complete(&visit, &agreed, "/balance/charged", "/balance")
}

/// `POST /balance/charged`: the buyer completes a charge that was agreed to in the window.
pub async fn confirm(visit: Visit, fields: Fields) -> PageResult {
    visit.buyer()?;
    let agreed = Agreed::of(&fields, &visit.show())?;
    complete(&visit, &agreed).await
}

async fn complete(visit: &Visit, agreed: &Agreed) -> PageResult {
    let body = json!({"amount": agreed.amount, "paymentMethod": agreed.method.name(),
        "paymentKey": agreed.payment_key, "transactionId": agreed.number});
    let done = sent(visit, &agreed.once(), body).await;
    ended(visit, done, &Fields::default()).await
}

/// `GET /points`
pub async fn points(visit: Visit) -> PageResult {
    let found = found(&visit, Account::Points).await?;
    let (t, show) = (WalletTexts::of(visit.language), visit.show());
    let owed = found.wallet.points_owed;
    let lot = |lot: &Lot| (show.money(lot.remaining), fill(t.expires, show.moment(lot.expires_at)));
    let page = Points {
        t,
        held: show.money(found.points),
        owed: owed.is_positive().then(|| fill(t.owed, show.money(owed))),
        lots: found.lots.iter().take(LOTS).map(lot).collect(),
        history: history(&found.rows, "/points", !visit.query.is_on("after"), &show),
    };
    visit.page(t.points, &page)
}

/// What an entry belongs to. What follows it, as in `ORD-20260206-AAAAAAAA/44000`, distinguishes
/// several entries of one order.
fn thing_of(reference: &str) -> &str {
    reference.split_once('/').map_or(reference, |(thing, _)| thing)
}

/// The order that an entry belongs to.
fn order_of(reference: &str) -> Option<&str> {
    let thing = thing_of(reference);
    thing.parse::<OrderNumber>().is_ok().then_some(thing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_leads_to_its_order() {
        let order = "ORD-20260206-AAAAAAAA";
        for reference in [order.to_owned(), format!("{order}/44000")] {
            assert_eq!((thing_of(&reference), order_of(&reference)), (order, Some(order)));
        }
        assert_eq!((thing_of("RET-26DA6CB6"), order_of("RET-26DA6CB6")), ("RET-26DA6CB6", None));
    }
}
