//! Kills the server under load at random moments, and at every named fault point. The load is orders with coupons and points, paid by card,
//! from the balance and in shares, charges of balances, cancellations and refunds of lines.
//!
//! `HOLDFAST_CRASH_ROUNDS=50 cargo test -p server --test processes crash` is the long run.

use crate::scenario::{BUYERS, Call, Scenario, user};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use testkit::{Process, Response, TestShop};

/// Rounds, unless the variable says how many.
const ROUNDS: u64 = 5;
/// Most rounds, in multiples: a slow machine needs more rounds until every kind of response has come often enough.
const ROUNDS_MORE: u64 = 6;
/// What the buyer has in the balance at the fault points.
const CHARGED: i64 = 50_000;
/// Passages of each of the store's two fault points that a short run tries.
const PASSAGES: u64 = 5;
/// Passages of a long run: more than the commits of a charge and a purchase with its cancellation.
const PASSAGES_ALL: u64 = 40;

fn rounds() -> u64 {
    std::env::var("HOLDFAST_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

/// The kinds of responses that have not come often enough to prove something.
fn lacks(scenario: &Scenario) -> Vec<&'static str> {
    let said = scenario.said();
    let often = ["POST /orders 201", "POST /payments 201", "POST /payments 202", "PUT /cancel 200", "broken"];
    let once = ["POST /charge 200", "POST /charge 202", "POST /refund 200"];
    let wanted = often.into_iter().map(|wanted| (wanted, rounds())).chain(once.into_iter().map(|wanted| (wanted, 1)));
    wanted
        .filter(|(wanted, least)| said.get(*wanted).is_none_or(|times| times < least))
        .map(|(wanted, _)| wanted)
        .collect()
}

#[test]
fn killing_the_server_under_load_loses_nothing_that_was_acknowledged() {
    let scenario = Scenario::new();
    scenario.fund(&scenario.program.start(None).expect("nothing is armed"));
    let mut from = 0;
    for round in 0..ROUNDS_MORE * rounds() {
        if round >= rounds() && lacks(&scenario).is_empty() {
            break;
        }
        let process = scenario.program.start(None).expect("nothing is armed");
        scenario.verify(&process, from);
        from = scenario.memory.lock().expect("no test thread panicked").answered.len();
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for buyer in 0..usize::try_from(BUYERS).expect("small") {
                let (scenario, process, over) = (&scenario, &process, &over);
                scope.spawn(move || scenario.live(process, buyer, over));
            }
            scope.spawn(|| scenario.trade(&process, &over));
            // a different moment every round, from the first requests to a busy server; later where the machine is so slow that
            // more rounds are needed
            let slowness = u32::try_from(1 + round / rounds()).expect("few rounds");
            thread::sleep(Duration::from_millis(20 + round * 137 % 400) * slowness);
            process.kill();
            over.store(true, Ordering::Relaxed);
        });
        assert!(scenario.program.audit().is_ok(), "round {round}: {:?}", scenario.program.audit());
    }
    let process = scenario.program.start(None).expect("nothing is armed");
    scenario.verify(&process, from);
    scenario.finds(&process);
    let (lacks, said) = (lacks(&scenario), scenario.said());
    assert!(lacks.is_empty(), "too few of {lacks:?}; that proves nothing: {said:?}");
    process.kill();
    scenario.close();
}

/// A charge of the balance, a purchase with a coupon that the balance and a card pay, and its cancellation, in a program that dies at
/// `point`; a successor finishes them. Returns whether the program died.
fn survives(first: &Scenario, point: &str) -> bool {
    let scenario = first.another();
    let mut caller = Caller { scenario: &scenario, process: scenario.program.start(Some(point)), successor: None };
    if caller.process.is_none() {
        caller.succeed();
    }
    let charged = caller.insist(&scenario.charge(0, CHARGED, "approve"));
    assert!(["200", "202"].contains(&charged.summary().as_str()), "{point}: {}", charged.text());
    if let Some(shop) = &caller.successor {
        shop.later(Duration::from_secs(120));
    }
    let placed = caller.insist(&scenario.order_with_coupon(0, 1)).must("201");
    let (order, payable) = (placed.word("/orderNumber"), placed.number("/finalAmount"));
    let shares = (payable / 3, payable - payable / 3);
    let paid = caller.insist(&scenario.pay_in_shares(0, &order, shares, "approve"));
    assert!(["201", "202"].contains(&paid.summary().as_str()), "{point}: {}", paid.text());
    let cancelled = caller.insist(&scenario.cancel(0, &order));
    assert!(["200", "202"].contains(&cancelled.summary().as_str()), "{point}: {}", cancelled.text());
    let Some(shop) = caller.successor else { return false };
    shop.later(Duration::from_secs(600));
    let seen = shop.user(user(0)).sees(&order).must("200");
    let (taken, back) = (shop.captures_of(&order), shop.refunds_of(&order));
    assert_eq!(seen.word("/status"), "REFUNDED", "{point}: {}", seen.text());
    assert!(taken == [shares.1] && taken == back, "{point}: took {taken:?}, gave back {back:?}");
    let wallet = shop.user(user(0)).get(format!("/users/{}/balance", user(0))).must("200");
    assert_eq!(wallet.number("/balance"), CHARGED, "{point}: {}", wallet.text());
    let coupon = shop.user(user(0)).get("/coupons/my").must("200");
    assert_eq!(coupon.word("/0/status"), "AVAILABLE", "{point}: {}", coupon.text());
    shop.close();
    true
}

/// A caller of the program, and after its death of a shop in this process over the same database. That shop has a manual clock, so the
/// test need not wait until the locks of the dead process expire.
struct Caller<'a> {
    scenario: &'a Scenario,
    process: Option<Process>,
    successor: Option<TestShop>,
}

impl Caller<'_> {
    fn succeed(&mut self) {
        self.process = None;
        self.successor = Some(TestShop::adopt(self.scenario.program.url(), &self.scenario.program.journal()));
    }

    /// Sends a call until there is a response.
    fn insist(&mut self, call: &Call) -> Response {
        if let Some(process) = &self.process {
            match process.connect().and_then(|mut wire| self.scenario.send(&mut wire, call)) {
                Ok(answer) => return answer,
                Err(_) => self.succeed(),
            }
        }
        let shop = self.successor.as_ref().expect("there is a successor");
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
    let first = Scenario::new();
    let mut crashes: BTreeMap<&str, u64> = BTreeMap::new();
    for point in store::fault::POINTS {
        let (most, step) = match point.split_once('.') {
            // a start has no fixed number of commits, so the test tries the passages of the store's points one by one
            Some(("store", _)) => (PASSAGES_ALL, step),
            // the charge passes them, and then the payment
            Some(("payment", _)) => (2, 1),
            _ => (1, 1),
        };
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
