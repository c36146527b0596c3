//! What a domain contributes to the program, in one constant.

use crate::{App, Notice, PageKey, Routes};
use futures_util::future::BoxFuture;
use kernel::Result;
use std::time::Duration;
use store::{Migration, Reaction, StoredEvent, Tx, Violation};

/// One domain. Written as `Module { routes: http::routes, …, ..Module::named("coupon") }`.
#[derive(Clone, Copy)]
pub struct Module {
    /// The crate's name.
    pub name: &'static str,
    /// Its tables.
    pub migrations: &'static [Migration],
    /// Every statement it may send, one list per file that has some. A test prepares them on every database.
    pub statements: &'static [&'static [&'static str]],
    /// Handlers below [`crate::BASE`].
    pub routes: fn() -> Routes,
    /// Handlers with absolute paths.
    pub root_routes: fn() -> Routes,
    /// What it does because something happened.
    pub reactions: fn() -> Vec<Reaction>,
    /// Which kept pages an event makes stale.
    pub stale: fn(&StoredEvent) -> Vec<PageKey>,
    /// What an event tells to live streams.
    pub live: fn(&StoredEvent) -> Vec<Notice>,
    /// What it does from time to time.
    pub tasks: &'static [Task],
    /// Which of its promises are broken.
    pub audit: fn(&mut Tx<'_>) -> Result<Vec<Violation>>,
}

impl Module {
    /// A module that contributes nothing yet.
    pub const fn named(name: &'static str) -> Module {
        Module {
            name,
            migrations: &[],
            statements: &[],
            routes: Routes::new,
            root_routes: Routes::new,
            reactions: Vec::new,
            stale: |_| Vec::new(),
            live: |_| Vec::new(),
            tasks: &[],
            audit: |_| Ok(Vec::new()),
        }
    }
}

/// Periodic work. It takes no input, is idempotent, and is the same whether nudged or periodic.
#[derive(Clone, Copy)]
pub struct Task {
    /// For logs and metrics, such as `checkout.due-sagas`.
    pub name: &'static str,
    /// Pause between runs that found nothing to do.
    pub every: Duration,
    /// Does a bounded piece of work and says how much; it is run again at once while that is above zero.
    pub run: fn(App) -> BoxFuture<'static, Result<u64>>,
}
