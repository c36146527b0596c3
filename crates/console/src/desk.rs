//! What every page of the console can reach.

use crate::imports::Imports;
use pages::{
    Api,
    door::{Door, FilesFrom},
    origin::Origin,
    session::Ages,
};
use std::{ops::Deref, sync::Arc};
use web::{App, Role};

/// Most bytes of a form with files: a catalogue of about a hundred thousand products, or several photographs. Larger catalogues go by
/// the command line or the API, which keep them on disk.
const FILES_MAX: u64 = 32 << 20;

/// A setting as it stands, with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    pub section: String,
    pub name: String,
    /// As a file would have it; never a secret.
    pub value: String,
    /// `default`, a file, `environment` or `command line`.
    pub source: String,
}

/// The console: the state of its routes.
#[derive(Clone)]
pub struct Console(Arc<Desk>);

/// What it is made of.
pub struct Desk {
    pub app: App,
    /// The API with its probes.
    pub api: Api,
    /// What the server knows and the API does not show.
    pub setup: Setup,
    /// Imports of catalogues that this instance runs.
    pub imports: Imports,
}

/// What the console gets from the server.
pub struct Setup {
    /// What the shop is called on its pages.
    pub shop: String,
    pub origin: Origin,
    pub ages: Ages,
    pub settings: Arc<[SettingRow]>,
}

impl Deref for Console {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.0
    }
}

impl Console {
    /// The console of a shop whose API is `api`.
    pub fn of(app: App, api: Api, setup: Setup) -> Console {
        Console(Arc::new(Desk { app, api, setup, imports: Imports::default() }))
    }

    /// The way to its pages.
    pub(crate) fn door(&self) -> Door<'_> {
        Door { app: &self.app, api: &self.api, origin: &self.setup.origin, ages: self.setup.ages, files: None }
    }

    /// The way to pages whose forms have files.
    pub(crate) fn door_for_files(&self) -> Door<'_> {
        Door { files: Some(FilesFrom { role: Role::Seller, bytes_max: FILES_MAX }), ..self.door() }
    }
}
