//! A waiting queue watched by thousands of people over real sockets, while an instance is killed and started again.
//! `HOLDFAST_TEST_RUSH=full cargo test -p server --test processes queues` is the long run: 5,000 streams.

use crate::alarm::Alarm;
use crate::crowd::{Tokens, person, sized};
use crate::fleet::{AddressBook, Fleet, instances};
use crate::scenario::{API, Closing, Scenario};
use kernel::{Clock, UserId};
use ports::SystemClock;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use store::args;
use testkit::Process;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

const EVENT: &str = "FLASH_SALE/1";
/// A stream sends something every 3 seconds; the rest is for a busy machine.
const SILENT_AT_MOST: Duration = Duration::from_secs(60);
/// How long everything may take, on a machine busy with other tests.
const WITHIN: Duration = Duration::from_secs(600);
/// One in so many leaves the queue while waiting, and one in so many does not use the admission.
const LEAVES: usize = 25;
const STAYS_AWAY: usize = 20;

fn people() -> usize {
    sized(500, 5_000)
}

fn capacity() -> usize {
    people() / 10
}

/// A socket for every stream, here and in the programs that this test starts.
fn raise_the_limit_of_open_files() {
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.map_or(20_000, |hard| hard.min(20_000));
    if now.current.is_some_and(|soft| soft < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..now }).expect("the limit can be raised");
    }
}

/// How the queue admits from now on.
fn activate(scenario: &Scenario, process: &Process, capacity: usize, interval: u64) {
    let rules = json!({
        "maxCapacity": capacity, "entryBatchSize": capacity, "entryIntervalSeconds": interval, "admissionSeconds": 10,
    });
    let mut wire = process.connect().expect("it listens");
    let path = format!("{API}/admin/queue/{EVENT}/activate");
    wire.send("POST", &path, &scenario.people.admin, "", &rules.to_string()).expect("an answer").must("200");
}

/// Everybody enters, one after the other; gives their entry tokens.
fn everybody_enters(fleet: &Fleet<'_>, tokens: &Tokens) -> Vec<String> {
    let wires = (0..instances()).map(|n| fleet.instance(n).connect().expect("it listens"));
    let mut wires: Vec<_> = wires.collect();
    let enter = |n: usize| {
        let token = tokens.of(&user(n));
        let path = format!("{API}/queue/{EVENT}/enter");
        let wire = &mut wires[n % instances()];
        wire.send("POST", &path, &token, "", "{}").expect("an answer").must("200").word("/entryToken")
    };
    (0..people()).map(enter).collect()
}

fn user(n: usize) -> UserId {
    person(n as u64)
}

/// What the streams of one person showed.
#[derive(Debug, Default)]
struct Seen {
    last: Option<Value>,
    position: Option<u64>,
    connections: usize,
    longest_silence: Duration,
    admitted: Option<i64>,
}

impl Seen {
    fn status(&self) -> &str {
        self.last.as_ref().and_then(|status| status["status"].as_str()).unwrap_or_default()
    }

    fn shows(&mut self, status: Value) {
        let position = status["position"].as_u64().expect("a position");
        if status["status"] == "WAITING" {
            assert!(position > 0 && self.position.is_none_or(|before| position <= before), "{status} after {self:?}");
            self.position = Some(position);
        } else if status["status"] == "ENTERED" {
            self.admitted = Some(SystemClock.now().as_millis());
        }
        self.last = Some(status);
    }
}

/// How many people have seen their place, and how many have reached the end of their streams.
#[derive(Default)]
struct Counts {
    showing: AtomicUsize,
    ended: AtomicUsize,
}

/// One person with a token, who watches it at one instance after the other until the stream says how it ended.
struct Watcher {
    n: usize,
    instances: AddressBook,
    token: String,
    access: String,
    counts: Arc<Counts>,
    alarm: Alarm,
}

impl Watcher {
    async fn watches(self) -> Seen {
        let _guard = self.alarm.guard();
        let mut seen = Seen::default();
        for turn in self.n.. {
            if self.stream(turn, &mut seen).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if seen.status() == "ENTERED" && !self.n.is_multiple_of(STAYS_AWAY) {
            self.leaves().await;
        }
        self.counts.ended.fetch_add(1, Ordering::SeqCst);
        seen
    }

    /// Reads one stream to its last message; fails when the connection breaks first.
    async fn stream(&self, turn: usize, seen: &mut Seen) -> io::Result<()> {
        let mut stream = self.request(turn, &format!("GET {API}/queue/{EVENT}/subscribe/{}", self.token), "").await?;
        seen.connections += 1;
        let (mut line, mut silent_since, mut shown) = (String::new(), Instant::now(), 0);
        loop {
            line.clear();
            let read = tokio::time::timeout(SILENT_AT_MOST, stream.read_line(&mut line)).await;
            if read.expect("a stream sends something every few seconds")? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some(data) = line.strip_prefix("data: ") else { continue };
            seen.longest_silence = seen.longest_silence.max(silent_since.elapsed());
            silent_since = Instant::now();
            let is_first = seen.last.is_none();
            seen.shows(serde_json::from_str(data).expect("a status"));
            shown += 1;
            if is_first {
                self.counts.showing.fetch_add(1, Ordering::SeqCst);
            }
            if seen.status() != "WAITING" {
                return Ok(());
            }
            if shown == 2 && self.n % LEAVES == LEAVES - 1 {
                self.leaves().await;
            }
        }
    }

    /// Gives the place or the slot back; repeated until some instance has answered.
    async fn leaves(&self) {
        for turn in self.n.. {
            let path = format!("DELETE {API}/queue/token/{}", self.token);
            let head = format!("authorization: Bearer {}\r\n", self.access);
            if self.request(turn, &path, &head).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends a request; gives what follows a status line that is good. Fails when it is worth another attempt.
    async fn request(&self, turn: usize, what: &str, headers: &str) -> io::Result<BufReader<TcpStream>> {
        let mut stream = TcpStream::connect((self.instances)(turn).address).await?;
        stream.write_all(format!("{what} HTTP/1.1\r\nhost: shop\r\n{headers}\r\n").as_bytes()).await?;
        let mut stream = BufReader::with_capacity(1 << 10, stream);
        let mut status = String::new();
        stream.read_line(&mut status).await?;
        match status.split(' ').nth(1) {
            Some("200") => Ok(stream),
            // the request before this one was not answered, and had its effect
            Some("404") if what.starts_with("DELETE") => Ok(stream),
            // the connection broke, or the instance is busy
            None | Some("429" | "503") => Err(io::Error::other(status)),
            Some(_) => panic!("{what} was answered {status}"),
        }
    }
}

/// Looks at the rows until the test is over: at no moment are more admitted than the capacity. Gives how often it looked.
fn never_more_than_the_capacity(fleet: &Fleet<'_>, over: &AtomicBool) -> usize {
    let _guard = fleet.alarm.guard();
    let look = || {
        let read = fleet.window.read_blocking("admitted", |tx| {
            let sql = "select (select count(*) from queue_entries where status = 'ENTERED'), entered, max_capacity
                from waiting_queues";
            tx.query_one(sql, args![], |row| Ok((row.next::<i64>()?, row.next::<i64>()?, row.next::<i64>()?)))
        });
        read.expect("the rows can be read")
    };
    let agrees = |(rows, counted, capacity): (i64, i64, i64)| rows == counted && rows <= capacity;
    let mut looks = 0;
    while !over.load(Ordering::SeqCst) {
        // about one snapshot of MariaDB in ten thousand shows a transaction without the one before it; the next shows both
        let first = look();
        let seen = if agrees(first) { first } else { look() };
        assert!(agrees(seen), "rows, counted, capacity: {first:?}, then {seen:?}");
        looks += 1;
        thread::sleep(Duration::from_millis(10));
    }
    looks
}

/// An entry as it is stored: its position, its status and when it was admitted.
type Row = (i64, String, Option<i64>);

fn rows(fleet: &Fleet<'_>) -> BTreeMap<String, Row> {
    let read = fleet.window.read_blocking("entries", |tx| {
        let sql = "select user_id, place, status, admitted_at from queue_entries";
        tx.query(sql, args![], |row| Ok((row.next::<String>()?, (row.next()?, row.next()?, row.next()?))))
    });
    read.expect("the rows can be read").into_iter().collect()
}

fn wait_for(alarm: &Alarm, count: &AtomicUsize, wanted: usize, what: &str) {
    let began = Instant::now();
    while count.load(Ordering::SeqCst) < wanted {
        alarm.must_be_silent();
        assert!(began.elapsed() < WITHIN, "only {} of {wanted} {what}", count.load(Ordering::SeqCst));
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn thousands_watch_their_places_over_sockets_and_keep_them_when_an_instance_is_killed() {
    raise_the_limit_of_open_files();
    let scenario = Scenario::new();
    let fleet = Fleet::start(&scenario.program, instances());
    fleet.is_led();
    // one is admitted at once, and no one else before the rules change
    activate(&scenario, &fleet.instance(0), 1, 3_600);
    let tokens = Tokens::new();
    let entry_tokens = everybody_enters(&fleet, &tokens);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let (over, counts) = (AtomicBool::new(false), Arc::new(Counts::default()));
    let seen: Vec<Seen> = thread::scope(|scope| {
        let _closing = Closing(&over);
        let looks = scope.spawn(|| never_more_than_the_capacity(&fleet, &over));
        let watchers: Vec<_> = entry_tokens
            .iter()
            .enumerate()
            .map(|(n, token)| {
                let (token, access) = (token.clone(), tokens.of(&user(n)));
                let (instances, counts, alarm) = (fleet.address_book(), Arc::clone(&counts), fleet.alarm.clone());
                runtime.spawn(Watcher { n, instances, token, access, counts, alarm }.watches())
            })
            .collect();
        let reach = |count, wanted, what| wait_for(&fleet.alarm, count, wanted, what);
        reach(&counts.showing, people(), "have seen their place");
        activate(&scenario, &fleet.instance(0), capacity(), 1);
        reach(&counts.ended, people() / 4, "have had their turn");
        fleet.kill(0);
        reach(&counts.ended, people(), "have had their turn");
        over.store(true, Ordering::SeqCst);
        println!("{} looks at the rows", looks.join().expect("no panic"));
        let ended = async {
            let mut seen = Vec::new();
            for watcher in watchers {
                seen.push(watcher.await.expect("no panic"));
            }
            seen
        };
        runtime.block_on(ended)
    });
    in_order(&seen, &rows(&fleet));
    (0..instances()).for_each(|n| fleet.instance(n).kill());
    drop(fleet);
    scenario.close();
}

/// No one is lost, everybody was admitted in the order of arrival, and was shown what the database says.
fn in_order(seen: &[Seen], rows: &BTreeMap<String, Row>) {
    assert_eq!(rows.len(), people(), "everybody has one entry");
    let stored: Vec<&Row> = (0..people()).map(|n| &rows[&user(n).to_string()]).collect();
    assert!(stored.is_sorted_by(|one, next| one.0 < next.0), "places are given in the order of arrival");
    let admitted: Vec<i64> = stored.iter().filter_map(|row| row.2).collect();
    assert!(admitted.is_sorted(), "who came first is admitted first");
    let mut late = Vec::new();
    for (n, (seen, (_, status, admitted_at))) in seen.iter().zip(&stored).enumerate() {
        assert_ne!(status, "WAITING", "{n} is forgotten");
        let (shown, is_admitted) = (seen.status(), admitted_at.is_some());
        let leaves = n % LEAVES == LEAVES - 1 && shown == "LEFT";
        assert!(leaves || is_admitted && ["ENTERED", "EXPIRED"].contains(&shown), "{n}: {seen:?}, stored as {status}");
        late.extend(seen.admitted.zip(*admitted_at).map(|(shown, at)| shown - at));
    }
    let left = seen.iter().filter(|seen| seen.status() == "LEFT").count();
    let again = seen.iter().filter(|seen| seen.connections > 1).count();
    assert!(left > 0 && again > 0, "{left} left, {again} came back after the kill");
    late.sort_unstable();
    let silence = seen.iter().map(|seen| seen.longest_silence).max().unwrap_or_default();
    println!(
        "{} admitted, shown after {} ms (median) and {} ms (99 %)",
        admitted.len(),
        late[late.len() / 2],
        late[late.len() * 99 / 100],
    );
    println!("{left} left, {again} came back after the kill; silent for {silence:?} at most");
}
