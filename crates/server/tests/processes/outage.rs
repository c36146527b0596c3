//! Stops the database under orders and starts it again.

use crate::scenario::{BUYERS, Closing, Scenario};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};
use testdb::{Kind, Server};

/// How long the shop may take to respond after its database is back, on a machine busy with other tests.
const RECOVERS_WITHIN: Duration = Duration::from_secs(60);
/// Responses before and after each outage.
const ANSWERS_BETWEEN: usize = 15;

fn goes_on(scenario: &Scenario) {
    let (before, began) = (scenario.answered(), Instant::now());
    while scenario.answered() < before + ANSWERS_BETWEEN {
        assert!(began.elapsed() < RECOVERS_WITHIN, "the shop does not recover by itself: {:?}", scenario.said());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_database_that_is_killed_and_restarted_under_orders_loses_nothing_acknowledged() {
    let kind = testdb::wanted();
    if kind == Kind::Sqlite {
        return testdb::skip("SQLite has no server that can be killed");
    }
    let server = Server::private(kind).expect("the named server is installed");
    let scenario = Scenario::at(server.space());
    let process = scenario.program.start(None).expect("nothing is armed");
    scenario.fund(&process);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _closing = Closing(&over);
        for buyer in 0..usize::try_from(BUYERS).expect("small") {
            let (scenario, process, over) = (&scenario, &process, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    scenario.live(process, buyer, over);
                }
            });
        }
        for round in 0..4 {
            goes_on(&scenario);
            if round % 2 == 0 {
                server.kill()
            } else {
                server.stop()
            }
            thread::sleep(Duration::from_millis(200));
            server.start();
            goes_on(&scenario);
        }
    });
    scenario.verify(&process, 0);
    println!("{:?}", scenario.said());
    process.kill();
    scenario.close();
}
