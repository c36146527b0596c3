//! Which database pages an order writes, counted per table and index. They are read from the write-ahead log. On a slow disk they are
//! the cost of an order.

use crate::Outcome;
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Bytes before the first frame of a log.
const LOG_HEAD: u64 = 32;
/// Bytes before the page in each frame.
const FRAME_HEAD: usize = 24;
/// Bytes of a page.
const PAGE: usize = 4096;
/// Attempts to empty the log while the shop uses it.
const TRIES: usize = 200;

/// Empties the log into the database, so that it then contains only what is written afterwards.
pub fn empty_log(database: &Path) -> Outcome<()> {
    let conn = Connection::open(database)?;
    for _ in 0..TRIES {
        let busy: i64 = conn.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        if busy == 0 {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err("the log cannot be emptied".into())
}

/// Pages in the log per table and index, most written first.
pub fn logged(database: &Path) -> Outcome<Vec<(String, u64)>> {
    let mut log = File::open(PathBuf::from(format!("{}-wal", database.display())))?;
    log.seek(SeekFrom::Start(LOG_HEAD))?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes)?;
    let mut written: BTreeMap<u32, u64> = BTreeMap::new();
    for frame in bytes.chunks_exact(FRAME_HEAD + PAGE) {
        let number = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]);
        *written.entry(number).or_default() += 1;
    }
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    let mut pages = conn.prepare("select pageno, name from dbstat")?;
    let mut rows = pages.query([])?;
    while let Some(row) = rows.next()? {
        names.insert(row.get(0)?, row.get(1)?);
    }
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for (page, times) in written {
        *counted.entry(names.get(&page).cloned().unwrap_or_else(|| "free".to_owned())).or_default() += times;
    }
    let mut sorted: Vec<(String, u64)> = counted.into_iter().collect();
    sorted.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    Ok(sorted)
}
