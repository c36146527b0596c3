//! The simulated gateway: a payment gateway in the same process, for trying out, tests, the demo and benchmarks.
//!
//! It approves nine in ten charges (design A). What happens to one key follows from the seed and the key alone, so a
//! run can be repeated whatever order its calls arrive in. Special payment keys ([`keys`]) force each outcome. Its
//! books are its own: an append-only file that survives the shop's death, so that after a crash it still knows what
//! it charged.

use super::journal::{Journal, Line};
use super::{Charge, ChargeRequest, ChargeState, Decline, Gateway, Outcome, RefundRequest, Refunded};
use async_trait::async_trait;
use kernel::{Money, Random, Result, number::ALPHABET};
use parking_lot::{Mutex, MutexGuard};
use std::{
    collections::{HashMap, HashSet},
    ops::{Deref, DerefMut},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// Payment keys that force what happens. Any other key, or none, leaves it to chance.
pub mod keys {
    /// Approved.
    pub const APPROVE: &str = "approve";
    /// The money is taken, but the answer is lost; asking tells.
    pub const TIMEOUT_CHARGED: &str = "timeout-charged";
    /// The request is lost: nothing is taken, asking finds nothing, charging again with the same key is approved.
    pub const TIMEOUT_UNCHARGED: &str = "timeout-uncharged";
    /// Refused as `CARD_DECLINED`, but the answer is lost; asking tells.
    pub const TIMEOUT_DECLINED: &str = "timeout-declined";
    /// The request reaches the gateway twice at once; one capture, one transaction.
    pub const ANSWER_TWICE: &str = "answer-twice";
    /// Not decided at first; approved when asked about the second time.
    pub const PENDING: &str = "pending";
    /// Not decided at first; refused as `CARD_DECLINED` when asked about the second time.
    pub const PENDING_DECLINED: &str = "pending-declined";
    /// Approved; every refund of it is refused.
    pub const REFUND_DECLINED: &str = "refund-declined";
    /// Approved; refunds happen, but the first answer is lost; asking tells.
    pub const REFUND_TIMEOUT: &str = "refund-timeout";
    /// Approved; the first request to refund is lost: nothing is given back until it is repeated.
    pub const REFUND_TIMEOUT_UNDONE: &str = "refund-timeout-undone";
    /// Approved; refunds are not decided at first, and done when asked about the second time.
    pub const REFUND_PENDING: &str = "refund-pending";

    /// Refusals: payment key, the gateway's code, its sentence. `NETWORK_ERROR` and `TIMEOUT` are the gateway's own
    /// words for "nothing was taken"; they are final, unlike an answer that never came.
    pub const DECLINES: [(&str, &str, &str); 7] = [
        ("decline-card-declined", "CARD_DECLINED", "the card company refused"),
        ("decline-insufficient-funds", "INSUFFICIENT_FUNDS", "the account does not hold enough"),
        ("decline-invalid-card", "INVALID_CARD", "there is no such card"),
        ("decline-expired-card", "EXPIRED_CARD", "the card has expired"),
        ("decline-network-error", "NETWORK_ERROR", "the gateway could not reach the card company; nothing was taken"),
        ("decline-timeout", "TIMEOUT", "the card company did not answer the gateway; nothing was taken"),
        ("decline-limit-exceeded", "LIMIT_EXCEEDED", "the card's limit would be exceeded"),
    ];
}

/// How the simulated gateway behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Of 1,000 charges without a special key, how many are approved.
    pub approve_per_mille: u32,
    /// Shortest time to answer.
    pub latency_min: Duration,
    /// Longest time to answer. A lost answer is reported as [`Outcome::Unknown`] after it, so nobody has to wait
    /// longer.
    pub latency_max: Duration,
    /// Fixes what happens to each key; `None` asks the operating system.
    pub seed: Option<u64>,
    /// Where the books are kept; `None` keeps them in memory only.
    pub journal: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            approve_per_mille: 900,
            latency_min: Duration::ZERO,
            latency_max: Duration::ZERO,
            seed: None,
            journal: None,
        }
    }
}

/// The simulated gateway.
#[derive(Debug)]
pub struct Simulated {
    settings: Settings,
    seed: u64,
    book: Mutex<Book>,
    away: AtomicBool,
}

impl Simulated {
    /// A gateway that reads its books, if there are any, and goes on where they end. C013 when they cannot be read.
    pub fn open(settings: Settings) -> Result<Simulated> {
        let mut book = Book::default();
        if let Some(path) = &settings.journal {
            let (journal, lines) = Journal::open(path)?;
            lines.into_iter().for_each(|line| book.apply(line));
            book.journal = Some(journal);
        }
        let seed = settings.seed.unwrap_or_else(|| Random::from_system().bits());
        Ok(Simulated { settings, seed, book: Mutex::new(book), away: AtomicBool::new(false) })
    }

    /// A gateway whose books are in memory and that answers at once: approving nine in ten, as `seed` says.
    pub fn in_memory(seed: u64) -> Simulated {
        Simulated {
            settings: Settings { seed: Some(seed), ..Settings::default() },
            seed,
            book: Mutex::default(),
            away: AtomicBool::new(false),
        }
    }

    /// A gateway in memory that answers at once and approves every charge that no special key refuses.
    pub fn approving() -> Simulated {
        Simulated {
            settings: Settings { approve_per_mille: 1_000, seed: Some(0), ..Settings::default() },
            seed: 0,
            book: Mutex::default(),
            away: AtomicBool::new(false),
        }
    }

    /// Makes the gateway unreachable (every call is [`Outcome::Unknown`], nothing happens), or reachable again.
    pub fn be_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn is_away(&self) -> bool {
        self.away.load(Ordering::SeqCst)
    }

    /// The books, up to date with what other instances have written, and locked.
    fn books(&self) -> Books<'_> {
        let mut book = self.book.lock();
        if let Some(Err(error)) = book
            .journal
            .as_mut()
            .map(Journal::enter)
            .map(|lines| lines.map(|lines| lines.into_iter().for_each(|line| book.apply(line))))
        {
            tracing::error!(%error, "the simulated gateway cannot read its books");
        }
        Books(book)
    }

    /// The chance that belongs to `what` of `key`, whenever it is drawn.
    fn chance(&self, what: &str, key: &str) -> Random {
        // FNV-1a; any even spread of keys over seeds would do
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in what.bytes().chain(key.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Random::seeded(self.seed ^ hash)
    }

    async fn take_its_time(&self, key: &str) {
        let (min, max) = (self.settings.latency_min, self.settings.latency_max.max(self.settings.latency_min));
        if max.is_zero() {
            return;
        }
        let spread = u64::try_from((max - min).as_micros()).unwrap_or(u64::MAX - 1);
        let more = self.chance("latency", key).below(spread + 1);
        tokio::time::sleep(min + Duration::from_micros(more)).await;
    }

    /// What a first request for `key` leads to: the line for the books, and whether the answer gets through.
    fn decide(&self, request: &ChargeRequest, taken: &dyn Fn(&str) -> bool) -> (Line, bool) {
        let mut chance = self.chance("charge", &request.key);
        let script = Script::of(request.payment_key.as_deref());
        let captured = |chance: &mut Random| Line::captured(request, script.name(), draw("PG-", chance, taken));
        match script {
            Script::None if chance.chance(self.settings.approve_per_mille) => (captured(&mut chance), true),
            Script::None => {
                let which = chance.below(keys::DECLINES.len() as u64) as usize;
                (Line::declined(request, script.name(), keys::DECLINES[which]), true)
            }
            Script::Decline(which) => (Line::declined(request, script.name(), keys::DECLINES[which]), true),
            Script::Approve | Script::AnswerTwice => (captured(&mut chance), true),
            Script::RefundDeclined | Script::RefundTimeout | Script::RefundTimeoutUndone | Script::RefundPending => {
                (captured(&mut chance), true)
            }
            Script::TimeoutCharged => (captured(&mut chance), false),
            Script::TimeoutDeclined => (Line::declined(request, script.name(), keys::DECLINES[0]), false),
            Script::TimeoutUncharged => (Line::Lost { key: request.key.clone() }, false),
            Script::Pending | Script::PendingDeclined => (Line::pending(request, script.name()), true),
        }
    }

    /// Handles one arrival of a charge request under the lock.
    fn charge_once(&self, book: &mut Book, request: &ChargeRequest) -> Outcome {
        if book.charges.contains_key(&*request.key) {
            return self.contact(book, &request.key).unwrap_or(Outcome::Unknown);
        }
        let repeated = book.lost.contains(&*request.key);
        let taken = |transaction: &str| book.transactions.contains_key(transaction);
        let (line, answered) = if repeated {
            let transaction = draw("PG-", &mut self.chance("charge", &request.key), &taken);
            (Line::captured(request, keys::APPROVE, transaction), true)
        } else {
            self.decide(request, &taken)
        };
        match book.write(line) {
            true if answered => book.outcome(&request.key).unwrap_or(Outcome::Unknown),
            _ => Outcome::Unknown,
        }
    }

    /// Someone asks about a known charge: an undecided one is decided at the second question.
    fn contact(&self, book: &mut Book, key: &str) -> Option<Outcome> {
        let at = *book.charges.get(key)?;
        let entry = &mut book.entries[at];
        if entry.charge.state == ChargeState::Pending {
            entry.asked += 1;
            if entry.asked >= 2 {
                let line = if entry.script == Script::PendingDeclined {
                    let (_, code, text) = keys::DECLINES[0];
                    Line::Refused {
                        key: key.to_owned(),
                        decline: Decline { code: code.to_owned(), text: text.to_owned() },
                    }
                } else {
                    let taken = |transaction: &str| book.transactions.contains_key(transaction);
                    Line::Settled {
                        key: key.to_owned(),
                        transaction: draw("PG-", &mut self.chance("charge", key), &taken),
                    }
                };
                book.write(line);
            }
        }
        book.outcome(key)
    }

    /// Handles one arrival of a refund request under the lock.
    fn refund_once(&self, book: &mut Book, request: &RefundRequest) -> Outcome {
        if book.refunds.contains_key(&*request.key) {
            return book.refund_contact(&request.key).unwrap_or(Outcome::Unknown);
        }
        let Some(&at) = book.transactions.get(&*request.transaction) else {
            return refused("NOT_FOUND_PAYMENT", "the gateway knows no such transaction");
        };
        let entry = &book.entries[at];
        let left = entry.charge.amount.as_minor() - entry.spoken_for().as_minor();
        if !request.amount.is_positive() || request.amount.as_minor() > left {
            return refused("NOT_CANCELABLE_AMOUNT", "that is more than is left of this payment");
        }
        let script = entry.script;
        if script == Script::RefundDeclined {
            return refused("REFUND_REJECTED", "the card company refused the refund");
        }
        if script == Script::RefundTimeoutUndone && !book.lost.contains(&*request.key) {
            book.write(Line::Lost { key: request.key.clone() });
            return Outcome::Unknown;
        }
        let transaction = draw("RF-PG-", &mut self.chance("refund", &request.key), &|_| false);
        let line = Line::Refunded {
            key: request.key.clone(),
            charge: request.transaction.clone(),
            amount: request.amount,
            transaction,
            pending: script == Script::RefundPending,
        };
        match book.write(line) {
            true if script != Script::RefundTimeout => book.refund_outcome(&request.key).unwrap_or(Outcome::Unknown),
            _ => Outcome::Unknown,
        }
    }
}

fn refused(code: &str, text: &str) -> Outcome {
    Outcome::Declined(Decline { code: code.to_owned(), text: text.to_owned() })
}

/// A transaction name of 12 signs that is not `taken`.
fn draw(prefix: &str, chance: &mut Random, taken: &dyn Fn(&str) -> bool) -> String {
    loop {
        let mut name = String::with_capacity(prefix.len() + 12);
        name.push_str(prefix);
        name.extend((0..12).map(|_| char::from(ALPHABET[chance.below(ALPHABET.len() as u64) as usize])));
        if !taken(&name) {
            return name;
        }
    }
}

#[async_trait]
impl Gateway for Simulated {
    async fn charge(&self, request: &ChargeRequest) -> Outcome {
        if self.is_away() {
            return Outcome::Unknown;
        }
        let outcome = {
            let mut book = self.books();
            let first = self.charge_once(&mut book, request);
            match Script::of(request.payment_key.as_deref()) {
                Script::AnswerTwice => self.charge_once(&mut book, request),
                _ => first,
            }
        };
        self.take_its_time(&request.key).await;
        outcome
    }

    async fn look_up(&self, key: &str) -> Option<Outcome> {
        if self.is_away() {
            return Some(Outcome::Unknown);
        }
        let found = self.contact(&mut self.books(), key);
        self.take_its_time(key).await;
        found
    }

    async fn refund(&self, request: &RefundRequest) -> Outcome {
        if self.is_away() {
            return Outcome::Unknown;
        }
        let outcome = self.refund_once(&mut self.books(), request);
        self.take_its_time(&request.key).await;
        outcome
    }

    async fn look_up_refund(&self, key: &str) -> Option<Outcome> {
        if self.is_away() {
            return Some(Outcome::Unknown);
        }
        let found = self.books().refund_contact(key);
        self.take_its_time(key).await;
        found
    }

    fn charges(&self) -> Option<Vec<Charge>> {
        Some(self.books().entries.iter().map(|entry| entry.charge.clone()).collect())
    }
}

/// The books while they are used here.
struct Books<'a>(MutexGuard<'a, Book>);

impl Deref for Books<'_> {
    type Target = Book;
    fn deref(&self) -> &Book {
        &self.0
    }
}

impl DerefMut for Books<'_> {
    fn deref_mut(&mut self) -> &mut Book {
        &mut self.0
    }
}

impl Drop for Books<'_> {
    fn drop(&mut self) {
        self.0.journal.iter().for_each(Journal::leave);
    }
}

/// The gateway's books in memory: what the journal's lines add up to.
#[derive(Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    charges: HashMap<Box<str>, usize>,
    transactions: HashMap<Box<str>, usize>,
    refunds: HashMap<Box<str>, (usize, usize)>,
    lost: HashSet<Box<str>>,
    journal: Option<Journal>,
}

#[derive(Debug)]
struct Entry {
    charge: Charge,
    script: Script,
    asked: u32,
    pending_refunds: Vec<(Refunded, u32)>,
}

impl Book {
    /// Writes a line and lets it count; false when it could not be written, and then nothing has happened.
    fn write(&mut self, line: Line) -> bool {
        if let Some(Err(error)) = self.journal.as_mut().map(|journal| journal.append(&line)) {
            tracing::error!(%error, "the simulated gateway cannot write its books");
            return false;
        }
        self.apply(line);
        true
    }

    fn apply(&mut self, line: Line) {
        match line {
            Line::Captured { charge, script, transaction } => {
                self.transactions.insert(transaction.as_str().into(), self.entries.len());
                self.open(charge.into_charge(ChargeState::Captured { transaction }), &script);
            }
            Line::Declined { charge, script, decline } => {
                self.open(charge.into_charge(ChargeState::Declined(decline)), &script);
            }
            Line::Pending { charge, script } => self.open(charge.into_charge(ChargeState::Pending), &script),
            Line::Settled { key, transaction } => {
                if let Some(&at) = self.charges.get(&*key) {
                    self.transactions.insert(transaction.as_str().into(), at);
                    self.entries[at].charge.state = ChargeState::Captured { transaction };
                }
            }
            Line::Refused { key, decline } => {
                if let Some(&at) = self.charges.get(&*key) {
                    self.entries[at].charge.state = ChargeState::Declined(decline);
                }
            }
            Line::Lost { key } => {
                self.lost.insert(key.into());
            }
            Line::Refunded { key, charge, amount, transaction, pending } => {
                if let Some(&at) = self.transactions.get(&*charge) {
                    let entry = &mut self.entries[at];
                    self.refunds.insert(key.as_str().into(), (at, entry.charge.refunds.len()));
                    let refund = Refunded { key, amount, transaction };
                    if pending { entry.pending_refunds.push((refund, 0)) } else { entry.charge.refunds.push(refund) }
                }
            }
            Line::RefundSettled { key } => {
                if let Some(place) = self.refunds.get_mut(&*key) {
                    let entry = &mut self.entries[place.0];
                    if let Some(n) = entry.pending_refunds.iter().position(|(refund, _)| refund.key == key) {
                        place.1 = entry.charge.refunds.len();
                        entry.charge.refunds.push(entry.pending_refunds.remove(n).0);
                    }
                }
            }
        }
    }

    fn open(&mut self, charge: Charge, script: &str) {
        self.charges.insert(charge.key.as_str().into(), self.entries.len());
        self.entries.push(Entry { charge, script: Script::of(Some(script)), asked: 0, pending_refunds: Vec::new() });
    }

    fn outcome(&self, key: &str) -> Option<Outcome> {
        Some(match &self.entries[*self.charges.get(key)?].charge.state {
            ChargeState::Captured { transaction } => Outcome::Approved { transaction: transaction.clone() },
            ChargeState::Declined(decline) => Outcome::Declined(decline.clone()),
            ChargeState::Pending => Outcome::Pending,
        })
    }

    fn refund_outcome(&self, key: &str) -> Option<Outcome> {
        let &(at, n) = self.refunds.get(key)?;
        let entry = &self.entries[at];
        Some(match entry.charge.refunds.get(n).filter(|refund| refund.key == key) {
            Some(refund) => Outcome::Approved { transaction: refund.transaction.clone() },
            None => Outcome::Pending,
        })
    }

    /// Someone asks about a known refund: an undecided one is done at the second question.
    fn refund_contact(&mut self, key: &str) -> Option<Outcome> {
        let &(at, _) = self.refunds.get(key)?;
        if let Some((_, asked)) = self.entries[at].pending_refunds.iter_mut().find(|(refund, _)| refund.key == key) {
            *asked += 1;
            if *asked >= 2 {
                self.write(Line::RefundSettled { key: key.to_owned() });
            }
        }
        self.refund_outcome(key)
    }
}

impl Entry {
    /// What was given back or is about to be.
    fn spoken_for(&self) -> Money {
        let pending: i64 = self.pending_refunds.iter().map(|(refund, _)| refund.amount.as_minor()).sum();
        Money::minor(self.charge.refunded().as_minor() + pending)
    }
}

/// What a special payment key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    None,
    Approve,
    Decline(usize),
    TimeoutCharged,
    TimeoutUncharged,
    TimeoutDeclined,
    AnswerTwice,
    Pending,
    PendingDeclined,
    RefundDeclined,
    RefundTimeout,
    RefundTimeoutUndone,
    RefundPending,
}

/// Every script but the refusals, with its payment key.
const SCRIPTS: [(&str, Script); 11] = [
    (keys::APPROVE, Script::Approve),
    (keys::TIMEOUT_CHARGED, Script::TimeoutCharged),
    (keys::TIMEOUT_UNCHARGED, Script::TimeoutUncharged),
    (keys::TIMEOUT_DECLINED, Script::TimeoutDeclined),
    (keys::ANSWER_TWICE, Script::AnswerTwice),
    (keys::PENDING, Script::Pending),
    (keys::PENDING_DECLINED, Script::PendingDeclined),
    (keys::REFUND_DECLINED, Script::RefundDeclined),
    (keys::REFUND_TIMEOUT, Script::RefundTimeout),
    (keys::REFUND_TIMEOUT_UNDONE, Script::RefundTimeoutUndone),
    (keys::REFUND_PENDING, Script::RefundPending),
];

impl Script {
    fn of(payment_key: Option<&str>) -> Script {
        let Some(key) = payment_key else { return Script::None };
        if let Some(which) = keys::DECLINES.iter().position(|(decline, ..)| *decline == key) {
            return Script::Decline(which);
        }
        SCRIPTS.iter().find(|(name, _)| *name == key).map_or(Script::None, |(_, script)| *script)
    }

    fn name(self) -> &'static str {
        match self {
            Script::None => "",
            Script::Decline(which) => keys::DECLINES[which].0,
            other => SCRIPTS.iter().find(|(_, script)| *script == other).map_or("", |(name, _)| name),
        }
    }
}
