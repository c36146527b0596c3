//! Answers kept in memory as ready bytes, until an event makes them stale.

use crate::response::Success;
use bytes::Bytes;
use kernel::{Code, Error, Result};
use moka::future::Cache;
use serde::Serialize;
use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Most bytes of pages kept.
const BYTES_MAX: u64 = 64 << 20;
/// A page is made anew after this long even if no event said that it is stale: the bound on any mistake in that.
const KEPT_AT_MOST: Duration = Duration::from_secs(60);
/// Slots that notice a page made stale while it was being made; a shared slot only costs a page made twice.
const SLOTS: usize = 1024;

/// Which page: what it shows, of which row, and a variation such as a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// What it shows, such as `product`.
    pub kind: &'static str,
    /// Of which row; 0 for pages of no single row.
    pub id: i64,
}

/// The pages in memory.
#[derive(Clone)]
pub struct Pages {
    kept: Cache<PageKey, Bytes>,
    stale: Arc<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Pages {
    fn default() -> Pages {
        Pages {
            kept: Cache::builder()
                .max_capacity(BYTES_MAX)
                .weigher(|_, page: &Bytes| u32::try_from(page.len() + 64).unwrap_or(u32::MAX))
                .time_to_live(KEPT_AT_MOST)
                .build(),
            stale: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Pages {
    /// The page as the bytes of a whole success answer; made by `make` when it is not kept. Many who ask at once wait for
    /// one making. A failure is not kept.
    pub async fn get<T, F>(&self, key: PageKey, make: impl FnOnce() -> F) -> Result<Bytes>
    where
        T: Serialize,
        F: Future<Output = Result<T>>,
    {
        if let Some(page) = self.kept.get(&key).await {
            return Ok(page);
        }
        let slot = self.slot(&key);
        let before = slot.load(Ordering::SeqCst);
        let made = self.kept.try_get_with(key.clone(), async {
            let data = make().await?;
            serde_json::to_vec(&Success { success: true, data: Some(data) })
                .map(Bytes::from)
                .map_err(|e| Code::Internal.error().caused_by(e))
        });
        let page = made.await.map_err(|error: Arc<Error>| copy(&error))?;
        if slot.load(Ordering::SeqCst) != before {
            // it became stale while it was being made: whoever asks next gets a new one
            self.kept.invalidate(&key).await;
        }
        Ok(page)
    }

    /// Forgets a page.
    pub async fn forget(&self, key: &PageKey) {
        self.slot(key).fetch_add(1, Ordering::SeqCst);
        // most facts are about pages nobody looks at; one that is being made now sees the slot and forgets itself
        if self.kept.contains_key(key) {
            self.kept.invalidate(key).await;
        }
    }

    fn slot(&self, key: &PageKey) -> &AtomicU64 {
        let hash = usize::try_from(self.hasher.hash_one(key) % SLOTS as u64).unwrap_or(0);
        &self.stale[hash]
    }
}

/// The same failure for everyone who waited for it.
fn copy(error: &Error) -> Error {
    let fresh = error.detail().map_or_else(|| error.code().error(), |detail| error.code().because(detail));
    error.details().iter().cloned().fold(fresh, Error::with).caused_by(format!("{error:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PageKey = PageKey { kind: "product", id: 7 };

    #[tokio::test]
    async fn a_page_is_made_once_until_it_is_stale() {
        let pages = Pages::default();
        let first = pages.get(KEY, || async { Ok(1) }).await.unwrap();
        assert_eq!(&first[..], br#"{"success":true,"data":1}"#);
        assert_eq!(pages.get(KEY, || async { Ok(2) }).await.unwrap(), first);
        pages.forget(&KEY).await;
        assert_ne!(pages.get(KEY, || async { Ok(2) }).await.unwrap(), first);
    }

    #[tokio::test]
    async fn a_page_that_became_stale_while_it_was_made_is_not_kept() {
        let pages = Pages::default();
        let other = pages.clone();
        let page = pages.get(KEY, || async move {
            other.forget(&KEY).await;
            Ok("old")
        });
        page.await.unwrap();
        let next = pages.get(KEY, || async { Ok("new") }).await.unwrap();
        assert_eq!(&next[..], br#"{"success":true,"data":"new"}"#);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let pages = Pages::default();
        let failed = pages.get::<i32, _>(KEY, || async { Err(Code::ProductNotFound.error()) }).await;
        assert_eq!(failed.unwrap_err().code(), Code::ProductNotFound);
        assert!(pages.get(KEY, || async { Ok(1) }).await.is_ok());
    }
}
