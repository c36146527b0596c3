//! A proxy in front of a server, to cut, refuse and stall connections, and to count what is asked of the server.

mod statements;

use crate::Kind;
use statements::Statements;
use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// Bytes of one read.
const CHUNK_BYTES: usize = 64 * 1024;

/// A TCP proxy with its own port. When it is dropped, it closes all connections.
pub struct Proxy {
    port: u16,
    switches: Arc<Switches>,
}

#[derive(Default)]
struct Switches {
    /// The port of the server.
    server: AtomicU16,
    state: Mutex<State>,
    changed: Condvar,
    statements: AtomicU64,
    /// Milliseconds by which bytes are late.
    delay_ms: AtomicU64,
    bytes: AtomicU64,
}

#[derive(Default)]
struct State {
    refusing: bool,
    stalled: bool,
    closed: bool,
    /// Connections whose bytes wait because the proxy is stalled.
    held: usize,
    /// How many connections there have been; the next one's number.
    count: u64,
    /// The open connections, both ends of each.
    open: HashMap<u64, [TcpStream; 2]>,
}

impl Switches {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits while the proxy is stalled. `false` when the connection was closed in the meantime.
    fn may_pass(&self, number: u64) -> bool {
        let mut state = self.lock();
        if state.stalled {
            state.held += 1;
            while state.stalled && state.open.contains_key(&number) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.held -= 1;
        }
        state.open.contains_key(&number)
    }
}

impl Proxy {
    /// A proxy in front of this port of 127.0.0.1.
    pub fn before(port: u16) -> Proxy {
        Proxy::counting(port, None)
    }

    /// A proxy in front of the server of this address that also counts statements.
    ///
    /// # Panics
    /// When the address is that of a file.
    pub fn counting_before(kind: Kind, url: &str) -> Proxy {
        let port = url.split_once("@127.0.0.1:").and_then(|(_, rest)| rest.split(['/', '?']).next()?.parse().ok());
        Proxy::counting(port.unwrap_or_else(|| panic!("{url} is not the address of a server")), Some(kind))
    }

    fn counting(port: u16, kind: Option<Kind>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = listener.local_addr().expect("it is bound").port();
        let switches = Arc::new(Switches { server: AtomicU16::new(port), ..Switches::default() });
        let proxy = Proxy { port: own, switches: switches.clone() };
        thread::spawn(move || accept(&listener, kind, &switches));
        proxy
    }

    /// The proxy's own port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a space, through this proxy.
    ///
    /// # Panics
    /// When the address is that of a file.
    pub fn url(&self, of: &str) -> String {
        let parts = of.split_once("@127.0.0.1:").and_then(|(user, rest)| Some((user, rest.split_once('/')?.1)));
        let (user, location) = parts.unwrap_or_else(|| panic!("{of} is not the address of a server"));
        format!("{user}@127.0.0.1:{}/{location}", self.port)
    }

    /// Statements that clients have sent so far, with those that begin and end transactions.
    pub fn statements(&self) -> u64 {
        self.switches.statements.load(Relaxed)
    }

    /// Bytes that have passed in both directions.
    pub fn bytes(&self) -> u64 {
        self.switches.bytes.load(Relaxed)
    }

    /// New connections lead to the server at this port, as an address does that moves with the primary. Open ones stay.
    pub fn turn_to(&self, port: u16) {
        self.switches.server.store(port, Relaxed);
    }

    /// Closes every connection now. New ones are accepted.
    pub fn cut(&self) {
        self.switches.set(State::close_all);
    }

    /// While `true`, the proxy closes new connections at once. Open connections continue.
    pub fn refuse(&self, refusing: bool) {
        self.switches.set(|state| state.refusing = refusing);
    }

    /// While `true`, the proxy keeps all bytes and passes them on later.
    pub fn stall(&self, stalled: bool) {
        self.switches.set(|state| state.stalled = stalled);
    }

    /// From now on bytes are this late, in each direction.
    pub fn delay(&self, by: Duration) {
        self.switches.delay_ms.store(by.as_millis() as u64, Relaxed);
    }

    /// Whether a stalled proxy holds bytes or the end of a connection back.
    pub fn holds_back(&self) -> bool {
        self.switches.lock().held > 0
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.switches.set(|state| {
            state.closed = true;
            state.close_all();
        });
        // wakes the thread that accepts, which then ends
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl State {
    fn close_all(&mut self) {
        for [client, server] in self.open.drain().map(|(_, ends)| ends) {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, kind: Option<Kind>, switches: &Arc<Switches>) {
    for client in listener.incoming() {
        let state = switches.lock();
        if state.closed {
            return;
        }
        let refusing = state.refusing;
        drop(state);
        if let (Ok(client), false) = (client, refusing) {
            // a server that is down closes its clients' connections, and so do we
            let _ = join(client, kind, switches);
        }
    }
}

/// Joins a client with the server: one thread for each direction.
fn join(client: TcpStream, kind: Option<Kind>, switches: &Arc<Switches>) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", switches.server.load(Relaxed)))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ends = [client.try_clone()?, server.try_clone()?];
    let ways = [(client.try_clone()?, server.try_clone()?, kind.map(Statements::of)), (server, client, None)];
    let mut state = switches.lock();
    if state.closed || state.refusing {
        return Ok(());
    }
    let number = state.count;
    state.count += 1;
    state.open.insert(number, ends);
    drop(state);
    for (from, to, counter) in ways {
        let switches = switches.clone();
        thread::spawn(move || pass(from, to, number, counter, &switches));
    }
    Ok(())
}

/// Passes bytes on until one end closes; then the connection is closed as a whole.
fn pass(mut from: TcpStream, mut to: TcpStream, number: u64, mut counter: Option<Statements>, switches: &Switches) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        let counted = counter.as_mut().map_or(0, |counter| counter.count(&chunk[..length]));
        switches.statements.fetch_add(counted, Relaxed);
        thread::sleep(Duration::from_millis(switches.delay_ms.load(Relaxed)));
        switches.bytes.fetch_add(length as u64, Relaxed);
        if !switches.may_pass(number) || to.write_all(&chunk[..length]).is_err() {
            break;
        }
    }
    // a closed connection is also kept until later
    if switches.may_pass(number) {
        switches.set(|state| drop(state.open.remove(&number)));
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
