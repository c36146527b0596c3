//! The event log: every event of the shop, appended to a file on disk as NDJSON. docs/events.schema.json describes a line.
//!
//! A batch is on disk (fsync) before its position is stored. After a crash the relay delivers events again whose position was
//! not stored; the log skips those that its last line shows it has, so that each event is in the file once.

use async_trait::async_trait;
use kernel::{Code, Result};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::value::RawValue;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};
use store::StoredEvent;
use web::outside::{Outside, Rejected};

/// Bytes read at once when the last line is looked for.
const CHUNK: u64 = 64 << 10;

/// The rights of users who are neither the owner nor in the group of a file.
#[cfg(unix)]
const OTHERS: u32 = 0o007;

/// Where the log is and how long it gets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file that is written. Its folder must exist.
    pub file: PathBuf,
    /// Size from which a new file is begun.
    pub max_bytes: u64,
    /// Full files that are kept, at least one, as `<file>.1` (the newest), `<file>.2` and so on.
    pub keep: u32,
}

/// The log.
pub struct EventLog {
    settings: Settings,
    /// Opened at the first delivery, and again after a failure.
    open: Arc<Mutex<Option<Open>>>,
}

/// The file while it is written.
struct Open {
    file: File,
    bytes: u64,
    /// The last complete line, without its end; empty in a new log.
    last_line: String,
}

#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    topic: &'a str,
    key: &'a str,
    time: kernel::Timestamp,
    payload: &'a RawValue,
}

impl EventLog {
    pub fn new(settings: Settings) -> EventLog {
        EventLog { settings, open: Arc::default() }
    }
}

#[async_trait]
impl Outside for EventLog {
    fn name(&self) -> &'static str {
        "event-log"
    }

    async fn deliver(&self, batch: &[StoredEvent]) -> Result<Vec<Rejected>> {
        let (settings, open, batch) = (self.settings.clone(), Arc::clone(&self.open), batch.to_vec());
        let write = move || {
            let mut open = open.lock();
            let written = append(&settings, &mut open, &batch);
            if written.is_err() {
                // what is in the file now is not known: the next attempt looks
                *open = None;
            }
            written
        };
        let written = tokio::task::spawn_blocking(write).await;
        let written = written.map_err(|e| Code::Internal.error().caused_by(e))?;
        let failed =
            |e: io::Error| Code::Unavailable.error().caused_by(format!("{}: {e}", self.settings.file.display()));
        written.map(|()| Vec::new()).map_err(failed)
    }
}

fn append(settings: &Settings, open: &mut Option<Open>, batch: &[StoredEvent]) -> io::Result<()> {
    let log = match open {
        Some(log) => log,
        None => open.insert(Open::at(&settings.file)?),
    };
    let lines = batch.iter().map(|event| Ok((event.id, line(event)?))).collect::<io::Result<Vec<_>>>()?;
    let new = log.missing(settings, &lines)?;
    let mut buffer = String::new();
    for (_, line) in new {
        let before = log.bytes + buffer.len() as u64;
        if before > 0 && before + line.len() as u64 >= settings.max_bytes {
            log.write(&mut buffer)?;
            log.rotate(settings)?;
        }
        buffer.push_str(line);
        buffer.push('\n');
        log.last_line.clone_from(line);
    }
    log.write(&mut buffer)
}

/// An event as a line, without its end.
fn line(event: &StoredEvent) -> io::Result<String> {
    let payload: &RawValue = serde_json::from_str(&event.payload)?;
    let line = Line { id: event.id, topic: &event.topic, key: &event.key, time: event.at, payload };
    Ok(serde_json::to_string(&line)?)
}

impl Open {
    /// Opens the log. A last line without end is what a crash left of a write: it is cut off.
    fn at(path: &Path) -> io::Result<Open> {
        let mut file = private_file(path)?;
        let (bytes, mut last_line) = last_line(&mut file)?;
        file.set_len(bytes)?;
        if bytes == 0
            && let Ok(mut before) = File::open(numbered(path, 1))
        {
            last_line = self::last_line(&mut before)?.1;
        }
        sync_folder(path)?;
        Ok(Open { file, bytes, last_line })
    }

    /// The lines that the log does not have yet. When its last line is none of this stream of events, such as after the
    /// database was restored from a backup, the log goes on in a new file.
    fn missing<'l>(&mut self, settings: &Settings, lines: &'l [(i64, String)]) -> io::Result<&'l [(i64, String)]> {
        let Some(last) = id_of(&self.last_line) else { return Ok(lines) };
        let after = lines.partition_point(|(id, _)| *id <= last);
        let Some((_, newest_written)) = after.checked_sub(1).map(|at| &lines[at]) else { return Ok(lines) };
        if *newest_written == self.last_line || contains(settings, newest_written)? {
            return Ok(&lines[after..]);
        }
        tracing::warn!(last, "the event log ends with an event of another history; a new file is begun");
        self.rotate(settings)?;
        Ok(lines)
    }

    /// Writes the buffer and waits until it is on disk.
    fn write(&mut self, buffer: &mut String) -> io::Result<()> {
        if buffer.is_empty() {
            return Ok(());
        }
        self.file.write_all(buffer.as_bytes())?;
        self.file.sync_data()?;
        self.bytes += buffer.len() as u64;
        buffer.clear();
        Ok(())
    }

    /// Renames the full files, drops the oldest, and begins a new one.
    fn rotate(&mut self, settings: &Settings) -> io::Result<()> {
        let path = &settings.file;
        let exists = |result: io::Result<()>| match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        exists(fs::remove_file(numbered(path, settings.keep)))?;
        for n in (1..settings.keep).rev() {
            exists(fs::rename(numbered(path, n), numbered(path, n + 1)))?;
        }
        let rights = self.file.metadata()?.permissions();
        fs::rename(path, numbered(path, 1))?;
        self.file = private_file(path)?;
        // those that an operator gave to a group that reads the log
        self.file.set_permissions(rights)?;
        self.bytes = 0;
        sync_folder(path)
    }
}

/// Opens the log, made if it is missing. It has what the database has, such as tokens for new passwords: a new one is for its owner only,
/// and users outside the group of an older one may not read it any more.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let rights = file.metadata()?.permissions().mode();
        if rights & OTHERS != 0 {
            file.set_permissions(fs::Permissions::from_mode(rights & !OTHERS))?;
        }
    }
    Ok(file)
}

/// Whether one of the files has this line. It reads them, but only after a crash.
fn contains(settings: &Settings, line: &str) -> io::Result<bool> {
    let full = (1..=settings.keep).map(|n| numbered(&settings.file, n)).filter(|path| path.exists());
    for path in std::iter::once(settings.file.clone()).chain(full) {
        for one in BufReader::new(File::open(path)?).lines() {
            if one? == line {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The `n`th newest of the full files.
fn numbered(path: &Path, n: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{n}"));
    PathBuf::from(name)
}

/// So that a new name is on disk too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// The bytes of all complete lines, and the last of them.
fn last_line(file: &mut File) -> io::Result<(u64, String)> {
    let mut begin = file.metadata()?.len();
    let mut tail: Vec<u8> = Vec::new();
    loop {
        let from = begin.saturating_sub(CHUNK);
        let mut chunk = vec![0; usize::try_from(begin - from).unwrap_or(0)];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut chunk)?;
        chunk.append(&mut tail);
        (begin, tail) = (from, chunk);
        let end = tail.iter().rposition(|byte| *byte == b'\n');
        let start = end.and_then(|end| tail[..end].iter().rposition(|byte| *byte == b'\n'));
        match (end, start) {
            (None, _) if begin == 0 => return Ok((0, String::new())),
            (Some(end), start) if start.is_some() || begin == 0 => {
                let line = &tail[start.map_or(0, |start| start + 1)..end];
                return Ok((begin + end as u64 + 1, String::from_utf8_lossy(line).into_owned()));
            }
            _ => {}
        }
    }
}

fn id_of(line: &str) -> Option<i64> {
    #[derive(serde::Deserialize)]
    struct Id {
        id: i64,
    }
    serde_json::from_str::<Id>(line).ok().map(|line| line.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Timestamp;

    fn event(id: i64) -> StoredEvent {
        let payload = format!(r#"{{"n":{id}}}"#);
        let at = Timestamp::from_millis(1_000 * id);
        StoredEvent { id, topic: "test.rang".into(), key: "bell".into(), payload: payload.into(), at }
    }

    fn events(ids: impl IntoIterator<Item = i64>) -> Vec<StoredEvent> {
        ids.into_iter().map(event).collect()
    }

    fn settings(folder: &Path) -> Settings {
        Settings { file: folder.join("events.ndjson"), max_bytes: u64::MAX, keep: 3 }
    }

    fn ids(path: &Path) -> Vec<i64> {
        fs::read_to_string(path).unwrap_or_default().lines().map(|line| id_of(line).unwrap()).collect()
    }

    async fn deliver(log: &EventLog, ids: impl IntoIterator<Item = i64>) {
        assert!(log.deliver(&events(ids)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_event_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        deliver(&EventLog::new(settings.clone()), [7]).await;
        let line = r#"{"id":7,"topic":"test.rang","key":"bell","time":"1970-01-01T00:00:07.000Z","payload":{"n":7}}"#;
        assert_eq!(fs::read_to_string(&settings.file).unwrap(), format!("{line}\n"));
    }

    #[tokio::test]
    async fn what_was_written_before_a_crash_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        deliver(&EventLog::new(settings.clone()), 1..=5).await;
        // the process ended before the position was stored: the next one gets the same batch and more
        let next = EventLog::new(settings.clone());
        deliver(&next, 3..=8).await;
        deliver(&next, 9..=9).await;
        assert_eq!(ids(&settings.file), (1..=9).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_position_that_is_several_batches_behind_the_file_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        deliver(&EventLog::new(settings.clone()), 1..=20).await;
        let next = EventLog::new(settings.clone());
        for first in [6, 11, 16, 21] {
            deliver(&next, first..first + 5).await;
        }
        assert_eq!(ids(&settings.file), (1..=25).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn half_a_line_is_cut_off_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        deliver(&EventLog::new(settings.clone()), 1..=2).await;
        let whole = fs::read_to_string(&settings.file).unwrap();
        for cut in 0..whole.len() {
            fs::write(&settings.file, &whole[..cut]).unwrap();
            deliver(&EventLog::new(settings.clone()), 1..=3).await;
            assert_eq!(ids(&settings.file), [1, 2, 3], "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_full_file_is_renamed_and_the_oldest_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let one = line(&event(1)).unwrap().len() as u64 + 1;
        let settings = Settings { max_bytes: 3 * one, keep: 2, ..settings(folder.path()) };
        deliver(&EventLog::new(settings.clone()), 1..=4).await;
        deliver(&EventLog::new(settings.clone()), 3..=9).await;
        let files = [settings.file.clone(), numbered(&settings.file, 1), numbered(&settings.file, 2)];
        let kept: Vec<i64> = files.iter().rev().flat_map(|path| ids(path)).collect();
        assert_eq!(kept.last(), Some(&9));
        assert!(kept.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{kept:?}");
        assert!(!numbered(&settings.file, 3).exists());
        assert!(files.iter().all(|path| fs::metadata(path).unwrap().len() <= 3 * one));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_its_owner_and_the_group_that_he_chose_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { max_bytes: 1, ..settings(folder.path()) };
        let rights = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        deliver(&EventLog::new(settings.clone()), 1..=1).await;
        assert_eq!(rights(&settings.file), 0o600);
        // an older version made it, and its group reads it
        fs::set_permissions(&settings.file, fs::Permissions::from_mode(0o644)).unwrap();
        deliver(&EventLog::new(settings.clone()), 2..=3).await;
        assert_eq!((rights(&settings.file), rights(&numbered(&settings.file, 1))), (0o640, 0o640));
    }

    #[tokio::test]
    async fn an_empty_file_after_a_rotation_goes_on_where_the_last_one_ended() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        deliver(&EventLog::new(settings.clone()), 1..=3).await;
        fs::rename(&settings.file, numbered(&settings.file, 1)).unwrap();
        deliver(&EventLog::new(settings.clone()), 2..=4).await;
        assert_eq!(ids(&settings.file), [4]);
    }

    #[tokio::test]
    async fn a_log_of_another_history_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        deliver(&EventLog::new(settings.clone()), 1..=50).await;
        // the database was restored: its numbers begin lower again, with other events
        let other = StoredEvent { key: "another".into(), ..event(20) };
        EventLog::new(settings.clone()).deliver(&[other]).await.unwrap();
        assert_eq!(ids(&settings.file), [20]);
        assert_eq!(ids(&numbered(&settings.file, 1)).len(), 50);
    }

    #[tokio::test]
    async fn a_disk_that_fails_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            Settings { file: folder.path().join("missing").join("events.ndjson"), ..settings(folder.path()) };
        let log = EventLog::new(settings.clone());
        assert_eq!(log.deliver(&events(1..=2)).await.unwrap_err().code(), Code::Unavailable);
        fs::create_dir(folder.path().join("missing")).unwrap();
        deliver(&log, 1..=2).await;
        assert_eq!(ids(&settings.file), [1, 2]);
    }
}
