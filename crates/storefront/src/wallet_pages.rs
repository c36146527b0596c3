//! What a buyer holds: the balance with its charging, and points with those that expire first. Each with its history.

use crate::{
    cards::label,
    pay_page::{METHODS, OUTCOMES, named},
    visit::{Visit, status},
};
use askama::Template;
use axum::http::{Method, StatusCode};
use kernel::{Code, Cursor, Money, Page as Rows, PageRequest};
use pages::{Fields, FormToken, Html, PageResult, Refused, form, html::see, show::Show, texts, words::fill};
use payment::Method as Pays;
use serde_json::json;
use wallet::{Account, Entry, Settings, Wallet, points::Lot};

/// Changes on a page.
const SIZE: i64 = 20;
/// Lots of points that are shown, those that expire first.
const LOTS: usize = 10;

texts! {
    /// The texts of balance and points.
    WalletTexts {
        balance: "Balance", "잔액";
        points: "Points", "포인트";
        balance_lead: "Money that you have paid in. Pay with it, alone or together with a card.", "미리 충전해 둔 금액입니다. 단독으로 또는 카드와 함께 결제할 수 있습니다.";
        points_lead: "You earn points when an order is delivered, and use them in the checkout.", "주문이 배송 완료되면 적립되고, 주문할 때 사용할 수 있습니다.";
        charging: "Being paid in: {}", "충전 처리 중: {}";
        charge: "Pay money in", "충전하기";
        amount: "Amount ({} to {})", "충전 금액({}~{})";
        method: "How do you pay?", "결제 수단";
        outcome: "Outcome of the simulated gateway", "모의 결제 결과";
        chance: "by chance", "무작위";
        charged: "The money is in your balance.", "충전했습니다.";
        open: "The outcome is not known yet. The money is in your balance as soon as it is.", "결제 결과를 확인하고 있습니다. 확인되면 잔액에 반영됩니다.";
        no_charge: "Paying money in is not possible here at the moment.", "지금은 충전할 수 없습니다.";
        owed: "You owe {} points: they were taken back after you had used them, and the next ones go there.", "{}포인트가 회수 대기 중이며, 다음 적립분에서 차감됩니다.";
        expire_first: "Those that expire first", "먼저 소멸되는 포인트";
        expires: "until {}", "{}까지";
        history: "History", "내역";
        nothing: "Nothing has happened here yet.", "아직 내역이 없습니다.";
        after: "then {}", "잔여 {}";
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
    can_charge: bool,
    amount_label: String,
    amount: String,
    methods: Vec<(&'static str, &'static str)>,
    outcomes: &'static [&'static str],
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
        about: entry.reason.clone().unwrap_or_else(|| entry.reference.clone()),
        href: entry.reference.starts_with("ORD-").then(|| format!("/orders/{}", entry.reference)),
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
        can_charge: can_charge(visit),
        amount_label: fill(&fill(t.amount, show.money(limits.least)), show.money(limits.most)),
        amount: sent.text("amount").to_owned(),
        methods: named(&charging_methods(), &show),
        outcomes: if visit.site.settings.offer_outcomes { &OUTCOMES } else { &[] },
        history: history(&found.rows, "/balance", !visit.query.is_on("after"), &show),
    };
    visit.page_as(status, t.balance, &page)
}

/// The gateway of a payment window wants a number before the buyer goes there, and a charge gets its number when it begins.
fn can_charge(visit: &Visit) -> bool {
    visit.site.settings.payment_window.is_empty()
}

/// The methods by which money is there at once.
fn charging_methods() -> Vec<Pays> {
    METHODS.into_iter().filter(|method| *method != Pays::VirtualAccount).collect()
}

/// `POST /balance/charge`: the same form sent twice charges once.
pub async fn charge(visit: Visit, fields: Fields) -> PageResult {
    match charged(&visit, &fields).await {
        Ok(done) => Ok(see(&format!("/balance?done={done}"))),
        Err(refused) if refused.code() == Code::SignInRequired => Err(refused),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            balance_page(&visit, status(&refused), Some(trouble), None, &fields).await
        }
    }
}

async fn charged(visit: &Visit, fields: &Fields) -> Result<&'static str, Refused> {
    let buyer = visit.buyer()?.id;
    if !can_charge(visit) {
        return Err(Code::PaymentMethodNotSupported.into());
    }
    let amount = visit.show().amount(fields.text("amount")).ok_or(Code::InvalidPaymentAmount)?;
    let mut body = json!({"amount": amount, "paymentMethod": fields.text("method")});
    if let Some(key) = fields.given("outcome").filter(|_| visit.site.settings.offer_outcomes) {
        body["paymentKey"] = json!(key);
    }
    let path = format!("/users/{buyer}/balance/charge");
    let response = visit.send_once(fields.raw("once"), Method::POST, &path, Some(body)).await?;
    Ok(if response.status() == StatusCode::ACCEPTED { "open" } else { "charged" })
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
