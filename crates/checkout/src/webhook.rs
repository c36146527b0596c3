//! Messages that a gateway sends by itself. A message is a hint and nothing more: anybody could send it, late, twice or wrong.
//! What counts is what the gateway answers when it is asked. The gateway does not repeat a message that was received, so none is
//! dropped: one that comes too soon after a search, or of which no answer came, is kept, and the task searches after a pause.

mod hinted;

pub use hinted::taken_back;
use hinted::{Hinted, Stage};

use crate::{flow, late, steps::ABANDONED_AFTER};
use kernel::{Reference, Result, SagaId, Timestamp};
use payment::{remote, wrong};
use ports::{
    Ports,
    gateway::{ChargeRequest, Outcome},
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

/// The payment or charge that a message is about.
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
    /// The number for which the gateway takes money, and its key of the payment.
    fn subject(&self) -> (Option<&str>, Option<&str>) {
        let data = self.data.as_ref();
        let order = data.and_then(|data| data.order_id.as_deref()).or(self.order_id.as_deref());
        let key = data.and_then(|data| data.payment_key.as_deref()).or(self.payment_key.as_deref());
        (order, key)
    }
}

/// What a hint leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Nothing: it is not about a payment or charge of ours.
    Nothing,
    /// This run, of the saga of this family, has to ask the gateway.
    Ask(String, SagaId),
    /// The gateway has to be asked what it has of this payment or charge, with this request.
    Search(Box<(Hinted, ChargeRequest)>),
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

/// Whether a hint is worth a transaction: it is about a payment or charge of ours that is open, or that ended without money or was
/// deposited, and no noted search takes care of it. Only reads, because anybody may send hints, and as often as they like.
pub fn is_news(tx: &mut Tx<'_>, message: &Message) -> Result<bool> {
    let Some(hinted) = hinted(tx, message)? else { return Ok(false) };
    match hinted.stage() {
        Stage::Captured => Ok(false),
        Stage::Open | Stage::Deposited | Stage::Ended => {
            let known = hints(tx, FIND, &hinted.number())?;
            Ok(Hints::next(known, tx.now()) != Next::Nothing)
        }
    }
}

/// Takes a hint in.
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<Received> {
    let Some(hinted) = hinted(tx, message)? else { return Ok(Received::Nothing) };
    let (now, number) = (tx.now(), hinted.number());
    match hinted.stage() {
        Stage::Captured => Ok(Received::Nothing),
        Stage::Open => {
            // the run first, as in every transaction that changes a payment
            let run = hinted.lock_run(tx)?;
            match Hints::next(hints(tx, LOCK, &number)?, now) {
                Next::SearchNow => {
                    tx.exec(SEARCH, args![number, now, now, None::<Timestamp>])?;
                    if run.pending().is_some_and(|(_, call)| call.is_held(now)) {
                        // the gateway may have answered before what this hint is about
                        note(tx, &number, now.after(PAUSE))?;
                    }
                    Ok(Received::Ask(run.family, run.id))
                }
                Next::Note(at) => note(tx, &number, at).map(|()| Received::Noted),
                Next::Nothing => Ok(Received::Noted),
            }
        }
        Stage::Deposited | Stage::Ended => {
            let known = hints(tx, LOCK, &number)?;
            match Hints::next(known, now) {
                Next::SearchNow => begin_search(tx, hinted),
                Next::Note(at) => note(tx, &number, at).map(|()| Received::Noted),
                Next::Nothing => Ok(Received::Noted),
            }
        }
    }
}

fn hints(tx: &mut Tx<'_>, sql: &'static str, number: &Reference) -> Result<Option<Hints>> {
    tx.query_first(sql, args![number], |row| {
        Ok(Hints { newest: row.next()?, searched_at: row.next()?, search_at: row.next()? })
    })
}

/// Keeps a hint for a search at `at`. It counts as later than the search before it, also within the same millisecond.
fn note(tx: &mut Tx<'_>, number: &Reference, at: Timestamp) -> Result<()> {
    let now = tx.now();
    let later = now.after(Duration::from_millis(1));
    tx.exec(NOTE, args![number, later, now, at]).map(|_| ())
}

/// Notes a search at `at` for which there was no hint: the gateway may have taken money for a charge that has ended.
pub fn search_at(tx: &mut Tx<'_>, number: &Reference, at: Timestamp) -> Result<()> {
    note(tx, number, at)
}

/// Begins a search. Until its answer is stored it is noted for the end of the pause, whatever ends this process.
fn begin_search(tx: &mut Tx<'_>, hinted: Hinted) -> Result<Received> {
    let (now, number) = (tx.now(), hinted.number());
    tx.exec(SEARCH, args![number, now, now, now.after(PAUSE)])?;
    match (hinted.stage(), &hinted) {
        // refused or cancelled here, and yet the gateway sends a message about it: perhaps it took the money after all
        (Stage::Ended, Hinted::Payment(payment)) => late::search_now(tx, payment)?,
        (Stage::Ended | Stage::Deposited, _) => {
            let request = hinted.request(tx)?;
            return Ok(Received::Search(Box::new((hinted, request))));
        }
        (Stage::Open | Stage::Captured, _) => {}
    }
    done(tx, &number)?;
    Ok(Received::Noted)
}

/// The search has an answer. One for a hint that came meanwhile stays noted.
fn done(tx: &mut Tx<'_>, number: &Reference) -> Result<()> {
    tx.exec(DONE, args![number]).map(|_| ())
}

/// Does what a hint leads to. Without an answer of the gateway the search stays noted.
pub async fn follow(db: &Db, ports: &Ports, received: Received) -> Result<()> {
    let (hinted, request) = match received {
        Received::Nothing | Received::Noted => return Ok(()),
        Received::Ask(family, id) => return nudge(flow::flow(&family)?, db, ports, id).await.map(|_| ()),
        Received::Search(of) => *of,
    };
    let gateway = ports.gateway.as_ref();
    let answer = remote::ask(gateway, &request).await;
    if matches!(answer, Some(Outcome::Pending | Outcome::Withheld | Outcome::Unknown)) {
        return Ok(());
    }
    let currency = gateway.currency();
    let keep = move |tx: &mut Tx<'_>| {
        // an order stays as it is when its deposit was taken back, and so does a balance: its goods or money may have left. Repeated:
        // no effect
        if let Some(wrong) = hinted.wrong(answer.as_ref(), currency.code()) {
            wrong::keep(tx, &hinted.asked(), &wrong)?;
        }
        done(tx, &hinted.number())?;
        if answer.is_none() { search_again(tx, &hinted) } else { Ok(()) }
    };
    db.write("checkout.hint-searched", keep).await
}

/// The gateway does not know a charge that ended here. Its request may still be on its way: then a last search is noted, unless one is.
fn search_again(tx: &mut Tx<'_>, hinted: &Hinted) -> Result<()> {
    let (now, number) = (tx.now(), hinted.number());
    let last = hinted.charge_ended_at().map(|at| at.after(ABANDONED_AFTER));
    let is_noted = hints(tx, FIND, &number)?.is_some_and(|known| known.search_at.is_some());
    match last.filter(|last| *last > now && !is_noted) {
        Some(last) => note(tx, &number, last),
        None => Ok(()),
    }
}

/// Payments and charges for which a search is due now, longest due first.
pub fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Reference>> {
    let now = tx.now();
    tx.query(DUE, args![now, limit], |row| row.get(0))
}

/// When the next search is due, or since when one is; `None` when none is noted.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(NEXT, args![], |row| row.get(0))
}

/// Searches for a payment or charge whose search is due.
pub async fn search(db: &Db, ports: &Ports, number: Reference) -> Result<()> {
    let begin = move |tx: &mut Tx<'_>| {
        let hinted = Hinted::find(tx, &number)?;
        // the run first, as when a hint is received
        let run = if hinted.stage() == Stage::Open { Some(hinted.lock_run(tx)?) } else { None };
        let due = hints(tx, LOCK, &number)?.and_then(|known| known.search_at).filter(|at| *at <= tx.now());
        match (due, run) {
            // another process was faster
            (None, _) => Ok(Received::Nothing),
            (Some(_), None) => begin_search(tx, hinted),
            // the process that held its call when the hint came holds it no longer: any that asks now does so after the hint
            (Some(_), Some(run)) => {
                let now = tx.now();
                tx.exec(SEARCH, args![number, now, now, now])?;
                done(tx, &number)?;
                Ok(Received::Ask(run.family, run.id))
            }
        }
    };
    let received = db.write("checkout.search-hint", begin).await?;
    follow(db, ports, received).await
}

/// The payment or charge that a message is about.
fn hinted(tx: &mut Tx<'_>, message: &Message) -> Result<Option<Hinted>> {
    let (Some(reference), key) = message.subject() else { return Ok(None) };
    Hinted::of_reference(tx, reference, key)
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
}
