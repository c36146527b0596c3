//! A cluster of private Redis servers.

use super::{Kind, Redis, until};
use crate::{Missing, port};

/// Hash slots of a cluster.
const SLOTS: usize = 16_384;
const PRIMARIES: usize = 3;
/// A key in the first slot, which the first node has.
const FIRST_KEY: &str = "{06S}";

/// Three nodes, each of which has a part of the keys, and a replica of the first one.
pub struct RedisCluster {
    nodes: Vec<Redis>,
    replica: Redis,
}

impl Redis {
    /// A cluster. Its nodes wait for two seconds after their start until they answer.
    ///
    /// # Panics
    /// When Redis is installed and the cluster does not come up.
    pub fn cluster() -> Result<RedisCluster, Missing> {
        let nodes = (0..PRIMARIES).map(|_| Redis::new(Kind::Node { bus: port::free() }));
        let nodes: Vec<Redis> = nodes.collect::<Result<_, _>>()?;
        let replica = Redis::new(Kind::Node { bus: port::free() })?;
        for (n, node) in nodes.iter().enumerate() {
            let (first, last) = (n * SLOTS / PRIMARIES, (n + 1) * SLOTS / PRIMARIES - 1);
            node.does(&format!("CLUSTER ADDSLOTSRANGE {first} {last}"));
            node.does(&format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1));
        }
        let all: Vec<&Redis> = nodes.iter().chain([&replica]).collect();
        for (n, node) in all.iter().enumerate() {
            all[..n].iter().for_each(|other| node.meets(other));
        }
        let first = nodes[0].command("CLUSTER MYID");
        until("the replica knows its primary", || replica.accepts(&format!("CLUSTER REPLICATE {}", first.trim())));
        for node in &nodes {
            until("the cluster is up", || {
                let answer = node.command(&format!("SET {FIRST_KEY} 1"));
                ["+OK", "-MOVED"].iter().any(|sign| answer.starts_with(sign))
            });
        }
        nodes[0].command(&format!("DEL {FIRST_KEY}"));
        Ok(RedisCluster { nodes, replica })
    }

    fn accepts(&self, command: &str) -> bool {
        self.command(command).starts_with("+OK")
    }

    fn does(&self, command: &str) {
        let answer = self.command(command);
        assert!(answer.starts_with("+OK"), "{command}: {answer}");
    }

    fn meets(&self, other: &Redis) {
        let Kind::Node { bus } = other.kind else { panic!("it is a node") };
        self.does(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", other.port));
    }
}

impl RedisCluster {
    /// The addresses of the second and the third node, which are never killed.
    pub fn url(&self) -> String {
        self.nodes[1..].iter().map(Redis::url).collect::<Vec<_>>().join(",")
    }

    /// How many keys each node has.
    pub fn keys(&self) -> Vec<u64> {
        let count = |node: &Redis| node.command("DBSIZE").trim().trim_start_matches(':').parse().expect("a number");
        self.nodes.iter().map(count).collect()
    }

    /// Kills the first node and lets its replica take over. Returns when all know.
    ///
    /// # Panics
    /// When it does not.
    pub fn fails_over(&mut self) {
        until("the replica has its copy", || self.replica.has_all_of(&self.nodes[0]));
        self.nodes[0].kill();
        self.replica.does("CLUSTER FAILOVER TAKEOVER");
        std::mem::swap(&mut self.nodes[0], &mut self.replica);
        let there = format!("127.0.0.1:{}", self.nodes[0].port);
        for node in &self.nodes[1..] {
            until("the others know who took over", || {
                node.command(&format!("SET {FIRST_KEY} 1")).trim_end().ends_with(&there)
            });
        }
    }
}
