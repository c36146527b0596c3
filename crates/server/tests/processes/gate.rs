//! The gate in an encrypted Redis with a password, which comes later than the shop.

use crate::crowd::{Tokens, person};
use crate::fleet::until;
use crate::scenario::{API, Scenario};
use serde_json::{Value, json};
use testdb::Redis;
use testkit::{Process, Program};

const PASSWORD: &str = "open-sesame";

/// An encrypted Redis; `None` where there is none.
pub fn redis() -> Option<Redis> {
    Redis::encrypted(&["127.0.0.1"], PASSWORD).map_err(testdb::skip).ok()
}

/// The same program with its gate in this Redis.
pub fn inside(program: &Program, redis: &Redis) -> Program {
    let authority = redis.authority().display().to_string();
    let program = program.with("gate.kind", "redis").with("redis.url", &redis.url()).with("redis.timeout", "150ms");
    program.with("redis.authority", &authority).with_secret("HOLDFAST_REDIS__PASSWORD", PASSWORD)
}

fn got(process: &Process, path: &str) -> String {
    process.connect().and_then(|mut wire| wire.send("GET", path, "", "", "")).expect("an answer").text()
}

/// What a monitor reads of the gate.
fn gate(process: &Process) -> String {
    let ready: Value = serde_json::from_str(&got(process, "/readyz")).expect("JSON");
    assert_eq!(ready["ready"], true, "{ready}");
    ready["gate"].as_str().unwrap_or_default().to_owned()
}

/// Whether the gate has refused somebody by itself.
fn refuses(process: &Process) -> bool {
    let metrics = got(process, "/metrics");
    let refused =
        metrics.lines().find_map(|line| line.strip_prefix("holdfast_gate_decisions_total{answer=\"sold-out\"} "));
    refused.is_some_and(|count| count != "0")
}

#[test]
fn a_shop_starts_without_its_redis_says_so_once_and_uses_it_as_soon_as_it_is_there() {
    let Some(redis) = redis() else { return };
    redis.kill();
    let (scenario, tokens) = (Scenario::new(), Tokens::new());
    let program = inside(&scenario.program, &redis);
    let process = program.start(None).expect("nothing is armed");
    assert!(gate(&process).starts_with("degraded"), "{}", gate(&process));
    let mut wire = process.connect().expect("it listens");
    let coupon = json!({
        "code": "SPRING-10", "name": "Ten percent in spring", "discountType": "PERCENTAGE", "discountValue": 10,
        "totalQuantity": 2, "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z",
    });
    let path = format!("{API}/admin/coupons");
    let made = wire.send("POST", &path, &scenario.people.admin, "", &coupon.to_string()).expect("an answer");
    let path = format!("{API}/coupons/{}/issue", made.must("201").number("/id"));
    let mut asks = |n: u64| wire.send("POST", &path, &tokens.of(&person(n)), "", "{}").expect("an answer").summary();
    assert_eq!([1, 2, 3, 4].map(&mut asks), ["201", "201", "409 S602", "409 S602"]);
    let log = program.log();
    assert_eq!(log.matches("Redis does not answer").count(), 1, "{log}");
    assert!(!log.contains(PASSWORD), "a secret is in the log");
    assert!(!refuses(&process), "the database has answered everybody");

    redis.start();
    until("the gate is in Redis", || gate(&process) == "up");
    let asks = std::cell::RefCell::new(asks);
    until("the gate refuses by itself", || (*asks.borrow_mut())(5) == "409 S602" && refuses(&process));
    process.kill();
    scenario.close();
}
