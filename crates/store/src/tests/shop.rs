//! A small database to try things on.

use crate::{DatabaseUrl, Db, Migration, Settings, Tx, args};
use kernel::{Clock, Code, Error, Event, Result, Timestamp};
use parking_lot::Mutex;
use std::{path::Path, sync::Arc, time::Duration};
use testdb::{Kind, Space};

/// A clock that changes only when a test moves it.
#[derive(Debug)]
pub struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}

impl Hand {
    pub fn passes(&self, seconds: u64) {
        let mut now = self.0.lock();
        *now = now.after(Duration::from_secs(seconds));
    }
}

/// A database of its own, gone with it.
pub struct Shop {
    pub db: Db,
    pub clock: Arc<Hand>,
    pub space: Space,
}

/// Whether this run uses SQLite, for tests of what only SQLite has: otherwise the test is skipped.
pub fn embedded(what: &str) -> bool {
    let embedded = testdb::wanted() == Kind::Sqlite;
    if !embedded {
        testdb::skip(format!("only SQLite has {what}"));
    }
    embedded
}

pub const TABLES: Migration = Migration {
    name: "test/0001_jars",
    sql: "create table jars (id {id}, label varchar(40) not null unique, beans bigint not null check (beans >= 0)) {table};",
};

pub const ADD: &str = "insert into jars (label, beans) values (?, ?)";
pub const COUNT: &str = "select count(*) from jars";
const LABELS: &str = "select label from jars order by id";

/// A file in this folder.
pub fn file(folder: &Path) -> DatabaseUrl {
    DatabaseUrl::Sqlite(folder.join("shop.db"))
}

pub fn settings(url: &DatabaseUrl, clock: Arc<Hand>) -> Settings {
    Settings { queue: 1_000, ..Settings::throwaway(url.clone(), clock) }
}

pub fn hand() -> Arc<Hand> {
    Arc::new(Hand(Mutex::new(Timestamp::from_millis(1_770_000_000_000))))
}

impl Shop {
    pub async fn open() -> Shop {
        Shop::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Shop {
        Shop::at(Space::open(), change).await
    }

    pub async fn at(space: Space, change: impl FnOnce(&mut Settings)) -> Shop {
        let clock = hand();
        let mut settings = settings(&space.url().parse().unwrap(), Arc::clone(&clock));
        change(&mut settings);
        let db = Db::open(settings).unwrap();
        db.migrate([crate::MIGRATIONS, &[TABLES]].concat()).await.unwrap();
        Shop { db, clock, space }
    }

    /// Another instance on the same database.
    pub fn another(&self) -> Db {
        Db::open(settings(&self.space.url().parse().unwrap(), Arc::clone(&self.clock))).unwrap()
    }

    /// Assigns all sequence numbers, as the leader does, and returns every event.
    pub async fn all_events(&self) -> Vec<crate::StoredEvent> {
        self.db.write("number", |tx| crate::outbox::assign_sequence_numbers(tx, 1_000)).await.unwrap();
        self.db.read("events", |tx| crate::outbox::after(tx, 0, 1_000)).await.unwrap()
    }

    pub async fn add(&self, label: impl Into<String>) -> Result<i64> {
        let label = label.into();
        self.db.write("add", move |tx| add(tx, &label)).await
    }

    pub async fn labels(&self) -> Vec<String> {
        labels(&self.db).await
    }

    pub async fn count(&self) -> i64 {
        self.db.read("count", |tx| tx.query_one(COUNT, args![], |row| row.get(0))).await.unwrap()
    }

    /// Keeps a writer busy until the given end is dropped or used, so that jobs gather behind it.
    pub async fn writer_held(&self) -> std::sync::mpsc::Sender<()> {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (began, begun) = std::sync::mpsc::channel();
        let (released, began) = (Mutex::new(released), Mutex::new(began));
        let db = self.db.clone();
        tokio::spawn(async move {
            db.write("hold", move |_| {
                let _ = began.lock().send(());
                let _ = released.lock().recv();
                Ok(())
            })
            .await
        });
        tokio::task::spawn_blocking(move || begun.recv()).await.unwrap().unwrap();
        release
    }
}

pub async fn labels(db: &Db) -> Vec<String> {
    db.read("labels", |tx| tx.query(LABELS, args![], |row| row.get(0))).await.unwrap()
}

pub fn add(tx: &mut Tx<'_>, label: &str) -> Result<i64> {
    tx.insert(ADD, args![label, 1_i64])
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct JarAdded {
    pub label: String,
}

impl Event for JarAdded {
    const TOPIC: &'static str = "test.jar.added";
    fn key(&self) -> String {
        self.label.split('-').next().unwrap_or_default().to_owned()
    }
}

/// Adds a jar and emits an event.
pub fn add_loudly(tx: &mut Tx<'_>, label: &str) -> Result<()> {
    add(tx, label)?;
    tx.emit(&JarAdded { label: label.to_owned() })
}

pub fn refused() -> Error {
    Code::InvalidInput.because("no")
}

pub fn code<T>(outcome: Result<T>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => error.code().code(),
    }
}
