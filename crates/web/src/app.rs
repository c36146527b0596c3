//! What every handler can reach.

use crate::{
    Auth, Modules, Queued, ResponseCache, Streams, Turnstile,
    settings::{ModuleSettings, Settings},
};
use kernel::{Currency, Timestamp, Zone};
use ports::Ports;
use std::{ops::Deref, sync::Arc};
use store::{Db, Lease};

/// The running shop: axum's state. One pointer, because axum clones its state for every layer of every request.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the running shop is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Zone and currency.
    pub shop: Arc<Shop>,
    /// What each module registered in [`Module::settings`]; read it with [`App::settings`].
    pub settings: ModuleSettings,
    /// What we ask of other systems.
    pub ports: Arc<Ports>,
    /// Who is calling.
    pub auth: Arc<Auth>,
    /// Responses kept in memory.
    pub cache: ResponseCache,
    /// Server-sent events.
    pub streams: Streams,
    /// Every domain, in the server's order.
    pub modules: Modules,
}

impl From<Parts> for App {
    /// Also lets every commit of this process invalidate the cache before the request that committed is answered.
    fn from(parts: Parts) -> App {
        let cache = parts.cache.clone();
        parts
            .db
            .on_commit(move |events| cache.invalidate_by(events.iter().map(|event| (event.topic, &*event.payload))));
        App(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// The same shop for what only one of several instances may do: whatever it writes is refused once `lease` has gone to
    /// another.
    pub fn under(&self, lease: Lease) -> App {
        App(Arc::new(Parts {
            db: self.db.under(lease),
            shop: Arc::clone(&self.shop),
            settings: self.settings.clone(),
            ports: Arc::clone(&self.ports),
            auth: Arc::clone(&self.auth),
            cache: self.cache.clone(),
            streams: self.streams.clone(),
            modules: self.modules.clone(),
        }))
    }

    /// The settings of a module, such as `app.settings::<checkout::Settings>()`.
    pub fn settings<S: Settings>(&self) -> Arc<S> {
        self.settings.get()
    }

    /// What a module keeps in memory: the shop's one value of this type, which begins with its default.
    pub fn memory<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.modules.memory.get()
    }

    /// The check of waiting queues.
    pub fn turnstile(&self) -> Turnstile {
        self.modules.iter().find_map(|module| module.turnstile).unwrap_or(Turnstile::OPEN)
    }

    /// Every kind of thing that can have a waiting queue.
    pub fn queued(&self) -> Vec<Queued> {
        self.modules.iter().filter_map(|module| module.queued).collect()
    }

    /// The present instant of the shop's clock.
    pub fn now(&self) -> Timestamp {
        self.db.clock().now()
    }
}

/// What every domain has to know of the shop.
#[derive(Debug, Clone)]
pub struct Shop {
    /// What a day is, and how times without zone are read.
    pub zone: Zone,
    pub currency: Currency,
}

impl Default for Shop {
    fn default() -> Shop {
        Shop { zone: Zone::named("Asia/Seoul").unwrap_or_else(|_| Zone::utc()), currency: Currency::KRW }
    }
}
