//! How many connections fit into the limit of open files, and how much one client may have of something.

use parking_lot::Mutex;
use std::{collections::HashMap, net::IpAddr, sync::Arc};

/// Files and sockets that are no connections of clients: database, log, the journal with its closed files, and whatever a request
/// opens.
const OTHER_FILES: u64 = 192;
/// Fewest connections that are worth a start.
const CONNECTIONS_MIN: usize = 16;

/// How many connections fit into the limit of open files, which is raised as far as the system allows. Says so when they are
/// fewer than wanted: beyond the limit the system would refuse files to the whole program, the database included.
pub fn fitted(wanted: usize) -> usize {
    let Some(files) = open_files(wanted as u64 + OTHER_FILES) else { return wanted };
    let fitting = fit(wanted, files);
    if fitting < wanted {
        tracing::warn!(
            wanted,
            connections_max = fitting,
            open_files = files,
            "server.connections_max is above what the limit of open files allows, so it was lowered; raise the limit \
             (ulimit -n, LimitNOFILE) or lower the setting"
        );
    } else {
        tracing::info!(connections_max = fitting, open_files = files, "limits of this process");
    }
    fitting
}

fn fit(wanted: usize, files: u64) -> usize {
    let fitting = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    wanted.min(fitting.max(CONNECTIONS_MIN))
}

/// The limit of open files, after it was raised to `wanted` if it may be; `None` when there is none.
#[cfg(unix)]
fn open_files(wanted: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let soft = now.current?;
    let raised = now.maximum.map_or(wanted, |hard| hard.min(wanted));
    if raised > soft && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..now }).is_ok() {
        return Some(raised);
    }
    Some(soft)
}

#[cfg(not(unix))]
fn open_files(_: u64) -> Option<u64> {
    None
}

/// Counts something of each client.
#[derive(Clone)]
pub struct PerClient {
    max: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One that is counted; dropping it ends that.
pub struct Counted {
    client: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl PerClient {
    /// At most `max` of each client; 0 is half of `of_all`, so that one client never takes everything.
    pub fn new(max: usize, of_all: usize) -> PerClient {
        let max = if max == 0 { of_all.div_ceil(2) } else { max };
        PerClient { max, counts: Arc::default() }
    }

    /// One more of this client; `None` when it has as many as it may.
    pub fn admit(&self, client: IpAddr) -> Option<Counted> {
        let mut counts = self.counts.lock();
        let count = counts.entry(client).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Counted { client, counts: Arc::clone(&self.counts) })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.counts.lock();
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_the_limit_of_open_files() {
        assert_eq!(fit(20_000, 1_024), 1_024 - 192);
        assert_eq!(fit(20_000, 1_000_000), 20_000);
        assert_eq!(fit(20_000, 64), CONNECTIONS_MIN, "the operator wants a limit that low");
        assert_eq!(fit(8, 64), 8);
    }

    #[test]
    fn a_client_has_its_share_and_others_have_theirs() {
        let clients = PerClient::new(2, 100);
        let at = |text: &str| clients.admit(crate::edge::network(text.parse().unwrap()));
        let held = [at("10.0.0.1"), at("10.0.0.1")];
        assert!(at("10.0.0.1").is_none() && at("10.0.0.2").is_some());
        drop(held);
        assert!(at("10.0.0.1").is_some());
        let household = [at("2001:db8:1:2::3"), at("2001:db8:1:2::4")];
        assert!(at("2001:db8:1:2::5").is_none() && household.iter().all(Option::is_some));
        assert_eq!(PerClient::new(0, 51).max, 26);
        assert_eq!(clients.counts.lock().len(), 1, "clients without connections are forgotten");
    }
}
