//! A second program on the same address or the same file, and a file that is deleted while it is served.

use crate::fleet::until_within;
use crate::scenario::Scenario;
use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use testdb::Kind;
use testkit::Process;

/// Starts `holdfast serve` a second time; gives its exit code and what it said.
fn second(scenario: &Scenario, address: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(["serve", "--listen", address, "-o", &format!("database.url={}", scenario.program.url())]);
    command.args(["-o", "gateway.journal=", "-o", "search.folder=", "-o", "log.filter=warn"]).stdin(Stdio::null());
    let output = command.output().expect("the program runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), said)
}

fn get(process: &Process, path: &str) -> (u16, String) {
    let answer = process.connect().and_then(|mut wire| wire.send("GET", path, "", "", "")).expect("an answer");
    (answer.status, answer.text())
}

#[test]
fn a_second_serve_ends_before_it_takes_anything_from_the_first() {
    let scenario = Scenario::new();
    let process = scenario.program.start(None).expect("nothing is armed");
    let leads = || get(&process, "/metrics").1.contains("\nholdfast_leader 1");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !leads() {
        assert!(Instant::now() < deadline, "it never leads");
        thread::sleep(Duration::from_millis(100));
    }
    let address = process.address.to_string();
    for _ in 0..3 {
        let (code, said) = second(&scenario, &address);
        assert!(code == Some(3) && said.contains(&address) && said.contains("try:"), "{code:?}: {said}");
    }
    if testdb::wanted() == Kind::Sqlite {
        let (code, said) = second(&scenario, "127.0.0.1:0");
        assert!(code == Some(3) && said.contains("another program serves"), "{code:?}: {said}");
        assert!(said.contains("stop the program that serves this file"), "{said}");
        let copy = ["copy", "--from", scenario.program.url(), "--to", "sqlite:another.db"];
        let output = Command::new(env!("CARGO_BIN_EXE_holdfast")).args(copy).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(3) && said.contains("is being served"), "{said}");
    }
    // longer than an instance takes to see that it lost the lease
    for _ in 0..8 {
        thread::sleep(Duration::from_millis(250));
        assert!(leads(), "the first one lost its lease");
    }
    process.kill();
    // a lock ends with its program, however that ended
    let next = scenario.program.start(None).expect("nothing is armed");
    next.kill();
    scenario.close();
}

#[test]
fn a_repetition_after_a_kill_learns_how_long_it_really_waits() {
    let scenario = Scenario::new();
    let process = scenario.program.start(Some("payment.intent-stored")).expect("it is armed for later");
    let mut wire = process.connect().expect("it listens");
    let order = scenario.send(&mut wire, &scenario.order(0, 1)).expect("an answer").must("201").word("/orderNumber");
    let pay = scenario.pay(0, &order, "approve");
    assert!(scenario.send(&mut wire, &pay).is_err(), "the process ends in the middle");
    let process = scenario.program.start(None).expect("nothing is armed");
    // before that, the process that made the call may still answer
    thread::sleep(Duration::from_secs(4));
    let mut wire = process.connect().expect("it listens");
    let again = scenario.send(&mut wire, &pay).expect("an answer").must("409 C015");
    let wait: u64 = again.header("retry-after").parse().expect("seconds");
    assert!((5..=28).contains(&wait), "{wait}");
    thread::sleep(Duration::from_secs(wait));
    // a busy machine needs a moment to take the call over
    until_within(Duration::from_secs(20), "the repetition has its outcome", || {
        let mut wire = process.connect().expect("it listens");
        let answer = scenario.send(&mut wire, &pay).expect("an answer");
        answer.summary() != "409 C015" && answer.must("201").word("/status") == "COMPLETED"
    });
    process.kill();
    scenario.close();
}

#[test]
fn a_deleted_database_file_turns_the_shop_not_ready_and_no_order_is_acknowledged() {
    if testdb::wanted() != Kind::Sqlite {
        return testdb::skip("only SQLite has a file");
    }
    let scenario = Scenario::new();
    let process = scenario.program.start(None).expect("nothing is armed");
    assert_eq!(get(&process, "/readyz").0, 200);
    let url: store::DatabaseUrl = scenario.program.url().parse().expect("the address of a database");
    let file = url.file().expect("a file").clone();
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).expect("the file is ours");
    let mut wire = process.connect().expect("it listens");
    let order = scenario.order(0, 1);
    let refused = scenario.send(&mut wire, &order).expect("an answer");
    assert_eq!((refused.status, refused.header("retry-after").is_empty()), (503, false), "{}", refused.text());
    let (status, said) = get(&process, "/readyz");
    assert!(status == 503 && said.contains("cannot be written"), "{status} {said}");
    // without a request it is noticed too, and so is its return
    std::fs::rename(&aside, &file).expect("the file is ours");
    let deadline = Instant::now() + Duration::from_secs(10);
    while get(&process, "/readyz").0 != 200 {
        assert!(Instant::now() < deadline, "it stays not ready");
        thread::sleep(Duration::from_millis(100));
    }
    scenario.send(&mut wire, &order).expect("an answer").must("201");
    process.kill();
    scenario.close();
}
