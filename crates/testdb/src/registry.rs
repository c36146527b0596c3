//! The running servers and their owners: one small file for each in the system's temporary folder.

use crate::{
    Kind,
    folder::{self, PREFIX},
    owner::Owner,
};
use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File},
    io::Write,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The watch: a script that waits until the owner has ended, then ends the server and removes its folder.
const WATCH: &str = include_str!("watch.sh");
/// A start time that no process has: a server with such an owner ends now.
const GONE: &str = "gone";

/// The folder of all entries of this user.
pub(crate) struct Registry {
    folder: PathBuf,
}

/// The note about one server: its folder, and its port once it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    path: PathBuf,
    kind: Kind,
    owner: Owner,
}

impl Registry {
    /// Opens the registry of this user.
    ///
    /// # Panics
    /// When another user has a file with its name.
    pub(crate) fn open() -> Registry {
        let uid = folder::our_uid();
        let registry = Registry { folder: std::env::temp_dir().join(format!("{PREFIX}{uid}")) };
        let _ = DirBuilder::new().mode(0o700).create(&registry.folder);
        let owner = fs::metadata(&registry.folder).map(|about| about.uid());
        assert!(matches!(owner, Ok(owner) if owner == uid), "{} is not ours", registry.folder.display());
        registry
    }

    /// Locks the registry: no other process of this user starts a server while the file is open. So processes that start at the same
    /// moment share one server.
    pub(crate) fn lock(&self) -> File {
        let lock = File::options().create(true).append(true).open(self.folder.join("lock")).expect("a lock file");
        lock.lock().expect("a lock");
        lock
    }

    /// The entry of the server that the processes of an owner share.
    pub(crate) fn shared(&self, kind: Kind, owner: Owner) -> Entry {
        self.entry(kind, owner, "")
    }

    /// An entry for a server of this process only.
    pub(crate) fn private(&self, kind: Kind, number: u64) -> Entry {
        self.entry(kind, Owner::this_process(), &format!(".{number}"))
    }

    fn entry(&self, kind: Kind, owner: Owner, end: &str) -> Entry {
        let name = format!("{}.{}.{}{end}", kind.name(), owner.pid, owner.born);
        Entry { path: self.folder.join(name), kind, owner }
    }

    /// Ends servers whose owner and watch have ended.
    pub(crate) fn sweep(&self) {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in files.filter_map(|file| Entry::at(file.path())).filter(|entry| !entry.owner_runs()) {
            entry.end();
        }
    }
}

impl Entry {
    /// The entry of this file.
    fn at(path: PathBuf) -> Option<Entry> {
        let name = path.file_name()?.to_str()?.to_owned();
        let mut parts = name.split('.');
        let kind = parts.next()?;
        let kind = [Kind::Postgres, Kind::MySql].into_iter().find(|known| known.name() == kind)?;
        let owner = Owner { pid: parts.next()?.parse().ok()?, born: parts.next()?.parse().ok()? };
        Some(Entry { path, kind, owner })
    }

    /// The server's folder and port. The port comes when the server answers.
    pub(crate) fn read(&self) -> Option<(PathBuf, Option<u16>)> {
        let text = fs::read_to_string(&self.path).ok()?;
        let mut lines = text.lines();
        Some((lines.next()?.into(), lines.next().and_then(|port| port.parse().ok())))
    }

    /// Writes the file, completely or not at all.
    pub(crate) fn write(&self, folder: &Path, port: Option<u16>) {
        // two threads of one process may write at the same moment, each its own entry
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let beside = self.path.with_file_name(format!("new-{}-{name}", std::process::id()));
        let port = port.map(|port| port.to_string()).unwrap_or_default();
        let written = File::create(&beside).and_then(|mut file| writeln!(file, "{}\n{port}", folder.display()));
        written.and_then(|()| fs::rename(&beside, &self.path)).expect("the registry takes an entry");
    }

    /// Starts the watch over this server.
    pub(crate) fn watch(&self, folder: &Path) -> Child {
        let mut command = self.watch_command(folder, &self.owner.born.to_string());
        // in its own process group: a signal that interrupts the tests must not interrupt the watch
        command.process_group(0).spawn().expect("a shell starts")
    }

    /// Whether the owner of this server still runs.
    pub(crate) fn owner_runs(&self) -> bool {
        self.owner.runs()
    }

    /// Ends the server and removes its folder and this entry.
    pub(crate) fn end(&self) {
        match self.read() {
            Some((folder, _)) => self.end_in(&folder),
            None => drop(fs::remove_file(&self.path)),
        }
    }

    /// Ends the server in this folder, even if the entry has changed.
    pub(crate) fn end_in(&self, folder: &Path) {
        let _ = self.watch_command(folder, GONE).status();
    }

    fn watch_command(&self, folder: &Path, born: &str) -> Command {
        // PostgreSQL's immediate shutdown removes its shared memory; MariaDB has nothing outside its folder
        let signal = if self.kind == Kind::Postgres { "QUIT" } else { "KILL" };
        let mut command = Command::new("sh");
        command.args(["-c", WATCH, "testdb-watch"]).args([self.path.as_os_str(), folder.as_os_str()]);
        command.args([&self.owner.pid.to_string(), born, signal].map(OsStr::new));
        // cargo waits until no process has its pipes open
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_again_by_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = Registry { folder: folder.path().to_owned() };
        let owner = Owner { pid: 12, born: 345 };
        for entry in [registry.shared(Kind::Postgres, owner), registry.private(Kind::MySql, 7)] {
            assert_eq!(entry.read(), None);
            entry.write(Path::new("/somewhere"), None);
            assert_eq!(entry.read(), Some(("/somewhere".into(), None)));
            entry.write(Path::new("/somewhere"), Some(20_001));
            assert_eq!(entry.read(), Some(("/somewhere".into(), Some(20_001))));
            assert_eq!(Entry::at(entry.path.clone()), Some(entry));
        }
        assert_eq!(Entry::at(folder.path().join("lock")), None);
    }

    #[test]
    fn what_was_left_behind_is_swept_away_and_nothing_else() {
        let registry = Registry { folder: tempfile::tempdir().expect("a folder").keep() };
        let owner = Owner::this_process();
        let before = Owner { born: owner.born + 1, ..owner };
        let folder = |name: &str| {
            let folder = registry.folder.join(format!("{PREFIX}{name}"));
            fs::create_dir(&folder).expect("a folder");
            folder
        };
        let (kept, left) = (folder("kept"), folder("left"));
        registry.shared(Kind::Postgres, owner).write(&kept, Some(20_001));
        registry.shared(Kind::Postgres, before).write(&left, Some(20_002));
        registry.sweep();
        assert!(kept.exists() && registry.shared(Kind::Postgres, owner).read().is_some());
        assert!(!left.exists() && registry.shared(Kind::Postgres, before).read().is_none());
        fs::remove_dir_all(registry.folder).expect("it is ours");
    }
}
