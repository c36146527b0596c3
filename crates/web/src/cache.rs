//! The response cache: responses in memory as ready bytes, until an event invalidates them.
//!
//! The instance that commits an event invalidates at commit, before it answers, so a client never reads an older state than
//! the one it has just written. Other instances invalidate when their relay reads the event.

use crate::Module;
use crate::response::Success;
use crate::tag::Tagged;
use bytes::Bytes;
use kernel::{Code, Error, Event, Result, Timestamp};
use moka::{future::Cache, policy::EvictionPolicy};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::{HashMap, HashSet},
    fmt,
    future::Future,
    hash::{BuildHasher, RandomState},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Most bytes of responses kept.
const BYTES_MAX: u64 = 64 << 20;
/// A response is made anew after this long even if no event invalidated it: the bound on any mistake in that.
const KEPT_AT_MOST: Duration = Duration::from_secs(60);
/// Generations counted. Keys that share one only cost a response made once more; with so many, that is rare.
const GENERATIONS: usize = 1 << 16;

/// Which response: what it shows, of which row, in which variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// What it shows, such as `product`.
    pub kind: &'static str,
    /// Of which row; 0 for responses of no single row.
    pub id: i64,
    /// Which of several responses about the same row, such as one for each query; all are invalidated together.
    pub variant: u64,
}

impl CacheKey {
    /// The response of this kind about this row, which has no variants.
    pub const fn new(kind: &'static str, id: i64) -> CacheKey {
        CacheKey { kind, id, variant: 0 }
    }
}

type Keys = dyn Fn(&str) -> Result<Vec<CacheKey>> + Send + Sync;

/// Which responses one kind of event invalidates.
#[derive(Clone)]
pub struct Invalidation {
    pub topic: &'static str,
    keys: Arc<Keys>,
}

impl Invalidation {
    /// Every event of the type `E` invalidates the responses that `keys` names.
    pub fn on<E: Event>(keys: impl Fn(&E) -> Vec<CacheKey> + Send + Sync + 'static) -> Invalidation {
        Invalidation::by::<E, E>(keys)
    }

    /// The same by some members of the event, `P`. Every purchase waits while its events are read, so those of purchases read no more
    /// than they need.
    pub fn by<E: Event, P: DeserializeOwned>(
        keys: impl Fn(&P) -> Vec<CacheKey> + Send + Sync + 'static,
    ) -> Invalidation {
        let keys = move |payload: &str| {
            let part = serde_json::from_str(payload).map_err(|e| Code::Internal.error().caused_by(e))?;
            Ok(keys(&part))
        };
        Invalidation { topic: E::TOPIC, keys: Arc::new(keys) }
    }

    /// Every event of the type `E` invalidates this response.
    pub fn always<E: Event>(key: CacheKey) -> Invalidation {
        Invalidation { topic: E::TOPIC, keys: Arc::new(move |_| Ok(vec![key])) }
    }
}

impl fmt::Debug for Invalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalidation on {}", self.topic)
    }
}

/// A response, and when the clock makes it wrong.
#[derive(Clone)]
struct Kept {
    response: Tagged,
    until: Option<Timestamp>,
}

/// The responses in memory. Cheap to clone.
#[derive(Clone)]
pub struct ResponseCache(Arc<Inner>);

struct Inner {
    /// By key and by the generation that the key had when the response was begun: a response of an earlier generation is
    /// not found any more, and a request after an invalidation does not wait for an older response that is being made.
    kept: Cache<(CacheKey, u64), Kept>,
    generations: Box<[AtomicU64]>,
    hasher: RandomState,
    invalidations: HashMap<&'static str, Vec<Invalidation>>,
}

impl ResponseCache {
    /// An empty cache that the events of these modules invalidate.
    pub fn of(modules: &[Module]) -> ResponseCache {
        let mut invalidations: HashMap<&'static str, Vec<Invalidation>> = HashMap::new();
        for invalidation in modules.iter().flat_map(|module| (module.invalidates)()) {
            invalidations.entry(invalidation.topic).or_default().push(invalidation);
        }
        ResponseCache(Arc::new(Inner {
            kept: Cache::builder()
                .max_capacity(BYTES_MAX)
                .weigher(|_, kept: &Kept| u32::try_from(kept.response.len() + 64).unwrap_or(u32::MAX))
                .time_to_live(KEPT_AT_MOST)
                // those of an earlier generation are read no more, so they leave first
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            generations: (0..GENERATIONS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            invalidations,
        }))
    }

    /// A whole success response as bytes with its tag; made by `make` when it is not kept. Requests that come meanwhile wait for it.
    /// A failure is not kept.
    pub async fn get<T, F>(&self, key: CacheKey, make: impl FnOnce() -> F) -> Result<Tagged>
    where
        T: Serialize,
        F: Future<Output = Result<T>>,
    {
        self.get_until(key, Timestamp::from_millis(0), || async { Ok((make().await?, None)) }).await
    }

    /// Like [`ResponseCache::get`], for a response that the clock makes wrong at a time which `make` gives with it.
    pub async fn get_until<T, F>(&self, key: CacheKey, now: Timestamp, make: impl FnOnce() -> F) -> Result<Tagged>
    where
        T: Serialize,
        F: Future<Output = Result<(T, Option<Timestamp>)>>,
    {
        self.bytes_until(key, now, || async {
            let (data, until) = make().await?;
            let body = serde_json::to_vec(&Success { success: true, data: Some(data) });
            Ok((body.map_err(|e| Code::Internal.error().caused_by(e))?.into(), until))
        })
        .await
    }

    /// The same for ready bytes, such as a page for people.
    pub async fn bytes_until<F>(&self, key: CacheKey, now: Timestamp, make: impl FnOnce() -> F) -> Result<Tagged>
    where
        F: Future<Output = Result<(Bytes, Option<Timestamp>)>>,
    {
        let present = (key, self.generation(&key));
        if let Some(kept) = self.0.kept.get(&present).await {
            if kept.until.is_none_or(|until| now < until) {
                return Ok(kept.response);
            }
            // the other variants are as good as before
            self.0.kept.invalidate(&present).await;
        }
        // boxed, so that the futures of the many requests that find their response stay small
        Box::pin(self.make(key, make)).await
    }

    async fn make<F>(&self, key: CacheKey, make: impl FnOnce() -> F) -> Result<Tagged>
    where
        F: Future<Output = Result<(Bytes, Option<Timestamp>)>>,
    {
        let made = self.0.kept.try_get_with((key, self.generation(&key)), async {
            let (body, until) = make().await?;
            Ok(Kept { response: Tagged::of(body), until })
        });
        made.await.map(|kept| kept.response).map_err(|error: Arc<Error>| copy(&error))
    }

    /// The next request for this response makes it anew.
    pub fn invalidate(&self, key: &CacheKey) {
        self.slot(key).fetch_add(1, Ordering::SeqCst);
    }

    /// Invalidates what these events, given as topic and payload, invalidate; each response once, however many name it.
    pub fn invalidate_by<'e>(&self, events: impl IntoIterator<Item = (&'e str, &'e str)>) {
        let mut keys = HashSet::new();
        for (topic, payload) in events {
            for invalidation in self.0.invalidations.get(topic).into_iter().flatten() {
                match catch_unwind(AssertUnwindSafe(|| (invalidation.keys)(payload))) {
                    Ok(Ok(found)) => keys.extend(found),
                    Ok(Err(error)) => tracing::error!(topic, ?error, "an event invalidates nothing: it cannot be read"),
                    Err(_) => tracing::error!(topic, "an event invalidates nothing: its domain panicked"),
                }
            }
        }
        keys.iter().for_each(|key| self.invalidate(key));
    }

    /// Grows whenever what `key` shows was invalidated, and sometimes without that.
    pub fn generation(&self, key: &CacheKey) -> u64 {
        self.slot(key).load(Ordering::SeqCst)
    }

    fn slot(&self, key: &CacheKey) -> &AtomicU64 {
        let hash = self.0.hasher.hash_one((key.kind, key.id));
        &self.0.generations[usize::try_from(hash % GENERATIONS as u64).unwrap_or(0)]
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

    const KEY: CacheKey = CacheKey::new("product", 7);

    #[derive(Serialize, serde::Deserialize)]
    struct Changed {
        product: i64,
    }

    impl Event for Changed {
        const TOPIC: &'static str = "test.changed";
        fn key(&self) -> String {
            self.product.to_string()
        }
    }

    const MODULE: Module = Module {
        invalidates: || {
            vec![Invalidation::on(|event: &Changed| {
                assert_ne!(event.product, 13, "panics");
                vec![CacheKey::new("product", event.product)]
            })]
        },
        ..Module::named("changes")
    };

    async fn get(cache: &ResponseCache, key: CacheKey, value: i32) -> String {
        let bytes = cache.get(key, || async { Ok(value) }).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_response_is_made_once_until_it_is_invalidated() {
        let cache = ResponseCache::of(&[]);
        assert_eq!(get(&cache, KEY, 1).await, r#"{"success":true,"data":1}"#);
        assert_eq!(get(&cache, KEY, 2).await, r#"{"success":true,"data":1}"#);
        cache.invalidate(&KEY);
        assert_eq!(get(&cache, KEY, 3).await, r#"{"success":true,"data":3}"#);
    }

    #[tokio::test]
    async fn a_response_that_the_clock_makes_wrong_is_made_anew() {
        let (cache, at) = (ResponseCache::of(&[]), Timestamp::from_millis);
        let get = async |now, value: i32| {
            let make = || async move { Ok((value, Some(at(10)))) };
            String::from_utf8(cache.get_until(KEY, at(now), make).await.unwrap().to_vec()).unwrap()
        };
        assert_eq!(get(1, 1).await, get(9, 2).await);
        assert_eq!(get(10, 3).await, r#"{"success":true,"data":3}"#);
    }

    #[tokio::test]
    async fn variants_are_kept_apart_and_invalidated_together() {
        let cache = ResponseCache::of(&[]);
        let other = CacheKey { variant: 5, ..KEY };
        assert_ne!(get(&cache, KEY, 1).await, get(&cache, other, 2).await);
        cache.invalidate(&KEY);
        assert_eq!(get(&cache, other, 3).await, r#"{"success":true,"data":3}"#);
    }

    #[tokio::test]
    async fn who_asks_after_an_invalidation_does_not_get_a_response_that_was_begun_before() {
        let cache = ResponseCache::of(&[]);
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let old = tokio::spawn({
            let cache = cache.clone();
            async move {
                let make = || async move {
                    begun.send(()).unwrap();
                    finished.await.unwrap();
                    Ok(1)
                };
                cache.get(KEY, make).await.unwrap()
            }
        });
        begins.await.unwrap();
        cache.invalidate(&KEY);
        assert_eq!(get(&cache, KEY, 2).await, r#"{"success":true,"data":2}"#);
        finish.send(()).unwrap();
        old.await.unwrap();
        assert_eq!(get(&cache, KEY, 3).await, r#"{"success":true,"data":2}"#, "nor does the old one replace it");
    }

    #[tokio::test]
    async fn events_invalidate_what_their_domains_say_and_a_domain_that_panics_stops_no_other() {
        let cache = ResponseCache::of(&[MODULE]);
        get(&cache, KEY, 1).await;
        let unreadable = ("test.changed", "{}");
        let panics = ("test.changed", r#"{"product":13}"#);
        let unknown = ("test.other", r#"{"product":7}"#);
        cache.invalidate_by([unreadable, panics, unknown]);
        assert_eq!(get(&cache, KEY, 2).await, r#"{"success":true,"data":1}"#);
        cache.invalidate_by([panics, ("test.changed", r#"{"product":7}"#)]);
        assert_eq!(get(&cache, KEY, 3).await, r#"{"success":true,"data":3}"#);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = ResponseCache::of(&[]);
        let failed = cache.get::<i32, _>(KEY, || async { Err(Code::ProductNotFound.error()) }).await;
        assert_eq!(failed.unwrap_err().code(), Code::ProductNotFound);
        assert!(cache.get(KEY, || async { Ok(1) }).await.is_ok());
    }
}
