//! The files of images: in a folder, in a bucket of a store of the kind S3, or in memory. All three mean the same; one suite of tests runs
//! against each.

mod bucket;
mod folder;
mod s3;
#[cfg(test)]
mod tests;

use crate::develop::Developed;
use crate::image::{self, Address, Size};
use crate::{Settings, settings::Store, store};
use bucket::Bucket;
use bytes::Bytes;
use kernel::{Code, Error, Result, Timestamp};
use parking_lot::Mutex;
pub(crate) use s3::bucket;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use web::{App, module::Reached};

/// Parts into which the store is divided by the first two digits of the hashes.
const SHARD_DIGITS: usize = 2;

/// Where the files are.
#[derive(Debug, Clone)]
pub enum Files {
    Folder(PathBuf),
    Bucket(Arc<Bucket>),
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

/// Whether the store can be reached, and is the shop's; C013.
pub async fn reach(app: App) -> Result<Reached> {
    let files = Files::of(&app)?;
    let reached = files.reach().await?;
    if let Files::Folder(root) = &files {
        // the folder of a volume that is not mounted can be looked into, and is empty
        let oldest = app.db.read("media.oldest", |tx| store::after(tx, 0, 1)).await.unwrap_or_default();
        if let Some(image) = oldest.first()
            && !files.missing(&image.address).await?.is_empty()
        {
            let folder = root.display();
            return Err(unavailable(format!(
                "{folder} does not have the files of {}, the oldest image; is its volume mounted?",
                image.address
            )));
        }
    }
    Ok(reached)
}

impl Files {
    /// The files of this shop. An error when the program lacks what it needs to speak with the store.
    pub fn of(app: &App) -> Result<Files> {
        let opened = app.memory::<Opened>();
        let mut opened = opened.0.lock();
        if let Some(files) = &*opened {
            return Ok(files.clone());
        }
        let files = Files::open(&app.settings::<Settings>())?;
        *opened = Some(files.clone());
        Ok(files)
    }

    fn open(settings: &Settings) -> Result<Files> {
        Ok(match settings.store {
            Store::S3 => Files::Bucket(Arc::new(Bucket::open(settings)?)),
            Store::Folder if settings.folder.is_empty() => Files::Memory(Arc::default()),
            Store::Folder => Files::Folder(settings.folder.clone().into()),
        })
    }

    /// Stores the files of an image. When this returns they are on the disk, or the store has acknowledged every one of them.
    pub(crate) async fn put(&self, image: &Developed) -> Result<()> {
        let files: Vec<(String, Bytes)> =
            image.files.iter().map(|(address, bytes)| (address.path(), bytes.clone())).collect();
        match self {
            Files::Memory(memory) => {
                memory.lock().extend(files);
                Ok(())
            }
            Files::Folder(root) => folder::put(root, image::folder(image.address.hash()), files).await,
            Files::Bucket(bucket) => bucket.put(files).await,
        }
    }

    /// A file; `None` when there is none.
    pub(crate) async fn get(&self, address: &Address) -> Result<Option<Bytes>> {
        match self {
            Files::Memory(memory) => Ok(memory.lock().get(&address.path()).cloned()),
            Files::Folder(root) => folder::get(root, &address.path()).await,
            Files::Bucket(bucket) => bucket.get(&address.path()).await,
        }
    }

    /// Those files of an image that are missing.
    pub(crate) async fn missing(&self, image: &Address) -> Result<Vec<Address>> {
        let files = image.files();
        match self {
            Files::Memory(memory) => {
                let memory = memory.lock();
                Ok(files.into_iter().filter(|file| !memory.contains_key(&file.path())).collect())
            }
            Files::Folder(root) => folder::missing(root, files).await,
            Files::Bucket(bucket) => bucket.missing(&image::folder(image.hash()), files).await,
        }
    }

    /// Removes every file of an image.
    pub(crate) async fn remove(&self, hash: &str) -> Result<()> {
        let home = image::folder(hash);
        match self {
            Files::Memory(memory) => {
                memory.lock().retain(|path, _| !path.starts_with(&home));
                Ok(())
            }
            Files::Folder(root) => folder::remove(root, &home).await,
            Files::Bucket(bucket) => bucket.remove(&home).await,
        }
    }

    /// Asks the store for as little as possible.
    async fn reach(&self) -> Result<Reached> {
        match self {
            Files::Memory(_) => return Ok(Reached::InProcess),
            Files::Folder(root) => folder::reach(root).await?,
            Files::Bucket(bucket) => bucket.reach().await?,
        }
        Ok(Reached::Outside)
    }

    /// The parts of the store, in order. Memory has none, because it is gone when a row could have lost its files.
    pub(crate) async fn shards(&self) -> Result<Vec<String>> {
        let mut shards = match self {
            Files::Memory(_) => return Ok(Vec::new()),
            Files::Folder(root) => folder::names_in(root).await?,
            Files::Bucket(bucket) => bucket.folders().await?,
        };
        shards.retain(|name| name.len() == SHARD_DIGITS);
        shards.sort();
        Ok(shards)
    }

    /// The images that have a folder in this part. Others are left alone.
    pub(crate) async fn in_shard(&self, shard: &str) -> Result<Vec<Found>> {
        match self {
            Files::Memory(_) => Ok(Vec::new()),
            Files::Folder(root) => folder::in_shard(root, shard).await,
            Files::Bucket(bucket) => bucket.in_shard(shard).await,
        }
    }
}

/// Whether a folder with this name in this part is one of an image.
fn is_home(shard: &str, name: &str) -> bool {
    name.starts_with(shard) && Address::of(name, Size { width: 1, height: 1 }).is_some()
}

/// C013.
fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Code::Unavailable.because("the store of images cannot be reached").caused_by(cause)
}
