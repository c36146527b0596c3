//! What every page can reach, and the pages that are the same for everybody.

use crate::{Settings, visit::Visit};
use axum::{http::StatusCode, response::Response};
use bytes::Bytes;
use events::{CategoryChanged, ProductChanged, TimeDealChanged, TimeDealEnded, TimeDealStarted};
use kernel::{ProductId, Timestamp};
use pages::{Api, Html, Language, Refused, door::Door, html, origin::Origin, session::Ages};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::Deref,
    sync::Arc,
    time::Duration,
};
use web::{App, CacheKey, Invalidation};

/// The storefront: the state of its routes.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

/// What it is made of.
pub struct Parts {
    pub app: App,
    pub api: Api,
    pub origin: Origin,
    pub settings: Arc<Settings>,
    pub ages: Ages,
}

impl Deref for Site {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Site {
    /// The storefront of a shop whose API has these routes.
    pub fn of(app: App, api: Api) -> Site {
        let settings = app.settings::<Settings>();
        let refresh = app.settings::<account::Settings>().refresh_ttl;
        let cart = app.settings::<cart::Settings>().guest_ttl;
        let origin = Origin::of(&settings.public_url).unwrap_or_default();
        Site(Arc::new(Parts { app, api, origin, settings, ages: Ages { refresh, cart } }))
    }

    /// The way to its pages for one visitor.
    pub(crate) fn door(&self) -> Door<'_> {
        Door { app: &self.app, api: &self.api, origin: &self.origin, ages: self.ages, files: None }
    }
}

/// The home page and the lists: they show many products, so any change of one makes them anew.
pub const LISTS: CacheKey = CacheKey::new("pages of products", 0);
/// The pages of deals.
pub const DEALS: CacheKey = CacheKey::new("pages of deals", 0);
/// The map for search engines. No event makes it anew, because it reads every product.
pub const SITEMAP: CacheKey = CacheKey::new("map for search engines", 0);
/// How long a page is kept that shows numbers which change without an event for it, such as the units left of a deal.
pub const BRIEFLY: Duration = Duration::from_secs(2);

/// The page of this product.
pub const fn product(id: ProductId) -> CacheKey {
    CacheKey::new("page of a product", id.raw())
}

/// Which pages in the response cache an event makes wrong.
pub fn invalidates() -> Vec<Invalidation> {
    fn products(ids: &[ProductId]) -> Vec<CacheKey> {
        ids.iter().copied().map(product).chain([LISTS, DEALS]).collect()
    }
    let mut all = inventory::events::invalidations(product);
    all.push(Invalidation::on(|event: &ProductChanged| products(&[event.product_id])));
    all.push(Invalidation::on(|event: &TimeDealChanged| products(&event.product_ids)));
    all.push(Invalidation::on(|event: &TimeDealStarted| products(&event.product_ids)));
    all.push(Invalidation::on(|event: &TimeDealEnded| products(&event.product_ids)));
    all.push(Invalidation::on(|_: &CategoryChanged| vec![LISTS]));
    all
}

impl Visit {
    /// The key of one of several pages under `key`: in this language, and with these parameters.
    pub fn key(&self, key: CacheKey, which: impl Hash) -> CacheKey {
        let mut hash = DefaultHasher::new();
        (self.language == Language::Korean).hash(&mut hash);
        which.hash(&mut hash);
        CacheKey { variant: hash.finish(), ..key }
    }

    /// A page from the response cache, made by `make` when it is not there; `make` gives with it when the clock makes it wrong.
    /// Everybody gets the same bytes but for the address by which they reach the shop.
    pub async fn shared<F>(&self, key: CacheKey, make: impl FnOnce() -> F) -> Result<Response, Refused>
    where
        F: Future<Output = kernel::Result<(Html, Option<Timestamp>)>>,
    {
        let page = self.kept(key, make).await?;
        Ok(html::tagged(&self.parts.headers, page, html::SHARED))
    }

    /// The same for a page with forms: each visitor gets it with the visitor's own form token.
    pub async fn shared_with_forms<F>(&self, key: CacheKey, make: impl FnOnce() -> F) -> Result<Response, Refused>
    where
        F: Future<Output = kernel::Result<(Html, Option<Timestamp>)>>,
    {
        let page = self.kept(key, make).await?;
        let own = pages::form::filled(&page, &self.token);
        Ok(html::tagged(&self.parts.headers, own, html::OWN))
    }

    /// The same for a page whose forms order something. It has another idempotency key each time, so a browser does not keep it either.
    pub async fn shared_with_orders<F>(&self, key: CacheKey, make: impl FnOnce() -> F) -> Result<Response, Refused>
    where
        F: Future<Output = kernel::Result<(Html, Option<Timestamp>)>>,
    {
        let page = self.kept(key, make).await?;
        let own = pages::form::keyed(&pages::form::filled(&page, &self.token));
        Ok(html::respond(StatusCode::OK, own, html::PRIVATE))
    }

    async fn kept<F>(&self, key: CacheKey, make: impl FnOnce() -> F) -> Result<Bytes, Refused>
    where
        F: Future<Output = kernel::Result<(Html, Option<Timestamp>)>>,
    {
        let app = &self.site.app;
        let bytes = || async {
            let (page, until) = make().await?;
            Ok((page.into_bytes(), until))
        };
        let kept = app.cache.bytes_until(key, app.now(), bytes).await?;
        Ok(self.addressed(Bytes::clone(&*kept)))
    }
}
