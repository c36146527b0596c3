//! The simulated gateway's records: the present ones in memory, the older ones in closed files of its journal.

use super::journal::{Journal, Line, News, Past, Written};
use super::records::{Entry, Name, Records};
use super::{Charge, Listed, Period};
use kernel::{Code, Error, Result, Timestamp};
use std::{collections::BTreeMap, io, path::Path};

/// Longest file of a journal; one charge may have many refunds.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// How many times as many charges a file may have as it should, while an earlier one has no index yet.
const LATE_MAX: usize = 4;
/// Charges whose records one page of the list shows.
const LISTED_AT_ONCE: usize = 500;

/// The records, and the journal that keeps them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Those since the last file was closed.
    pub open: Records,
    pub journal: Option<Journal>,
    /// The records may not be closed before there are so many: the last try failed.
    not_before: usize,
}

/// Where a record is.
pub(super) enum Found {
    Open(usize),
    Closed(Box<Entry>),
}

impl Ledger {
    /// The records in this journal. C013 when it cannot be read.
    pub fn open(path: &Path) -> Result<Ledger> {
        let unreadable = |cause: io::Error| -> Error {
            Code::Unavailable
                .because("the simulated gateway cannot read its journal")
                .caused_by(format!("{}: {cause}", path.display()))
        };
        let journal = Some(Journal::open(path).map_err(unreadable)?);
        let mut ledger = Ledger { journal, ..Ledger::default() };
        ledger.catch_up().map_err(unreadable)?;
        ledger.journal.iter().for_each(Journal::leave);
        Ok(ledger)
    }

    /// Locks the journal and takes over what other instances have done.
    pub fn catch_up(&mut self) -> io::Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        loop {
            let News { begins, lines, is_closed } = journal.enter()?;
            if begins {
                (self.open, self.not_before) = (Records::default(), 0);
            }
            lines.into_iter().for_each(|line| self.open.apply(line));
            if !is_closed {
                return Ok(());
            }
            journal.go_on(&mut self.open)?;
        }
    }

    /// Writes a line to the journal and applies it.
    pub fn write(&mut self, line: Written) -> io::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.append(&line)?;
        }
        self.open.apply(line);
        Ok(())
    }

    /// The newest record with this name.
    pub fn find(&self, name: Name<'_>) -> io::Result<Option<Found>> {
        if let Some(at) = self.open.find(name) {
            return Ok(Some(Found::Open(at)));
        }
        for past in self.past().iter().rev() {
            if let Some(entry) = past.find(name)? {
                return Ok(Some(Found::Closed(Box::new(entry))));
            }
        }
        Ok(None)
    }

    pub fn knows(&self, name: Name<'_>) -> io::Result<bool> {
        Ok(self.find(name)?.is_some())
    }

    pub fn has_lost(&self, key: &str) -> io::Result<bool> {
        if self.open.lost.contains(key) {
            return Ok(true);
        }
        for past in self.past() {
            if past.has_lost(key)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn entry<'a>(&'a self, found: &'a Found) -> &'a Entry {
        match found {
            Found::Open(at) => &self.open.entries[*at],
            Found::Closed(entry) => entry,
        }
    }

    /// Where a record can be changed. One of a closed file is taken over into the present one.
    pub fn carried(&mut self, found: Found, at: Timestamp) -> io::Result<usize> {
        match found {
            Found::Open(at) => Ok(at),
            Found::Closed(entry) => {
                let key = entry.charge.key.clone();
                self.write(Written { at: Some(at), line: Line::Carried { entry: Box::new(entry.carried()) } })?;
                self.open
                    .find(Name::Charge(&key))
                    .ok_or_else(|| io::Error::other("a record was taken over and is not there"))
            }
        }
    }

    fn past(&self) -> &[Past] {
        self.journal.as_ref().map_or(&[], Journal::past)
    }

    /// Begins another file when the present one has enough. While an earlier one has no index yet, the present one goes on, so
    /// that no payment waits; but not for ever, because the records of both are in memory.
    pub fn close_if_full(&mut self, charges_max: usize) {
        let Some(journal) = &mut self.journal else { return };
        let is_full = self.open.len() >= charges_max.max(self.not_before) || journal.length() >= FILE_BYTES_MAX;
        if !is_full || self.open.len() < self.not_before {
            return;
        }
        if !journal.is_indexed() {
            if self.open.len() < charges_max * LATE_MAX {
                return;
            }
            journal.wait_for_indexes();
        }
        let closed = journal.close(&mut self.open);
        if let Err(error) = closed.and_then(|()| self.catch_up()) {
            tracing::error!(%error, "the simulated gateway cannot begin another file of its journal");
            self.not_before = self.open.len() + charges_max.div_ceil(16);
        }
    }

    /// A page of the list: entries of one file, from the one that `after` names as `<number of the file>:<entry>`. Files in which no
    /// money moved in the period are left out.
    pub fn list(&self, period: Period, after: Option<&str>) -> io::Result<Listed> {
        let place = after.and_then(|after| after.split_once(':'));
        let (file, first) =
            place.and_then(|(file, first)| Some((file.parse().ok()?, first.parse().ok()?))).unwrap_or((0, 0));
        let has_forgotten = self.past().first().is_some_and(|oldest| oldest.number() > 0);
        let since = self.past().iter().find_map(Past::since).filter(|_| has_forgotten);
        let page = |entries: &[Entry], next: Option<String>| {
            let moved = entries.iter().flat_map(Entry::moved).filter(|moved| period.has(moved.at)).collect();
            Listed { moved, next, since }
        };
        let is_next = |past: &&Past| past.number() >= file && past.may_have(period.from, period.to);
        if let Some(past) = self.past().iter().find(is_next) {
            let first = if past.number() == file { first } else { 0 };
            let (entries, more) = past.entries(first, LISTED_AT_ONCE)?;
            let next = match more {
                true => format!("{}:{}", past.number(), first + entries.len()),
                false => format!("{}:0", past.number() + 1),
            };
            return Ok(page(&entries, Some(next)));
        }
        let number = self.journal.as_ref().map_or(0, Journal::number);
        let first = if number == file { first } else { 0 };
        let end = self.open.entries.len().min(first.saturating_add(LISTED_AT_ONCE));
        let next = (end < self.open.entries.len()).then(|| format!("{number}:{end}"));
        Ok(page(&self.open.entries[first.min(end)..end], next))
    }

    /// Every charge as it is now, oldest first.
    pub fn charges(&self) -> io::Result<Vec<Charge>> {
        let mut all: BTreeMap<String, (usize, Charge)> = BTreeMap::new();
        // a charge that a newer file has taken over is there as it is now
        let mut note = |charge: Charge| {
            let place = all.get(&charge.key).map_or(all.len(), |(place, _)| *place);
            all.insert(charge.key.clone(), (place, charge));
        };
        for past in self.past() {
            past.entries(0, usize::MAX)?.0.into_iter().for_each(|entry| note(entry.charge));
        }
        self.open.entries.iter().for_each(|entry| note(entry.charge.clone()));
        let mut charges: Vec<(usize, Charge)> = all.into_values().collect();
        charges.sort_by_key(|(place, _)| *place);
        Ok(charges.into_iter().map(|(_, charge)| charge).collect())
    }
}
