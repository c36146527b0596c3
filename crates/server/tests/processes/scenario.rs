//! A shop in real processes, and the responses that its clients have seen.

use crate::alarm::Alarm;
use crate::fleet::until_within;
use kernel::UserId;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use testdb::Space;
use testkit::{Process, Program, Response, TestShop, Wire, address};

/// Buyers that order, pay and cancel.
pub const BUYERS: u64 = 6;
/// In place of a buyer: the administrator.
const ADMIN: usize = BUYERS as usize;
/// What each buyer has in the balance before the first kill: so many charges of so much, and points.
const CHARGES: u64 = 3;
const CHARGED: i64 = 1_000_000;
const POINTS: i64 = 100_000;

pub const API: &str = "/api/v1/shopping";

/// Payment keys, which force the outcomes of payments.
const PAYMENT_KEYS: &[&str] =
    &["approve", "timeout-charged", "timeout-uncharged", "answer-twice", "pending", "decline-expired-card"];

/// How often the merchant makes a product: few enough that a debug build finds all of them soon.
const TRADES_EVERY: Duration = Duration::from_millis(100);
/// How long each buyer does nothing after a purchase while they are calm.
const CALM_PAUSE: Duration = Duration::from_millis(200);
/// How long an instance may take until it has found everything, from its start on.
const FOUND_WITHIN: Duration = Duration::from_secs(20);
/// The newest products, which are looked for one by one.
const LOOKED_FOR: usize = 30;

/// Whether a repetition gets the same answer. One that says that the outcome is not known yet (202) is no outcome: its repetition gets
/// the outcome. Nor is one that a charged balance changes (docs/RULES.md, idempotency).
fn is_final(answer: &Response) -> bool {
    answer.status != 202 && !answer.summary().ends_with(" S310")
}

/// The id of a buyer.
pub fn user(buyer: usize) -> UserId {
    format!("00000000-0000-4000-8000-{:012x}", buyer + 1).parse().expect("a UUID")
}

/// A request that may be repeated: with its key it has one effect and one response.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: &'static str,
    pub path: String,
    pub key: String,
    pub body: String,
    pub buyer: usize,
}

/// What the clients have seen of the shop.
#[derive(Default)]
pub struct Memory {
    /// Calls with a complete response.
    pub answered: Vec<(Call, Response)>,
    /// Calls whose connection broke first.
    open: Vec<Call>,
    /// How often a connection broke.
    broken: u64,
    /// Products that were made, by sku, with the price that was acknowledged last; `None` while that is not known.
    goods: BTreeMap<String, Option<i64>>,
}

impl Memory {
    /// The number of each kind of response, such as `POST /orders 201`.
    pub fn said(&self) -> BTreeMap<String, u64> {
        let mut said = BTreeMap::from([("broken".to_owned(), self.broken)]);
        for (call, answer) in &self.answered {
            let last = call.path.rsplit('/').next().unwrap_or_default();
            *said.entry(format!("{} /{last} {}", call.method, answer.summary())).or_default() += 1;
        }
        said
    }
}

pub struct Scenario {
    pub program: Program,
    pub people: People,
    pub products: Vec<i64>,
    pub memory: Mutex<Memory>,
    /// Of the buyers and the merchant.
    alarm: Alarm,
    calls: AtomicU64,
    trades: AtomicU64,
    calm: AtomicBool,
    _space: Space,
}

/// Tokens, which are valid in every shop of these tests.
#[derive(Clone)]
pub struct People {
    pub admin: String,
    pub buyers: Vec<String>,
}

impl People {
    /// The token of a buyer, or of the administrator.
    fn token(&self, who: usize) -> &str {
        self.buyers.get(who).unwrap_or(&self.admin)
    }
}

impl Scenario {
    /// A shop in a new space.
    pub fn new() -> Scenario {
        Scenario::at(Space::open())
    }

    /// A shop in this space.
    pub fn at(space: Space) -> Scenario {
        let program = Scenario::program(&space);
        let token = |n: u64| program.token(&user(usize::try_from(n).expect("small")).to_string(), "USER");
        let admin = program.token("00000000-0000-4000-8000-00000000ad00", "ADMIN");
        Scenario::of(space, People { admin, buyers: (0..BUYERS).map(token).collect() })
    }

    /// The same shop with another setting.
    pub fn with(self, key: &str, value: &str) -> Scenario {
        Scenario { program: self.program.with(key, value), ..self }
    }

    /// Another shop with the same people.
    pub fn another(&self) -> Scenario {
        Scenario::of(Space::open(), self.people.clone())
    }

    fn program(space: &Space) -> Program {
        Program::on(env!("CARGO_BIN_EXE_holdfast"), space.folder(), space.url())
    }

    fn of(space: Space, people: People) -> Scenario {
        let program = Scenario::program(&space);
        let process = program.start(None).expect("nothing is armed");
        let mut wire = process.connect().expect("it listens");
        let mut products = Vec::new();
        for n in 0..5 {
            let body = json!({"name": format!("thing {n}"), "sku": format!("THING-{n}"), "price": 1_000 * (n + 1), "stock": 1_000_000});
            let path = format!("{API}/admin/products");
            let made = wire.send("POST", &path, &people.admin, "", &body.to_string()).expect("an answer");
            products.push(made.must("201").number("/id"));
        }
        let coupon = json!({"code": "CRASH", "name": "A tenth", "discountType": "PERCENTAGE", "discountValue": 10,
            "totalQuantity": BUYERS, "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z"});
        let path = format!("{API}/admin/coupons");
        wire.send("POST", &path, &people.admin, "", &coupon.to_string()).expect("an answer").must("201");
        for buyer in &people.buyers {
            let path = format!("{API}/coupons/claim");
            wire.send("POST", &path, buyer, "", r#"{"code": "CRASH"}"#).expect("an answer").must("201");
        }
        process.kill();
        Scenario {
            program,
            people,
            products,
            memory: Mutex::default(),
            alarm: Alarm::default(),
            calls: AtomicU64::new(0),
            trades: AtomicU64::new(0),
            calm: AtomicBool::new(false),
            _space: space,
        }
    }

    /// A call with a new key.
    pub fn call(&self, buyer: usize, method: &'static str, path: impl AsRef<str>, body: Value) -> Call {
        let key = format!("call-{}", self.calls.fetch_add(1, Ordering::Relaxed));
        Call { method, path: format!("{API}{}", path.as_ref()), key, body: body.to_string(), buyer }
    }

    pub fn send(&self, wire: &mut Wire, call: &Call) -> io::Result<Response> {
        wire.send(call.method, &call.path, self.people.token(call.buyer), &call.key, &call.body)
    }

    /// Sends the call and records the response. A response that asks for a retry promises nothing, so its call stays open.
    fn try_it(&self, wire: &mut Wire, call: Call) -> io::Result<Response> {
        let outcome = self.send(wire, &call);
        let mut memory = self.memory.lock().expect("no test thread panicked");
        match &outcome {
            Ok(answer) if [429, 503].contains(&answer.status) || answer.summary() == "409 C015" => {
                memory.open.push(call)
            }
            Ok(answer) => {
                assert!(answer.status < 500, "{call:?} answered {}", answer.text());
                memory.answered.push((call, answer.clone()));
            }
            Err(_) => {
                memory.broken += 1;
                memory.open.push(call);
            }
        }
        outcome
    }

    pub fn order(&self, buyer: usize, n: u64) -> Call {
        self.call(buyer, "POST", "/orders", self.lines(n))
    }

    /// The same with the buyer's only coupon, which another order of theirs may have.
    pub fn order_with_coupon(&self, buyer: usize, n: u64) -> Call {
        let mut body = self.lines(n);
        body["couponCode"] = json!("CRASH");
        self.call(buyer, "POST", "/orders", body)
    }

    fn lines(&self, n: u64) -> Value {
        let line = |shift: u64| {
            let product = self.products[usize::try_from((n + shift) % 5).expect("small")];
            json!({"productId": product, "quantity": 1 + (n + shift) % 3})
        };
        json!({"items": [line(0), line(1), line(3)], "shippingAddress": address()})
    }

    pub fn pay(&self, buyer: usize, order: &str, payment_key: &str) -> Call {
        let body = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": payment_key});
        self.call(buyer, "POST", "/payments", body)
    }

    pub fn cancel(&self, buyer: usize, order: &str) -> Call {
        self.call(buyer, "PUT", format!("/orders/{order}/cancel"), json!({"reason": "changed my mind"}))
    }

    /// Gives every buyer a balance and points.
    pub fn fund(&self, process: &Process) {
        let mut wire = process.connect().expect("it listens");
        for buyer in 0..ADMIN {
            for _ in 0..CHARGES {
                self.send(&mut wire, &self.charge(buyer, CHARGED, "approve")).expect("an answer").must("200");
            }
            let path = format!("/admin/wallets/{}/points", user(buyer));
            let points = self.call(ADMIN, "POST", path, json!({"points": POINTS, "reason": "a present"}));
            self.send(&mut wire, &points).expect("an answer").must("201");
        }
    }

    pub fn charge(&self, buyer: usize, amount: i64, payment_key: &str) -> Call {
        let path = format!("/users/{}/balance/charge", user(buyer));
        self.call(buyer, "POST", path, json!({"amount": amount, "paymentKey": payment_key}))
    }

    /// Whether the buyers pause between their purchases from now on, or buy as fast as they can.
    pub fn set_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::Relaxed);
    }

    /// One buyer orders, pays, charges and cancels until the connection breaks.
    pub fn live(&self, process: &Process, buyer: usize, over: &AtomicBool) {
        let _guard = self.alarm.guard();
        let Ok(mut wire) = process.connect() else { return };
        let mut n = u64::try_from(buyer).expect("small") * 7;
        while !over.load(Ordering::Relaxed) {
            n += 1;
            if self.buys(&mut wire, buyer, n).is_err() {
                return;
            }
            if self.calm.load(Ordering::Relaxed) {
                thread::sleep(CALM_PAUSE);
            }
        }
    }

    /// A merchant makes products and changes their prices until the connection breaks. Every fourth time it first has the search index
    /// built anew, so that processes also die in the middle of that.
    pub fn trade(&self, process: &Process, over: &AtomicBool) {
        let _guard = self.alarm.guard();
        let (Ok(mut wire), admin) = (process.connect(), &self.people.admin) else { return };
        let mut send = |method: &str, path: &str, body: Value| {
            let key = format!("trade-{}", self.calls.fetch_add(1, Ordering::Relaxed));
            wire.send(method, &format!("{API}/admin/{path}"), admin, &key, &body.to_string())
        };
        if self.trades.fetch_add(1, Ordering::Relaxed).is_multiple_of(4)
            && send("POST", "search/rebuild", json!({})).is_err()
        {
            return;
        }
        while !over.load(Ordering::Relaxed) {
            let n = self.calls.fetch_add(1, Ordering::Relaxed);
            let (name, sku, price) = (format!("lantern {n}"), format!("LANTERN-{n}"), 1_000);
            let product = json!({"name": name, "sku": sku, "price": price, "stock": 1});
            let Ok(made) = send("POST", "products", product) else { return };
            if made.status == 201 {
                self.priced(&sku, None);
                let changed = json!({"name": name, "price": price + 1});
                let Ok(changed) = send("PUT", &format!("products/{}", made.number("/id")), changed) else { return };
                self.priced(&sku, Some(price + 1).filter(|_| changed.status == 200));
            }
            thread::sleep(TRADES_EVERY);
        }
    }

    fn priced(&self, sku: &str, price: Option<i64>) {
        self.memory.lock().expect("no test thread panicked").goods.insert(sku.to_owned(), price);
    }

    /// Checks that this instance finds every product there is, and the newest ones at their prices.
    pub fn finds(&self, process: &Process) {
        let goods = self.memory.lock().expect("no test thread panicked").goods.clone();
        let get = |path: &str| {
            let mut wire = process.connect().expect("it listens");
            wire.send("GET", &format!("{API}/{path}"), "", "", "").expect("an answer")
        };
        let all = get("products?size=1").must("200").number("/totalElements");
        assert!(all >= i64::try_from(goods.len() + self.products.len()).expect("few"), "{all} of {goods:?}");
        until_within(FOUND_WITHIN, "every product is found", || {
            let found = get("search/products?size=1&facets=false");
            found.status == 200 && found.number("/totalHits") == all
        });
        for (sku, price) in goods.iter().rev().take(LOOKED_FOR) {
            let found = get(&format!("search/products?size=1&facets=false&keyword={sku}")).must("200");
            assert_eq!(found.word("/content/0/sku"), *sku, "{}", found.text());
            let right = price.is_none_or(|price| found.number("/content/0/minPrice") == price);
            assert!(right, "{sku} has the price {price:?}: {}", found.text());
        }
    }

    /// The `n`-th purchase of a buyer: with a coupon, points, the balance, a card, or several of them; paid, cancelled, partly refunded.
    fn buys(&self, wire: &mut Wire, buyer: usize, n: u64) -> io::Result<()> {
        let script = |n: u64| PAYMENT_KEYS[usize::try_from(n % 6).expect("small")];
        if n.is_multiple_of(6) {
            self.try_it(wire, self.charge(buyer, 1_000 + i64::try_from(n).expect("small"), script(n / 6)))?;
        }
        let mut body = self.lines(n);
        if n.is_multiple_of(3) {
            // those that are cancelled below, so that the coupon comes back
            body["couponCode"] = json!("CRASH");
        }
        if n % 4 == 1 {
            body["pointsToUse"] = json!(300);
        }
        if n.is_multiple_of(11) {
            body["payment"] = json!({"method": "BALANCE"});
        }
        let mut placed = self.try_it(wire, self.call(buyer, "POST", "/orders", body))?;
        if placed.summary() == "400 S609" {
            // an order of a connection that broke has the coupon until it expires
            placed = self.try_it(wire, self.order(buyer, n))?;
        }
        if placed.status != 201 {
            return Ok(());
        }
        let (order, payable) = (placed.word("/orderNumber"), placed.number("/finalAmount"));
        let mut paid = None;
        if placed.word("/status") == "CONFIRMED" && !n.is_multiple_of(5) {
            let payment = match n % 4 {
                0 => self.pay_from_balance(buyer, &order),
                1 => self.pay_in_shares(buyer, &order, (payable / 3, payable - payable / 3), script(n / 4)),
                _ => self.pay(buyer, &order, script(n / 4)),
            };
            paid = Some(self.try_it(wire, payment)?).filter(|answer| answer.status == 201);
        }
        if n.is_multiple_of(3) {
            self.try_it(wire, self.cancel(buyer, &order))?;
        } else if let Some(paid) = paid.filter(|_| n % 4 != 2) {
            let path = format!("/payments/{}/refund", paid.word("/paymentNumber"));
            let part = json!({"lines": [{"id": 1 + n % 3, "quantity": 1}], "reason": "one came broken"});
            self.try_it(wire, self.call(ADMIN, "POST", path, part))?;
        }
        Ok(())
    }

    fn pay_from_balance(&self, buyer: usize, order: &str) -> Call {
        self.call(buyer, "POST", "/payments", json!({"orderNumber": order, "paymentMethod": "BALANCE"}))
    }

    pub fn pay_in_shares(&self, buyer: usize, order: &str, (own, card): (i64, i64), payment_key: &str) -> Call {
        let splits = json!([{"method": "BALANCE", "amount": own}, {"method": "CREDIT_CARD", "amount": card}]);
        let body =
            json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": payment_key, "splits": splits});
        self.call(buyer, "POST", "/payments", body)
    }

    /// The number of each kind of response.
    pub fn said(&self) -> BTreeMap<String, u64> {
        self.memory.lock().expect("no test thread panicked").said()
    }

    /// The number of calls with a response so far. Fails when a buyer or the merchant has failed.
    pub fn answered(&self) -> usize {
        self.alarm.must_be_silent();
        self.memory.lock().expect("no test thread panicked").answered.len()
    }

    /// Checks that every outcome since `from` is still the same, and repeats the open calls.
    pub fn verify(&self, process: &Process, from: usize) {
        let mut wire = process.connect().expect("it listens");
        let mut memory = self.memory.lock().expect("no test thread panicked");
        for (call, answer) in &memory.answered[from..] {
            let again = self.send(&mut wire, call).expect("an answer");
            if !is_final(answer) {
                continue;
            }
            assert_eq!(again.body, answer.body, "{call:?} was answered {} and now {}", answer.text(), again.text());
            assert_eq!(again.status, answer.status);
            assert_eq!(again.header("idempotent-replayed"), "true", "{call:?}");
        }
        let orders = memory.answered[from..]
            .iter()
            .filter(|(call, answer)| call.path.ends_with("/orders") && answer.status == 201);
        for (call, answer) in orders {
            let path = format!("{API}/orders/{}", answer.word("/orderNumber"));
            let seen = wire.send("GET", &path, &self.people.buyers[call.buyer], "", "").expect("an answer").must("200");
            assert_eq!(seen.number("/finalAmount"), answer.number("/finalAmount"));
        }
        self.verify_paid(&mut wire, &memory.answered[from..]);
        for call in std::mem::take(&mut memory.open) {
            let first = self.send(&mut wire, &call).expect("an answer");
            assert!(first.status < 500 || first.status == 503, "{call:?} answered {}", first.text());
            let again = self.send(&mut wire, &call).expect("an answer");
            if first.status == 503 || [first.summary(), again.summary()].contains(&"409 C015".to_owned()) {
                memory.open.push(call);
                continue;
            }
            if is_final(&first) {
                assert_eq!(first.body, again.body, "{call:?}");
            }
            memory.answered.push((call, again));
        }
    }

    /// Checks that an order whose payment was acknowledged, and that was not cancelled, is paid.
    fn verify_paid(&self, wire: &mut Wire, answered: &[(Call, Response)]) {
        let mut paid: HashMap<String, usize> = HashMap::new();
        for (call, answer) in answered {
            if call.path.ends_with("/payments") && answer.status == 201 {
                paid.insert(answer.word("/orderNumber"), call.buyer);
            }
        }
        let memory: Vec<&str> = answered.iter().map(|(call, _)| call.path.as_str()).collect();
        for (order, buyer) in paid {
            let cancel = format!("{API}/orders/{order}/cancel");
            if memory.contains(&cancel.as_str()) {
                continue;
            }
            let seen = wire
                .send("GET", &format!("{API}/orders/{order}"), &self.people.buyers[buyer], "", "")
                .expect("an answer");
            let status = seen.must("200").word("/status");
            assert!(["PAID", "REFUNDED"].contains(&status.as_str()), "{order} was paid and is {status}");
        }
    }

    /// The program's own audit passes.
    pub fn is_audited(&self) {
        self.program.audit().unwrap_or_else(|said| panic!("holdfast audit:\n{said}\n{}", self.program.log()));
    }

    /// Ends the scenario: its audit passes, and a shop over its database settles with every audit passed, every read model equal to its
    /// rebuild, and no money more or less.
    pub fn close(self) {
        self.is_audited();
        let shop = TestShop::adopt(self.program.url(), &self.program.journal());
        shop.settle();
        let rebuilt = shop.admin().post("/admin/reports/rebuild?dryRun=true", json!({})).must("200");
        assert_eq!(rebuilt.number("/different"), 0, "{}", rebuilt.text());
        conserves(&shop);
        shop.close();
    }
}

/// What was charged is in the balances or paid with, and what was given in points is there or used.
fn conserves(shop: &TestShop) {
    let sum = |sql: &'static str| shop.read(move |tx| tx.query_one(sql, &[], |row| row.get::<i64>(0)));
    let charged =
        sum("select cast(coalesce(sum(amount), 0) as {bigint}) from balance_charges where status = 'COMPLETED'");
    let held = sum("select cast(coalesce(sum(balance), 0) as {bigint}) from wallets");
    let paid =
        sum("select cast(coalesce(sum(case when status = 'PROCESSING' then amount else captured - refunded end), 0)
        as {bigint}) from payments where method = 'BALANCE'");
    assert_eq!(charged, held + paid, "charged, held {held}, paid {paid}");
    let given = sum("select cast(coalesce(sum(amount), 0) as {bigint}) from wallet_entries
        where account = 'POINTS' and kind in ('ADJUSTMENT', 'EARNED', 'TAKEN_BACK', 'EXPIRED')");
    let left = sum("select cast(coalesce(sum(points), 0) as {bigint}) from wallets");
    let used = sum("select cast(coalesce(sum(amount), 0) as {bigint}) from point_uses where restored_at is null");
    assert_eq!(given, left + used, "points given, left {left}, used {used}");
}

/// Stops the buyers, also when the test fails.
pub struct Closing<'a>(pub &'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
