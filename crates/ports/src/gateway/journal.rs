//! The simulated gateway's records on disk: one JSON object a line, appended and never changed.
//!
//! The gateway passes a line to the operating system before it responds, so the line survives if the process is killed. It does not
//! force the line to disk: a crash of the machine may lose the newest lines. That is enough for a simulation, and it allows tens of
//! thousands of charges a second.
//!
//! Several instances of a shop share one gateway. Each instance locks the file, reads what the others have written, and only then
//! uses the records.

use super::{Charge, ChargeRequest, ChargeState, Decline};
use kernel::{Code, Error, Money, OrderNumber, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

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

/// The open file, and how much of it this instance has read or written.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    length: u64,
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
        let mut journal = Journal { file, length: 0 };
        let lines = journal.enter().map_err(unreadable)?;
        journal.leave();
        Ok((journal, lines))
    }

    /// Locks the file until [`Journal::leave`] and returns the lines that other instances have written. Drops a last line that a
    /// crash cut off: no caller has received a response to it.
    pub fn enter(&mut self) -> io::Result<Vec<Written>> {
        self.file.lock()?;
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            tracing::warn!(bytes = bytes.len() - whole, "the simulated gateway drops a line that was cut off");
            self.file.set_len(self.length + whole as u64)?;
        }
        let mut lines = Vec::new();
        for (n, line) in bytes[..whole].split(|byte| *byte == b'\n').enumerate() {
            if !line.is_empty() {
                let line = serde_json::from_slice(line);
                lines.push(
                    line.map_err(|e| io::Error::other(format!("line {} after byte {}: {e}", n + 1, self.length)))?,
                );
            }
        }
        self.length += whole as u64;
        Ok(lines)
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
        assert_eq!(one.enter().unwrap(), []);
        one.append(&lost("a")).unwrap();
        one.leave();
        assert_eq!(other.enter().unwrap(), [lost("a")]);
        other.append(&lost("b")).unwrap();
        other.leave();
        assert_eq!(one.enter().unwrap(), [lost("b")]);
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
