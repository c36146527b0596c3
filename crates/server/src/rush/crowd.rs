//! The people's connections: only so many, with only so many requests in flight.

use crate::client::{Answer, Caller};
use futures_util::future::join_all;
use std::{cell::Cell, time::Duration};
use tokio::sync::Semaphore;

/// How often a request is repeated because the shop asked for that.
const REPEATED_MAX: u32 = 30;
/// Shortest wait before a request is repeated, when the shop names none.
const WAIT: Duration = Duration::from_millis(200);
/// Longest wait before a request is repeated.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Connections that many people share.
pub struct Crowd {
    connections: Vec<Caller>,
    in_flight: Semaphore,
}

impl Crowd {
    /// `connections` to the shop, used by `in_flight` requests at a time.
    pub fn of(base: &str, connections: u32, in_flight: Option<u32>) -> Crowd {
        let in_flight = in_flight.map_or(connections, |most| most.min(connections)) as usize;
        let connections = (0..connections).map(|_| Caller::anonymous(base)).collect();
        Crowd { connections, in_flight: Semaphore::new(in_flight) }
    }

    /// Lets each of `people` act, in order; a free connection takes the next one. Gives the results in the order of the people.
    pub async fn each<P, T>(&self, people: &[P], act: impl AsyncFn(Connection<'_>, &P) -> T) -> Vec<T> {
        let next = Cell::new(0);
        let work = self.connections.iter().map(async |caller| {
            let mut done = Vec::new();
            loop {
                let n = next.replace(next.get() + 1);
                let Some(person) = people.get(n) else { return done };
                done.push((n, act(Connection { caller, in_flight: &self.in_flight }, person).await));
            }
        });
        let mut all: Vec<(usize, T)> = join_all(work).await.into_iter().flatten().collect();
        all.sort_unstable_by_key(|(n, _)| *n);
        all.into_iter().map(|(_, result)| result).collect()
    }
}

/// A connection while one person uses it.
#[derive(Clone, Copy)]
pub struct Connection<'a> {
    caller: &'a Caller,
    in_flight: &'a Semaphore,
}

impl Connection<'_> {
    /// Sends a request of the person with `token` once it may be in flight. Repeats it while the shop asks for that; `repeated` gets
    /// each repetition.
    pub async fn sends(
        &self,
        token: &str,
        request: impl AsyncFn(&Caller) -> Answer,
        mut repeated: impl FnMut(),
    ) -> Answer {
        let caller = self.caller.with_token(token);
        for _ in 0..REPEATED_MAX {
            let answer = self.once(&caller, &request).await;
            if !asks_to_repeat(&answer) {
                return answer;
            }
            repeated();
            tokio::time::sleep(answer.retry_after.unwrap_or(WAIT).clamp(WAIT, WAIT_MAX)).await;
        }
        self.once(&caller, &request).await
    }

    async fn once(&self, caller: &Caller, request: &impl AsyncFn(&Caller) -> Answer) -> Answer {
        // the semaphore is never closed; without a permit the request is one more
        let _permit = self.in_flight.acquire().await.ok();
        request(caller).await
    }
}

/// Whether the shop had too much to do, and has done nothing.
fn asks_to_repeat(answer: &Answer) -> bool {
    matches!(answer.status, 429 | 503)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[tokio::test]
    async fn every_person_acts_once_and_only_so_many_at_a_time() {
        let crowd = Crowd::of("http://127.0.0.1:9", 5, None);
        let (now, most, acted) = (Cell::new(0), Cell::new(0), RefCell::new(Vec::new()));
        let people: Vec<u32> = (0..100).collect();
        let results = crowd
            .each(&people, async |_, person| {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                // later people are faster, so that they overtake each other
                tokio::time::sleep(Duration::from_micros(u64::from(200 - person))).await;
                now.set(now.get() - 1);
                acted.borrow_mut().push(*person);
                person * 2
            })
            .await;
        assert_eq!(results, people.iter().map(|person| person * 2).collect::<Vec<_>>());
        assert_eq!((most.get(), acted.borrow().len()), (5, 100));
    }

    #[tokio::test]
    async fn fewer_requests_than_connections_are_in_flight_and_refusals_to_wait_are_repeated() {
        let crowd = Crowd::of("http://127.0.0.1:9", 8, Some(3));
        let (now, most, repeated) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let answer = |status| Answer { status, body: serde_json::Value::Null, replayed: false, retry_after: None };
        let people: Vec<Cell<u16>> = (0..20).map(|_| Cell::new(503)).collect();
        let statuses = crowd
            .each(&people, async |connection, person| {
                let request = async |_: &Caller| {
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    now.set(now.get() - 1);
                    answer(person.replace(201))
                };
                connection.sends("t", request, || repeated.set(repeated.get() + 1)).await.status
            })
            .await;
        assert_eq!(statuses, [201; 20]);
        assert_eq!((most.get(), repeated.get()), (3, 20));
    }
}
