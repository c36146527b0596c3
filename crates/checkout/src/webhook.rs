//! Messages that a gateway sends by itself. A message is a hint and nothing more: anybody could send it, late, twice or wrong.
//! What counts is what the gateway answers when it is asked. The gateway does not repeat a message that was received, so none is
//! dropped: one that comes too soon after a search, or of which no answer came, is kept, and the task searches after a pause.

use crate::{flow::ORDER, flow::lock_run_of_order, late, pay, steps::Charge};
use kernel::{Currency, Money, OrderNumber, PaymentNumber, Result, SagaId, Timestamp};
use payment::{Method, Payment, remote};
use ports::{
    Ports,
    gateway::{ChargeRequest, Outcome, WrongAmount},
};
use saga::nudge;
use serde::Deserialize;
use std::time::Duration;
use store::{Aged, Db, Tx, args};
use utoipa::ToSchema;
use web::Checked;

/// How long a hint is remembered: gateways repeat theirs for up to four days.
pub const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Pause between two searches for the same payment: anybody can send hints, and each search asks the gateway.
const PAUSE: Duration = Duration::from_secs(60);

const FIND: &str = "select heard_at, searched_at, search_at from gateway_hints where hint = ?";
const LOCK: &str = "select heard_at, searched_at, search_at from gateway_hints where hint = ? {for update}";
// one row for each payment and not for each message: anybody can send any number of different messages about one payment
const SEARCH: &str = "insert into gateway_hints (hint, heard_at, searched_at, search_at) values (?, ?, ?, ?)
    {on conflict (hint): searched_at = new.searched_at, search_at = new.search_at}";
const NOTE: &str = "insert into gateway_hints (hint, heard_at, searched_at, search_at) values (?, ?, ?, ?)
    {on conflict (hint): heard_at = new.heard_at, search_at = new.search_at}";
const DONE: &str = "update gateway_hints set search_at = null where hint = ? and heard_at <= searched_at";
const DUE: &str = "select hint from gateway_hints where search_at <= ? order by search_at limit ?";
const NEXT: &str = "select min(search_at) from gateway_hints";

/// Hints, by the time at which they were received last.
pub const HINTS: Aged = Aged { table: "gateway_hints", at: "heard_at" };

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[FIND, LOCK, SEARCH, NOTE, DONE, DUE, NEXT];

/// A gateway's message (Toss Payments: `PAYMENT_STATUS_CHANGED` has `data`, `DEPOSIT_CALLBACK` has not). It may say more than
/// this; nothing it says is believed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TossMessage)]
pub struct Message {
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    payment_key: Option<String>,
    #[serde(default)]
    data: Option<Subject>,
}

/// The payment that a message is about.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TossSubject)]
pub struct Subject {
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    payment_key: Option<String>,
}

impl Checked for Message {}

impl Message {
    /// The order, if it could be one of ours, and the gateway's key of the payment.
    fn subject(&self) -> (Option<OrderNumber>, Option<&str>) {
        let data = self.data.as_ref();
        let order = data.and_then(|data| data.order_id.as_deref()).or(self.order_id.as_deref());
        let key = data.and_then(|data| data.payment_key.as_deref()).or(self.payment_key.as_deref());
        (order.and_then(|order| order.parse().ok()), key)
    }
}

/// What a hint leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Nothing: it is not about a payment of ours.
    Nothing,
    /// The gateway has to be asked about the payment of this saga.
    Ask(SagaId),
    /// The gateway has to be asked whether it still has the deposit of this payment, with this request.
    Deposited(Box<(Payment, ChargeRequest)>),
    /// Nothing now; the tasks do what has to be done.
    Noted,
}

/// What is known of the hints about one payment.
#[derive(Debug, Clone, Copy)]
struct Hints {
    /// When the newest one came of which the next search takes care.
    newest: Timestamp,
    searched_at: Timestamp,
    search_at: Option<Timestamp>,
}

/// What a further hint about a payment leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    SearchNow,
    /// It is kept, and the task searches at this time.
    Note(Timestamp),
    /// The search that is noted takes care of it.
    Nothing,
}

impl Hints {
    fn next(known: Option<Hints>, now: Timestamp) -> Next {
        let Some(known) = known else { return Next::SearchNow };
        let pause_ends = known.searched_at.after(PAUSE);
        if now >= pause_ends {
            Next::SearchNow
        } else if known.newest > known.searched_at && known.search_at.is_some() {
            Next::Nothing
        } else {
            // also while a search is under way: the gateway may have answered it before what this hint is about
            Next::Note(pause_ends)
        }
    }
}

/// Whether a hint is worth a transaction: it is about a payment of ours that is open, or that ended without money or was deposited, and
/// no noted search takes care of it. Only reads, because anybody may send hints.
pub fn is_news(tx: &mut Tx<'_>, message: &Message) -> Result<bool> {
    let Some(payment) = payment_of(tx, message)? else { return Ok(false) };
    if pay::is_open(&payment) {
        return Ok(true);
    }
    if payment.captured.is_positive() && !is_deposited(&payment) {
        return Ok(false);
    }
    let known = hints(tx, FIND, &payment.number)?;
    Ok(Hints::next(known, tx.now()) != Next::Nothing)
}

/// Takes a hint in.
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<Received> {
    let Some(payment) = payment_of(tx, message)? else { return Ok(Received::Nothing) };
    let now = tx.now();
    if pay::is_open(&payment) {
        let run = lock_run_of_order(tx, &payment.order)?;
        let is_asked = run.pending().is_some_and(|(_, call)| call.is_held(now));
        if is_asked && payment.method == Method::VirtualAccount {
            // the gateway may have answered before the bank took the deposit back
            note(tx, &payment.number, now.after(PAUSE))?;
        }
        return Ok(Received::Ask(run.id));
    }
    if payment.captured.is_positive() && !is_deposited(&payment) {
        return Ok(Received::Nothing);
    }
    let known = hints(tx, LOCK, &payment.number)?;
    match Hints::next(known, now) {
        Next::SearchNow => begin_search(tx, payment),
        Next::Note(at) => note(tx, &payment.number, at).map(|()| Received::Noted),
        Next::Nothing => Ok(Received::Noted),
    }
}

fn hints(tx: &mut Tx<'_>, sql: &'static str, payment: &PaymentNumber) -> Result<Option<Hints>> {
    tx.query_first(sql, args![payment], |row| {
        Ok(Hints { newest: row.next()?, searched_at: row.next()?, search_at: row.next()? })
    })
}

/// Keeps a hint for a search at `at`. It counts as later than the search before it, also within the same millisecond.
fn note(tx: &mut Tx<'_>, payment: &PaymentNumber, at: Timestamp) -> Result<()> {
    let now = tx.now();
    let later = now.after(Duration::from_millis(1));
    tx.exec(NOTE, args![payment, later, now, at]).map(|_| ())
}

/// Begins the search for a payment. Until its answer is stored it is noted for the end of the pause, whatever ends this process.
fn begin_search(tx: &mut Tx<'_>, payment: Payment) -> Result<Received> {
    let now = tx.now();
    tx.exec(SEARCH, args![payment.number, now, now, now.after(PAUSE)])?;
    if is_deposited(&payment) {
        let request = Charge::of(&payment, false).request(payment.number.as_str());
        return Ok(Received::Deposited(Box::new((payment, request))));
    }
    if !payment.captured.is_positive() {
        // refused or cancelled here, and yet the gateway sends a message about it: perhaps it took the money after all
        late::search_now(tx, &payment)?;
    }
    done(tx, &payment.number)?;
    Ok(Received::Noted)
}

/// The search has an answer. One for a hint that came meanwhile stays noted.
fn done(tx: &mut Tx<'_>, payment: &PaymentNumber) -> Result<()> {
    tx.exec(DONE, args![payment]).map(|_| ())
}

/// Does what a hint leads to. Without an answer of the gateway the search stays noted.
pub async fn follow(db: &Db, ports: &Ports, received: Received) -> Result<()> {
    match received {
        Received::Ask(id) => nudge(&ORDER, db, ports, id).await.map(|_| ()),
        Received::Deposited(of) => {
            let (payment, request) = *of;
            let gateway = ports.gateway.as_ref();
            let answer = remote::ask(gateway, &request).await;
            if matches!(answer, Some(Outcome::Pending | Outcome::Unknown)) {
                return Ok(());
            }
            let (is_back, currency) = (matches!(answer, Some(Outcome::Awaiting(_))), gateway.currency());
            let keep = move |tx: &mut Tx<'_>| {
                if is_back {
                    taken_back(tx, &payment, currency)?;
                }
                done(tx, &payment.number)
            };
            db.write("checkout.deposit-searched", keep).await
        }
        Received::Nothing | Received::Noted => Ok(()),
    }
}

/// Payments for which a search is due now, longest due first.
pub fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<PaymentNumber>> {
    let now = tx.now();
    tx.query(DUE, args![now, limit], |row| row.get(0))
}

/// When the next search is due, or since when one is; `None` when none is noted.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(NEXT, args![], |row| row.get(0))
}

/// Searches for a payment whose search is due.
pub async fn search(db: &Db, ports: &Ports, number: PaymentNumber) -> Result<()> {
    let begin = move |tx: &mut Tx<'_>| {
        let payment = payment::ops::find(tx, &number)?;
        // the run first, as when a hint is received
        let run = if pay::is_open(&payment) { Some(lock_run_of_order(tx, &payment.order)?) } else { None };
        let due = hints(tx, LOCK, &number)?.and_then(|known| known.search_at).filter(|at| *at <= tx.now());
        match (due, run) {
            // another process was faster
            (None, _) => Ok(Received::Nothing),
            (Some(_), None) => begin_search(tx, payment),
            // the process that held its call when the hint came holds it no longer: any that asks now does so after the hint
            (Some(_), Some(run)) => {
                let now = tx.now();
                tx.exec(SEARCH, args![number, now, now, now])?;
                done(tx, &number)?;
                Ok(Received::Ask(run.id))
            }
        }
    };
    let received = db.write("checkout.search-hint", begin).await?;
    follow(db, ports, received).await
}

/// Whether its money came by a deposit, which the bank may take back.
fn is_deposited(payment: &Payment) -> bool {
    payment.method == Method::VirtualAccount && payment.status.is_live() && payment.captured.is_positive()
}

/// The gateway waits again for a deposit that it had: the bank took it back. The order stays as it is, because its goods may have left;
/// that the gateway has nothing of what was paid is kept until a person says how they have dealt with it. Repeated: no effect.
pub fn taken_back(tx: &mut Tx<'_>, payment: &Payment, currency: Currency) -> Result<()> {
    let transaction = back(payment.transaction.as_deref().unwrap_or_default());
    let nothing = WrongAmount { transaction, amount: Money::ZERO, currency: currency.code().to_owned() };
    payment::wrong::keep(tx, &payment.number, &payment.order, payment.captured, &nothing)
}

/// The name under which it is kept that a capture was taken back. It has at most the 100 characters of its column.
pub fn back(transaction: &str) -> String {
    transaction.chars().take(95).chain("#BACK".chars()).collect()
}

fn payment_of(tx: &mut Tx<'_>, message: &Message) -> Result<Option<Payment>> {
    let (Some(order), key) = message.subject() else { return Ok(None) };
    let mut payments = payment::ops::of_order(tx, &order)?;
    payments.retain(|payment| key.is_none_or(|key| payment.payment_key.as_deref() == Some(key)));
    Ok(payments.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hint_is_dropped_and_searches_have_a_pause() {
        let at = |s: u64| Timestamp::from_millis(1_770_336_000_000).after(Duration::from_secs(s));
        let hints = |newest, searched, search: Option<u64>| {
            Some(Hints { newest: at(newest), searched_at: at(searched), search_at: search.map(at) })
        };
        assert_eq!(Hints::next(None, at(0)), Next::SearchNow);
        assert_eq!(Hints::next(hints(0, 0, None), at(2)), Next::Note(at(60)), "answered a moment ago");
        assert_eq!(Hints::next(hints(0, 0, Some(60)), at(2)), Next::Note(at(60)), "not answered yet");
        assert_eq!(Hints::next(hints(1, 0, Some(60)), at(2)), Next::Nothing, "noted already");
        assert_eq!(Hints::next(hints(0, 0, None), at(60)), Next::SearchNow);
        assert_eq!(Hints::next(hints(1, 0, Some(60)), at(60)), Next::SearchNow);
    }

    #[test]
    fn the_name_of_what_was_taken_back_fits_its_column() {
        assert_eq!(back("tgen_1"), "tgen_1#BACK");
        assert_eq!(back(&"x".repeat(100)).len(), 100);
    }
}
