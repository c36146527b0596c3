//! How a database is opened.

use crate::DatabaseUrl;
use kernel::Clock;
use std::{sync::Arc, time::Duration};

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the database is. The folder of a SQLite file must exist.
    pub url: DatabaseUrl,
    /// When a commit counts as done. A database server has its own setting for that.
    pub durability: Durability,
    /// Most jobs that wait for a writer. One more fails with C013 and the request gets 503 with `Retry-After`.
    pub queue: usize,
    /// Reading threads, each with its own connection; 0 chooses a number for the kind of database.
    pub readers: usize,
    /// Writing threads, each with its own connection; 0 chooses a number for the kind of database. A file always has one.
    pub writers: usize,
    /// How long connecting to a server may take.
    pub connect_timeout: Duration,
    /// How long a statement may take on a server. It may wait half of that for a lock.
    pub statement_timeout: Duration,
    /// A connection that had no work for so long is closed, and opened again when it is needed.
    pub idle_timeout: Duration,
    /// Whether other instances may work on the same database. An instance that is alone does not wait for their leases.
    pub shared: bool,
    /// Refuse a file that another program has opened with this setting, with C019.
    pub alone: bool,
    /// Where `tx.now()` comes from.
    pub clock: Arc<dyn Clock>,
    /// A fixed seed for `tx.random()`; `None` asks the operating system.
    pub seed: Option<u64>,
}

impl Settings {
    /// The settings that suit most shops.
    pub fn of(url: DatabaseUrl, clock: Arc<dyn Clock>) -> Settings {
        Settings {
            shared: url.file().is_none(),
            alone: false,
            url,
            durability: Durability::Full,
            queue: 10_000,
            readers: 0,
            writers: 0,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            // a firewall between may forget a connection, and the next job would wait for it in vain
            idle_timeout: Duration::from_secs(300),
            clock,
            seed: None,
        }
    }

    /// Settings for tests: commits survive a crash of the program but not of the machine, no other instance uses the database,
    /// there are few threads, and the random numbers repeat.
    pub fn throwaway(url: DatabaseUrl, clock: Arc<dyn Clock>) -> Settings {
        let durability = Durability::ProcessOnly;
        Settings { durability, readers: 1, writers: 4, shared: false, seed: Some(7), ..Settings::of(url, clock) }
    }

    pub(crate) fn limits(&self) -> Limits {
        let retry = self.url.dialect().retries_for();
        Limits { connect: self.connect_timeout, statement: self.statement_timeout, retry, idle: self.idle_timeout }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub connect: Duration,
    pub statement: Duration,
    /// Retrying a job that fails because of other transactions.
    pub retry: Duration,
    /// A connection without work.
    pub idle: Duration,
}

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// On disk (fsync). A real shop needs this.
    Full,
    /// In the memory of the operating system: it survives a crash of the program, not of the machine. For tests.
    ProcessOnly,
}
