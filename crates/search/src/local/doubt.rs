//! Tests of an index that does not know whether its last write was stored.

use super::generation::Generation;
use super::texts::{Commit, Texts};
use crate::document::Document;
use crate::language::synonyms::Synonyms;
use crate::query::Query;
use kernel::{ProductId, Timestamp};
use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};
use tantivy::directory::{
    Directory, FileHandle, RamDirectory, WatchCallback, WatchHandle, WritePtr,
    error::{DeleteError, OpenReadError, OpenWriteError},
};

/// A disk that stores what it is given, and says once that it did not.
#[derive(Debug, Clone)]
struct Liar {
    disk: RamDirectory,
    lies: Arc<AtomicBool>,
}

impl Directory for Liar {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.disk.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.disk.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.disk.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.disk.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.disk.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.disk.atomic_write(path, data)?;
        let names_what_is_there = path.ends_with("meta.json");
        match names_what_is_there && self.lies.swap(false, SeqCst) {
            true => Err(io::Error::other("the disk has gone")),
            false => Ok(()),
        }
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.disk.sync_directory()
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.disk.watch(callback)
    }
}

fn product(id: i64, name: &str) -> Document {
    Document {
        id: ProductId::new(id),
        sku: format!("SKU-{id}"),
        name: name.to_owned(),
        brand: None,
        categories: Vec::new(),
        description: None,
        offers: Vec::new(),
        sold: Some(0),
        created_at: Timestamp::from_millis(id),
    }
}

fn find(generation: &Generation, keyword: &str) -> Vec<i64> {
    let query = Query { keyword: keyword.to_owned(), most: 9, ..Query::default() };
    let found = generation.search(query, generation.epoch(), &Synonyms::default()).unwrap();
    found.hits.iter().map(|hit| hit.id.raw()).collect()
}

/// Without looking for them, the texts of the write that seemed to fail would stay beside the new ones.
#[test]
fn after_a_write_that_may_have_been_stored_texts_are_looked_for_and_replaced() {
    let liar = Liar { disk: RamDirectory::create(), lies: Arc::default() };
    let generation = Generation::of(Texts::within(liar.clone()).unwrap(), &Synonyms::default()).unwrap();
    generation.put(&[product(1, "green lantern")], Commit::Now).unwrap();
    liar.lies.store(true, SeqCst);
    assert!(generation.put(&[product(2, "red shoes")], Commit::Now).is_err());
    assert!(!liar.lies.load(SeqCst), "what names the products was stored");
    assert_eq!((find(&generation, "red"), find(&generation, "lantern")), (vec![], vec![1]));
    // meanwhile it has got another name
    assert_eq!(generation.put(&[product(2, "blue shoes")], Commit::Now).unwrap(), 1);
    assert_eq!((find(&generation, "blue"), find(&generation, "red")), (vec![2], vec![]));
    assert_eq!(find(&generation, "shoes"), [2], "once");
    generation.remove(&[ProductId::new(2)], Commit::Now).unwrap();
    assert_eq!((find(&generation, "shoes"), generation.products().unwrap()), (vec![], vec![ProductId::new(1)]));
}
