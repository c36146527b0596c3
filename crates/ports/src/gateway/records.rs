//! What the simulated gateway did, charge by charge: how lines of the journal change it, and what it answers.

use super::journal::{Line, Written};
use super::simulated::{Script, Settings, spread};
use super::{Account, Charge, ChargeState, Moved, Movement, Outcome, Refunded};
use kernel::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// The method of what was deposited in an account.
const BY_DEPOSIT: &str = "VIRTUAL_ACCOUNT";

/// What a record is looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// The key of a charge.
    Charge(&'a str),
    /// The gateway's name for a capture.
    Transaction(&'a str),
    /// The key of a refund.
    Refund(&'a str),
    /// The key of a request that did not arrive at first.
    Lost(&'a str),
}

/// The records since the last file of the journal was closed; all of them when there is no journal.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub entries: Vec<Entry>,
    charges: HashMap<Box<str>, usize>,
    transactions: HashMap<Box<str>, usize>,
    refunds: HashMap<Box<str>, usize>,
    pub lost: HashSet<Box<str>>,
}

/// A charge with its refunds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    pub charge: Charge,
    pub script: Script,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_refunds: Vec<PendingRefund>,
    /// What an older file lists of it; nothing unless it was taken over from there.
    #[serde(default, skip_serializing_if = "Carried::is_none")]
    pub carried: Carried,
    /// How often a pending charge was looked up before it was decided.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked: u32,
}

/// A refund that is not decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PendingRefund {
    #[serde(flatten)]
    pub refund: Refunded,
    /// How often it was looked up before it was decided.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked: u32,
}

/// What of an entry is in the list of an older file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Carried {
    captured: bool,
    refunds: usize,
}

impl Carried {
    fn is_none(&self) -> bool {
        *self == Carried::default()
    }
}

fn is_zero(asked: &u32) -> bool {
    *asked == 0
}

impl Records {
    pub fn apply(&mut self, Written { at: time, line }: Written) {
        match line {
            Line::Begun { .. } | Line::Closed => {}
            Line::Carried { entry } => self.open(*entry),
            Line::Captured { charge, script, transaction } => {
                self.open(Entry::of(charge.into_charge(ChargeState::Captured { transaction }, time), &script));
            }
            Line::Declined { charge, script, decline } => {
                self.open(Entry::of(charge.into_charge(ChargeState::Declined(decline), time), &script));
            }
            Line::Pending { charge, script } => {
                self.open(Entry::of(charge.into_charge(ChargeState::Pending, time), &script));
            }
            Line::Asked { key } => {
                if let Some(&at) = self.charges.get(&*key) {
                    self.entries[at].asked += 1;
                }
            }
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
                    self.refunds.insert(key.as_str().into(), at);
                    let refund = Refunded { key, amount, transaction, at: time };
                    let entry = &mut self.entries[at];
                    match pending {
                        true => entry.pending_refunds.push(PendingRefund { refund, asked: 0 }),
                        false => entry.charge.refunds.push(refund),
                    }
                }
            }
            Line::RefundAsked { key } => {
                if let Some(&at) = self.refunds.get(&*key) {
                    let mut pending = self.entries[at].pending_refunds.iter_mut();
                    pending.find(|one| one.refund.key == key).into_iter().for_each(|one| one.asked += 1);
                }
            }
            Line::RefundSettled { key } => {
                if let Some(&at) = self.refunds.get(&*key) {
                    let entry = &mut self.entries[at];
                    if let Some(n) = entry.pending_refunds.iter().position(|one| one.refund.key == key) {
                        let refund = entry.pending_refunds.remove(n).refund;
                        entry.charge.refunds.push(Refunded { at: time, ..refund });
                    }
                }
            }
        }
    }

    /// Adds an entry. An entry of the same charge that was there before is the same one, taken over twice.
    fn open(&mut self, entry: Entry) {
        let at = self.charges.get(&*entry.charge.key).copied().unwrap_or(self.entries.len());
        entry.names().for_each(|name| match name {
            Name::Charge(key) => _ = self.charges.insert(key.into(), at),
            Name::Transaction(transaction) => _ = self.transactions.insert(transaction.into(), at),
            Name::Refund(key) => _ = self.refunds.insert(key.into(), at),
            Name::Lost(_) => {}
        });
        match self.entries.get_mut(at) {
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }

    /// Where the entry with this name is.
    pub fn find(&self, name: Name<'_>) -> Option<usize> {
        match name {
            Name::Charge(key) => self.charges.get(key).copied(),
            Name::Transaction(transaction) => self.transactions.get(transaction).copied(),
            Name::Refund(key) => self.refunds.get(key).copied(),
            Name::Lost(_) => None,
        }
    }

    /// How many charges and lost requests there are.
    pub fn len(&self) -> usize {
        self.entries.len() + self.lost.len()
    }
}

impl Entry {
    fn of(charge: Charge, script: &str) -> Entry {
        let script = Script::of(Some(script));
        Entry { charge, script, pending_refunds: Vec::new(), carried: Carried::default(), asked: 0 }
    }

    /// The entry as a newer file takes it over: what happened so far is in the list of the older one.
    pub fn carried(mut self) -> Entry {
        let captured = matches!(self.charge.state, ChargeState::Captured { .. });
        self.carried = Carried { captured, refunds: self.charge.refunds.len() };
        self
    }

    /// Everything it is found by.
    pub fn names(&self) -> impl Iterator<Item = Name<'_>> {
        let transaction = match &self.charge.state {
            ChargeState::Captured { transaction } => Some(Name::Transaction(transaction)),
            ChargeState::Declined(_) | ChargeState::Pending => None,
        };
        let pending = self.pending_refunds.iter().map(|one| &one.refund);
        let refunds = self.charge.refunds.iter().chain(pending).map(|refund| Name::Refund(&refund.key));
        [Name::Charge(&self.charge.key)].into_iter().chain(transaction).chain(refunds)
    }

    /// The money that moved for it and that no older file lists.
    pub fn moved(&self) -> Vec<Moved> {
        let ChargeState::Captured { transaction } = &self.charge.state else { return Vec::new() };
        let moved = |movement, transaction: &str, amount, at| Moved {
            movement,
            order: self.charge.order.clone(),
            transaction: transaction.to_owned(),
            amount,
            at,
        };
        let captured = moved(Movement::Captured, transaction, self.charge.amount, self.charge.at);
        let refunds = self.charge.refunds.iter().skip(self.carried.refunds);
        let refunds = refunds.map(|one| moved(Movement::Refunded, &one.transaction, one.amount, one.at));
        (!self.carried.captured).then_some(captured).into_iter().chain(refunds).collect()
    }

    pub fn outcome(&self, settings: &Settings) -> Outcome {
        match &self.charge.state {
            ChargeState::Captured { transaction } => {
                let (amount, currency) = (self.charge.amount, settings.currency);
                let is_deposit = matches!(self.script, Script::Deposit | Script::DepositNever);
                let method = is_deposit.then(|| BY_DEPOSIT.to_owned());
                Outcome::Approved { transaction: transaction.clone(), amount, currency, method }
            }
            ChargeState::Declined(decline) => Outcome::Declined(decline.clone()),
            ChargeState::Pending if matches!(self.script, Script::Deposit | Script::DepositNever) => {
                Outcome::Awaiting(self.account(settings))
            }
            ChargeState::Pending => Outcome::Pending,
        }
    }

    /// The account that was opened for it.
    fn account(&self, settings: &Settings) -> Account {
        let digits = spread(self.charge.key.bytes()) % 100_000_000_000_000;
        Account {
            bank: "20".to_owned(),
            number: format!("X{digits:014}"),
            holder: "Holdfast".to_owned(),
            due: self.charge.at.unwrap_or(Timestamp::from_millis(0)).after(settings.deposit_within),
        }
    }

    /// The outcome of its refund with this key.
    pub fn refund_outcome(&self, key: &str, currency: Currency) -> Outcome {
        match self.charge.refunds.iter().find(|refund| refund.key == key) {
            Some(refund) => {
                let (transaction, amount) = (refund.transaction.clone(), refund.amount);
                Outcome::Approved { transaction, amount, currency, method: None }
            }
            None => Outcome::Pending,
        }
    }

    /// The sum of refunds that are done or pending.
    pub fn refunds_requested(&self) -> Money {
        let pending: i64 = self.pending_refunds.iter().map(|one| one.refund.amount.as_minor()).sum();
        Money::minor(self.charge.refunded().as_minor() + pending)
    }
}
