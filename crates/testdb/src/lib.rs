//! Private database servers for tests, and an empty database for every test. See the README.

mod certificate;
mod client;
mod copies;
mod engine;
mod folder;
mod owner;
mod port;
mod process;
mod proxy;
mod redis;
mod registry;
mod server;
mod skipped;
mod space;

pub use proxy::Proxy;
pub use redis::{Redis, RedisCluster};
pub use server::Server;
pub use skipped::{SKIPPED, skip};
pub use space::Space;

use std::fmt;

/// The variable with the database that the tests use.
pub const VARIABLE: &str = "HOLDFAST_TEST_DB";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A SQLite file; there is no server.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB, which has MySQL's protocol.
    MySql,
}

impl Kind {
    /// Its name in `HOLDFAST_TEST_DB`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sqlite => "sqlite",
            Kind::Postgres => "postgres",
            Kind::MySql => "mysql",
        }
    }
}

/// The database of this test run: the one that `HOLDFAST_TEST_DB` names, or SQLite when it is unset or empty.
///
/// # Panics
/// When the variable has another value.
pub fn wanted() -> Kind {
    let value = std::env::var_os(VARIABLE).unwrap_or_default();
    match named(&value.to_string_lossy()) {
        Ok(kind) => kind,
        Err(sentence) => panic!("{sentence}"),
    }
}

fn named(value: &str) -> Result<Kind, String> {
    if value.is_empty() {
        return Ok(Kind::Sqlite);
    }
    let known = [Kind::Sqlite, Kind::Postgres, Kind::MySql].into_iter().find(|kind| kind.name() == value);
    known.ok_or_else(|| format!("{VARIABLE} is `{value}`, but must be sqlite, postgres or mysql"))
}

/// Why a database server is not available on this machine, and how to install it. A server that `HOLDFAST_TEST_DB` names is
/// never reported like this: if it is missing, the test fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_a_database_or_the_error_lists_the_possible_ones() {
        assert_eq!(named(""), Ok(Kind::Sqlite));
        assert_eq!(named("sqlite"), Ok(Kind::Sqlite));
        assert_eq!(named("postgres"), Ok(Kind::Postgres));
        assert_eq!(named("mysql"), Ok(Kind::MySql));
        let refused = "HOLDFAST_TEST_DB is `oracle`, but must be sqlite, postgres or mysql";
        assert_eq!(named("oracle"), Err(refused.to_owned()));
    }
}
