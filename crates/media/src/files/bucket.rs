//! The files in a bucket: under the same paths as in a folder, so that either can be copied to the other.

use super::{
    Found, is_home,
    s3::{Client, Listed},
    unavailable,
};
use crate::Settings;
use crate::image::Address;
use bytes::Bytes;
use futures_util::future::try_join_all;
use kernel::{Result, Timestamp, Zone};
use std::collections::{BTreeMap, HashSet};

/// Most pages of one list. A page has up to 1,000 files.
const PAGES_MAX: usize = 1_000;
/// Files that are removed at once, so that a removal leaves connections to others.
const REMOVED_AT_ONCE: usize = 8;

/// A bucket, or the part of it below a prefix.
#[derive(Debug)]
pub struct Bucket {
    client: Client,
    /// What every key begins with: empty, or it ends with a slash.
    prefix: String,
}

impl Bucket {
    pub(super) fn open(settings: &Settings) -> Result<Bucket> {
        Ok(Bucket::through(Client::new(settings)?, settings))
    }

    pub(super) fn through(client: Client, settings: &Settings) -> Bucket {
        let prefix = match settings.s3_prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        Bucket { client, prefix }
    }

    fn key(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Stores all of these files, which are the few of one image.
    pub(super) async fn put(&self, files: Vec<(String, Bytes)>) -> Result<()> {
        let each = files.into_iter().map(|(path, bytes)| async move { self.client.put(&self.key(&path), bytes).await });
        try_join_all(each).await.map(drop)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.client.get(&self.key(path)).await
    }

    /// Asks for the list of what is in the folder: one request, and unlike answers about single files it says whether the
    /// file is missing or the bucket.
    pub(super) async fn missing(&self, home: &str, mut files: Vec<Address>) -> Result<Vec<Address>> {
        let mut there = HashSet::new();
        let mut pages = self.pages(format!("{home}/"), false);
        while let Some(page) = pages.next().await? {
            there.extend(page.files.into_iter().map(|file| file.key));
        }
        files.retain(|file| !there.contains(&self.key(&file.path())));
        Ok(files)
    }

    pub(super) async fn remove(&self, home: &str) -> Result<()> {
        let mut pages = self.pages(format!("{home}/"), false);
        while let Some(page) = pages.next().await? {
            for files in page.files.chunks(REMOVED_AT_ONCE) {
                try_join_all(files.iter().map(|file| self.client.delete(&file.key))).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn reach(&self) -> Result<()> {
        self.client.reach(&self.prefix).await
    }

    /// The names of the folders at the top.
    pub(super) async fn folders(&self) -> Result<Vec<String>> {
        let mut folders = Vec::new();
        let mut pages = self.pages(String::new(), true);
        while let Some(page) = pages.next().await? {
            let names = page.folders.iter().filter_map(|key| key.strip_prefix(&self.prefix)?.strip_suffix('/'));
            folders.extend(names.map(str::to_owned));
        }
        Ok(folders)
    }

    pub(super) async fn in_shard(&self, shard: &str) -> Result<Vec<Found>> {
        let folder = format!("{shard}/");
        let (utc, mut newest) = (Zone::utc(), BTreeMap::<String, Timestamp>::new());
        let mut pages = self.pages(folder.clone(), false);
        while let Some(page) = pages.next().await? {
            for file in page.files {
                let path = file.key.strip_prefix(&self.prefix).and_then(|path| path.strip_prefix(&folder));
                let Some((hash, _)) = path.and_then(|path| path.split_once('/')) else { continue };
                if is_home(shard, hash) {
                    let written_at = Timestamp::parse(&file.written_at, &utc).map_err(unavailable)?;
                    let newest = newest.entry(hash.to_owned()).or_insert(written_at);
                    *newest = written_at.max(*newest);
                }
            }
        }
        Ok(newest.into_iter().map(|(hash, written_at)| Found { hash, written_at }).collect())
    }

    /// What is in a folder, page by page.
    fn pages(&self, folder: String, grouped: bool) -> Pages<'_> {
        Pages { client: &self.client, prefix: self.key(&folder), grouped, next: Next::First, asked: 0 }
    }
}

/// A list that is read page by page.
struct Pages<'a> {
    client: &'a Client,
    prefix: String,
    grouped: bool,
    next: Next,
    asked: usize,
}

/// The page of a list that comes next.
enum Next {
    First,
    After(String),
    None,
}

impl Pages<'_> {
    /// The next page; C013 when there are too many.
    async fn next(&mut self) -> Result<Option<Listed>> {
        let after = match &self.next {
            Next::None => return Ok(None),
            Next::First => None,
            Next::After(token) => Some(token.as_str()),
        };
        if self.asked >= PAGES_MAX {
            return Err(unavailable(format!("the list of {} has more than {PAGES_MAX} pages", self.prefix)));
        }
        let page = self.client.list(&self.prefix, self.grouped, after).await?;
        self.asked += 1;
        self.next = page.next.clone().map_or(Next::None, Next::After);
        Ok(Some(page))
    }
}
