//! The folder of an index: a subfolder for each index that was begun, and a file that names the one that serves.

use kernel::{Code, Error, Result};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Names the subfolder that serves.
const CURRENT: &str = "current";
/// What the names of subfolders begin with; nothing else in the folder is ever removed.
const PREFIX: &str = "index-";

pub(super) struct Folder(PathBuf);

impl Folder {
    /// Opens the folder and makes it where it is missing.
    pub fn open(path: &Path) -> Result<Folder> {
        fs::create_dir_all(path).map_err(|e| failed(path, &e))?;
        Ok(Folder(path.to_owned()))
    }

    /// The subfolder that serves.
    pub fn current(&self) -> Option<PathBuf> {
        let name = fs::read_to_string(self.0.join(CURRENT)).ok()?;
        let name = name.trim();
        let plain = name.starts_with(PREFIX) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain.then(|| self.0.join(name))
    }

    /// A new, empty subfolder.
    pub fn begin(&self) -> Result<PathBuf> {
        let numbers = self.subfolders()?.into_iter().filter_map(|name| name.strip_prefix(PREFIX)?.parse::<u64>().ok());
        let path = self.0.join(format!("{PREFIX}{}", numbers.max().unwrap_or(0) + 1));
        fs::create_dir(&path).map_err(|e| failed(&path, &e))?;
        Ok(path)
    }

    /// This subfolder serves from now on; the others are removed.
    pub fn serve(&self, path: &Path) -> Result<()> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if self.current().as_deref() != Some(path) {
            let new = self.0.join("current.new");
            fs::write(&new, &name).map_err(|e| failed(&new, &e))?;
            fs::rename(&new, self.0.join(CURRENT)).map_err(|e| failed(&new, &e))?;
        }
        for other in self.subfolders()?.into_iter().filter(|other| *other != name) {
            if let Err(error) = fs::remove_dir_all(self.0.join(&other)) {
                tracing::warn!(%error, folder = other, "an old search index could not be removed");
            }
        }
        Ok(())
    }

    fn subfolders(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(&self.0).map_err(|e| failed(&self.0, &e))?;
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
        Ok(names.filter(|name| name.starts_with(PREFIX)).collect())
    }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Code::SearchFailed.error().caused_by(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_index_serves_and_the_others_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("search")).unwrap();
        assert_eq!(folder.current(), None);
        let (first, second) = (folder.begin().unwrap(), folder.begin().unwrap());
        fs::write(place.path().join("search/notes.txt"), "mine").unwrap();
        folder.serve(&second).unwrap();
        assert_eq!(folder.current(), Some(second.clone()));
        assert!(!first.exists() && second.exists() && place.path().join("search/notes.txt").exists());
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_no_index() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        for name in ["../secret", "index-1/../../x", "", "other"] {
            fs::write(place.path().join(CURRENT), name).unwrap();
            assert_eq!(folder.current(), None, "{name}");
        }
    }
}
