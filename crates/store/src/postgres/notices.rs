//! Reports between the instances of a shop by PostgreSQL's notifications, over one connection of each instance.
//!
//! A notification takes a lock of the whole database at the commit of its transaction. So no order sends one: this connection does,
//! after the commits that it reports, once for all that were committed within [`GAP`].

use super::open;
use crate::Limits;
use crate::db::Shared;
use crate::news::Report;
use crate::url::{Remote, Tls};
use futures_util::future::{Either, select};
use kernel::Result;
use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Notification, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

const CHANNEL: &str = "holdfast";
/// Shortest time between two reports of this instance.
const GAP: Duration = Duration::from_millis(5);
/// Pause before the connection is opened again.
const REOPEN_AFTER: Duration = Duration::from_millis(250);
/// An idle connection that the network dropped silently is noticed after this time and a few repetitions.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// A report need not survive a crash of the server, so its commit does not wait for the disk.
const PREPARE: &str = "set synchronous_commit = off; listen holdfast";

/// Sends and receives reports until it is aborted. While the connection is lost, the instance looks for events by itself; when it is
/// open again, the instance looks once more, because it may have missed a report.
pub(crate) async fn exchange(remote: Remote, limits: Limits, shared: Arc<Shared>) {
    let mut failures = 0_u32;
    loop {
        let outcome = connected(&remote, &limits, &shared, &mut failures).await;
        shared.elsewhere.set_connected(false);
        if failures == 0 {
            tracing::warn!(error = ?outcome.err(), "notifications of the database ended; looking for events instead");
        }
        failures += 1;
        tokio::time::sleep(REOPEN_AFTER).await;
    }
}

async fn connected(remote: &Remote, limits: &Limits, shared: &Shared, failures: &mut u32) -> Result<()> {
    let mut config = open::config(remote, limits);
    config.application_name("holdfast notices");
    config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 2).keepalives_retries(3);
    match &remote.tls {
        Tls::Off => {
            let (client, connection) = config.ssl_mode(SslMode::Disable).connect(NoTls).await.map_err(open::failed)?;
            over(&client, connection, shared, failures).await
        }
        Tls::Verified { .. } => {
            let tls = MakeRustlsConnect::new(open::verifying(&remote.tls)?);
            let (client, connection) = config.ssl_mode(SslMode::Require).connect(tls).await.map_err(open::failed)?;
            over(&client, connection, shared, failures).await
        }
    }
}

/// This connection, as notifications name it, and its schema, because shops may share a database.
struct Here {
    process: i32,
    schema: String,
}

async fn over<S, T>(
    client: &Client,
    mut connection: Connection<S, T>,
    shared: &Shared,
    failures: &mut u32,
) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let here = OnceLock::new();
    let receiving = pin!(async {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            if let (AsyncMessage::Notification(notification), Some(here)) = (message?, here.get()) {
                receive(&notification, here, shared);
            }
        }
        Ok(())
    });
    let sending = pin!(send(client, &here, shared, failures));
    match select(receiving, sending).await {
        Either::Left((ended, _)) | Either::Right((ended, _)) => ended.map_err(open::failed),
    }
}

fn receive(notification: &Notification, here: &Here, shared: &Shared) {
    let own = notification.process_id() == here.process;
    for report in Report::ALL.into_iter().filter(|_| !own) {
        if notification.payload() == payload(report, &here.schema) {
            shared.elsewhere.received(report);
        }
    }
}

fn payload(report: Report, schema: &str) -> String {
    let kind = match report {
        Report::Committed => "committed",
        Report::Numbered => "numbered",
    };
    format!("{kind} {schema}")
}

/// Subscribes, then sends what this instance has to report.
async fn send(
    client: &Client,
    here: &OnceLock<Here>,
    shared: &Shared,
    failures: &mut u32,
) -> Result<(), tokio_postgres::Error> {
    client.batch_execute(PREPARE).await?;
    let row = client.query_one("select pg_backend_pid(), coalesce(current_schema(), '')::text", &[]).await?;
    let here = here.get_or_init(|| Here { process: row.get(0), schema: row.get(1) });
    shared.elsewhere.set_connected(true);
    *failures = 0;
    loop {
        for report in shared.elsewhere.reports().await {
            let text = payload(report, &here.schema).replace('\'', "''");
            let sent = client.batch_execute(&format!("select pg_notify('{CHANNEL}', '{text}')")).await;
            shared.stats.ran(1, 1);
            if sent.is_err() {
                // sent over the next connection
                shared.elsewhere.report(report);
            }
            sent?;
        }
        tokio::time::sleep(GAP).await;
    }
}
