//! The gate in front of coupons and time deals: it refuses only whom the database would refuse, with the same answer.

use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};
use testdb::{Proxy, Redis};
use testkit::{Response, Sender, TestShop};

fn coupon(code: &str, total: i64) -> Value {
    json!({
        "code": code, "name": "Ten percent", "discountType": "PERCENTAGE", "discountValue": 10,
        "totalQuantity": total, "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z",
    })
}

fn issue(buyer: &Sender, coupon: i64) -> Response {
    buyer.post(format!("/coupons/{coupon}/issue"), json!({}))
}

/// A product of a deal that runs from now for two hours.
fn deal(shop: &TestShop, of: &str, units: i64, per_user: i64) -> i64 {
    let mug = shop.product(of).price(10_000).stock(500).save();
    let product = json!({"productId": mug.id, "dealPrice": 7_000, "dealQuantity": units, "maxPerUser": per_user});
    let deal = json!({
        "name": "Lunch deal", "startsAt": "2026-02-06T00:00:00Z", "endsAt": "2026-02-06T02:00:00Z", "products": [product],
    });
    shop.admin().post("/admin/time-deals", deal).must("201").number("/products/0/id")
}

fn buy(buyer: &Sender, product: i64, units: i64) -> Response {
    let wanted = json!({"timeDealProductId": product, "quantity": units, "shippingAddress": testkit::address()});
    buyer.post("/time-deals/purchase", wanted)
}

/// A shop for each kind of gate that can be tried here, with the Redis that it uses.
fn shops() -> Vec<(TestShop, Option<Redis>)> {
    let mut shops = vec![(TestShop::open(), None)];
    match Redis::private() {
        Ok(redis) => shops.push((with_redis(&redis.url()), Some(redis))),
        Err(missing) => testdb::skip(missing),
    }
    shops
}

/// Redis has as long for a decision as the settings allow. On a machine that is busy with other tests that is still too short at
/// times, and the gate lets through what it could not ask.
fn with_redis(url: &str) -> TestShop {
    let gate = [("gate.kind", "redis"), ("redis.url", url), ("redis.timeout", "150ms"), ("database.writers", "8")];
    TestShop::with(1, &gate)
}

/// Asks until the answer is the wanted one, which it is for a user who asks a second from now, however slow this machine is.
fn soon(wanted: &str, ask: impl Fn() -> Response) -> Response {
    let began = Instant::now();
    loop {
        let asked = began.elapsed();
        let answer = ask();
        if answer.summary() == wanted || asked >= Duration::from_secs(1) {
            return answer.must(wanted);
        }
    }
}

/// After something has opened the gate: the wanted answer at once. An opening that did not reach Redis in time takes a second.
fn opened(redis: Option<&Redis>, wanted: &str, ask: impl Fn() -> Response) -> Response {
    if redis.is_some() { soon(wanted, ask) } else { ask().must(wanted) }
}

/// Whether nearly half of fifty requests in a row got their answer without a statement. One in a while looks for the others, and when
/// Redis was late three times the gate lets everybody through for a second.
fn costs_nothing(shop: &TestShop, answer: &str, ask: impl Fn() -> Response) -> bool {
    let free = || shop.statements_of(|| drop(ask().must(answer))) == 0;
    (0..5).any(|_| (0..50).filter(|_| free()).count() > 20)
}

#[test]
fn most_of_a_rush_for_what_is_sold_out_costs_the_database_nothing() {
    for (shop, _redis) in shops() {
        let (spring, mug) =
            (shop.admin().post("/admin/coupons", coupon("A", 3)).must("201").number("/id"), deal(&shop, "mug", 3, 2));
        let holders = [shop.buyer(), shop.buyer(), shop.buyer()];
        holders.iter().for_each(|buyer| drop(issue(buyer, spring).must("201")));
        buy(&holders[0], mug, 2).must("201");
        buy(&holders[1], mug, 1).must("201");
        let late = shop.buyer();
        assert!(costs_nothing(&shop, "409 S602", || issue(&late, spring)));
        assert!(costs_nothing(&shop, "409 S604", || issue(&holders[0], spring)));
        assert!(costs_nothing(&shop, "409 S704", || buy(&late, mug, 1)));
        assert!(costs_nothing(&shop, "400 S705", || buy(&holders[0], mug, 1)));
    }
}

#[test]
fn whatever_opens_a_coupon_opens_the_gate() {
    for (shop, redis) in shops() {
        let redis = redis.as_ref();
        let admin = shop.admin();
        let made = admin.post("/admin/coupons", coupon("B", 1)).must("201").number("/id");
        issue(&shop.buyer(), made).must("201");
        let late = shop.buyer();
        let refused = || (0..3).for_each(|_| drop(issue(&late, made).must("409 S602")));
        let becomes = |change: Value| {
            let mut content = coupon("B", 2);
            change.as_object().unwrap().iter().for_each(|(name, value)| content[name] = value.clone());
            admin.put(format!("/admin/coupons/{made}"), content).must("200");
        };
        refused();
        becomes(json!({}));
        let second = shop.buyer();
        opened(redis, "201", || issue(&second, made));
        refused();
        // the other reasons come first, as they do without a gate
        becomes(json!({"startsAt": "2026-02-06T01:00:00Z"}));
        assert_eq!(opened(redis, "400 S605", || issue(&late, made)).header("retry-after"), "3601");
        shop.turn(Duration::from_secs(3_600));
        refused();
        becomes(json!({"startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2026-02-06T02:00:00Z"}));
        refused();
        shop.turn(Duration::from_secs(3_600));
        opened(redis, "400 S603", || issue(&late, made));
        becomes(json!({}));
        refused();
        admin.delete(format!("/admin/coupons/{made}")).must("200");
        opened(redis, "400 S606", || issue(&late, made));
        issue(&late, 999).must("404 S601");
    }
}

#[test]
fn a_code_meets_the_same_gate_and_an_unlisted_coupon_stays_hidden() {
    for (shop, _redis) in shops() {
        let mut hidden = coupon("SECRET", 1);
        hidden["listed"] = json!(false);
        let made = shop.admin().post("/admin/coupons", hidden).must("201").number("/id");
        let claims = |buyer: &Sender| buyer.post("/coupons/claim", json!({"code": "secret"}));
        let (first, late) = (shop.buyer(), shop.buyer());
        claims(&first).must("201");
        for _ in 0..5 {
            claims(&late).must("409 S602");
            claims(&first).must("409 S604");
            issue(&late, made).must("404 S601");
        }
    }
}

#[test]
fn units_that_come_back_and_deals_that_are_changed_open_the_gate() {
    for (shop, redis) in shops() {
        let redis = redis.as_ref();
        let mug = deal(&shop, "mug", 2, 2);
        let (buyer, late) = (shop.buyer(), shop.buyer());
        let order = buy(&buyer, mug, 2).must("201").word("/order/orderNumber");
        for _ in 0..3 {
            buy(&late, mug, 1).must("409 S704");
            buy(&buyer, mug, 1).must("400 S705");
        }
        buyer.cancels(&order).must("200");
        opened(redis, "201", || buy(&late, mug, 1));
        opened(redis, "201", || buy(&buyer, mug, 1));
        buy(&late, mug, 1).must("409 S704");
        // no one pays
        shop.later(Duration::from_secs(660));
        opened(redis, "201", || buy(&late, mug, 2));
        buy(&buyer, mug, 1).must("409 S704");
        let of = shop.anonymous().get("/time-deals").must("200").data()[0]["id"].as_i64().unwrap();
        shop.admin().post(format!("/admin/time-deals/{of}/end"), json!({})).must("200");
        opened(redis, "400 S703", || buy(&buyer, mug, 1));
    }
}

/// What happens to Redis while people buy.
type Disturbance = fn(&Redis, &Proxy);

const DISTURBANCES: [Disturbance; 3] = [
    |redis, _| {
        redis.kill();
        thread::sleep(Duration::from_millis(300));
        redis.start();
    },
    |redis, _| {
        for _ in 0..20 {
            redis.flush();
            thread::sleep(Duration::from_millis(10));
        }
    },
    |_, proxy| {
        proxy.delay(Duration::from_millis(400));
        thread::sleep(Duration::from_millis(600));
        proxy.delay(Duration::ZERO);
    },
];

#[test]
fn two_hundred_people_take_the_last_units_while_redis_is_killed_flushed_or_slow() {
    let redis = match Redis::private() {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let proxy = Proxy::before(redis.port());
    let shop = with_redis(&format!("redis://127.0.0.1:{}", proxy.port()));
    for (n, disturb) in DISTURBANCES.into_iter().enumerate() {
        let made = shop.admin().post("/admin/coupons", coupon(&format!("D-{n}"), 20)).must("201").number("/id");
        let mug = deal(&shop, &format!("mug {n}"), 20, 1);
        let buyers: Vec<Sender> = (0..200).map(|_| shop.buyer()).collect();
        let [coupons, units] = thread::scope(|scope| {
            let disturbing = scope.spawn(|| disturb(&redis, &proxy));
            let taken =
                [shop.at_once(200, |n| issue(&buyers[n], made)), shop.at_once(200, |n| buy(&buyers[n], mug, 1))];
            disturbing.join().expect("Redis is disturbed");
            taken
        });
        assert_eq!((coupons.count("201"), coupons.count("409 S602")), (20, 180), "{:?}", coupons.summary());
        assert_eq!((units.count("201"), units.count("409 S704")), (20, 180), "{:?}", units.summary());
        // one coupon more: somebody gets it
        let mut more = coupon(&format!("D-{n}"), 21);
        more["version"] = json!(1);
        shop.admin().put(format!("/admin/coupons/{made}"), more).must("200");
        let late = shop.buyer();
        soon("201", || issue(&late, made));
    }
}

#[test]
fn a_shop_opens_without_its_redis_and_says_so() {
    // no program answers at this port
    let shop = with_redis("redis://127.0.0.1:1");
    let ready = shop.anonymous().get("/readyz").must("200").json();
    assert_eq!(
        (&ready["ready"], &ready["gate"]),
        (&json!(true), &json!("degraded: Redis does not answer, the database decides"))
    );
    let made = shop.admin().post("/admin/coupons", coupon("E", 1)).must("201").number("/id");
    issue(&shop.buyer(), made).must("201");
    issue(&shop.buyer(), made).must("409 S602");
}

// known failure 18: a difference between gate and database is reconciled
#[test]
fn a_gate_that_counts_too_many_is_put_right_by_the_database() {
    let redis = match Redis::private() {
        Ok(redis) => redis,
        Err(missing) => return testdb::skip(missing),
    };
    let shop = with_redis(&redis.url());
    let made = shop.admin().post("/admin/coupons", coupon("F", 3)).must("201").number("/id");
    let first = shop.buyer();
    issue(&first, made).must("201");
    for (key, member) in [("rows", "taken"), ("users", "#sum")] {
        let member = format!("holdfast:{{COUPON:{made}}}:{key} {member}");
        let began = Instant::now();
        while redis.command(&format!("HEXISTS {member}")) != ":1\r\n" {
            assert!(began.elapsed() < Duration::from_secs(20), "the gate knows it");
            issue(&first, made).must("409 S604");
        }
        assert_eq!(redis.command(&format!("HSET {member} 3")), ":0\r\n", "the member was there");
    }
    for buyer in [shop.buyer(), shop.buyer()] {
        soon("201", || issue(&buyer, made));
    }
    issue(&shop.buyer(), made).must("409 S602");
}
