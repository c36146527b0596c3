//! A few connections to Redis, each of which carries many calls at once. A connection that fails is made anew by the next
//! call; while one is being made, calls wait for it only as long as their own time limit.

use super::Settings;
use parking_lot::Mutex;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, RedisError, RedisResult, TlsCertificates,
    aio::MultiplexedConnection,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::Notify;

pub(super) struct Pool {
    slots: Box<[Arc<Slot>]>,
    client: Client,
    config: AsyncConnectionConfig,
    turn: AtomicUsize,
}

#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    /// Wakes when connecting has ended, in either way.
    ended: Notify,
}

/// A connection that is used for one call.
pub(super) struct Lent {
    slot: Arc<Slot>,
    number: u64,
    pub connection: MultiplexedConnection,
}

#[derive(Default)]
enum State {
    #[default]
    Closed,
    Connecting,
    /// Numbered, so that a late failure of an earlier connection does not close this one.
    Open(u64, MultiplexedConnection),
}

/// The client of these settings; the error says what is wrong with them.
pub(super) fn client(settings: &Settings) -> Result<Client, String> {
    let said = |error: RedisError| error.to_string();
    let info = settings.url.as_str().into_connection_info().map_err(said)?;
    let mut credentials = info.redis_settings().clone();
    if !settings.user.is_empty() {
        credentials = credentials.set_username(&settings.user);
    }
    if !settings.password.is_empty() {
        credentials = credentials.set_password(&settings.password);
    }
    let info = info.set_redis_settings(credentials);
    if settings.authority.is_empty() {
        return Client::open(info).map_err(said);
    }
    let root_cert = std::fs::read(&settings.authority).map_err(|error| format!("{}: {error}", settings.authority))?;
    Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(root_cert) }).map_err(said)
}

impl Pool {
    pub fn new(client: Client, connections: usize, connect_timeout: Duration) -> Pool {
        // the caller limits how long an answer may take
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(connect_timeout)).set_response_timeout(None);
        let slots = (0..connections.max(1)).map(|_| Arc::default()).collect();
        Pool { slots, client, config, turn: AtomicUsize::new(0) }
    }

    /// One of the connections.
    pub async fn connection(&self) -> RedisResult<Lent> {
        let slot = &self.slots[self.turn.fetch_add(1, Relaxed) % self.slots.len()];
        let ended = slot.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        if let Some(open) = self.open_or_connect(slot) {
            return Ok(open);
        }
        ended.await;
        slot.lend().ok_or_else(|| (ErrorKind::Io, "no connection").into())
    }

    /// Closes all connections; the next calls make new ones.
    pub fn close(&self) {
        for slot in &self.slots {
            let mut state = slot.state.lock();
            if matches!(&*state, State::Open(..)) {
                *state = State::Closed;
            }
        }
    }

    /// The open connection. Otherwise one is being made, in a task of its own: the time limit of a call must not end it.
    fn open_or_connect(&self, slot: &Arc<Slot>) -> Option<Lent> {
        let lent = slot.lend();
        if lent.is_some() || !slot.begins_to_connect() {
            return lent;
        }
        let number = self.turn.load(Relaxed) as u64;
        let (slot, client, config) = (Arc::clone(slot), self.client.clone(), self.config.clone());
        tokio::spawn(async move {
            let made = client.get_multiplexed_async_connection_with_config(&config).await;
            *slot.state.lock() = match made {
                Ok(connection) => State::Open(number, connection),
                Err(error) => {
                    tracing::debug!(%error, "Redis cannot be reached");
                    State::Closed
                }
            };
            slot.ended.notify_waiters();
        });
        None
    }
}

impl Slot {
    fn lend(self: &Arc<Slot>) -> Option<Lent> {
        match &*self.state.lock() {
            State::Open(number, connection) => {
                Some(Lent { slot: Arc::clone(self), number: *number, connection: connection.clone() })
            }
            State::Closed | State::Connecting => None,
        }
    }

    /// Whether the caller has to connect.
    fn begins_to_connect(&self) -> bool {
        let mut state = self.state.lock();
        let closed = matches!(&*state, State::Closed);
        if closed {
            *state = State::Connecting;
        }
        closed
    }
}

impl Lent {
    /// Closes the connection if `outcome` shows that it is broken.
    pub fn judge<T>(&self, outcome: &RedisResult<T>) {
        let broken = outcome.as_ref().is_err_and(|error| error.is_unrecoverable_error() || error.is_io_error());
        let mut state = self.slot.state.lock();
        if broken && matches!(&*state, State::Open(open, _) if *open == self.number) {
            *state = State::Closed;
        }
    }
}
