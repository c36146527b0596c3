//! What an order writes into SQLite's log, per table and index: pages, and the bytes of its rows and index entries. The log is
//! what a commit waits for, and a page is its smallest part: an entry of 30 bytes that lies alone costs 4 KiB.

use crate::{
    Outcome,
    ours::Ours,
    report::{self, Figure},
    rows,
};
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};
use store::DatabaseUrl;

/// Bytes before the first frame of a log.
const LOG_HEAD: u64 = 32;
/// Bytes before the page in each frame.
const FRAME_HEAD: usize = 24;
/// Attempts to empty the log while the shop uses it.
const TRIES: usize = 200;
/// Orders that the shop has before the measured ones: in a small tree everything lies together.
const BEFORE: u64 = 10_000;
/// Orders of one commit, and commits that are counted.
const BATCHES: [(u64, u64); 2] = [(1, 100), (40, 25)];

/// Per tree: what one order adds.
#[derive(Debug, Default, Clone, Copy)]
struct Added {
    /// Of [`BATCHES`].
    pages: [f64; 2],
    bytes: f64,
}

/// Places orders alone in their commit and 40 together.
pub fn measure(folder: &Path) -> Outcome<report::Path> {
    let ours = Ours::at(DatabaseUrl::Sqlite(folder.join("ours.db")))?;
    let mut next = 0;
    let mut place = |orders: u64| {
        next += orders;
        ours.place_together(next - orders..next)
    };
    (0..BEFORE / 100).try_for_each(|_| place(100))?;
    let mut trees: BTreeMap<String, Added> = BTreeMap::new();
    let (mut kib, mut of_views) = ([0.0; 2], [0.0; 2]);
    for (which, (together, commits)) in BATCHES.into_iter().enumerate() {
        ours.drain()?;
        empty_log(&ours.path)?;
        let before = payload(&ours.path)?;
        // a reader of the state before keeps the log from beginning anew
        let reader = Connection::open_with_flags(&ours.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        reader.execute_batch("begin; select 1 from sqlite_schema limit 1")?;
        (0..commits).try_for_each(|_| place(together))?;
        ours.drain()?;
        let orders = (together * commits) as f64;
        let (written, frame) = logged(&ours.path)?;
        for (tree, pages) in written {
            let added = pages as f64 * frame as f64 / 1024.0 / orders;
            kib[which] += added;
            if is_of_a_read_model(&tree) {
                of_views[which] += added;
            }
            trees.entry(tree).or_default().pages[which] = pages as f64 / orders;
        }
        for (tree, bytes) in payload(&ours.path)? {
            let grown = bytes - before.get(&tree).copied().unwrap_or_default();
            trees.entry(tree).or_default().bytes = grown as f64 / orders;
        }
    }
    let mut path = report::Path::new("pages", "what an order of three lines adds to the log", "20 KiB", Vec::new());
    for (what, values) in [("of log an order", kib), ("of it for read models", of_views)] {
        for (how, value) in ["alone in its commit", "of 40 together"].into_iter().zip(values) {
            path.figures.push(Figure { name: format!("{what}, {how}"), unit: "KiB".to_owned(), value });
        }
    }
    path.notes = lines(&trees);
    Ok(path)
}

/// A table, an index or a key of one.
fn is_of_a_read_model(tree: &str) -> bool {
    tree.trim_start_matches("key of ").starts_with(rows::READ_MODELS)
}

fn lines(trees: &BTreeMap<String, Added>) -> Vec<String> {
    let mut sorted: Vec<_> = trees.iter().filter(|(_, added)| added.pages[0] >= 0.005).collect();
    sorted.sort_by(|one, other| other.1.pages[1].total_cmp(&one.1.pages[1]));
    let line = |name: &str, added: &Added| {
        format!("{:>10.2} {:>13.2} {:>8.0}  {name}", added.pages[0], added.pages[1], added.bytes)
    };
    let mut all = Added::default();
    for added in trees.values() {
        all.pages[0] += added.pages[0];
        all.pages[1] += added.pages[1];
        all.bytes += added.bytes;
    }
    let head = format!("{:>10} {:>13} {:>8}  table or index", "pages: 1", "of 40", "bytes");
    let mut lines = vec![head, line("all", &all)];
    lines.extend(sorted.into_iter().map(|(name, added)| line(name, added)));
    lines
}

/// Empties the log into the database, so that it then contains only what is written afterwards.
fn empty_log(database: &Path) -> Outcome<()> {
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

/// Bytes of rows and index entries, per table and index.
fn payload(database: &Path) -> Outcome<BTreeMap<String, i64>> {
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut sums = conn.prepare("select name, sum(payload) from dbstat group by name")?;
    let mut rows = sums.query([])?;
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        all.insert(named(&conn, row.get(0)?)?, row.get(1)?);
    }
    Ok(all)
}

/// Pages in the log per table and index, and the bytes of each.
fn logged(database: &Path) -> Outcome<(BTreeMap<String, u64>, usize)> {
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let page = usize::try_from(conn.query_row("pragma page_size", [], |row| row.get::<_, i64>(0))?)?;
    let mut log = File::open(PathBuf::from(format!("{}-wal", database.display())))?;
    log.seek(SeekFrom::Start(LOG_HEAD))?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes)?;
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    let mut pages = conn.prepare("select pageno, name from dbstat")?;
    let mut rows = pages.query([])?;
    while let Some(row) = rows.next()? {
        names.insert(row.get(0)?, row.get(1)?);
    }
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for frame in bytes.chunks_exact(FRAME_HEAD + page) {
        let number = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]);
        let name = names.get(&number).cloned().unwrap_or_else(|| "free".to_owned());
        *counted.entry(name).or_default() += 1;
    }
    let named = counted.into_iter().map(|(name, pages)| Ok((named(&conn, name)?, pages))).collect::<Outcome<_>>()?;
    Ok((named, FRAME_HEAD + page))
}

/// A tree as people call it: an index without a name of its own gets its table and columns.
fn named(conn: &Connection, tree: String) -> Outcome<String> {
    let Some(rest) = tree.strip_prefix("sqlite_autoindex_") else { return Ok(tree) };
    let table = rest.rsplit_once('_').map_or(rest, |(table, _)| table);
    let mut columns = conn.prepare_cached("select name from pragma_index_info(?)")?;
    let columns = columns.query_map([&tree], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(format!("key of {table} ({})", columns.join(", ")))
}
