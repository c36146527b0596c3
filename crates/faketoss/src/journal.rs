//! What the fake remembers across its ends: one JSON object a line, appended only. A line has the new state of one thing.

use crate::{
    idempotency::Stored,
    payment::{Payment, Transaction},
    webhooks::Webhook,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

/// A line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// The payment is so now.
    Payment(Box<Payment>),
    /// Something happened to money, or to an account.
    Transaction(Transaction),
    /// This was answered to an idempotency key.
    Answered(Stored),
    /// The message is so now.
    Webhook(Webhook),
    /// The message has arrived, or is not sent any more.
    Delivered(String),
}

/// The file; none keeps everything in memory only.
#[derive(Debug, Default)]
pub struct Journal {
    file: Option<File>,
}

impl Journal {
    /// Opens the file and reads its lines. A last line that a crash cut off is dropped.
    pub fn open(path: &Path) -> io::Result<(Journal, Vec<Line>)> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        file.try_lock().map_err(|_| io::Error::other("another process uses these data"))?;
        let (mut reader, mut lines, mut whole) = (BufReader::new(&file), Vec::new(), 0_u64);
        let mut text = Vec::new();
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text)?;
            if length == 0 || text.last() != Some(&b'\n') {
                break;
            }
            lines.push(serde_json::from_slice(&text)?);
            whole += length as u64;
        }
        file.set_len(whole)?;
        Ok((Journal { file: Some(file) }, lines))
    }

    /// Writes lines at once.
    pub fn append(&mut self, lines: &[Line]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        file.write_all(&text)
    }
}
