//! What `serve` needs besides its settings: that every address is one, that every file is there, that every folder can be written. It
//! changes nothing, so that `holdfast config check` finds what `serve` would.

use crate::config::{Fault, Settings, sections::GatewayKind};
use crate::opening;
use media::Store;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The first thing that `serve` would miss.
pub fn check(settings: &Settings) -> Result<(), Fault> {
    opening::reviews(&settings.reviews)?;
    opening::carriers(&settings.carriers)?;
    opening::gate(settings)?;
    opening::collector(&settings.collector)?;
    // the simulated one would open its journal
    if settings.gateway.kind == GatewayKind::Toss {
        opening::gateway(settings)?;
    }
    let url = settings.database.place()?;
    url.check_authority().map_err(|why| Fault::new("database.url has a wrong value", why, "name a readable file"))?;
    let synonyms = &settings.modules.get::<search::Settings>().synonyms;
    if !synonyms.is_empty() {
        search::check_synonyms(Path::new(synonyms)).map_err(|error| {
            let remedy = "name a list such as `holdfast search synonyms` prints, or leave it empty for that one";
            Fault::new("search.synonyms has a wrong value", format!("{error:?}"), remedy)
        })?;
    }
    folders(settings).into_iter().try_for_each(|(setting, folder)| must_be_writable(setting, &folder))
}

/// Every folder in which `serve` writes, by the setting that names it or a file in it.
fn folders(settings: &Settings) -> Vec<(&'static str, PathBuf)> {
    let written = ["database.url", "gateway.journal", "events.file"];
    let files = settings.files().into_iter().filter(|(setting, _)| {
        written.contains(setting) && (*setting != "gateway.journal" || settings.gateway.kind == GatewayKind::Simulated)
    });
    let mut folders: Vec<_> =
        files.map(|(setting, file)| (setting, file.parent().unwrap_or(Path::new("")).to_owned())).collect();
    let (search, media) = (settings.modules.get::<search::Settings>(), settings.modules.get::<media::Settings>());
    if !search.folder.is_empty() {
        folders.push(("search.folder", PathBuf::from(&search.folder)));
    }
    if media.store == Store::Folder && !media.folder.is_empty() {
        folders.push(("media.folder", PathBuf::from(&media.folder)));
    }
    folders
}

fn must_be_writable(setting: &str, folder: &Path) -> Result<(), Fault> {
    probed(folder).map_err(|error| {
        let what = format!("{setting} has a wrong value");
        let why = format!("nothing can be written in {}: {error}", folder.display());
        Fault::new(what, why, "name a folder that this user may write, or change the rights of this one")
    })
}

/// Writes an empty file where the folder is or would be made, and removes it.
fn probed(folder: &Path) -> io::Result<()> {
    let folder = std::path::absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
    let there = folder.ancestors().find(|place| place.exists()).unwrap_or(&folder);
    if !there.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is a file", there.display())));
    }
    let probe = there.join(format!(".holdfast-{}.probe", std::process::id()));
    File::create(&probe)?;
    fs::remove_file(&probe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// What is wrong with a shop in this folder that has these settings too.
    fn wrong(place: &Path, settings: &[(&str, &str)]) -> Option<Fault> {
        let at = |name: &str| place.join(name).display().to_string();
        let own = [
            ("database.url", format!("sqlite:{}", at("data/shop.db"))),
            ("gateway.journal", at("data/gateway.ndjson")),
            ("search.folder", at("data/search")),
            ("media.folder", at("data/media")),
        ];
        let own = own.into_iter().map(|(key, value)| (key.to_owned(), value));
        let more = settings.iter().map(|(key, value)| ((*key).to_owned(), value.replace("{}", &at(""))));
        Config::of(None, [], &own.chain(more).collect::<Vec<_>>()).and_then(|config| check(&config.settings)).err()
    }

    #[test]
    fn addresses_files_and_folders_that_cannot_work_are_found_and_nothing_is_made() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "one word\n").unwrap();
        assert_eq!(wrong(place.path(), &[("events.file", "{}/logs/events.ndjson")]), None);
        for settings in [
            &[("collector.url", "foo")][..],
            &[("reviews.url", "foo")],
            &[("redis.url", "foo"), ("gate.kind", "redis")],
            &[("redis.authority", "{}/none.pem"), ("redis.url", "rediss://redis"), ("gate.kind", "redis")],
            &[("carriers.url", "foo"), ("carriers.kind", "sweettracker"), ("carriers.secret", "key")],
            &[("toss.url", "foo"), ("gateway.kind", "toss"), ("toss.secret", "test_sk_x")],
            &[("search.synonyms", "{}/none.txt")],
            &[("search.synonyms", "{}/file")],
            &[("auth.jwks", "{}/none.json")],
            &[("database.url", "postgres://x@h/y?sslrootcert=none.pem")],
            &[("database.url", "sqlite:{}/file/shop.db")],
            &[("gateway.journal", "{}/file/gateway.ndjson")],
            &[("events.file", "{}/file/events.ndjson")],
            &[("search.folder", "{}/file/search")],
            &[("media.folder", "{}/file")],
        ] {
            let fault = wrong(place.path(), settings).unwrap_or_else(|| panic!("{settings:?} is taken"));
            let section = settings[0].0.split('.').next().unwrap();
            assert!(fault.what.contains(section) && fault.exit_code == 2, "{settings:?}: {fault}");
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
