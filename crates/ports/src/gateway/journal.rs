//! The simulated gateway's records on disk: one JSON object a line, appended and never changed. When the file has enough charges,
//! its records become a closed file ([`super::closed`]) and it begins anew.
//!
//! The gateway passes a line to the operating system before it responds, so the line survives if the process is killed. It does not
//! force the line to disk: a crash of the machine may lose the newest lines. That is enough for a simulation, and it allows tens of
//! thousands of charges a second.
//!
//! Several instances of a shop share one gateway. Each instance locks the file, reads what the others have written, and only then
//! uses the records.

use super::closed::{self, Closed};
use super::records::{Entry, Records};
use super::{Charge, ChargeRequest, ChargeState, Decline};
use kernel::{Code, Error, Money, OrderNumber, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
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
    /// Took the money of a pending request.
    Settled { key: String, transaction: String },
    /// Refused a pending request.
    Refused { key: String, decline: Decline },
    /// Did not receive a request that was sent.
    Lost { key: String },
    /// Refunded money, or kept that request without a decision.
    Refunded { key: String, charge: String, amount: Money, transaction: String, pending: bool },
    /// Refunded the money of a pending refund.
    RefundSettled { key: String },
}

/// What a charge asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    key: String,
    order: OrderNumber,
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
    /// The newest closed files, oldest first.
    closed: Vec<Arc<Closed>>,
}

/// What other instances have done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// The file was closed: what was known from it is in a closed one.
    pub begins: bool,
    pub lines: Vec<Written>,
}

impl Journal {
    /// Opens or makes the file and reads its lines.
    pub fn open(path: &Path) -> Result<(Journal, Vec<Written>)> {
        let unreadable = |cause: io::Error| -> Error {
            Code::Unavailable
                .because("the simulated gateway cannot read its journal")
                .caused_by(format!("{}: {cause}", path.display()))
        };
        let file = OpenOptions::new().create(true).read(true).append(true).open(path).map_err(unreadable)?;
        let mut journal = Journal { path: path.to_owned(), file, number: None, length: 0, closed: Vec::new() };
        let news = journal.enter().map_err(unreadable)?;
        journal.leave();
        Ok((journal, news.lines))
    }

    /// Locks the file until [`Journal::leave`] and returns what other instances have done. Drops a last line that a crash cut off:
    /// no caller has received a response to it.
    pub fn enter(&mut self) -> io::Result<News> {
        self.file.lock()?;
        let (length, number) = self.present()?;
        let begins = self.number != Some(number);
        let read = if begins { 0 } else { self.length };
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
        let mut lines = Vec::new();
        for (n, line) in bytes[..whole].split(|byte| *byte == b'\n').enumerate() {
            if !line.is_empty() {
                let line = serde_json::from_slice(line);
                lines.push(line.map_err(|e| io::Error::other(format!("line {} after byte {read}: {e}", n + 1)))?);
            }
        }
        if begins {
            self.closed = self.closed_before(number)?;
        }
        (self.number, self.length) = (Some(number), read + whole as u64);
        Ok(News { begins, lines })
    }

    /// The length of the file, and how many were closed before it: its first line says so. Without such a line it is the first one;
    /// empty, it follows the newest closed one, because a file is emptied when it is closed.
    fn present(&mut self) -> io::Result<(u64, u64)> {
        let mut length = self.file.metadata()?.len();
        let mut first = Vec::with_capacity(BEGUN_MAX);
        self.file.seek(SeekFrom::Start(0))?;
        (&self.file).take(BEGUN_MAX as u64).read_to_end(&mut first)?;
        let is_begun = first.starts_with(BEGUN) || BEGUN.starts_with(&first);
        let end = first.iter().position(|byte| *byte == b'\n');
        if is_begun && end.is_none() && length > 0 {
            tracing::warn!(bytes = length, "the simulated gateway drops a line that was cut off");
            self.file.set_len(0)?;
            length = 0;
        }
        if length == 0 {
            let newest = closed::numbers(&self.path)?.pop();
            return Ok((0, newest.map_or(0, |newest| newest + 1)));
        }
        let number = first.strip_prefix(BEGUN).and_then(|rest| {
            let digits = rest.split(|byte| !byte.is_ascii_digit()).next()?;
            std::str::from_utf8(digits).ok()?.parse().ok()
        });
        Ok((length, number.unwrap_or(0)))
    }

    fn closed_before(&mut self, number: u64) -> io::Result<Vec<Arc<Closed>>> {
        let mut closed = Vec::new();
        // a file of this number or a later one was never finished
        let numbers = closed::numbers(&self.path)?.into_iter().filter(|one| *one < number);
        for one in numbers.skip_while(|one| *one + (FILES_MAX as u64) < number) {
            let known = self.closed.iter().find(|known| known.number == one).cloned();
            closed.push(match known {
                Some(known) => known,
                None => Arc::new(Closed::open(&self.path, one)?),
            });
        }
        Ok(closed)
    }

    /// The closed files, oldest first.
    pub fn closed(&self) -> &[Arc<Closed>] {
        &self.closed
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
        let mut bytes = Vec::new();
        if self.length == 0 && self.number() > 0 {
            bytes = begun(self.number());
        }
        serde_json::to_writer(&mut bytes, line)?;
        bytes.push(b'\n');
        if let Err(error) = self.file.write_all(&bytes) {
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Makes the records a closed file, begins anew, and forgets the files that are too old. The moment at which the file is emptied
    /// decides: a process that ends before leaves the file as it is, and one that ends after leaves a new file without a line.
    pub fn close(&mut self, records: &Records) -> io::Result<()> {
        let number = self.number();
        let closed = Closed::write(&self.path, number, records)?;
        self.file.set_len(0)?;
        (self.number, self.length) = (Some(number + 1), 0);
        self.closed.push(Arc::new(closed));
        while self.closed.len() > FILES_MAX {
            closed::forget(&self.path, self.closed.remove(0).number);
        }
        // the first line says which file this is, so that other instances see that it is another one
        let first = begun(number + 1);
        match self.file.write_all(&first) {
            Ok(()) => self.length = first.len() as u64,
            Err(error) => {
                tracing::warn!(%error, "the simulated gateway's journal has no first line yet");
                self.file.set_len(0)?;
            }
        }
        Ok(())
    }
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

    #[test]
    fn a_line_cut_off_by_a_crash_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.ndjson");
        let (mut journal, lines) = Journal::open(&path).unwrap();
        assert_eq!(lines, []);
        journal.append(&lost("a")).unwrap();
        journal.append(&lost("b")).unwrap();
        drop(journal);
        let length = std::fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
        let (mut journal, lines) = Journal::open(&path).unwrap();
        assert_eq!(lines, [lost("a")]);
        journal.append(&lost("c")).unwrap();
        assert_eq!(Journal::open(&path).unwrap().1, [lost("a"), lost("c")]);
    }

    #[test]
    fn what_another_instance_has_written_is_read_before_going_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.ndjson");
        let (mut one, _) = Journal::open(&path).unwrap();
        let (mut other, _) = Journal::open(&path).unwrap();
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
        let error = format!("{:?}", Journal::open(&path).unwrap_err());
        assert!(error.contains("line 2"), "{error}");
    }
}
