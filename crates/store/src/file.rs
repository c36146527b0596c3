//! The file of a SQLite database as the operating system sees it: whether another program serves it, and whether it is still
//! where it was opened. SQLite goes on writing into a file that was deleted, and everything in it is lost when it is closed.

use kernel::{Code, Result};
use parking_lot::Mutex;
use std::{
    fs::{File, Metadata, TryLockError},
    io::Read,
    path::{Path, PathBuf},
};

/// Which file is at a path: device and number.
type Identity = (u64, u64);

/// The file with its log, and its lock if there is one.
pub(crate) struct Place {
    database: PathBuf,
    log: PathBuf,
    /// The file that was opened.
    opened: Option<Identity>,
    /// The log, once it was seen: SQLite makes it with the first transaction and keeps it while the file is open.
    log_opened: Mutex<Option<Identity>>,
    /// Held until every connection of the writer is closed.
    _lock: Option<File>,
}

impl Place {
    /// The file at `path`, which exists.
    pub fn of(path: &Path, lock: Option<File>) -> Place {
        let (log, opened) = (log_of(path), identity(path));
        Place { database: path.to_owned(), log, opened, log_opened: Mutex::new(None), _lock: lock }
    }

    /// Why what is written now would be lost, if it would.
    pub fn check(&self) -> std::result::Result<(), String> {
        if identity(&self.database) != self.opened {
            return Err(format!("{} was deleted, moved or replaced since it was opened", self.database.display()));
        }
        let (mut before, now) = (self.log_opened.lock(), identity(&self.log));
        match *before {
            Some(_) if *before != now => Err(format!("{} was deleted or replaced", self.log.display())),
            Some(_) => Ok(()),
            None => {
                *before = now;
                Ok(())
            }
        }
    }
}

/// Locks the file at `path` for a program that serves it; C019 when another one does. The lock is on the file and not on its
/// name, so it also holds against a link to it. It ends with the program, however that ends.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let failed = |error: std::io::Error| {
        Code::Unavailable.because("the database cannot be locked").caused_by(format!("{}: {error}", path.display()))
    };
    let file =
        File::options().read(true).write(true).create(true).truncate(false).open(to_lock(path)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Code::Conflict.because(format!("another program serves {} already", path.display())))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Whether a program serves the file at `path`.
pub fn is_served(path: &Path) -> bool {
    path.exists() && lock(path).is_err_and(|error| error.code() == Code::Conflict)
}

#[cfg(unix)]
fn to_lock(path: &Path) -> PathBuf {
    path.to_owned()
}

/// Elsewhere a locked file cannot be read by others, so a file beside it is locked.
#[cfg(not(unix))]
fn to_lock(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    PathBuf::from(name)
}

/// Bytes of a log without a single page.
const LOG_HEAD: u64 = 32;
/// Where a file says in which way it is written and read, and what it says there when that is without a log (see the file format of
/// SQLite).
const VERSIONS: std::ops::Range<usize> = 18..20;
const WITHOUT_LOG: [u8; 2] = [1, 1];

/// The log beside the file at `path`, when it belongs to another file that was at this path before. A program that was killed leaves its
/// log, and SQLite would write what is in it into whatever file is there now, such as a restored backup, and destroy it. A file that
/// `vacuum into` made says that it has no log; of a plain copy of a file this cannot be known.
pub fn stray_log(path: &Path) -> Option<PathBuf> {
    let log = log_of(path);
    let has_pages = std::fs::metadata(&log).is_ok_and(|found| found.len() > LOG_HEAD);
    let mut head = [0; VERSIONS.end];
    let is_read = has_pages && File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok();
    (is_read && head[VERSIONS] == WITHOUT_LOG).then_some(log)
}

/// C013 when [`stray_log`] finds one.
pub(crate) fn must_have_its_own_log(path: &Path) -> Result<()> {
    match stray_log(path) {
        None => Ok(()),
        Some(log) => {
            let why = format!("{} is the log of another file that was {} before", log.display(), path.display());
            Err(Code::Unavailable.because("the database cannot be opened").caused_by(why))
        }
    }
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}

fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|found| number(&found))
}

#[cfg(unix)]
fn number(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Identity {
    (0, 0)
}
