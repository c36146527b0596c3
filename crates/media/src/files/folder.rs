//! The files in a folder.

use super::{Found, is_home, unavailable};
use crate::image::Address;
use bytes::Bytes;
use kernel::{Result, Timestamp};
use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

/// How a file is named until it is complete.
const UNFINISHED: &str = "part";

pub(super) async fn put(root: &Path, home: String, files: Vec<(String, Bytes)>) -> Result<()> {
    on_disk(root, move |root| write(root, &home, &files)).await
}

pub(super) async fn get(root: &Path, path: &str) -> Result<Option<Bytes>> {
    on_disk(&root.join(path), |path| if_there(fs::read(path).map(Bytes::from))).await
}

pub(super) async fn missing(root: &Path, files: Vec<Address>) -> Result<Vec<Address>> {
    on_disk(root, |root| {
        let mut missing = Vec::new();
        for file in files {
            if !fs::exists(root.join(file.path()))? {
                missing.push(file);
            }
        }
        Ok(missing)
    })
    .await
}

pub(super) async fn remove(root: &Path, home: &str) -> Result<()> {
    on_disk(&root.join(home), |home| if_there(fs::remove_dir_all(home)).map(drop)).await
}

/// Whether the folder can be looked into. The first upload makes one that is not there.
pub(super) async fn reach(root: &Path) -> Result<()> {
    on_disk(root, |root| match fs::read_dir(root) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        opened => opened.map(drop),
    })
    .await
}

pub(super) async fn names_in(root: &Path) -> Result<Vec<String>> {
    on_disk(root, |root| Ok(names(root)?.into_iter().map(|(name, _)| name).collect())).await
}

pub(super) async fn in_shard(root: &Path, shard: &str) -> Result<Vec<Found>> {
    let shard = shard.to_owned();
    on_disk(root, move |root| {
        let part = root.join(&shard);
        let mut found = Vec::new();
        let is_image = |(name, _): &(String, Timestamp)| is_home(&shard, name) && part.join(name).is_dir();
        for (hash, made_at) in names(&part)?.into_iter().filter(is_image) {
            let newest = names(&part.join(&hash))?.into_iter().map(|(_, at)| at).max();
            found.push(Found { hash, written_at: newest.unwrap_or(made_at) });
        }
        Ok(found)
    })
    .await
}

/// What is in a folder, with the times of the last changes; nothing when there is no such folder.
fn names(folder: &Path) -> io::Result<Vec<(String, Timestamp)>> {
    let Some(entries) = if_there(fs::read_dir(folder))? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let changed = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        found.push((entry.file_name().to_string_lossy().into_owned(), timestamp(changed)));
    }
    Ok(found)
}

fn timestamp(since_epoch: Duration) -> Timestamp {
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Writes files and waits until they, and the folders that name them, are on disk, because the row that promises them will be. A file has
/// its name only when it is complete.
fn write(root: &Path, home: &str, files: &[(String, Bytes)]) -> io::Result<()> {
    let home = root.join(home);
    fs::create_dir_all(&home)?;
    for (path, bytes) in files {
        let path = root.join(path);
        let unfinished = path.with_extension(UNFINISHED);
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(unfinished, path)?;
    }
    // elsewhere a folder cannot be opened
    if cfg!(unix) {
        for folder in home.ancestors().take(3) {
            fs::File::open(folder)?.sync_all()?;
        }
    }
    Ok(())
}

/// `None` for what is not there.
fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Work at a place on the disk, on a thread that serves no requests. C013 when it fails.
async fn on_disk<T: Send + 'static>(
    place: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let place = PathBuf::from(place);
    tokio::task::spawn_blocking(move || work(&place)).await.map_err(unavailable)?.map_err(unavailable)
}
