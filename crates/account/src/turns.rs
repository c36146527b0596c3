//! Turns at what only a few may do at the same time, fair between clients: each client has its own queue, and the queues
//! take turns. So one client that asks for much waits for itself and not others for it.

use kernel::{Code, Error, Result};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::Arc,
};
use tokio::sync::oneshot;

/// Whose turn it is; `None` for callers without an address.
pub type Client = Option<IpAddr>;

/// How many turns there are, and how many may wait for one.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub at_once: usize,
    /// Waiting of one client; one more is C013.
    pub waiting_of_client: usize,
    /// Waiting of all clients; one more takes the place of the client with the longest queue, or is C013.
    pub waiting: usize,
}

/// Hands out turns.
#[derive(Clone)]
pub struct Turns(Arc<Shared>);

struct Shared {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    waiting: usize,
    queues: HashMap<Client, VecDeque<oneshot::Sender<Turn>>>,
    /// The clients with a queue; the first one is next.
    order: VecDeque<Client>,
}

/// The right to go on. Dropping it lets the next one go on.
pub struct Turn(Arc<Shared>);

impl Turns {
    pub fn new(limits: Limits) -> Turns {
        Turns(Arc::new(Shared { limits, state: Mutex::default() }))
    }

    /// Waits for a turn. C013 when too many wait. A caller that goes away leaves its queue.
    pub async fn take(&self, client: Client) -> Result<Turn> {
        let waits = {
            let mut state = self.0.state.lock();
            if state.running < self.0.limits.at_once {
                state.running += 1;
                return Ok(Turn(Arc::clone(&self.0)));
            }
            state.join(client, self.0.limits)?
        };
        waits.await.map_err(|_| busy())
    }

    /// How many have a turn, and how many wait for one.
    #[cfg(test)]
    pub fn counts(&self) -> (usize, usize) {
        let state = self.0.state.lock();
        (state.running, state.waiting)
    }
}

impl State {
    fn join(&mut self, client: Client, limits: Limits) -> Result<oneshot::Receiver<Turn>> {
        self.forget_gone(client);
        let own = self.queues.get(&client).map_or(0, VecDeque::len);
        if own >= limits.waiting_of_client {
            return Err(busy());
        }
        if self.waiting >= limits.waiting {
            self.make_room(own)?;
        }
        let (gives, waits) = oneshot::channel();
        if own == 0 && !self.order.contains(&client) {
            self.order.push_back(client);
        }
        self.queues.entry(client).or_default().push_back(gives);
        self.waiting += 1;
        Ok(waits)
    }

    fn forget_gone(&mut self, client: Client) {
        if let Some(queue) = self.queues.get_mut(&client) {
            let before = queue.len();
            queue.retain(|waiter| !waiter.is_closed());
            self.waiting -= before - queue.len();
        }
    }

    /// Refuses the last one of the longest queue, if that is longer than a queue of `own` and one more.
    fn make_room(&mut self, own: usize) -> Result<()> {
        let longest = self.queues.iter().max_by_key(|(_, queue)| queue.len()).map(|(client, _)| *client);
        let longest = longest.and_then(|client| self.queues.get_mut(&client)).filter(|queue| queue.len() > own + 1);
        match longest.and_then(VecDeque::pop_back) {
            Some(_) => {
                self.waiting -= 1;
                Ok(())
            }
            None => Err(busy()),
        }
    }

    /// The one whose turn it is.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        while let Some(client) = self.order.pop_front() {
            let Some(queue) = self.queues.get_mut(&client) else { continue };
            let next = queue.pop_front();
            if queue.is_empty() {
                self.queues.remove(&client);
            } else {
                self.order.push_back(client);
            }
            if next.is_some() {
                self.waiting -= 1;
                return next;
            }
        }
        None
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        loop {
            let next = {
                let mut state = self.0.state.lock();
                let next = state.next();
                if next.is_none() {
                    state.running -= 1;
                }
                next
            };
            let Some(next) = next else { return };
            match next.send(Turn(Arc::clone(&self.0))) {
                Ok(()) => return,
                // it went away; dropping the turn that comes back would call this function inside itself
                Err(back) => std::mem::forget(back),
            }
        }
    }
}

fn busy() -> Error {
    Code::Unavailable.because("too many sign-ins at once").retry_after(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::pin::pin;

    fn client(n: u8) -> Client {
        Some(IpAddr::from([10, 0, 0, n]))
    }

    fn turns(waiting_of_client: usize, waiting: usize) -> Turns {
        Turns::new(Limits { at_once: 1, waiting_of_client, waiting })
    }

    #[tokio::test]
    async fn clients_take_turns_whatever_the_length_of_their_queues() {
        let turns = turns(100, 1_000);
        let first = turns.take(client(1)).await.unwrap();
        let mut crowd: Vec<_> = (0..50).map(|_| Box::pin(turns.take(client(1)))).collect();
        crowd.iter_mut().for_each(|one| assert!(one.now_or_never().is_none()));
        let mut other = pin!(turns.take(client(2)));
        assert!(other.as_mut().now_or_never().is_none());
        drop(first);
        let second = crowd[0].as_mut().now_or_never().expect("the queue of the first client is next").unwrap();
        assert!(other.as_mut().now_or_never().is_none());
        drop(second);
        assert!(other.now_or_never().is_some(), "then the other client, although 49 came before it");
    }

    #[tokio::test]
    async fn a_client_that_asks_for_too_much_is_refused_alone() {
        let turns = turns(2, 1_000);
        let _running = turns.take(client(1)).await.unwrap();
        let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(turns.take(client(1)))).collect();
        waiting.iter_mut().for_each(|one| assert!(one.now_or_never().is_none()));
        let refused = turns.take(client(1)).now_or_never().unwrap().err().unwrap();
        assert_eq!((refused.code(), refused.retry_after_s()), (Code::Unavailable, Some(2)));
        assert!(turns.take(client(2)).now_or_never().is_none(), "another client may wait");
    }

    #[tokio::test]
    async fn a_newcomer_takes_the_place_of_the_longest_queue() {
        let turns = turns(10, 3);
        let running = turns.take(client(1)).await.unwrap();
        let mut crowd: Vec<_> = (0..3).map(|_| Box::pin(turns.take(client(1)))).collect();
        crowd.iter_mut().for_each(|one| assert!(one.now_or_never().is_none()));
        let mut newcomer = pin!(turns.take(client(2)));
        assert!(newcomer.as_mut().now_or_never().is_none());
        assert!(crowd[2].as_mut().now_or_never().expect("it has an answer").is_err());
        drop(running);
        drop(crowd);
        assert!(newcomer.now_or_never().is_some_and(|turn| turn.is_ok()));
        assert_eq!(turns.counts(), (0, 0));
    }

    #[tokio::test]
    async fn people_who_hang_up_leave_the_queue() {
        let turns = turns(2, 4);
        let running = turns.take(client(1)).await.unwrap();
        for _ in 0..20 {
            let mut gone = Box::pin(turns.take(client(1)));
            assert!(gone.as_mut().now_or_never().is_none(), "no caller who is still there waits");
        }
        drop(running);
        assert_eq!(turns.counts(), (0, 0));
        assert!(turns.take(client(1)).now_or_never().is_some());
    }
}
