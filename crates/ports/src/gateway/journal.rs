//! The simulated gateway's records on disk: one JSON object a line, appended and never changed. When the file has enough charges,
//! it becomes a closed file ([`super::closed`]) and another one begins.
//!
//! The gateway passes a line to the operating system before it responds, so the line survives if the process is killed. It does not
//! force the line to disk: a crash of the machine may lose the newest lines. That is enough for a simulation, and it allows tens of
//! thousands of charges a second.
//!
//! Several instances of a shop share one gateway. Each instance locks the file, reads what the others have written, and only then
//! uses the records.

use super::closed::{self, Closed};
use super::records::{Entry, Name, Records};
use super::{Charge, ChargeRequest, ChargeState, Decline};
use kernel::{Money, Reference, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

/// Closed files that are kept. The records of older ones are forgotten.
pub(super) const FILES_MAX: usize = 64;
/// How the first line begins in a file that follows a closed one.
const BEGUN: &[u8] = br#"{"did":"begun","file":"#;
/// Longest first line of that kind: its beginning, a number and the end.
const BEGUN_MAX: usize = BEGUN.len() + 24;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    /// When; a line of an older version does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    #[serde(flatten)]
    pub line: Line,
}

/// One thing the gateway did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub(super) enum Line {
    /// Closed the file before this one.
    Begun { file: u64 },
    /// Closed this file; the last line.
    Closed,
    /// Took over a charge from a closed file, because something happens to it.
    Carried { entry: Box<Entry> },
    /// Took the money.
    Captured {
        #[serde(flatten)]
        charge: Asked,
        script: String,
        transaction: String,
    },
    /// Refused.
    Declined {
        #[serde(flatten)]
        charge: Asked,
        script: String,
        decline: Decline,
    },
    /// Kept the request without a decision.
    Pending {
        #[serde(flatten)]
        charge: Asked,
        script: String,
    },
    /// Was asked for a pending request, which stays pending.
    Asked { key: String },
    /// Took the money of a pending request.
    Settled { key: String, transaction: String },
    /// Refused a pending request.
    Refused { key: String, decline: Decline },
    /// Did not receive a request that was sent.
    Lost { key: String },
    /// Refunded money, or kept that request without a decision.
    Refunded { key: String, charge: String, amount: Money, transaction: String, pending: bool },
    /// Was asked for a pending refund, which stays pending.
    RefundAsked { key: String },
    /// Refunded the money of a pending refund.
    RefundSettled { key: String },
}

/// What a charge asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    key: String,
    order: Reference,
    amount: Money,
    method: String,
}

impl Asked {
    fn of(request: &ChargeRequest) -> Asked {
        Asked {
            key: request.key.clone(),
            order: request.order.clone(),
            amount: request.amount,
            method: request.method.clone(),
        }
    }

    pub fn into_charge(self, state: ChargeState, at: Option<Timestamp>) -> Charge {
        Charge { key: self.key, order: self.order, amount: self.amount, state, at, refunds: Vec::new() }
    }
}

impl Line {
    pub fn captured(request: &ChargeRequest, script: &str, transaction: String) -> Line {
        Line::Captured { charge: Asked::of(request), script: script.to_owned(), transaction }
    }

    pub fn declined(request: &ChargeRequest, script: &str, (_, code, text): (&str, &str, &str)) -> Line {
        let decline = Decline { code: code.to_owned(), text: text.to_owned() };
        Line::Declined { charge: Asked::of(request), script: script.to_owned(), decline }
    }

    pub fn pending(request: &ChargeRequest, script: &str) -> Line {
        Line::Pending { charge: Asked::of(request), script: script.to_owned() }
    }
}

/// The file that is written, the closed ones before it, and how much of it this instance has read or written.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// How many files were closed before this one; `None` before it was read.
    number: Option<u64>,
    length: u64,
    /// Its last line says that it is closed.
    is_closed: bool,
    /// The newest closed files, oldest first.
    past: Vec<Past>,
    /// No file gets its index while a test holds this.
    #[cfg(test)]
    pub hold: Arc<parking_lot::Mutex<()>>,
}

/// A closed file.
#[derive(Debug)]
pub(super) enum Past {
    /// It is read when it is asked for.
    Indexed(Closed),
    /// Its index is not written yet, so its records are in memory.
    InMemory { number: u64, records: Arc<Records>, indexing: Option<JoinHandle<io::Result<Closed>>> },
}

/// What other instances have done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// It is another file than before: what was known from the earlier one is in a closed one.
    pub begins: bool,
    pub lines: Vec<Written>,
    /// The file is closed; [`Journal::go_on`] opens the next one.
    pub is_closed: bool,
}

impl Past {
    pub fn number(&self) -> u64 {
        match self {
            Past::Indexed(closed) => closed.number,
            Past::InMemory { number, .. } => *number,
        }
    }

    /// The entry with this name.
    pub fn find(&self, name: Name<'_>) -> io::Result<Option<Entry>> {
        match self {
            Past::Indexed(closed) => closed.find(name),
            Past::InMemory { records, .. } => Ok(records.find(name).map(|at| records.entries[at].clone())),
        }
    }

    /// Whether the request with this key did not arrive at first.
    pub fn has_lost(&self, key: &str) -> io::Result<bool> {
        match self {
            Past::Indexed(closed) => closed.has_lost(key),
            Past::InMemory { records, .. } => Ok(records.lost.contains(key)),
        }
    }

    /// When the first money of its list moved; `None` when none did.
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Past::Indexed(closed) => closed.since(),
            Past::InMemory { records, .. } => records
                .entries
                .iter()
                .flat_map(Entry::moved)
                .map(|moved| moved.at.unwrap_or(Timestamp::from_millis(i64::MIN)))
                .min(),
        }
    }

    /// Whether money of its list may have moved between these times.
    pub fn may_have(&self, from: Timestamp, to: Timestamp) -> bool {
        match self {
            Past::Indexed(closed) => closed.may_have(from, to),
            Past::InMemory { .. } => true,
        }
    }

    /// Up to `count` entries from the one with this number on, and whether there are more.
    pub fn entries(&self, first: usize, count: usize) -> io::Result<(Vec<Entry>, bool)> {
        match self {
            Past::Indexed(closed) => closed.entries(first, count),
            Past::InMemory { records, .. } => {
                let end = records.entries.len().min(first.saturating_add(count));
                Ok((records.entries[first.min(end)..end].to_vec(), end < records.entries.len()))
            }
        }
    }

    /// Takes the index when it is written, or waits for it.
    fn settle(&mut self, wait: bool) {
        let Past::InMemory { number, indexing, .. } = self else { return };
        if !indexing.as_ref().is_some_and(|indexing| wait || indexing.is_finished()) {
            return;
        }
        match indexing.take().map(JoinHandle::join) {
            Some(Ok(Ok(closed))) => *self = Past::Indexed(closed),
            Some(Ok(Err(error))) => tracing::error!(%error, number, "a file of the simulated gateway has no index yet"),
            Some(Err(_)) => tracing::error!(number, "the index of a file of the simulated gateway was not written"),
            None => {}
        }
    }
}

impl Journal {
    /// Opens or makes the file. [`Journal::enter`] reads it.
    pub fn open(path: &Path) -> io::Result<Journal> {
        Ok(Journal {
            path: path.to_owned(),
            file: opened(path)?,
            number: None,
            length: 0,
            is_closed: false,
            past: Vec::new(),
            #[cfg(test)]
            hold: Arc::default(),
        })
    }

    /// Locks the file until [`Journal::leave`] and returns what other instances have done. Drops a last line that a crash cut off:
    /// no caller has received a response to it.
    pub fn enter(&mut self) -> io::Result<News> {
        self.past.iter_mut().for_each(|past| past.settle(false));
        self.file.lock()?;
        let mut length = self.file.metadata()?.len();
        // an older version empties the file instead of beginning another one
        let begins = self.number.is_none() || length < self.length;
        if begins {
            let (number, present) = self.present()?;
            self.past = self.closed_before(number)?;
            (self.number, self.length, self.is_closed, length) = (Some(number), 0, false, present);
        }
        let read = self.length;
        let mut bytes = Vec::new();
        if length > read {
            self.file.seek(SeekFrom::Start(read))?;
            self.file.read_to_end(&mut bytes)?;
        }
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            tracing::warn!(bytes = bytes.len() - whole, "the simulated gateway drops a line that was cut off");
            self.file.set_len(read + whole as u64)?;
        }
        let mut lines: Vec<Written> = Vec::new();
        for (n, line) in bytes[..whole].split(|byte| *byte == b'\n').enumerate() {
            if !line.is_empty() {
                let line = serde_json::from_slice(line);
                lines.push(line.map_err(|e| io::Error::other(format!("line {} after byte {read}: {e}", n + 1)))?);
            }
        }
        self.length = read + whole as u64;
        self.is_closed |= lines.pop_if(|last| last.line == Line::Closed).is_some();
        Ok(News { begins, lines, is_closed: self.is_closed })
    }

    /// How many files were closed before the present one, and its length. Its first line has the number. Without such a line it is
    /// the first one; empty, it follows the newest closed one, and gets its first line.
    fn present(&mut self) -> io::Result<(u64, u64)> {
        let length = self.file.metadata()?.len();
        let first = first_line(&self.file)?;
        if let Some(number) = number_of(&first) {
            return Ok((number, length));
        }
        if length > 0 {
            tracing::warn!(bytes = length, "the simulated gateway drops a line that was cut off");
            self.file.set_len(0)?;
        }
        let Some(newest) = closed::numbers(&self.path)?.pop() else { return Ok((0, 0)) };
        let line = begun(newest + 1);
        self.file.write_all(&line)?;
        Ok((newest + 1, line.len() as u64))
    }

    fn closed_before(&mut self, number: u64) -> io::Result<Vec<Past>> {
        let mut known = std::mem::take(&mut self.past);
        let mut past = Vec::new();
        // an older version may have left a file of this number that it never finished
        let numbers = closed::numbers(&self.path)?.into_iter().filter(|one| *one < number);
        for one in numbers.skip_while(|one| *one + (FILES_MAX as u64) < number) {
            let at = known.iter().position(|known| known.number() == one);
            past.push(match at {
                Some(at) => known.swap_remove(at),
                None => Past::Indexed(Closed::open(&self.path, one, None)?),
            });
        }
        Ok(past)
    }

    /// The closed files, oldest first.
    pub fn past(&self) -> &[Past] {
        &self.past
    }

    /// How many files were closed before the present one.
    pub fn number(&self) -> u64 {
        self.number.unwrap_or(0)
    }

    /// The length of the present file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Unlocks the file. The operating system also does that when the process ends.
    pub fn leave(&self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the simulated gateway's journal stays locked");
        }
    }

    /// Appends a line. If that fails, removes the part that was written.
    pub fn append(&mut self, line: &Written) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        if let Err(error) = self.file.write_all(&bytes) {
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Whether each closed file has its index.
    pub fn is_indexed(&self) -> bool {
        self.past.iter().all(|past| matches!(past, Past::Indexed(_)))
    }

    /// Waits until each closed file has its index. What could not be written is tried again.
    pub fn wait_for_indexes(&mut self) {
        self.past.iter_mut().for_each(|past| past.settle(true));
        for n in 0..self.past.len() {
            if let Past::InMemory { number, records, .. } = &self.past[n] {
                match Closed::open(&self.path, *number, Some(records.as_ref())) {
                    Ok(closed) => self.past[n] = Past::Indexed(closed),
                    Err(error) => {
                        tracing::error!(%error, number, "a file of the simulated gateway has no index yet");
                    }
                }
            }
        }
    }

    /// Closes the file, opens the next one, and forgets the files that are too old. The file's last line decides: when a process
    /// ends after it was written, the next one that reads it goes on from there. Payments wait for a rename only: the index is
    /// written in the background, and until then `records` stay in memory.
    pub fn close(&mut self, records: &mut Records) -> io::Result<()> {
        let length = self.length;
        self.append(&Written { at: None, line: Line::Closed })?;
        self.is_closed = true;
        if let Err(error) = closed::close(&self.path, self.number()) {
            self.file.set_len(length)?;
            (self.length, self.is_closed) = (length, false);
            return Err(error);
        }
        self.go_on(records)
    }

    /// Opens the file after this closed one, whose records these are.
    pub fn go_on(&mut self, records: &mut Records) -> io::Result<()> {
        let number = self.number();
        // a process may have ended between the last line and the rename; no other one renames it while this one has the lock
        if self.is_present()? {
            closed::close(&self.path, number)?;
        }
        self.file = opened(&self.path)?;
        (self.number, self.length, self.is_closed) = (None, 0, false);
        let records = Arc::new(std::mem::take(records));
        let indexing = self.indexing(number, Arc::clone(&records));
        self.past.push(Past::InMemory { number, records, indexing });
        while self.past.len() > FILES_MAX {
            closed::forget(&self.path, self.past.remove(0).number());
        }
        Ok(())
    }

    /// Whether this file still has the journal's name.
    fn is_present(&self) -> io::Result<bool> {
        match File::open(&self.path) {
            Ok(file) => Ok(number_of(&first_line(&file)?) == self.number),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn indexing(&self, number: u64, records: Arc<Records>) -> Option<JoinHandle<io::Result<Closed>>> {
        let path = self.path.clone();
        #[cfg(test)]
        let hold = Arc::clone(&self.hold);
        let index = move || {
            #[cfg(test)]
            drop(hold.lock());
            Closed::open(&path, number, Some(records.as_ref()))
        };
        let indexing = std::thread::Builder::new().name("gateway-journal".to_owned()).spawn(index);
        indexing.inspect_err(|error| tracing::error!(%error, "a file of the simulated gateway has no index yet")).ok()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.past.iter_mut().for_each(|past| past.settle(true));
    }
}

fn opened(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).read(true).append(true).open(path)
}

/// The first line as far as it matters: the longest one that only says that a file begins is whole.
fn first_line(mut file: &File) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(BEGUN_MAX);
    file.seek(SeekFrom::Start(0))?;
    file.take(BEGUN_MAX as u64).read_to_end(&mut first)?;
    Ok(first)
}

/// How many files were closed before the one that begins with this line; `None` when it is empty, or its first line was cut off.
fn number_of(first: &[u8]) -> Option<u64> {
    let is_begun = first.starts_with(BEGUN) || BEGUN.starts_with(first);
    if is_begun && !first.contains(&b'\n') {
        return None;
    }
    let number = first.strip_prefix(BEGUN).and_then(|rest| {
        let digits = rest.split(|byte| !byte.is_ascii_digit()).next()?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    });
    Some(number.unwrap_or(0))
}

fn begun(file: u64) -> Vec<u8> {
    let mut line = BEGUN.to_vec();
    line.extend_from_slice(format!("{file}}}\n").as_bytes());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(key: &str) -> Written {
        Written { at: Some(Timestamp::from_millis(1_770_336_000_000)), line: Line::Lost { key: key.to_owned() } }
    }

    #[test]
    fn a_line_of_an_older_version_has_no_time() {
        let written: Written = serde_json::from_str(r#"{"did":"lost","key":"a"}"#).unwrap();
        assert_eq!(written, Written { at: None, ..lost("a") });
    }

    /// A journal that this instance has locked, and its lines.
    fn entered(path: &Path) -> io::Result<(Journal, Vec<Written>)> {
        let mut journal = Journal::open(path)?;
        let lines = journal.enter()?.lines;
        Ok((journal, lines))
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.ndjson");
        let (mut journal, lines) = entered(&path).unwrap();
        assert_eq!(lines, []);
        journal.append(&lost("a")).unwrap();
        journal.append(&lost("b")).unwrap();
        drop(journal);
        let length = std::fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
        let (mut journal, lines) = entered(&path).unwrap();
        assert_eq!(lines, [lost("a")]);
        journal.append(&lost("c")).unwrap();
        drop(journal);
        assert_eq!(entered(&path).unwrap().1, [lost("a"), lost("c")]);
    }

    #[test]
    fn what_another_instance_has_written_is_read_before_going_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.ndjson");
        let (mut one, mut other) = (Journal::open(&path).unwrap(), Journal::open(&path).unwrap());
        for journal in [&mut one, &mut other] {
            assert_eq!(journal.enter().unwrap(), News { begins: true, ..News::default() });
            journal.leave();
        }
        assert_eq!(one.enter().unwrap(), News::default());
        one.append(&lost("a")).unwrap();
        one.leave();
        assert_eq!(other.enter().unwrap().lines, [lost("a")]);
        other.append(&lost("b")).unwrap();
        other.leave();
        assert_eq!(one.enter().unwrap().lines, [lost("b")]);
        one.leave();
    }

    #[test]
    fn a_damaged_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.ndjson");
        std::fs::write(&path, "{\"did\":\"lost\",\"key\":\"a\"}\nnonsense\n").unwrap();
        let error = format!("{:?}", entered(&path).unwrap_err());
        assert!(error.contains("line 2"), "{error}");
    }
}
