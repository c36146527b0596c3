//! The simulated gateway: a payment gateway in the same process, for trying out, tests, the demo and benchmarks.
//!
//! It approves nine in ten charges. The outcome of a key depends on the seed and the key only, so a run can be repeated in any order
//! of calls. Special payment keys ([`keys`]) force each outcome. Its records are an append-only file of its own, so that after a crash
//! of the shop it still knows what it charged.

use super::journal::{Journal, Line, Written};
use super::ledger::Ledger;
use super::records::Name;
use super::{Charge, ChargeRequest, ChargeState, Decline, Gateway, Listed, Listing, Outcome, Period, RefundRequest};
use crate::SystemClock;
use async_trait::async_trait;
use kernel::{Clock, Currency, Money, Random, Result, Timestamp, number::ALPHABET};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use std::{
    io,
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
    /// An account is opened; the deposit is found at the second lookup.
    pub const DEPOSIT: &str = "deposit";
    /// An account is opened, and no deposit comes.
    pub const DEPOSIT_NEVER: &str = "deposit-never";
    /// The gateway takes one minor unit less than it was asked for.
    pub const WRONG_AMOUNT: &str = "wrong-amount";
    /// Approved; every refund of it is refused.
    pub const REFUND_DECLINED: &str = "refund-declined";
    /// Approved; refunds happen, but the first response is lost; a lookup finds it.
    pub const REFUND_TIMEOUT: &str = "refund-timeout";
    /// Approved; the first request to refund is lost: nothing is refunded until it is repeated.
    pub const REFUND_TIMEOUT_UNDONE: &str = "refund-timeout-undone";
    /// Approved; refunds are not decided at first, and done at the second lookup.
    pub const REFUND_PENDING: &str = "refund-pending";

    /// How the number of an account ends to which the bank gives nothing back.
    pub const NO_ACCOUNT: &str = "0000";

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
    /// The file with the records; `None` keeps all of them in memory only, which is for tests.
    pub journal: Option<PathBuf>,
    /// The currency of all amounts.
    pub currency: Currency,
    /// How long an account waits for its deposit.
    pub deposit_within: Duration,
    /// Charges in one file of the journal, and so in memory. Older files stay beside it and are read when they are asked for.
    pub file_charges: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            approve_per_mille: 900,
            latency_min: Duration::ZERO,
            latency_max: Duration::ZERO,
            seed: None,
            journal: None,
            currency: Currency::KRW,
            deposit_within: DEPOSIT_WITHIN,
            file_charges: FILE_CHARGES,
        }
    }
}

/// Charges in one file of a journal: some 12 MiB of memory.
const FILE_CHARGES: usize = 16_384;
/// How long an account waits for its deposit, if the settings do not say otherwise: as Toss Payments does.
const DEPOSIT_WITHIN: Duration = Duration::from_secs(168 * 3_600);

/// The simulated gateway.
#[derive(Debug)]
pub struct Simulated {
    settings: Settings,
    seed: u64,
    clock: Arc<dyn Clock>,
    /// When it was opened.
    since: Timestamp,
    ledger: Mutex<Ledger>,
    away: AtomicBool,
}

impl Simulated {
    /// A gateway that reads its journal, if there is one, and continues it. C013 when the journal cannot be read.
    pub fn open(settings: Settings) -> Result<Simulated> {
        let ledger = settings.journal.as_deref().map(Ledger::open).transpose()?.unwrap_or_default();
        let seed = settings.seed.unwrap_or_else(|| Random::from_system().bits());
        let gateway = Simulated { ledger: Mutex::new(ledger), ..Simulated::new(settings, seed) };
        // the journal of an older version is one long file
        drop(gateway.ledger());
        Ok(gateway)
    }

    fn new(settings: Settings, seed: u64) -> Simulated {
        let clock = Arc::new(SystemClock);
        let (since, ledger, away) = (clock.now(), Mutex::default(), AtomicBool::new(false));
        Simulated { settings, seed, clock, since, ledger, away }
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

    /// Uses the ledger as a test needs.
    #[cfg(test)]
    pub(super) fn inside<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        work(&mut self.ledger.lock())
    }

    fn is_away(&self) -> bool {
        self.away.load(Ordering::SeqCst)
    }

    /// Writes a line now. When that fails nothing is applied.
    fn write(&self, ledger: &mut Ledger, line: Line) -> io::Result<()> {
        ledger.write(Written { at: Some(self.clock.now()), line })
    }

    /// The records, locked, with everything that other instances have written; an error when they cannot be read.
    fn ledger(&self) -> io::Result<Locked<'_>> {
        let file_charges = self.settings.file_charges;
        let mut locked = Locked { ledger: self.ledger.lock(), file_charges, is_current: false };
        locked.catch_up()?;
        locked.is_current = true;
        Ok(locked)
    }

    /// What is found in the records, or `otherwise` when they cannot be read or written.
    fn with_ledger<T>(&self, otherwise: T, work: impl FnOnce(&mut Ledger) -> io::Result<T>) -> T {
        let done = self.ledger().and_then(|mut ledger| work(&mut ledger));
        done.unwrap_or_else(|error| {
            tracing::error!(%error, "the simulated gateway cannot use its journal");
            otherwise
        })
    }

    /// The random generator for `what` of `key`: always the same one, whenever it is made.
    fn chance(&self, what: &str, key: &str) -> Random {
        Random::seeded(self.seed ^ spread(what.bytes().chain(key.bytes())))
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
    fn decide(&self, request: &ChargeRequest, taken: &dyn Fn(&str) -> io::Result<bool>) -> io::Result<(Line, bool)> {
        let mut chance = self.chance("charge", &request.key);
        let script = Script::of(request.payment_key.as_deref());
        let captured =
            |chance: &mut Random| draw("PG-", chance, taken).map(|drawn| Line::captured(request, script.name(), drawn));
        Ok(match script {
            Script::None if chance.chance(self.settings.approve_per_mille) => (captured(&mut chance)?, true),
            Script::None => {
                let which = chance.below(keys::DECLINES.len() as u64) as usize;
                (Line::declined(request, script.name(), keys::DECLINES[which]), true)
            }
            Script::Decline(which) => (Line::declined(request, script.name(), keys::DECLINES[which]), true),
            Script::Approve | Script::AnswerTwice => (captured(&mut chance)?, true),
            Script::RefundDeclined | Script::RefundTimeout | Script::RefundTimeoutUndone | Script::RefundPending => {
                (captured(&mut chance)?, true)
            }
            Script::WrongAmount => {
                let amount = Money::minor(request.amount.as_minor() - 1);
                let other = ChargeRequest { amount, ..request.clone() };
                let transaction = draw("PG-", &mut chance, taken)?;
                (Line::captured(&other, script.name(), transaction), true)
            }
            Script::TimeoutCharged => (captured(&mut chance)?, false),
            Script::TimeoutDeclined => (Line::declined(request, script.name(), keys::DECLINES[0]), false),
            Script::TimeoutUncharged => (Line::Lost { key: request.key.clone() }, false),
            Script::Pending | Script::PendingDeclined | Script::Deposit | Script::DepositNever => {
                (Line::pending(request, script.name()), true)
            }
        })
    }

    /// Handles one arrival of a charge request under the lock.
    fn charge_once(&self, ledger: &mut Ledger, request: &ChargeRequest) -> io::Result<Outcome> {
        if let Some(outcome) = self.contact(ledger, &request.key)? {
            return Ok(outcome);
        }
        let taken = |transaction: &str| ledger.knows(Name::Transaction(transaction));
        let (line, answered) = if ledger.has_lost(&request.key)? {
            let transaction = draw("PG-", &mut self.chance("charge", &request.key), &taken)?;
            (Line::captured(request, keys::APPROVE, transaction), true)
        } else {
            self.decide(request, &taken)?
        };
        self.write(ledger, line)?;
        let outcome =
            ledger.open.find(Name::Charge(&request.key)).map(|at| ledger.open.entries[at].outcome(&self.settings));
        Ok(outcome.filter(|_| answered).unwrap_or(Outcome::Unknown))
    }

    /// Looks up a charge. A pending one is decided at the second lookup.
    fn contact(&self, ledger: &mut Ledger, key: &str) -> io::Result<Option<Outcome>> {
        let Some(found) = ledger.find(Name::Charge(key))? else { return Ok(None) };
        if ledger.entry(&found).charge.state != ChargeState::Pending {
            return Ok(Some(ledger.entry(&found).outcome(&self.settings)));
        }
        let at = ledger.carried(found, self.clock.now())?;
        let (asked, script) = (ledger.open.entries[at].asked, ledger.open.entries[at].script);
        let line = if asked == 0 || script == Script::DepositNever {
            Line::Asked { key: key.to_owned() }
        } else if script == Script::PendingDeclined {
            let (_, code, text) = keys::DECLINES[0];
            let decline = Decline { code: code.to_owned(), text: text.to_owned() };
            Line::Refused { key: key.to_owned(), decline }
        } else {
            let taken = |transaction: &str| ledger.knows(Name::Transaction(transaction));
            let transaction = draw("PG-", &mut self.chance("charge", key), &taken)?;
            Line::Settled { key: key.to_owned(), transaction }
        };
        self.write(ledger, line)?;
        Ok(Some(ledger.open.entries[at].outcome(&self.settings)))
    }

    /// Ends a charge that waits for a deposit; gives its outcome when it does not wait.
    fn end_waiting(&self, ledger: &mut Ledger, key: &str) -> io::Result<Option<Outcome>> {
        let Some(found) = ledger.find(Name::Charge(key))? else { return Ok(None) };
        let entry = ledger.entry(&found);
        if !matches!(entry.outcome(&self.settings), Outcome::Awaiting(_)) {
            return self.contact(ledger, key);
        }
        ledger.carried(found, self.clock.now())?;
        let decline = Decline { code: "CANCELED".to_owned(), text: "withdrawn before the deposit".to_owned() };
        self.write(ledger, Line::Refused { key: key.to_owned(), decline })?;
        Ok(None)
    }

    /// The outcome of the charge with this key.
    pub(super) async fn of_key(&self, key: &str) -> Option<Outcome> {
        if self.is_away() {
            return Some(Outcome::Unknown);
        }
        let found = self.with_ledger(Some(Outcome::Unknown), |ledger| self.contact(ledger, key));
        self.take_its_time(key).await;
        found
    }

    /// The outcome of the refund with this key.
    pub(super) async fn refund_of_key(&self, key: &str) -> Option<Outcome> {
        if self.is_away() {
            return Some(Outcome::Unknown);
        }
        let found = self.with_ledger(Some(Outcome::Unknown), |ledger| self.refund_contact(ledger, key));
        self.take_its_time(key).await;
        found
    }

    /// Handles one arrival of a refund request under the lock.
    fn refund_once(&self, ledger: &mut Ledger, request: &RefundRequest) -> io::Result<Outcome> {
        if let Some(outcome) = self.refund_contact(ledger, &request.key)? {
            return Ok(outcome);
        }
        let Some(found) = ledger.find(Name::Transaction(&request.transaction))? else {
            return Ok(refused("NOT_FOUND_PAYMENT", "the gateway knows no such transaction"));
        };
        let entry = ledger.entry(&found);
        let left = entry.charge.amount.as_minor() - entry.refunds_requested().as_minor();
        if !request.amount.is_positive() || request.amount.as_minor() > left {
            return Ok(refused("NOT_CANCELABLE_AMOUNT", "that is more than is left of this payment"));
        }
        let script = entry.script;
        if script == Script::RefundDeclined {
            return Ok(refused("REFUND_REJECTED", "the card company refused the refund"));
        }
        if matches!(script, Script::Deposit | Script::DepositNever) && request.account.is_none() {
            return Ok(refused("INVALID_REFUND_ACCOUNT_INFO", "a deposit goes back to an account of the buyer"));
        }
        if request.account.as_ref().is_some_and(|account| account.number.ends_with(keys::NO_ACCOUNT)) {
            return Ok(refused("INVALID_REFUND_ACCOUNT_NUMBER", "the bank knows no such account"));
        }
        if script == Script::RefundTimeoutUndone && !ledger.has_lost(&request.key)? {
            self.write(ledger, Line::Lost { key: request.key.clone() })?;
            return Ok(Outcome::Unknown);
        }
        let at = ledger.carried(found, self.clock.now())?;
        let line = Line::Refunded {
            key: request.key.clone(),
            charge: request.transaction.clone(),
            amount: request.amount,
            transaction: draw("RF-PG-", &mut self.chance("refund", &request.key), &|_| Ok(false))?,
            pending: script == Script::RefundPending,
        };
        self.write(ledger, line)?;
        Ok(match script {
            Script::RefundTimeout => Outcome::Unknown,
            _ => ledger.open.entries[at].refund_outcome(&request.key, self.settings.currency),
        })
    }

    /// Looks up a refund. A pending one is done at the second lookup.
    fn refund_contact(&self, ledger: &mut Ledger, key: &str) -> io::Result<Option<Outcome>> {
        let Some(found) = ledger.find(Name::Refund(key))? else { return Ok(None) };
        let outcome = ledger.entry(&found).refund_outcome(key, self.settings.currency);
        if outcome != Outcome::Pending {
            return Ok(Some(outcome));
        }
        let at = ledger.carried(found, self.clock.now())?;
        let pending = ledger.open.entries[at].pending_refunds.iter().find(|one| one.refund.key == key);
        if let Some(asked) = pending.map(|one| one.asked) {
            let key = key.to_owned();
            self.write(ledger, if asked == 0 { Line::RefundAsked { key } } else { Line::RefundSettled { key } })?;
        }
        Ok(Some(ledger.open.entries[at].refund_outcome(key, self.settings.currency)))
    }
}

/// FNV-1a, which spreads names evenly. Stored indexes depend on it.
pub(super) fn spread(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn refused(code: &str, text: &str) -> Outcome {
    Outcome::Declined(Decline { code: code.to_owned(), text: text.to_owned() })
}

/// A transaction name of 12 signs that is not `taken`.
fn draw(prefix: &str, chance: &mut Random, taken: &dyn Fn(&str) -> io::Result<bool>) -> io::Result<String> {
    loop {
        let mut name = String::with_capacity(prefix.len() + 12);
        name.push_str(prefix);
        name.extend((0..12).map(|_| char::from(ALPHABET[chance.below(ALPHABET.len() as u64) as usize])));
        if !taken(&name)? {
            return Ok(name);
        }
    }
}

#[async_trait]
impl Gateway for Simulated {
    async fn charge(&self, request: &ChargeRequest) -> Outcome {
        if self.is_away() {
            return Outcome::Unknown;
        }
        let outcome = self.with_ledger(Outcome::Unknown, |ledger| {
            let first = self.charge_once(ledger, request)?;
            match Script::of(request.payment_key.as_deref()) {
                Script::AnswerTwice => self.charge_once(ledger, request),
                _ => Ok(first),
            }
        });
        self.take_its_time(&request.key).await;
        outcome
    }

    async fn look_up(&self, request: &ChargeRequest) -> Option<Outcome> {
        self.of_key(&request.key).await
    }

    async fn withdraw(&self, request: &ChargeRequest) -> Option<Outcome> {
        if self.is_away() {
            return Some(Outcome::Unknown);
        }
        self.with_ledger(Some(Outcome::Unknown), |ledger| self.end_waiting(ledger, &request.key))
    }

    async fn refund(&self, request: &RefundRequest) -> Outcome {
        if self.is_away() {
            return Outcome::Unknown;
        }
        let outcome = self.with_ledger(Outcome::Unknown, |ledger| self.refund_once(ledger, request));
        self.take_its_time(&request.key).await;
        outcome
    }

    async fn look_up_refund(&self, request: &RefundRequest) -> Option<Outcome> {
        self.refund_of_key(&request.key).await
    }

    async fn list(&self, period: Period, after: Option<&str>) -> Listing {
        if self.is_away() {
            return Listing::Unknown;
        }
        self.with_ledger(Listing::Unknown, |ledger| {
            let page = ledger.list(period, after)?;
            let since = if ledger.journal.is_some() { page.since } else { Some(self.since) };
            Ok(Listing::Page(Listed { since, ..page }))
        })
    }

    fn currency(&self) -> Currency {
        self.settings.currency
    }

    fn charges(&self) -> Option<Vec<Charge>> {
        self.with_ledger(None, |ledger| ledger.charges().map(Some))
    }
}

/// The records while this instance has them locked.
struct Locked<'a> {
    ledger: MutexGuard<'a, Ledger>,
    file_charges: usize,
    is_current: bool,
}

impl Deref for Locked<'_> {
    type Target = Ledger;
    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if self.is_current {
            self.ledger.close_if_full(self.file_charges);
        }
        self.ledger.journal.iter().for_each(Journal::leave);
    }
}

/// The outcome that a special payment key forces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub(super) enum Script {
    None,
    Approve,
    Decline(usize),
    TimeoutCharged,
    TimeoutUncharged,
    TimeoutDeclined,
    AnswerTwice,
    Pending,
    PendingDeclined,
    Deposit,
    DepositNever,
    WrongAmount,
    RefundDeclined,
    RefundTimeout,
    RefundTimeoutUndone,
    RefundPending,
}

/// Every script except the refusals, with its payment key.
const SCRIPTS: [(&str, Script); 14] = [
    (keys::APPROVE, Script::Approve),
    (keys::TIMEOUT_CHARGED, Script::TimeoutCharged),
    (keys::TIMEOUT_UNCHARGED, Script::TimeoutUncharged),
    (keys::TIMEOUT_DECLINED, Script::TimeoutDeclined),
    (keys::ANSWER_TWICE, Script::AnswerTwice),
    (keys::PENDING, Script::Pending),
    (keys::PENDING_DECLINED, Script::PendingDeclined),
    (keys::DEPOSIT, Script::Deposit),
    (keys::DEPOSIT_NEVER, Script::DepositNever),
    (keys::WRONG_AMOUNT, Script::WrongAmount),
    (keys::REFUND_DECLINED, Script::RefundDeclined),
    (keys::REFUND_TIMEOUT, Script::RefundTimeout),
    (keys::REFUND_TIMEOUT_UNDONE, Script::RefundTimeoutUndone),
    (keys::REFUND_PENDING, Script::RefundPending),
];

impl From<String> for Script {
    fn from(name: String) -> Script {
        Script::of(Some(&name))
    }
}

impl From<Script> for String {
    fn from(script: Script) -> String {
        script.name().to_owned()
    }
}

impl Script {
    pub fn of(payment_key: Option<&str>) -> Script {
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
