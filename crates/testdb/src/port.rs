//! A port for a server.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::TcpListener,
};

/// The first port. It is below the ports of outgoing connections: while a server is down, such a connection could take its port, and a
/// client could even connect to itself.
const FIRST: u16 = 20_000;
/// How many ports there are to choose from.
const COUNT: u16 = 12_000;

/// A free port of 127.0.0.1.
pub(crate) fn free() -> u16 {
    let begin = (random() % u64::from(COUNT)) as u16;
    let all = (0..COUNT).map(|n| FIRST + (begin + n) % COUNT);
    let mut free = all.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("one of twelve thousand ports is free")
}

/// A random number.
pub(crate) fn random() -> u64 {
    // every `RandomState` has random keys
    RandomState::new().build_hasher().finish()
}
