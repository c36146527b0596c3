//! Opens connections to whatever the address names. The one place that chooses a driver.

use crate::connection::{Connection, Server};
use crate::{DatabaseUrl, Limits, mysql, postgres, sqlite};
use kernel::{Code, Result};

/// A connection that reads.
pub(crate) fn reader(url: &DatabaseUrl, limits: &Limits) -> Result<Box<dyn Connection>> {
    Ok(match url {
        DatabaseUrl::Sqlite(path) => Box::new(sqlite::open_reader(path)?),
        DatabaseUrl::Postgres(remote) => Box::new(postgres::open(remote, limits)?),
        DatabaseUrl::MySql(remote) => Box::new(mysql::open(remote, limits, true)?),
    })
}

/// A connection that writes to a server.
pub(crate) fn writer(url: &DatabaseUrl, limits: &Limits) -> Result<Box<dyn Server>> {
    Ok(match url {
        DatabaseUrl::Sqlite(_) => return Err(Code::Internal.error().caused_by("a file has one writer")),
        DatabaseUrl::Postgres(remote) => Box::new(postgres::open(remote, limits)?),
        DatabaseUrl::MySql(remote) => Box::new(mysql::open(remote, limits, false)?),
    })
}
