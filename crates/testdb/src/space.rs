//! A separate database for one shop.

use crate::{
    Kind, Missing, Server,
    client::Clients,
    copies,
    engine::{Copies, Engine, Location},
    port, wanted,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};
use tempfile::TempDir;

/// The file of SQLite in the folder of a space.
const FILE: &str = "shop.db";

/// An empty database for one shop, and a folder. Both are removed when it is dropped.
pub struct Space {
    kind: Kind,
    url: String,
    folder: TempDir,
    /// Set for a database on a server.
    remote: Option<Remote>,
}

struct Remote {
    engine: Arc<dyn Engine>,
    clients: Arc<Clients>,
    location: Location,
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

    /// A new database of the kind that `HOLDFAST_TEST_DB` names, in which `prepare`, given its address, has made what every test with
    /// this key needs. It is made once in a test run and copied. `prepare` closes all of its connections.
    ///
    /// # Panics
    /// As [`Space::open`].
    pub fn prepared(key: &str, prepare: impl FnOnce(&str)) -> Space {
        match wanted() {
            Kind::Sqlite => {
                let space = Space::in_a_file();
                copies::of_file(key, &space.file(), prepare);
                space
            }
            kind => {
                let server = Server::shared(kind).unwrap_or_else(|missing| panic!("{missing}"));
                server.prepared_space(key, prepare)
            }
        }
    }

    pub(crate) fn in_a_file() -> Space {
        let folder = temporary_folder();
        let url = format!("sqlite:{}", folder.path().join(FILE).display());
        Space { kind: Kind::Sqlite, url, folder, remote: None }
    }

    /// A new space on a server.
    ///
    /// # Panics
    /// When the server does not answer.
    pub(crate) fn on_server(
        kind: Kind,
        engine: &Arc<dyn Engine>,
        clients: &Arc<Clients>,
        location: &Location,
    ) -> Space {
        let name = format!("t{:016x}", port::random());
        let make = engine.make(&name);
        Space::made_by(&make, name, kind, engine, clients, location)
    }

    /// A new space on a server, with everything that is in this original.
    ///
    /// # Panics
    /// When the server does not answer.
    pub(crate) fn copy_of(
        original: &str,
        copies: &dyn Copies,
        kind: Kind,
        (engine, clients): (&Arc<dyn Engine>, &Arc<Clients>),
        location: &Location,
    ) -> Space {
        let name = format!("c{:016x}", port::random());
        let make = copies.copy(location, original, &name).unwrap_or_else(|said| panic!("no copy: {said}"));
        Space::made_by(&make, name, kind, engine, clients, location)
    }

    fn made_by(
        make: &str,
        name: String,
        kind: Kind,
        engine: &Arc<dyn Engine>,
        clients: &Arc<Clients>,
        location: &Location,
    ) -> Space {
        if let Err(complaint) = clients.ask(make) {
            panic!("no location on {} at port {}: {complaint}", kind.name(), location.port);
        }
        let url = engine.url(location, &name);
        let remote = Remote { engine: engine.clone(), clients: clients.clone(), location: location.clone(), name };
        Space { kind, url, folder: temporary_folder(), remote: Some(remote) }
    }

    /// Its address: `sqlite:<folder>/shop.db`, `postgres://…` or `mysql://…`. It may be opened many times.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder, which a space on a server has, too.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a space on SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// The kind of database.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The command line client in this space, as the shop's user: `psql` or `mariadb`, printing bare rows. `None` for SQLite.
    pub fn client(&self) -> Option<Command> {
        self.remote.as_ref().map(|remote| remote.engine.client(&remote.location, &remote.name))
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if let Some(remote) = &self.remote {
            remote.clients.execute_later(&remote.engine.remove(&remote.name));
        }
    }
}

fn temporary_folder() -> TempDir {
    tempfile::Builder::new().prefix("holdfast-").tempdir().expect("the system's temporary folder takes a folder")
}
