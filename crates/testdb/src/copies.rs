//! Spaces that are copies of an original: what every test of a kind needs, such as the tables of a shop, is made once in a test run.

use crate::{
    Space,
    client::Clients,
    engine::{Copies, Engine, Location},
    registry::Registry,
};
use std::{
    collections::{HashMap, HashSet},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long the connections with which an original was made may take to end.
const LEFT_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);

/// Puts a copy of the original file with this key in this place. The first caller makes the original.
pub(crate) fn of_file(key: &str, place: &Path, prepare: impl FnOnce(&str)) {
    static ORIGINALS: Mutex<Option<HashMap<String, Arc<[u8]>>>> = Mutex::new(None);
    let mut originals = ORIGINALS.lock().unwrap_or_else(PoisonError::into_inner);
    let originals = originals.get_or_insert_default();
    let original = originals.entry(key.to_owned()).or_insert_with(|| {
        let space = Space::in_a_file();
        prepare(space.url());
        assert!(!space.file().with_extension("db-wal").exists(), "the file was not closed");
        fs::read(space.file()).expect("a file was made").into()
    });
    fs::write(place, original).expect("a new folder takes a file");
}

/// The name of the original with this key on a server. The first caller of the test run makes it.
pub(crate) fn on_server(
    (engine, copies): (&dyn Engine, &dyn Copies),
    clients: &Clients,
    location: &Location,
    key: &str,
    prepare: impl FnOnce(&str),
) -> String {
    static THERE: Mutex<Option<HashSet<(u16, String)>>> = Mutex::new(None);
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let name = format!("o{:016x}", hasher.finish());
    let mut there = THERE.lock().unwrap_or_else(PoisonError::into_inner);
    if there.get_or_insert_default().contains(&(location.port, name.clone())) {
        return name;
    }
    // other processes of this run
    let _lock = Registry::open().lock();
    if clients.ask(&copies.is_there(&name)).is_err() {
        clients.ask(&copies.begin(&name)).unwrap_or_else(|said| panic!("no original on the server: {said}"));
        prepare(&engine.url(location, &copies.unfinished(&name)));
        let deadline = Instant::now() + LEFT_WITHIN;
        while let Err(said) = clients.ask(&copies.finish(&name)) {
            assert!(Instant::now() < deadline, "the original is still used: {said}");
            thread::sleep(PAUSE);
        }
    }
    there.get_or_insert_default().insert((location.port, name.clone()));
    name
}
