//! A few connections to Redis, each of which carries many calls at once. A connection that fails is made anew by the next
//! call; while one is being made, calls wait for it only as long as their own time limit.

use super::client::{Client, Connection};
use parking_lot::Mutex;
use redis::{ErrorKind, RedisError, RedisResult};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use tokio::sync::Notify;

pub(super) struct Pool {
    slots: Box<[Arc<Slot>]>,
    client: Client,
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
    pub connection: Connection,
}

enum State {
    /// With the reason, when connecting failed.
    Closed(Option<RedisError>),
    Connecting,
    /// Numbered, so that a late failure of an earlier connection does not close this one.
    Open(u64, Connection),
}

impl Default for State {
    fn default() -> State {
        State::Closed(None)
    }
}

impl Pool {
    pub fn new(client: Client, connections: usize) -> Pool {
        let slots = (0..connections.max(1)).map(|_| Arc::default()).collect();
        Pool { slots, client, turn: AtomicUsize::new(0) }
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
        slot.lend().ok_or_else(|| slot.why_closed())
    }

    /// Closes all connections; the next calls make new ones.
    pub fn close(&self) {
        for slot in &self.slots {
            let mut state = slot.state.lock();
            if matches!(&*state, State::Open(..)) {
                *state = State::Closed(None);
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
        let (slot, client) = (Arc::clone(slot), self.client.clone());
        tokio::spawn(async move {
            let made = client.connect().await;
            *slot.state.lock() = match made {
                Ok(connection) => State::Open(number, connection),
                Err(why) => State::Closed(Some(why)),
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
            State::Closed(_) | State::Connecting => None,
        }
    }

    fn why_closed(&self) -> RedisError {
        match &*self.state.lock() {
            State::Closed(Some(why)) => why.clone(),
            State::Closed(None) | State::Connecting | State::Open(..) => (ErrorKind::Io, "no connection").into(),
        }
    }

    /// Whether the caller has to connect.
    fn begins_to_connect(&self) -> bool {
        let mut state = self.state.lock();
        let closed = matches!(&*state, State::Closed(_));
        if closed {
            *state = State::Connecting;
        }
        closed
    }
}

impl Lent {
    /// Closes the connection if `outcome` shows that it is broken.
    pub fn judge<T>(&self, outcome: &RedisResult<T>) {
        let broken = outcome.as_ref().is_err_and(|error| self.connection.is_broken_by(error));
        let mut state = self.slot.state.lock();
        if broken && matches!(&*state, State::Open(open, _) if *open == self.number) {
            *state = State::Closed(None);
        }
    }
}
