//! What a domain contributes to the program, in one constant.

use crate::{App, Invalidation, Queued, Routes, StreamSource, Task, Turnstile, memory::Memory, settings::Section};
use futures_util::future::BoxFuture;
use kernel::Result;
use ports::gateway::Period;
use std::{ops::Deref, sync::Arc};
use store::{Backfill, Check, Migration, Reaction, Tx, Violation, retention::Kept};

/// Compares with the records that another system has of a time; `None`: of the time that the settings name.
pub type Compare = fn(App, Option<Period>) -> BoxFuture<'static, Result<Compared>>;

/// One domain. Written as `Module { routes: http::routes, …, ..Module::named("coupon") }`; a part that is left out is empty.
#[derive(Clone, Copy)]
pub struct Module {
    /// The crate's name.
    pub name: &'static str,
    /// Its tables.
    pub migrations: &'static [Migration],
    /// How long the rows of each of them stay.
    pub tables: &'static [Kept],
    /// What fills new columns of old rows after the migrations.
    pub backfills: &'static [Backfill],
    /// Every statement it may send, one list per file that has some. A test prepares them on every database.
    pub statements: &'static [&'static [&'static str]],
    /// Handlers below [`crate::BASE`].
    pub routes: fn() -> Routes,
    /// Handlers with absolute paths.
    pub root_routes: fn() -> Routes,
    /// What it does because something happened.
    pub reactions: fn() -> Vec<Reaction>,
    /// Which cached responses its events invalidate.
    pub invalidates: fn() -> Vec<Invalidation>,
    /// Which events become messages of streams.
    pub streams: fn() -> Vec<StreamSource>,
    /// Its section of the configuration, named like the module.
    pub settings: Option<Section>,
    /// Its periodic work; intervals may come from `app`'s settings.
    pub tasks: fn(&App) -> Vec<Task>,
    /// Its promises that one query can check.
    pub checks: &'static [Check],
    /// Its promises that need more than one query.
    pub audit: fn(&mut Tx<'_>) -> Result<Vec<Violation>>,
    /// Its promises that the records of another system prove. `None` for the period means the time that its settings name.
    pub compare: Option<Compare>,
    /// The systems that it needs beside the database, as `/readyz` shows them.
    pub parts: &'static [Part],
    /// The check of its waiting queues; at most one module of a shop has one.
    pub turnstile: Option<Turnstile>,
    /// What of it can have a waiting queue.
    pub queued: Option<Queued>,
    /// Its measurements that are read from the database.
    pub gauges: &'static [Gauge],
    /// Its measurements that are counted as they happen: name and help text.
    pub counters: &'static [(&'static str, &'static str)],
}

/// Every module of a shop, and what they keep in memory.
#[derive(Clone)]
pub struct Modules {
    list: Arc<[Module]>,
    pub(crate) memory: Arc<Memory>,
}

impl From<&[Module]> for Modules {
    /// Nothing is in memory yet.
    fn from(modules: &[Module]) -> Modules {
        Modules { list: modules.into(), memory: Arc::default() }
    }
}

impl Deref for Modules {
    type Target = [Module];
    fn deref(&self) -> &[Module] {
        &self.list
    }
}

/// What a comparison with another system found.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The time whose records were compared; `None` when the records have none.
    pub period: Option<Period>,
    pub found: Vec<Violation>,
    /// Why nothing could be compared.
    pub left_out: Option<&'static str>,
}

impl Compared {
    /// Nothing could be compared, because of `why`.
    pub fn not(period: Period, why: &'static str) -> Compared {
        Compared { period: Some(period), found: Vec::new(), left_out: Some(why) }
    }
}

/// A system that a module needs beside the database. The shop sells without it, so an instance stays ready while it is away.
#[derive(Clone, Copy)]
pub struct Part {
    /// What it is called in `/readyz`, such as `images`.
    pub name: &'static str,
    /// What `/readyz` says while it cannot be reached.
    pub away: &'static str,
    /// Asks it for something small. An error says why it cannot be reached.
    pub reach: fn(App) -> BoxFuture<'static, Result<Reached>>,
}

/// Where a part that works was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// In the memory of this instance.
    InProcess,
    /// In another system or on the disk.
    Outside,
}

/// A number that is read from the database whenever metrics are asked for.
#[derive(Clone, Copy)]
pub struct Gauge {
    /// Its name in Prometheus, such as `holdfast_sagas`.
    pub name: &'static str,
    pub help: &'static str,
    /// The label by which the values differ, such as `status`.
    pub label: &'static str,
    pub read: fn(&mut Tx<'_>) -> Result<Vec<Labelled>>,
}

/// A value with its label.
pub type Labelled = (&'static str, i64);

impl Module {
    /// A module that contributes nothing yet.
    pub const fn named(name: &'static str) -> Module {
        Module {
            name,
            migrations: &[],
            tables: &[],
            backfills: &[],
            statements: &[],
            routes: Routes::new,
            root_routes: Routes::new,
            reactions: Vec::new,
            invalidates: Vec::new,
            streams: Vec::new,
            settings: None,
            tasks: |_| Vec::new(),
            checks: &[],
            audit: |_| Ok(Vec::new()),
            compare: None,
            parts: &[],
            turnstile: None,
            queued: None,
            gauges: &[],
            counters: &[],
        }
    }

    /// Every broken promise of this module.
    pub fn violations(&self, tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
        let mut found = store::audit::run(tx, self.checks)?;
        found.extend((self.audit)(tx)?);
        Ok(found)
    }

    /// Every statement of this module, those of its checks included.
    pub fn all_statements(&self) -> Vec<&'static str> {
        let checks = self.checks.iter().map(|check| check.sql);
        self.statements.iter().copied().flatten().copied().chain(checks).collect()
    }
}
