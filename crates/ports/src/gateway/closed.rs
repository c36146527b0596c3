//! A closed file of the journal: the records of a few thousand charges as they were when the next file began, never changed
//! afterwards. Beside it is an index: a hash table, of which only the hashes are in memory.
//!
//! Right after it was closed, the file still has the lines of the journal. The instance that opens it first writes the records and the index
//! in their place; that may happen again after a crash, and gives the same bytes.

use super::Moved;
use super::journal::Written;
use super::records::{Entry, Name, Records};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Begins an index; another form of it would begin otherwise.
const MAGIC: [u8; 8] = *b"HFINDEX1";
/// Magic, and the five numbers of [`Head`].
const HEAD_BYTES: usize = 8 + 5 * 8;
/// An index has so many times as many slots as there are names.
const SLOTS_PER_NAME: usize = 2;

/// A line of a closed file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Charge(Box<Entry>),
    Lost(String),
}

/// A closed file that may be asked.
#[derive(Debug)]
pub(super) struct Closed {
    pub number: u64,
    path: PathBuf,
    index: File,
    head: Head,
    /// A part of the hash of what is in each slot; 0 is nothing.
    hashes: Vec<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    /// Of the file that is indexed.
    bytes: u64,
    entries: u64,
    slots: u64,
    /// When the first and the last money of its list moved.
    from: i64,
    to: i64,
}

/// The file of the journal with this number, beside `path`.
pub(super) fn path_of(path: &Path, number: u64) -> PathBuf {
    with(path, &format!(".{number}"))
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

fn index_of(path: &Path) -> PathBuf {
    with(path, ".index")
}

/// The numbers of the closed files beside `path`, ascending.
pub(super) fn numbers(path: &Path) -> io::Result<Vec<u64>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut numbers = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?.file_name();
        let number: Option<u64> =
            file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.')?.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Deletes a closed file; what is in it is forgotten.
pub(super) fn forget(path: &Path, number: u64) {
    let path = path_of(path, number);
    for path in [index_of(&path), path] {
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "a file of the simulated gateway's journal cannot be deleted");
        }
    }
}

impl Closed {
    /// Opens the file with this number. If it still has the lines of the journal, they become records with an index; `records` are
    /// those of these lines, if the caller has them. A missing or damaged index is made again.
    pub fn open(journal: &Path, number: u64, records: Option<&Records>) -> io::Result<Closed> {
        let path = path_of(journal, number);
        if has_lines(&path)? {
            make_records(&path, records)?;
        }
        let bytes = fs::metadata(&path)?.len();
        match Closed::with_index(&path, number) {
            Ok(closed) if closed.head.bytes == bytes => return Ok(closed),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, path = %path.display(), "an index is made again"),
        }
        make_index(&path)?;
        Closed::with_index(&path, number)
    }

    fn with_index(path: &Path, number: u64) -> io::Result<Closed> {
        let mut index = File::open(index_of(path))?;
        let mut head = [0; HEAD_BYTES];
        index.read_exact(&mut head)?;
        let head = Head::read(&head)?;
        let slots = usize::try_from(head.slots).map_err(io::Error::other)?;
        if index.metadata()?.len() != HEAD_BYTES as u64 + head.slots.saturating_mul(6) || slots == 0 {
            return Err(io::Error::other("the index has another length"));
        }
        let mut bytes = vec![0; slots * 2];
        index.read_exact(&mut bytes)?;
        let hashes = bytes.as_chunks::<2>().0.iter().map(|hash| u16::from_le_bytes(*hash)).collect();
        Ok(Closed { number, path: path.to_owned(), index, head, hashes })
    }

    /// When the first money of its list moved; `None` when none did.
    pub fn since(&self) -> Option<Timestamp> {
        (self.head.from <= self.head.to).then(|| Timestamp::from_millis(self.head.from))
    }

    /// Whether money of its list may have moved between these times.
    pub fn may_have(&self, from: Timestamp, to: Timestamp) -> bool {
        self.head.from <= self.head.to && self.head.from < to.as_millis() && self.head.to >= from.as_millis()
    }

    /// The entry with this name.
    pub fn find(&self, name: Name<'_>) -> io::Result<Option<Entry>> {
        self.look_for(name, |line| match line {
            Line::Charge(entry) if entry.names().any(|one| one == name) => Some(*entry),
            Line::Charge(_) | Line::Lost(_) => None,
        })
    }

    /// Whether the request with this key did not arrive at first.
    pub fn has_lost(&self, key: &str) -> io::Result<bool> {
        let is_it = |line| matches!(line, Line::Lost(lost) if lost == key).then_some(());
        Ok(self.look_for(Name::Lost(key), is_it)?.is_some())
    }

    fn look_for<T>(&self, name: Name<'_>, right: impl Fn(Line) -> Option<T>) -> io::Result<Option<T>> {
        let (mut slot, hash) = place(name, self.hashes.len());
        while self.hashes[slot] != 0 {
            if self.hashes[slot] == hash
                && let Some(found) = right(self.line(self.offset(slot)?)?)
            {
                return Ok(Some(found));
            }
            slot = (slot + 1) % self.hashes.len();
        }
        Ok(None)
    }

    fn offset(&self, slot: usize) -> io::Result<u64> {
        let mut bytes = [0; 4];
        let mut index = &self.index;
        index.seek(SeekFrom::Start((HEAD_BYTES + self.hashes.len() * 2 + slot * 4) as u64))?;
        index.read_exact(&mut bytes)?;
        Ok(u64::from(u32::from_le_bytes(bytes)))
    }

    fn line(&self, offset: u64) -> io::Result<Line> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut line = Vec::new();
        BufReader::new(file).read_until(b'\n', &mut line)?;
        Ok(serde_json::from_slice(&line)?)
    }

    /// Up to `count` entries from the one with this number on, and whether there are more.
    pub fn entries(&self, first: usize, count: usize) -> io::Result<(Vec<Entry>, bool)> {
        let mut file = BufReader::new(File::open(&self.path)?);
        let mut line = Vec::new();
        for _ in 0..first {
            line.clear();
            file.read_until(b'\n', &mut line)?;
        }
        let mut entries = Vec::new();
        while entries.len() < count {
            line.clear();
            if file.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            // lost requests are behind all entries
            let Line::Charge(entry) = serde_json::from_slice(&line)? else { break };
            entries.push(*entry);
        }
        let more = !entries.is_empty() && ((first + entries.len()) as u64) < self.head.entries;
        Ok((entries, more))
    }
}

impl Head {
    fn read(bytes: &[u8; HEAD_BYTES]) -> io::Result<Head> {
        let (magic, numbers) = bytes.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(io::Error::other("it is no index"));
        }
        let [bytes, entries, slots, from, to] =
            std::array::from_fn(|n| u64::from_le_bytes(numbers.as_chunks::<8>().0[n]));
        Ok(Head { bytes, entries, slots, from: from.cast_signed(), to: to.cast_signed() })
    }

    fn written(&self) -> Vec<u8> {
        let Head { bytes, entries, slots, from, to } = *self;
        let numbers = [bytes, entries, slots, from.cast_unsigned(), to.cast_unsigned()];
        MAGIC.into_iter().chain(numbers.into_iter().flat_map(u64::to_le_bytes)).collect()
    }

    fn saw(&mut self, moved: &[Moved]) {
        for one in moved {
            // a record without a time may be of any time
            let (from, to) = one.at.map_or((i64::MIN, i64::MAX), |at| (at.as_millis(), at.as_millis()));
            (self.from, self.to) = (self.from.min(from), self.to.max(to));
        }
    }
}

/// Makes the present file of the journal the closed one with this number.
pub(super) fn close(journal: &Path, number: u64) -> io::Result<()> {
    let path = path_of(journal, number);
    // an index of this number can only be what an older version left when it ended while it closed a file
    match fs::remove_file(index_of(&path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::rename(journal, path),
    }
}

/// Whether a file still has the lines of the journal.
fn has_lines(path: &Path) -> io::Result<bool> {
    let mut first = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut first)?;
    Ok(!first.is_empty() && serde_json::from_slice::<Line>(&first).is_err())
}

/// The records of a file that still has the lines of the journal.
fn read_lines(path: &Path) -> io::Result<Records> {
    let mut records = Records::default();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        records.apply(serde_json::from_slice::<Written>(&line?)?);
    }
    Ok(records)
}

/// Writes records and their index in the place of a file's lines. Until the last step the file has its lines, so a process may end
/// at any moment. Instances that do it at the same time wait for each other.
fn make_records(path: &Path, records: Option<&Records>) -> io::Result<()> {
    let half = with(path, ".tmp");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&half)?;
    file.lock()?;
    if !has_lines(path)? {
        // another instance has done it, and its file took the name away, or no instance needs it any more
        return fs::remove_file(&half)
            .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) });
    }
    let read;
    let records = match records {
        Some(records) => records,
        None => {
            read = read_lines(path)?;
            &read
        }
    };
    file.set_len(0)?;
    let mut writer = BufWriter::new(&file);
    let mut index = Index::default();
    let entries = records.entries.iter().map(|entry| Line::Charge(Box::new(entry.clone())));
    let mut lost: Vec<&str> = records.lost.iter().map(AsRef::as_ref).collect();
    // instances must write the same bytes, because one may use the index of another
    lost.sort_unstable();
    let mut text = Vec::new();
    for line in entries.chain(lost.into_iter().map(|key| Line::Lost(key.to_owned()))) {
        text.clear();
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
        index.add(&line, text.len())?;
        writer.write_all(&text)?;
    }
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    index.write(path)?;
    fs::rename(&half, path)
}

/// Reads a closed file and writes its index.
fn make_index(path: &Path) -> io::Result<()> {
    let mut index = Index::default();
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = file.read_until(b'\n', &mut line)?;
        if length == 0 {
            return index.write(path);
        }
        index.add(&serde_json::from_slice(&line)?, length)?;
    }
}

/// An index that is being made.
struct Index {
    head: Head,
    /// The hash of each name, and where its line begins.
    names: Vec<(u64, u32)>,
}

impl Default for Index {
    fn default() -> Index {
        Index { head: Head { bytes: 0, entries: 0, slots: 0, from: i64::MAX, to: i64::MIN }, names: Vec::new() }
    }
}

impl Index {
    /// Adds the next line of the file.
    fn add(&mut self, line: &Line, length: usize) -> io::Result<()> {
        let offset =
            u32::try_from(self.head.bytes).map_err(|_| io::Error::other("the file is too long for an index"))?;
        match line {
            Line::Charge(entry) => {
                self.head.saw(&entry.moved());
                self.head.entries += 1;
                self.names.extend(entry.names().map(|name| (hash(name), offset)));
            }
            Line::Lost(key) => self.names.push((hash(Name::Lost(key)), offset)),
        }
        self.head.bytes += length as u64;
        Ok(())
    }

    /// Writes the index of this file.
    fn write(mut self, path: &Path) -> io::Result<()> {
        let slots = (self.names.len() * SLOTS_PER_NAME).max(1);
        self.head.slots = slots as u64;
        let (mut hashes, mut offsets) = (vec![0_u16; slots], vec![0_u32; slots]);
        for (hash, offset) in self.names {
            let (mut slot, part) = slot_of(hash, slots);
            while hashes[slot] != 0 {
                slot = (slot + 1) % slots;
            }
            (hashes[slot], offsets[slot]) = (part, offset);
        }
        let index = index_of(path);
        let half = with(&index, ".tmp");
        let mut written = self.head.written();
        written.extend(hashes.into_iter().flat_map(u16::to_le_bytes));
        written.extend(offsets.into_iter().flat_map(u32::to_le_bytes));
        fs::write(&half, written)?;
        fs::rename(&half, &index)
    }
}

fn place(name: Name<'_>, slots: usize) -> (usize, u16) {
    slot_of(hash(name), slots)
}

/// The slot where a name belongs, and the part of its hash that is kept there.
fn slot_of(hash: u64, slots: usize) -> (usize, u16) {
    ((hash % slots as u64) as usize, ((hash >> 48) as u16).max(1))
}

fn hash(name: Name<'_>) -> u64 {
    let (kind, name) = match name {
        Name::Charge(key) => (b'c', key),
        Name::Transaction(transaction) => (b't', transaction),
        Name::Refund(key) => (b'r', key),
        Name::Lost(key) => (b'l', key),
    };
    let hash = super::simulated::spread(std::iter::once(kind).chain(name.bytes()));
    // the high bits of FNV-1a depend little on the last signs
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
