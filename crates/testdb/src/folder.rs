//! The folder with the data of a server, and the user who runs it.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::{
        ffi::OsStringExt,
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

/// The memory file system: creating thirty tables there takes a quarter of the time it takes on a disk.
const MEMORY: &str = "/dev/shm";
/// Free space that the memory file system must have, in KiB. Containers often have 64 MiB there, too little for one server.
const MEMORY_FREE_MIN_KIB: u64 = 2 * 1024 * 1024;
/// The longest path of a socket that every Unix takes, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 103;
/// The longest name that a server's socket has in its folder, in bytes: PostgreSQL's `/.s.PGSQL.20000`.
const SOCKET_BYTES_MAX: usize = 15;
/// The beginning of each server's folder name; the watch removes no other folders.
pub(crate) const PREFIX: &str = "holdfast-testdb-";

/// A user of this system, other than the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The user with this name.
    pub(crate) fn named(name: &str) -> Option<Account> {
        let number = |flag: &str| {
            let output =
                Command::new("id").args([flag, name]).output().ok().filter(|output| output.status.success())?;
            String::from_utf8_lossy(&output.stdout).trim().parse().ok()
        };
        Some(Account { uid: number("-u")?, gid: number("-g")? })
    }
}

/// The id of the current user.
pub(crate) fn our_uid() -> u32 {
    let file = tempfile::tempfile().and_then(|file| file.metadata());
    file.expect("the system's temporary folder takes a file").uid()
}

/// A new folder for a server's data, in memory when there is room. It belongs to `account`, or to the current user.
pub(crate) fn make(account: Option<Account>) -> io::Result<PathBuf> {
    let mut places = vec![PathBuf::from(MEMORY), std::env::temp_dir(), PathBuf::from("/var/tmp")];
    if free_kib(Path::new(MEMORY)).is_none_or(|free| free < MEMORY_FREE_MIN_KIB) {
        places.remove(0);
    }
    let mut result = Err(io::ErrorKind::NotFound.into());
    for place in places.iter().filter(|place| account.is_none() || everyone_reaches(place)) {
        result = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place);
        if result.is_ok() {
            break;
        }
    }
    let folder = result?;
    give(folder.path(), account)?;
    Ok(folder.keep())
}

/// A new folder for a server's data below this one. It belongs to `account`, or to the current user. The error says what prevents it.
pub(crate) fn make_below(above: &Path, account: Option<Account>) -> Result<PathBuf, String> {
    let said = |error: io::Error| format!("{}: {error}", above.display());
    let above = fs::canonicalize(above).map_err(said)?;
    if let Some(closed) = account.and_then(|account| closed_to(account, &above)) {
        return Err(format!("the server's user may not enter {}: open it with chmod o+x", closed.display()));
    }
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&above).map_err(said)?;
    if folder.path().as_os_str().len() + SOCKET_BYTES_MAX > SOCKET_PATH_BYTES_MAX {
        return Err(format!("{} is too long a path for a server's socket", above.display()));
    }
    give(folder.path(), account).map_err(said)?;
    Ok(folder.keep())
}

/// Changes the owner of a file or folder.
pub(crate) fn give(path: &Path, account: Option<Account>) -> io::Result<()> {
    account.map_or(Ok(()), |Account { uid, gid }| chown(path, Some(uid), Some(gid)))
}

/// Free space on the file system of this folder, in KiB.
fn free_kib(folder: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// The first folder of this path that the user may not enter.
fn closed_to(account: Account, folder: &Path) -> Option<PathBuf> {
    let mut command = Command::new("sh");
    command.args(["-c", r#"for way do test -x "$way" || { printf %s "$way"; exit; } done"#, "sh"]);
    let mut way: Vec<_> = folder.ancestors().collect();
    way.reverse();
    let output = command.args(way).uid(account.uid).gid(account.gid).current_dir("/").output();
    let closed = output.ok().map(|output| OsString::from_vec(output.stdout))?;
    (!closed.is_empty()).then(|| closed.into())
}

/// Whether every user may enter this folder and all above it.
fn everyone_reaches(folder: &Path) -> bool {
    folder.ancestors().all(|folder| fs::metadata(folder).is_ok_and(|about| about.permissions().mode() & 0o001 != 0))
}
