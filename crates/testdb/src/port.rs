//! A port for a server.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::TcpListener,
};

/// Below the ports that systems give to outgoing connections: while a server is down, such a connection could take its
/// port, and a client that knocks at the closed port could even be connected to itself.
const FIRST: u16 = 20_000;
/// How many ports there are to choose from.
const COUNT: u16 = 12_000;

/// A port of 127.0.0.1 on which nobody listens now.
pub(crate) fn free() -> u16 {
    let begin = (random() % u64::from(COUNT)) as u16;
    let all = (0..COUNT).map(|n| FIRST + (begin + n) % COUNT);
    let mut free = all.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("one of twelve thousand ports is free")
}

/// A number that no other process draws as well.
pub(crate) fn random() -> u64 {
    // every state of hashing has random keys
    RandomState::new().build_hasher().finish()
}
