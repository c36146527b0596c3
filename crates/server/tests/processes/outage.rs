//! The database goes away under order load and comes back.

use crate::world::{BUYERS, Closing, World};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};
use testdb::{Kind, Server};

/// How long the shop may take to answer again once its database does.
const RECOVERS_WITHIN: Duration = Duration::from_secs(20);
/// Calls that must be answered before and after each outage.
const ANSWERS_BETWEEN: usize = 15;

fn goes_on(world: &World) {
    let (before, began) = (world.answered(), Instant::now());
    while world.answered() < before + ANSWERS_BETWEEN {
        assert!(began.elapsed() < RECOVERS_WITHIN, "the shop does not recover by itself: {:?}", world.said());
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
    let world = World::at(server.space());
    let process = world.program.start(None).expect("nothing is armed");
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _closing = Closing(&over);
        for buyer in 0..usize::try_from(BUYERS).expect("small") {
            let (world, process, over) = (&world, &process, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    world.live(process, buyer, over);
                }
            });
        }
        for round in 0..4 {
            goes_on(&world);
            if round % 2 == 0 {
                server.kill()
            } else {
                server.stop()
            }
            thread::sleep(Duration::from_millis(200));
            server.start();
            goes_on(&world);
        }
    });
    world.verify(&process, 0);
    println!("{:?}", world.said());
    process.kill();
    world.close();
}
