//! How Redis is reached: one server, or a cluster of several. The client of a cluster follows redirections to the node that has a
//! key, and finds the node that has taken over from another.

use super::{PROBE_WITHIN, Settings};
use redis::{
    AsyncConnectionConfig, Cmd, ConnectionInfo, IntoConnectionInfo, Pipeline, RedisError, RedisFuture, RedisResult,
    TlsCertificates, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};
use std::{sync::Arc, time::Duration};

/// How often a cluster's client repeats a call: after a redirection, and after the failure of a node.
const REPETITIONS: u32 = 3;
/// Its pause before that, in milliseconds: at least, at most.
const PAUSE_MS: [u64; 2] = [5, 50];

/// Makes connections.
#[derive(Clone)]
pub(super) enum Client {
    /// With the time that connecting may take.
    Server(Arc<redis::Client>, Duration),
    Cluster(Arc<ClusterClient>),
}

/// A connection that many calls share.
#[derive(Clone)]
pub(super) enum Connection {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Client {
    /// The client of these settings; the error says what is wrong with them.
    pub fn of(settings: &Settings) -> Result<Client, String> {
        let said = |error: RedisError| error.to_string();
        let addresses = settings.url.split(',').map(|url| address(url.trim(), settings));
        let mut addresses = addresses.collect::<RedisResult<Vec<ConnectionInfo>>>().map_err(said)?;
        let certificates = certificates(settings)?;
        if settings.cluster {
            return cluster(settings, addresses, certificates)
                .map(|client| Client::Cluster(Arc::new(client)))
                .map_err(said);
        }
        if addresses.len() > 1 {
            return Err("several addresses are those of a cluster (redis.cluster)".to_owned());
        }
        let address = addresses.remove(0);
        let client = match certificates {
            None => redis::Client::open(address),
            Some(certificates) => redis::Client::build_with_tls(address, certificates),
        };
        client.map(|client| Client::Server(Arc::new(client), settings.connect_timeout)).map_err(said)
    }

    pub async fn connect(&self) -> RedisResult<Connection> {
        match self {
            Client::Server(client, connect_timeout) => {
                // the caller limits how long an answer may take
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(*connect_timeout))
                    .set_response_timeout(None);
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Server)
            }
            Client::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
        }
    }
}

fn address(url: &str, settings: &Settings) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    let mut credentials = info.redis_settings().clone();
    if !settings.user.is_empty() {
        credentials = credentials.set_username(&settings.user);
    }
    if !settings.password.is_empty() {
        credentials = credentials.set_password(&settings.password);
    }
    Ok(info.set_redis_settings(credentials))
}

fn certificates(settings: &Settings) -> Result<Option<TlsCertificates>, String> {
    if settings.authority.is_empty() {
        return Ok(None);
    }
    let root_cert = std::fs::read(&settings.authority).map_err(|error| format!("{}: {error}", settings.authority))?;
    Ok(Some(TlsCertificates { client_tls: None, root_cert: Some(root_cert) }))
}

fn cluster(
    settings: &Settings,
    nodes: Vec<ConnectionInfo>,
    certificates: Option<TlsCertificates>,
) -> RedisResult<ClusterClient> {
    let [shortest, longest] = PAUSE_MS;
    let mut client = ClusterClient::builder(nodes)
        .retries(REPETITIONS)
        .min_retry_wait(shortest)
        .max_retry_wait(longest)
        .connection_timeout(settings.connect_timeout)
        // the caller has its own limit; this one ends what no one waits for any more
        .response_timeout(settings.timeout.max(PROBE_WITHIN));
    if let Some(certificates) = certificates {
        client = client.certs(certificates);
    }
    client.build()
}

impl Connection {
    /// Whether it is of no use after this failure. That of a cluster mends itself.
    pub fn is_broken_by(&self, error: &RedisError) -> bool {
        match self {
            Connection::Server(_) => error.is_unrecoverable_error() || error.is_io_error(),
            Connection::Cluster(_) => false,
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Connection::Server(server) => server.req_packed_command(command),
            Connection::Cluster(cluster) => cluster.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Connection::Server(server) => server.req_packed_commands(commands, offset, count),
            Connection::Cluster(cluster) => cluster.req_packed_commands(commands, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Connection::Server(server) => server.get_db(),
            Connection::Cluster(cluster) => cluster.get_db(),
        }
    }
}
