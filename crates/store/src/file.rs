//! The file of a SQLite database as the operating system sees it: whether another program serves it, and whether it is still
//! where it was opened. SQLite goes on writing into a file that was deleted, and everything in it is lost when it is closed.

use kernel::{Code, Result};
use parking_lot::Mutex;
use std::{
    fs::{File, Metadata, TryLockError},
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
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let (log, opened) = (PathBuf::from(log), identity(path));
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
