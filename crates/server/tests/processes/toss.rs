//! A shop that is paid through `holdfast fake-toss`, both in processes of their own that are killed: both have the same records.

use crate::scenario::Scenario;
use serde_json::json;
use std::{
    net::{SocketAddr, TcpListener},
    thread,
    time::{Duration, Instant},
};
use testkit::{Process, Program, Wire};

/// How long a start may take, on a machine busy with other tests.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Begins `fake-toss` and waits until it answers.
fn fake(program: &Program, address: SocketAddr) -> Process {
    let listen = address.to_string();
    let fake = program.begin(&["fake-toss", "--listen", &listen, "--data", "fake"], address);
    let deadline = Instant::now() + STARTS_WITHIN;
    while Wire::connect(address).and_then(|mut wire| wire.send("GET", "/control/records", "", "", "")).is_err() {
        assert!(Instant::now() < deadline && !fake.has_ended(), "fake-toss does not answer");
        thread::sleep(Duration::from_millis(10));
    }
    fake
}

#[test]
fn the_records_of_a_shop_and_of_fake_toss_are_the_same_after_both_are_killed() {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    let scenario = Scenario::new().with("gateway.kind", "toss").with("toss.url", &format!("http://{address}"));
    let scenario = scenario.with("toss.secret", "test_sk_story");
    let mut gateway = fake(&scenario.program, address);
    let agrees = |order: &str, amount: i64, script: &str| {
        let body = json!({"orderId": order, "amount": amount, "script": script}).to_string();
        let answer = Wire::connect(address).and_then(|mut wire| wire.send("POST", "/control/payments", "", "", &body));
        answer.expect("an answer").json()["paymentKey"].as_str().expect("a key").to_owned()
    };
    for round in 0..2_usize {
        let process = scenario.program.start(None).expect("nothing is armed");
        let mut wire = process.connect().expect("it listens");
        for script in ["approve", "lost-answer", "approve"] {
            let placed = scenario.send(&mut wire, &scenario.order(round, 1)).expect("an answer").must("201");
            let order = placed.word("/orderNumber");
            let key = agrees(&order, placed.number("/finalAmount"), script);
            let paid = scenario.send(&mut wire, &scenario.pay(round, &order, &key)).expect("an answer");
            assert!(["201", "202"].contains(&paid.summary().as_str()), "{script}: {}", paid.text());
        }
        process.kill();
        gateway.kill();
        gateway = fake(&scenario.program, address);
    }
    let process = scenario.program.start(None).expect("nothing is armed");
    let mut wire = process.connect().expect("it listens");
    let cancelled = scenario.send(&mut wire, &scenario.order(0, 2)).expect("an answer").must("201");
    let order = cancelled.word("/orderNumber");
    let key = agrees(&order, cancelled.number("/finalAmount"), "approve");
    scenario.send(&mut wire, &scenario.pay(0, &order, &key)).expect("an answer").must("201");
    scenario.send(&mut wire, &scenario.cancel(0, &order)).expect("an answer").must("200");
    process.kill();
    // the audit asks the gateway for its list, and fails when it gives none
    scenario.is_audited();
    gateway.kill();
}
