//! What every handler can reach.

use crate::{Auth, Live, Module, Pages};
use kernel::{Currency, Timestamp, Zone};
use ports::Ports;
use std::{ops::Deref, sync::Arc, time::Duration};
use store::{Db, Lease};

/// The running shop: axum's state. One pointer, because axum clones its state for every layer of every request.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the running shop is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Settings that rules read.
    pub shop: Arc<Shop>,
    /// What we ask of other systems.
    pub ports: Arc<Ports>,
    /// Who is calling.
    pub auth: Arc<Auth>,
    /// Answers kept in memory.
    pub pages: Pages,
    /// Server-sent events.
    pub live: Live,
    /// Every domain, in the server's order.
    pub modules: Arc<[Module]>,
}

impl From<Parts> for App {
    fn from(parts: Parts) -> App {
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
        App::from(Parts {
            db: self.db.under(lease),
            shop: Arc::clone(&self.shop),
            ports: Arc::clone(&self.ports),
            auth: Arc::clone(&self.auth),
            pages: self.pages.clone(),
            live: self.live.clone(),
            modules: Arc::clone(&self.modules),
        })
    }

    /// The present instant of the shop's clock.
    pub fn now(&self) -> Timestamp {
        self.db.clock().now()
    }
}

/// Settings that rules read. Made by the server from its configuration.
#[derive(Debug, Clone)]
pub struct Shop {
    /// What a day is, and how times without zone are read.
    pub zone: Zone,
    /// The one currency.
    pub currency: Currency,
    /// How long an order waits for its payment before everything is given back (design C: 10 minutes).
    pub pay_within: Duration,
    /// Available units at or below which a new stock row counts as low (design B: 10).
    pub low_stock_threshold: i64,
    /// Whether users sign up and in here; not, when an outside identity provider issues the tokens.
    pub accounts: bool,
    /// How long a refresh token is good for (design A: 7 days).
    pub refresh_ttl: Duration,
}

impl Default for Shop {
    fn default() -> Shop {
        Shop {
            zone: Zone::named("Asia/Seoul").unwrap_or_else(|_| Zone::utc()),
            currency: Currency::KRW,
            pay_within: Duration::from_secs(600),
            low_stock_threshold: 10,
            accounts: true,
            refresh_ttl: Duration::from_secs(7 * 86_400),
        }
    }
}
