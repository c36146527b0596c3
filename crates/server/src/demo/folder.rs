//! The demo's folder. The demo empties it before every run, but only if a demo made it.

use crate::config::Fault;
use std::path::{Path, PathBuf};

/// The file that marks a folder of the demo.
const MARKER: &str = ".holdfast-demo";

/// The files in the folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty demo folder. Refuses a folder with files that no demo made.
    pub fn fresh(path: &Path) -> Result<Folder, Fault> {
        let what = || format!("{} cannot be the demo's folder", path.display());
        let failed = |error: std::io::Error| Fault::new(what(), error.to_string(), "name another one: --data FOLDER");
        let strange = path.exists() && !path.join(MARKER).exists() && path.read_dir().map_err(failed)?.next().is_some();
        if strange {
            let why = "there are things in it that no demo made, and the demo would delete them";
            return Err(Fault::new(what(), why, "name an empty or new folder: --data FOLDER"));
        }
        if path.join(MARKER).exists() {
            std::fs::remove_dir_all(path).map_err(failed)?;
        }
        std::fs::create_dir_all(path).map_err(failed)?;
        std::fs::write(path.join(MARKER), "Made by `holdfast demo`, which deletes this folder when it runs again.\n")
            .map_err(failed)?;
        Ok(Folder(path.to_owned()))
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("holdfast.db")
    }

    /// The search index.
    pub fn search(&self) -> PathBuf {
        self.0.join("search")
    }

    /// The files of images.
    pub fn media(&self) -> PathBuf {
        self.0.join("media")
    }

    /// The journal of the simulated gateway.
    pub fn journal(&self) -> PathBuf {
        self.0.join("gateway.ndjson")
    }
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
        assert!(!Folder::fresh(&path).unwrap().database().exists());
        std::fs::write(outside.path().join("precious.txt"), "mine").unwrap();
        assert!(Folder::fresh(outside.path()).is_err());
        assert!(outside.path().join("precious.txt").exists());
    }
}
