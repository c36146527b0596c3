//! A crowd of distinct people who all want the same, over as many connections as fit into a test. A person whose connection breaks
//! asks another instance.

use crate::alarm::Guard;
use crate::fleet::Fleet;
use kernel::{Clock, UserId};
use ports::SystemClock;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use testkit::{Response, Wire};
use web::{
    Role, Roles,
    auth::{Auth, AuthSettings, DEVELOPMENT_SECRET, HmacKey, Secret},
};

/// The variable that makes the crowds as large as the promises say: `HOLDFAST_TEST_RUSH=full`.
const VARIABLE: &str = "HOLDFAST_TEST_RUSH";
/// Connections of the crowd: each instance serves several at the same time.
const CONNECTIONS: usize = 24;
/// How long a person may wait for an answer, over every kill.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);
/// Pause before a person asks again.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the crowd may take until so many were served, on a machine busy with other tests.
const SERVED_WITHIN: Duration = Duration::from_secs(600);

/// `small`, which is enough to be caught by a fault and short enough for every run of the tests, or `full`.
pub fn sized<T>(small: T, full: T) -> T {
    match std::env::var(VARIABLE).as_deref() {
        Ok("full") => full,
        Ok(other) => panic!("{VARIABLE} is `{other}`, but must be full or unset"),
        Err(_) => small,
    }
}

/// Signs tokens as the program does: one process for each of 200,000 tokens would take hours.
pub struct Tokens(Auth);

impl Tokens {
    pub fn new() -> Tokens {
        let key = HmacKey { kid: "development".to_owned(), secret: Secret::new(DEVELOPMENT_SECRET) };
        let settings = AuthSettings { keys: vec![key], ..AuthSettings::single(DEVELOPMENT_SECRET) };
        Tokens(Auth::from_settings(settings).expect("a key"))
    }

    /// A token of this user for a day.
    pub fn of(&self, user: &UserId) -> String {
        let day = Duration::from_secs(86_400);
        self.0.issue_for(user, Roles::of(Role::User), SystemClock.now(), day).expect("a token").token
    }
}

/// One of the crowd. Their ids differ from those of every other caller of a test.
pub fn person(n: u64) -> UserId {
    format!("00000000-0000-4000-9000-{n:012x}").parse().expect("a UUID")
}

/// What a person sends: a `POST` with a body, and a key if it is not empty.
pub struct Request {
    pub path: String,
    pub key: String,
    pub body: String,
}

/// A connection to one instance after the other.
pub struct Caller<'a> {
    fleet: &'a Fleet<'a>,
    tokens: &'a Tokens,
    wire: Option<Wire>,
    turn: usize,
}

impl<'a> Caller<'a> {
    pub fn new(fleet: &'a Fleet<'a>, tokens: &'a Tokens, turn: usize) -> Caller<'a> {
        Caller { fleet, tokens, wire: None, turn }
    }

    /// Sends the request until there is an answer that is not "later". Gives it, and whether a connection broke before, so that the
    /// first request may have had its effect.
    pub fn insist(&mut self, user: &UserId, request: &Request) -> (Response, bool) {
        let (began, token) = (Instant::now(), self.tokens.of(user));
        let mut broke = false;
        loop {
            self.fleet.alarm.must_be_silent();
            assert!(began.elapsed() < ANSWERED_WITHIN, "{} is not answered", request.path);
            let Some(mut wire) = self.wire.take().or_else(|| self.fleet.instance(self.turn).connect().ok()) else {
                self.turn += 1;
                thread::sleep(PAUSE);
                continue;
            };
            match wire.send("POST", &request.path, &token, &request.key, &request.body) {
                Ok(answer) if [429, 503].contains(&answer.status) || answer.summary() == "409 C015" => {
                    self.wire = Some(wire);
                    thread::sleep(PAUSE);
                }
                Ok(answer) => {
                    self.wire = Some(wire);
                    return (answer, broke);
                }
                Err(_) => {
                    broke = true;
                    self.turn += 1;
                }
            }
        }
    }
}

/// How far the crowd is.
pub struct Progress<'a> {
    fleet: &'a Fleet<'a>,
    next: AtomicU64,
    /// How many got it.
    pub served: AtomicUsize,
    /// Connections that still ask.
    asking: AtomicUsize,
}

impl Progress<'_> {
    /// Waits until so many were served.
    pub fn reaches(&self, served: usize) {
        let began = Instant::now();
        loop {
            // read first: who ended has been counted
            let asking = self.asking.load(Ordering::SeqCst);
            let now = self.served.load(Ordering::SeqCst);
            if now >= served {
                return;
            }
            self.fleet.alarm.must_be_silent();
            assert!(asking > 0 && began.elapsed() < SERVED_WITHIN, "only {now} of {served}; {asking} still ask");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// One connection of the crowd begins.
    fn asks(&self) -> Asking<'_> {
        Asking { progress: self, _guard: self.fleet.alarm.guard() }
    }
}

/// A connection of the crowd, until it is dropped.
struct Asking<'a> {
    progress: &'a Progress<'a>,
    _guard: Guard,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.progress.asking.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Lets so many people ask, each once, while `meanwhile` happens. `ask` says what a person got; gives it for all of them.
pub fn rush<T: Send>(
    fleet: &Fleet<'_>,
    people: u64,
    ask: impl Fn(&mut Caller<'_>, u64, &Progress<'_>) -> T + Sync,
    meanwhile: impl FnOnce(&Progress<'_>),
) -> Vec<T> {
    let (tokens, all) = (Tokens::new(), Mutex::new(Vec::new()));
    let (next, served, asking) = (AtomicU64::new(0), AtomicUsize::new(0), AtomicUsize::new(CONNECTIONS));
    let progress = Progress { fleet, next, served, asking };
    thread::scope(|scope| {
        let _guard = fleet.alarm.guard();
        for turn in 0..CONNECTIONS {
            let (tokens, progress, all, ask) = (&tokens, &progress, &all, &ask);
            scope.spawn(move || {
                let _asking = progress.asks();
                let mut caller = Caller::new(fleet, tokens, turn);
                let mut got = Vec::new();
                loop {
                    let n = progress.next.fetch_add(1, Ordering::Relaxed);
                    if n >= people {
                        break;
                    }
                    got.push(ask(&mut caller, n, progress));
                }
                all.lock().expect("no test thread panicked").append(&mut got);
            });
        }
        meanwhile(&progress);
    });
    all.into_inner().expect("no test thread panicked")
}

/// Sends the same request of one user so many times at the same moment, over all instances.
pub fn at_once(
    fleet: &Fleet<'_>,
    user: &UserId,
    times: usize,
    request: impl Fn(usize) -> Request + Sync,
) -> Vec<String> {
    let tokens = Tokens::new();
    let ready = std::sync::Barrier::new(times);
    thread::scope(|scope| {
        let sent: Vec<_> = (0..times)
            .map(|n| {
                let (tokens, ready, request) = (&tokens, &ready, &request);
                scope.spawn(move || {
                    ready.wait();
                    Caller::new(fleet, tokens, n).insist(user, &request(n)).0.summary()
                })
            })
            .collect();
        sent.into_iter().map(|one| one.join().expect("no panic")).collect()
    })
}
