//! Opens connections to whatever the address names. The one place that chooses a driver.

use crate::connection::{Connection, Server};
use crate::db::Shared;
use crate::{DatabaseUrl, Limits, mysql, postgres, sqlite};
use futures_util::future::BoxFuture;
use kernel::{Code, Result};
use std::sync::Arc;

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

/// What exchanges reports with other instances, until it is dropped; `None` where the database passes none on.
pub(crate) fn notices(url: &DatabaseUrl, limits: Limits, shared: &Arc<Shared>) -> Option<BoxFuture<'static, ()>> {
    match url {
        DatabaseUrl::Postgres(remote) => {
            Some(Box::pin(postgres::exchange_notices(remote.clone(), limits, Arc::clone(shared))))
        }
        DatabaseUrl::Sqlite(_) | DatabaseUrl::MySql(_) => None,
    }
}
