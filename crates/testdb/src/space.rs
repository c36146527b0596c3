//! A place of its own for one shop.

use crate::{
    Kind, Missing, Server,
    client::Clients,
    engine::{Engine, Place},
    port, wanted,
};
use std::{path::Path, process::Command, sync::Arc};
use tempfile::TempDir;

/// A place of its own for one shop: an empty database that nobody else uses, and a folder. Dropped, both are removed.
pub struct Space {
    kind: Kind,
    url: String,
    folder: TempDir,
    /// What there is on a server.
    remote: Option<Remote>,
}

struct Remote {
    engine: Arc<dyn Engine>,
    clients: Arc<Clients>,
    place: Place,
    name: String,
}

impl Space {
    /// A new empty database of the kind that `HOLDFAST_TEST_DB` names, or of SQLite when it names none.
    ///
    /// # Panics
    /// When the named server is not installed or does not respond.
    pub fn open() -> Space {
        Space::on(wanted()).unwrap_or_else(|missing| panic!("{missing}"))
    }

    /// A new empty database of this kind, for tests that need it. `Err` says what to install.
    ///
    /// # Panics
    /// When the server is not installed although `HOLDFAST_TEST_DB` names it.
    pub fn on(kind: Kind) -> Result<Space, Missing> {
        match kind {
            Kind::Sqlite => Ok(Space::in_a_file()),
            Kind::Postgres | Kind::MySql => Ok(Server::shared(kind)?.space()),
        }
    }

    fn in_a_file() -> Space {
        let folder = temporary_folder();
        let url = format!("sqlite:{}", folder.path().join("shop.db").display());
        Space { kind: Kind::Sqlite, url, folder, remote: None }
    }

    /// A new place on a server.
    ///
    /// # Panics
    /// When the server does not answer.
    pub(crate) fn on_server(kind: Kind, engine: &Arc<dyn Engine>, clients: &Arc<Clients>, place: &Place) -> Space {
        let name = format!("t{:016x}", port::random());
        if let Err(complaint) = clients.ask(&engine.make(&name)) {
            panic!("no place on {} at port {}: {complaint}", kind.name(), place.port);
        }
        let url = engine.url(place, &name);
        let remote = Remote { engine: engine.clone(), clients: clients.clone(), place: place.clone(), name };
        Space { kind, url, folder: temporary_folder(), remote: Some(remote) }
    }

    /// Its address: `sqlite:<folder>/shop.db`, `postgres://…` or `mysql://…`. It may be opened many times.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A folder of its own, also when the database is on a server.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database it is on.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The database's own command line client in this place, as the shop's user: `psql` or `mariadb`, printing bare rows.
    /// A file has none.
    pub fn client(&self) -> Option<Command> {
        self.remote.as_ref().map(|remote| remote.engine.client(&remote.place, &remote.name))
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if let Some(remote) = &self.remote {
            remote.clients.tell(&remote.engine.remove(&remote.name));
        }
    }
}

fn temporary_folder() -> TempDir {
    tempfile::Builder::new().prefix("holdfast-").tempdir().expect("the system's temporary folder takes a folder")
}
