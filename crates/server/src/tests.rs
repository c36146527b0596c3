//! What the server itself promises, tried with small modules made for it.

mod edge;
mod idle;
mod outside;
mod parts;
mod relay;
mod running;
mod rush;
mod sign_in;
mod slow;
mod sockets;

use crate::config::Config;
use kernel::Clock;
use ports::{ManualClock, MemoryGate, NoCarriers, NoReviews, Ports, gateway::Simulated};
use std::sync::Arc;
use store::Db;
use testdb::Space;
use web::{App, Module};

/// A shop with chosen modules, a clock turned by hand, and a place that goes away with it.
struct Shop {
    app: App,
    clock: Arc<ManualClock>,
    _space: Space,
}

fn ports() -> Ports {
    Ports {
        gateway: Arc::new(Simulated::approving()),
        reviews: Arc::new(NoReviews),
        gate: Arc::new(MemoryGate::default()),
        carriers: Arc::new(NoCarriers),
    }
}

fn database(space: &Space, clock: Arc<dyn Clock>) -> Db {
    let url = space.url().parse().expect("the address of a database");
    Db::open(store::Settings::throwaway(url, clock)).expect("a new place can be written")
}

async fn shop(modules: &'static [Module]) -> Shop {
    let space = Space::open();
    let clock = Arc::new(ManualClock::default());
    let db = database(&space, clock.clone());
    let migrations =
        store::MIGRATIONS.iter().chain(modules.iter().flat_map(|module| module.migrations)).copied().collect();
    db.migrate(migrations).await.expect("migrations apply");
    let mut parts = crate::assembly::parts(&Config::defaults().settings, db, ports()).expect("the defaults are good");
    parts.modules = modules.into();
    (parts.cache, parts.streams) = (web::ResponseCache::of(modules), web::Streams::of(modules));
    let app = web::App::from(parts);
    Shop { app, clock, _space: space }
}
