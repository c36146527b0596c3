//! The files of images: in a folder, or in memory.

use crate::Settings;
use crate::develop::Developed;
use crate::image::{Address, folder};
use bytes::Bytes;
use kernel::{Code, Error, Result, Timestamp};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use web::App;

/// How a file is named until it is complete.
const UNFINISHED: &str = "part";
/// Parts into which the store is divided by the first two digits of the hashes.
const SHARD_DIGITS: usize = 2;

/// Where the files are.
#[derive(Debug, Clone)]
pub enum Files {
    Folder(PathBuf),
    /// For tests: gone with the program.
    Memory(Arc<Mutex<BTreeMap<String, Bytes>>>),
}

/// The files of a running shop, opened by the first who needs them.
#[derive(Default)]
struct Opened(Mutex<Option<Files>>);

/// What the store has of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub hash: String,
    /// When its newest file was written.
    pub written_at: Timestamp,
}

impl Files {
    /// The files of this shop.
    pub fn of(app: &App) -> Files {
        let opened = app.memory::<Opened>();
        let mut opened = opened.0.lock();
        opened.get_or_insert_with(|| Files::open(&app.settings::<Settings>())).clone()
    }

    fn open(settings: &Settings) -> Files {
        match settings.folder.as_str() {
            "" => Files::Memory(Arc::default()),
            folder => Files::Folder(folder.into()),
        }
    }

    /// Writes the files of an image. They are on disk when this returns.
    pub(crate) async fn put(&self, image: &Developed) -> Result<()> {
        let files: Vec<(String, Bytes)> =
            image.files.iter().map(|(address, bytes)| (address.path(), bytes.clone())).collect();
        match self {
            Files::Memory(memory) => {
                memory.lock().extend(files);
                Ok(())
            }
            Files::Folder(root) => {
                let (root, home) = (root.clone(), folder(image.address.hash()));
                blocking(move || write(&root, &home, &files)).await
            }
        }
    }

    /// A file; `None` when there is none.
    pub(crate) async fn get(&self, address: &Address) -> Result<Option<Bytes>> {
        match self {
            Files::Memory(memory) => Ok(memory.lock().get(&address.path()).cloned()),
            Files::Folder(root) => {
                let path = root.join(address.path());
                blocking(move || if_there(fs::read(path).map(Bytes::from))).await
            }
        }
    }

    /// Those of these files that are missing.
    pub(crate) async fn missing(&self, files: Vec<Address>) -> Result<Vec<Address>> {
        match self {
            Files::Memory(memory) => {
                let memory = memory.lock();
                Ok(files.into_iter().filter(|file| !memory.contains_key(&file.path())).collect())
            }
            Files::Folder(root) => {
                let root = root.clone();
                blocking(move || {
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
        }
    }

    /// Removes every file of an image.
    pub(crate) async fn remove(&self, hash: &str) -> Result<()> {
        let home = folder(hash);
        match self {
            Files::Memory(memory) => {
                memory.lock().retain(|path, _| !path.starts_with(&home));
                Ok(())
            }
            Files::Folder(root) => {
                let home = root.join(home);
                blocking(move || if_there(fs::remove_dir_all(home)).map(drop)).await
            }
        }
    }

    /// The parts of the store, in order. Memory has none, because it is gone when a row could have lost its files.
    pub(crate) async fn shards(&self) -> Result<Vec<String>> {
        match self {
            Files::Memory(_) => Ok(Vec::new()),
            Files::Folder(root) => {
                let root = root.clone();
                blocking(move || {
                    let mut shards: Vec<String> = names(&root)?.into_iter().map(|(name, _)| name).collect();
                    shards.retain(|name| name.len() == SHARD_DIGITS);
                    shards.sort();
                    Ok(shards)
                })
                .await
            }
        }
    }

    /// The images that have a folder in this part. Others are left alone.
    pub(crate) async fn in_shard(&self, shard: &str) -> Result<Vec<Found>> {
        match self {
            Files::Memory(_) => Ok(Vec::new()),
            Files::Folder(root) => {
                let (shard, home) = (shard.to_owned(), root.join(shard));
                blocking(move || {
                    let ours = |(name, _): &(String, Timestamp)| {
                        name.starts_with(&shard) && Address::of(name, crate::Size { width: 1, height: 1 }).is_some()
                    };
                    let mut found = Vec::new();
                    for (hash, made_at) in names(&home)?.into_iter().filter(ours) {
                        let newest = names(&home.join(&hash))?.into_iter().map(|(_, at)| at).max();
                        found.push(Found { hash, written_at: newest.unwrap_or(made_at) });
                    }
                    Ok(found)
                })
                .await
            }
        }
    }
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

/// Work on the disk, on a thread that serves no requests. C013 when it fails.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(unavailable)?.map_err(unavailable)
}

fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Code::Unavailable.because("the store of images cannot be reached").caused_by(cause)
}
