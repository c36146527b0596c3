//! Killed under load at random moments, and at every named fault point.
//!
//! `HOLDFAST_CRASH_ROUNDS=50 cargo test -p server --test processes crash` is the long run.

use crate::world::{BUYERS, Call, World, user};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use testkit::{Process, Response, TestShop};

/// Rounds when nobody says how many.
const ROUNDS: u64 = 5;
/// So many times more rounds are played, on a slow machine, until enough has happened to prove something.
const ROUNDS_MORE: u64 = 6;
/// Passages through each of the store's two points that are tried when nobody asks for all.
const PASSAGES: u64 = 6;
/// All of them: more than a purchase with its cancellation has commits.
const PASSAGES_ALL: u64 = 40;

fn rounds() -> u64 {
    std::env::var("HOLDFAST_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

/// What has not happened often enough yet to prove anything.
fn lacks(world: &World) -> Vec<&'static str> {
    let said = world.said();
    let wanted = ["POST /orders 201", "POST /payments 201", "POST /payments 202", "PUT /cancel 200", "broken"];
    wanted.into_iter().filter(|wanted| said.get(*wanted).is_none_or(|times| *times < rounds())).collect()
}

#[test]
fn killing_the_server_under_load_loses_nothing_that_was_acknowledged() {
    let world = World::new();
    let mut from = 0;
    for round in 0..ROUNDS_MORE * rounds() {
        if round >= rounds() && lacks(&world).is_empty() {
            break;
        }
        let process = world.program.start(None).expect("nothing is armed");
        world.verify(&process, from);
        from = world.memory.lock().expect("no test thread panicked").answered.len();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for buyer in 0..usize::try_from(BUYERS).expect("small") {
                let (world, process, over) = (&world, &process, &over);
                scope.spawn(move || world.live(process, buyer, over));
            }
            // a different moment every round, from the first requests to a busy server
            thread::sleep(Duration::from_millis(20 + round * 137 % 400));
            process.kill();
            over.store(true, Ordering::Relaxed);
        });
        assert!(world.program.audit().is_ok(), "round {round}: {:?}", world.program.audit());
    }
    let process = world.program.start(None).expect("nothing is armed");
    world.verify(&process, from);
    let (lacks, said) = (lacks(&world), world.said());
    assert!(lacks.is_empty(), "too few of {lacks:?}; that proves nothing: {said:?}");
    process.kill();
    world.close();
}

/// A purchase and its cancellation in a program that dies at `point`, finished by its successor an hour of patience later.
/// Gives whether it died at all.
fn survives(first: &World, point: &str) -> bool {
    let world = first.another();
    let mut teller = Teller { world: &world, process: world.program.start(Some(point)), successor: None };
    if teller.process.is_none() {
        teller.succeed();
    }
    let order = teller.insist(&world.order(0, 1)).must("201").word("/orderNumber");
    let paid = teller.insist(&world.pay(0, &order, "approve"));
    assert!(["201", "202"].contains(&paid.summary().as_str()), "{point}: {}", paid.text());
    let cancelled = teller.insist(&world.cancel(0, &order));
    assert!(["200", "202"].contains(&cancelled.summary().as_str()), "{point}: {}", cancelled.text());
    let Some(shop) = teller.successor else { return false };
    shop.later(Duration::from_secs(600));
    let seen = shop.user(user(0)).sees(&order).must("200");
    let (taken, back) = (shop.captures_of(&order), shop.refunds_of(&order));
    assert_eq!(seen.word("/status"), "REFUNDED", "{point}: {}", seen.text());
    assert!(taken.len() == 1 && taken == back, "{point}: took {taken:?}, gave back {back:?}");
    shop.close();
    true
}

/// Who answers: the program, and once it has died, the same shop opened over its database with a clock that can be turned, so
/// that nobody has to wait until what a dead process held is free again.
struct Teller<'a> {
    world: &'a World,
    process: Option<Process>,
    successor: Option<TestShop>,
}

impl Teller<'_> {
    fn succeed(&mut self) {
        self.process = None;
        self.successor = Some(TestShop::adopt(self.world.program.url(), &self.world.program.journal()));
    }

    /// Sends a call until it is answered.
    fn insist(&mut self, call: &Call) -> Response {
        if let Some(process) = &self.process {
            match process.connect().and_then(|mut wire| self.world.send(&mut wire, call)) {
                Ok(answer) => return answer,
                Err(_) => self.succeed(),
            }
        }
        let shop = self.successor.as_ref().expect("somebody answers");
        let sender = shop.user(user(call.buyer)).keyed(&call.key);
        for _ in 0..20 {
            let answer = sender.send(call.method, &call.path, Some(call.body.clone().into_bytes()));
            if answer.status != 503 && answer.summary() != "409 C015" {
                return answer;
            }
            shop.later(Duration::from_secs(30));
        }
        panic!("{call:?} is never answered");
    }
}

#[test]
fn no_fault_point_loses_or_doubles_anything() {
    let step = if rounds() > ROUNDS { 1 } else { PASSAGES_ALL / PASSAGES };
    let first = World::new();
    let mut crashes: BTreeMap<&str, u64> = BTreeMap::new();
    for point in store::fault::POINTS {
        // how many commits a start makes is not fixed, so the store's points are walked through one by one
        let (most, step) = if point.starts_with("store.") { (PASSAGES_ALL, step) } else { (1, 1) };
        for passage in (1..=most).step_by(usize::try_from(step).expect("small")) {
            if survives(&first, &format!("{point}:{passage}")) {
                *crashes.entry(point).or_default() += 1;
            }
        }
    }
    for point in store::fault::POINTS {
        assert!(crashes.contains_key(point), "{point} was never reached: {crashes:?}");
    }
}
