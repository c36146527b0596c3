//! The simulated gateway: a payment gateway in the same process, for trying out, tests, the demo and benchmarks.
//!
//! It approves nine in ten charges. The outcome of a key depends on the seed and the key only, so a run can be repeated in any order
//! of calls. Special payment keys ([`keys`]) force each outcome. Its records are an append-only file of its own, so that after a crash
//! of the shop it still knows what it charged.

use super::journal::{Journal, Line, Written};
use super::{
    Charge, ChargeRequest, ChargeState, Decline, Gateway, Listed, Listing, Outcome, Period, RefundRequest, Refunded,
};
use crate::SystemClock;
use async_trait::async_trait;
use kernel::{Clock, Money, Random, Result, Timestamp, number::ALPHABET};
use parking_lot::{Mutex, MutexGuard};
use std::{
    collections::{HashMap, HashSet},
    ops::{Deref, DerefMut},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Payment keys that force an outcome. With any other key, or none, the outcome is random.
pub mod keys {
    /// Approved.
    pub const APPROVE: &str = "approve";
    /// The money is taken, but the response is lost; a lookup finds it.
    pub const TIMEOUT_CHARGED: &str = "timeout-charged";
    /// The request is lost: nothing is taken, a lookup finds nothing, and a second charge with the same key is approved.
    pub const TIMEOUT_UNCHARGED: &str = "timeout-uncharged";
    /// Refused as `CARD_DECLINED`, but the response is lost; a lookup finds it.
    pub const TIMEOUT_DECLINED: &str = "timeout-declined";
    /// The request reaches the gateway twice at once; one capture, one transaction.
    pub const ANSWER_TWICE: &str = "answer-twice";
    /// Not decided at first; approved at the second lookup.
    pub const PENDING: &str = "pending";
    /// Not decided at first; refused as `CARD_DECLINED` at the second lookup.
    pub const PENDING_DECLINED: &str = "pending-declined";
    /// Approved; every refund of it is refused.
    pub const REFUND_DECLINED: &str = "refund-declined";
    /// Approved; refunds happen, but the first response is lost; a lookup finds it.
    pub const REFUND_TIMEOUT: &str = "refund-timeout";
    /// Approved; the first request to refund is lost: nothing is refunded until it is repeated.
    pub const REFUND_TIMEOUT_UNDONE: &str = "refund-timeout-undone";
    /// Approved; refunds are not decided at first, and done at the second lookup.
    pub const REFUND_PENDING: &str = "refund-pending";

    /// Refusals: payment key, the gateway's code, its sentence. With `NETWORK_ERROR` and `TIMEOUT` the gateway says that it took
    /// nothing; they are final, unlike a response that never arrived.
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
    /// Longest time to answer. After it, a lost response is reported as [`Outcome::Unknown`], so that no caller waits longer.
    pub latency_max: Duration,
    /// Fixes the outcome of each key; `None` draws a seed from the operating system.
    pub seed: Option<u64>,
    /// The file with the records; `None` keeps them in memory only.
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

/// Charges whose records one page of the list shows.
const LISTED_AT_ONCE: usize = 500;

/// The simulated gateway.
#[derive(Debug)]
pub struct Simulated {
    settings: Settings,
    seed: u64,
    clock: Arc<dyn Clock>,
    /// When it was opened.
    since: Timestamp,
    records: Mutex<Records>,
    away: AtomicBool,
}

impl Simulated {
    /// A gateway that reads its journal, if there is one, and continues it. C013 when the journal cannot be read.
    pub fn open(settings: Settings) -> Result<Simulated> {
        let mut records = Records::default();
        if let Some(path) = &settings.journal {
            let (journal, lines) = Journal::open(path)?;
            lines.into_iter().for_each(|line| records.apply(line));
            records.journal = Some(journal);
        }
        let seed = settings.seed.unwrap_or_else(|| Random::from_system().bits());
        Ok(Simulated { records: Mutex::new(records), ..Simulated::new(settings, seed) })
    }

    fn new(settings: Settings, seed: u64) -> Simulated {
        let clock = Arc::new(SystemClock);
        let (since, records, away) = (clock.now(), Mutex::default(), AtomicBool::new(false));
        Simulated { settings, seed, clock, since, records, away }
    }

    /// A gateway in memory that answers at once and approves nine in ten charges, chosen by `seed`.
    pub fn in_memory(seed: u64) -> Simulated {
        Simulated::new(Settings { seed: Some(seed), ..Settings::default() }, seed)
    }

    /// A gateway in memory that answers at once and approves every charge that no special key refuses.
    pub fn approving() -> Simulated {
        Simulated::new(Settings { approve_per_mille: 1_000, seed: Some(0), ..Settings::default() }, 0)
    }

    /// The gateway with another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Simulated {
        Simulated { since: clock.now(), clock, ..self }
    }

    /// Makes the gateway unreachable (every call is [`Outcome::Unknown`], nothing happens), or reachable again.
    pub fn be_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn is_away(&self) -> bool {
        self.away.load(Ordering::SeqCst)
    }

    /// Writes a line now. False when that failed; then nothing is applied.
    fn write(&self, records: &mut Records, line: Line) -> bool {
        records.write(Written { at: Some(self.clock.now()), line })
    }

    /// The records, locked, with everything that other instances have written.
    fn records(&self) -> Locked<'_> {
        let mut records = self.records.lock();
        if let Some(Err(error)) = records
            .journal
            .as_mut()
            .map(Journal::enter)
            .map(|lines| lines.map(|lines| lines.into_iter().for_each(|line| records.apply(line))))
        {
            tracing::error!(%error, "the simulated gateway cannot read its journal");
        }
        Locked(records)
    }

    /// The random generator for `what` of `key`: always the same one, whenever it is made.
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

    /// Decides the first request of a key: the line for the journal, and whether the response arrives.
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
    fn charge_once(&self, records: &mut Records, request: &ChargeRequest) -> Outcome {
        if records.charges.contains_key(&*request.key) {
            return self.contact(records, &request.key).unwrap_or(Outcome::Unknown);
        }
        let repeated = records.lost.contains(&*request.key);
        let taken = |transaction: &str| records.transactions.contains_key(transaction);
        let (line, answered) = if repeated {
            let transaction = draw("PG-", &mut self.chance("charge", &request.key), &taken);
            (Line::captured(request, keys::APPROVE, transaction), true)
        } else {
            self.decide(request, &taken)
        };
        match self.write(records, line) {
            true if answered => records.outcome(&request.key).unwrap_or(Outcome::Unknown),
            _ => Outcome::Unknown,
        }
    }

    /// Looks up a known charge. A pending one is decided at the second lookup.
    fn contact(&self, records: &mut Records, key: &str) -> Option<Outcome> {
        let at = *records.charges.get(key)?;
        let entry = &mut records.entries[at];
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
                    let taken = |transaction: &str| records.transactions.contains_key(transaction);
                    Line::Settled {
                        key: key.to_owned(),
                        transaction: draw("PG-", &mut self.chance("charge", key), &taken),
                    }
                };
                self.write(records, line);
            }
        }
        records.outcome(key)
    }

    /// Handles one arrival of a refund request under the lock.
    fn refund_once(&self, records: &mut Records, request: &RefundRequest) -> Outcome {
        if records.refunds.contains_key(&*request.key) {
            return self.refund_contact(records, &request.key).unwrap_or(Outcome::Unknown);
        }
        let Some(&at) = records.transactions.get(&*request.transaction) else {
            return refused("NOT_FOUND_PAYMENT", "the gateway knows no such transaction");
        };
        let entry = &records.entries[at];
        let left = entry.charge.amount.as_minor() - entry.refunds_requested().as_minor();
        if !request.amount.is_positive() || request.amount.as_minor() > left {
            return refused("NOT_CANCELABLE_AMOUNT", "that is more than is left of this payment");
        }
        let script = entry.script;
        if script == Script::RefundDeclined {
            return refused("REFUND_REJECTED", "the card company refused the refund");
        }
        if script == Script::RefundTimeoutUndone && !records.lost.contains(&*request.key) {
            self.write(records, Line::Lost { key: request.key.clone() });
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
        match self.write(records, line) {
            true if script != Script::RefundTimeout => records.refund_outcome(&request.key).unwrap_or(Outcome::Unknown),
            _ => Outcome::Unknown,
        }
    }
}

impl Simulated {
    /// Looks up a known refund. A pending one is done at the second lookup.
    fn refund_contact(&self, records: &mut Records, key: &str) -> Option<Outcome> {
        let &(at, _) = records.refunds.get(key)?;
        if let Some((_, asked)) = records.entries[at].pending_refunds.iter_mut().find(|(refund, _)| refund.key == key) {
            *asked += 1;
            if *asked >= 2 {
                self.write(records, Line::RefundSettled { key: key.to_owned() });
            }
        }
        records.refund_outcome(key)
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
            let mut records = self.records();
            let first = self.charge_once(&mut records, request);
            match Script::of(request.payment_key.as_deref()) {
                Script::AnswerTwice => self.charge_once(&mut records, request),
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
        let found = self.contact(&mut self.records(), key);
        self.take_its_time(key).await;
        found
    }

    async fn refund(&self, request: &RefundRequest) -> Outcome {
        if self.is_away() {
            return Outcome::Unknown;
        }
        let outcome = self.refund_once(&mut self.records(), request);
        self.take_its_time(&request.key).await;
        outcome
    }

    async fn look_up_refund(&self, key: &str) -> Option<Outcome> {
        if self.is_away() {
            return Some(Outcome::Unknown);
        }
        let found = self.refund_contact(&mut self.records(), key);
        self.take_its_time(key).await;
        found
    }

    async fn list(&self, period: Period, after: Option<&str>) -> Listing {
        if self.is_away() {
            return Listing::Unknown;
        }
        let records = self.records();
        // charges are never removed, so their number among all charges names a place in the list
        let first = after.and_then(|after| after.parse().ok()).unwrap_or(0);
        let shown = records.entries.iter().skip(first).take(LISTED_AT_ONCE);
        let moved = shown.flat_map(|entry| entry.charge.moved()).filter(|moved| period.has(moved.at)).collect();
        let end = first.saturating_add(LISTED_AT_ONCE);
        let next = (end < records.entries.len()).then(|| end.to_string());
        let since = self.settings.journal.is_none().then_some(self.since);
        Listing::Page(Listed { moved, next, since })
    }

    fn charges(&self) -> Option<Vec<Charge>> {
        Some(self.records().entries.iter().map(|entry| entry.charge.clone()).collect())
    }
}

/// The records while this instance has them locked.
struct Locked<'a>(MutexGuard<'a, Records>);

impl Deref for Locked<'_> {
    type Target = Records;
    fn deref(&self) -> &Records {
        &self.0
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Records {
        &mut self.0
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.journal.iter().for_each(Journal::leave);
    }
}

/// The gateway's records in memory, made from the lines of the journal.
#[derive(Debug, Default)]
struct Records {
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

impl Records {
    /// Writes a line to the journal and applies it. False when the write failed; then nothing is applied.
    fn write(&mut self, line: Written) -> bool {
        if let Some(Err(error)) = self.journal.as_mut().map(|journal| journal.append(&line)) {
            tracing::error!(%error, "the simulated gateway cannot write its journal");
            return false;
        }
        self.apply(line);
        true
    }

    fn apply(&mut self, Written { at: time, line }: Written) {
        match line {
            Line::Captured { charge, script, transaction } => {
                self.transactions.insert(transaction.as_str().into(), self.entries.len());
                self.open(charge.into_charge(ChargeState::Captured { transaction }, time), &script);
            }
            Line::Declined { charge, script, decline } => {
                self.open(charge.into_charge(ChargeState::Declined(decline), time), &script);
            }
            Line::Pending { charge, script } => self.open(charge.into_charge(ChargeState::Pending, time), &script),
            Line::Settled { key, transaction } => {
                if let Some(&at) = self.charges.get(&*key) {
                    self.transactions.insert(transaction.as_str().into(), at);
                    self.entries[at].charge.state = ChargeState::Captured { transaction };
                    self.entries[at].charge.at = time;
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
                    let refund = Refunded { key, amount, transaction, at: time };
                    if pending { entry.pending_refunds.push((refund, 0)) } else { entry.charge.refunds.push(refund) }
                }
            }
            Line::RefundSettled { key } => {
                if let Some((at, index)) = self.refunds.get_mut(&*key) {
                    let entry = &mut self.entries[*at];
                    if let Some(n) = entry.pending_refunds.iter().position(|(refund, _)| refund.key == key) {
                        *index = entry.charge.refunds.len();
                        let (refund, _) = entry.pending_refunds.remove(n);
                        entry.charge.refunds.push(Refunded { at: time, ..refund });
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
}

impl Entry {
    /// The sum of refunds that are done or pending.
    fn refunds_requested(&self) -> Money {
        let pending: i64 = self.pending_refunds.iter().map(|(refund, _)| refund.amount.as_minor()).sum();
        Money::minor(self.charge.refunded().as_minor() + pending)
    }
}

/// The outcome that a special payment key forces.
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

/// Every script except the refusals, with its payment key.
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
