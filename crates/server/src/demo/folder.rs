//! The demo's folder. The demo empties it before every run, but only if a demo made it.

use crate::config::Fault;
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file that marks a folder of the demo.
const MARKER: &str = ".holdfast-demo";
const DATABASE: &str = "holdfast.db";

/// The folder of a demo that runs. While it is there, another demo cannot have the folder.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    _lock: Arc<File>,
}

impl Folder {
    /// An empty demo folder. Refuses a folder with files that no demo made, and one that is in use: a program would go on with files
    /// that are deleted.
    pub fn fresh(path: &Path) -> Result<Folder, Fault> {
        let what = || format!("{} cannot be the demo's folder", path.display());
        let failed = |error: io::Error| Fault::new(what(), error.to_string(), "name another one: --data FOLDER");
        let marker = path.join(MARKER);
        let strange = path.exists() && !marker.exists() && path.read_dir().map_err(failed)?.next().is_some();
        if strange {
            let why = "there are things in it that no demo made, and the demo would delete them";
            return Err(Fault::new(what(), why, "name an empty or new folder: --data FOLDER"));
        }
        fs::create_dir_all(path).map_err(failed)?;
        let opened = File::options().write(true).create(true).truncate(false).open(&marker);
        let mut lock = opened.map_err(failed)?;
        let is_used = match lock.try_lock() {
            Ok(()) => store::is_served(&path.join(DATABASE)),
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        };
        if is_used {
            let why = "another program serves the shop in it, and the demo would delete it";
            return Err(Fault::new(what(), why, "end that program, or name another folder: --data FOLDER").failed());
        }
        empty(path).map_err(failed)?;
        lock.write_all(b"Made by `holdfast demo`, which deletes what is in this folder when it runs again.\n")
            .map_err(failed)?;
        Ok(Folder { path: path.to_owned(), _lock: Arc::new(lock) })
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The search index.
    pub fn search(&self) -> PathBuf {
        self.path.join("search")
    }

    /// The files of images.
    pub fn media(&self) -> PathBuf {
        self.path.join("media")
    }

    /// The journal of the simulated gateway.
    pub fn journal(&self) -> PathBuf {
        self.path.join("gateway.ndjson")
    }
}

/// Deletes everything but the marker, which is locked.
fn empty(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        if entry.file_name() == MARKER {
            continue;
        }
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_demos_folder_is_wiped() {
        let outside = tempfile::tempdir().unwrap();
        let path = outside.path().join("demo");
        let folder = Folder::fresh(&path).unwrap();
        std::fs::write(folder.database(), "old").unwrap();
        std::fs::create_dir(folder.media()).unwrap();
        drop(folder);
        let again = Folder::fresh(&path).unwrap();
        assert!(!again.database().exists() && !again.media().exists());
        std::fs::write(outside.path().join("precious.txt"), "mine").unwrap();
        assert!(Folder::fresh(outside.path()).is_err());
        assert!(outside.path().join("precious.txt").exists());
    }

    #[test]
    fn a_folder_in_use_is_not_wiped() {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::fresh(outside.path()).unwrap();
        std::fs::write(folder.database(), "a shop").unwrap();
        assert!(Folder::fresh(outside.path()).unwrap_err().why.contains("another program"));
        assert!(folder.database().exists());
        // the demo has ended, and `holdfast serve` has its shop
        let database = folder.database();
        drop(folder);
        let serving = File::open(&database).unwrap();
        serving.lock().unwrap();
        assert!(Folder::fresh(outside.path()).is_err() && database.exists());
        drop(serving);
        assert!(Folder::fresh(outside.path()).is_ok() && !database.exists());
    }
}
