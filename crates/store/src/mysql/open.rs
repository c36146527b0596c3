//! Connecting to MySQL and MariaDB.

use super::{Connected, GRACE, STATEMENTS_KEPT};
use crate::Limits;
use crate::url::{Remote, Tls};
use ::mysql::{
    Conn,
    DriverError::{ConnectTimeout, CouldNotConnect},
    OptsBuilder, SslOpts,
    prelude::Queryable,
};
use crossbeam_channel::bounded;
use kernel::{Code, Error, Result};
use std::{
    fmt::Display,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
    thread,
};

/// Opens a connection for reading or for writing and gives the server its time limits.
pub(crate) fn open(remote: &Remote, limits: &Limits, reading: bool) -> Result<Connected> {
    // on another thread, because signing in may take as long as several statements, and the driver's time limit cannot be
    // changed afterwards. If this side stops waiting, that thread ends when the driver reaches its own limit
    let (sender, signed_in) = bounded(1);
    let (remote, copied_limits) = (remote.clone(), *limits);
    let work = move || drop(sender.send(sign_in(&remote, &copied_limits, reading)));
    let thread = thread::Builder::new().name("mysql-connect".to_owned()).spawn(work);
    thread.map_err(|e| Code::Internal.error().caused_by(e))?;
    let conn = signed_in.recv_timeout(limits.connect + GRACE).map_err(|_| cannot("it does not respond"))??;
    Ok(Connected::new(conn))
}

fn sign_in(remote: &Remote, limits: &Limits, reading: bool) -> Result<Conn> {
    let timeout = Some(limits.statement + GRACE);
    let mut options = OptsBuilder::new()
        .ip_or_hostname(Some(&remote.host))
        .tcp_port(remote.port)
        .user(Some(&remote.user))
        .pass((!remote.password.is_empty()).then_some(&remote.password))
        .db_name(Some(&remote.database))
        .prefer_socket(false)
        .tcp_connect_timeout(Some(limits.connect))
        .read_timeout(timeout)
        .write_timeout(timeout)
        .stmt_cache_size(STATEMENTS_KEPT);
    if let Tls::Verified { roots } = &remote.tls {
        // read here too, because the error of the driver does not name the file
        remote.tls.authorities().map_err(cannot)?;
        options = options.ssl_opts(SslOpts::default().with_root_cert_path(roots.clone()));
    }
    let mut conn = connect(options, remote)?;
    let version: Option<String> = conn.query_first("select version()").map_err(cannot)?;
    let mariadb = version.is_some_and(|version| version.contains("MariaDB"));
    for statement in settings(limits, reading, mariadb) {
        conn.query_drop(statement).map_err(cannot)?;
    }
    Ok(conn)
}

/// Tries all addresses of the host. The driver tries only the first one, unless the local address is given: then it tries all
/// addresses of that family.
fn connect(options: OptsBuilder, remote: &Remote) -> Result<Conn> {
    let anywhere = |address: SocketAddr| match address {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let addresses = (remote.host.as_str(), remote.port).to_socket_addrs().map_err(cannot)?;
    let mut families: Vec<IpAddr> = addresses.map(anywhere).collect();
    families.dedup();
    let mut refused = None;
    for from in families {
        match Conn::new(options.clone().bind_address(Some((from, 0)))) {
            Err(::mysql::Error::DriverError(error @ (CouldNotConnect(_) | ConnectTimeout))) => refused = Some(error),
            connected => return connected.map_err(cannot),
        }
    }
    Err(refused.map_or_else(|| cannot("the host has no address"), cannot))
}

/// The settings of a session. If a process is paused inside a transaction, MariaDB ends its session after a while, because its
/// locks block others; MySQL has no such setting.
fn settings(limits: &Limits, reading: bool, mariadb: bool) -> Vec<String> {
    let seconds = limits.statement.as_secs().max(1);
    let isolation = if reading { "repeatable read, read only" } else { "read committed" };
    let mut statements = vec![
        "set names utf8mb4 collate utf8mb4_bin".to_owned(),
        "set session sql_mode = 'STRICT_ALL_TABLES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY'".to_owned(),
        format!("set session transaction isolation level {isolation}"),
        format!("set session innodb_lock_wait_timeout = {}", (seconds / 2).max(1)),
    ];
    if mariadb {
        statements
            .push(format!("set session max_statement_time = {seconds}, session idle_transaction_timeout = {seconds}"));
    } else {
        statements.push(format!("set session max_execution_time = {}", seconds * 1_000));
    }
    statements.push("set session autocommit = 0".to_owned());
    statements
}

fn cannot(why: impl Display) -> Error {
    Code::Unavailable.because("the database cannot be reached").retry_after(1).caused_by(why.to_string())
}
