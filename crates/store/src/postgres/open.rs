//! Connecting to PostgreSQL.

use super::{Connected, GRACE, Prepared};
use crate::connection::TxState;
use crate::rendered::Rendered;
use crate::url::{Remote, Tls};
use crate::{Dialect, Limits};
use kernel::{Code, Error, Result};
use rustls::{ClientConfig, RootCertStore};
use std::{error::Error as _, fmt::Display, sync::Arc};
use tokio_postgres::{Client, Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens a connection and gives the server its time limits.
pub(crate) fn open(remote: &Remote, limits: &Limits) -> Result<Connected> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Code::Internal.error().caused_by(e))?;
    let config = config(remote, limits);
    let ready = async {
        let client = connect(config, &remote.tls).await?;
        client.batch_execute(&settings(limits)).await.map_err(failed)?;
        Ok::<Client, Error>(client)
    };
    let ready = runtime.block_on(async { tokio::time::timeout(limits.connect + GRACE, ready).await });
    let client = ready.map_err(|_| cannot("it does not respond"))??;
    Ok(Connected {
        runtime,
        client,
        rendered: Rendered::new(Dialect::Postgres),
        prepared: Prepared::default(),
        deferred: Vec::new(),
        state: TxState::Open,
        single: None,
        statement_failed: false,
        answer_timeout: limits.statement + GRACE,
        statements: 0,
        round_trips: 0,
    })
}

/// How to reach the server.
pub(super) fn config(remote: &Remote, limits: &Limits) -> Config {
    let mut config = Config::new();
    config
        .host(&remote.host)
        .port(remote.port)
        .user(&remote.user)
        .dbname(&remote.database)
        .application_name("holdfast")
        .connect_timeout(limits.connect)
        .tcp_user_timeout(limits.statement + GRACE);
    if !remote.password.is_empty() {
        config.password(&remote.password);
    }
    if !remote.options.is_empty() {
        config.options(&remote.options);
    }
    config
}

/// If a process is paused inside a transaction, the server ends its session after a while, because its locks block others.
fn settings(limits: &Limits) -> String {
    let statement = limits.statement.as_millis();
    let lock = statement / 2;
    format!(
        "set statement_timeout = {statement}; set lock_timeout = {lock}; \
         set idle_in_transaction_session_timeout = {statement}; set client_min_messages = warning"
    )
}

async fn connect(mut config: Config, tls: &Tls) -> Result<Client> {
    match tls {
        Tls::Off => {
            let (client, connection) = config.ssl_mode(SslMode::Disable).connect(NoTls).await.map_err(failed)?;
            tokio::spawn(drive(connection));
            Ok(client)
        }
        Tls::Verified { .. } => {
            let tls = MakeRustlsConnect::new(verifying(tls)?);
            let (client, connection) = config.ssl_mode(SslMode::Require).connect(tls).await.map_err(failed)?;
            tokio::spawn(drive(connection));
            Ok(client)
        }
    }
}

/// Runs the connection. Its failure also reaches the statement that waits for a result.
async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    let _ = connection.await;
}

pub(super) fn verifying(tls: &Tls) -> Result<ClientConfig> {
    let mut trusted = RootCertStore::empty();
    match tls.authorities().map_err(cannot)? {
        Some(own) => own.into_iter().try_for_each(|authority| trusted.add(authority)).map_err(cannot)?,
        None => _ = trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    }
    if trusted.is_empty() {
        return Err(cannot("this machine trusts no authority: give it some, or name a file with sslrootcert"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(config.map_err(cannot)?.with_root_certificates(trusted).with_no_client_auth())
}

pub(super) fn failed(error: tokio_postgres::Error) -> Error {
    let (mut why, mut source) = (error.to_string(), error.source());
    // the text of the driver is only `db error`; the cause is in its source
    while let Some(deeper) = source {
        why = format!("{why}: {deeper}");
        source = deeper.source();
    }
    cannot(why)
}

fn cannot(why: impl Display) -> Error {
    Code::Unavailable.because("the database cannot be reached").retry_after(1).caused_by(why.to_string())
}
