//! What the server itself promises, tried with small modules made for it.

mod edge;
mod relay;
mod running;

use crate::config::Config;
use kernel::Clock;
use ports::{ManualClock, NoReviews, Ports, gateway::Simulated};
use std::sync::Arc;
use store::{Db, Durability};
use tempfile::TempDir;
use web::{App, Module};

/// A shop with chosen modules, a clock turned by hand, and a folder that goes away with it.
struct Shop {
    app: App,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

fn ports() -> Ports {
    Ports { gateway: Arc::new(Simulated::approving()), reviews: Arc::new(NoReviews) }
}

fn database(folder: &TempDir, clock: Arc<dyn Clock>) -> Db {
    let settings = store::Settings {
        path: folder.path().join("shop.db"),
        durability: Durability::ProcessOnly,
        queue: 1_000,
        readers: 1,
        clock,
        seed: Some(1),
    };
    Db::open(settings).expect("a new folder can be written")
}

async fn shop(modules: &'static [Module]) -> Shop {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Arc::new(ManualClock::default());
    let db = database(&folder, clock.clone());
    let migrations =
        store::MIGRATIONS.iter().chain(modules.iter().flat_map(|module| module.migrations)).copied().collect();
    db.migrate(migrations).await.expect("migrations apply");
    let mut parts = crate::assembly::parts(&Config::defaults().settings, db, ports()).expect("the defaults are good");
    parts.modules = modules.into();
    let app = web::App::from(parts);
    Shop { app, clock, _folder: folder }
}
