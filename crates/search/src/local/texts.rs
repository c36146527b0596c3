//! The texts of products in Tantivy: which products have an entry in which field, and which skus. Positions, frequencies, norms and
//! stored texts are left out, because no search reads them.

use crate::document::{Document, Field as Text, Words};
use crate::language::Stems;
use kernel::{Code, Error, Result};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, SegmentReader, TantivyDocument, Term,
    directory::MmapDirectory,
    index::SegmentId,
    indexer::{IndexWriterOptions, LogMergePolicy},
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};

/// Bytes that the writer collects before it writes a segment: the least that Tantivy takes.
const WRITER_BYTES: usize = 15_000_000;
/// Segments of about the same size that are merged: fewer make searches faster, more make writing cheaper.
const MERGED_SEGMENTS: usize = 5;
/// What the texts of an index of this version of the program look like; part of each digest.
pub const FORMAT: u64 = 2;

pub(super) struct Texts {
    index: Index,
    reader: IndexReader,
    /// Opened by the first change: a shop whose products do not change needs none.
    writer: Mutex<Option<IndexWriter>>,
    schema: Fields,
    path: Option<PathBuf>,
    /// Whether something was lost that had been put in without a commit.
    lost: AtomicBool,
    /// Whether a write failed, which may have left texts of products that are taken for new.
    unsure: AtomicBool,
    /// [`Texts::ids`] of the segments that are read.
    ids: Mutex<HashMap<SegmentId, Arc<[u32]>>>,
}

/// When what is written is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    /// When the call ends.
    Now,
    /// After [`Texts::finish`]: no search reads this index before it is complete.
    AtTheEnd,
}

/// A product that is to be written.
pub(super) struct Put<'d> {
    pub document: &'d Document,
    pub words: &'d Words,
    pub digest: u64,
    /// Whether texts of it may be there: looking for them in every segment costs as much as writing it.
    pub replaces: bool,
}

pub(super) struct Fields {
    id: Field,
    digest: Field,
    pub sku: Field,
    pub texts: [Field; 5],
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let text = TextOptions::default().set_indexing_options(indexing);
    let id = schema.add_u64_field("id", INDEXED | FAST);
    let digest = schema.add_u64_field("digest", FAST);
    let sku = schema.add_text_field("sku", text.clone());
    let texts = ["name", "brand", "category", "options", "description"];
    let texts = texts.map(|name| schema.add_text_field(name, text.clone()));
    (schema.build(), Fields { id, digest, sku, texts })
}

pub(super) fn failed(error: impl std::fmt::Display + Send + Sync + 'static) -> Error {
    Code::SearchFailed.error().caused_by(error.to_string())
}

impl Texts {
    pub fn in_memory() -> Result<Texts> {
        let (schema, fields) = schema();
        Texts::of(Index::create_in_ram(schema), fields, None)
    }

    pub fn create(path: &Path) -> Result<Texts> {
        let (schema, fields) = schema();
        let index = Index::create_in_dir(path, schema).map_err(failed)?;
        Texts::of(index, fields, Some(path.to_owned()))
    }

    /// An empty index in this directory, which may fail.
    #[cfg(test)]
    pub fn within(directory: impl tantivy::Directory) -> Result<Texts> {
        let (schema, fields) = schema();
        let index = Index::create(directory, schema, tantivy::IndexSettings::default()).map_err(failed)?;
        Texts::of(index, fields, None)
    }

    /// Opens an index and compares its files with their checksums.
    pub fn open(path: &Path) -> Result<Texts> {
        let (schema, fields) = schema();
        let directory = MmapDirectory::open(path).map_err(failed)?;
        let index = Index::open(directory).map_err(failed)?;
        if index.schema() != schema {
            return Err(failed("it was written by another version of the program"));
        }
        let texts = Texts::of(index, fields, Some(path.to_owned()))?;
        match texts.is_whole()? {
            true => Ok(texts),
            false => Err(failed("a file differs from its checksum")),
        }
    }

    fn of(index: Index, schema: Fields, path: Option<PathBuf>) -> Result<Texts> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(failed)?;
        let (lost, unsure) = (AtomicBool::new(false), AtomicBool::new(false));
        let (writer, ids) = (Mutex::new(None), Mutex::default());
        Ok(Texts { index, reader, writer, schema, path, lost, unsure, ids })
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub fn is_whole(&self) -> Result<bool> {
        Ok(self.index.validate_checksum().map_err(failed)?.is_empty())
    }

    /// The digests of what is in it, by product.
    pub fn digests(&self) -> Result<HashMap<u64, u64>> {
        let mut all = HashMap::new();
        for segment in self.reader.searcher().segment_readers() {
            let (ids, digests) = (column(segment, "id")?, column(segment, "digest")?);
            all.extend(segment.doc_ids_alive().map(|doc| (ids.get_val(doc), digests.get_val(doc))));
        }
        Ok(all)
    }

    /// Replaces these products and takes those out. After a failure nothing of it is there.
    pub fn write(&self, put: &[Put<'_>], removed: &[u64], commit: Commit) -> Result<()> {
        if put.is_empty() && removed.is_empty() {
            return Ok(());
        }
        let mut writer = self.writer.lock();
        let written = self.write_with(&mut writer, put, removed, commit);
        if written.is_err() {
            self.unsure.store(true, Relaxed);
            // a writer that has failed once takes nothing any more; the next attempt opens another one
            *writer = None;
            self.lost.fetch_or(commit == Commit::AtTheEnd, Relaxed);
        }
        written?;
        match commit {
            Commit::Now => self.reload().inspect_err(|_| self.unsure.store(true, Relaxed)),
            Commit::AtTheEnd => Ok(()),
        }
    }

    fn write_with(
        &self,
        open: &mut Option<IndexWriter>,
        put: &[Put<'_>],
        removed: &[u64],
        commit: Commit,
    ) -> Result<()> {
        let writer = match open {
            Some(writer) => writer,
            None => open.insert(self.open_writer()?),
        };
        let unsure = self.unsure.load(Relaxed);
        let replaced = put.iter().filter(|put| put.replaces || unsure).map(|put| id(put.document));
        for id in replaced.chain(removed.iter().copied()) {
            writer.delete_term(Term::from_field_u64(self.schema.id, id));
        }
        let mut stems = Stems::default();
        for put in put {
            writer.add_document(self.document(put, &mut stems)).map_err(failed)?;
        }
        if commit == Commit::Now {
            writer.commit().map_err(failed)?;
        }
        Ok(())
    }

    /// Commits what was put in without a commit. An error when something of it was lost.
    pub fn finish(&self) -> Result<()> {
        if self.lost.load(Relaxed) {
            return Err(failed("a part of it could not be written"));
        }
        if let Some(writer) = &mut *self.writer.lock() {
            writer.commit().map_err(failed)?;
        }
        self.reload()
    }

    fn open_writer(&self) -> Result<IndexWriter> {
        let one = IndexWriterOptions::builder().num_worker_threads(1).num_merge_threads(1);
        let options = one.memory_budget_per_thread(WRITER_BYTES).build();
        let writer = self.index.writer_with_options(options).map_err(failed)?;
        let mut merging = LogMergePolicy::default();
        merging.set_min_num_segments(MERGED_SEGMENTS);
        writer.set_merge_policy(Box::new(merging));
        Ok(writer)
    }

    fn document(&self, put: &Put<'_>, stems: &mut Stems) -> TantivyDocument {
        let mut written = TantivyDocument::default();
        written.add_u64(self.schema.id, id(put.document));
        written.add_u64(self.schema.digest, put.digest);
        for (text, field) in Text::ALL.into_iter().zip(self.schema.texts) {
            for entry in put.words.entries(text, stems) {
                written.add_text(field, entry);
            }
        }
        for sku in put.document.skus() {
            written.add_text(self.schema.sku, sku);
        }
        written
    }

    /// The state of now; it stays as it is while others write.
    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Which field has which entries.
    pub fn fields(&self) -> &Fields {
        &self.schema
    }

    /// Bytes of all files; in memory, of what they would be.
    pub fn bytes(&self) -> u64 {
        let Some(path) = &self.path else {
            let space = self.reader.searcher().space_usage();
            return space.map_or(0, |space| space.total().get_bytes());
        };
        let files = fs::read_dir(path).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }

    /// The products of a segment by their numbers there, in memory: a search asks for every product that it finds.
    pub fn ids(&self, segment: &SegmentReader) -> Result<Arc<[u32]>> {
        if let Some(known) = self.ids.lock().get(&segment.segment_id()) {
            return Ok(Arc::clone(known));
        }
        let column = column(segment, "id")?;
        // an id beyond has no place on the shelf either
        let id = |document| u32::try_from(column.get_val(document)).unwrap_or(u32::MAX);
        let ids: Arc<[u32]> = (0..segment.max_doc()).map(id).collect();
        self.ids.lock().insert(segment.segment_id(), Arc::clone(&ids));
        Ok(ids)
    }

    /// What was committed is found from now on.
    fn reload(&self) -> Result<()> {
        self.reader.reload().map_err(failed)?;
        let searcher = self.reader.searcher();
        let segments: HashSet<SegmentId> = searcher.segment_readers().iter().map(SegmentReader::segment_id).collect();
        self.ids.lock().retain(|segment, _| segments.contains(segment));
        searcher.segment_readers().iter().try_for_each(|segment| self.ids(segment).map(drop))
    }
}

fn id(document: &Document) -> u64 {
    document.id.raw().unsigned_abs()
}

fn column(segment: &SegmentReader, name: &str) -> Result<Arc<dyn tantivy::columnar::ColumnValues<u64>>> {
    let column = segment.fast_fields().u64(name).map_err(failed)?;
    Ok(column.first_or_default_col(0))
}
