//! The connections that are open, in all and of each client. When there is no room for another one, the connection that has been
//! silent longest is closed: silent sockets cost their owners nothing, so they must not keep other clients out.

use super::activity::Activity;
use crate::edge::network;
use crate::measure;
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// How often a connection that waits for room looks again. A connection that becomes silent wakes no other.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// One part in so many of the silent connections is found at once, so that a flood does not look through all for each.
const FOUND_AT_ONCE: usize = 64;

/// The open connections of an address that the program serves.
#[derive(Clone)]
pub struct Connections(Arc<Limited>);

struct Limited {
    max: usize,
    max_of_client: usize,
    open: Mutex<Open>,
    freed: Notify,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: Group,
    of_clients: HashMap<IpAddr, Group>,
}

/// Connections, the oldest first.
#[derive(Default)]
struct Group {
    members: BTreeMap<u64, Arc<Place>>,
    /// Those that were silent longest when they were last looked for, and since when.
    silent: VecDeque<(Instant, Arc<Place>)>,
}

/// The place of one connection.
struct Place {
    id: u64,
    client: IpAddr,
    activity: Arc<Activity>,
    needed: CancellationToken,
}

/// A connection that has a place; dropping it frees the place.
pub struct Held {
    place: Arc<Place>,
    all: Arc<Limited>,
}

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
enum Full {
    /// The client has as many as it may, and uses all of them.
    OfClient,
    /// All are used.
    OfAll,
}

impl Connections {
    /// At most `max`, and at most `max_of_client` of each client; 0 is half of all, so that one client never takes everything.
    pub fn new(max: usize, max_of_client: usize) -> Connections {
        let max_of_client = if max_of_client == 0 { max.div_ceil(2) } else { max_of_client };
        Connections(Arc::new(Limited { max, max_of_client, open: Mutex::default(), freed: Notify::new() }))
    }

    /// A place for one more of the client at this address, as soon as there is one; `None` when the client uses all it may have.
    pub async fn admit(&self, peer: SocketAddr) -> Option<Held> {
        loop {
            let freed = self.0.freed.notified();
            match self.place(network(peer.ip())) {
                Ok(held) => return Some(held),
                Err(Full::OfClient) => return None,
                Err(Full::OfAll) => _ = tokio::time::timeout(LOOK_AGAIN, freed).await,
            }
        }
    }

    fn place(&self, client: IpAddr) -> Result<Held, Full> {
        let mut open = self.0.open.lock();
        if open.of_clients.get(&client).is_some_and(|group| group.members.len() >= self.0.max_of_client) {
            let silent = open.of_clients.get_mut(&client).and_then(Group::longest_silent);
            open.close(silent.ok_or(Full::OfClient)?);
        }
        if open.all.members.len() >= self.0.max {
            let silent = open.all.longest_silent();
            open.close(silent.ok_or(Full::OfAll)?);
        }
        open.next += 1;
        let needed = CancellationToken::new();
        let place = Arc::new(Place { id: open.next, client, activity: Arc::new(Activity::new()), needed });
        open.all.members.insert(place.id, Arc::clone(&place));
        open.of_clients.entry(client).or_default().members.insert(place.id, Arc::clone(&place));
        Ok(Held { place, all: Arc::clone(&self.0) })
    }
}

impl Open {
    /// Gives the place of a connection to another one.
    fn close(&mut self, place: Arc<Place>) {
        measure::closed_for_another();
        place.needed.cancel();
        self.remove(&place);
    }

    fn remove(&mut self, place: &Place) {
        self.all.members.remove(&place.id);
        if let Some(group) = self.of_clients.get_mut(&place.client) {
            group.members.remove(&place.id);
            if group.members.is_empty() {
                self.of_clients.remove(&place.client);
            }
        }
    }
}

impl Group {
    /// The connection that has been silent longest.
    fn longest_silent(&mut self) -> Option<Arc<Place>> {
        if let Some(place) = self.next_silent() {
            return Some(place);
        }
        let silent = self.members.values().filter(|place| place.activity.may_be_closed());
        let mut silent: Vec<_> = silent.map(|place| (place.activity.last(), Arc::clone(place))).collect();
        let some = silent.len().div_ceil(FOUND_AT_ONCE);
        if some == 0 {
            return None;
        }
        let age = |(last, place): &(Instant, Arc<Place>)| (*last, place.id);
        silent.select_nth_unstable_by_key(some - 1, age);
        silent.truncate(some);
        silent.sort_unstable_by_key(age);
        self.silent = silent.into();
        self.next_silent()
    }

    /// The next of those that were found, if it is still open and nothing has happened on it since.
    fn next_silent(&mut self) -> Option<Arc<Place>> {
        while let Some((last, place)) = self.silent.pop_front() {
            let activity = &place.activity;
            if self.members.contains_key(&place.id) && activity.last() == last && activity.may_be_closed() {
                return Some(place);
            }
        }
        None
    }
}

impl Held {
    /// What happens on this connection.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.place.activity
    }

    /// Resolves when another connection has got the place.
    pub async fn needed(&self) {
        self.place.needed.cancelled().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.open.lock().remove(&self.place);
        self.all.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        network(text.parse().unwrap())
    }

    #[test]
    fn a_client_has_its_share_and_others_have_theirs() {
        let connections = Connections::new(100, 2);
        let busy = |text: &str| {
            let held = connections.place(at(text))?;
            let running = Activity::begin(held.activity());
            Ok::<_, Full>((held, running))
        };
        let first = [busy("10.0.0.1"), busy("10.0.0.1")];
        assert_eq!(busy("10.0.0.1").err(), Some(Full::OfClient));
        assert!(busy("10.0.0.2").is_ok());
        drop(first);
        assert!(busy("10.0.0.1").is_ok());
        let household = [busy("2001:db8:1:2::3"), busy("2001:db8:1:2::4")];
        assert_eq!(busy("2001:db8:1:2::5").err(), Some(Full::OfClient));
        assert_eq!(connections.0.open.lock().of_clients.len(), 1, "clients without connections are forgotten");
        drop(household);
        assert_eq!(Connections::new(51, 0).0.max_of_client, 26);
    }

    #[test]
    fn the_longest_silent_connection_makes_room() {
        let connections = Connections::new(3, 3);
        let held: Vec<Held> = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
            .into_iter()
            .map(|text| {
                std::thread::sleep(Duration::from_millis(2));
                connections.place(at(text)).unwrap()
            })
            .collect();
        let running = Activity::begin(held[0].activity());
        let is_needed = |n: usize| held[n].place.needed.is_cancelled();
        let fourth = connections.place(at("10.0.0.4")).unwrap();
        assert!(
            !is_needed(0) && is_needed(1) && !is_needed(2),
            "the first has a request, the second is silent longest"
        );
        let _fourth = (Activity::begin(fourth.activity()), fourth);
        let _third = Activity::begin(held[2].activity());
        assert_eq!(connections.place(at("10.0.0.5")).err(), Some(Full::OfAll));
        drop(running);
        assert!(connections.place(at("10.0.0.5")).is_ok() && is_needed(0));
    }
}
