//! Where a command writes: standard output, or a file that has its name only when it is complete.

use crate::config::{Fault, Settings};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write, stdout},
    path::{Path, PathBuf},
};

/// What a command has written so far. A file that was there before stays as it is until [`Output::finish`].
pub(super) struct Output {
    to: Box<dyn Write>,
    unfinished: Option<Unfinished>,
}

/// A file beside the one that it will replace. Dropping it removes it.
struct Unfinished {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl Output {
    /// Standard output, or the file at `path`; devices and pipes are written directly.
    pub fn to(path: Option<&Path>) -> io::Result<Output> {
        let Some(path) = path else { return Ok(Output { to: Box::new(BufWriter::new(stdout())), unfinished: None }) };
        match fs::metadata(path) {
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(path)?;
                Ok(Output { to: Box::new(BufWriter::new(file)), unfinished: None })
            }
            found => {
                // behind a link it is the file that is replaced, not the link
                let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
                let unfinished = Unfinished::beside(target, found.ok().map(|found| found.permissions()))?;
                Ok(Output { to: Box::new(BufWriter::new(unfinished.file.try_clone()?)), unfinished: Some(unfinished) })
            }
        }
    }

    pub fn write(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    /// Everything is written: the file gets its name once it is on the disk.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.flush()?;
        match self.unfinished.take() {
            Some(unfinished) => unfinished.finish(),
            None => Ok(()),
        }
    }
}

impl Unfinished {
    fn beside(target: PathBuf, permissions: Option<fs::Permissions>) -> io::Result<Unfinished> {
        let mut name = target.clone().into_os_string();
        name.push(format!(".{}.part", std::process::id()));
        let path = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // it may have personal data: who may read it is for its owner to say
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let unfinished = Unfinished { file: options.open(&path)?, path, target };
        if let Some(permissions) = permissions {
            unfinished.file.set_permissions(permissions)?;
        }
        Ok(unfinished)
    }

    fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // after it was renamed there is nothing with this name
        let _ = fs::remove_file(&self.path);
    }
}

/// Refuses to replace a file of the shop itself, such as its database.
pub(super) fn must_not_be_the_shops(path: &Path, settings: &Settings) -> Result<(), Fault> {
    let real =
        |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    let wanted = real(path);
    let is_of = |own: &Path| {
        let own = real(own);
        let begins = own
            .file_name()
            .zip(wanted.file_name())
            .map(|(own, wanted)| (own.to_string_lossy(), wanted.to_string_lossy()));
        let rest = begins.as_ref().and_then(|(own, wanted)| wanted.strip_prefix(&**own));
        own.parent() == wanted.parent() && rest.is_some_and(is_beside)
    };
    match settings.files().into_iter().find(|(_, own)| is_of(own)) {
        None => Ok(()),
        Some((setting, _)) => {
            let what = format!("{} cannot be written", path.display());
            Err(Fault::new(what, format!("it is a file of the shop itself ({setting})"), "name another file"))
        }
    }
}

/// What follows the name of a file in the names of those that belong to it: logs of a database, closed files of a journal or log.
fn is_beside(rest: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(rest, "" | "-wal" | "-shm" | "-journal" | "-lock") || rest.strip_prefix('.').is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_only_by_a_complete_one() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("orders.csv");
        fs::write(&path, "yesterday").unwrap();
        let mut failed = Output::to(Some(&path)).unwrap();
        failed.write("half").unwrap();
        drop(failed);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(place.path()).len()), ("yesterday", 1));
        let mut complete = Output::to(Some(&path)).unwrap();
        complete.write("to").unwrap();
        complete.write("day").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "yesterday");
        complete.finish().unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(place.path()).len()), ("today", 1));
        assert!(Output::to(Some(&place.path().join("none/orders.csv"))).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_rights_and_devices_stay() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let (file, link) = (place.path().join("real.csv"), place.path().join("link.csv"));
        fs::write(&file, "yesterday").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [&link, &PathBuf::from("/dev/null")] {
            let mut output = Output::to(Some(path)).unwrap();
            output.write("today").unwrap();
            output.finish().unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "today");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let new = place.path().join("new.csv");
        Output::to(Some(&new)).unwrap().finish().unwrap();
        assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_of_the_shop_is_none_to_write_to() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let option = |key: &str, value: String| (key.to_owned(), value);
        let options = [
            option("database.url", format!("sqlite:{}", at("shop.db").display())),
            option("gateway.journal", at("gateway.ndjson").display().to_string()),
            option("events.file", at("events.ndjson").display().to_string()),
        ];
        let settings = Config::of(None, [], &options).unwrap().settings;
        for own in ["shop.db", "shop.db-wal", "gateway.ndjson", "gateway.ndjson.12", "events.ndjson.1"] {
            assert!(must_not_be_the_shops(&at(own), &settings).is_err(), "{own}");
        }
        for other in ["shop.db.csv", "orders.csv", "shop", "gateway.ndjson.csv"] {
            assert!(must_not_be_the_shops(&at(other), &settings).is_ok(), "{other}");
        }
        fs::create_dir(at("exports")).unwrap();
        assert!(must_not_be_the_shops(&at("exports/shop.db"), &settings).is_ok());
        #[cfg(unix)]
        {
            fs::write(at("shop.db"), "").unwrap();
            std::os::unix::fs::symlink(at("shop.db"), at("link.csv")).unwrap();
            assert!(must_not_be_the_shops(&at("link.csv"), &settings).is_err());
        }
    }
}
