//! Several instances on one database: the tests kill them in turn under load, and each instance shows the changes of the others.

use crate::fleet::{Fleet, until, until_within};
use crate::scenario::{API, BUYERS, Closing, Scenario};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};
use testdb::Kind;
use testkit::Process;

/// Instances of the shop.
const INSTANCES: usize = 3;
/// How often each is killed. About half of those killed lead, and then five seconds pass until another does.
const DEATHS: usize = 4;
/// How long there may be no leader after the leader was paused: if that was inside a transaction, the database ends the
/// transaction after `database.statement_timeout` (10 s), and until then it keeps its lock on the lease.
const TAKEN_OVER_FROM_PAUSED_WITHIN: Duration = Duration::from_secs(30);
/// Responses between two kills, so that each kill happens under load.
const ANSWERS_BETWEEN: usize = 20;
/// How long that may take, on a machine busy with other tests.
const LOAD_WITHIN: Duration = Duration::from_secs(60);
/// How far one instance may be behind another, on a machine busy with other tests.
const SHOWN_WITHIN: Duration = Duration::from_secs(30);

fn skipped() -> bool {
    let alone = testdb::wanted() == Kind::Sqlite;
    if alone {
        testdb::skip("a SQLite file has one instance; HOLDFAST_TEST_DB=postgres or mysql has several");
    }
    alone
}

/// Kills each instance in turn while the others serve. Returns how long there was no leader, for each killed leader.
fn die_in_turn(scenario: &Scenario, fleet: &Fleet<'_>) -> Vec<Duration> {
    let mut without = Vec::new();
    fleet.is_led();
    for n in 0..INSTANCES * DEATHS {
        let (before, began) = (scenario.answered(), Instant::now());
        while scenario.answered() < before + ANSWERS_BETWEEN {
            assert!(began.elapsed() < LOAD_WITHIN, "nothing is answered before death {n}: {:?}", scenario.said());
            thread::sleep(Duration::from_millis(5));
        }
        let leader_killed = fleet.replace(n % INSTANCES);
        // the load is for the kill; while another instance waits for the lease, it would only take time from other tests
        scenario.set_calm(true);
        fleet.is_led();
        scenario.set_calm(false);
        without.extend(leader_killed.map(|at| at.elapsed()));
    }
    without
}

/// One instance is asked for a rebuild of the search index, and another sees that every instance does it.
fn rebuild_everywhere(scenario: &Scenario, fleet: &Fleet<'_>) {
    let call = |n: usize, method: &str, path: &str| {
        let mut wire = fleet.instance(n).connect().expect("it listens");
        wire.send(method, &format!("{API}{path}"), &scenario.people.admin, "", "{}").expect("an answer")
    };
    let asked = call(0, "POST", "/admin/search/rebuild").must("202").word("/rebuildAskedAt");
    until_within(LOAD_WITHIN, "every instance has its new index", || {
        let status = call(1, "GET", "/admin/search").must("200").data();
        let rebuilds = status["rebuilds"].as_array().cloned().unwrap_or_default();
        let done = |one: &Value| one["askedAt"] == *asked && !one["finishedAt"].is_null();
        rebuilds.len() == INSTANCES && rebuilds.iter().all(done)
    });
}

#[test]
fn three_instances_killed_in_turn_lose_nothing_that_was_acknowledged() {
    if skipped() {
        return;
    }
    let scenario = Scenario::new();
    let fleet = Fleet::start(&scenario.program, INSTANCES);
    scenario.fund(&fleet.instance(0));
    let over = AtomicBool::new(false);
    let without = thread::scope(|scope| {
        let _closing = Closing(&over);
        for buyer in 0..usize::try_from(BUYERS).expect("small") {
            let (scenario, fleet, over) = (&scenario, &fleet, &over);
            scope.spawn(move || {
                for turn in buyer.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    // until the connection breaks; then the buyer continues with another instance
                    scenario.live(&fleet.instance(turn), buyer, over);
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        scope.spawn(|| {
            for turn in 0.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                scenario.trade(&fleet.instance(turn), &over);
                thread::sleep(Duration::from_millis(5));
            }
        });
        die_in_turn(&scenario, &fleet)
    });
    let longest = without.iter().max().copied().unwrap_or_default();
    println!(
        "{} of {} deaths were the leader's; no instance led for {longest:?} at most",
        without.len(),
        INSTANCES * DEATHS
    );
    assert!(without.len() >= INSTANCES, "the leader hardly ever died: {without:?}");
    scenario.verify(&fleet.instance(0), 0);
    (0..INSTANCES).for_each(|n| scenario.finds(&fleet.instance(n)));
    rebuild_everywhere(&scenario, &fleet);
    (0..INSTANCES).for_each(|n| scenario.finds(&fleet.instance(n)));
    let said = scenario.said();
    for wanted in ["POST /orders 201", "POST /payments 201", "PUT /cancel 200", "broken"] {
        assert!(said.get(wanted).is_some_and(|times| *times >= DEATHS as u64), "too few of {wanted}: {said:?}");
    }
    (0..INSTANCES).for_each(|n| fleet.instance(n).kill());
    drop(fleet);
    scenario.close();
}

/// Reads a stream until an event of this name comes. Between events it has heartbeats.
fn receives(stream: &mut BufReader<TcpStream>, event: &str) {
    let (mut line, began) = (String::new(), Instant::now());
    while !line.trim_end().ends_with(&format!("event: {event}")) {
        line.clear();
        let read =
            stream.read_line(&mut line).unwrap_or_else(|error| panic!("no {event} within {SHOWN_WITHIN:?}: {error}"));
        assert!(read > 0, "the stream ended before {event}");
        assert!(began.elapsed() < SHOWN_WITHIN, "no {event} within {SHOWN_WITHIN:?}");
    }
}

#[test]
fn what_one_instance_does_is_received_and_shown_by_the_others() {
    if skipped() {
        return;
    }
    let scenario = Scenario::new();
    let fleet = Fleet::start(&scenario.program, 2);
    fleet.is_led();
    let (here, there) = (fleet.instance(0), fleet.instance(1));
    let product = scenario.products[0];
    let available = |process: &Process| {
        let mut wire = process.connect().expect("it listens");
        let page = wire.send("GET", &format!("{API}/inventory/{product}"), "", "", "").expect("an answer");
        page.must("200").number("/availableQuantity")
    };
    let before = available(&there);
    assert_eq!(available(&there), before, "the page is kept in memory now");

    let mut wire = here.connect().expect("it listens");
    let order = scenario.call(
        0,
        "POST",
        "/orders",
        json!({"items": [{"productId": product, "quantity": 2}], "shippingAddress": testkit::address()}),
    );
    let order = scenario.send(&mut wire, &order).expect("an answer").must("201").word("/orderNumber");
    until("the other instance shows what was sold", || available(&there) == before - 2);

    let mut stream = TcpStream::connect(there.address).expect("it listens");
    stream.set_read_timeout(Some(SHOWN_WITHIN)).expect("a limit");
    let token = &scenario.people.buyers[0];
    let head =
        format!("GET {API}/orders/{order}/stream HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it listens");
    let mut stream = BufReader::new(stream);
    receives(&mut stream, "order-confirmed");
    scenario.send(&mut wire, &scenario.pay(0, &order, "approve")).expect("an answer").must("201");
    receives(&mut stream, "order-paid");
    drop(stream);
    [here, there].iter().for_each(|process| process.kill());
    drop(fleet);
    scenario.close();
}

/// Pauses a process, or lets it continue.
fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.pid().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "no signal {name} could be sent");
}

/// Whether the process reports that it is the leader.
fn believes(process: &Process) -> bool {
    let mut wire = process.connect().expect("it listens");
    let metrics = wire.send("GET", "/metrics", "", "", "").expect("an answer").text();
    metrics.lines().any(|line| line == "holdfast_leader 1")
}

#[test]
fn a_leader_that_was_paused_finds_another_in_its_place_and_follows() {
    if skipped() {
        return;
    }
    let scenario = Scenario::new();
    let fleet = Fleet::start(&scenario.program, 2);
    fleet.is_led();
    let leads = |n: usize| fleet.instance(n).pid() == fleet.leader();
    let (paused, other) = if leads(0) { (0, 1) } else { (1, 0) };
    let (paused, other) = (fleet.instance(paused), fleet.instance(other));
    until("the holder of the lease leads", || believes(&paused));

    signal(&paused, "STOP");
    let taken_over = || fleet.leader() == other.pid();
    until_within(TAKEN_OVER_FROM_PAUSED_WITHIN, "another takes over from a leader that stands still", taken_over);
    let mut wire = other.connect().expect("it listens");
    let order = scenario.send(&mut wire, &scenario.order(0, 1)).expect("an answer").must("201").word("/orderNumber");
    scenario.send(&mut wire, &scenario.pay(0, &order, "approve")).expect("an answer").must("201");
    signal(&paused, "CONT");
    until("it finds out that another leads", || !believes(&paused) && believes(&other));
    assert_eq!(fleet.leader(), other.pid(), "and takes nothing back");
    let mut wire = paused.connect().expect("it listens");
    scenario.send(&mut wire, &scenario.cancel(0, &order)).expect("an answer").must("200");
    [paused, other].iter().for_each(|process| process.kill());
    drop(fleet);
    scenario.close();
}
