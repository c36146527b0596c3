//! The port: what the shop asks of a search index. The one in the process is [`crate::local`]; `conformance` holds for each.

use crate::document::Document;
use crate::language::synonyms::Synonyms;
use crate::query::{Found, Query, Suggestions};
use async_trait::async_trait;
use kernel::{ProductId, Result, VariantId};
use std::{collections::HashMap, sync::Arc};

/// Which of the two indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The one that answers searches.
    Serving,
    /// The one that is built beside it.
    Next,
}

/// Units that can be sold now, of one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    pub product: ProductId,
    pub variant: VariantId,
    pub available: i64,
}

/// How large an index is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    pub products: usize,
    /// Different words.
    pub words: usize,
    /// On disk; or in memory, when the index is there.
    pub bytes: u64,
}

/// A search index. What a call has done is found by every search that begins after it.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Puts products in, or replaces them. Gives how many texts had to be written; those that have not changed are not. What is put
    /// into the next index is found once that serves.
    async fn put(&self, to: Generation, documents: Vec<Document>) -> Result<usize>;

    /// Sets the stock of variants of products that it has.
    async fn set_units(&self, units: Vec<Units>) -> Result<()>;

    /// Sets what was sold lately: so many units of these products, nothing of the others.
    async fn set_sold(&self, sold: Arc<HashMap<ProductId, i64>>) -> Result<()>;

    /// Takes products out.
    async fn remove(&self, from: Generation, products: Vec<ProductId>) -> Result<()>;

    /// Every product that it has.
    async fn products(&self, of: Generation) -> Result<Vec<ProductId>>;

    /// Finds products.
    async fn search(&self, query: Query) -> Result<Found>;

    /// What a half-typed search may become, at most `most` of each kind.
    async fn suggest(&self, text: String, most: usize) -> Result<Suggestions>;

    /// Other synonyms, from now on.
    async fn set_synonyms(&self, synonyms: Arc<Synonyms>) -> Result<()>;

    /// Begins an empty index beside the one that serves; one that was begun before is dropped.
    async fn begin(&self) -> Result<()>;

    /// The index that was begun serves from now on, at once, and the other one is dropped.
    async fn swap(&self) -> Result<()>;

    /// Reads everything that is stored and compares it with its checksums.
    async fn is_whole(&self) -> Result<bool>;

    fn size(&self) -> Size;
}
